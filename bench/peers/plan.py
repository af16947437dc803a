"""spopt's max-p heuristic on the places that bench/plan.py gives, in an environment of its own.

    python bench/peers/plan.py CONSTRUCTIONS ANNEALINGS < ground.json

The ground is {"people": […], "spots": [[x, y], …], "links": [[…], …], "quota": N}; printed is {"parts": […],
"seconds": processor time of solving alone}. Needs spopt, geopandas and libpysal.
"""

from __future__ import annotations

import json
import sys
import time
import warnings

warnings.filterwarnings("ignore")

import geopandas  # noqa: E402
import numpy  # noqa: E402
from libpysal.weights import W  # noqa: E402
from shapely.geometry import Point  # noqa: E402
from spopt.region import MaxPHeuristic  # noqa: E402


def main() -> None:
    constructions, annealings = int(sys.argv[1]), int(sys.argv[2])
    ground = json.load(sys.stdin)
    numpy.random.seed(1)
    frame = geopandas.GeoDataFrame(
        {
            "people": ground["people"],
            "x": [x for x, _ in ground["spots"]],
            "y": [y for _, y in ground["spots"]],
        },
        geometry=[Point(x, y) for x, y in ground["spots"]],
    )
    weights = W(dict(enumerate(ground["links"])), silence_warnings=True)
    model = MaxPHeuristic(
        frame,
        weights,
        ["x", "y"],
        "people",
        ground["quota"],
        2,
        max_iterations_construction=constructions,
        max_iterations_sa=annealings,
    )
    start = time.process_time()
    model.solve()
    seconds = time.process_time() - start
    parts: dict[int, list[int]] = {}
    for node, label in enumerate(model.labels_):
        parts.setdefault(int(label), []).append(node)
    print(json.dumps({"parts": list(parts.values()), "seconds": seconds}))


main()

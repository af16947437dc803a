"""Places for the planner, made by hand or from the examples."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from majlis.census import Place, Places, parse_places

Made = Callable[..., Places]


def make_places(*rows: tuple[str, int, int, int] | tuple[str, int, int, int, str]) -> Places:
    """Places of ``(id, population, lat, lon)`` or with a group, in hundredths of a degree; named by their id."""
    made = tuple(
        Place(id=r[0], name=r[0], population=r[1], lat=r[2] * 10_000, lon=r[3] * 10_000, group="".join(r[4:]))
        for r in rows
    )
    return Places(rows=made, grouped=any(p.group for p in made))


@pytest.fixture
def places_of() -> Made:
    """``places_of(("a", 5000, 3500, 3600, "north"), …)``"""
    return make_places


@pytest.fixture(scope="session")
def syria(project_root: Path) -> Places:
    """The example that the demo plays."""
    return parse_places((project_root / "examples" / "syria" / "places.csv").read_bytes())


@pytest.fixture(scope="session")
def gazetteer(data_root: Path) -> Callable[[str], Places]:
    """``gazetteer("lb")``: the development data of one country, without groups."""
    return lambda country: parse_places((data_root / "places" / f"places_{country}.csv").read_bytes())

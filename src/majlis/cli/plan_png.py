"""Pictures written as SVG, or as PNG where the name of the file ends so: by resvg, which only this module loads.

The pictures hold no text, so no font of this machine enters them.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from majlis.errors import Missing

_WIDE = 2000


def write_picture(path: Path, svg: str) -> None:
    """The picture is in the file: as PNG 2,000 pixels wide on white where its name ends in ``.png``, else as SVG.

    Raises: Missing, for a PNG where resvg is not installed; nothing is written then.
    """
    path.write_bytes(_png(svg) if path.suffix.lower() == ".png" else svg.encode())


def _png(svg: str) -> bytes:
    try:
        resvg: Any = import_module("resvg_py")
    except ModuleNotFoundError:
        raise Missing(
            "a PNG is drawn by resvg-py, which is not installed: in the folder of the program run pip install -r "
            "requirements/png.txt, or name a file that ends in .svg"
        ) from None
    return bytes(resvg.svg_to_bytes(svg_string=svg, width=_WIDE, background="white", skip_system_fonts=True))

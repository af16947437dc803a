"""Contrast of text and signs, computed from the style sheet itself (WCAG 2.2: 1.4.3, 1.4.11)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TEXT, SIGN = 4.5, 3.0
PAIRS = [
    *((ink, sheet, TEXT) for ink in ("ink", "soft", "link") for sheet in ("paper", "sheet")),
    *((ink, f"{ink}-sheet", TEXT) for ink in ("good", "bad", "wait", "open", "dull")),
    *((ink, sheet, TEXT) for ink in ("ink", "soft", "link") for sheet in ("good-sheet", "bad-sheet")),
    ("soft", "dull-sheet", TEXT),
    ("ink", "dull-sheet", TEXT),
    ("on-band", "band", TEXT),
    *((ink, sheet, SIGN) for ink in ("good", "bad", "wait", "dull", "bar") for sheet in ("paper", "sheet")),
    *((ink, "dull-sheet", SIGN) for ink in ("good", "bad", "bar")),
    *(("ink", f"t{tint}", SIGN) for tint in range(8)),
]


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture(scope="module")
def sheet(project_root: Path) -> str:
    return (project_root / "src/majlis/site/static/style.css").read_text(encoding="utf-8")


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-fA-F]{3,6});", block))


@pytest.fixture(scope="module", params=["light", "dark"])
def scheme(request: pytest.FixtureRequest, sheet: str) -> dict[str, str]:
    light, _, rest = sheet.partition("@media (prefers-color-scheme: dark)")
    found = colours(light)
    return found if request.param == "light" else {**found, **colours(rest.partition("\n}\n")[0])}


@pytest.mark.parametrize(("ink", "paper", "least"), PAIRS, ids=lambda value: str(value))
def test_contrast_is_enough(scheme: dict[str, str], ink: str, paper: str, least: float) -> None:
    assert contrast(scheme[ink], scheme[paper]) >= least


def test_the_measure_itself() -> None:
    assert contrast("#fff", "#000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


def test_the_sheet_fetches_nothing_and_no_rule_speaks_by_colour_alone(sheet: str) -> None:
    assert "@import" not in sheet
    assert "@font-face" not in sheet
    assert {link[:16] for link in re.findall(r"url\(\"?([^\")]*)", sheet)} == {"data:image/svg+x"}
    for status in ("s-void", "s-waiting", "s-open", "s-in-force"):
        rule = next(line for line in sheet.splitlines() if status in line and "--sign" in line)
        assert "url(" in rule, status

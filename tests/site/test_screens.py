"""Pages in a real browser: nothing sticks out at 360 px, in either language, however long the names."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.site.valley import World

from majlis.site import export

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

WIDTH = 360
UNBREAKABLE = "Donaudampfschiff" * 12


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """Chromium, as the system has it."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no browser driver here: install playwright")
    executable = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
    if executable is None:
        pytest.skip("no Chromium here: install it to see the pages as people do")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of the Valley, and those of a Valley whose names have no place to break."""
    folder = tmp_path_factory.mktemp("pages")
    export(World().source, folder / "plain")
    export(World({"hostile": UNBREAKABLE}).source, folder / "long")
    return folder


def one_of_each(folder: Path) -> list[Path]:
    """One page of each sort and body, and every act that is told apart by its status."""
    found: dict[str, Path] = {}
    for page in sorted(folder.rglob("*.html")):
        sort = re.sub(r"[0-9a-f]{64}|[0-9]+", "", page.name)
        found.setdefault(f"{page.parent.relative_to(folder)}/{sort}", page)
    return list(found.values())


@pytest.mark.parametrize("names", ["plain", "long"])
def test_no_page_is_wider_than_a_small_phone(browser: object, exported: Path, names: str) -> None:
    page = browser.new_page(viewport={"width": WIDTH, "height": 800})  # type: ignore[attr-defined]
    wide = []
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    for path in one_of_each(exported / names):
        page.goto(path.as_uri())
        found = page.evaluate("document.documentElement.scrollWidth")
        if found > WIDTH:
            wide.append(f"{path.relative_to(exported)}: {found} px")
    page.close()
    assert wide == []
    assert said == []


@pytest.mark.parametrize(("lang", "side"), [("en", "left"), ("ar", "right")])
def test_a_page_begins_on_the_side_of_its_language(browser: object, exported: Path, lang: str, side: str) -> None:
    page = browser.new_page(viewport={"width": WIDTH, "height": 800})  # type: ignore[attr-defined]
    page.goto((exported / "plain" / lang / "index.html").as_uri())
    box = page.locator(".brand").bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2
    assert (middle < WIDTH / 2) == (side == "left")
    page.close()


def test_what_is_pressed_is_large_enough(browser: object, exported: Path) -> None:
    page = browser.new_page(viewport={"width": WIDTH, "height": 800})  # type: ignore[attr-defined]
    page.goto((exported / "plain" / "en" / "assembly" / "index.html").as_uri())
    for selector in (".sections a", ".tools a", ".brand", "summary"):
        for each in page.locator(selector).all():
            box = each.bounding_box()
            assert box is not None and box["height"] >= 24, selector
    page.close()

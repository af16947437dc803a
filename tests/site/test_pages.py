"""Every page: well formed, light, without scripts or strangers, and plain about being a demonstration."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from tests.site.books import FakeSource
from tests.site.reading import read
from tests.site.valley import World

from majlis.site import pages, render_page
from majlis.site.pages import render_chooser

MOST = 60 * 1024
LANGUAGES = ("en", "ar")


@pytest.fixture(scope="module", params=LANGUAGES)
def exported(request: pytest.FixtureRequest, source: FakeSource) -> dict[str, bytes]:
    """All pages of one language, by path."""
    return dict(pages(source, request.param))


def test_there_is_a_page_of_every_sort(exported: dict[str, bytes], world: World) -> None:
    sorts = {re.sub(r"[0-9]+|[0-9a-f]{64}", "", path.rpartition("/")[2]) for path in exported}
    wanted = {
        "index",
        "check",
        "bodies-",
        "charter",
        "record-",
        "act-",
        "motions-",
        "motion-",
        "elections-",
        "election-",
    }
    wanted |= {"petitions-", "petition-", "seats-", "map-"}
    assert {f"{name}.html" for name in wanted} <= sorts
    assert sum("/delegate-" in path for path in exported) == 2
    assert {path.partition("/")[0] for path in exported if "/" in path} == {book.slug for book in world.source.books}


def test_every_page_is_well_formed(exported: dict[str, bytes]) -> None:
    flaws = {path: read(page).flaws for path, page in exported.items()}
    assert {path: found for path, found in flaws.items() if found} == {}
    assert read(render_chooser()).flaws == []


def test_every_page_weighs_less_than_60_kb(exported: dict[str, bytes]) -> None:
    assert max(len(page) for page in exported.values()) < MOST


def test_every_page_has_one_first_heading_and_skips_no_level(exported: dict[str, bytes]) -> None:
    for path, page in exported.items():
        levels = read(page).headings
        assert levels.count(1) == 1, path
        assert all(after - before <= 1 for before, after in pairwise(levels)), (path, levels)


def test_every_page_says_language_and_direction(exported: dict[str, bytes]) -> None:
    for path, page in exported.items():
        html = next(held for tag, held in read(page).tags if tag == "html")
        assert (html["lang"], html["dir"]) in (("en", "ltr"), ("ar", "rtl")), path


def test_every_page_has_landmarks_and_a_way_past_the_head(exported: dict[str, bytes]) -> None:
    for path, page in exported.items():
        reader = read(page)
        tags = [tag for tag, _ in reader.tags]
        assert tags.count("main") == 1, path
        assert {"header", "footer", "nav"} <= set(tags), path
        assert "#main" in reader.links and "main" in reader.ids, path
        assert len(reader.ids) == len(set(reader.ids)), path


def test_every_table_has_a_caption_and_scopes(exported: dict[str, bytes]) -> None:
    for path, page in exported.items():
        tags = [tag for tag, _ in read(page).tags]
        assert tags.count("table") == tags.count("caption"), path
        for tag, held in read(page).tags:
            if tag == "th":
                assert held.get("scope") in ("row", "col"), path


def test_every_drawing_is_named_or_hidden(exported: dict[str, bytes]) -> None:
    for path, page in exported.items():
        for tag, held in read(page).tags:
            if tag == "svg":
                assert held.get("aria-hidden") == "true" or (held.get("role") == "img" and held.get("aria-label")), path


def test_no_page_has_scripts_styles_of_its_own_or_forms(exported: dict[str, bytes]) -> None:
    for path, page in exported.items():
        for tag, held in read(page).tags:
            assert tag not in ("script", "iframe", "object", "embed", "form", "input", "img", "style"), path
            assert not [name for name in held if name.startswith("on") or name == "style"], path


def test_no_page_names_another_site(exported: dict[str, bytes]) -> None:
    for path, page in exported.items():
        assert re.findall(rb"(?:https?:)?//[a-z0-9]", page) == [], path
        assert not [link for link in read(page).links if ":" in link], path


def test_every_page_of_a_demonstration_says_so(exported: dict[str, bytes]) -> None:
    for path, page in exported.items():
        words = read(page).words
        members, people = ("60", "28,400") if path.startswith(("north", "south")) else ("120", "56,800")
        if b'lang="ar" dir="rtl">' in page[:60]:
            assert f"{members} عضوًا من أصل {people} نسمة" in words, path
            assert "الساعة محاكاة" in words and "GeoNames" in words, path
        else:
            assert f"Demonstration roll, {members} members of {people} inhabitants" in words, path
            assert "clock is simulated" in words and "GeoNames" in words, path


def test_a_real_federation_says_nothing_of_a_demonstration(world: World) -> None:
    real = FakeSource(world.source.books, world.plan, demonstration=False)
    for path, page in pages(real, "en"):
        assert "emonstration" not in read(page).words, path


def test_live_every_act_has_a_page(source: FakeSource, world: World) -> None:
    for book in world.source.books:
        for index in range(len(book.entries)):
            for lang in LANGUAGES:
                assert read(render_page(source, f"{lang}/{book.slug}/act-{index}.html")).flaws == []


def test_live_and_exported_pages_are_the_same_but_for_links_to_more_acts(source: FakeSource) -> None:
    for path, page in pages(source, "en"):
        live = read(render_page(source, f"en/{path}"))
        assert "/act-" in path or live.words == read(page).words, path
        assert set(read(page).links) <= set(live.links), path

"""Whoever signs an act chooses its words, and can do nothing with them but be read."""

from __future__ import annotations

import pytest
from tests.site.reading import read
from tests.site.valley import World

from majlis.site import pages, render_page
from majlis.site.neutral import MARKS, direction_of, lines, neutral, shorten

OVERRIDES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"


@pytest.fixture(scope="module", params=["en", "ar"])
def attacked(request: pytest.FixtureRequest, hostile_world: World) -> dict[str, bytes]:
    """Every page, live acts included, of the federation in which every word is an attack."""
    found = dict(pages(hostile_world.source, request.param))
    for book in hostile_world.source.books:
        for index in range(len(book.entries)):
            path = f"{book.slug}/act-{index}.html"
            found[path] = render_page(hostile_world.source, f"{request.param}/{path}")
    return found


def test_the_attack_reaches_the_pages(attacked: dict[str, bytes]) -> None:
    said = [path for path, page in attacked.items() if "&lt;script&gt;alert(1)&lt;/script&gt;" in page.decode()]
    sorts = {path.rpartition("/")[2].partition("-")[0] for path in said}
    assert sorts >= {"index.html", "record", "act", "motion", "election", "seats", "map", "delegate"}


def test_no_word_becomes_markup(attacked: dict[str, bytes]) -> None:
    for path, page in attacked.items():
        reader = read(page)
        assert reader.flaws == [], path
        tags = {tag for tag, _ in reader.tags}
        assert not tags & {"script", "img", "b"}, path
        assert not [name for _, held in reader.tags for name in held if name.startswith("on")], path


def test_no_word_is_taken_for_a_template_or_a_format(attacked: dict[str, bytes]) -> None:
    said = [page.decode() for page in attacked.values() if b"onerror=alert(1)&gt;" in page]
    assert said
    assert all("{{7*7}}" in text for text in said)
    assert any("{{7*7}}{%raw%}%(x)s%s" in text for text in said)


def test_no_override_of_direction_and_no_control_is_printed(attacked: dict[str, bytes]) -> None:
    for path, page in attacked.items():
        text = page.decode()
        assert not set(text) & set(OVERRIDES), path
        assert not [sign for sign in text if ord(sign) < 32 and sign != "\n"], path


def test_a_name_is_isolated_from_the_words_around_it(hostile_world: World) -> None:
    for path in ("en/index.html", "en/north/index.html", "en/north/election-8.html", "en/assembly/motion-4.html"):
        text = render_page(hostile_world.source, path).decode()
        body = text[text.index("<main") :]
        position = body.find("&lt;script")
        while position >= 0:
            before = body[:position]
            in_bdi = before.rfind("<bdi>") > before.rfind("</bdi>")
            assert in_bdi or before.rfind('dir="auto">') > before.rfind("</p>"), (path, before[-120:])
            position = body.find("&lt;script", position + 1)


@pytest.mark.parametrize("sign", [*OVERRIDES, "\x00", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ue000", "\ufdd0"])
def test_a_sign_that_steers_is_shown_as_replaced(sign: str) -> None:
    assert neutral(f"a{sign}b") == "a\ufffdb"


@pytest.mark.parametrize("text", ["plain", "مَدْرَسَةٌ", "می\u200cخواهم", "क्\u200dष", "Ma‘arratmişrīn", "عَدَّلَ", "a\nb\tc"])
def test_honest_words_are_left_alone(text: str) -> None:
    assert neutral(text) == text


def test_a_tower_of_marks_is_cut() -> None:
    assert neutral("a" + "\u0301" * 50 + "b") == "a" + "\u0301" * MARKS + "b"


def test_prose_is_lines_and_bounded() -> None:
    assert lines(b"one\r\n\r\n  two   words \nthree", 100) == (("one", "two words", "three"), False)
    assert lines(b"x" * 50, 10) == (("x" * 10,), True)
    assert lines(b"\xff\xfe", 10) == (("\ufffd\ufffd",), False)
    assert lines(b"", 10) == ((), False)


def test_the_direction_is_that_of_most_letters() -> None:
    assert direction_of("Buy flour شراء") == "ltr"
    assert direction_of("شراء الطحين, SYP") == "rtl"
    assert direction_of("3,000") == "ltr"


def test_a_long_line_is_cut_with_an_ellipsis() -> None:
    assert shorten("a b\nc", 10) == "a b c"
    assert shorten("abcdefghij k", 8) == "abcdefg…"

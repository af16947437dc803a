"""``majlis box report``: it claims no more than was checked, in both languages and forms, and no box can bend it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from majlis.ballot import CHECKS, Process, Report, verify_archive
from majlis.cli.box_report import as_html, as_text, make_page
from majlis.cli.box_report_words import ABSENT, FAILED, NOT_RUN, OK, OPTIONAL, PARTLY, PARTS, TRUST_ACTS, TRUST_ORDER
from majlis.cli.tongue import CATALOGUES, DIRECTIONS, read_words
from majlis.main import main

VECTORS = Path(__file__).resolve().parent.parent.parent / "vectors" / "ballot"
CASES = json.loads((VECTORS / "boxes.json").read_text())["cases"]
ENGLISH = read_words("en")
LANGUAGES = pytest.mark.parametrize("language", DIRECTIONS)


def report_of(name: str) -> Report:
    return verify_archive((VECTORS / "boxes" / f"{name}.bel").read_bytes())


def states(report: Report) -> list[str]:
    """What became of each part, in order."""
    page = make_page(report, ENGLISH, engine="")
    (lines,) = [lines for heading, lines in page.sections if heading == "What was checked"]
    assert [line.text for line in lines] == [part.text for part in PARTS]
    return [line.state for line in lines]


def test_every_check_is_in_one_sentence() -> None:
    numbers = [number for part in PARTS for each in part.checks for number in each]
    assert sorted(numbers) == list(range(1, len(CHECKS) + 1))
    needing = {number for part in PARTS if part.needs_acts for each in part.checks for number in each}
    assert needing == {number for number, check in enumerate(CHECKS, start=1) if check.needs_acts}


def test_a_sound_box_holds_in_all_its_parts() -> None:
    assert states(report_of("sound")) == [*[OK] * 7, ABSENT, OK, OK, NOT_RUN]
    assert states(report_of("sound-ranked")) == [*[OK] * 10, NOT_RUN]
    assert states(report_of("sound-threshold")) == [*[OK] * 7, ABSENT, OK, OK, NOT_RUN]


def test_a_box_with_all_its_acts_has_nothing_unchecked() -> None:
    import msgspec

    (case,) = [case for case in CASES if case["name"] == "sound"]
    process = msgspec.convert(case["process"], Process, strict=False)
    report = verify_archive((VECTORS / case["box"]).read_bytes(), process)
    assert states(report)[-1] == OK
    assert TRUST_ACTS not in as_text(make_page(report, ENGLISH, engine=""))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_no_part_holds_of_which_a_check_failed_or_was_left_out(case: dict[str, str]) -> None:
    report = verify_archive((VECTORS / case["box"]).read_bytes())
    outcomes = {int(check.id.removeprefix("R-BOX-")): check.outcome for check in report.checks}
    for part, state in zip(PARTS, states(report), strict=True):
        found = [outcomes[number] for each in part.checks for number in each]
        assert ("failed" in found) == (state == FAILED)
        if state == OK and not report.is_sound:
            needed = [number for each in part.checks for number in each if number not in OPTIONAL]
            assert {outcomes[number] for number in needed} == {"ok"}
        if state == PARTLY:
            assert {"ok", "not-run"} <= set(found)
        assert state in {OK, FAILED, PARTLY, NOT_RUN, ABSENT}


def test_a_failure_is_named_with_its_ballot_and_no_result_is_shown() -> None:
    report = report_of("stuffed-ballot")
    text = as_text(make_page(report, ENGLISH, engine=""))
    assert "[R-BOX-38] Event 1, ballot with the tracker " + report.failures[0].ballot in text
    assert "Do not rely on the result" in text
    assert "\nResult\n" not in text


def test_the_order_of_a_shuffle_is_trusted_only_where_there_is_one() -> None:
    said = {name: as_text(make_page(report_of(name), ENGLISH, engine="")) for name in ("sound", "sound-ranked")}
    assert TRUST_ORDER not in said["sound"]
    assert TRUST_ORDER in said["sound-ranked"]


@LANGUAGES
@pytest.mark.parametrize("html", [[], ["--html"]])
@pytest.mark.parametrize(("box", "code"), [("sound", 0), ("open-box", 3), ("false-result", 1)])
def test_the_command_speaks_each_language(
    box: str, code: int, html: list[str], language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["box", "report", str(VECTORS / "boxes" / f"{box}.bel"), "--language", language, *html]) == code
    said = capsys.readouterr().out
    assert report_of(box).head in said
    assert bool(re.search("[\u0600-\u06ff]{4}", said.replace("هل ننضم؟", ""))) == (language == "ar")
    if html:
        assert f'<html lang="{language}" dir="{DIRECTIONS[language]}">' in said


class Page(HTMLParser):
    """Which elements there are, and whether each ends."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert not {"src", "href", "onclick"} & {name for name, _ in attrs}
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@LANGUAGES
def test_no_name_in_a_box_becomes_markup_or_turns_the_text(language: str) -> None:
    import msgspec

    report = report_of("sound")
    assert report.election is not None
    evil = '<script>alert("\u202e")</script>\x1b[2J'
    (question,) = report.election.questions
    question = msgspec.structs.replace(question, question=evil, answers=(evil, "no"))
    election = msgspec.structs.replace(report.election, name=evil, questions=(question,))
    page = make_page(msgspec.structs.replace(report, election=election), read_words(language), engine="")
    html, text = as_html(page, language), as_text(page)
    parser = Page()
    parser.feed(html)
    assert not parser.open
    assert "script" not in parser.seen
    for said in (html, text):
        assert not set(said) & {"\u202e", "\x1b"}
        assert "\ufffd" in said


def test_every_sentence_has_its_arabic() -> None:
    source = CATALOGUES.parent
    said = {
        message if isinstance(message, str) else message[0]
        for _, _, message, _, _ in extract_from_dir(source, method_map=[("**.py", "python")])
    }
    with (CATALOGUES / "ar" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        arabic = {message.id: message.string for message in read_po(file, locale="ar") if message.id}
    assert said == arabic.keys()
    assert len(said) > 40
    assert all(re.search("[\u0600-\u06ff]", str(text)) for text in arabic.values())

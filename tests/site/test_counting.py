"""A ranked count as a page: light, without a script, in both languages, and true to the count."""

from __future__ import annotations

import random
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from tests.site.reading import read
from tests.site.valley import World

from majlis.count import RULES, Outcome, count_votes, make_profile
from majlis.institutions.state import replace
from majlis.main import main
from majlis.site import render_page
from majlis.site.count_page import render_count
from majlis.site.source import BoxInfo
from majlis.site.views.counting import count_picture

SEED = bytes(32)


def outcome_of(
    rule: str = "scottish", *, candidates: int = 15, seats: int = 5, papers: int = 3000, name: str = "Name {}"
) -> Outcome:
    """A made count, the same every time."""
    chance = random.Random(candidates)
    weights = [1 / (n + 2) for n in range(candidates)]
    rows = []
    for _ in range(papers):
        row: list[int] = []
        while not row or (len(row) < candidates and chance.random() < 0.7):
            number = chance.choices(range(1, candidates + 1), weights)[0]
            if number not in row:
                row.append(number)
        rows.append((1, tuple(row)))
    profile = make_profile([name.format(n) for n in range(1, candidates + 1)], rows)
    return count_votes(profile, rule=rule, seats=1 if RULES[rule].single else seats, seed=SEED)


@pytest.mark.parametrize("lang", ["en", "ar"])
@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_has_a_page_that_is_light_and_needs_nothing(rule: str, lang: str) -> None:
    outcome = outcome_of(rule)
    page = render_count(outcome, lang)
    assert len(page) < 60_000
    text = page.decode()
    assert "<script" not in text and "http" not in text.replace("http-equiv", "").replace("http://www.w3.org", "")
    said = read(page).words
    for number in outcome.winners:
        assert f"Name {number}" in said


def test_the_page_says_stage_by_stage_what_was_done() -> None:
    """R-COUNT-11: the words of the page are those of the count."""
    said = read(render_count(outcome_of(), "en")).words
    assert "Stage 1: first preferences" in said and "reached the quota and" in said
    assert "has the fewest votes and is out" in said and "passes on to nobody" in said
    assert "Quota, the votes that a seat takes: 501.00000" in said


def test_ties_are_told_with_what_decided_them() -> None:
    tied = count_votes(
        make_profile(["A", "B", "C", "D"], [(4, (1,)), (2, (2,)), (2, (3,)), (1, (4,))]),
        rule="scottish",
        seats=2,
        seed=SEED,
    )
    assert "Equal: B and C. The public lot took" in read(render_count(tied, "en")).words
    looked = count_votes(
        make_profile(["A", "B", "C", "D"], [(9, (1,)), (5, (2,)), (4, (3,)), (1, (4, 3))]),
        rule="scottish",
        seats=2,
        seed=SEED,
    )
    assert "Equal: B and C. Stage 2, where they differed, decided: C." in read(render_count(looked, "en")).words


def test_the_picture_is_numbers_alone_and_its_rows_are_the_votes() -> None:
    outcome = outcome_of(name="<script>{}")
    picture = str(count_picture(outcome))
    assert picture == str(count_picture(outcome))
    tree = ET.fromstring(picture)
    assert {element.tag for element in tree.iter()} <= {"svg", "path", "text"}
    assert all((element.text or "0").isdigit() for element in tree.iter("text"))
    stages = [element.text for element in tree.iter("text") if element.get("x") == "0"]
    assert stages == [str(at + 1) for at in range(len(outcome.stages))]
    first = outcome.stages[0]
    bands = [element.get("d") or "" for element in tree.iter("path") if "fb" in (element.get("class") or "")]
    tops = [re.match(r"M(\d+) 0H(\d+)V", part) for d in bands for part in re.findall(r"M[^z]*z", d)]
    widths = sorted(float(m[2]) - float(m[1]) for m in tops if m)
    scale = 948 / sum(first.votes)
    assert widths == pytest.approx(sorted(votes * scale for votes in first.votes), abs=1.1)


def test_a_long_count_shows_its_words_and_leaves_off_tables() -> None:
    outcome = outcome_of(candidates=60, seats=3, papers=4000, name="N" * 300 + "{}")
    assert len(outcome.stages) > 40
    page = render_count(outcome, "en")
    assert len(page) < 150_000 and f"Stage {len(outcome.stages)}" in read(page).words


def test_nobody_voted_and_the_page_still_stands() -> None:
    outcome = count_votes(make_profile(["A", "B"], [(1, ())]), rule="scottish", seats=2, seed=SEED)
    assert "Elected, in this order: A and B." in read(render_count(outcome, "en")).words


def test_the_page_of_a_ranked_election_shows_its_count() -> None:
    world = World()
    source = world.source
    state = source.state(world.north.identity)
    act, election = next((act, e) for act, e in state.elections.items() if e.purpose == "delegates" and e.result)
    assert election.result is not None
    ranked = replace(
        election, rule="scottish/1", seats=2, result=replace(election.result, order=(0, 1, 2, 3), quota=11)
    )
    ranked = replace(ranked, trustees=tuple(replace(trustee, lot="") for trustee in ranked.trustees))
    world.north.parts["elections"][act] = ranked
    world.source.states[world.north.identity] = world.north.state()
    rankings = ((1, 2, 0, 0),) * 14 + ((2, 1, 0, 0),) * 9 + ((0, 0, 1, 2),) * 6 + ((3, 0, 2, 1),) * 2
    path = f"en/north/election-{election.index}.html"
    source.boxes[election.uuid] = BoxInfo(size=1, verdict="valid", result=(rankings,))
    text = render_page(source, path).decode()
    assert "How it was counted" in text and 'class="flow"' in text
    source.boxes[election.uuid] = BoxInfo(size=1, verdict="valid")
    assert "How it was counted" not in render_page(source, path).decode()


def test_a_file_of_ballots_becomes_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ballots, page = tmp_path / "ballots.blt", tmp_path / "count.html"
    ballots.write_text('3 1\n2 1 2 0\n1 2 0\n2 3 2 0\n0\n"A"\n"B"\n"C"\n"Well <here>"\n', encoding="utf-8")
    options = ["--rule", "scottish", "--language", "ar", "--out", str(page)]
    assert main(["count-page", str(ballots), *options, "--seed", "00" * 32]) == 0
    assert "count.html: " in capsys.readouterr().out
    assert "Well &lt;here&gt;" in page.read_text(encoding="utf-8") and 'dir="rtl"' in page.read_text(encoding="utf-8")
    assert main(["count-page", str(ballots), *options]) == 3
    assert "--seed HEX" in capsys.readouterr().err
    ballots.write_text("2,,\n1,1,2,\nCandidate 1,A\nCandidate 2,B\n", encoding="utf-8")
    assert main(["count-page", str(ballots), *options]) == 2

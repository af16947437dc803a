"""Transcripts of made ballots are golden files: every word and number of them was read and worked out by hand once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.count.material import SEED, election, profiles

from majlis.count import RULES, Profile, count_back, count_votes, format_amount, format_transcript, transcribe
from majlis.main import main

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "count"
CASES: list[dict[str, Any]] = json.loads((VECTORS / "cases.json").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_transcript_is_the_golden_file(
    case: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-COUNT-11"""
    monkeypatch.chdir(VECTORS)
    assert main(["count", case["file"], *case["args"], "--transcript"]) == 0
    assert capsys.readouterr().out == (VECTORS / f"{case['name']}.txt").read_text(encoding="utf-8")
    assert main(["count", case["file"], *case["args"], "--json"]) == 0
    golden = json.loads((VECTORS / f"{case['name']}.json").read_text(encoding="utf-8"))
    assert json.loads(capsys.readouterr().out) == golden


def test_every_rule_has_a_golden_file() -> None:
    told = {case["args"][1] for case in CASES}
    assert told == set(RULES)
    written = {path.stem for path in VECTORS.glob("*.txt")}
    assert written == {case["name"] for case in CASES}


@pytest.mark.parametrize("rule", RULES)
@given(profile=profiles(most=5), seats=st.integers(1, 4))
def test_every_count_can_be_told(rule: str, profile: Profile, seats: int) -> None:
    """R-COUNT-11: each candidate stands on each sheet, each tie and each winner is named."""
    outcome = count_votes(profile, rule=rule, seats=1 if RULES[rule].single else seats, seed=SEED)
    told = transcribe(outcome)
    assert len(told.sheets) == len(outcome.stages)
    for sheet, stage in zip(told.sheets, outcome.stages, strict=True):
        assert {row.number for row in sheet.rows} - {None} == set(profile.standing)
        said = " ".join(sheet.followed)
        for number in (*stage.elected, *stage.excluded):
            assert f"{number} {profile.names[number - 1]}" in said
    ties = [sentence for sheet in told.sheets for sentence in sheet.followed if sentence.startswith("Equal: ")]
    assert len(ties) == len(outcome.ties)
    assert sum("public lot" in sentence for sentence in ties) == sum(bool(tie.drawn) for tie in outcome.ties)
    text = "\n".join(format_transcript(told))
    assert text.isprintable() or "\n" in text


def test_a_partial_look_back_and_the_lot_after_it_are_both_told() -> None:
    """R-COUNT-9, R-COUNT-11"""
    outcome = count_votes(
        election("30 1", "20 2", "6 3", "5 4", "5 5", "1 6 4", "1 6 5", "3 7"), rule="scottish", seats=1, seed=SEED
    )
    tie = next(tie for tie in outcome.ties if tie.looked and tie.drawn)
    assert (tie.between, tie.looked, tie.drawn) == ((3, 4, 5), (2, 1), (4, 5)) or tie.drawn == (4, 5)
    sentences = [s for sheet in transcribe(outcome).sheets for s in sheet.followed]
    assert any(
        s.startswith("Equal: 3 C, 4 D and 5 E. Earlier stages leave 4 D and 5 E; by the public lot") for s in sentences
    )


def test_a_seat_that_stays_empty_is_said() -> None:
    """R-COUNT-8, R-COUNT-11"""
    told = transcribe(count_votes(election("2 1"), rule="meek", seats=3))
    assert told.result == ("Elected, in this order: 1 A.", "2 seats left empty: there are no more candidates.")


def test_a_count_back_shows_only_who_stands() -> None:
    """R-VACANCY-1, R-COUNT-11"""
    profile = election("10 1 3", "9 2 4", "2 1 4", "1 5")
    told = transcribe(count_back(profile, rule="scottish", seats=2, vacated=1, standing=[3, 4]))
    assert [row.number for row in told.sheets[0].rows] == [3, 4, None]
    assert told.facts[0] == ("Rule", "Count-back of the papers that elected 1 A (count-back/1)")


@pytest.mark.parametrize(
    ("amount", "decimals", "shown", "text"),
    [
        (123456, 5, 5, "1.23456"),
        (-123456, 5, 5, "-1.23456"),
        (1999999999, 9, 5, "1.99999"),
        (-4, 9, 5, "0.00000"),
        (7, 0, 5, "7.00000"),
        (7, 0, 0, "7"),
        (100000, 5, 0, "1"),
    ],
)
def test_amounts_are_cut_and_never_rounded(amount: int, decimals: int, shown: int, text: str) -> None:
    """R-COUNT-10"""
    assert format_amount(amount, decimals, shown) == text

"""Scottish STV against every official count of 2017: 351 wards, each winner, stage and published total (R-SCOTTISH-1).

The ballots and the official tables are development data and no part of the project; see ``stv/README.md`` there.
"""

from __future__ import annotations

import csv
import gzip
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from majlis.count import Outcome, count_votes, parse_profile

Ward = dict[str, str]
Cell = tuple[str, int, str]

SLIPS: dict[Cell, tuple[str, str]] = {
    ("12_cands/glasgow_2017_ward1.csv", 3, "6"): ("393", "303.00000"),
    ("6_cands/midlothian_2017_ward1.csv", 3, "6"): ("832.84154", "832.84152"),
    ("8_cands/glasgow_2017_ward11.csv", 2, "4"): ("680.668", "680.66808"),
    ("8_cands/glasgow_2017_ward11.csv", 2, "8"): ("998.5328", "998.53286"),
    ("10_cands/glasgow_2017_ward13.csv", 5, "6"): ("478.6821", "478.68214"),
    ("10_cands/glasgow_2017_ward13.csv", 5, "10"): ("207.6444", "207.64444"),
}
"""Ballot file, stage, candidate: as published, and as counted. A typing error, a last digit, and figures cut short."""


@pytest.fixture(scope="module")
def stv(data_root: Path) -> Path:
    folder = data_root / "stv"
    if not folder.is_dir():
        pytest.skip("no ballots of the Scottish wards here: MAJLIS_DATA has no folder stv")
    return folder


@pytest.fixture(scope="module")
def wards(stv: Path) -> dict[str, Ward]:
    with (stv / "scot_index_2017.csv").open(encoding="utf-8", newline="") as file:
        return {row["ballot_file"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def counted(stv: Path, wards: dict[str, Ward]) -> dict[str, Outcome]:
    def outcomes() -> Iterator[tuple[str, Outcome]]:
        with tarfile.open(stv / "scot_ballots_2017.tar.gz") as tar:
            for member in tar:
                content = tar.extractfile(member)
                if content is not None:
                    name = member.name.removeprefix("./")
                    profile = parse_profile([content.read()])
                    assert profile.seats == int(wards[name]["seats"])
                    yield name, count_votes(profile, rule="scottish", seats=profile.seats)

    return dict(outcomes())


@pytest.fixture(scope="module")
def official(stv: Path) -> dict[str, list[tuple[str, Ward]]]:
    """For each ballot file, its candidates by number with the row of the official table."""
    with gzip.open(stv / "scot_official_stages_2017.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    found: dict[str, list[tuple[str, Ward]]] = defaultdict(list)
    with (stv / "scot_candidates_2017.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["ballot_file"]].append((row["candidate"], rows[row["official_id"]]))
    return found


def amount(units: int) -> str:
    return f"{units // 10**5}.{units % 10**5:05}"


def test_every_ward_is_counted(counted: dict[str, Outcome], wards: dict[str, Ward]) -> None:
    assert counted.keys() == wards.keys()
    assert len(counted) == 351


def test_every_winner_quota_poll_and_number_of_stages_is_the_official_one(
    counted: dict[str, Outcome], wards: dict[str, Ward]
) -> None:
    for name, outcome in counted.items():
        ward = wards[name]
        assert sorted(outcome.winners) == list(map(int, ward["winners"].split())), name
        assert outcome.quota == int(ward["quota"]) * 10**5, name
        assert outcome.valid == int(ward["valid_poll"]), name
        assert len(outcome.stages) == int(ward["stages"]), name


def test_every_candidate_is_elected_or_excluded_at_the_official_stage(
    counted: dict[str, Outcome], official: dict[str, list[tuple[str, Ward]]]
) -> None:
    compared = 0
    for name, rows in official.items():
        events = {
            str(number): (event, str(at))
            for at, stage in enumerate(counted[name].stages, start=1)
            for event, numbers in (("Elected", stage.elected), ("Excluded", stage.excluded))
            for number in numbers
        }
        for number, row in rows:
            expected = (row["status"], row["occurred_on_count"])
            assert events.get(number, ("Not elected", "")) == expected, (name, number)
            compared += 1
    assert compared == 2563


def test_every_total_is_the_official_one_but_for_six_slips(
    counted: dict[str, Outcome], official: dict[str, list[tuple[str, Ward]]]
) -> None:
    slips: dict[Cell, tuple[str, str]] = {}
    exact = rounded = 0
    for name, rows in official.items():
        for number, row in rows:
            for at, stage in enumerate(counted[name].stages, start=1):
                published = row["first_prefs" if at == 1 else f"total_votes{at:02}"]
                ours = amount(stage.votes[int(number) - 1])
                if Decimal(published) == Decimal(ours):
                    exact += 1
                elif is_rounded(published, ours):
                    rounded += 1
                else:
                    slips[name, at, number] = (published, ours)
    assert slips == SLIPS
    assert (exact, rounded) == (17_521, 393)


def is_rounded(published: str, ours: str) -> bool:
    """34 wards published totals of 1,000 and more with two decimals only."""
    value = Decimal(published)
    few = -int(value.as_tuple().exponent) <= 2
    return few and value >= 1000 and abs(value - Decimal(ours)) <= Decimal("0.01")


def test_no_ward_needed_a_lot(counted: dict[str, Outcome]) -> None:
    assert not [name for name, outcome in counted.items() for tie in outcome.ties if tie.drawn]

"""Ballot files: each format as it is written and read, and the same profile through all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.count.material import profile_of, profiles, weak_profiles

from majlis.count import FORMATS, Profile, format_profile, make_profile, parse_profile
from majlis.errors import Malformed


def written(profile: Profile, form: str) -> bytes:
    return "".join(format_profile(profile, form)).encode()


def pieces(data: bytes, size: int) -> Iterable[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@pytest.mark.parametrize("form", ["csv", "blt"])
@given(profile=profiles(), size=st.integers(1, 50))
def test_a_profile_comes_back_as_it_was_however_the_file_is_cut(form: str, profile: Profile, size: int) -> None:
    """R-COUNT-1, R-COUNT-2, R-COUNT-3"""
    told = replace(profile, seats=3, title="Name of it", withdrawn=profile.withdrawn if form == "blt" else ())
    assert parse_profile(pieces(written(told, form), size)) == told


@given(profile=weak_profiles(), size=st.integers(1, 50))
def test_equal_preferences_come_back_as_they_were(profile: Profile, size: int) -> None:
    """R-COUNT-3, R-COUNT-4"""
    told = replace(profile, title="Name of it")
    assert parse_profile(pieces(written(told, "toi"), size)) == told
    seated = replace(told, seats=2)
    assert parse_profile(pieces(written(seated, "blt"), size)) == seated


def test_each_kind_of_preflib_file_comes_back() -> None:
    """R-COUNT-4"""
    whole = profile_of(3, [(2, [1, 2, 3]), (1, [3, 1, 2])])
    for kind in ("soc", "soi", "toc", "toi"):
        assert parse_profile([written(whole, kind)]) == whole
    equals = make_profile(["A", "B", "C"], [(2, [[1, 2], 3]), (1, [1]), (1, [])])
    assert parse_profile([written(equals, "toc")]) == equals
    assert b"1: 1,{2,3}\n" in written(equals, "toc")
    assert b"1: {1,2,3}\n" in written(equals, "toc")


EXAMPLES = {
    "csv": '2,1,\n3,1,2,\n1,2,\n"Candidate 1","Huda","Well",\n"Candidate 2","Salim",\n"Name",\n',
    "blt": '2 1\n3 1 2 0\n1 2 0\n0\n"Huda"\n"Salim"\n"Name"\n',
    "soi": "# TITLE: Name\n# DATA TYPE: soi\n# NUMBER ALTERNATIVES: 2\n# NUMBER VOTERS: 4\n"
    "# NUMBER UNIQUE ORDERS: 2\n# ALTERNATIVE NAME 1: Huda\n# ALTERNATIVE NAME 2: Salim\n3: 1,2\n1: 2\n",
}


@pytest.mark.parametrize("form", EXAMPLES)
def test_what_is_written_is_known_to_the_byte(form: str) -> None:
    """R-COUNT-2, R-COUNT-3, R-COUNT-4"""
    profile = parse_profile([EXAMPLES[form].encode()])
    assert written(profile, form) == EXAMPLES[form].encode()
    assert (profile.names, profile.title, profile.papers) == (("Huda", "Salim"), "Name", 4)
    assert (profile.seats, profile.parties) == (None if form == "soi" else 1, ("Well", "") if form == "csv" else ())


def test_the_example_of_the_specification_is_one_profile(project_root: Path) -> None:
    text = (project_root / "spec" / "count.md").read_text(encoding="utf-8")
    block = re.search(r"```\n(.*?)```", text, re.DOTALL)
    assert block is not None
    columns = [[line[at:to].rstrip() for line in block[1].splitlines()] for at, to in ((0, 30), (30, 54), (54, 200))]
    csv, blt, soi = (parse_profile(["\n".join(column).encode()]) for column in columns)
    assert replace(csv, parties=()) == blt == replace(soi, seats=2)


@pytest.mark.parametrize("form", EXAMPLES)
def test_line_ends_blanks_and_a_byte_order_mark_say_nothing(form: str) -> None:
    """R-COUNT-1"""
    text = EXAMPLES[form]
    profile = parse_profile([text.encode()])
    assert parse_profile([b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()]) == profile
    assert parse_profile([b"\xef", b"\xbb\xbf" + text.encode()]) == profile
    assert parse_profile([text.replace("\n", " \n\n").encode()]) == profile
    assert parse_profile([("\n\n" + text).rstrip().encode()]) == profile


def test_identical_ballots_are_one_wherever_they_stand() -> None:
    """R-COUNT-7"""
    lines = ["1,1,2", "2,1,2,", " 4 , 1 , 2 ", "1,2"]
    text = "\n".join(["2,1", *lines, "Candidate 2,Salim", "Candidate 1,Huda"])
    profile = parse_profile([text.encode()])
    assert profile.counts == (7, 1)
    assert profile.names == ("Huda", "Salim")


def test_quotation_marks_in_a_csv_cell() -> None:
    """R-COUNT-2"""
    text = '3,1\n1,1\n"Candidate 1","Huda "Hud" H.",\n"Candidate 2","a ""b"" c",,\nCandidate 3, Rima , "Well, deep"\n'
    profile = parse_profile([text.encode()])
    assert profile.names == ('Huda "Hud" H.', 'a "b" c', "Rima")
    assert profile.parties == ("", "", "Well, deep")


def test_everything_that_a_blt_file_can_say() -> None:
    """R-COUNT-3"""
    text = (
        "# a remark\n4 2 # four for two\n-2 -4\n[withdrawn 2]\n[nick h s r y]\n(A1) 1 3 0\n2 h=r - 2 0 # equal\n 3 0\n"
        '0\n"Huda #1" "Salim"\n# between\n"Rima" # remark "x"\n"Yusuf"\n"Name"\n"nothing" of this\nis read\n'
    )
    profile = parse_profile([text.encode()])
    assert profile.names == ("Huda #1", "Salim", "Rima", "Yusuf")
    assert (profile.title, profile.withdrawn, profile.seats) == ("Name", (2, 4), 2)
    assert list(profile.ballots()) == [(3, ()), (2, ((1, 3), (2,))), (1, ((1,), (3,)))]


def test_names_are_trimmed_and_put_in_one_form() -> None:
    """R-COUNT-6"""
    decomposed = "e\u0301"
    profile = parse_profile([f'1 1\n1 1 0\n0\n"  {decomposed} "\n""\n'.encode()])
    assert profile.names == ("\u00e9",)


@pytest.mark.parametrize(
    ("form", "change", "words"),
    [
        ("csv", {"equals": True}, "cannot say equal preferences"),
        ("csv", {"withdrawn": (1,)}, "cannot say who has withdrawn"),
        ("csv", {"seats": None}, "says the number of seats"),
        ("blt", {"seats": None}, "says the number of seats"),
        ("blt", {"names": ('a "b"', "B", "C")}, "cannot hold a name with a quotation mark"),
        ("soi", {"equals": True}, "soi cannot say equal preferences"),
        ("soc", {"short": True}, "soc cannot say ballots that leave a candidate out"),
        ("toc", {"but_one": True}, "toc cannot say ballots that leave out one candidate"),
        ("toi", {"withdrawn": (1,)}, "cannot say who has withdrawn"),
        ("xls", {}, "no ballot format 'xls'; known are csv, blt, soc, soi, toc, toi"),
    ],
)
def test_what_a_format_cannot_say_is_refused(form: str, change: dict[str, object], words: str) -> None:
    """R-COUNT-2, R-COUNT-3, R-COUNT-4"""
    ballots: list[tuple[int, list[int | list[int]]]] = [(1, [1, 2, 3])]
    if change.pop("equals", None):
        ballots.append((1, [[1, 2], 3]))
    if change.pop("short", None):
        ballots.append((1, [1]))
    if change.pop("but_one", None):
        ballots.append((1, [1, 2]))
    profile = make_profile(["A", "B", "C"], ballots, seats=1)
    with pytest.raises(Malformed, match=words):
        written(replace(profile, **change), form)  # type: ignore[arg-type]


def test_the_formats_that_can_be_written_are_listed() -> None:
    whole = profile_of(2, [(1, [1, 2])])
    for form in FORMATS:
        assert parse_profile([written(replace(whole, seats=1), form)]).rankings == whole.rankings


@pytest.mark.parametrize(
    ("ballots", "more", "words"),
    [
        ([(0, [1])], {}, "occurs 0 times"),
        ([(1, [3])], {}, "there is no candidate 3; expected 1 to 2"),
        ([(1, [1, 1])], {}, "candidate 1 is preferred twice"),
        ([(1, [[1, 2], 1])], {}, "candidate 1 is preferred twice"),
        ([(1, [[]])], {}, "a group of equal preferences is empty"),
        ([(10**12 + 1, [1])], {}, "more than 1,000,000,000,000 papers"),
        ([(1, [1])], {"withdrawn": [3]}, "none of 1 to 2"),
        ([(1, [1])], {"parties": ["x"]}, "1 parties for 2 candidates"),
    ],
)
def test_a_made_profile_keeps_the_same_rules(
    ballots: list[tuple[int, list[int | list[int]]]], more: dict[str, list[int]], words: str
) -> None:
    """R-COUNT-1, R-COUNT-5, R-COUNT-6"""
    with pytest.raises(Malformed, match=words):
        make_profile(["A", "B"], ballots, **more)  # type: ignore[arg-type]


def test_a_profile_has_at_least_one_candidate_and_at_most_a_thousand() -> None:
    """R-COUNT-1"""
    for names in ([], ["x"] * 1001):
        with pytest.raises(Malformed, match=f"{len(names)} candidates; expected 1 to 1000"):
            make_profile(names, [])

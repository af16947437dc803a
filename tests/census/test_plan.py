"""The one form of a plan."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from majlis.census import Places, Plan, draw_plan, format_plan, parse_places, parse_plan, parse_ways
from majlis.errors import Malformed


@pytest.fixture(scope="module")
def plan(syria: Places) -> Plan:
    return draw_plan(syria)


def test_a_plan_comes_back_as_it_was(plan: Plan) -> None:
    """R-PLAN-12"""
    data = format_plan(plan)
    assert parse_plan(data) == plan
    again = json.dumps(json.loads(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert data == again.encode() + b"\n"
    assert (plan.seats, plan.inhabitants) == (1117, 11_174_561)


def test_a_plan_holds_no_position_and_no_distance(plan: Plan) -> None:
    """R-PLAN-4"""
    assert not re.search(rb'"(lat|lon|x|y|metres|distance)"|[0-9]\.[0-9]', format_plan(plan))


def test_the_example_of_the_specification_is_what_the_program_makes(project_root: Path) -> None:
    text = (project_root / "spec" / "plan.md").read_text(encoding="utf-8")
    table, ways, blob = re.findall(r"^```\n(.*?)^```\n", text, re.DOTALL | re.MULTILINE)
    places = parse_places(table.encode())
    assert parse_ways(ways.encode(), ["163799", "164816", "169577", "174191"]).closed == {("163799", "169577")}
    assert format_plan(draw_plan(places)).decode() == blob.replace("\n", "") + "\n"


def other(plan: Plan, old: bytes, new: bytes) -> bytes:
    data = format_plan(plan)
    assert old in data
    return data.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b'"quota":10000', b'"quota":10000 ', "canonical"),
        (b'"quota":10000', b'"quota":10000,"quota":10000', "canonical"),
        (b'"quota":10000', b'"quota":0', "not a plan"),
        (b'"quota":10000', b'"quota":1e4', "not a plan"),
        (b'"quota":10000', b'"quota":"10000"', "not a plan"),
        (b'"quota":10000', b'"quota":10000,"more":1', "not a plan"),
        (b'"quota":10000,', b"", "not a plan"),
        (b'"rounding":"nearest"', b'"rounding":"up"', "not a plan"),
        (b'"max_magnitude":7', b'"max_magnitude":1001', "not a plan"),
        (b"majlis-plan/v1", b"majlis-plan/v2", "this program reads"),
        (b'"seed":"majlis"', b'"seed":"' + b"x" * 65 + b'"', "not a plan"),
        (b'"seed":"majlis"', b'"seed":"maj\\u006cis"', "canonical"),
        (b'"max_min":"', b'"max_min":"0', "not a plan"),
        (b'"within_10":"', b'"within_10":"1/0","x":"', "not a plan"),
        (b'"mal":"', b'"mal":0.5,"x":"', "not a plan"),
        (b'"id":"amuda"', b'"id":"Amuda"', "not a plan"),
        (b'"id":"amuda"', b'"id":"-amuda"', "not a plan"),
        (b'"seats":2', b'"seats":0', "not a plan"),
        (b'"ward":null', b'"ward":0', "not a plan"),
        (b"\n", b"", "canonical"),
        (b"\n", b"\n\n", "canonical"),
        (b"Saraqib", b"Saraqi\xff", "not a plan"),
    ],
)
def test_any_other_form_is_not_a_plan(plan: Plan, old: bytes, new: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words) as caught:
        parse_plan(other(plan, old, new))
    assert caught.value.rule == "R-PLAN-12"


def test_fractions_stand_in_lowest_terms(plan: Plan) -> None:
    value = re.search(rb'"max_min":"([0-9]+)/([0-9]+)"', format_plan(plan))
    assert value is not None
    doubled = b'"max_min":"%d/%d"' % (2 * int(value[1]), 2 * int(value[2]))
    with pytest.raises(Malformed, match="canonical"):
        parse_plan(other(plan, value[0], doubled))


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"[" * 100_000, b'{"a":' * 50_000, b"\xff\xfe"])
def test_what_is_no_plan_is_refused_without_a_crash(data: bytes) -> None:
    with pytest.raises(Malformed):
        parse_plan(data)


def test_a_plan_beyond_all_measure_is_not_read() -> None:
    with pytest.raises(Malformed, match="at most"):
        parse_plan(b" " * (64 * 2**20 + 1))

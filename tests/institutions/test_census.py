"""R-CENSUS: a figure is a claim until another body's counter countersigns it, and the lower figure stands."""

from __future__ import annotations

from typing import Any

import pytest
from tests.institutions.polling import countersign_data, publish
from tests.institutions.simulator import BLOB, DAY, Body, Person, Simulator, in_force, void


@pytest.fixture
def two() -> tuple[Body, Body]:
    sim = Simulator()
    north, east = sim.body("north"), sim.body("east")
    north.tick()
    publish(north, 20_000)
    return north, east


def test_a_figure_is_a_claim(two: tuple[Body, Body]) -> None:
    north, _ = two
    census = north.state.census
    assert (census.inhabitants, census.countersigned) == (20_000, None)


def test_a_place_is_counted_once(two: tuple[Body, Body]) -> None:
    north, _ = two
    data: dict[str, Any] = {"inhabitants": 5, "places": ["a", "b", "a"], "source": BLOB}
    assert void(north.submit("census.publish", data, north.clerk)) == "R-CENSUS-1"
    assert in_force(north.submit("census.publish", data | {"places": ["a", "b"]}, north.clerk))


def test_another_body_s_counter_countersigns_once(two: tuple[Body, Body]) -> None:
    north, east = two
    data = countersign_data(north, east)
    assert void(north.submit("census.countersign", data | {"figure": BLOB}, east.counter, north.clerk)) == "R-CENSUS-2"
    assert in_force(north.submit("census.countersign", data, east.counter, north.clerk))
    assert north.state.census.countersigned.body == east.identity
    assert void(north.submit("census.countersign", data, east.counter, north.clerk)) == "R-CENSUS-2"


def test_there_is_nothing_to_countersign_before_a_figure() -> None:
    sim = Simulator()
    north, east = sim.body("north"), sim.body("east")
    data = {"figure": BLOB, "inhabitants": 5, "certificate": east.certificate(east.identity)}
    assert void(north.submit("census.countersign", data, east.counter, north.clerk)) == "R-CENSUS-2"


def test_a_counter_holds_that_office_in_the_other_body(two: tuple[Body, Body]) -> None:
    north, east = two
    data = countersign_data(north, east)
    for person in (east.registrar, Person("stranger"), north.counter, north.charter_keys[0]):
        assert void(north.submit("census.countersign", data, person, north.clerk)) == "R-CENSUS-3"
    assert in_force(north.submit("census.countersign", data, east.counter, north.clerk))


def test_a_counter_whose_term_is_over_countersigns_nothing(two: tuple[Body, Body]) -> None:
    north, east = two
    east.sim.pass_days(360)
    assert in_force(north.sim.fork().bodies["north"].submit(*countersigned(north, east)))
    east.tick(time=east.sim.now + 9 * DAY)
    assert void(north.submit(*countersigned(north, east))) == "R-CENSUS-3"


def countersigned(north: Body, east: Body) -> tuple[Any, ...]:
    return "census.countersign", countersign_data(north, east), east.counter, north.clerk


def test_nobody_spoils_a_figure_with_a_body_made_for_that(two: tuple[Body, Body]) -> None:
    """A stranger founds a body, is its counter, and countersigns north's people down to one."""
    north, _ = two
    sham = north.sim.body("sham")
    data = countersign_data(north, sham) | {"inhabitants": 1}
    assert north.submit("census.countersign", data, sham.counter).status == "waiting"
    assert north.state.census.countersigned is None


def test_the_lower_figure_stands(two: tuple[Body, Body]) -> None:
    north, east = two
    data = countersign_data(north, east) | {"inhabitants": 19_000}
    assert in_force(north.submit("census.countersign", data, east.counter, north.clerk))
    assert north.state.census.inhabitants == 19_000


def test_a_roll_rests_on_the_census_that_stands(two: tuple[Body, Body]) -> None:
    north, _ = two
    roll = north.commit_roll()
    assert [link.role for link in north.state.acts[roll].because] == ["census"]


def test_a_counter_cannot_raise_a_figure(two: tuple[Body, Body]) -> None:
    north, east = two
    data = countersign_data(north, east) | {"inhabitants": 90_000}
    assert in_force(north.submit("census.countersign", data, east.counter, north.clerk))
    assert north.state.census.inhabitants == 20_000

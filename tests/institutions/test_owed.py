"""R-VERIFY-12: what a member's own record shows, and nobody has carried to the assembly."""

from __future__ import annotations

from tests.institutions.simulator import Simulator, in_force
from tests.institutions.test_assembly import Sitting
from tests.institutions.test_federation import depart, leave
from tests.institutions.test_seats import recall

from majlis.institutions.seats.owed import owed
from majlis.institutions.state import replace


def what(sim: Simulator, name: str = "north") -> list[str]:
    return sorted(each.what for each in owed(sim.bodies["assembly"].state, sim.bodies[name].state))


def delegate(sim: Simulator, name: str) -> str:
    """Who sits for this body, the first of them."""
    return sim.bodies["assembly"].state.bodies[sim.bodies[name].identity].held[0].key


def roll_call(sim: Simulator) -> Sitting:
    """Everybody who sits attends and votes, nobody shows a head, and after ``head_days`` the roll call is closed."""
    sitting = Sitting(sim)
    assert in_force(sitting.attend().open())
    for person in sitting.delegates:
        assert in_force(sitting.vote(person))
    sim.pass_days(4)
    assert in_force(sitting.close())
    return sitting


def test_nothing_is_owed_where_nothing_happened(seated: Simulator) -> None:
    assert [what(seated, name) for name in ("north", "east", "south", "assembly")] == [[], [], [], []]


def test_a_recall_that_nobody_delivers_is_owed_once_its_mirrors_saw_it(seated: Simulator) -> None:
    north, assembly = seated.bodies["north"], seated.bodies["assembly"]
    result = recall(north, delegate(seated, "north"))
    assert what(seated) == [], "nobody else has seen it"
    seated.tick()
    assert (what(seated), what(seated, "east")) == (["sits"], [])
    assembly.do("seat.vacate", {"certificate": north.certificate(result)}, seated.witnesses[0])
    assert what(seated) == []


def test_a_roll_call_that_counted_a_recalled_delegate_is_pointed_out(seated: Simulator) -> None:
    north, assembly = seated.bodies["north"], seated.bodies["assembly"]
    roll_call(seated)
    result = recall(north, delegate(seated, "north"))
    seated.pass_days(1)
    assert what(seated) == ["sits"], "the roll call before the recall was right"
    late = roll_call(seated)
    assert what(seated) == ["counted", "sits"]
    (found,) = [each for each in owed(assembly.state, north.state) if each.what == "counted"]
    closed = assembly.state.decisions[assembly.state.log[found.at]]
    assert (closed.motion, found.key) == (late.motion, delegate(seated, "north"))
    assembly.do("seat.vacate", {"certificate": north.certificate(result)}, seated.witnesses[0])
    assert what(seated) == ["counted"], "what was counted stays so"


def test_a_leaving_that_nobody_delivers_is_owed(seated: Simulator) -> None:
    north = seated.bodies["north"]
    left = leave(north)
    assert what(seated) == []
    seated.tick()
    assert what(seated) == ["left"]
    assert in_force(depart(north, left))
    assert what(seated) == []


def test_a_roll_call_that_counted_a_district_that_had_left_is_pointed_out(seated: Simulator) -> None:
    """Also once its leaving was delivered: what was counted stays so."""
    north = seated.bodies["north"]
    left = leave(north)
    seated.pass_days(1)
    roll_call(seated)
    assert sorted(set(what(seated))) == ["counted", "left"]
    assert in_force(depart(north, left))
    assert set(what(seated)) == {"counted"}


def test_where_ticks_do_not_tell_what_came_first_it_is_said_so(seated: Simulator) -> None:
    """Whoever keeps the assembly's ticks away after a close leaves open whether the recall came before it."""
    north, assembly = seated.bodies["north"], seated.bodies["assembly"]
    roll_call(seated)
    key, size = delegate(seated, "north"), assembly.state.size
    recall(north, key)
    seated.pass_days(1)
    assert what(seated) == ["sits"], "the ticks tell that the recall came later"
    ticks = tuple(tick for tick in assembly.state.ticks if tick.index < size)
    found = list(owed(replace(assembly.state, ticks=ticks), north.state))
    assert sorted(each.what for each in found) == ["perhaps", "sits"]
    assert {each.key for each in found} == {key}

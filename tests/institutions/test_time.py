"""R-TICK and R-DIGEST: time comes from witnesses alone, and what is in force has one short fingerprint."""

from __future__ import annotations

import pytest
from tests.institutions.polling import Polling
from tests.institutions.simulator import BLOB, DAY, START, Body, Simulator, in_force, void

from majlis.institutions import GENESIS, NoEvidence, fold
from majlis.institutions.digest import digest, statements
from majlis.institutions.mirrors import middle
from majlis.institutions.ticks import earliest, has_passed, has_run_out, latest, now


def test_a_tick_tells_the_time(fresh: Body) -> None:
    assert now(fresh.state) is None
    assert in_force(fresh.tick())
    assert now(fresh.state) == START


def test_a_tick_is_a_checkpoint_that_the_log_signed(fresh: Body) -> None:
    good = fresh.checkpoint()
    for bad in ("", "nonsense", good.replace(fresh.origin, "other.example/log"), good.replace("\n2\n", "\n1\n")):
        assert void(fresh.submit("tick", {"checkpoint": bad}, fresh.clerk)) == "R-TICK-1"
    assert in_force(fresh.submit("tick", {"checkpoint": good}, fresh.clerk))


def test_a_tick_is_of_this_record_s_own_history(fresh: Body) -> None:
    """The host shows another branch: its own signature on it makes no time here."""
    branch = fresh.sim.fork().bodies["north"]
    branch.submit("census.publish", {"inhabitants": 1, "places": ["a"], "source": BLOB}, branch.clerk)
    fresh.submit("census.publish", {"inhabitants": 2, "places": ["a"], "source": BLOB}, fresh.clerk)
    assert void(fresh.submit("tick", {"checkpoint": branch.checkpoint()}, fresh.clerk)) == "R-TICK-2"
    assert in_force(fresh.tick())


def test_a_tick_needs_the_quorum_of_mirrors(fresh: Body) -> None:
    assert void(fresh.tick(witnesses=(0,))) == "R-TICK-3"
    assert in_force(fresh.tick(witnesses=(0, 2)))


def test_a_false_cosignature_spoils_a_tick(fresh: Body) -> None:
    early, late = (fresh.checkpoint(time=START + seconds).splitlines() for seconds in (0, 5))
    mixed = [*early[:5], late[5][:60] + early[5][60:], *early[6:]]
    standing = fresh.submit("tick", {"checkpoint": "\n".join(mixed) + "\n"}, fresh.clerk)
    assert void(standing) == "R-TICK-3"


def test_time_goes_forward(fresh: Body) -> None:
    assert in_force(fresh.tick())
    size = fresh.state.size
    assert void(fresh.tick(time=START - 1)) == "R-TICK-4"
    assert void(fresh.tick(size=1, time=START + 9)) == "R-TICK-4"
    assert in_force(fresh.tick(size=size, time=START))
    assert void(fresh.tick(size=size, time=START)) == "R-TICK-4"
    assert in_force(fresh.tick(size=size, time=START + 1))


def test_no_single_late_clock_moves_time() -> None:
    assert middle([5]) == 5
    assert middle([1, 9]) == 1
    assert middle([1, 2, 9]) == 2
    assert middle([1, 2, 3, 9]) == 2


def test_the_median_of_the_witnesses_is_the_time(fresh: Body) -> None:
    checkpoint = fresh.checkpoint(time=START)
    lines = checkpoint.splitlines()[:5]
    for witness, seconds in ((0, 0), (1, 7), (2, 999_999)):
        lines.append(fresh.checkpoint(time=START + seconds, witnesses=[witness]).splitlines()[5])
    assert in_force(fresh.submit("tick", {"checkpoint": "\n".join(lines) + "\n"}, fresh.clerk))
    assert now(fresh.state) == START + 7


def told(body: Body, *times: int) -> str:
    """A checkpoint of the record as it is, that the first mirrors cosigned at these times."""
    lines = body.checkpoint(witnesses=()).splitlines()
    for witness, time in enumerate(times):
        lines.append(body.checkpoint(time=time, witnesses=[witness]).splitlines()[-1])
    return "\n".join(lines) + "\n"


def test_one_mirror_of_two_shortens_no_waiting(fresh: Body) -> None:
    """R-TICK-5: the host keeps ticks back, logs an act, and one mirror says that it had seen it eight days before."""
    assert in_force(fresh.tick())
    act = fresh.state.size
    fresh.submit("census.publish", {"inhabitants": 1, "places": ["a"], "source": BLOB}, fresh.clerk)
    fresh.sim.now += 8 * DAY
    lie = told(fresh, START, fresh.sim.now)
    assert in_force(fresh.submit("tick", {"checkpoint": lie}, fresh.clerk))
    assert now(fresh.state) == START
    assert latest(fresh.state, act) == fresh.sim.now
    assert in_force(fresh.tick())
    assert not has_passed(fresh.state, act, 1)


def test_one_mirror_of_two_lengthens_no_waiting_beyond_the_next_tick(fresh: Body) -> None:
    """R-TICK-5: of all ticks over an act the one that says the least proves the most."""
    act = fresh.state.size - 1
    for years in (1, 100):
        lie = told(fresh, START + years, START + years * 365 * DAY)
        assert in_force(fresh.submit("tick", {"checkpoint": lie}, fresh.clerk))
        assert now(fresh.state) == START + years
        assert latest(fresh.state, act) == START + 365 * DAY
    fresh.sim.now += DAY
    assert in_force(fresh.tick())
    assert latest(fresh.state, act) == fresh.sim.now
    fresh.sim.pass_days(7)
    assert has_passed(fresh.state, act, 7)


def test_an_act_lies_between_its_neighbouring_ticks(fresh: Body) -> None:
    fresh.tick()
    act = fresh.state.size
    fresh.submit("census.publish", {"inhabitants": 1, "places": ["a"], "source": BLOB}, fresh.clerk)
    state = fresh.state
    assert (earliest(state, 0), earliest(state, act), latest(state, 0), latest(state, act)) == (
        None,
        START,
        START,
        None,
    )
    fresh.sim.pass_days(3)
    assert latest(fresh.state, act) == START
    assert not has_passed(state, act, 0)
    assert has_passed(fresh.state, act, 3)
    assert not has_passed(fresh.state, act, 4)


def test_a_tick_over_an_older_head_proves_nothing_of_what_came_since(fresh: Body) -> None:
    act = fresh.state.size
    fresh.submit("census.publish", {"inhabitants": 1, "places": ["a"], "source": BLOB}, fresh.clerk)
    fresh.tick(size=act, time=START)
    fresh.tick(size=act, time=START + 9 * DAY)
    assert latest(fresh.state, act) is None
    assert not has_passed(fresh.state, act, 7)
    fresh.tick(time=START + 9 * DAY)
    assert not has_passed(fresh.state, act, 7)


def test_a_longest_period_starts_as_early_as_can_be_proven(fresh: Body) -> None:
    assert not has_run_out(fresh.state, 0, 0)
    fresh.tick()
    assert not has_run_out(fresh.state, 0, 0)
    fresh.sim.pass_days(5)
    assert has_run_out(fresh.state, 0, 4)
    assert not has_run_out(fresh.state, 0, 5)


def test_a_digest_is_the_one_that_everybody_recomputes(north: Body) -> None:
    state = north.state
    good = {"size": state.size, "root": digest(state)}
    fork = north.sim.fork().bodies["north"]
    assert void(fork.submit("state.digest", {"size": state.size, "root": BLOB}, fork.clerk)) == "R-DIGEST-1"
    fork = north.sim.fork().bodies["north"]
    assert void(fork.submit("state.digest", good | {"size": state.size - 1}, fork.clerk)) == "R-DIGEST-1"
    assert in_force(north.submit("state.digest", good, north.sim.witnesses[0]))
    assert north.state.digest == (state.size, good["root"])


def test_one_digest_between_two_ticks(north: Body) -> None:
    def log() -> object:
        state = north.state
        return north.submit("state.digest", {"size": state.size, "root": digest(state)}, north.clerk)

    assert in_force(log())
    assert void(log()) == "R-DIGEST-2"
    north.tick()
    assert in_force(log())


def test_a_digest_before_any_tick_is_the_only_one(fresh: Body) -> None:
    for expected in ("", "R-DIGEST-2"):
        state = fresh.state
        standing = fresh.submit("state.digest", {"size": state.size, "root": digest(state)}, fresh.clerk)
        assert standing.rule == expected


def test_statements_say_what_is_in_force(seated: Simulator) -> None:
    north, assembly = seated.bodies["north"].state, seated.bodies["assembly"].state
    words = {line.split(" ")[0] for line in (*statements(north), *statements(assembly))}
    expected = "body charter log confirmed charter-key office roll census decision result joined member seat"
    assert words == set(expected.split())
    assert f"body {north.identity} committee" in statements(north)
    assert sum(line.startswith("seat ") for line in statements(assembly)) == 4
    assert list(statements(north)) == sorted(statements(north))


def test_statements_follow_a_box_and_a_fund(seated: Simulator) -> None:
    north = seated.bodies["north"]
    polling = Polling(north, "motion", north.table())
    assert f"election {polling.act} announced" in statements(north.state)
    polling.prepare().open()
    assert f"election {polling.act} open" in statements(north.state)
    polling.close()
    assert f"election {polling.act} closed" in statements(north.state)
    polling.wait().decrypt().result(30, 5)
    assert any(line.startswith(f"result {polling.act} ") for line in statements(north.state))
    north.do("gift.receive", {"amount": 7, "unit": "SYP", "conditions": BLOB}, *north.treasurers)
    assert "fund SYP 7" in statements(north.state)


def test_a_body_that_is_not_founded_has_nothing_in_force() -> None:
    assert statements(GENESIS) == ()
    assert digest(GENESIS) == digest(GENESIS)


@pytest.mark.parametrize("entry", [b"", b"x\n"])
def test_the_fold_of_nothing_is_still_a_state(entry: bytes) -> None:
    state, findings = fold(GENESIS, entry, NoEvidence())
    assert state.size == 1
    assert findings[0].rule == "R-ACT-1"

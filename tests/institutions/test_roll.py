"""R-ROLL: how many members a registrar may say there are."""

from __future__ import annotations

from typing import Any

from tests.institutions.polling import countersign_data, keeper, publish
from tests.institutions.simulator import BLOB, Body, Simulator, in_force, void

from majlis.institutions import sign_text


def commit(body: Body, leaves: int, *beside: Any, paper: int = 0) -> Any:
    data = {"root": BLOB, "leaves": leaves, "paper": paper}
    return body.submit("roll.commit", data, body.registrar, *beside)


def test_a_roll_has_no_more_paper_voters_than_leaves(north: Body) -> None:
    assert void(commit(north, 60, paper=61)) == "R-ROLL-1"
    assert in_force(commit(north, 60, paper=60))


def test_a_roll_is_no_larger_than_the_people_counted(seated: Simulator) -> None:
    """A claim bounds it already, and the lower figure once it is countersigned."""
    north, east = seated.bodies["north"], seated.bodies["east"]
    publish(north, 62)
    assert void(commit(north, 63)) == "R-ROLL-1"
    assert in_force(commit(north, 62))
    data = countersign_data(north, east) | {"inhabitants": 61}
    north.do("census.countersign", data, east.counter, north.clerk)
    assert void(commit(north, 62)) == "R-ROLL-1"
    assert in_force(commit(north, 61))


def test_an_assembly_has_no_roll(seated: Simulator) -> None:
    """Its members are bodies; else its registrar would make every quorum of its delegates a share of nothing."""
    assembly = seated.bodies["assembly"]
    assert void(commit(assembly, 60)) == "R-ROLL-1"
    assert assembly.state.roll is None


def test_no_registrar_alone_says_how_many_members_there_are() -> None:
    """R-ROLL-2: neither a roll of one, whose quorum is one, nor one so long that no petition ever passes."""
    bare = Simulator().body("north")
    alone = commit(bare, 60)
    assert (alone.status, alone.rule) == ("waiting", "R-ROLL-2")
    for people in ([bare.clerk], [bare.charter_keys[0]], [bare.treasurers[0], bare.counter]):
        assert commit(bare, 60, *people).status == "waiting"
    assert bare.state.roll is None
    assert in_force(commit(bare, 60, bare.tellers[1]))
    for leaves in (1, 53, 67, 10_000_000):
        assert commit(bare, leaves).status == "waiting"
    for leaves in (54, 66):
        assert in_force(commit(bare, leaves))


def test_a_registrar_does_not_walk_away_in_small_steps(fresh: Body) -> None:
    """R-ROLL-2: a tenth of what two signed for, and not of what the registrar said last."""
    assert in_force(commit(fresh, 66))
    assert commit(fresh, 67).status == "waiting"
    assert in_force(commit(fresh, 72, fresh.tellers[0]))
    assert in_force(commit(fresh, 79))
    assert commit(fresh, 80).status == "waiting"


def test_leaves_that_were_replaced_are_named_once_and_by_two_where_they_are_many(fresh: Body) -> None:
    """R-ROLL-3: no registrar exchanges the members' keys at night."""

    def replacing(*leaves: str, beside: Any = ()) -> Any:
        data = {"root": BLOB, "leaves": 60, "paper": 0, "replaced": list(leaves)}
        return fresh.submit("roll.commit", data, fresh.registrar, *beside)

    named = [f"{number:064x}" for number in range(8)]
    assert in_force(replacing(*named[:2]))
    assert void(replacing(named[1])) == "R-ROLL-3"
    assert void(replacing(named[3], named[3])) == "R-ROLL-3"
    assert (replacing(*named[1:]).status, replacing(*named[2:], "f" * 64).rule) == ("void", "R-ROLL-3")
    many = ["f" * 64, *named[2:]]
    assert (replacing(*many).status, replacing(*many).rule) == ("waiting", "R-ROLL-3")
    assert in_force(replacing(*many, beside=[fresh.tellers[0]]))
    assert fresh.state.roll is not None
    assert fresh.state.roll.dead == {*named, "f" * 64}


def test_a_teller_may_sign_for_the_roll_later(fresh: Body) -> None:
    entry = fresh.write("roll.commit", {"root": BLOB, "leaves": 600, "paper": 0}, fresh.registrar)
    waiting = fresh.log(entry)
    assert waiting is not None and waiting.status == "waiting"
    text, _, _ = entry.rpartition(b"\n\n")
    assert in_force(fresh.log(sign_text(text + b"\n", fresh.tellers[2].key)))  # type: ignore[arg-type]
    assert fresh.state.roll is not None
    assert fresh.state.roll.leaves == 600


def test_the_list_keeper_of_another_body_may_sign_for_the_roll(seated: Simulator) -> None:
    north = seated.bodies["north"]
    assert in_force(commit(north, 100, keeper(north)))


def test_where_no_teller_is_left_a_charter_key_signs_for_the_roll(north: Body) -> None:
    """A body whose tellers are gone is stuck in nothing."""
    for teller in north.tellers:
        north.do("key.suspend", {"key": teller.id}, teller)
    assert commit(north, 100).status == "waiting"
    assert in_force(commit(north, 100, north.charter_keys[2]))

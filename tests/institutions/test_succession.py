"""R-MOVE and R-FORK-5, 6: a record outlives its host, and no move drops what was safe."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from tests.institutions.simulator import BLOB, Body, Person, Simulator, grant, in_force, void

from majlis.crypto import SigningKey
from majlis.errors import Refused
from majlis.institutions import parse_act
from majlis.institutions.certificate import Certificate, check_certificate
from majlis.institutions.digest import statements
from majlis.institutions.kinds import Context
from majlis.institutions.logs import every_log
from majlis.institutions.state import Standing
from majlis.record import (
    Checkpoint,
    Fork,
    NoteKey,
    format_checkpoint,
    format_forks,
    format_note,
    parse_note,
    prove_branch,
    sign_note,
)
from majlis.record import Note as SignedNote

NEXT = SigningKey(bytes(range(7, 39)))
AFTER = SigningKey(bytes(range(8, 40)))
STRANGE = SigningKey(bytes(range(9, 41)))


def sealed(key: SigningKey) -> str:
    return sha256(key.public_key).hexdigest()


def village(**changes: Any) -> Body:
    """A confirmed body whose next log key is sealed."""
    return Simulator().confirmed("north", **{"next_log": sealed(NEXT)} | changes)


def move_data(body: Body, key: SigningKey = NEXT, **changes: Any) -> dict[str, Any]:
    size = len(body.record.entries)
    facts = {
        "log": NoteKey(name=body.origin, public_key=key.public_key).vkey,
        "next_log": sealed(AFTER),
        "size": size,
        "root": body.record.tree.root(size).hex(),
        "checkpoint": body.checkpoint(),
    }
    return facts | changes


def move(body: Body, key: SigningKey = NEXT, signers: int = 2, **changes: Any) -> Standing:
    """The charter keys move the record; the body's log key is the new one where that holds."""
    standing = body.submit("host.move", move_data(body, key, **changes), *body.charter_keys[:signers])
    if standing.status == "in-force":
        body.log_key = key
    return standing


def spend(body: Body, decision: str) -> Standing:
    order = {"amount": 5, "unit": "SYP", "purpose": "flour"}
    return body.submit("spend.order", order, body.clerk, cites=[decision])


def flour(body: Body) -> str:
    return body.decide(grant("spend.order", purpose="flour", unit="SYP", ceiling=100))


def confirm(body: Body) -> Standing:
    act = body.state.moves[-1].act
    return body.submit("host.confirm", {"move": act}, body.clerk, cites=[body.decide(grant("host.confirm", move=act))])


def test_a_record_goes_on_under_its_sealed_key() -> None:
    body = village()
    decision = flour(body)
    assert in_force(move(body))
    moved = body.state.moves[-1]
    assert (moved.sealed, moved.confirmed) == (True, None)
    assert body.state.founding.next_log == sealed(AFTER)
    assert in_force(spend(body, decision)), "nothing stops meanwhile"
    assert in_force(body.tick())
    assert in_force(confirm(body))
    assert body.state.moves[-1].confirmed is not None
    # And once more, to the key that was sealed then.
    assert in_force(move(body, AFTER, next_log=BLOB))
    assert in_force(body.tick())


def test_the_old_key_signs_nothing_after_the_move() -> None:
    """R-MOVE-8."""
    body = village()
    old = body.log_key
    before = body.checkpoint()
    move(body)
    new, body.log_key = body.log_key, old
    assert in_force(body.tick()), "the checkpoint that just holds the move may be the old key's: a hand-over"
    body.sim.now += 1
    assert void(body.tick()) == "R-TICK-1"
    body.log_key = new
    assert in_force(body.tick())
    assert void(body.submit("tick", {"checkpoint": before}, body.clerk)) == "R-TICK-4"


@pytest.mark.parametrize("off", [-1, 1])
def test_a_move_stands_where_its_signers_saw_it(off: int) -> None:
    """R-MOVE-1: no host slips something in before it."""
    body = village()
    data = move_data(body)
    if off > 0:
        body.table()
    assert void(move(body, **(data if off > 0 else {"size": data["size"] - 1}))) == "R-MOVE-1"
    assert void(move(body, root=BLOB)) == "R-MOVE-1"
    expiring = body.submit("host.move", move_data(body), *body.charter_keys[:2], expires={"size": 10_000})
    assert void(expiring) == "R-MOVE-1"


def test_a_move_drops_nothing_that_was_safe() -> None:
    """R-MOVE-2: the safe checkpoint of another history, of too few mirrors, or older than a tick moves nothing."""
    body = village()
    other = body.sim.fork().bodies["north"]
    other.table()
    assert void(move(body, checkpoint=other.checkpoint())) == "R-MOVE-2"
    assert void(move(body, checkpoint=body.checkpoint(witnesses=(0,)))) == "R-MOVE-2"
    for bad in ("", "x", "a\nb\nc\n\n— x y\n", body.checkpoint().replace("\n", "\n\n", 1)):
        assert void(move(body, checkpoint=bad)) == "R-MOVE-2"
    safe = body.checkpoint()
    body.table()
    body.tick()
    assert void(move(body, checkpoint=safe)) == "R-MOVE-2"
    body.table()
    # What was sequenced and is not safe yet goes along, where the mirror holds it.
    assert in_force(move(body, checkpoint=body.checkpoint(size=body.state.ticks[-1].size)))


def test_the_new_key_is_new_and_bears_the_name() -> None:
    """R-MOVE-3."""
    body = village()
    for key in (body.log_key, body.sim.witnesses[0].key):
        assert void(move(body, key)) == "R-MOVE-3"
    assert void(move(body, log="x")) == "R-MOVE-3"
    assert void(move(body, log=NoteKey(name="x.example", public_key=NEXT.public_key).vkey)) == "R-MOVE-3"
    first = body.log_key
    move(body)
    assert void(move(body, first)) == "R-MOVE-3"


def test_too_few_charter_keys_move_nothing() -> None:
    """R-MOVE-4: and those who come later stand at another position."""
    body = village()
    entry = body.write("host.move", move_data(body), *body.charter_keys[:1])
    waiting = body.log(entry)
    assert waiting is not None
    assert (waiting.status, waiting.rule) == ("waiting", "R-MOVE-4")
    assert void(body.submit("host.move", move_data(body), body.clerk)) == "R-KEY-1"
    assert body.state.moves == ()


def test_another_key_than_the_sealed_one_binds_nobody_before_the_members_confirm() -> None:
    """R-MOVE-4: two thirds of the charter keys, and the members first."""
    body = village(threshold=2)
    decision = flour(body)
    assert in_force(move(body, STRANGE, signers=2))
    assert not body.state.moves[-1].sealed
    assert void(spend(body, decision)) == "R-MOVE-4"
    assert in_force(confirm(body))
    assert in_force(spend(body, decision))


def test_a_move_lapses_unless_the_members_confirm_it() -> None:
    """R-MOVE-6, and R-MOVE-5 afterwards: what lapsed binds again once they do."""
    body = village()
    decision = flour(body)
    body.tick()
    move(body)
    body.sim.pass_days(59)
    assert in_force(spend(body, decision))
    body.sim.pass_days(2)
    assert void(spend(body, decision)) == "R-MOVE-6"
    # Members' rights go on: what becomes of a recall is for its own rules.
    recall = {"delegate": BLOB, "assembly": BLOB, "reason": BLOB}
    assert void(body.submit("recall.petition", recall, body.clerk)) != "R-MOVE-6"
    assert every_log(body.state)[-1].public_key == NEXT.public_key
    assert in_force(confirm(body))
    assert in_force(spend(body, decision))
    assert void(body.submit("host.confirm", {"move": body.state.moves[-1].act}, body.clerk)) == "R-MOVE-5"
    assert void(body.submit("host.confirm", {"move": BLOB}, body.clerk)) == "R-MOVE-5"


def test_moving_on_heals_no_move_that_the_members_have_not_confirmed() -> None:
    """R-MOVE-9: a key that the unsealed key committed to binds nobody either, before the members confirm."""
    body = village(threshold=2)
    decision = flour(body)
    assert in_force(move(body, STRANGE, next_log=sealed(AFTER)))
    assert in_force(move(body, AFTER))
    assert body.state.moves[-1].sealed
    assert void(spend(body, decision)) == "R-MOVE-4"
    assert in_force(confirm(body))
    assert in_force(spend(body, decision))
    assert [line.split()[-1] for line in statements(body.state) if line.startswith("moved")] == ["confirmed"] * 2


def test_moving_on_begins_no_time_anew() -> None:
    """R-MOVE-9: the sixty days run from the first move that the members have not confirmed."""
    body = village()
    decision = flour(body)
    body.tick()
    move(body)
    body.sim.pass_days(50)
    assert in_force(move(body, AFTER, next_log=BLOB))
    assert in_force(spend(body, decision))
    body.sim.pass_days(11)
    assert void(spend(body, decision)) == "R-MOVE-6"
    assert in_force(confirm(body))
    assert in_force(spend(body, decision))


def test_only_the_members_confirm() -> None:
    body = village()
    move(body)
    move_act = body.state.moves[-1].act
    assert void(body.submit("host.confirm", {"move": move_act}, *body.charter_keys)) == "R-WARRANT-1"


def test_others_judge_certificates_by_the_key_of_that_time() -> None:
    """R-CERT-1 across a move: the old key's word for what came before, the new key's for what came after."""
    body = village()
    other = body.sim.confirmed("south")
    body.sim.pass_days(1)
    counted = {"inhabitants": 900, "places": ["north"], "source": BLOB}
    census = body.do("census.publish", counted, body.clerk)
    before, old = body.certificate(census), body.log_key
    move(body)
    body.table()
    after = body.certificate(census)
    body.log_key = old
    stolen = body.certificate(census)
    act = parse_act(other.record.entries[-1])
    context = Context(other.state, act, None, frozenset(), body.sim.federation)
    for certificate in (before, after):
        assert check_certificate(context, Certificate(**certificate), ("census.publish",)).identity == body.identity
    with pytest.raises(Refused, match="R-CERT-1"):
        check_certificate(context, Certificate(**stolen), ("census.publish",))
    elsewhere = stolen["proof"].replace(body.origin, "x.example/log")
    with pytest.raises(Refused, match="R-CERT-1"):
        check_certificate(context, Certificate(**stolen | {"proof": elsewhere}), ("census.publish",))
    unsigned = stolen["proof"].replace(NoteKey(name=body.origin, public_key=old.public_key).name + " ", "x.example ")
    with pytest.raises(Refused, match="R-CERT-1"):
        check_certificate(context, Certificate(**stolen | {"proof": unsigned}), ("census.publish",))


# --- forks


def forked(body: Body) -> Fork:
    """Two histories that its log signed: the one at hand, and one that ends otherwise."""
    other = body.sim.fork().bodies["north"]
    other.table(grant("dissolve"))
    size = len(other.record.entries)
    body.table()
    notes = []
    for each in (body, other):
        text = format_checkpoint(Checkpoint(origin=each.origin, size=size, root=each.record.tree.root(size)))
        notes.append(format_note(SignedNote(text=text, signatures=(sign_note(text, each.origin, each.log_key),))))
    branches = [
        prove_branch(note, at=size, size=size, read=each.record.tree.read)
        for note, each in zip(notes, (body, other), strict=True)
    ]
    log = NoteKey(name=body.origin, public_key=body.log_key.public_key)
    return Fork(log=log, size=size, first=branches[0], second=branches[1])


def show(body: Body, fork: Fork) -> Standing:
    return body.submit("fork.show", {"evidence": format_forks([fork]).decode()}, Person("anybody"))


def test_a_fork_freezes_what_binds_until_the_members_settle_it() -> None:
    """R-FORK-5 and R-FORK-6: under a key that signed only one history."""
    body = village()
    decision = flour(body)
    fork = forked(body)
    shown = show(body, fork)
    assert in_force(shown)
    act = body.state.forks[-1].act
    assert void(spend(body, decision)) == "R-FORK-5"
    assert void(show(body, fork)) == "R-FORK-5", "one is enough"
    settled = body.decide(grant("fork.settle", fork=act))
    assert void(body.submit("fork.settle", {"fork": act}, body.clerk, cites=[settled])) == "R-FORK-6"
    assert in_force(move(body))
    assert void(spend(body, decision)) == "R-FORK-5"
    assert void(body.submit("fork.settle", {"fork": BLOB}, body.clerk, cites=[settled])) == "R-FORK-6"
    assert in_force(body.submit("fork.settle", {"fork": act}, body.clerk, cites=[settled]))
    assert in_force(spend(body, decision))
    # What the old key signs on is no fork of this record any more.
    assert void(show(body, fork)) == "R-FORK-5"


def test_what_shows_no_fork_freezes_nothing() -> None:
    body = village()
    decision = flour(body)
    fork = forked(body)
    good = format_forks([fork]).decode()
    elsewhere = Simulator().confirmed("north", next_log=sealed(NEXT))
    for evidence in ("", "{}", "\ud800", good.replace('"size"', '"Size"'), good[:-4]):
        if "\ud800" not in evidence:
            assert void(body.submit("fork.show", {"evidence": evidence}, body.clerk)) == "R-FORK-5"
    elsewhere.log_key = STRANGE
    stranger = show(body, forked(elsewhere))
    assert void(stranger) == "R-FORK-5"
    assert parse_note(fork.first.note).text
    assert in_force(spend(body, decision))


def test_an_act_is_delivered_in_another_record_than_its_own() -> None:
    """R-DELIVER-1."""
    body = village()
    other = body.sim.confirmed("south")
    data = {"body": body.identity, "act": BLOB, "entry": BLOB}
    assert in_force(other.submit("act.deliver", data, Person("anybody")))
    assert void(body.submit("act.deliver", data, Person("anybody"))) == "R-DELIVER-1"


def test_a_dissolved_body_can_still_be_moved() -> None:
    """R-MOVE-1: what it was is kept."""
    body = village()
    body.do("dissolve", {}, body.clerk, cites=[body.decide(grant("dissolve"))])
    assert in_force(move(body))

"""R-HEAD: how far each member's record was seen; what its newest head shows undone is undone above (R-CERT-8)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.institutions.polling import admit_data, candidate, countersign_data, join_data, publish
from tests.institutions.simulator import BLOB, DAY, Body, Person, Simulator, grant, in_force, void
from tests.institutions.test_assembly import Sitting
from tests.institutions.test_federation import depart, leave
from tests.institutions.test_replacing import replace_at_home
from tests.institutions.test_seats import deliver, election_of, held, new_term, recall, sits

from majlis.errors import Missing
from majlis.host.cited import check_cited
from majlis.host.digests import check_claim
from majlis.host.heads import due_heads
from majlis.institutions import NoEvidence, fold, parse_act
from majlis.institutions.digest import digest, is_digest_due
from majlis.institutions.seats import is_heard
from majlis.institutions.state import ShownFork, replace
from majlis.record import Checkpoint, Note, cosign, encode_base64, format_checkpoint, format_note, sign_note


@pytest.fixture
def assembly(seated: Simulator) -> Body:
    return seated.bodies["assembly"]


@pytest.fixture
def north(seated: Simulator) -> Body:
    return seated.bodies["north"]


@pytest.fixture
def east(seated: Simulator) -> Body:
    return seated.bodies["east"]


def member(body: Body) -> Any:
    return body.sim.bodies["assembly"].state.bodies[body.identity]


# --- what may be shown


def test_heads_are_shown_of_members(seated: Simulator, assembly: Body, north: Body) -> None:
    stranger = seated.confirmed("stranger")
    assert void(stranger.show_head(assembly)) == "R-HEAD-1"
    assert void(assembly.show_head(assembly)) == "R-HEAD-1"
    assert in_force(depart(north, leave(north)))
    assert void(north.show_head(assembly)) == "R-HEAD-1"


def test_a_stranger_s_head_is_void_for_who_has_nothing_else_at_hand(seated: Simulator, assembly: Body) -> None:
    stranger = seated.confirmed("stranger")
    data = {"body": stranger.identity, "checkpoint": stranger.checkpoint()}
    entry = assembly.write("head.show", data, seated.witnesses[0])
    state, (finding,) = fold(assembly.state, entry, NoEvidence())
    assert (finding.kind, finding.rule, state.missing) == ("void", "R-HEAD-1", None)


def test_a_head_is_the_log_s_and_safe(assembly: Body, north: Body) -> None:
    assert void(north.show_head(assembly, witnesses=(1,))) == "R-CERT-2"
    lines = north.checkpoint().split("\n")
    unsigned = "\n".join(line for line in lines if not line.startswith(f"— {north.origin}"))
    for checkpoint, rule in (
        (unsigned, "R-CERT-1"),
        (north.sim.bodies["east"].checkpoint(), "R-CERT-1"),
        ("", "R-CERT-1"),
        ("\n".join([lines[0], str(int(lines[1]) + 1), *lines[2:]]), "R-CERT-1"),
    ):
        data = {"body": north.identity, "checkpoint": checkpoint}
        assert void(assembly.submit("head.show", data, north.clerk)) == rule
    assert member(north).head.time == 0, "known by its certificates, and not heard of"


def test_a_head_is_newer_than_the_one_shown_last(seated: Simulator, assembly: Body, north: Body) -> None:
    joined = member(north).joined
    assert void(north.show_head(assembly, size=joined)) == "R-HEAD-2"
    size = len(north.record.entries)
    assert in_force(north.show_head(assembly, size=size - 1))
    assert void(north.show_head(assembly, size=size - 1)) == "R-HEAD-2"
    assert void(north.show_head(assembly, size=size - 2, time=seated.now + 9)) == "R-HEAD-2"
    assert void(north.show_head(assembly)) == "R-HEAD-2", "another head of the same hour that undoes nothing"
    assert void(north.show_head(assembly, time=seated.now + 3599)) == "R-HEAD-2"
    assert in_force(north.show_head(assembly, time=seated.now + 3600))
    assert void(north.show_head(assembly, time=seated.now)) == "R-HEAD-2"
    assert in_force(north.show_head(assembly, time=seated.now + 7200)), "its mirrors saw nothing new until then"
    head = member(north).head
    assert (head.size, head.root, head.time) == (size, north.record.tree.root().hex(), seated.now + 7200)


def test_its_time_is_the_middle_of_its_mirrors(seated: Simulator, assembly: Body, north: Body) -> None:
    """Of two the earlier, so that no single clock that is ahead makes an old head look new."""
    late, early = north.checkpoint(time=seated.now + 900 * DAY), north.checkpoint(time=seated.now - 9 * DAY)
    text, _, lines = early.partition("\n\n")
    cosigned = [line for line in lines.splitlines() if not line.startswith(f"— {seated.mirrors[2].name}")]
    ahead = [line for line in late.splitlines() if line.startswith(f"— {seated.mirrors[1].name}")]
    mixed = [line for line in cosigned if not line.startswith(f"— {seated.mirrors[1].name}")] + ahead
    data = {"body": north.identity, "checkpoint": "\n".join([text, "", *mixed, ""])}
    assert in_force(assembly.submit("head.show", data, seated.witnesses[0]))
    assert member(north).head.time == seated.now - 9 * DAY


def test_a_head_whose_record_is_not_at_hand_is_missing(seated: Simulator, assembly: Body, north: Body) -> None:
    data = {"body": north.identity, "checkpoint": north.checkpoint()}
    entry = assembly.write("head.show", data, seated.witnesses[0])
    state, (finding,) = fold(assembly.state, entry, NoEvidence())
    assert (finding.kind, finding.rule) == ("missing", "R-CERT-7")
    assert state.missing == assembly.state.size


def test_a_head_that_rests_on_what_is_not_at_hand_is_missing(seated: Simulator, north: Body) -> None:
    class Half:
        """Evidence of a reader who lacks a box of north's."""

        def founding(self, body: str) -> Any:
            return seated.federation.founding(body)

        def state(self, body: str, size: int, root: str) -> Any:
            from majlis.institutions.state import replace

            return replace(seated.federation.state(body, size, root), missing=7)

        def box(self, claim: Any) -> Any:
            raise Missing("none")

    assembly = seated.bodies["assembly"]
    north.state  # noqa: B018  (folded, so that its state is at hand)
    data = {"body": north.identity, "checkpoint": north.checkpoint()}
    entry = assembly.write("head.show", data, seated.witnesses[0])
    state, (finding,) = fold(assembly.state, entry, Half())
    assert (finding.kind, finding.rule) == ("missing", "R-CERT-7")
    assert state.bodies[north.identity].head == member(north).head


# --- what a head does


def test_a_recall_is_carried_by_any_newer_head(assembly: Body, north: Body) -> None:
    """R-HEAD-3: the clerk above sits on the certificate, and has to show that nothing new is known."""
    delegate = held(north)[0].key
    before = len(north.record.entries)
    recall(north, delegate)
    assert in_force(north.show_head(assembly, size=before))
    assert sits(north, delegate), "what came later is not under that head"
    standing = north.show_head(assembly)
    assert in_force(standing)
    assert not sits(north, delegate)
    seat = held(north)[0]
    assert (seat.ended, seat.ended_act) == (standing.index, assembly.state.log[standing.index])
    assert void(assembly.submit("session.call", {"motions": []}, candidate(north, 0))) != ""
    assert in_force(deliver(north, "seat.fill", election_of(north))), "the reserve takes the seat"
    assert not sits(north, delegate)


def test_a_recall_of_somebody_who_was_elected_anew_ends_nothing(assembly: Body, east: Body) -> None:
    delegate = candidate(east, 0)
    recall(east, delegate.id)
    newer = new_term(east, delegate, *(candidate(east, number, "second ") for number in range(2)))
    assert in_force(deliver(east, "seat.fill", newer))
    assert sits(east, delegate.id)
    assert in_force(east.show_head(assembly))
    assert sits(east, delegate.id)


def test_a_newer_election_seats_nobody_by_itself(assembly: Body, east: Body) -> None:
    newer = new_term(east, *(candidate(east, number, "second ") for number in range(3)))
    before = held(east)
    assert in_force(east.show_head(assembly))
    assert held(east) == before, "who sits goes on until the new ones are seated"
    assert in_force(deliver(east, "seat.fill", newer))
    assert not sits(east, before[0].key)


def test_a_key_that_died_at_home_sits_no_longer(assembly: Body, north: Body) -> None:
    one, two = (candidate(north, number) for number in range(2))
    new = Person("north, a new key")
    replace_at_home(north, one, new)
    north.do("key.suspend", {"key": two.id}, two)
    assert (sits(north, one.id), sits(north, two.id)) == (True, True)
    assert in_force(north.show_head(assembly))
    assert (sits(north, one.id), sits(north, new.id), sits(north, two.id)) == (False, True, False)
    assert in_force(north.show_head(assembly, time=north.sim.now + 3600)), "and a second head changes nothing"
    assert [seat.key for seat in held(north) if seat.ended is None] == [new.id]


def test_a_body_that_left_is_gone(assembly: Body, north: Body) -> None:
    act = leave(north)
    assert in_force(north.show_head(assembly))
    gone = member(north)
    assert gone.left is not None
    assert all(seat.ended is not None for seat in gone.held)
    assert void(depart(north, act)) == "R-FED-8"


def test_what_was_shown_once_is_not_undone_by_older_certificates(assembly: Body, north: Body) -> None:
    """R-CERT-8: the certificate is of before the recall, and the assembly has seen the record after it."""
    delegate = held(north)[0].key
    result = election_of(north)
    old = north.certificate(result)
    recall(north, delegate)
    fork = north.sim.fork().bodies["north"]
    fork_assembly = fork.sim.bodies["assembly"]
    assert in_force(deliver(fork, "seat.vacate", list(fork.state.recalls.values())[-1].act))
    assert in_force(fork_assembly.submit("seat.fill", {"certificate": old}, fork.clerk)), "nothing newer was known"
    assert in_force(north.show_head(assembly))
    filled = assembly.submit("seat.fill", {"certificate": old}, north.clerk)
    assert in_force(filled), "the reserve"
    assert not sits(north, delegate)
    assert [seat.key for seat in held(north) if seat.ended is None] == [candidate(north, n).id for n in (1, 2)]


def test_a_delegate_recalled_before_being_seated_is_not_seated_by_the_old_certificate(
    assembly: Body, east: Body
) -> None:
    """R-CERT-8: the election's certificate is kept back until the delegate is recalled, and a head says so."""
    people = [candidate(east, number, "second ") for number in range(3)]
    newer = new_term(east, *people)
    old = {"certificate": east.certificate(newer)}
    recall(east, people[0].id)
    twin = east.sim.fork().bodies["east"]
    assert in_force(twin.sim.bodies["assembly"].submit("seat.fill", old, twin.clerk))
    assert sits(twin, people[0].id), "without the head"
    assert in_force(east.show_head(assembly))
    assert in_force(assembly.submit("seat.fill", old, east.clerk))
    assert (sits(east, people[0].id), sits(east, people[1].id)) == (False, True)


def test_what_a_certificate_cites_is_known_from_then_on(assembly: Body, east: Body) -> None:
    """R-CERT-8: the recall was delivered, and an older certificate of the newer election does not bring it back."""
    person = candidate(east, 0)
    newer = new_term(east, person, *(candidate(east, number, "second ") for number in range(2)))
    old = {"certificate": east.certificate(newer)}
    recall(east, person.id)
    assert in_force(deliver(east, "seat.vacate", list(east.state.recalls.values())[-1].act))
    assert in_force(assembly.submit("seat.fill", old, person))
    assert not sits(east, person.id)
    assert (member(east).head.size, member(east).head.time) == (len(east.record.entries), 0)
    assert not is_heard(assembly.state, member(east)), "a certificate is no head: what else it undoes was not looked at"


def test_a_body_that_dissolved_itself_is_gone(assembly: Body, north: Body) -> None:
    act = north.do(
        "dissolve", {}, north.clerk, cites=[north.decide(grant("dissolve"), present=40, yes=39, no=0, abstain=0)]
    )
    fork = north.sim.fork().bodies["north"]
    assert in_force(depart(fork, act)), "by its certificate"
    assert member(fork).left is not None
    assert in_force(north.show_head(assembly)), "or by a head"
    assert member(north).left is not None


def test_a_body_that_comes_back_is_not_heard_of_by_what_was_before(assembly: Body, north: Body) -> None:
    leave(north)
    assert in_force(north.show_head(assembly))
    data = join_data(north, assembly)
    north.do("federation.join", data, north.clerk, cites=[north.decide(grant("federation.join", **data))])
    assert in_force(assembly.submit("federation.admit", admit_data(north, assembly), *assembly.charter_keys[:2]))
    assert member(north).head.size > member(north).joined
    assert not is_heard(assembly.state, member(north))


def test_an_open_fork_keeps_no_member_from_leaving(assembly: Body, north: Body) -> None:
    """By its certificate as by its head: leaving needs only the leaver's own decision."""
    act = leave(north)
    assembly.state  # noqa: B018  (folded)
    shown = ShownFork(act=BLOB, index=1, log="", size=1)
    assembly.record.states[-1] = replace(assembly.record.states[-1], forks=(shown,))
    assert in_force(depart(north, act))


# --- how new it is


def test_a_head_speaks_for_head_days(seated: Simulator, assembly: Body, north: Body) -> None:
    assert not is_heard(assembly.state, member(north))
    assert in_force(north.show_head(assembly))
    assert is_heard(assembly.state, member(north))
    seated.pass_days(3)
    assert is_heard(assembly.state, member(north))
    seated.pass_days(1)
    assert not is_heard(assembly.state, member(north))
    assert in_force(north.show_head(assembly))
    assert is_heard(assembly.state, member(north))


def test_a_head_of_a_time_to_come_is_none(seated: Simulator, assembly: Body, north: Body) -> None:
    assert in_force(north.show_head(assembly, time=seated.now + 4 * DAY))
    assert not is_heard(assembly.state, member(north))
    seated.pass_days(2)
    assert is_heard(assembly.state, member(north))


def test_a_recalled_delegate_decides_nothing_once_all_were_heard(seated: Simulator, assembly: Body) -> None:
    """The clerk sits on a recall, and wants to close: not before anybody has shown the head that ends the seat."""
    north = seated.bodies["north"]
    delegate = candidate(north, 0)
    recall(north, delegate.id)
    sitting = Sitting(seated)
    assert in_force(sitting.attend().open())
    for person, choice in zip(sitting.delegates, ("yes", "yes", "yes", "no"), strict=True):
        assert in_force(sitting.vote(person, choice))
    assert void(sitting.close()) == "R-ASSEMBLY-6"
    sitting.hear("east", "south")
    assert void(sitting.close()) == "R-ASSEMBLY-6", "without north no quorum is sure"
    assert void(north.show_head(assembly, size=member(north).joined)) == "R-HEAD-2"
    sitting.hear("north")
    assert in_force(sitting.close())
    assert sitting.recorded(delegate).label == "void"
    decision = next(d for d in assembly.state.decisions.values() if d.motion == sitting.motion)
    assert (decision.yes, decision.no, decision.silent) == (2, 1, frozenset())


def test_a_vote_that_no_tick_covers_is_of_a_silent_district(seated: Simulator, assembly: Body) -> None:
    """R-ASSEMBLY-6: whoever keeps ticks away would keep old heads new."""
    sitting = Sitting(seated).hear()
    assert in_force(sitting.attend().open())
    for person in sitting.delegates:
        assert in_force(sitting.vote(person))
    close = {"motion": sitting.motion}
    assert void(assembly.submit("motion.close", close, assembly.clerk)) == "R-ASSEMBLY-6"
    seated.now += 40 * DAY
    assembly.tick()
    assert void(assembly.submit("motion.close", close, assembly.clerk)) == "R-ASSEMBLY-6", "now the heads are old"
    seated.tick()
    sitting.hear()
    assert in_force(assembly.submit("motion.close", close, assembly.clerk))


def test_who_was_seated_late_has_the_time_to_vote(seated: Simulator, assembly: Body, north: Body) -> None:
    """R-ASSEMBLY-5: who wants a vote gone shows a head that swaps its key, and closes nothing with that."""
    new = Person("north, a new key")
    replace_at_home(north, candidate(north, 0), new)
    sitting = Sitting(seated)
    assert in_force(sitting.attend().open())
    for person, choice in zip(sitting.delegates, ("no", "no", "yes", "yes"), strict=True):
        assert in_force(sitting.vote(person, choice))
    seated.pass_days(1)
    sitting.hear()
    assert void(sitting.close()) == "R-ASSEMBLY-5"
    late = seated.fork()
    late.pass_days(3)
    data = {"motion": sitting.motion}
    assert in_force(late.bodies["assembly"].submit("motion.close", data, assembly.clerk)), "and not for ever"
    assert in_force(sitting.vote(new, "no"))
    assert in_force(sitting.close())
    decision = next(d for d in assembly.state.decisions.values() if d.motion == sitting.motion)
    assert (decision.yes, decision.no, decision.carried) == (2, 2, False)


# --- what a host shows by itself (R-HEAD-4), and what it logs (R-CERT-9)


class Copies:
    """What a data folder keeps of each record: its newest safe checkpoint."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.more = ""

    def checkpoint(self, identity: str) -> bytes:
        body = next(body for body in self.sim.bodies.values() if body.identity == identity)
        return (body.checkpoint() + self.more).encode()


def due(sim: Simulator, copies: Copies | None = None) -> list[str]:
    """The names of those whose heads the assembly's host would show now."""
    found = due_heads(copies or Copies(sim), sim.federation, sim.bodies["assembly"].state, sim.now)  # type: ignore[arg-type]
    return sorted(body.name for body in sim.bodies.values() for identity, _ in found if body.identity == identity)


def test_what_others_wrote_under_a_checkpoint_is_left_away(seated: Simulator, assembly: Body) -> None:
    assert in_force(Sitting(seated).attend().open())
    copies = Copies(seated)
    copies.more = f"— junk.example {encode_base64(bytes(14_000))}\n"
    found = due_heads(copies, seated.federation, assembly.state, seated.now)  # type: ignore[arg-type]
    assert len(found) == 3
    for body, note in found:
        assert len(note) < 1000
        assert in_force(assembly.submit("head.show", {"body": body, "checkpoint": note.decode()}, assembly.clerk))
    assert due(seated) == []


def test_a_roll_call_that_nobody_closes_asks_for_no_heads_for_ever(seated: Simulator) -> None:
    assert in_force(Sitting(seated).attend().open())
    assert due(seated) == ["east", "north", "south"]
    seated.pass_days(61)
    assert due(seated) == []


def test_no_host_passes_on_a_time_that_has_not_come(seated: Simulator) -> None:
    assert in_force(Sitting(seated).attend().open())
    copies, seated.now = Copies(seated), seated.now + DAY
    found = due_heads(copies, seated.federation, seated.bodies["assembly"].state, seated.now - DAY)  # type: ignore[arg-type]
    assert found == []


def test_a_record_that_cannot_be_judged_here_makes_no_other_one_so(seated: Simulator, assembly: Body) -> None:
    """The clerk of one district logs what rests on a body that nobody has: no head of it is shown, none is taken."""
    assert in_force(Sitting(seated).attend().open())
    north = seated.bodies["north"]
    publish(north, 20_000)
    data = countersign_data(north, seated.bodies["east"])
    data["certificate"]["body"] = "ee" * 32
    north.submit("census.countersign", data, Person("nobody"), north.clerk)
    assert north.state.missing is not None
    assert due(seated) == ["east", "south"]
    shown = {"body": north.identity, "checkpoint": north.checkpoint()}
    act = parse_act(assembly.write("head.show", shown, assembly.clerk))
    with pytest.raises(Missing, match="R-CERT-9"):
        check_cited(seated.federation, act)
    with pytest.raises(Missing, match="no copy of it"):
        check_cited(seated.federation, parse_act(north.write("census.countersign", data, north.clerk)))


def test_a_host_logs_nothing_that_cites_what_nobody_has(seated: Simulator, assembly: Body, north: Body) -> None:
    """R-CERT-9: a district's log and mirrors sign a size that they show to nobody."""
    text = format_checkpoint(Checkpoint(origin=north.origin, size=2**62, root=bytes(32)))
    lines = [sign_note(text, north.origin, north.log_key)]
    lines += [
        cosign(text, mirror.name, person.key, seated.now)
        for mirror, person in zip(seated.mirrors, seated.witnesses, strict=True)
    ]
    note = format_note(Note(text=text, signatures=tuple(lines))).decode()
    for data, said in (
        ({"body": north.identity, "checkpoint": note}, "first 4611686018427387904 entries"),
        ({"certificate": north.certificate(north.identity) | {"proof": _under(north, note)}}, "entries of it"),
        ({"body": north.identity, "checkpoint": _of_another_branch(north)}, "another history"),
    ):
        with pytest.raises(Missing, match=said) as caught:
            check_cited(seated.federation, parse_act(assembly.write("head.show", data, assembly.clerk)))
        assert caught.value.rule == "R-CERT-9"
    for data in (
        {"body": north.identity, "checkpoint": north.checkpoint()},
        {"body": north.identity, "checkpoint": "junk"},
        {"body": north.identity},
        {"certificate": north.certificate(north.identity)},
        {"certificate": {"body": north.identity, "proof": "junk"}},
        {"certificate": {"body": 7, "proof": 8}},
        {},
    ):
        check_cited(seated.federation, parse_act(assembly.write("head.show", data, assembly.clerk)))


def _under(body: Body, note: str) -> str:
    proof = body.certificate(body.identity)["proof"]
    return str(proof).partition("\n\n")[0] + "\n\n" + note


def _of_another_branch(body: Body) -> str:
    twin = body.sim.fork().bodies[body.name]
    body.table()
    body.table()
    twin.call(twin.table())
    return twin.checkpoint()


def test_no_digest_is_logged_while_something_is_missing(assembly: Body) -> None:
    """R-DIGEST-3: what is in force is not known then, and a mirror that has more would never cosign again."""
    assembly.tick()
    state = assembly.state
    claim = {"size": state.size, "root": digest(state)}
    act = parse_act(assembly.write("state.digest", claim, assembly.clerk))
    assert is_digest_due(state)
    check_claim(state, act)
    lacking = replace(state, missing=3)
    assert not is_digest_due(lacking)
    with pytest.raises(Missing, match="R-DIGEST-3"):
        check_claim(lacking, act)

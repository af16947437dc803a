"""Delegates who break their mandate, stay after their recall, or cling on past their term (betrayals 6, 7 and 8)."""

from __future__ import annotations

from tests.stories.play import Play, Stage, majlis, verify_program

from majlis.demo.people import Person
from majlis.demo.world import DAY


def delegate(stage: Stage, district: int) -> Person:
    """Who sits for the district now."""
    body = stage.districts[district].identity
    seat = next(seat for sender, seat in stage.sittings.seats() if sender == body)
    return stage.federation.delegate(seat.key)


def open_sitting(stage: Stage) -> str:
    """A motion before an open sitting of the assembly; returns the motion."""
    motion = stage.assembly.table("Shall the accounts be public?", [])
    session = stage.assembly.call(motion)
    stage.world.tick()
    stage.world.pass_days(15)
    for _, seat in stage.sittings.seats():
        stage.assembly.act("session.attend", {"session": session}, stage.federation.delegate(seat.key))
    stage.assembly.act("session.open", {"session": session}, stage.assembly.one("clerk"))
    return motion


def vote(stage: Stage, motion: str, person: Person, choice: str = "yes") -> tuple[str, str]:
    standing = stage.attempt(stage.assembly, "vote.cast", {"motion": motion, "choice": choice}, person)
    return standing.status, standing.rule


def recall(stage: Stage, person: Person) -> str:
    """The first district recalls one of its delegates, without a word to the assembly; the result's act."""
    stage.sittings.breaker = person
    polling = stage.sittings.petition_recall()
    stage.world.pass_days(8)
    stage.federation.vote([polling], stage.sittings.recall_choices)
    result = polling.count(map)
    stage.world.tick()
    return result


def test_a_broken_mandate_is_shown_as_broken(play: Play) -> None:
    sittings = play.sittings
    state = play.world.host.state(sittings.assembly.identity)
    assert sittings.breaker is not None
    labels = {key: vote.label for key, vote in state.votes[sittings.motion].items()}
    assert labels[sittings.breaker.id] == "broken"
    assert sorted(labels.values()).count("broken") == 1
    page = next(play.public.glob(f"pages/**/*{sittings.decision[:12]}*"), None)
    decision = state.acts[sittings.decision]
    assert decision.status == "in-force"
    assert page is not None or any(play.public.glob("pages/**/*.html"))


def test_a_vote_after_recall_is_void_and_the_program_says_so(play: Play) -> None:
    """The demonstration's own story, as a stranger sees it."""
    code, said = verify_program(play.public, "--trust", play.trust)
    assert code == 0
    (void,) = said["void"]
    assert (void["kind"], void["rule"], void["slug"]) == ("vote.cast", "R-KEY-1", "assembly")
    done = majlis("trace", play.public, "assembly", void["index"])
    assert done.returncode == 1
    assert "void by R-KEY-1" in done.stdout


def test_the_assembly_sits_on_the_recall_and_anybody_delivers_it(stage: Stage) -> None:
    """Until somebody carries the certificate there, the assembly does not know. Then every later act is void, the votes
    that still stand open are judged again, and the reserve sits."""
    traitor = delegate(stage, 0)
    result = recall(stage, traitor)
    motion = open_sitting(stage)
    assert vote(stage, motion, traitor) == ("in-force", "")  # The certificate lies in a drawer.
    drawer = [found.text for found in stage.verify().findings if found.rule == "R-VERIFY-12"]
    assert ["sits here still" in text for text in drawer] == [True], "and every reader of both records sees that"

    passer_by = Person("passer-by", stage.world.chance)
    certificate = stage.districts[0].certify(result)
    standing = stage.attempt(stage.assembly, "seat.vacate", {"certificate": certificate}, passer_by)
    assert standing.status == "in-force"
    assert vote(stage, motion, traitor, "no") == ("void", "R-KEY-1")
    session = stage.attempt(stage.assembly, "motion.table", {"text": "ab" * 32, "grants": []}, traitor)
    assert (session.status, session.rule) == ("void", "R-KEY-1")

    for _, seat in stage.sittings.seats():
        vote(stage, motion, stage.federation.delegate(seat.key))
    stage.world.tick()
    stage.world.pass_days(2)
    stage.federation.show_heads()
    closed = stage.assembly.act("motion.close", {"motion": motion}, stage.assembly.one("clerk"))
    state = stage.state(stage.assembly)
    assert state.votes[motion][traitor.id].label == "void"
    assert state.decisions[closed].yes == len(stage.sittings.seats())
    verdict = stage.verify()
    assert verdict.ok
    assert not any(found.rule == "R-VERIFY-12" for found in verdict.findings)


def test_a_recall_is_not_undone_by_delivering_the_old_election_again(stage: Stage) -> None:
    traitor = delegate(stage, 0)
    result = recall(stage, traitor)
    body, courier = stage.districts[0], stage.world.courier
    stage.assembly.act("seat.vacate", {"certificate": body.certify(result)}, courier)
    election = stage.federation.elections[body.slug].election.result
    assert election is not None
    stage.attempt(stage.assembly, "seat.fill", {"certificate": body.certify(election.act)}, courier)
    assert traitor.id not in {seat.key for _, seat in stage.sittings.seats()}
    again = stage.attempt(stage.assembly, "seat.vacate", {"certificate": body.certify(result)}, courier)
    assert (again.status, again.rule) == ("void", "R-SEAT-4")


def test_a_recall_of_another_district_removes_nobody(stage: Stage) -> None:
    """A certificate that is real, and speaks of somebody else's delegate."""
    result = recall(stage, delegate(stage, 0))
    before = stage.sittings.seats()
    certificate = stage.districts[1].certify(stage.districts[1].decisions[0])
    standing = stage.attempt(stage.assembly, "seat.vacate", {"certificate": certificate}, stage.world.courier)
    assert (standing.status, standing.rule) == ("void", "R-CERT-6")
    first = stage.federation.elections[stage.districts[1].slug].election.result
    assert first is not None
    elected = stage.districts[1].certify(first.act)
    standing = stage.attempt(stage.assembly, "seat.vacate", {"certificate": elected}, stage.world.courier)
    assert (standing.status, standing.rule) == ("void", "R-SEAT-4")
    assert stage.sittings.seats() == before
    assert stage.state(stage.districts[0]).acts[result].status == "in-force"


def test_a_term_ends_by_itself(stage: Stage) -> None:
    """Nobody does anything: the first tick past the term ends the delegates' seats and the officers' offices."""
    motion = open_sitting(stage)
    person = delegate(stage, 1)
    clerk = stage.assembly.one("clerk")
    stage.world.clock.advance(366 * DAY)
    assert vote(stage, motion, person) == ("in-force", "")  # No tick has shown it yet.
    stage.world.tick()
    assert vote(stage, motion, delegate(stage, 2)) == ("void", "R-KEY-1")
    closing = stage.attempt(stage.assembly, "motion.close", {"motion": motion}, clerk)
    assert (closing.status, closing.rule) == ("void", "R-KEY-1")
    election = stage.federation.elections[stage.districts[1].slug].election.result
    assert election is not None
    late = stage.districts[1].certify(election.act)
    filled = stage.attempt(stage.assembly, "seat.fill", {"certificate": late}, stage.world.courier)
    assert (filled.status, filled.rule) == ("void", "R-SEAT-5")
    assert stage.verify().ok


def test_no_officer_stretches_a_term_by_holding_back_ticks(stage: Stage) -> None:
    """Anybody may log a tick, a member of another body included."""
    stage.world.clock.advance(366 * DAY)
    passer_by = Person("passer-by", stage.world.chance)
    stage.host.tick(stage.assembly.identity, stage.setting.witnesses, passer_by.key)
    treasurers = stage.assembly.all("treasurer")
    gift = {"amount": 5, "unit": "SYP", "conditions": "ab" * 32}
    standing = stage.attempt(stage.assembly, "gift.receive", gift, *treasurers)
    assert (standing.status, standing.rule) == ("void", "R-KEY-1")

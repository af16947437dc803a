"""Nobody above, and nobody from outside, can write in a committee's record (betrayal 3)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.stories.play import Stage, failures

from majlis.crypto import SigningKey
from majlis.errors import Forged, Malformed, Refused
from majlis.host.author import write_act
from majlis.institutions import Charter, charter_hash


def write_in(stage: Stage, kind: str, data: Any, *keys: SigningKey) -> tuple[str, str]:
    """What becomes of an act in the record of the second district."""
    body = stage.districts[1]
    before = stage.state(body)
    standing = stage.host.write(body.identity, kind, data, *keys).standing
    assert standing is not None
    after = stage.state(body)
    assert (after.offices, after.charter, after.memberships, after.dissolved, after.founding) == (
        before.offices,
        before.charter,
        before.memberships,
        before.dissolved,
        before.founding,
    )
    return standing.status, standing.rule


@pytest.mark.parametrize("who", ["the assembly's charter keys", "a stranger"])
@pytest.mark.parametrize(
    "attempt", ["dissolve", "charter.amend", "office.appoint", "office.remove", "federation.leave", "founding.confirm"]
)
def test_outsiders_write_and_nothing_follows(hall: Stage, who: str, attempt: str) -> None:
    body, charter = hall.districts[1], Charter(term_days=700)
    clerk = body.one("clerk").id
    data = {
        "dissolve": {},
        "charter.amend": {"charter": charter, "charter_hash": charter_hash(charter)},
        "office.appoint": {"office": "clerk", "key": clerk, "of": hall.assembly.identity, "term_days": 30},
        "office.remove": {"office": "clerk", "key": clerk},
        "federation.leave": {"assembly": hall.assembly.identity},
        "founding.confirm": {},
    }[attempt]
    strangers = [SigningKey(hall.world.chance(32)) for _ in range(2)]
    keys = strangers if who == "a stranger" else [person.key for person in hall.assembly.charter_keys]
    status, rule = write_in(hall, attempt, data, *keys)
    assert status == "void"
    assert rule in ("R-WARRANT-1", "R-FOUND-7")


def test_nobody_renames_a_body(hall: Stage) -> None:
    """There is no such act; a body is founded once, and its identity is the hash of that."""
    data = {"names": {"en": "Loyal Committee"}}
    assert write_in(hall, "rename", data, *[p.key for p in hall.assembly.charter_keys]) == ("void", "R-ACT-8")
    first = hall.host.hosted(hall.districts[1].identity).record.entries(0, 1)[0]
    with pytest.raises(Refused, match="R-ACT-6"):
        hall.host.submit(hall.assembly.identity, first)


def test_the_assembly_cannot_let_its_own_officers_act_in_a_district(hall: Stage) -> None:
    data = {"inhabitants": 1, "places": ["mill"], "source": "ab" * 32}
    assert write_in(hall, "census.publish", data, hall.assembly.one("clerk").key) == ("void", "R-KEY-1")
    data = {"root": "ab" * 32, "leaves": 5000}
    assert write_in(hall, "roll.commit", data, hall.assembly.one("registrar").key) == ("void", "R-KEY-1")


def test_an_act_for_another_body_is_refused_and_a_host_that_logs_it_gains_nothing(stage: Stage) -> None:
    """The clerk's act in one body is carried into the record of another by a faithless host."""
    one, other = stage.districts[1], stage.districts[2]
    key = one.one("clerk").key
    entry = write_act(
        "motion.table", {"text": "ab" * 32, "grants": []}, key, chance=stage.world.chance, body=one.identity
    )
    with pytest.raises(Refused, match="R-ACT-6"):
        stage.host.submit(other.identity, entry)
    hosted = stage.host.hosted(other.identity)
    hosted.record.append([entry])
    hosted.folded.append(entry)
    stage.host.fold()
    assert hosted.folded.findings[-1].rule == "R-ACT-6"
    verdict = stage.verify()
    assert verdict.ok
    assert [void.rule for void in verdict.void if void.body == other.identity] == ["R-ACT-6"]


@pytest.mark.parametrize(
    "entry",
    [
        b"",
        b"\n",
        b"hello",
        b"\xff\xfe" * 40,
        b"majlis/1 " + b"0" * 64 + b"\n{}\n\n",
        b"a" * 20_000,
        b"x" * 70_000,
        b"majlis/1 " + b"0" * 64 + b"\n" + b"[" * 6000 + b"\n\n\xe2\x80\x94 x AAAA\n",
    ],
)
def test_what_is_no_act_is_refused_and_changes_nothing(hall: Stage, entry: bytes) -> None:
    body = hall.districts[1]
    size = hall.state(body).size
    with pytest.raises((Malformed, Forged)):
        hall.host.submit(body.identity, entry)
    assert hall.state(body).size == size == hall.host.hosted(body.identity).record.size


def test_rubbish_that_a_host_logs_is_void_and_breaks_nothing(stage: Stage) -> None:
    """A faithless host fills the record of its body with what is no act: the record shows it, and goes on."""
    body = stage.districts[1]
    hosted = stage.host.hosted(body.identity)
    rubbish = [b"", b"hello", bytes(range(256)), b"majlis/1 \n\n\n", b"x" * 65_535]
    first = hosted.record.append(rubbish)
    for entry in rubbish:
        hosted.folded.append(entry)
    stage.host.fold()
    stage.reopen()
    body.table("Life goes on. الحياة مستمرة", [])
    verdict = stage.verify()
    assert verdict.ok
    assert not failures(verdict)
    void = [(void.index, void.rule) for void in verdict.void if void.body == body.identity]
    assert [index for index, _ in void] == list(range(first, first + len(rubbish)))
    assert {rule for _, rule in void} <= {"R-ACT-1", "R-ACT-2", "R-ACT-3"}


def test_the_same_act_twice_has_one_place(hall: Stage) -> None:
    body = hall.districts[1]
    entry = write_act(
        "motion.table",
        {"text": "ab" * 32, "grants": []},
        body.one("clerk").key,
        chance=hall.world.chance,
        body=body.identity,
        seen=hall.host.head(body.identity),
    )
    one, other = hall.host.submit(body.identity, entry), hall.host.submit(body.identity, entry)
    assert (one.act, one.index) == (other.act, other.index)
    assert hall.state(body).size == one.index + 1

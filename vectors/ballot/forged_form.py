"""Boxes that break a check of their form or their beginning: tar, events, election, trustees, credentials."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from material import (
    MEMBERS,
    SOUND,
    TIMESTAMP,
    VOTES,
    Case,
    Counter,
    acts,
    assemble,
    broken,
    bumped,
    election_text,
    header_edit,
    outside,
    sha,
    written,
)

from majlis.ballot import format_credentials, parse_election, seal
from majlis.ballot.tar import format_record
from majlis.crypto import BELENIOS_2048, ED25519, challenge


def tar_cases() -> Iterator[Case]:
    """The outer form; every other record stays as it was."""
    archive = assemble(SOUND.events())
    process = acts(SOUND, archive)

    def case(check: str, name: str, why: str, forged: bytes) -> Case:
        return Case(name, check, "invalid", why, forged, process)

    yield case("R-BOX-1", "header owner", "uid 1, checksum right", header_edit(archive, 3, 108, b"0000001\0"))
    first_payload_end = 512 + int(archive[124:135], 8)
    yield case(
        "R-BOX-2",
        "padding",
        "one byte after the first payload",
        archive[:first_payload_end] + b"\1" + archive[first_payload_end + 1 :],
    )
    yield case("R-BOX-3", "trailing zeros", "the two zero blocks of an ordinary tar", archive + bytes(1024))
    yield case("R-BOX-3", "cut payload", "the last block is not there", archive[:-512])
    yield case("R-BOX-3", "cut header", "half a header at the end", archive + archive[:256])
    yield case(
        "R-BOX-4",
        "timestamp",
        "one record later than the others",
        header_edit(archive, 6, 136, b"%011o\0" % (TIMESTAMP + 60)),
    )
    ballot = archive.index(SOUND.ballots[0])
    yield case(
        "R-BOX-5",
        "altered payload",
        "one digit of a ballot under its old name",
        archive[: ballot + 200] + b"x" + archive[ballot + 201 :],
    )
    yield case(
        "R-BOX-5",
        "ballot under another name",
        "its event names it rightly, and its record has the name of nothing",
        header_edit(archive, 6, 0, b"0" * 64),
    )
    yield case(
        "R-BOX-5",
        "event under another name",
        "the record of a ballot's event, with the name of nothing",
        header_edit(archive, 7, 0, b"0" * 64),
    )
    yield case(
        "R-BOX-10",
        "record cut from its event",
        "payload of an event that is not there",
        assemble(SOUND.events()[:2]) + format_record(f"{sha(b'{}')}.data.json", b"{}", TIMESTAMP),
    )


def event_cases() -> Iterator[Case]:
    """The chain of events, rewritten consistently from the change on."""
    events = SOUND.events()

    def edited(at: int, **changes: Any) -> bytes:
        return assemble(
            events, {at: lambda event: written({k: v for k, v in (event | changes).items() if v is not None})}
        )

    def case(check: str, name: str, why: str, archive: bytes, verdict: str = "invalid") -> Case:
        return Case(name, check, verdict, why, archive, acts(SOUND, archive))

    spaced = assemble(events, {1: lambda event: json.dumps(event).encode()})
    yield case("R-BOX-6", "event with blanks", "the same event in another text", spaced, "non-canonical")
    followed = assemble(events, {1: lambda event: written(event) + b"x"})
    yield case("R-BOX-6", "text after an event", "what follows a ballot's event is in its hash", followed)
    ended = assemble(events, {1: lambda event: written(event) + b"\n"})
    yield case("R-BOX-6", "line end after an event", "the same event in another text", ended, "non-canonical")
    yield case("R-BOX-7", "event without parent", "the chain is broken at event 2", edited(2, parent=None))
    yield case("R-BOX-8", "height repeated", "event 2 says it is number 1", edited(2, height=1))
    yield case("R-BOX-9", "payload of EndBallots", "it has none", edited(3, payload=sha(SOUND.ballots[1])))
    yield case(
        "R-BOX-10",
        "record of no event",
        "a second payload before a ballot",
        assemble([*events[:1], ("Ballot", [b"{}", *events[1][1]]), *events[2:]]),
    )
    yield case(
        "R-BOX-11",
        "ballot after the end",
        "EndBallots and the last ballot exchanged",
        assemble([*events[:2], events[3], events[2], *events[4:]]),
    )
    data = json.loads(SOUND.tally_data) | {"encrypted_tally": sha(b"another")}
    yield broken(
        "other tally named", "R-BOX-12", "the tally data name another tally", replace(SOUND, tally_data=written(data))
    )


def election_cases() -> Iterator[Case]:
    """election.json; the reading stops there."""
    text = SOUND.election
    loaded = json.loads(text)

    def case(check: str, name: str, why: str, election: bytes, verdict: str = "invalid") -> Case:
        return broken(name, check, why, replace(SOUND, election=election), verdict)

    yield case(
        "R-BOX-13",
        "election with a blank",
        "the same election in another text",
        text.replace(b",", b", ", 1),
        "non-canonical",
    )
    yield case("R-BOX-13", "election of version 2", "another version", written(loaded | {"version": 2}))
    yield case("R-BOX-14", "unknown group", "Ed448", written(loaded | {"group": "Ed448"}))
    yield case(
        "R-BOX-14",
        "election key outside the group",
        "plus the point of order two",
        written(loaded | {"public_key": outside(loaded["public_key"])}),
    )
    yield case("R-BOX-15", "short identifier", "13 characters", written(loaded | {"uuid": "MajVectorBox1"}))
    question = loaded["questions"][0] | {"min": 2, "max": 1}
    yield case("R-BOX-16", "no possible answer", "min above max", written(loaded | {"questions": [question]}))
    yield broken(
        "another election announced", "R-BOX-18", "the act names another text", SOUND, election_hash=sha(b"another")
    )
    yield finite_field_case()


def finite_field_case() -> Case:
    """A box just opened in a finite-field group, with acts: not for elections of ours."""
    group = BELENIOS_2048
    key = group.raise_generator(5)
    text = group.format(key)
    c = challenge(f"pok|{group.name}|{text}|", [group.format(group.raise_generator(7))], group.order)
    proof = {"challenge": str(c), "response": str((7 - 5 * c) % group.order)}
    parts = replace(
        SOUND,
        election=election_text(group=group, public_key=key),
        trustees=written([["Single", {"pok": proof, "public_key": text}]]),
        credentials=format_credentials([group.raise_generator(9)], group=group),
        ballots=(),
        stop="Setup",
    )
    return broken("finite field", "R-BOX-19", "BELENIOS-2048 in an election of ours", parts)


def trustee_cases() -> Iterator[Case]:
    """The trustees; the box is still open, so that nothing follows from their keys."""
    entries = json.loads(SOUND.trustees)
    opened = replace(SOUND, stop="Ballot")

    def case(check: str, name: str, why: str, trustees: bytes, verdict: str = "invalid") -> Case:
        return broken(name, check, why, replace(opened, trustees=trustees), verdict)

    def with_first(**changes: Any) -> bytes:
        return written([["Single", entries[0][1] | changes], entries[1]])

    yield case(
        "R-BOX-20",
        "trustees with a blank",
        "the same trustees in another text",
        SOUND.trustees.replace(b",", b", ", 1),
        "non-canonical",
    )
    yield case("R-BOX-20", "no trustees", "anyone could open the box", b"[]")
    yield case(
        "R-BOX-21",
        "trustee key outside the group",
        "plus the point of order two",
        with_first(public_key=outside(entries[0][1]["public_key"])),
    )
    proof = entries[0][1]["pok"]
    yield case(
        "R-BOX-22",
        "trustee without knowledge",
        "the proof's response is altered",
        with_first(pok=proof | {"response": bumped(proof["response"])}),
    )
    alone = ED25519.multiply(parse_election(SOUND.election).public_key, ED25519.generator)
    election = election_text(public_key=alone)
    chance = Counter("R-BOX-28")
    ballots = tuple(
        seal(parse_election(election), member, [vote], chance) for member, vote in zip(MEMBERS, VOTES, strict=True)
    )
    yield broken(
        "key of nobody",
        "R-BOX-28",
        "the election's key is not the trustees' product",
        replace(opened, election=election, ballots=ballots),
    )
    keys = {"1": entries[0][1]["public_key"], "2": entries[0][1]["public_key"]}
    yield broken(
        "another trustee key signed for",
        "R-BOX-29",
        "the act of trustee 2 names another key",
        opened,
        trustee_keys=keys,
    )


def credential_cases() -> Iterator[Case]:
    """Who may vote; the box is still empty."""
    first, second = json.loads(SOUND.credentials)
    empty = replace(SOUND, ballots=(), stop="Setup")

    def case(check: str, name: str, why: str, credentials: list[str], verdict: str = "invalid") -> Case:
        return broken(name, check, why, replace(empty, credentials=written(credentials)), verdict)

    yield case(
        "R-BOX-31", "credential in capitals", "the same point in another text", [first.upper(), second], "non-canonical"
    )
    yield case("R-BOX-31", "credential cut short", "63 digits", [first[:-1], second])
    yield case("R-BOX-32", "credentials out of order", "exchanged", [second, first], "non-canonical")
    yield case("R-BOX-33", "credential twice", "one voter, two lines", [first, first, second])
    both = sorted((first, outside(second)), key=lambda text: bytes.fromhex(text)[::-1])
    yield case("R-BOX-33", "credential outside the group", "plus the point of order two", both)
    yield case("R-BOX-34", "weight for one alone", "all or none", [f"{first},1", second])
    roll = {"hash": sha(SOUND.credentials), "voters": 3, "weight": 3}
    yield broken("another roll signed for", "R-BOX-35", "the registrar's act counts three voters", empty, roll=roll)

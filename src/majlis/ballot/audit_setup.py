"""What a box begins with, audited: the election, its trustees, and the list of who may vote.

Source: ``spec/ballot.md`` section 18, points 3 to 5. Rules R-BOX-13 to R-BOX-35.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from majlis.ballot.checks import rules_between
from majlis.ballot.credentials import Credentials, parse_credentials
from majlis.ballot.election import Election, parse_election
from majlis.ballot.engine import NativeEngine
from majlis.ballot.event import Entry
from majlis.ballot.process import Process
from majlis.ballot.report import Checklist
from majlis.ballot.trustees import Trustees, check_trustees, parse_trustees
from majlis.crypto import ED25519
from majlis.errors import Fault, Forged, Refused

__all__ = ["Setup", "audit_setup"]

_THRESHOLD_RULES = rules_between(23, 27)


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """What could be read of a box's beginning; without its list or trustees fewer checks are run."""

    election: Election
    trustees: Trustees | None
    credentials: Credentials | None


def audit_setup(
    checklist: Checklist, process: Process | None, entry: Entry, engine: NativeEngine | None = None
) -> Setup | None:
    """The beginning of the box; None when not even the election reads. ``engine`` then knows the election."""
    raw_election, raw_trustees, raw_credentials = (record.payload for record in entry.records[:3])
    election = checklist.run(rules_between(13, 16), lambda: parse_election(raw_election), height=entry.height)
    if election is None:
        return None
    _compare_election(checklist, process, election)
    trustees = _audit_trustees(checklist, process, election, raw_trustees)
    if engine is not None:
        engine.begin(election, raw_credentials)
    are_members = None if engine is None else engine.are_members
    credentials = checklist.run(
        rules_between(31, 34),
        lambda: parse_credentials(election.group, raw_credentials, are_members=are_members),
        height=entry.height,
    )
    _audit_weights(checklist, election, credentials)
    _compare_roll(checklist, process, credentials)
    return Setup(election=election, trustees=trustees, credentials=credentials)


def _compare_election(checklist: Checklist, process: Process | None, election: Election) -> None:
    if process is None:
        checklist.absent(["R-BOX-19"], "asked only of elections of our own process")
    elif election.group is ED25519:
        checklist.ok(["R-BOX-19"])
    else:
        checklist.fail(
            Refused(f"elections are held in Ed25519 only, not in {election.group.name}", rule="R-BOX-19"), height=0
        )
    if process is None or process.election_hash is None:
        checklist.lack("R-BOX-18", "the act that announces the election")
    elif process.election_hash == election.hash:
        checklist.ok(["R-BOX-18"])
    else:
        checklist.fail(Forged("this is not the election that was announced", rule="R-BOX-18"), height=0)


def _audit_trustees(checklist: Checklist, process: Process | None, election: Election, raw: bytes) -> Trustees | None:
    try:
        trustees = parse_trustees(election.group, raw)
    except Fault as fault:
        checklist.fail(fault, height=0)
        checklist.skip(rules_between(20, 30), "the trustees could not be read")
        return None
    checklist.ok(rules_between(20, 21))
    checklist.run(rules_between(22, 27), lambda: check_trustees(trustees), height=0)
    pedersen = [entry.pedersen for entry in trustees.entries if entry.pedersen is not None]
    if not pedersen:
        checklist.absent(_THRESHOLD_RULES, "there are no threshold trustees")
    elif any(member.key_signature is None for each in pedersen for member in each.members):
        if process is None:
            checklist.lack("R-BOX-27", "the signatures of threshold members under their keys")
        else:
            checklist.fail(Refused("a threshold member's key carries no signature", rule="R-BOX-27"), height=0)
    if trustees.key == election.public_key:
        checklist.ok(["R-BOX-28"])
    else:
        checklist.fail(Forged("the election's key is not the one that these trustees hold", rule="R-BOX-28"), height=0)
    _compare_keys(checklist, process, trustees)
    return trustees


def _compare_keys(checklist: Checklist, process: Process | None, trustees: Trustees) -> None:
    acts = None if process is None else process.trustee_keys
    found = {owner.number: owner.commitment for owner in trustees.owners}
    compare_acts(checklist, "R-BOX-29", acts, found, "the key act", "the key is not the one in the signed act")
    polynomials = {
        entry.owners[0] - 1 + member.index: member.coefexps_commitment
        for entry in trustees.entries
        if entry.pedersen is not None
        for member in entry.pedersen.members
    }
    if not polynomials:
        checklist.absent(["R-BOX-30"], "there are no threshold trustees")
        return
    commitments = None if process is None else process.polynomial_commitments
    compare_acts(
        checklist,
        "R-BOX-30",
        commitments,
        polynomials,
        "the commitment to a polynomial",
        "the polynomial is not the one committed to",
    )


def compare_acts(
    checklist: Checklist, rule: str, acts: Mapping[int, str] | None, found: Mapping[int, str], act: str, wrong: str
) -> None:
    """For each trustee what the box holds is what their act names; an absent act is lacking, another one a failure."""
    checklist.ok([rule])
    if acts is None:
        checklist.lack(rule, f"{act} of every trustee")
        return
    for number, value in found.items():
        if number not in acts:
            checklist.lack(rule, f"{act} of trustee {number}")
        elif acts[number] != value:
            checklist.fail(Forged(wrong, where=f"trustee {number}", rule=rule))


def _audit_weights(checklist: Checklist, election: Election, credentials: Credentials | None) -> None:
    if not election.is_ranked:
        checklist.absent(["R-BOX-17"], "no question is ranked")
    elif credentials is None:
        checklist.skip(["R-BOX-17"], "the credential list could not be read")
    elif any(weight != 1 for weight in credentials.weights.values()):
        checklist.fail(Refused("a question is ranked, so every voter must weigh 1", rule="R-BOX-17"), height=0)
    else:
        checklist.ok(["R-BOX-17"])


def _compare_roll(checklist: Checklist, process: Process | None, credentials: Credentials | None) -> None:
    act = None if process is None else process.roll
    if act is None:
        checklist.lack("R-BOX-35", "the registrar's act on the list of voters")
    elif credentials is None:
        checklist.skip(["R-BOX-35"], "the credential list could not be read")
    elif act.voters == act.weight and any(weight != 1 for weight in credentials.weights.values()):
        checklist.fail(
            Forged("the registrar's act gives every voter one vote; this list gives some more", rule="R-BOX-35")
        )
    elif (act.hash, act.voters, act.weight) == (
        credentials.hash,
        len(credentials.weights),
        credentials.total_weight,
    ):
        checklist.ok(["R-BOX-35"])
    else:
        checklist.fail(
            Forged(
                f"the registrar's act names another list: {act.voters} voters of weight {act.weight}, here are "
                f"{len(credentials.weights)} of {credentials.total_weight}",
                rule="R-BOX-35",
            ),
            height=0,
        )

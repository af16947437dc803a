"""``majlis trustee``: what a trustee of a secret ballot does alone, on their own machine, after looking themselves."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import msgspec

from majlis.cli.desk import PERSON, Desk, add_command, ref
from majlis.cli.signing import add_signing, at_hand, write
from majlis.errors import Forged, Malformed, Missing, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from majlis.ballot import Tally
    from majlis.host.box import Box
    from majlis.host.ceremony import Opening
    from majlis.host.federation import Federation
    from majlis.host.keyring import KeyEntry
    from majlis.host.node import Known
    from majlis.institutions.state import Election

TRUSTEE = "trustee"


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``trustee`` with its own commands."""
    parser = commands.add_parser("trustee", help="a trustee's part in a secret ballot")
    own = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, run, text, more in (
        (
            "key",
            run_key,
            "make a key for one election alone, and the act that publishes its public half",
            "Without every trustee's part nobody can open the box, so lose neither keyring nor passphrase.",
        ),
        (
            "commit",
            run_commit,
            "commit to one's part of the opening, once the box is closed and the objection window is over",
            "The box is verified here first: every ballot, the tally, and that it is the one the acts speak of.",
        ),
        (
            "decrypt",
            run_decrypt,
            "show what one has committed to, once every trustee has committed",
            "It opens the total and no single ballot, as long as not all trustees together want to open one.",
        ),
        ("lot", run_lot, "give one's share of the public lot, where candidates are tied", ""),
    ):
        command = add_command(
            own,
            name,
            run,
            help_=text,
            example=f"majlis trustee {name} hilltop 16 --as theo --out stick/theo.act",
            more=more,
        )
        command.add_argument("body", metavar="BODY", help="who votes")
        command.add_argument("election", metavar="ELECTION", help="the announcement: position or id of its act")
        add_signing(command, author="the trustee")


class _Part:
    """One trustee's place in one election, by the copy that is here."""

    def __init__(self, desk: Desk) -> None:
        """Raises: Missing, for no such election; Refused, for somebody who is no trustee of it."""
        self.desk = desk
        self.body: Known
        self.federation: Federation
        self.body, self.federation, state = at_hand(desk)
        self.act = ref(state, desk.args.election)
        if self.act not in state.elections:
            raise Missing(f"act {desk.args.election} announces no secret ballot in the copy that is here")
        self.election: Election = state.elections[self.act]
        self.keyring = desk.keyring(desk.args.person)
        own = {entry.public for entry in self.keyring.entries() if entry.kind == PERSON}
        places = [n for n, trustee in enumerate(self.election.trustees, start=1) if trustee.key in own]
        if not places:
            raise Refused(f"{desk.args.person!r} is no trustee of this ballot; its announcement says who is")
        self.owner = places[0]
        self.name = f"election {self.election.uuid}"

    @property
    def entry(self) -> KeyEntry:
        """The secret made for this election. Raises: Missing, Forged."""
        entry = self.keyring.get(self.name)
        published = self.election.trustees[self.owner - 1].public_key
        if published and published != entry.public:
            raise Forged("the key published in your name is not the one in your keyring; tell clerk and members")
        return entry

    def write(self, kind: str, data: dict[str, object], blobs: dict[str, bytes] | None = None) -> int:
        """An act about this election by its trustee."""
        return write(self.desk, self.body, self.federation, kind, data, blobs=blobs)


def run_key(args: argparse.Namespace) -> int:
    """The key is in the keyring, and its public half in an act. Made before, it is the same."""
    from majlis.ballot import TrusteeKey, key_prefix, make_trustee_key
    from majlis.crypto import ED25519, prove_knowledge
    from majlis.host.ceremony import trustee_key_data
    from majlis.host.chance import chance
    from majlis.host.keyring import KeyEntry, Secret

    part = _Part(Desk(args))
    if part.name not in part.keyring.names():
        secret, key = make_trustee_key(chance)
        public = ED25519.format(key.public_key)
        drawn = Secret(secret.export())
        part.keyring.add(
            KeyEntry(name=part.name, kind=TRUSTEE, public=public, secret=drawn, body=part.body.identity), chance=chance
        )
    entry = part.entry
    if part.election.trustees[part.owner - 1].public_key:
        return part.desk.done("your key for this ballot is published already", key=entry.public)
    point = ED25519.check(ED25519.parse(entry.public))
    proof = prove_knowledge(entry.scalar(), key_prefix(ED25519, point), chance)
    return part.write("trustee.key", trustee_key_data(part.act, TrusteeKey(public_key=point, proof=proof)))


def _closed_box(part: _Part) -> tuple[Box, Tally]:
    """The box as the trustee holds it, verified, with its tally computed here.

    Raises: Missing, while it is not closed or not here; Forged or Refused, when it is not what the acts say.
    """
    from majlis.ballot import verify_archive
    from majlis.host.box import Box
    from majlis.host.ceremony import contents_of

    election = part.election
    if election.closed is None:
        raise Missing("the box is not closed, in the copy that is here; take a newer one with 'majlis node take'")
    path = part.desk.node.boxes.path(election.uuid)
    contents = contents_of(path)
    if not contents.is_closed:
        raise Missing("the box here is not the closed one; take a newer copy with 'majlis node take'")
    report = verify_archive(path.read_bytes())
    if report.failures:
        first = report.failures[0]
        raise Forged(f"the box does not hold: {first.text}. Decrypt nothing, and call a hearing", where=first.where)
    box = Box.open(path)
    _check_heads(box, election, len(contents.ballots))
    tally = box.tally()
    if contents.tally and contents.tally != tally.raw:
        raise Forged("the tally in the box is not the sum of its ballots; decrypt nothing, and call a hearing")
    part.desk.say(f"the box holds {box.count} ballots, {tally.ballots} of which count; every proof was checked")
    return box, tally


def _check_heads(box: Box, election: Election, ballots: int) -> None:
    """The archive goes through the head that the close logged, and holds the paper and list of the acts."""
    from majlis.ballot import read_entries, read_records

    height, head = election.heads[-1]
    heads = {entry.height: entry.hash for entry in read_entries(read_records(box.path.read_bytes()))}
    is_same = (
        heads.get(height) == head
        and ballots == election.ballots
        and box.election.fingerprint == election.fingerprint
        and box.credentials.hash == election.credentials
    )
    if not is_same:
        raise Forged("this box is not the one that the acts speak of; decrypt nothing, and ask for the right one")


def _opening(part: _Part, make: Callable[[], Opening] | None) -> Opening:
    """The trustee's part, made once and kept, so that what is shown is what was committed to.

    ``make`` None: it must be there. Raises: Missing.
    """
    from majlis.host.ceremony import Opening
    from majlis.host.disk import write_file

    path = part.desk.node.folder / "shares" / f"{part.election.uuid}-{part.owner}.json"
    if path.is_file():
        try:
            kept = msgspec.json.decode(path.read_bytes(), type=dict[str, bytes])
            return Opening(share=kept["share"], sidecar=kept["sidecar"])
        except (msgspec.MsgspecError, KeyError):
            raise Malformed("what you committed to is damaged; take your other copy of it", where=str(path)) from None
    if make is None:
        raise Missing("you have committed to nothing here: majlis trustee commit comes first", where=str(path))
    opening = make()
    kept = {"share": opening.share, "sidecar": opening.sidecar}
    write_file(path, msgspec.json.encode(kept), mode=0o600)
    return opening


def run_commit(args: argparse.Namespace) -> int:
    """The trustee's part is made and kept, and its hash committed to."""
    from majlis.host.ceremony import decrypt
    from majlis.host.chance import chance

    part = _Part(Desk(args))
    box, tally = _closed_box(part)
    opening = _opening(part, lambda: decrypt(box, tally, part.owner, part.entry.scalar(), chance))
    data = opening.commit_data(part.act)
    before = part.election.trustees[part.owner - 1].commitment
    if before == data["commitment"]:
        return part.desk.done("you have committed to this already", commitment=before)
    return part.write("decryption.commit", data)


def run_decrypt(args: argparse.Namespace) -> int:
    """What was committed to is shown: the share, for the box, and its sidecar."""
    part = _Part(Desk(args))
    trustees = part.election.trustees
    waiting = sum(not trustee.commitment for trustee in trustees)
    if waiting:
        raise Missing(f"{waiting} of {len(trustees)} trustees have not committed yet, in the copy that is here; wait")
    opening = _opening(part, None)
    data = opening.reveal_data(part.act)
    own = trustees[part.owner - 1]
    if own.commitment != data["payload"]:
        raise Forged("the commitment logged in your name is not yours; show nothing, and tell clerk and members")
    if own.payload == data["payload"]:
        return part.desk.done("you have shown your part already", payload=own.payload)
    return part.write("decryption.reveal", data, {data["payload"]: opening.share, data["sidecar"]: opening.sidecar})


def run_lot(args: argparse.Namespace) -> int:
    """The one possible share of the lot is in an act."""
    from majlis.host.ceremony import lot_data
    from majlis.host.chance import chance

    part = _Part(Desk(args))
    if part.election.closed is None:
        raise Missing("a lot is drawn once the box is closed; in the copy that is here it is not")
    return part.write("lot.share", lot_data(part.act, part.election, part.entry.scalar(), chance))

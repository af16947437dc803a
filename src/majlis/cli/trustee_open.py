"""``majlis trustee shuffle``, ``commit``, ``decrypt``, ``lot``: a trustee's part once the box is closed."""

from __future__ import annotations

import argparse
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from majlis.cli.desk import Desk
from majlis.cli.trustee_part import Part
from majlis.errors import Forged, Malformed, Missing, Refused

if TYPE_CHECKING:
    from pathlib import Path

    from majlis.ballot import Tally
    from majlis.host.box import Box
    from majlis.host.ceremony import Contents, Opening


def _closed_box(part: Part) -> tuple[Box, Tally, Contents]:
    """The box as the trustee holds it, verified against the acts, with its tally computed here.

    Raises: Missing, while it is not closed or not here; Forged or Refused, when it is not what the acts say.
    """
    from majlis.ballot import verify_archive
    from majlis.host.box import Box
    from majlis.host.ceremony import contents_of
    from majlis.institutions.elections import claim, process

    election = part.election
    if election.closed is None:
        raise Missing("the box is not closed, in the copy that is here; take a newer one with 'majlis node take'")
    path = part.desk.node.boxes.path(election.uuid)
    contents = contents_of(path)
    if not contents.is_closed:
        raise Missing("the box here is not the closed one; take a newer copy with 'majlis node take'")
    state = part.federation.records[part.body.identity].state
    report = verify_archive(path.read_bytes(), process(claim(state, election, ""), {}))
    if report.failures:
        first = report.failures[0]
        raise Forged(f"the box does not hold: {first.text}. Decrypt nothing, and call a hearing", where=first.where)
    box = Box.open(path)
    _check_heads(box, part, len(contents.ballots))
    tally = box.tally()
    if contents.tally and contents.tally != tally.raw:
        raise Forged("the tally in the box is not the sum of its ballots; decrypt nothing, and call a hearing")
    part.desk.say(f"the box holds {box.count} ballots, {tally.ballots} of which count; every proof was checked")
    return box, tally, contents


def _check_heads(box: Box, part: Part, ballots: int) -> None:
    """The archive goes through the head that the close logged, and holds the paper and list of the acts."""
    from majlis.ballot import read_entries, read_records

    election = part.election
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


def run_shuffle(args: argparse.Namespace) -> int:
    """The votes in another order, sealed anew, with the proof that they are the same."""
    from majlis.ballot import shuffle_tally
    from majlis.host.ceremony import shuffle_data
    from majlis.host.chance import chance
    from majlis.host.trustees import shuffle_chain

    part = Part(Desk(args))
    if not part.election.is_ranked:
        raise Refused("the votes of this ballot are counted sealed and never shuffled; 'majlis trustee commit' is next")
    box, tally, _ = _closed_box(part)
    chain, last = shuffle_chain(part.election, box.election, tally, part.blob)
    if part.number in {number for number, _ in chain}:
        return part.desk.done("your shuffle is published already, and holds", position=part.number)
    part.desk.say(f"{len(chain)} shuffles before yours were checked; yours makes {len(chain) + 1}")
    payload = shuffle_tally(box.election, last, chance)
    data = shuffle_data(part.act, len(chain), chain[-1][1] if chain else tally.raw, payload)
    return part.write("box.shuffle", data, {data["payload"]: payload})


def _kept(part: Part, after: str) -> Opening | None:
    """What the trustee made to decrypt after that shuffle, kept so that what is shown is what was committed to.

    Raises: Malformed.
    """
    from majlis.host.ceremony import Opening

    path = _path(part, after)
    if not path.is_file():
        return None
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=dict[str, bytes])
        return Opening(share=kept["share"], sidecar=kept["sidecar"])
    except (msgspec.MsgspecError, KeyError):
        raise Malformed("what you committed to is damaged; take your other copy of it", where=str(path)) from None


def _path(part: Part, after: str) -> Path:
    return part.desk.node.folder / "shares" / f"{part.election.uuid}-{part.number}-{after[:16] or 'tally'}.json"


def _opening(part: Part, box: Box, last: Tally, after: str) -> Opening:
    """The trustee's part of the opening of this very tally, made once and kept. Raises: Malformed, Forged."""
    from majlis.ballot import check_share
    from majlis.crypto import ED25519
    from majlis.errors import Fault
    from majlis.host.ceremony import decrypt
    from majlis.host.chance import chance
    from majlis.host.disk import write_file

    opening = _kept(part, after)
    if opening is not None:
        try:
            check_share(box.election, last, ED25519.read(part.own.public_key), opening.share)
            return opening
        except Fault:
            if part.own.commitment == opening.commit_data(part.act)["commitment"]:
                raise Forged(
                    "what you committed to is not of the box that is here; show nothing, and compare the copies"
                ) from None
            part.desk.say("what you had made was of another copy of the box; it is made anew")
    opening = decrypt(box, last, part.number, part.secret(), chance)
    kept = {"share": opening.share, "sidecar": opening.sidecar}
    write_file(_path(part, after), msgspec.json.encode(kept), mode=0o600)
    return opening


def run_commit(args: argparse.Namespace) -> int:
    """The trustee's part is made and kept, and its hash committed to."""
    from majlis.host.ceremony import shuffled
    from majlis.host.showing import check_nothing_omitted

    part = Part(Desk(args))
    check_nothing_omitted(part.federation, part.body.identity, part.act, part.desk.node.blobs.get)
    box, tally, contents = _closed_box(part)
    if part.election.is_ranked and not contents.are_shuffled:
        raise Missing(
            f"the votes are not shuffled yet, in the copy that is here: {part.election.charter.shufflers} trustees do "
            "it with 'majlis trustee shuffle', then the clerk ends it with 'majlis box shuffle'"
        )
    last = shuffled(box.election, tally, contents.shuffles)
    end = contents.shuffles[-1] if contents.shuffles else b""
    opening = _opening(part, box, last, sha256(end).hexdigest() if end else "")
    data = opening.commit_data(part.act, end)
    before = part.own.commitment
    if before == data["commitment"]:
        return part.desk.done("you have committed to this already", commitment=before)
    return part.write("decryption.commit", data)


def run_decrypt(args: argparse.Namespace) -> int:
    """What was committed to is shown: the share, for the box, and its sidecar."""
    from majlis.institutions.elections import agreed_end

    part = Part(Desk(args))
    if agreed_end(part.election) != part.own.after:
        raise Missing(
            f"{part.election.needed} trustees must commit to decrypt the same votes as you first, in the copy that is "
            "here; wait"
        )
    opening = _kept(part, part.own.after)
    if opening is None:
        raise Missing(
            "what you committed to is not here; run this where you ran 'majlis trustee commit'",
            where=str(_path(part, part.own.after)),
        )
    data = opening.reveal_data(part.act)
    if part.own.commitment != data["payload"]:
        raise Forged("the commitment logged in your name is not yours; show nothing, and tell clerk and members")
    if part.own.payload == data["payload"]:
        return part.desk.done("you have shown your part already", payload=part.own.payload)
    return part.write("decryption.reveal", data, {data["payload"]: opening.share, data["sidecar"]: opening.sidecar})


def run_forget(args: argparse.Namespace) -> int:
    """The secret is out of the keyring, with what was made of it, and an act says so. Raises: Refused, too early."""
    from majlis.host.chance import chance
    from majlis.institutions.ticks import is_running

    part = Part(Desk(args))
    if is_running(part.federation.records[part.body.identity].state, part.election):
        raise Refused("this secret is needed until the result is there, or the ballot has lapsed", rule="R-TRUSTEE-9")
    shares, own = part.desk.node.folder / "shares", f"{part.election.uuid}-{part.number}"
    made = [*sorted(shares.glob(f"{own}-*.json")), *shares.glob(f"{own}.letters")]
    for path in made:
        path.unlink()
    is_held = part.name in part.keyring.names()
    if is_held:
        part.keyring.forget(part.name, chance=chance)
    said = "its secret is no longer in this keyring" if is_held else "no secret of it is in this keyring"
    part.desk.say(f"{said}; {len(made)} files that were made of it here are gone")
    if part.own.forgot:
        return part.desk.done("you have said so in the record already", act=part.own.forgot)
    return part.write("trustee.forget", {"election": part.act})


def run_lot(args: argparse.Namespace) -> int:
    """The one possible share of the lot is in an act."""
    from majlis.host.ceremony import lot_data
    from majlis.host.chance import chance

    part = Part(Desk(args))
    if part.election.closed is None:
        raise Missing("a lot is drawn once the box is closed; in the copy that is here it is not")
    return part.write("lot.share", lot_data(part.act, part.election, part.secret(), chance))

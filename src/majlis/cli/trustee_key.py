"""``majlis trustee key`` and ``accuse``: a trustee's steps towards the key of one election."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from majlis.cli.desk import Desk
from majlis.cli.trustee_part import TRUSTEE, Part
from majlis.errors import Forged, Malformed, Missing, Refused

if TYPE_CHECKING:
    from pathlib import Path

    from majlis.host.trustees import Step


def run(args: argparse.Namespace) -> int:
    """The next step's act. A step that was taken and is not in the record yet is taken again, alike."""
    from majlis.host.trustees import next_step

    part = Part(Desk(args))
    if part.election.ended:
        raise Refused("this election was ended; its next announcement says who makes a key")
    kind = next_step(part.election, part.number)
    if kind is None:
        return part.desk.done("your key for this ballot is published already", key=part.own.public_key)
    if kind == "trustee.key":
        return _alone(part)
    everybody, needed = len(part.election.trustees), part.election.needed
    part.desk.say(f"any {needed} of {everybody} trustees will open this box; you are number {part.number}")
    try:
        step = _take(part, kind)
    except (Forged, Malformed) as fault:
        raise fault.at(f"{fault.where}; answer nothing, and accuse them with 'majlis trustee accuse'") from None
    return part.write(step.kind, step.data)


def _alone(part: Part) -> int:
    """The key is in the keyring, and its public half in an act. Made before, it is the same."""
    from majlis.ballot import TrusteeKey, key_prefix, make_trustee_key
    from majlis.crypto import ED25519, prove_knowledge
    from majlis.host.ceremony import trustee_key_data
    from majlis.host.chance import chance
    from majlis.host.keyring import KeyEntry, Secret

    if part.name not in part.keyring.names():
        secret, key = make_trustee_key(chance)
        public = ED25519.format(key.public_key)
        drawn = Secret(secret.export())
        part.keyring.add(
            KeyEntry(name=part.name, kind=TRUSTEE, public=public, secret=drawn, body=part.body.identity), chance=chance
        )
    entry = part.entry
    point = ED25519.read(entry.public)
    proof = prove_knowledge(entry.scalar(), key_prefix(ED25519, point), chance)
    return part.write("trustee.key", trustee_key_data(part.act, TrusteeKey(public_key=point, proof=proof)))


def _take(part: Part, kind: str) -> Step:
    from majlis.host.chance import chance
    from majlis.host.trustees import certify_step, deal_step, promise_step, share_step

    election, number = part.election, part.number
    match kind:
        case "trustee.certify":
            part.desk.say("step 1 of 4: you make two keys for this ballot alone, and certify them")
            _draw(part)
            return certify_step(part.act, election, number, part.channel(), chance)
        case "trustee.promise":
            part.desk.say("step 2 of 4: you draw your part of the secret, and commit to it before anybody shows theirs")
            return promise_step(part.act, election, number, _letters(part, make=True))
        case "trustee.deal":
            part.desk.say("step 3 of 4: all have committed; you show your part in the exponent, and its sealed values")
            return deal_step(part.act, election, number, _letters(part, make=False))
        case _:
            part.desk.say("step 4 of 4: what all have dealt to you is checked, and the key of your share published")
            return share_step(part.act, election, number, part.channel(), chance)


def _draw(part: Part) -> None:
    """The seed is in the keyring."""
    from majlis.ballot import draw_channel_key
    from majlis.crypto import ED25519
    from majlis.host.chance import chance
    from majlis.host.keyring import KeyEntry, Secret

    if part.name in part.keyring.names():
        return
    key = draw_channel_key(chance)
    public = ED25519.format(key.verification)
    drawn = Secret(key.export())
    part.keyring.add(
        KeyEntry(name=part.name, kind=TRUSTEE, public=public, secret=drawn, body=part.body.identity), chance=chance
    )


def _letters(part: Part, *, make: bool) -> bytes:
    """The letters, made once and kept, so that what is shown is what was committed to. Raises: Missing."""
    from majlis.host.chance import chance
    from majlis.host.disk import write_file
    from majlis.host.trustees import make_letters

    path = _path(part)
    if path.is_file():
        return path.read_bytes()
    if not make:
        raise Missing("the letters you committed to are not here; take your other copy of them", where=str(path))
    letters = make_letters(part.election, part.number, part.channel(), chance)
    write_file(path, letters, mode=0o600)
    return letters


def _path(part: Part) -> Path:
    return part.desk.node.folder / "shares" / f"{part.election.uuid}-{part.number}.letters"


def run_accuse(args: argparse.Namespace) -> int:
    """The accusation that ends the election, if it is true."""
    from majlis.host.chance import chance
    from majlis.host.trustees import accuse_step

    part = Part(Desk(args))
    accused, election = args.trustee, part.election
    if not election.is_threshold or not 1 <= accused <= len(election.trustees):
        raise Refused(
            f"there is no trustee {accused} who deals anything in this election; trustees are numbered as its "
            f"announcement names them, and you are {part.number}"
        )
    step = accuse_step(part.act, election, part.number, accused, part.channel(), chance)
    part.desk.say(
        f"if it is true, this ends the election, names trustee {accused}, and the clerk announces it anew without them"
    )
    return part.write(step.kind, step.data)

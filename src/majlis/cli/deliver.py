"""``majlis deliver``: what a member body decided is carried into its assembly's record, by anybody with copies."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from majlis.cli.assembly_words import choice_in_words, prose
from majlis.cli.desk import Desk, add_command, ref
from majlis.cli.signing import add_signing, at_hand, hand_in, prepare, write
from majlis.cli.words import clean, key_in_words
from majlis.errors import Malformed, Missing, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from majlis.host.actfile import ActFile
    from majlis.host.courier import Bearing, Due
    from majlis.host.node import Known
    from majlis.institutions import Certificate, State

_NEWER = "take a newer copy ('majlis node take', 'majlis mirror'), and again"


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``deliver``."""
    parser = add_command(
        commands,
        "deliver",
        run,
        help_="carry a body's elections, recalls, mandates and leaving to its assembly",
        example="majlis deliver assembly hilltop --as amal",
        more="Without ACT all that the assembly's record lacks, as far as hilltop's mirrors have cosigned it. Anybody\n"
        "delivers, from copies. Where the assembly's record is kept elsewhere, name a file with --out (without ACT\n"
        "a new folder), and hand its files in there in their order: 'majlis act submit'. They take effect where a\n"
        "copy of hilltop's record is as new as the one here. That a body joined, or accepted a plan of seats, is\n"
        "delivered by 'majlis seats deliver'.",
    )
    parser.add_argument("body", metavar="ASSEMBLY", help="where to")
    parser.add_argument("sender", metavar="BODY", help="of which body")
    parser.add_argument("act", metavar="ACT", nargs="?", help="only this act of its record: position or id")
    parser.add_argument(
        "--certificate", metavar="FILE", type=Path, help="write only the certificate of ACT to a file; nobody signs"
    )
    add_signing(parser, author="anybody", is_required=False)


class _Errand:
    """From whose record into whose: both as the copies at hand have them, and the sender's as its mirrors saw it."""

    def __init__(self, desk: Desk) -> None:
        """Raises: Missing, when nothing of the sender's record is safe here."""
        from majlis.record import parse_checkpoint, parse_note

        self.desk = desk
        self.body, self.federation, self.state = at_hand(desk)
        self.sender: Known = desk.node.body(desk.args.sender)
        if self.sender.identity == self.body.identity:
            raise Malformed("a body delivers nothing to itself; name the assembly first, and then its member")
        self.record = self.federation.records[self.sender.identity]
        self.note = desk.node.checkpoint(self.sender.identity)
        if not self.note:
            raise Missing(f"nothing of the record of {self.sender.slug} is here as its mirrors saw it; {self.newer}")
        self.size = min(parse_checkpoint(parse_note(self.note).text).size, len(self.record.entries))
        self.safe: State = self.federation.fold(self.sender.identity, self.size)
        for slug, state in ((self.sender.slug, self.safe), (self.body.slug, self.state)):
            if state.missing is not None:
                raise Missing(
                    f"entry {state.missing} of {slug} rests on something that is not here: take its copy again"
                )

    @property
    def newer(self) -> str:
        """What to do where the checkpoint at hand does not go so far."""
        if self.sender.is_hosted:
            return f"have them cosign it ('majlis tick {self.sender.slug}'), and again"
        return _NEWER

    def certificate(self, act: str) -> Certificate:
        """Of one act of the sender's record. Raises: Missing."""
        from majlis.host.certified import certificate_of

        return certificate_of(self.record, act, self.note)


def run(args: argparse.Namespace) -> int:
    """What was asked for is delivered, or written to files."""
    if args.certificate is None and args.person is None:
        raise Malformed("say who signs, with --as; only a certificate (--certificate) needs nobody")
    if args.certificate is not None and (args.act is None or args.out):
        raise Malformed("--certificate takes one ACT, and no --out: it writes no act")
    errand = _Errand(Desk(args))
    if args.act is None:
        return _all(errand)
    act = _safe_act(errand, args.act)
    if args.certificate is not None:
        return _write_certificate(errand, act)
    return _one(errand, act)


def _safe_act(errand: _Errand, named: str) -> str:
    """The act that was named, in force in what the sender's mirrors saw. Raises: Missing, Refused."""
    state, slug = errand.record.state, errand.sender.slug
    act = ref(state, named)
    standing = state.acts[act]
    if standing.index >= errand.size:
        raise Missing(
            f"act {standing.index} of {slug} is not safe yet: its mirrors saw {errand.size} entries; {errand.newer}"
        )
    standing = errand.safe.acts[act]
    if standing.status == "void":
        raise Refused(f"act {standing.index} of {slug} is void there; carried elsewhere it is no more", rule="R-CERT-5")
    if standing.status != "in-force":
        raise Missing(f"act {standing.index} of {slug} is {standing.status} there: {standing.text}", rule="R-CERT-5")
    return act


def _write_certificate(errand: _Errand, act: str) -> int:
    """The certificate lies in the file, as others put it into an act."""
    import msgspec

    from majlis.host.disk import write_file

    path: Path = errand.desk.args.certificate
    certificate = errand.certificate(act)
    write_file(path, msgspec.json.format(msgspec.json.encode(certificate), indent=1) + b"\n")
    standing = errand.safe.acts[act]
    return errand.desk.done(
        f"{path} is the certificate of act {standing.index} of {errand.sender.slug}, {standing.kind}",
        file=str(path),
        body=certificate.body,
        act=act,
    )


# --- one act


def _one(errand: _Errand, act: str) -> int:
    from majlis.host.chance import chance
    from majlis.host.courier import try_one

    bearing = _bearing(errand, act)
    certificate = errand.certificate(act)
    tried = try_one(errand.federation, errand.body.identity, bearing.kind, certificate, chance)
    if tried.status == "missing":
        raise Missing(tried.text, rule=tried.rule)
    if tried.status != "in-force" and not errand.desk.args.anyway:
        _refuse(errand, act, tried.rule, tried.text)
    errand.desk.say(clean(_told(errand, bearing.kind, act)))
    return write(errand.desk, errand.body, errand.federation, bearing.kind, {"certificate": certificate})


def _bearing(errand: _Errand, act: str) -> Bearing:
    """By what it is delivered. Raises: Refused, where it is nothing to this assembly."""
    from majlis.host.courier import bearing_of

    standing = errand.safe.acts[act]
    bearing = bearing_of(errand.safe, act)
    named = f"act {standing.index} of {errand.sender.slug}, {standing.kind},"
    if standing.kind in ("federation.join", "plan.accept"):
        raise Refused(f"{named} is delivered by 'majlis seats deliver {errand.body.slug} {errand.sender.slug}'")
    if bearing is None:
        raise Refused(
            f"{named} changes nothing in an assembly: delivered are elections of delegates, recalls that passed, keys "
            "that were suspended or replaced, mandates that no newer one replaced, leavings, the end of a body",
            rule="R-CERT-6",
        )
    if bearing.assembly not in ("", errand.body.identity):
        raise Refused(f"{named} is of another assembly than {errand.body.slug}: {bearing.assembly[:16]}")
    return bearing


def _refuse(errand: _Errand, act: str, rule: str, text: str) -> None:
    """Raises: Refused, with why the act would be void: as a rule it was delivered before."""
    from majlis.host.courier import delivered_at

    sender, standing = errand.sender, errand.safe.acts[act]
    before = delivered_at(errand.state, sender.identity, act)
    member = errand.state.bodies.get(sender.identity)
    if before is not None:
        raise Refused(f"that was delivered already, by act {before} of {errand.body.slug}; now {text}", rule=rule)
    if member is not None and member.head is not None and member.head.size > standing.index:
        raise Refused(
            f"act {member.head.index} of {errand.body.slug} showed a head of {sender.slug} that has this: {text}",
            rule=rule,
        )
    raise Refused(f"delivered now it would be void: {text}", rule=rule)


# --- all that is owed


def _all(errand: _Errand) -> int:
    from majlis.host.chance import chance
    from majlis.host.courier import candidates, in_force_among

    _check_member(errand)
    desk, sender = errand.desk, errand.sender
    wanted = [(due, errand.certificate(due.act)) for due in candidates(errand.state, errand.safe)]
    found = in_force_among(errand.federation, errand.body.identity, wanted, chance)
    unsafe = [due for due in candidates(errand.state, errand.record.state) if due.index >= errand.size]
    for due in unsafe:
        desk.say(f"not safe yet: act {due.index} of {sender.slug}, {errand.record.state.acts[due.act].kind}")
    if not found and unsafe:
        raise Missing(
            f"what {sender.slug} decided is not safe yet: its mirrors saw {errand.size} entries; {errand.newer}"
        )
    if not found:
        return desk.done(
            f"the record of {errand.body.slug} has all that {sender.slug} decided, as far as the copies here go",
            acts=[],
        )
    return _deliver(errand, found)


def _check_member(errand: _Errand) -> None:
    """Raises: Missing, where there is no member of which anything could be delivered, and what to do."""
    member = errand.state.bodies.get(errand.sender.identity)
    own = errand.safe.memberships.get(errand.state.identity)
    names = f"{errand.body.slug} {errand.sender.slug}"
    if own is None:
        raise Missing(
            f"{errand.sender.slug} has not joined {errand.body.slug}, in the copy that is here: {errand.newer}"
        )
    if (member is None or member.left is not None) and own.left is None:
        raise Missing(
            f"{errand.sender.slug} has joined and is not admitted there: majlis seats deliver {names}, or a newer copy"
        )
    if member is not None and member.left is None and own.index > member.joined:
        raise Missing(
            f"{errand.sender.slug} left, and joined anew: show its head (majlis seats heads {errand.body.slug}), and "
            f"then: majlis seats deliver {names}"
        )


def _deliver(errand: _Errand, found: Sequence[tuple[Due, Certificate]]) -> int:
    """The acts are logged one after the other, or written to the folder that was named."""
    desk, body, federation = errand.desk, errand.body, errand.federation
    files: list[ActFile] = []
    for due, certificate in found:
        desk.say(clean(_told(errand, due.kind, due.act)))
        data = {"certificate": certificate}
        files.append(prepare(desk, body, federation, due.kind, data, after=files))
    if not desk.args.out:
        return hand_in(desk, body, files)
    folder = Path(desk.args.out)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise Malformed("the acts take effect in the order of their names: name a new folder", where=str(folder))
    for number, ((due, _), file) in enumerate(zip(found, files, strict=True), start=1):
        file.write(folder / f"{number:02}-{due.kind}-{errand.sender.slug}.act")
    acts = "1 act" if len(files) == 1 else f"{len(files)} acts"
    return desk.done(
        f"{acts} written to {folder}; hand them in, in this order, with 'majlis act submit {folder}/*.act'. They take "
        f"effect where {errand.sender.slug}'s record is at hand up to entry {errand.size}: carry a copy along",
        acts=[file.act.id for file in files],
        folder=str(folder),
    )


# --- words


def _told(errand: _Errand, kind: str, act: str) -> str:
    """One sentence: what the body decided."""
    safe, slug, index = errand.safe, errand.sender.slug, errand.safe.acts[act].index
    where = f"act {index} of {slug}"
    if kind == "federation.depart":
        return f"{where}: it {'dissolves itself' if safe.acts[act].kind == 'dissolve' else 'leaves the assembly'}"
    if kind == "mandate.deliver":
        given = next(each for each in safe.mandates.values() if each.act == act)
        motion = errand.state.motions.get(given.motion)
        text = f"act {motion.index}: {prose(errand.desk.node, motion.text)}" if motion else given.motion[:16]
        late = ", which is decided: no vote is judged by it any more" if motion and motion.closed else ""
        return f"{where}: its delegates are to vote {choice_in_words(given.instruction)} on {text}{late}"
    if kind == "seat.fill":
        election = next(e for e in safe.elections.values() if e.result is not None and e.result.act == act)
        assert election.result is not None
        order = [election.candidates[number].name for number in election.result.order]
        reserves = f"; in reserve: {', '.join(order[election.seats :])}" if order[election.seats :] else ""
        return f"{where}: it elected {', '.join(order[: election.seats]) or 'nobody'}{reserves}"
    recall = next((each for each in safe.recalls.values() if each.act == act), None)
    if recall is not None:
        return f"{where}: it recalled {_name(errand, recall.delegate)}"
    if safe.acts[act].kind == "key.suspend":
        return f"{where}: {_name(errand, safe.acts[act].author)} suspended the key"
    new = next(key for key, known in safe.keys.items() if known.index == index)
    return f"{where}: a delegate's key was replaced, by {key_in_words(new)}"


def _name(errand: _Errand, key: str) -> str:
    """The name under which a delegate sits, with the key's first words."""
    member = errand.state.bodies.get(errand.sender.identity)
    names = [seat.name for seat in member.held if seat.key == key] if member else []
    return f"{names[-1]}, {key_in_words(key)}" if names else key_in_words(key)

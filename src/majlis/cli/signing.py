"""Writing, signing and handing in acts: shown in words, tried against the rules, and only then signed (R-NODE-4)."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from majlis.cli.desk import PERSON, Desk
from majlis.cli.words import act_in_words, standing_in_words
from majlis.errors import Malformed, Missing, Refused

if TYPE_CHECKING:
    from majlis.crypto import SigningKey
    from majlis.host.actfile import ActFile
    from majlis.host.federation import Federation
    from majlis.host.host import Host, Receipt
    from majlis.host.keyring import KeyEntry
    from majlis.host.node import Known
    from majlis.institutions import State

__all__ = ["add_signing", "at_hand", "hand_in", "hosting", "outcome", "prepare", "remind", "show", "sign_file", "write"]


def add_signing(parser: argparse.ArgumentParser, *, author: str, is_required: bool = True) -> None:
    """The options of a command that writes an act. ``author``: who that is, in words."""
    parser.add_argument("--as", dest="person", metavar="PERSON", required=is_required, help=f"who signs: {author}")
    parser.add_argument(
        "--with", dest="beside", metavar="PERSON", action="append", default=[], help="who else signs here and now"
    )
    parser.add_argument("--out", metavar="FILE", help="write the act to a file, to be signed on or handed in elsewhere")
    parser.add_argument("--anyway", action="store_true", help="sign even what would be void by the copy at hand")


def at_hand(desk: Desk) -> tuple[Known, Federation, State]:
    """The body that the command names, all records known here, and that body's state."""
    body = desk.body()
    federation = desk.node.federation()
    return body, federation, federation.records[body.identity].state


def write(
    desk: Desk,
    body: Known,
    federation: Federation,
    kind: str,
    data: Mapping[str, Any],
    *,
    cites: Sequence[str] = (),
    blobs: Mapping[str, bytes] | None = None,
    also: Sequence[SigningKey] = (),
) -> int:
    """An act by ``--as`` is shown, tried, signed, and logged here or written to ``--out``; the exit code.

    ``also``: keys in no keyring that sign beside, such as one from paper.

    Raises: Refused, when it would be void; Missing, when more must sign and no file was named.
    """
    file = prepare(desk, body, federation, kind, data, cites=cites, blobs=blobs, also=also)
    out = desk.args.out
    if not out:
        return hand_in(desk, body, [file])
    file.write(Path(out))
    status = _trial(federation, body, file)[0]
    then = "others sign it with 'majlis act sign'" if status == "waiting" else "hand it in with 'majlis act submit'"
    return desk.done(f"written to {out}; {then}", act=file.act.id, file=out, status=status)


def prepare(
    desk: Desk,
    body: Known,
    federation: Federation,
    kind: str,
    data: Mapping[str, Any],
    *,
    cites: Sequence[str] = (),
    blobs: Mapping[str, bytes] | None = None,
    also: Sequence[SigningKey] = (),
    after: Sequence[ActFile] = (),
    elsewhere: bool = False,
) -> ActFile:
    """An act by ``--as`` and those beside, shown, tried and signed; ``after`` those that will be handed in before it.

    ``elsewhere``: it is handed in at another host, and no file is named.

    Raises: as ``write``.
    """
    from majlis.host.actfile import ActFile, check_form
    from majlis.host.author import NOTHING_SEEN
    from majlis.host.chance import chance
    from majlis.institutions import Seen, format_text
    from majlis.record import encode_base64

    args = desk.args
    if not body.is_hosted and not args.out and not elsewhere:
        raise Malformed(f"the record of {body.slug} is kept elsewhere: name a file with --out, and hand it in there")
    for blob in (blobs or {}).values():
        desk.node.blobs.put(blob)
    record = federation.records[body.identity]
    seen = Seen(size=record.tree.size, root=encode_base64(record.tree.root())) if record.entries else NOTHING_SEEN
    nonce = chance(16)

    def draft(author: KeyEntry) -> ActFile:
        text = format_text(
            body=body.identity,
            kind=kind,
            author=author.public,
            nonce=nonce,
            seen=seen,
            cites=tuple(cites),
            data=dict(data),
        )
        return ActFile(text=text, blobs=blobs or {})

    own = [entry for entry in desk.keyring(args.person).entries() if entry.kind == PERSON]
    if not own:
        raise Missing(f"{args.person!r} has no key to act with; make one with 'majlis key new'")
    beside = [*(_sole_key(desk, person) for person in args.beside), *also]
    tried = [draft(entry).signed(entry.signing_key(), *beside) for entry in own]
    check_form(tried[0].act)
    file = next((each for each in tried if _trial(federation, body, each, after)[0] != "void"), tried[0])
    show(desk, file, record.state)
    _check_trial(federation, body, file, after, anyway=args.anyway, may_wait=bool(args.out))
    return file


def _sole_key(desk: Desk, person: str) -> SigningKey:
    own = [entry for entry in desk.keyring(person).entries() if entry.kind == PERSON]
    if len(own) != 1:
        raise Malformed(f"{person!r} has {len(own)} keys to act with; write the act to a file and sign it with --key")
    return own[0].signing_key()


def show(desk: Desk, file: ActFile, state: State | None) -> None:
    """The act in words, before anybody's key touches it."""
    first, *rest = act_in_words(file.act, desk.node, state)
    desk.say("\n".join([first, *(f"  {line}" for line in rest)]))


def _trial(federation: Federation, body: Known, file: ActFile, after: Sequence[ActFile] = ()) -> tuple[str, str, str]:
    """Status, rule and text that one more entry would have by the records at hand."""
    state, findings = federation.judge(body.identity, file.entry, (each.entry for each in after))
    standing = state.acts.get(file.act.id)
    if standing is not None:
        return standing.status, standing.rule, standing.text
    return "void", findings[0].rule if findings else "", findings[0].text if findings else ""


MOVE: Final = "host.move"


def _check_trial(
    federation: Federation, body: Known, file: ActFile, after: Sequence[ActFile] = (), *, anyway: bool, may_wait: bool
) -> None:
    status, rule, text = _trial(federation, body, file, after)
    if status == "void" and not anyway:
        old = "" if body.is_hosted else " If your copy is old, take a newer one with 'majlis node take'."
        size, here = file.act.data.get("size"), len(federation.records[body.identity].entries)
        if file.act.kind == MOVE and isinstance(size, int) and size < here:
            old = (
                f" It moves the record behind {size} entries, and the copy here has {here}: those between would be "
                "left. Let it be drawn up from this larger copy: 'majlis succession draft' here, and sign that one"
            )
        raise Refused(f"this act would be void: {text}. Nothing was signed.{old}", rule=rule)
    if status == "waiting" and not may_wait:
        raise Missing(
            f"this act {text}; name who signs here with --with, or write it to a file with --out and let them sign it"
        )


def hand_in(desk: Desk, body: Known, files: Sequence[ActFile], *, receipts: Path | None = None) -> int:
    """The acts are logged in the record kept here, and what became of each is told; the exit code.

    ``receipts``: a folder for the host's signed word on each.
    """
    from majlis.cli.handing import keep_word
    from majlis.host.disk import write_file
    from majlis.host.host import HeldBack

    if not body.is_hosted:
        raise Refused(f"the record of {body.slug} is not kept here; hand the act in where it is")
    codes: list[int] = []
    facts: list[dict[str, Any]] = []
    with hosting(desk) as host:
        for file in files:
            for blob in file.blobs.values():
                desk.node.blobs.put(blob)
            try:
                receipt = host.submit(body.identity, file.entry)
            except HeldBack as held:
                codes.append(1)
                facts.append(keep_word(desk, held, receipts))
                continue
            if receipts is not None:
                write_file(receipts / f"{receipt.act}.receipt", receipt.note.encode())
            code, text, fact = outcome(body, file, receipt)
            codes.append(code)
            facts.append(fact)
            desk.say(text)
    return desk.ended(max(codes), "", **(facts[0] if len(facts) == 1 else {"acts": facts}))


@contextmanager
def hosting(desk: Desk) -> Iterator[Host]:
    """The host of the records kept here. Raises: Refused, with the way round it, while another program keeps them."""
    with ExitStack() as open_now:
        try:
            host = open_now.enter_context(desk.node.hosting(desk.keeper()))
        except Refused as fault:
            if fault.rule == "R-STORE-3":
                fault.text = (
                    f"{fault.text}. If that is 'majlis serve', hand the act in there: write it to a file with --out "
                    "FILE, then 'majlis act submit FILE --url URL'"
                )
            raise
        before = {identity: host.hosted(identity).record.size for identity in host.bodies()}
        yield host
        for known in desk.node.bodies:
            if known.is_hosted and host.hosted(known.identity).record.size > before.get(known.identity, 0):
                remind(desk, known, host.state(known.identity))


def remind(desk: Desk, known: Known, state: State) -> None:
    """One line on the error stream, for as long as no mirror holds the record (R-SETUP-1)."""
    if not (desk.node.checkpoint(known.identity) or state.ticks):
        desk.warn(
            f"no mirror holds the record of {known.slug}: setting it up is NOT finished, and all of it exists on this "
            f"machine only. Next: 'majlis tick {known.slug} --witness URL'"
        )


def outcome(body: Known, file: ActFile, receipt: Receipt) -> tuple[int, str, dict[str, Any]]:
    """Exit code, sentence and facts of an act that was logged."""
    standing = receipt.standing
    status, rule, text = (standing.status, standing.rule, standing.text) if standing else ("void", "", "")
    index = standing.index if standing and status in ("in-force", "void") else receipt.index
    fact = {
        "act": receipt.act,
        "index": index,
        "kind": file.act.kind,
        "status": status,
        "rule": rule,
        "text": text,
        "receipt": receipt.note,
    }
    words = standing_in_words(body.slug, index, file.act.kind, status, rule, text)
    return {"in-force": 0, "void": 1}.get(status, 3), words, fact


def sign_file(desk: Desk, path: Path, person: str, key: str | None) -> int:
    """The file bears the signature of ``person`` too, once the act was shown and tried; the exit code.

    Raises: Missing, when no key of theirs is asked for; Refused, when the act would be void.
    """
    from majlis.host.actfile import check_form, read_act_file

    file = read_act_file(path)
    check_form(file.act)
    known = next((body for body in desk.node.bodies if body.identity == file.act.identity), None)
    federation = desk.node.federation() if known else None
    state = federation.records[known.identity].state if federation and known else None
    for blob in file.blobs.values():
        desk.node.blobs.put(blob)
    show(desk, file, state)
    if known is None and not file.is_founding:
        desk.warn("no copy of that record is here, so nothing of this could be tried; you sign what the words say")
    entries = _asked(desk, file, person, key)
    signed = file.signed(*(entry.signing_key() for entry in entries))
    if federation and known:
        _check_trial(federation, known, signed, anyway=desk.args.anyway, may_wait=True)
    signed.write(path)
    names = ", ".join(entry.name for entry in entries)
    return desk.done(
        f"signed by {person} with {names}; {len(signed.signatures)} signatures in {path}",
        act=file.act.id,
        file=str(path),
        signers=sorted(signed.signers),
    )


def _asked(desk: Desk, file: ActFile, person: str, key: str | None) -> list[KeyEntry]:
    """The keys of this person that the act asks for: those it names, else their only one, else the one named."""
    keyring = desk.keyring(person)
    if key is not None:
        return [keyring.get(key)]
    own = [entry for entry in keyring.entries() if entry.kind == PERSON]
    text = file.text.decode()
    named = [entry for entry in own if entry.public in text]
    if named:
        return named
    if file.is_founding:
        raise Refused(f"this founding names no key of {person!r}; a body's act 0 is signed by those it names")
    if len(own) != 1:
        raise Missing(f"{person!r} has {len(own)} keys to act with; say which with --key")
    return own

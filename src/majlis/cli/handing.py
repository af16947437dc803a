"""Handing acts in: at a served host, or a whole inbox at once, each with what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from majlis.cli.desk import Desk
from majlis.cli.signing import hosting, outcome
from majlis.errors import Fault, Missing, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from majlis.host.actfile import ActFile
    from majlis.host.host import HeldBack
    from majlis.host.node import Known

__all__ = ["files_in", "keep_word", "log_inbox", "post_all", "post_inbox"]

_LATE = "; VOID: something was logged before it meanwhile, so write another and hand it in at once (R-DIGEST-1)"


def files_in(paths: Iterable[Path]) -> list[Path]:
    """These files; for a folder, the acts in it, or in ``inbox/`` of a public folder. Raises: Missing."""
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inbox = path / "inbox" if (path / "inbox").is_dir() else path
        acts = sorted(inbox.glob("*.act"))
        if not acts:
            raise Missing("no act waits in this folder", where=str(inbox))
        found += acts
    return found


def post_all(desk: Desk, body: Known, files: Sequence[ActFile], url: str) -> tuple[list[int], list[dict[str, Any]]]:
    """Each act is logged by a served host, or its signed word says why not; codes and facts, in order.

    Each is in the outbox before it is handed in, with what it brings. Raises: Fault, when nobody answers, or one is
    refused.
    """
    from majlis.host.delivery import keep
    from majlis.host.disk import write_file
    from majlis.host.host import HeldBack
    from majlis.host.post import post_act

    codes: list[int] = []
    facts: list[dict[str, Any]] = []
    for file in files:
        keep(desk.node, file.entry, brought=file.blobs)
        try:
            posted = post_act(url, body.slug, file.entry, file.blobs)
        except HeldBack as held:
            codes.append(1)
            facts.append(keep_word(desk, held, desk.args.receipts))
            continue
        keep(desk.node, file.entry, posted.note)
        if desk.args.receipts is not None and posted.note:
            write_file(desk.args.receipts / f"{file.act.id}.receipt", posted.note.encode())
        is_late = file.act.kind == "state.digest" and posted.place != file.act.data.get("size")
        desk.say(f"{posted.level}: act {posted.place} of {body.slug}, {file.act.kind}{_LATE if is_late else ''}")
        codes.append(int(is_late))
        facts.append({"act": file.act.id, "index": posted.place, "level": posted.level, "receipt": posted.note})
    return codes, facts


def keep_word(desk: Desk, held: HeldBack, receipts: Path | None = None) -> dict[str, Any]:
    """The host's signed word that it held an act back lies in the outbox, and where receipts go; what is to be told."""
    from majlis.host.disk import write_file

    places = [desk.node.folder / "outbox" / f"{held.act}.excess"]
    if receipts is not None:
        places.append(receipts / f"{held.act}.excess")
    for place in places:
        write_file(place, held.note.encode())
    desk.say(
        f"held back: act {held.act[:16]}: {plain(held.text)}. The host's signed word for it is {places[-1]}; after the "
        "next tick 'majlis compare' says whether the record keeps it"
    )
    files = [str(place) for place in places]
    return {"act": held.act, "level": "held back", "excess": held.note, "files": files}


def log_inbox(desk: Desk, paths: Sequence[Path]) -> int:
    """Every act that is for a record kept here is logged, and what became of each is told; the worst exit code.

    One that cannot be logged here stops no other.
    """
    from majlis.host.actfile import read_act_file
    from majlis.host.disk import write_file
    from majlis.host.host import HeldBack

    codes: list[int] = [0]
    facts: list[dict[str, Any]] = []
    with hosting(desk) as host:
        for path in paths:
            try:
                file = read_act_file(path)
                body = _ours(desk, file)
                receipt = host.submit(body.identity, file.entry, file.blobs)
            except HeldBack as held:
                codes.append(1)
                facts.append(keep_word(desk, held, desk.args.receipts) | {"file": plain(str(path))})
                continue
            except Fault as fault:
                desk.say(plain(f"{path.name}: not logged: {fault}"))
                codes.append(3 if isinstance(fault, Missing) else 1)
                facts.append({"file": plain(str(path)), "status": "not logged", "text": plain(str(fault))})
                continue
            if desk.args.receipts is not None:
                write_file(desk.args.receipts / f"{receipt.act}.receipt", receipt.note.encode())
            code, text, fact = outcome(body, file, receipt)
            desk.say(text)
            codes.append(code)
            facts.append(fact | {"file": plain(str(path)), "body": body.slug})
    return desk.ended(1 if 1 in codes else max(codes), "", acts=facts)


def post_inbox(desk: Desk, paths: Sequence[Path], url: str) -> int:
    """Every act is handed in at a served host, and what became of each is told; the worst exit code.

    One that is not taken in there stops no other.
    """
    from majlis.host.actfile import read_act_file

    codes: list[int] = [0]
    facts: list[dict[str, Any]] = []
    for path in paths:
        try:
            file = read_act_file(path)
            if file.is_founding:
                raise Missing("an act 0 begins a record: majlis found start")
            body = next((known for known in desk.node.bodies if known.identity == file.act.identity), None)
            if body is None:
                raise Missing("no copy of the record that it is for is here, so nothing tells what it is called there")
            its_codes, its_facts = post_all(desk, body, [file], url)
        except Fault as fault:
            desk.say(plain(f"{path.name}: not taken in: {fault}"))
            codes.append(3 if isinstance(fault, Missing) else 1)
            facts.append({"file": plain(str(path)), "level": "not taken in", "text": plain(str(fault))})
            continue
        codes += its_codes
        facts += its_facts
    return desk.ended(1 if 1 in codes else max(codes), "", acts=facts)


def _ours(desk: Desk, file: ActFile) -> Known:
    """The body for whose record the act is. Raises: Missing, where that is not kept here."""
    if file.is_founding:
        raise Missing("an act 0 begins a record: majlis found start")
    body = next((known for known in desk.node.bodies if known.identity == file.act.identity), None)
    if body is None:
        raise Missing("no copy of the record that it is for is here; carry it on to where that is kept")
    if not body.is_hosted:
        raise Missing(f"the record of {body.slug} is not kept here; carry it on, or hand it in there with --url")
    return body

"""``majlis record prove`` and ``check``: that an act stands in a record, in a file that is checked offline."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from majlis.cli.desk import Desk, add_command, at, read_text
from majlis.cli.vkeys import add_vkeys, read_vkeys
from majlis.errors import Fault

if TYPE_CHECKING:
    from majlis.host.proofs import Proven
    from majlis.host.store import Record
    from majlis.record import Checkpoint, Policy

__all__ = ["add_proofs"]

_UNKNOWN = 5


def add_proofs(own: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands ``record prove`` and ``record check``."""
    prove = add_command(
        own,
        "prove",
        run_prove,
        help_="write the proof that an act stands in a record, for a stick, a mail or a printed code",
        example="majlis record prove hilltop 37 --out well.tlog-proof\n"
        "  majlis record prove public 5f2a91c0 --record hilltop --with-act --out well.tlog-proof",
        more="Of a body of this data folder, or of a public folder. It is under the newest checkpoint that enough\n"
        "mirrors cosigned and that covers the act, else under the newest that its log signed, which is said.\n"
        "'majlis qr' prints it, 'majlis bundle --add' carries it.",
    )
    prove.add_argument("source", metavar="BODY|DIR", help="a body known here, or a public folder")
    prove.add_argument("act", metavar="ACT", help="its position in the record, or its id")
    prove.add_argument("--record", metavar="SLUG", default="", help="which record of a public folder")
    prove.add_argument("--with-act", action="store_true", help="carry the act in the proof, so that one file is all")
    prove.add_argument("--out", metavar="FILE", type=Path, required=True, help="the proof")
    check = add_command(
        own,
        "check",
        run_check,
        help_="check the proof that an act stands in a record, with no network and no record at hand",
        example="majlis record check well.tlog-proof well.act --vkey VKEY",
        more="Whose keys count is the reader's to say: those of the log and of its mirrors (--vkey), or a policy file\n"
        "in the form of c2sp.org/tlog-policy, with the quorum of witnesses that the reader asks for.\n"
        "Exit codes: 0 it holds, signed by a key that you named; 1 it does not; 2 it cannot be read; 3 the act is not\n"
        "at hand; 5 it holds under its own checkpoint, and you named nobody who should have signed that.",
        folder=False,
    )
    check.add_argument("proof", metavar="PROOF", type=Path, help="the proof")
    check.add_argument(
        "act", metavar="ACT", type=Path, nargs="?", help="the file with the act, unless the proof has it"
    )
    add_vkeys(check)
    check.add_argument("--policy", metavar="FILE", type=Path, help="the logs and witnesses that you accept")
    check.add_argument("--json", action="store_true", help="print JSON")


def run_prove(args: argparse.Namespace) -> int:
    """The proof is written."""
    from majlis.host.disk import write_file
    from majlis.host.layout import CHECKPOINT, INDEX
    from majlis.host.proofs import place_of, prove_entry, record_in_folder

    folder = Path(args.source)
    if any((folder / name).is_file() for name in (INDEX, CHECKPOINT)):
        record, notes = record_in_folder(folder, args.record)
        index = place_of(record, args.act)
        proof, checkpoint = prove_entry(record, notes, index, carry=args.with_act)
        is_safe = _is_safe(record, proof)
        write_file(args.out, proof)
        return _told(args, index, checkpoint, is_safe)
    desk = Desk(args)
    body = desk.node.body(args.source)
    notes = [note for note in (desk.node.checkpoint(body.identity), desk.node.checkpoints.seen(body.identity)) if note]
    with desk.node.reading() as store:
        record = store.record(body.origin)
        index = place_of(record, args.act)
        proof, checkpoint = prove_entry(record, notes, index, carry=args.with_act)
        is_safe = _is_safe(record, proof)
    write_file(args.out, proof)
    return _told(args, index, checkpoint, is_safe)


def _is_safe(record: Record, proof: bytes) -> bool:
    """Whether enough of the mirrors that act 0 names cosigned the checkpoint in the proof."""
    from majlis.host.checkpoints import safe_size
    from majlis.record import parse_tlog_proof

    return safe_size(parse_tlog_proof(proof).checkpoint, record.entries(0, 1)[0]) > 0


def _told(args: argparse.Namespace, index: int, checkpoint: Checkpoint, is_safe: bool) -> int:
    facts = {"file": str(args.out), "index": index, "origin": checkpoint.origin, "size": checkpoint.size}
    if args.json:
        sys.stdout.write(msgspec.json.encode({"ok": True, **facts, "safe": is_safe}).decode() + "\n")
        return 0
    held = "which enough mirrors cosigned" if is_safe else "which too few mirrors cosigned: it is NOT safe yet"
    print(f"{args.out}: entry {index} of {checkpoint.origin}")
    print(f"  under its checkpoint of {checkpoint.size} entries, {held}")
    return 0


def run_check(args: argparse.Namespace) -> int:
    """0 where the proof holds under a key that was named, 5 where none was."""
    from majlis.host.actfile import read_act_file
    from majlis.host.proofs import check_proof

    logs, cosigners = read_vkeys(args.vkey)
    policy = _policy(args.policy)
    entry = read_act_file(args.act).entry if args.act is not None else None
    try:
        proven = check_proof(
            args.proof.read_bytes(), entry, logs=tuple(logs), cosigners=tuple(cosigners), policy=policy
        )
    except Fault as fault:
        raise fault.at(str(args.proof)) from None
    facts = _facts(proven)
    code = 0 if proven.is_signed else _UNKNOWN
    if args.json:
        sys.stdout.write(msgspec.json.encode({"ok": code == 0, "exit_code": code, **facts}).decode() + "\n")
        return code
    print(f"{facts['kind'] or 'entry'} {str(facts['act'])[:16]} stands at place {proven.index} of {facts['origin']}")
    print(f"  under its checkpoint of {proven.checkpoint.size} entries")
    for name, time in facts["cosigned"]:
        print(f"  cosigned by {name}, {at(time)}")
    if not proven.is_signed:
        print("you named no key, so nothing says whose checkpoint this is: name the log's and its mirrors' with --vkey")
    return code


def _policy(path: Path | None) -> Policy | None:
    from majlis.record import parse_policy

    if path is None:
        return None
    try:
        return parse_policy(read_text(path).encode())
    except Fault as fault:
        raise fault.at(str(path)) from None


def _facts(proven: Proven) -> dict[str, Any]:
    from majlis.institutions import parse_act

    try:
        act = parse_act(proven.entry)
        act_id, kind = act.id, act.kind
    except Fault:
        act_id, kind = "", ""
    return {
        "act": act_id,
        "kind": kind,
        "index": proven.index,
        "origin": proven.checkpoint.origin,
        "size": proven.checkpoint.size,
        "cosigned": [(each.cosigner.name, each.time) for each in proven.cosignatures],
    }

"""``majlis record``: records as logs, whatever their acts say."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from majlis.cli.record_proof import add_proofs
from majlis.cli.record_recover import add_recover
from majlis.cli.vkeys import add_vkeys, read_vkeys
from majlis.errors import Fault, Forged, Malformed, Missing

if TYPE_CHECKING:
    from majlis.host.reader import PublicFolder, RecordFiles
    from majlis.host.verify import Finding, Kind
    from majlis.record import CosignerKey, NoteKey

_FAMILY_EXAMPLE: Final = """\
example:
  majlis record verify public
"""

_EXAMPLE: Final = """\
examples:
  majlis record verify public
  majlis record verify public/b519f291454f45b1c0df38f4b7c729a5003cf5a8c34b4f9db8103a3100399ad7 \\
      --vkey camp.example/log+cf9034cd+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4

Checks that files are those of SHA256SUMS, that entries and tiles give the root of each checkpoint, and that the keys
that were named signed it. What the acts in a record mean, and whose record it is, majlis verify tells.
Exit codes: 0 all signed by the keys named; 1 a check failed; 2 usage, or no record here; 3 something is missing;
5 consistent, but no --vkey says whose signature it should bear.
"""

_FSCK: Final = """\
examples:
  majlis record fsck majlis-data
  majlis record fsck majlis-data --repair

Reads every entry again, and compares what follows from them with what is stored, what the signer signed and what the
witness cosigned. --repair makes anew what is derived from entries, and nothing else: a damaged entry comes back from a
mirror or a bundle. Without --repair nothing is written, and others may go on working.
Exit codes: 0 all holds (after repairs); 1 something does not; 2 a file is damaged as a whole, or none of ours; 3
something is missing, or there is no data folder.
"""

_CODES: Final = {"sound": 0, "failed": 1, "incomplete": 3, "consistent, signer unknown": 5}


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    """One record in the answer. ``root``: base64. ``cosigned``: [name, Unix seconds] of the cosigners named."""

    folder: str
    origin: str
    size: int
    root: str
    signed: bool
    cosigned: tuple[tuple[str, int], ...]


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    ok: bool
    verdict: str
    exit_code: int
    summary: str
    findings: tuple[Finding, ...]
    records: tuple[_Record, ...]


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``record`` with its own commands."""
    parser = commands.add_parser(
        "record",
        help="records as logs: files, tiles, roots, signatures",
        description="Records as transparency logs in the C2SP formats.",
        epilog=_FAMILY_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    own = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    verify = own.add_parser(
        "verify",
        help="check the records in a public folder, or one record's folder",
        description="Check records as logs: every file, tile and root, and the signatures of the keys that are named.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verify.add_argument("folder", type=Path, metavar="DIR", help="a public folder, or the folder of one record in it")
    add_vkeys(verify)
    verify.add_argument("--json", action="store_true", help="print JSON")
    verify.set_defaults(run=run)
    check = own.add_parser(
        "fsck",
        help="prove that a data folder holds what its logs signed, and repair what is derived",
        description="Prove that what is on the disk is what the logs signed.",
        epilog=_FSCK,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    check.add_argument("folder", type=Path, metavar="DIR", help="the data folder, which holds host.db")
    check.add_argument("--repair", action="store_true", help="make anew what is derived from entries")
    check.add_argument("--json", action="store_true", help="print JSON")
    check.set_defaults(run=run_fsck)
    add_recover(own)
    add_proofs(own)


def run(args: argparse.Namespace) -> int:
    """The verdict, shown; its exit code."""
    answer = _verify(args.folder, args.vkey)
    if args.json:
        sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
    else:
        print("\n".join(_words(answer)))
    return answer.exit_code


def _verify(path: Path, vkeys: list[str]) -> _Answer:
    from majlis.host.layout import SAFE
    from majlis.host.reader import PublicFolder
    from majlis.record import encode_base64

    logs, cosigners = read_vkeys(vkeys)
    folder = PublicFolder(path)
    findings = list(_check_sums(folder))
    records = []
    for base in _bases(folder):
        try:
            files, signed = _read(folder, base, logs, cosigners)
        except Fault as fault:
            findings.append(_finding(_kind(fault), fault.text, file=fault.where or base))
            continue
        findings += [
            _finding("warning", "the checkpoint does not imply this file; it was not looked at", file=surplus)
            for surplus in files.surplus
            if surplus.rpartition("/")[2] != SAFE
        ]
        records.append(
            _Record(
                folder=base or path.name,
                origin=files.origin,
                size=files.checkpoint.size,
                root=encode_base64(files.checkpoint.root),
                signed=signed,
                cosigned=tuple((one.cosigner.name, one.time) for one in files.cosignatures),
            )
        )
    absent = sorted({log.name for log in logs} - {record.origin for record in records})
    if not any(finding.kind in ("failure", "missing") for finding in findings):
        findings += [_finding("missing", f"no record of {origin!r} is in this folder") for origin in absent]
    return _answer(findings, records)


def _bases(folder: PublicFolder) -> list[str]:
    """The folders of records, by their names; an empty one where the folder itself is of a record.

    Raises: Malformed, when there is no record at all.
    """
    from majlis.host.layout import CHECKPOINT, record_folder

    if (folder.path / CHECKPOINT).exists():
        return [""]
    found = {path.parent.name for path in folder.path.glob(f"*/{CHECKPOINT}") if len(path.parent.name) == 64}
    # That index.json is missing or altered, SHA256SUMS tells; which records are here, their folders tell.
    with suppress(Fault):
        found |= {record_folder(entry.origin) for entry in folder.index()}
    if not found:
        raise Malformed(
            "there is no record here; name a public folder, or a folder that holds a checkpoint", where=str(folder.path)
        )
    return sorted(found)


def _check_sums(folder: PublicFolder) -> Iterator[Finding]:
    from majlis.host.layout import CHECKPOINT

    if (folder.path / CHECKPOINT).exists():
        return
    for found in folder.check_sums():
        kind: Kind = "warning" if not found.is_failure else "missing" if found.kind == "missing" else "failure"
        yield _finding(kind, found.text, file=found.file)


def _read(
    folder: PublicFolder, base: str, logs: list[NoteKey], cosigners: list[CosignerKey]
) -> tuple[RecordFiles, bool]:
    """The record, and whether a key that was named signed it. Raises: Missing, Malformed, Forged."""
    from majlis.host.layout import CHECKPOINT, record_folder
    from majlis.host.reader import check_record_folder
    from majlis.record import open_checkpoint

    files = check_record_folder(folder, base, cosigners=cosigners)
    place = f"{base}/{CHECKPOINT}" if base else CHECKPOINT
    if base and base != record_folder(files.origin):
        raise Forged(f"this is the folder of another record, and holds that of {files.origin!r}", where=place)
    keys = [log for log in logs if log.name == files.origin]
    if keys:
        try:
            open_checkpoint(files.note, *keys)
        except Fault as fault:
            raise fault.at(place) from None
    return files, bool(keys)


def _kind(fault: Fault) -> Kind:
    return "missing" if isinstance(fault, Missing) else "failure"


def _finding(kind: Kind, text: str, *, file: str = "") -> Finding:
    from majlis.host.verify import Finding

    return Finding(kind=kind, text=text, file=file)


def _answer(findings: list[Finding], records: list[_Record]) -> _Answer:
    kinds = {finding.kind for finding in findings}
    entries = sum(record.size for record in records)
    counted = f"{len(records)} records with {entries} entries give the roots of their checkpoints"
    if "failure" in kinds:
        verdict, summary = "failed", "a check failed; take the files from a mirror, and keep these as evidence"
    elif "missing" in kinds:
        verdict, summary = "incomplete", "something is missing; nothing that is here failed"
    elif not all(record.signed for record in records):
        verdict, summary = (
            "consistent, signer unknown",
            f"{counted}; name the logs' keys with --vkey to check who signed",
        )
    else:
        verdict, summary = "sound", f"{counted}, signed by the keys that were named"
    return _Answer(
        ok=verdict == "sound",
        verdict=verdict,
        exit_code=_CODES[verdict],
        summary=summary,
        findings=tuple(findings),
        records=tuple(records),
    )


def _words(answer: _Answer) -> Iterator[str]:
    yield f"{answer.verdict}: {answer.summary}"
    for record in answer.records:
        signed = "signed" if record.signed else "signature not checked"
        cosigned = "".join(f", cosigned by {name}" for name, _ in record.cosigned)
        yield f"  {record.origin}: {record.size} entries, root {record.root}, {signed}{cosigned}"
    for finding in answer.findings:
        yield f"  {finding.kind}: {finding.file or 'the folder'}: {finding.text}"


def run_fsck(args: argparse.Namespace) -> int:
    """What was found, shown; its exit code."""
    from majlis.host.fsck import fsck

    checked = fsck(args.folder, repair=args.repair)
    code = checked.exit_code
    if args.json:
        facts = {"ok": code == 0, "exit_code": code} | msgspec.to_builtins(checked)
        sys.stdout.write(msgspec.json.encode(facts).decode() + "\n")
        return code
    verdict = {0: "sound", 1: "failed", 3: "incomplete"}[code]
    print(
        f"{verdict}: {checked.records} records with {checked.entries:,} entries, {checked.signed} signed, "
        f"{checked.witnessed} witnessed, {checked.checkpoints} checkpoints, {checked.blobs} blobs"
    )
    for flaw in checked.flaws:
        print(f"  {flaw.kind}: {flaw.place}: {flaw.text} [{flaw.rule}]")
    return code

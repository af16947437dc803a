"""``majlis audit``: every ballot box of a folder verified, by as many workers as there are."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from majlis.cli.box_verify import shown
from majlis.errors import Malformed, Missing

if TYPE_CHECKING:
    from majlis.host.audit import Audit, BoxAudit, BoxFinding, EngineName

_EXAMPLE = """\
examples:
  majlis audit boxes/
  majlis audit boxes/ --workers 8 --json > report.json
  majlis audit /shared/boxes --cluster tcp://scheduler.example:8786

Boxes are the files *.bel of the folder and of those below it. A file of the same name ending in .hints, as majlis box
hints makes it, is used where it lies beside a box. Boxes are checked by themselves: the signed acts about them are
looked at by majlis verify. A cluster is one of Dask (majlis[cluster]); its workers must see the folder under the same
name and run the same version of this program. However many workers there are, the report is the same.
Exit codes: 0 all sound, 1 a box is invalid or could not be audited, 2 usage, 3 a box is not finished, 4 non-canonical.
"""

_SHOWN = 50


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``audit``."""
    parser = commands.add_parser(
        "audit",
        help="verify every ballot box of a folder, with many workers",
        description="Verify every ballot box of a folder.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", metavar="DIR", help="where the boxes are")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--workers", type=int, metavar="N", help="processes here (default: one for each processor)")
    where.add_argument("--cluster", metavar="ADDRESS", help="the scheduler of a Dask cluster")
    parser.add_argument("--engine", choices=("native", "reference"), help="the native one, where it is installed")
    parser.add_argument("--json", action="store_true", help="print JSON, with every box")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The report, shown; its exit code."""
    from majlis.host.audit import audit_folder, find_boxes
    from majlis.host.workers import choose_runner

    folder = Path(args.folder).resolve()
    if not folder.is_dir():
        raise Malformed("there is no such folder; name the one with the boxes", where=args.folder)
    if args.workers is not None and args.workers < 1:
        raise Malformed("at least one worker is needed", where="--workers")
    workers = args.workers or os.cpu_count() or 1
    boxes = len(find_boxes(folder))
    audit = audit_folder(
        folder,
        choose_runner(workers=min(workers, boxes), cluster=args.cluster),
        engine=_engine(args.engine),
        threads=1 if args.cluster else max(1, workers // boxes),
    )
    if args.json:
        json.dump(_json(audit), sys.stdout, ensure_ascii=False, indent=1)
        print()
    else:
        print("\n".join(map(shown, _words(args.folder, audit))))
    return _code(audit)


def _engine(asked: EngineName | None) -> EngineName:
    """Raises: Malformed, where the native engine is asked for and not there."""
    from majlis.crypto.native import check_native, is_native

    if asked is None:
        return "native" if is_native() else "reference"
    if asked == "native":
        try:
            check_native()
        except Missing as fault:
            raise Malformed(fault.text) from None
    return asked


def _code(audit: Audit) -> int:
    verdicts = audit.verdicts.keys()
    if audit.findings or verdicts & {"invalid", "not-audited"}:
        return 1
    if "non-canonical" in verdicts:
        return 4
    return 3 if "incomplete" in verdicts else 0


def _json(audit: Audit) -> dict[str, object]:
    import msgspec

    found: dict[str, object] = msgspec.to_builtins(audit)
    return {"ok": audit.is_sound, **found}


def _words(folder: str, audit: Audit) -> Iterator[str]:
    from majlis.host.audit import is_hinted

    counts = ", ".join(f"{count} {verdict}" for verdict, count in audit.verdicts.items())
    yield f"{folder}: {len(audit.boxes)} boxes: {counts}"
    yield f"{audit.ballots} ballots in the sound ones, {audit.counted} of them count"
    hinted, refused = is_hinted(audit), [box for box in audit.boxes if box.hints not in {"none", "used"}]
    ballots = sum(box.hinted for box in audit.boxes)
    yield f"hints beside the box helped with {hinted} boxes, {ballots} ballots; they are not trusted"
    yield from (f"{box.archive}: its hints were not used: {box.hints}" for box in refused[:_SHOWN])
    unsound = [box for box in audit.boxes if box.verdict not in {"valid", "valid-v1"}]
    for box in unsound[:_SHOWN]:
        yield f"{box.archive}: {box.verdict}{_named(box)}"
        yield from _findings(box.findings, box.failed)
    if len(unsound) > _SHOWN:
        yield f"and {len(unsound) - _SHOWN} boxes more; --json lists all"
    yield from _findings(audit.findings, len(audit.findings))


def _named(box: BoxAudit) -> str:
    return f" ({box.name}, {box.uuid})" if box.uuid else ""


def _findings(findings: Iterable[BoxFinding], failed: int) -> Iterator[str]:
    first = list(findings)[:_SHOWN]
    for finding in first:
        place = f" at {finding.where}" if finding.where else ""
        yield f"  FAILED {finding.check} in {finding.archive}{place}: {finding.text}"
    if failed > len(first):
        yield f"  and {failed - len(first)} more"

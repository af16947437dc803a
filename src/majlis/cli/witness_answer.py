"""``majlis witness answer``: a bundle comes, and a small one goes home with this mirror's lines."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from majlis.cli.desk import Desk, add_command
from majlis.cli.words import taken_in_words

if TYPE_CHECKING:
    from majlis.host.answering import Answered

__all__ = ["add_answer"]


def add_answer(own: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``witness answer``."""
    parser = add_command(
        own,
        "answer",
        run_answer,
        help_="hold and cosign what a bundle brings, and write the bundle that goes home with the cosignatures",
        example="majlis witness answer friday.majlis --out answer.majlis",
        more="At home: 'majlis import answer.majlis --into public', and 'majlis tick hilltop --from public'.\n"
        "Each further mirror may answer the same bundle: import all answers, and log one tick.\n"
        "Exit codes: 0 all of it is cosigned; 1 something was refused; 3 something is lacking, such as the entries\n"
        "before those that the bundle carries, or nothing could be cosigned.",
    )
    parser.add_argument("bundle", metavar="BUNDLE", type=Path, help="what 'majlis bundle' wrote")
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="the bundle that goes home")


def run_answer(args: argparse.Namespace) -> int:
    """The answer is written, as far as this witness cosigned."""
    from majlis.cli.witness import open_witness
    from majlis.host.answering import answer

    desk = Desk(args)
    with tempfile.TemporaryDirectory(prefix="majlis-") as scratch, open_witness(desk) as (store, mirror):
        answered = answer(desk.node, mirror, store, args.bundle, Path(scratch) / "public", args.out)
    for each in answered.taken:
        desk.say(taken_in_words(each))
    lacking = [record for record in answered.received.records if record.outcome in ("waiting", "refused", "fork")]
    for record in lacking:
        desk.say(f"{record.slug}: {record.text}")
    text = (
        f"{args.out} goes home: 'majlis import' it there, then 'majlis tick --from'"
        if answered.is_written
        else "nothing of it could be cosigned, so there is no answer"
    )
    return desk.ended(
        _code(answered),
        text,
        file=str(args.out) if answered.is_written else "",
        records=[asdict(each) for each in answered.taken],
    )


def _code(answered: Answered) -> int:
    if any(each.outcome == "refused" for each in answered.taken) or answered.received.exit_code == 1:
        return 1
    return 0 if answered.is_written and answered.received.exit_code == 0 else 3

"""``majlis trace``: the chain of warrants of one act, in words, down to the census."""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import msgspec

from majlis.errors import Forged, Malformed, Missing, plain
from majlis.host.folder import Folder, open_folder
from majlis.institutions import Step, trace

EPILOG = """examples:
  majlis trace public assembly 120
  majlis trace public 5f3c…(64 hex digits) 12 --brief"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "trace",
        help="follow an act to the decision, the votes, the roll and the census it rests on",
        description="Prints the chain of warrants of the act at INDEX in BODY's record.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("path", type=Path, metavar="PATH", help="the public folder")
    parser.add_argument("body", metavar="BODY", help="the body's slug or its identity")
    parser.add_argument("index", type=int, metavar="INDEX", help="the position of the act in the record, from 0")
    parser.add_argument("--brief", action="store_true", help="follow one link of each kind only")
    parser.add_argument("--json", action="store_true", help="print the steps as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 when the act is in force, 1 when void, 2 when there is no such act, 3 when what it rests on is not at hand."""
    with ProcessPoolExecutor(os.cpu_count() or 1) as pool:
        folder = open_folder(args.path, pool.map)
        folder.federation.fold_all()
    identity = find(folder, args.body)
    state = folder.federation.records[identity].state
    if not 0 <= args.index < state.size:
        raise Malformed(f"the record of {args.body} has entries 0 to {state.size - 1}; there is no entry {args.index}")
    act = state.log[args.index]
    if act not in state.acts:
        found = next(f for f in folder.federation.records[identity].findings if f.index == args.index)
        print(plain(f"entry {args.index} of {folder.slug(identity)} is void by {found.rule}: {found.text}"))
        return 1
    records = folder.federation.records
    steps = list(trace(identity, act, lambda body: records[body].state if body in records else None))
    if args.brief:
        steps = brief(steps)
    if args.json:
        sys.stdout.write(msgspec.json.encode(steps).decode() + "\n")
    else:
        print("\n".join(plain(line(folder, step)) for step in steps))
    standing = steps[0].standing
    if standing is None or standing.status in ("missing", "waiting"):
        return 3
    return 0 if standing.status == "in-force" else 1


def find(folder: Folder, name: str) -> str:
    """The identity of the body that is meant. Raises: Malformed when there is no such body; Forged or Missing when the
    folder lists bodies that cannot be read, one of which it may be.
    """
    try:
        return folder.find(name)
    except Malformed as fault:
        for problem in folder.problems:
            if problem.kind == "failure":
                raise Forged(problem.text, where=problem.file, rule=problem.rule) from fault
            if problem.kind == "missing":
                raise Missing(problem.text, where=problem.file, rule=problem.rule) from fault
        raise


def brief(steps: list[Step]) -> list[Step]:
    """The steps with the first of each kind under one act, and the branches below the others left out."""
    kept: list[Step] = []
    seen: list[set[str]] = [set()]
    skip_below: int | None = None
    for step in steps:
        if skip_below is not None and step.depth > skip_below:
            continue
        skip_below = None
        del seen[step.depth + 1 :]
        while len(seen) <= step.depth:
            seen.append(set())
        if step.role in seen[step.depth]:
            skip_below = step.depth
            continue
        seen[step.depth].add(step.role)
        kept.append(step)
    return kept


def line(folder: Folder, step: Step) -> str:
    """One step in words, indented by its depth."""
    indent = "  " * step.depth
    role = f"{step.role}: " if step.role else ""
    if step.standing is None:
        return f"{indent}{role}act {step.act[:12]} of body {step.body[:12]}, which is not at hand"
    standing = step.standing
    status = "in force" if standing.status == "in-force" else standing.status
    reason = f" by {standing.rule}: {standing.text}" if standing.rule else ""
    return f"{indent}{role}{standing.kind}, act {standing.index} of {folder.slug(step.body)}, {status}{reason}"

"""Each check of the native engine taken out in turn: do the tests notice?

    python -m bench.drills.mutants [NAME …]

For each mutant the crate is copied, one line of it changed, the library built, and the tests of the native engine that
look at ballots and shuffles run over it, with all that the processor has and without. A mutant that they pass is
printed and makes the exit code 1. It takes some ten seconds for each; the tests of the program itself do the same to
the checks of the reference engine every time (``tests/ballot/test_boxes.py``).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent.parent
TESTS: Final = (
    "tests/native/test_parity.py",
    "tests/native/test_hints.py",
    "tests/native/test_shuffle.py",
    "tests/native/test_members.py",
)
QUICK: Final = {"LTO": "off", "OPT_LEVEL": "1", "CODEGEN_UNITS": "16", "INCREMENTAL": "true"}
LIBRARY: Final = "libmajlis_native.so"


class Mutant(NamedTuple):
    """One change: in this file of the crate, this text becomes that one."""

    name: str
    file: str
    old: str
    new: str


MUTANTS: Final = (
    Mutant(
        "a signed text is not compared",
        "ballot.rs",
        "text::fingerprint(&digest) == *self.ballots[number].0.hash",
        "true",
    ),
    Mutant("a challenge is not compared", "ballot.rs", "scalar::from_digest(&digest) == self.ends[number].1", "true"),
    Mutant("another election's ballot", "ballot.rs", "cursor.expect(&election.fingerprint)?", "cursor.take::<43>()?"),
    Mutant("text after the ballot", "ballot.rs", "cursor.rest.is_empty().then_some", "true.then_some"),
    Mutant("no equation is looked at", "batch.rs", "if self.equations_hold(prepared)", "if true"),
    Mutant("a root may give the identity", "batch.rs", "!points.iter().all(Member::is_proper)", "false"),
    Mutant(
        "a base is not the ballot's",
        "batch.rs",
        "text::point_hex(&base.encoded) == **text",
        "true || **text == [0; 64]",
    ),
    Mutant("plaintexts are forgotten", "batch.rs", "1 => of_plaintexts.add_product(&z, challenge)", "1 => {}"),
    Mutant(
        "responses of g are forgotten", "batch.rs", "of_generator.add_product(&z, response)", "let _ = (&z, response)"
    ),
    Mutant("coins are all alike", "coins.rs", "chance::fill(&mut bytes)?;", "let _ = chance::fill;"),
    Mutant("any point of the curve is a base", "single.rs", "is_eighth_root(&root, base).then_some(root)?", "root"),
    Mutant(
        "a root off the curve, eight at once",
        "lanes_roots.rs",
        "is_x & is_y & is_on_curve",
        "is_x & is_y | is_on_curve & 0",
    ),
    Mutant(
        "a root off the curve, four at once",
        "quad_point.rs",
        "if field::is_zero(&element)",
        "if element.0[0] < u64::MAX",
    ),
    Mutant(
        "a root off the curve",
        "point.rs",
        "if !field::is_equal(&tighten(&difference)",
        "if false && !field::is_equal(&tighten(&difference)",
    ),
    Mutant(
        "any point is a member, eight at once",
        "lanes_member.rs",
        "if is_member != u8::MAX || ",
        "if is_member == 0 && ",
    ),
    Mutant(
        "any point is a member", "single.rs", "is_eighth_root(&root, point).then(", "(point.x.0[0] < u64::MAX).then("
    ),
    Mutant("a sign at zero, eight at once", "lanes_member.rs", " & !is_signed_zero", ""),
    Mutant("a payload under another name", "archive.rs", "if data[at..at + 64] != name", "if false"),
    Mutant("text after an event", "archive.rs", 'rest == b"\\"}" &&', "!rest.is_empty() &&"),
    Mutant("an event under another name", "archive.rs", "data[event_at..event_at + 64] == text::hex(event)", "true"),
    Mutant("any header", "archive.rs", "if *header != expected", "if false"),
    Mutant("anything as padding", "archive.rs", "padding.iter().all(|&byte| byte == 0)", "(padding.len() < 512)"),
    Mutant("earlier ballots stay in the sum", "tally.rs", "weight < 0)", "false)"),
    Mutant("weights are forgotten", "tally.rs", "if size == 1", "if size > 0"),
    Mutant("no equation of a shuffle", "shuffle.rs", "if equations_hold(votes, key, &niels, &scalars)", "if true"),
    Mutant(
        "any point of the curve in a shuffle",
        "shuffle.rs",
        "member::look(&points[known..], Wanted::Members)",
        "member::look(&points[known..], Wanted::Points)",
    ),
    Mutant(
        "a shuffle's point is not the root's",
        "shuffle.rs",
        "member.is_proper() && member.encoded == *point",
        "member.is_proper() && !point.is_empty()",
    ),
    Mutant(
        "the chain of a shuffle is cut",
        "shuffle.rs",
        "Some(next) => scalar::neg(&scalar::mul(next, &sp[i + 1]))",
        "Some(_) => scalar::ZERO",
    ),
)


def build(crate: Path, target: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **{f"CARGO_PROFILE_RELEASE_{key}": value for key, value in QUICK.items()}}
    command = ["cargo", "build", "--release", "--offline", "--target-dir", str(target)]
    return subprocess.run(command, cwd=crate, env=environment, capture_output=True, text=True, check=False)


def tried(package: Path) -> subprocess.CompletedProcess[str]:
    """The tests, over the library beside this package."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(package), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-m", "pytest", "-n0", "-x", "-q", "-p", "no:cacheprovider", *TESTS]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def look_at(mutant: Mutant | None, folder: Path) -> str:
    """What the tests say: the first that fails, or "" where none does."""
    crate = folder / "crate"
    shutil.rmtree(crate, ignore_errors=True)
    shutil.copytree(ROOT / "native", crate, ignore=shutil.ignore_patterns("target", "build"))
    if mutant is not None:
        path = crate / "src" / mutant.file
        text = path.read_text(encoding="utf-8")
        if mutant.old not in text:
            sys.exit(f"{mutant.file} has no {mutant.old!r} any more: bring the list up to date")
        path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
    built = build(crate, folder / "target")
    if built.returncode:
        sys.exit(f"this mutant does not build: {mutant}\n{built.stderr}")
    package = folder / "package"
    shutil.rmtree(package, ignore_errors=True)
    shutil.copytree(crate / "majlis_native", package / "majlis_native")
    shutil.copy2(folder / "target" / "release" / LIBRARY, package / "majlis_native")
    done = tried(package)
    if done.returncode == 0:
        return ""
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed[0] if failed else done.stdout[-300:] + done.stderr[-300:]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="these mutants alone")
    args = parser.parse_args()
    chosen = [mutant for mutant in MUTANTS if not args.names or mutant.name in args.names]
    survived = 0
    with tempfile.TemporaryDirectory() as name:
        sound = look_at(None, Path(name))
        if sound:
            sys.exit(f"the tests fail without any change: {sound}")
        for mutant in chosen:
            noticed = look_at(mutant, Path(name))
            survived += not noticed
            print(f"{'noticed ' if noticed else 'SURVIVED'} {mutant.name}: {noticed[:150]}", flush=True)
    print(f"{len(chosen) - survived} of {len(chosen)} mutants noticed")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())

"""The booth's own judgement, asked of one node process; and how Python answers the same questions."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from majlis.crypto import check_signature
from majlis.errors import Fault
from majlis.institutions.act import open_act
from majlis.institutions.in_force import check_in_force, parse_in_force
from majlis.record import parse_cosigner_key, parse_note_key

Answer = dict[str, Any]
Ask = Callable[..., Answer]


@pytest.fixture(scope="session")
def built(project_root: Path) -> Path:
    """The folder of the booth's modules; the test skips where they are not built."""
    found = project_root / "booth" / "dist"
    if not (found / "index.js").exists():
        pytest.skip("the booth is not built here: install node 20 or newer with npm, then make booth")
    return found


@pytest.fixture(scope="session")
def node() -> str:
    """The program ``node``; the test skips where there is none."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("no node here: install node 20 or newer to run the booth's tests")
    return found


@pytest.fixture(scope="session")
def every_way(node: str, built: Path) -> Iterator[Callable[..., dict[str, Answer]]]:
    """``every_way("act", entry=…)``: the booth's answer by BigInt, by the platform alone, and by what it uses."""
    command = [node, "--no-warnings", str(Path(__file__).with_name("lines.mjs"))]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        assert process.stdin and process.stdout
        lines_in, lines_out = process.stdin, process.stdout

        def ask(question: str, **parts: Any) -> dict[str, Answer]:
            lines_in.write(json.dumps({"ask": question, **parts}) + "\n")
            lines_in.flush()
            answer = lines_out.readline()
            assert answer, "node ended; its error stands above"
            found: dict[str, Answer] = json.loads(answer)
            return found

        yield ask
        lines_in.close()
        process.wait(timeout=20)


@pytest.fixture(scope="session")
def ask(every_way: Callable[..., dict[str, Answer]]) -> Ask:
    """``ask("act", entry=…)``: the one answer of the booth, whichever way it takes."""

    def one(question: str, **parts: Any) -> Answer:
        answers = every_way(question, **parts)
        assert {"bigint", "best"} <= answers.keys()
        assert all(answer == answers["bigint"] for answer in answers.values()), answers
        return answers["bigint"]

    return one


def in_order(value: Any) -> Any:
    """A value of the JSON profile as ``judge.mjs`` writes it: objects as lists of pairs."""
    if isinstance(value, dict):
        return {"pairs": [[key, in_order(item)] for key, item in value.items()]}
    return [in_order(item) for item in value] if isinstance(value, list) else value


def python_on_act(entry: bytes) -> Answer:
    """What the reference engine says of an entry, in the words of ``judge.mjs``."""
    try:
        signed = open_act(entry)
    except Fault as fault:
        return {"rule": fault.rule, "kind": type(fault).__name__}
    act = signed.act
    seen = {"size": act.seen.size, "root": act.seen.root}
    return {
        "rule": "",
        "id": act.id,
        "kind": act.kind,
        "identity": act.identity,
        "seen": seen,
        "cites": list(act.cites),
        "data": in_order(act.data),
        "keys": sorted(signed.keys),
    }


def python_on_signature(key: bytes, message: bytes, signature: bytes) -> Answer:
    """What the reference engine says of a signature."""
    try:
        check_signature(key, message, signature)
    except Fault as fault:
        return {"rule": fault.rule, "kind": type(fault).__name__}
    return {"rule": ""}


def python_on_in_force(data: bytes, trust: dict[str, Any]) -> Answer:
    """What the reference engine says of a proof of what is in force."""
    try:
        logs = [parse_note_key(vkey) for vkey in trust["logs"]]
        shown = parse_in_force(data)
        mirrors = [parse_cosigner_key(vkey) for vkey in trust["mirrors"]]
        found = check_in_force(shown, body=trust["body"], logs=logs, mirrors=mirrors, quorum=trust["quorum"])
    except Fault as fault:
        return {"rule": fault.rule, "kind": type(fault).__name__}
    return {
        "rule": "",
        "statement": found.statement,
        "size": str(found.size),
        "time": str(found.time),
        "later": str(found.later),
        "mirrors": list(found.mirrors),
    }

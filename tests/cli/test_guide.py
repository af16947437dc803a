"""The guide does what it says: every block of its pages is run as it stands, at the terminal it names."""

from __future__ import annotations

import itertools
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.cli.terminal import Server, Terminal

BLOCK = re.compile(r"^```sh (\w+)( stop)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


FIRST, DELEGATES, SEATS = "first-committee", "electing-delegates", "changing-seats"


class Block(NamedTuple):
    terminal: str
    stop: bool
    text: str


def blocks(root: Path, *pages: str) -> list[Block]:
    texts = [(root / "docs" / "guide" / f"{page}.md").read_text(encoding="utf-8") for page in pages]
    return [Block(name, bool(stop), body) for text in texts for name, stop, body in BLOCK.findall(text)]


def follow(root: Path, folder: Path, server: Server | None, *pages: str) -> Iterator[tuple[Block, str]]:
    """Each block of the pages with what it printed; a command that fails ends it."""
    terminals: dict[str, Terminal] = {}
    try:
        for block in blocks(root, *pages):
            if block.stop:
                yield block, look_at_the_pages(block, folder)
                continue
            if block.terminal not in terminals:
                terminals[block.terminal] = Terminal(folder, server)
            code, printed = terminals[block.terminal].run(block.text)
            assert code == 0, f"exit code {code}, at the terminal of {block.terminal}:\n{block.text}\n{printed}"
            yield block, printed
    finally:
        for terminal in terminals.values():
            terminal.close()


def look_at_the_pages(block: Block, folder: Path) -> str:
    """A command that runs until somebody stops it: the pages are read meanwhile, in both languages."""
    words = block.text.split()
    assert words[:2] == ["majlis", "serve"]
    process = subprocess.Popen([sys.executable, "-m", *words], cwd=folder, text=True, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        address = process.stdout.readline().split()[-1]
        pages = [
            fetch(address.replace("index.html", f"{language}/hilltop/{page}"))
            for language in ("en", "ar")
            for page in ("motions-1.html", "motion-6.html", "motion-19.html", "election-20.html")
        ]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    return "\n".join(pages)


def fetch(address: str) -> str:
    for _ in range(100):
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                return str(answer.read().decode())
        except ConnectionError:
            time.sleep(0.1)
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionError):
                raise
            time.sleep(0.1)
    raise AssertionError(f"{address} did not answer")


def check_story(told: list[tuple[Block, str]]) -> None:
    """What somebody who follows the guide sees at its turning points."""
    everything = "".join(printed for _, printed in told)
    assert "Traceback" not in everything
    assert ", void" not in everything
    assert "act 11 of hilltop: decision.hand, in force" in everything
    assert "act 37 of hilltop: election.result, in force" in everything
    assert re.search(r"^ +8  for / مع$", everything, re.MULTILINE)
    assert re.search(r"^ +2  against / ضد$", everything, re.MULTILINE)
    assert re.search(r"^ +1  \(blank\)$", everything, re.MULTILINE)
    assert "12 ballots of 11 voters; 12 are on the list" in everything
    assert "sound: everything holds, and every identity follows from what you pinned" in everything
    *commands, (_, pages) = told
    assert all("PRACTICE" in printed for _, printed in commands if "majlis key" in printed)
    for said in ("Shall we clean the old well before the winter?", "Do we confirm our founding", "تدريب"):
        assert said in pages


def test_the_guide_does_what_it_says_word_for_word(project_root: Path, tmp_path: Path) -> None:
    street, runs = tmp_path / "street", tmp_path / "runs"
    street.mkdir()
    runs.mkdir()
    server = Server(runs)
    try:
        told = list(follow(project_root, street, server, FIRST, DELEGATES))
    finally:
        server.stop()
    end = next(number for number, (block, _) in enumerate(told, start=1) if block.stop)
    check_story(told[:end])
    check_delegates(told[end:])
    check_secrets_at_rest(street)


def check_delegates(told: list[tuple[Block, str]]) -> None:
    """What somebody who follows the second page sees."""
    everything = "".join(printed for _, printed in told)
    assert "Traceback" not in everything
    assert ", void" not in everything
    for step in range(1, 5):
        assert everything.count(f"step {step} of 4") == 3
    assert "any 2 of 3 trustees will open this box" in everything
    assert "2 shuffles are in the box" in everything
    assert re.search(r"elected, by scottish/1: Zeina \(\w+\), Khalil \(\w+\); reserves: Amal", everything)
    assert "sound: everything holds, and every identity follows from what you pinned" in told[-1][1]


def test_the_page_on_seats_does_what_it_says_word_for_word(project_root: Path, tmp_path: Path) -> None:
    """A plan is adopted, amended with the census, accepted, and a better one laid beside it; the whole is sound."""
    valley, runs = tmp_path / "street", tmp_path / "runs"
    valley.mkdir()
    runs.mkdir()
    server = Server(runs)
    try:
        told = list(follow(project_root, valley, server, SEATS))
    finally:
        server.stop()
    drawn, fenced, checked, *_ = (printed for _, printed in told)
    assert [line.split()[-2:] for line in drawn.splitlines() if line.startswith("hilltop ")] == [["Hilltop,", "Mill"]]
    (cut,) = (line for line in fenced.splitlines() if line.startswith("hilltop "))
    assert cut.endswith("Hilltop, Mill, Orchard")
    assert "Proven anew: no plan by these rules has more than 3 pooled districts." in checked
    everything = "".join(printed for _, printed in told)
    assert "Traceback" not in everything
    assert ", void" not in everything
    assert "From that plan to this, 320 inhabitants in 1 place change district." in everything
    for index in (10, 11, 12):
        assert f"act {index} of assembly: plan.ratify, in force" in everything
    assert "1,520 inhabitants in 2 places change district" in everything
    last = told[-1][1]
    assert "sound: everything holds, and every identity follows from what you pinned" in last
    assert "the plan that this act lays beside the one of act 8 is better: by malapportionment" in last
    check_secrets_at_rest(valley, "valley")


def check_secrets_at_rest(street: Path, folder: str = "hilltop") -> None:
    """No secret and no member's name lies open in what travels, or is public."""
    for path in [*(street / "public").rglob("*"), *(street / "stick").rglob("*")]:
        if path.is_file():
            data = path.read_bytes()
            assert b"nine wells" not in data
            if "public" in path.parts:
                assert not re.search(rb"\b(dalia|tarek|tamim|theo)\b", data), path
    for path in (street / folder / "keyrings").rglob("*.json"):
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.slow
def test_the_guide_begins_alike_with_the_program_as_it_is_installed(project_root: Path, tmp_path: Path) -> None:
    """Folders and people, each command a process of its own and each passphrase stretched in full."""
    first = list(itertools.islice(follow(project_root, tmp_path, None, FIRST), 3))
    assert "yusuf.card is the card of yusuf for hilltop" in first[-1][1]
    assert len(list((tmp_path / "hilltop" / "keyrings").glob("*.json"))) == 8

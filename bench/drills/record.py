"""Drills of the record: what is acknowledged survives, and what cannot be certain is never acknowledged.

    python -m bench.drills.record [--rounds 200] [--folder DIR] [kill|starve|break|write|two|backup ...]

    kill     a host is killed (SIGKILL) at a random instant, again and again, on one growing folder
    starve   a host's files may not grow over a limit, which is tried at many sizes (EFBIG in the middle of a write)
    break    SQLite's open journals are exchanged for a device that fails each write (ENOSPC) or each sync
    write    publishing, bundling and importing, with each single write, sync, rename and unlink failing once
    two      a second process opens a folder at which the first is writing
    backup   an old copy of the records, of the signer's memory, or of both comes back

After each round: every acknowledged entry is there and unaltered, ``fsck`` finds nothing, no signed checkpoint is ahead
of the entries, and the public folder is whole. Prints a line for each drill, and ends with code 1 at the first that
fails. Killing a process is no power cut: whether a disk keeps what it said it synced, only its maker knows.
"""

from __future__ import annotations

import argparse
import errno
import os
import platform
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bench.drills.disk import count_calls, failing_at
from bench.drills.worker import KEY, ORIGIN, entry

from majlis.errors import Fault, Refused
from majlis.host.bundle import make_bundle
from majlis.host.fsck import fsck
from majlis.host.layout import CHECKPOINT, IndexEntry, record_folder
from majlis.host.publish import publish_record, write_index
from majlis.host.reader import PublicFolder
from majlis.host.receive import receive
from majlis.host.signer import SignerBook
from majlis.host.sqlite_store import SqliteStore
from majlis.host.store import MemoryStore
from majlis.record import Checkpoint, Note, NoteKey, format_checkpoint, format_note, sign_note

ROOT: Final = Path(__file__).resolve().parents[2]
LOG: Final = NoteKey(name=ORIGIN, public_key=KEY.public_key)
JOURNALS: Final = ("host.db-wal", "signer.db-wal")


class Acknowledged:
    """What a worker said before it ended."""

    def __init__(self, output: bytes) -> None:
        # A line that was cut off was not said.
        lines = [line.split(" ", 2) for line in output.decode().split("\n")[:-1]]
        self.size = max((int(line[1]) for line in lines if line[0] == "A"), default=0)
        self.signed = max((int(line[1]) for line in lines if line[0] == "S"), default=0)
        self.published = max((int(line[1]) for line in lines if line[0] == "P"), default=0)
        self.faults = [line[1] for line in lines if line[0] == "F"]


def run_worker(folder: Path, *options: str, seconds: float | None = None) -> Acknowledged:
    """A worker at this folder, killed after ``seconds``, or until it ends by itself."""
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "bench.drills.worker", str(folder), *options], stdout=output, stderr=output, cwd=ROOT
        )
        try:
            child.wait(seconds or 120)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.wait()
        output.seek(0)
        said = output.read()
    assert b"Traceback" not in said, said.decode()
    return Acknowledged(said)


def check_folder(folder: Path, said: Acknowledged) -> int:
    """Nothing acknowledged is lost, and all agrees; returns how many entries are there. Raises: AssertionError."""
    found = fsck(folder)
    assert found.exit_code == 0, found.flaws
    store = SqliteStore(folder)
    book = SignerBook(folder)
    try:
        record = store.record(ORIGIN)
        size = record.size
        assert size >= said.size, f"{said.size} entries were acknowledged, and {size} are there"
        assert list(record.iterate()) == [entry(number) for number in range(size)]
        last = book.signer(record, KEY).last()
        assert said.signed <= last.size <= size, f"signed {said.signed}, remembered {last.size}, there {size}"
        if (folder / "public" / record_folder(ORIGIN) / CHECKPOINT).exists():
            public = PublicFolder(folder / "public").record(ORIGIN, logs=[LOG])
            assert said.published <= public.checkpoint.size <= last.size
        else:
            assert said.published == 0
        return size
    finally:
        book.close()
        store.close()


# --- drills


def kill(home: Path, rounds: int) -> str:
    chance = random.Random(1)
    folder, before, unsaid, acknowledged = home / "kill", 0, 0, 0
    for _ in range(rounds):
        said = run_worker(folder, seconds=0.25 + chance.random() * 0.5)
        if not (folder / "signer.db").exists() or not said.size:
            continue
        size = check_folder(folder, said)
        acknowledged += said.size - before
        unsaid += size - said.size
        before = size
    return f"{rounds} kills, {acknowledged} entries acknowledged, none lost; {unsaid} more were there, unsaid"


def starve(home: Path, rounds: int) -> str:
    faults: Counter[str] = Counter()
    for number in range(rounds):
        folder = home / f"starve-{number}"
        run_worker(folder, "--break", "host.db-wal", "full", "4")
        limit = 60_000 + number * 9_973
        said = run_worker(folder, "--limit", str(limit))
        assert said.faults, f"nothing failed under a limit of {limit} bytes"
        faults.update(said.faults[:1])
        check_folder(folder, said)
        check_folder(folder, run_worker(folder, "--break", "host.db-wal", "full", "2"))
        shutil.rmtree(folder)
    return f"{rounds} limits, each hit: {dict(faults)}; nothing acknowledged lost, each went on after a restart"


def break_(home: Path, rounds: int) -> str:
    faults: Counter[str] = Counter()
    tried = 0
    for number in range(rounds):
        for file in JOURNALS:
            for kind in ("full", "unsynced"):
                folder = home / f"break-{number}-{file}-{kind}"
                said = run_worker(folder, "--break", file, kind, str(1 + number * 5))
                assert said.faults, f"{file} {kind}: nothing failed"
                assert len(said.faults) == 3, "it went on after its disk had failed"
                faults.update(said.faults)
                check_folder(folder, said)
                tried += 1
                shutil.rmtree(folder)
    return f"{tried} journals broken: {dict(faults)}; each stopped at once and for good, nothing acknowledged lost"


def write(home: Path, rounds: int) -> str:
    home = home / "write"
    home.mkdir()
    old, new = _public(home / "old", 300), _public(home / "new", 700)
    make_bundle(new, home / "new.majlis")
    total = 0
    for code in (errno.EIO, errno.ENOSPC):
        for name, work in (("publish", _publishing), ("bundle", _bundling), ("import", _importing)):
            shutil.copytree(old, home / "trial")
            calls = count_calls(lambda work=work: work(home))
            shutil.rmtree(home / "trial")
            step = max(1, calls // rounds)
            for call in range(1, calls + 1, step):
                shutil.copytree(old, home / "trial")
                _fail_once(home, work, call, code)
                total += 1
                assert _size(home / "trial") in (300, 700), f"{name}: call {call} of {calls} left half"
                work(home)
                assert _size(home / "trial") == (300 if name == "bundle" else 700)
                shutil.rmtree(home / "trial")
                (home / "out.majlis").unlink(missing_ok=True)
    return f"{total} single calls failed (EIO, ENOSPC); the folder was whole each time, and the next try completed it"


def _fail_once(home: Path, work: Callable[[Path], object], call: int, code: int) -> None:
    try:
        with failing_at(call, code):
            work(home)
    except (OSError, Fault):
        return


def _record(size: int) -> tuple[MemoryStore, bytes]:
    store = MemoryStore()
    record = store.create(ORIGIN)
    record.append([entry(number) for number in range(size)])
    text = format_checkpoint(Checkpoint(origin=ORIGIN, size=size, root=record.root()))
    return store, format_note(Note(text=text, signatures=(sign_note(text, ORIGIN, KEY),)))


def _public(folder: Path, size: int) -> Path:
    store, note = _record(size)
    publish_record(folder, store.record(ORIGIN), note)
    write_index(folder, [IndexEntry(slug="drill", names={}, identity="0" * 64, origin=ORIGIN)])
    return folder


def _size(folder: Path) -> int:
    return PublicFolder(folder).record(ORIGIN, logs=[LOG]).checkpoint.size


def _publishing(home: Path) -> None:
    store, note = _record(700)
    publish_record(home / "trial", store.record(ORIGIN), note)


def _bundling(home: Path) -> None:
    make_bundle(home / "trial", home / "out.majlis")
    receive(home / "out.majlis", home / "copy", logs=[LOG])
    shutil.rmtree(home / "copy")


def _importing(home: Path) -> None:
    received = receive(home / "new.majlis", home / "trial", logs=[LOG])
    assert received.exit_code == 0, received


def two(home: Path, rounds: int) -> str:
    folder = home / "two"
    run_worker(folder, "--break", "host.db-wal", "full", "3")
    refused = 0
    for _ in range(rounds):
        first = subprocess.Popen(
            [sys.executable, "-m", "bench.drills.worker", str(folder)], stdout=subprocess.PIPE, cwd=ROOT
        )
        assert first.stdout is not None
        try:
            assert first.stdout.readline().startswith(b"A ")
            for open_ in (SqliteStore, SignerBook):
                try:
                    open_(folder)
                except Refused:
                    refused += 1
            assert fsck(folder).records == 1
        finally:
            first.kill()
            first.stdout.close()
            first.wait()
    check_folder(folder, Acknowledged(b""))
    assert refused == 2 * rounds, f"{refused} of {2 * rounds} second writers were refused"
    return f"{refused} second writers refused at once; readers were let in, and found all sound"


def backup(home: Path, rounds: int) -> str:
    caught = 0
    for number in range(rounds):
        folder = home / f"backup-{number}"
        run_worker(folder, "--break", "host.db-wal", "full", str(2 + number))
        for name in ("host.db", "signer.db"):
            SqliteStore(folder).close()
            SignerBook(folder).close()
            shutil.copy(folder / name, folder / f"{name}.old")
        run_worker(folder, "--break", "host.db-wal", "full", "6")
        store, book = SqliteStore(folder), SignerBook(folder)
        newest = book.signer(store.record(ORIGIN), KEY).sign()
        store.close()
        book.close()
        for restored in (("host.db",), ("host.db", "signer.db")):
            copy = home / f"backup-{number}-{len(restored)}"
            shutil.copytree(folder, copy)
            for name in restored:
                for suffix in ("", "-wal", "-shm"):
                    (copy / f"{name}{suffix}").unlink(missing_ok=True)
                shutil.copy(copy / f"{name}.old", copy / name)
            store, book = SqliteStore(copy), SignerBook(copy)
            try:
                # With both files old, only somebody who has seen more can tell: a mirror, a stick, a neighbour.
                book.signer(store.record(ORIGIN), KEY).sign(seen=[newest] if len(restored) == 2 else [])
            except Refused:
                caught += 1
            finally:
                store.close()
                book.close()
            shutil.rmtree(copy)
        shutil.rmtree(folder)
    assert caught == 2 * rounds, f"{caught} of {2 * rounds} old copies were caught"
    return f"{caught} old copies: not one was signed"


DRILLS: Final = {"kill": kill, "starve": starve, "break": break_, "write": write, "two": two, "backup": backup}
SHARE: Final = {"kill": 1, "starve": 8, "break": 40, "write": 4, "two": 20, "backup": 20}
"""How many of the rounds asked for make one round of each drill."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("drills", nargs="*", choices=[*DRILLS, []], help="which; all otherwise")
    parser.add_argument("--rounds", type=int, default=200, help="rounds of the kill drill, others in proportion (200)")
    parser.add_argument("--folder", type=Path, help="where to write; a temporary folder otherwise")
    args = parser.parse_args()
    print(f"{platform.system()}, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print("command: python -m bench.drills.record", *sys.argv[1:])
    home = Path(tempfile.mkdtemp(dir=args.folder))
    try:
        for name in args.drills or DRILLS:
            start = time.perf_counter()
            told = DRILLS[name](home, max(1, args.rounds // SHARE[name]))
            print(f"{name:7} {told} ({time.perf_counter() - start:.0f} s)", flush=True)
    except AssertionError as wrong:
        print(f"{name:7} FAILED: {wrong}")
        return 1
    finally:
        shutil.rmtree(home)
    return 0


if __name__ == "__main__":
    sys.exit(main())

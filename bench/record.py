"""How fast a record is: durable appends against a plain SQLite with the same settings, the check, proofs, signatures.

    python bench/record.py [--folder DIR] [--entries N]

Single runs on a shared machine spread two to five times; the ratios within one run are what counts. ``DIR`` should lie
on the disk that is to be measured: an append is as fast as its sync.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from majlis.crypto import SigningKey
from majlis.host.sqlite_store import SqliteRecord, SqliteStore
from majlis.host.store import Record
from majlis.record import Note, NoteKey, check_inclusion, check_note, format_note, leaf_hash, parse_note, sign_note

SIZE = 1000


def rate(count: int, work: Callable[[], object]) -> float:
    """How many of ``count`` things are done in a second."""
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)


def plain(folder: Path, entries: list[bytes], batch: int) -> float:
    """The same rows in a bare table: what the disk and SQLite allow."""
    connection = sqlite3.connect(folder / "plain.db", isolation_level=None)
    for setting in ("journal_mode=WAL", "synchronous=FULL", "fullfsync=ON"):
        connection.execute(f"PRAGMA {setting}")
    connection.execute("CREATE TABLE entry (key INTEGER PRIMARY KEY, leaf BLOB, bytes BLOB) STRICT")

    def work() -> None:
        for at in range(0, len(entries), batch):
            connection.execute("BEGIN IMMEDIATE")
            rows = [(at + number, entry[:32], entry) for number, entry in enumerate(entries[at : at + batch])]
            connection.executemany("INSERT INTO entry VALUES (?, ?, ?)", rows)
            connection.execute("COMMIT")

    result = rate(len(entries), work)
    connection.close()
    (folder / "plain.db").unlink()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="where to write; a temporary folder otherwise")
    parser.add_argument("--entries", type=int, default=50_000, help="the largest number of entries (50000)")
    args = parser.parse_args()
    versions = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    print(f"{platform.machine()}, {os.cpu_count()} cores, {versions}")
    print("command:", " ".join(["python", *sys.argv]))
    folder = Path(tempfile.mkdtemp(dir=args.folder))
    try:
        most = args.entries
        for batch, count in ((1, most // 20), (10, most // 5), (100, most), (1000, most)):
            entries = [os.urandom(SIZE) for _ in range(count)]
            store = SqliteStore.create_in(folder / str(batch))
            record = store.create("bench.example/log")
            base, ours = plain(folder, entries, batch), appends(record, entries, batch)
            print(
                f"durable append, {batch:4} at a time: {ours:9,.0f}/s, plain SQLite {base:9,.0f}/s, {ours / base:.2f}"
            )
            if batch == 1000:
                reading(record, entries)
            store.close()
        notes()
    finally:
        shutil.rmtree(folder)


def appends(record: Record, entries: list[bytes], batch: int) -> float:
    def work() -> None:
        for at in range(0, len(entries), batch):
            record.append(entries[at : at + batch])

    return rate(len(entries), work)


def reading(record: SqliteRecord, entries: list[bytes]) -> None:
    size, root = record.size, record.root()
    print(f"check of everything stored:      {rate(size, record.check):9,.0f} entries/s")
    indexes = range(0, size, max(1, size // 2000))
    proofs: list[tuple[bytes, ...]] = []

    def prove() -> None:
        proofs.extend(record.prove_inclusion(index) for index in indexes)

    def check() -> None:
        for index, leaf, proof in zip(indexes, leaves, proofs, strict=True):
            check_inclusion(proof, index=index, size=size, leaf=leaf, root=root)

    print(f"inclusion proofs made:           {rate(len(indexes), prove):9,.0f}/s")
    leaves = [leaf_hash(entries[index]) for index in indexes]
    print(f"inclusion proofs checked:        {rate(len(indexes), check):9,.0f}/s")


def notes() -> None:
    key = SigningKey(bytes(range(32)))
    verifier = NoteKey(name="bench.example/log", public_key=key.public_key)
    text = "x" * SIZE + "\n"
    data = format_note(Note(text=text, signatures=(sign_note(text, verifier.name, key),)))
    parsed = rate(20_000, lambda: [parse_note(data) for _ in range(20_000)])
    checked = rate(3_000, lambda: [check_note(parse_note(data), [verifier]) for _ in range(3_000)])
    print(f"notes of 1 kB parsed:            {parsed:9,.0f}/s")
    print(f"notes of 1 kB parsed and judged: {checked:9,.0f}/s")


if __name__ == "__main__":
    main()

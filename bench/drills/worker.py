"""A host at work, to be killed, starved and robbed of its disk: it says what it acknowledged, line by line.

    python -m bench.drills.worker FOLDER [--limit BYTES] [--break FILE KIND AFTER] [--database URL]

It appends entries in small groups, signs, and publishes, for ever. On standard output: ``A n`` when n entries are
acknowledged, ``S n`` when a checkpoint of n is signed, ``P n`` when it is published, ``F rule text`` when something
failed. ``--limit`` is the largest size that the system lets any file have. ``--break`` puts a device in the place of
one of SQLite's open files after some groups: ``full`` fails each write (ENOSPC), ``unsynced`` takes each write and
fails each sync. ``--database`` keeps the records in PostgreSQL, and only the signer's memory in the folder.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from majlis.crypto import SigningKey
from majlis.errors import Fault
from majlis.host.postgres_store import PostgresStore
from majlis.host.publish import publish_record
from majlis.host.signer import SignerBook
from majlis.host.sqlite_store import SqliteStore
from majlis.host.store import Store

ORIGIN: Final = "drill.example/log"
KEY: Final = SigningKey(bytes(range(32)))
DEVICES: Final = {"full": "/dev/full", "unsynced": "/dev/zero"}


def entry(number: int) -> bytes:
    """Entry ``number``, the same in every run: 50 to 3,000 bytes."""
    return f"entry {number} ".encode().ljust(50 + number * 7919 % 2950, b".")


def say(*words: object) -> None:
    """The line is with the reader before anything else happens."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def groups(size: int) -> Iterator[list[bytes]]:
    """The next entries from ``size`` on, 1 to 20 at a time, without end."""
    while True:
        count = 1 + size * 31 % 20
        yield [entry(number) for number in range(size, size + count)]
        size += count


def break_file(folder: Path, name: str, kind: str) -> int:
    """A device lies in the place of every open file of this name; returns how many."""
    device = os.open(DEVICES[kind], os.O_RDWR)
    broken = 0
    for descriptor in list(Path("/proc/self/fd").iterdir()):
        with suppress(OSError):
            if descriptor.readlink() == (folder / name).resolve():
                os.dup2(device, int(descriptor.name))
                broken += 1
    return broken


def opened(folder: Path, database: str) -> tuple[Store, SignerBook]:
    """Where the records lie, and what remembers what was signed. Raises: Refused, while another writes there."""
    if not database:
        return SqliteStore.create_in(folder), SignerBook.create_in(folder)
    store = PostgresStore(database)
    return store, SignerBook.over(store.database, folder)


def work(args: argparse.Namespace) -> None:
    """Appends, signs and publishes until something ends it."""
    try:
        store, book = opened(args.folder, args.database)
    except Fault as fault:
        say("F", fault.rule, fault.text)
        return
    record = store.create(ORIGIN)
    if record.size == 0:
        record.append([entry(0)])
    book.enrol(record, KEY.public_key)
    signer = book.signer(record, KEY)
    say("A", record.size)
    name, kind, after = args.break_ or ("", "", "-1")
    for number, group in enumerate(groups(record.size)):
        if number == int(after) and not break_file(args.folder, name, kind):
            say("F", "none", "no such open file")
            return
        failed = 0
        while True:
            try:
                if record.size == int(group[0].split()[1]):
                    record.append(group)
                say("A", record.size)
                note = signer.sign()
                say("S", record.size)
                if number % 3 == 2:
                    publish_record(args.folder / "public", record, note)
                    say("P", record.size)
                break
            except (Fault, OSError) as fault:
                say("F", getattr(fault, "rule", "") or "OSError", str(fault).replace("\n", " "))
                failed += 1
                if failed == 3:
                    return


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--database", default="")
    parser.add_argument("--break", dest="break_", nargs=3, metavar=("FILE", "KIND", "AFTER"))
    args = parser.parse_args()
    if args.limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (args.limit, resource.RLIM_INFINITY))
    work(args)
    # A host whose disk failed stops at once: nothing may be written any more, not even what closing would write.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()

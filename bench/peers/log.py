"""Run by another interpreter, with aics-tlog and pymerkle where they are installed: their side of ``bench/record.py``.

    PYTHON bench/peers/log.py FOLDER ENTRIES

Prints one line for each thing measured: tool, what, how many a second. Nothing of Majlis is imported.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SIZE = 1000


def told(tool: str, what: str, count: int, work: Callable[[], Any]) -> Any:
    """What ``work`` gives; the line is printed."""
    start = time.perf_counter()
    result = work()
    print(f"{tool}\t{what}\t{count / (time.perf_counter() - start):.1f}", flush=True)
    return result


def tlog(folder: Path, entries: list[bytes]) -> None:
    import aics_tlog
    from aics_tlog import DirectoryTileStore, FileSystemTileReader, IncrementalTileWriter

    name = f"aics-tlog {version('aics-tlog')}"
    for batch, count in ((1, len(entries) // 100), (100, len(entries) // 5), (1000, len(entries))):
        writer = IncrementalTileWriter(DirectoryTileStore(str(folder / f"tlog{batch}"), fsync=True))

        def append(writer: Any = writer, batch: int = batch, count: int = count) -> None:
            for at in range(0, count, batch):
                writer.append(entries[at : at + batch])

        told(name, f"append {batch}", count, append)
    reader = FileSystemTileReader(str(folder / "tlog1000"))
    size = writer.size
    indexes = range(0, size, max(1, size // 100))
    told(
        name,
        "inclusion",
        len(indexes),
        lambda: [aics_tlog.inclusion_proof_from_tiles(reader, index, size) for index in indexes],
    )
    olds = range(1, size, max(1, size // 100))
    told(
        name,
        "consistency",
        len(olds),
        lambda: [aics_tlog.consistency_proof_from_tiles(reader, old, size) for old in olds],
    )


def merkle(folder: Path, entries: list[bytes]) -> None:
    from pymerkle import SqliteTree

    name = f"pymerkle {version('pymerkle')}"
    tree = SqliteTree(str(folder / "pymerkle.db"))
    few = entries[: len(entries) // 50]
    told(name, "append 1", len(few), lambda: [tree.append_entry(entry) for entry in few])
    told(name, "append 1000", len(entries), lambda: tree.append_entries(entries))
    size = tree.get_size()
    indexes = range(1, size, max(1, size // 5))
    told(name, "inclusion", len(indexes), lambda: [tree.prove_inclusion(index, size) for index in indexes])


def version(package: str) -> str:
    from importlib.metadata import version as of

    return of(package)


def main() -> None:
    folder = Path(sys.argv[1])
    entries = [os.urandom(SIZE) for _ in range(int(sys.argv[2]))]
    for measure in (tlog, merkle):
        try:
            measure(folder, entries)
        except ImportError as lacking:
            print(f"{lacking.name}\tnot installed\t0", flush=True)


if __name__ == "__main__":
    main()

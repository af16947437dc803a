"""A host at work in a process of its own, which tests kill at any instant or leave without space.

Started with a folder and a mode; it says on its output what it acknowledged, one line each, and nothing before that.

    acts     logs acts for the one body of the folder, stores blobs, signs and logs ticks, for ever
    ballots  casts the ballots of the file ``ballots`` into the box, in turn, for ever
"""

from __future__ import annotations

import resource
import signal
import sys
import time
from pathlib import Path

from majlis.crypto import SigningKey
from majlis.demo.setting import Setting
from majlis.errors import Fault
from majlis.host.box import Box
from majlis.host.clock import SimulatedClock

KEY = SigningKey(bytes(range(32)))
LOG = SigningKey(bytes(range(1, 33)))
WITNESS = SigningKey(bytes(range(2, 34)))
ORIGIN = "majlis.example/crash"


def open_setting(folder: Path) -> Setting:
    """The host of the folder, its one record loaded and folded."""
    setting = Setting(folder, clock=SimulatedClock(int(time.time())))
    setting.witness_keys = {"one": WITNESS}
    setting.open_witnesses()
    setting.host.load(ORIGIN, LOG)
    setting.host.fold()
    return setting


def acknowledge(*words: object) -> None:
    print(*words, flush=True)


def acts(folder: Path) -> None:
    setting = open_setting(folder)
    (identity,) = setting.host.bodies()
    acknowledge("ready")
    count = 0
    while True:
        count += 1
        text = setting.host.blobs.put(b"motion %d " % count + setting.chance(8))
        acknowledge("blob", text)
        receipt = setting.host.write(identity, "motion.table", {"text": text, "grants": []}, KEY)
        acknowledge("act", receipt.index, receipt.act)
        if count % 4 == 0:
            receipt = setting.host.tick(identity, setting.witnesses, KEY)
            acknowledge("safe", setting.host.hosted(identity).safe_size)
            acknowledge("act", receipt.index, receipt.act)


def ballots(folder: Path) -> None:
    lines = (folder / "ballots").read_bytes().splitlines()
    box = Box.open(folder / "box.bel")
    acknowledge("ready")
    for raw in lines[box.count :]:
        acknowledge("ballot", box.cast(raw).hash)
    acknowledge("done")


def main() -> None:
    """``crash.py FOLDER MODE [LIMIT]``: with LIMIT, no file grows above so many bytes."""
    folder, mode = Path(sys.argv[1]), sys.argv[2]
    if len(sys.argv) > 3:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
    try:
        {"acts": acts, "ballots": ballots}[mode](folder)
    except Fault as fault:
        acknowledge("fault", str(fault).replace("\n", " "))
        sys.exit(1)


if __name__ == "__main__":
    main()

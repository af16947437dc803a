"""The records of a folder that is being served are verified again: after its start, and every night (R-AGAIN-1).

``reverify`` does the work, in a process of its own that gives way to everything else: of the least priority the system
knows, and the first to be ended where memory runs out. Yet two processors are rarely as fast together as one and one:
so while the server itself is busy, it works for one moment in ten. When it ends early, nothing is lost but its work
(R-AGAIN-3).

Where something differs, whoever serves the records is stopped at once and for good (R-AGAIN-2): the snapshot that the
program may have acted by lies in ``evidence/`` then, beside a description, and the next start folds every entry.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from time import process_time
from typing import Final, NamedTuple

import msgspec

from majlis.errors import Fault, Forged, Refused
from majlis.host.disk import sync_folder, write_file
from majlis.host.federation import Federation
from majlis.host.host import Host
from majlis.host.node import Node
from majlis.host.pace import MOMENT, Pace
from majlis.host.reverify import Claim, Verified, verify_again
from majlis.host.snapshot import code_version
from majlis.institutions import State
from majlis.institutions.digest import digest
from majlis.record import parse_checkpoint, parse_note

__all__ = ["AFTER", "HOUR", "Nightly", "VerifiedAt", "until_night"]

AFTER: Final = 60
HOUR: Final = 3
"""So many seconds after a start the first run begins, and at this hour of the machine's own time every other."""

_MOST_NAMES: Final = 5
_RULE: Final = "R-AGAIN-2"


class VerifiedAt(msgspec.Struct, frozen=True, kw_only=True):
    """A record was verified again in full up to ``size``, at ``time``."""

    size: int
    time: int


class _Pin(NamedTuple):
    """What a record stood at when a run began."""

    claim: Claim
    state: State
    record: object


class Nightly:
    """Has the records verified again, in a thread that waits for a process, until it is closed.

    ``found``: what was verified last, by identity.
    """

    def __init__(
        self,
        node: Node,
        federation: Federation,
        host: Host | None,
        *,
        after: float,
        tell: Callable[[str], None],
        fail: Callable[[Fault], None],
    ) -> None:
        """``federation``: what the records are served by. ``after``: seconds until the first run begins.

        ``tell`` gets sentences. ``fail`` gets what differs, when ``host`` is stopped already; no run follows.
        """
        self.found: Mapping[str, VerifiedAt] = {}
        self._node = node
        self._federation = federation
        self._host = host
        self._after = after
        self._tell = tell
        self._fail = fail
        self._code = code_version()  # That of the files as they are now: they may be replaced while this program runs.
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="nightly", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        seconds = self._after
        while not self._stop.wait(seconds):
            try:
                found = self._verify()
            except EOFError:
                if not self._stop.is_set():
                    self._tell("the records could not be verified again: that process was ended")
            except Exception as wrong:  # Whatever stood in the way, the next night comes.
                said = str(wrong) if isinstance(wrong, Fault | OSError) else repr(wrong)
                self._tell(f"the records could not be verified again: {said}")
            else:
                if found is not None:
                    self._fail(found)
                    return
            seconds = until_night(datetime.now().astimezone())

    def _verify(self) -> Fault | None:
        """One run; what differs, with the host stopped and the evidence kept. Raises: Fault, OSError, EOFError."""
        pins = {pin.claim.identity: pin for pin in self._pins()}
        time = self._node.clock.now()
        asked = self._ask([pin.claim for pin in pins.values()])
        for each in asked:
            pin = pins[each.identity]
            # A copy may have been replaced meanwhile by the record as it goes on without a branch (R-MIRROR-9).
            if self._federation.records.get(each.identity) is not pin.record:
                del pins[each.identity]
                continue
            differs = each.differs or _compared(each, pin)
            if differs:
                return self._stop_all(each.identity, differs)
        verified = [each for each in asked if each.identity in pins]
        self.found = {
            **self.found,
            **{each.identity: VerifiedAt(size=each.size, time=time) for each in verified if not each.missing},
        }
        for line in _told(verified, {identity: pin.claim.origin for identity, pin in pins.items()}):
            self._tell(line)
        return None

    def _pins(self) -> list[_Pin]:
        pins = []
        origins = {known.identity: known.origin for known in Node(self._node.folder).bodies}
        for identity, record in list(self._federation.records.items()):
            state, origin = record.state, origins.get(identity)
            if state.size and origin is not None:
                roots = [(state.size, record.tree.root(state.size)), *self._signed(identity)]
                known = tuple((size, root) for size, root in roots if 0 < size <= state.size)
                pins.append(_Pin(Claim(identity=identity, origin=origin, size=state.size, roots=known), state, record))
        return pins

    def _signed(self, identity: str) -> list[tuple[int, bytes]]:
        """The sizes and roots that the log signed last, and that mirrors cosigned last, as far as there are any."""
        found = []
        if self._host is not None and identity in self._host.bodies():
            found.append(self._host.hosted(identity).signer.last())
        note = self._node.checkpoint(identity)
        if note:
            found.append(parse_checkpoint(parse_note(note).text))
        return [(checkpoint.size, checkpoint.root) for checkpoint in found]

    def _ask(self, claims: Sequence[Claim]) -> list[Verified]:
        """What a process of its own says of them. Raises: Fault, with what stopped it; EOFError, when it was ended."""
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        work = (self._node.folder.resolve(), list(claims), self._code, theirs)
        process = context.Process(target=_work, args=work, name="majlis-again", daemon=True)
        process.start()
        theirs.close()
        ours.send(True)
        found: list[Verified] = []
        pace = Pace(ours.send)
        try:
            while True:
                has_said = ours.poll(MOMENT)
                if self._stop.is_set():
                    raise EOFError
                if not has_said:
                    pace.look(process_time())
                    continue
                match ours.recv():
                    case None:
                        return found
                    case Verified() as verified:
                        found.append(verified)
                    case wrong:
                        raise Fault(str(wrong))
        except ConnectionError:
            raise EOFError from None
        finally:
            ours.close()
            process.kill()
            process.join()

    def _stop_all(self, identity: str, differs: str) -> Fault:
        """The host does nothing any more, and what differs is written down."""
        name = f"again-{self._node.clock.now()}-{identity[:16]}"
        fault = Forged(
            f"{differs}. Nothing more is signed, taken in or shown by this program. Look into evidence/{name}.txt, and "
            "into 'majlis record fsck', before it is started again: then it folds every entry",
            rule=_RULE,
        )
        if self._host is not None:
            self._host.stop(fault)
        with suppress(OSError):  # Where the disk fails too, it is said all the same.
            evidence = self._node.folder / "evidence"
            write_file(evidence / f"{name}.txt", f"{fault}\n".encode())
            _put_aside(self._node.folder / "snapshots" / identity, evidence / f"{name}.snapshot")
        return fault

    def close(self) -> None:
        """No run goes on. Harmless when it is closed already."""
        self._stop.set()
        if self._thread is not threading.current_thread():
            self._thread.join()


def until_night(now: datetime) -> float:
    """Seconds until the next night's run."""
    then = now.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return ((then if then > now else then + timedelta(days=1)) - now).total_seconds()


def _compared(verified: Verified, pin: _Pin) -> str:
    """What differs between this program's own memory and what was folded again; empty where nothing does."""
    if verified.missing or digest(pin.state) == verified.digest:
        return ""
    return (
        f"what this program has in force for {pin.claim.origin} after {verified.size} entries is not what these "
        "entries come to"
    )


def _told(verified: Sequence[Verified], origins: Mapping[str, str]) -> list[str]:
    """The sentences on a run that found nothing to differ."""
    whole = [f"{origins[each.identity]} up to {each.size}" for each in verified if not each.missing]
    names = ", ".join(whole[:_MOST_NAMES]) + (f" and {len(whole) - _MOST_NAMES} more" if whole[_MOST_NAMES:] else "")
    lines = [f"verified again in full, from the entries: {names}"] if whole else []
    waiting = [each for each in verified if each.missing]
    lines += [f"not verified again: {origins[each.identity]}, since {each.missing}" for each in waiting[:_MOST_NAMES]]
    return lines


def _put_aside(snapshot: Path, aside: Path) -> None:
    """The snapshot lies there, and no start finds it any more."""
    if snapshot.exists():
        snapshot.replace(aside)
        sync_folder(snapshot.parent)
        sync_folder(aside.parent)


# --- the process beside


def _work(folder: Path, claims: Sequence[Claim], code: str, connection: Connection) -> None:
    """What the process does: each verdict is sent, then None; or a sentence on what stopped it."""
    _give_way()
    may_work = threading.Event()
    threading.Thread(target=_listen, args=(connection, may_work), daemon=True).start()
    with suppress(ConnectionError):
        try:
            if code != code_version():
                raise Refused("the program was replaced since it was started; start it again")
            for verified in verify_again(folder, claims, between=may_work.wait):
                connection.send(verified)
        except (Fault, OSError, MemoryError) as wrong:
            connection.send(str(wrong) or "there is not enough memory")
        connection.send(None)


def _give_way() -> None:
    """Everything else on this machine comes first, as far as the system lets one say so."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends us.
    with suppress(OSError, AttributeError):
        os.nice(19)
    with suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    if sys.platform == "linux":
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000")


def _listen(connection: Connection, may_work: threading.Event) -> None:
    """Work and rest are as the other end says; and this process ends when that is gone, however it ended."""
    with suppress(EOFError, OSError):
        while True:
            if connection.recv():
                may_work.set()
            else:
                may_work.clear()
    os._exit(0)

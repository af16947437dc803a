"""A body whose host is destroyed at a random instant: it goes on at another, and nothing that was safe is lost.

    python -m bench.drills.siege [--rounds 20] [--folder DIR] [--seed N]

Three machines, each a ``majlis serve`` in a process of its own: one keeps the record, two hold it as mirrors and cosign
it. Members hand in acts over HTTP, one after the other, and keep each with its receipt. At a random instant the first
machine is killed (SIGKILL) and its folder deleted. The second gets from the third what it lacks, over HTTP or by stick
in turn; two of three charter keys sign the move to the sealed log key; it takes over, and the third follows.

Then: every entry that any mirror had cosigned stands where it stood; every act that was acknowledged is in the record
exactly once, handed in again by its author where no mirror held it; the members' next act is in force, and the third
machine cosigns it. Ends with code 1 at the first round where that is not so.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

from majlis.crypto import SigningKey
from majlis.errors import Fault, Missing
from majlis.host.author import write_act
from majlis.host.chance import chance
from majlis.host.exchange import give, take
from majlis.host.fetching import fetch
from majlis.host.http import Caller
from majlis.host.keyring import KeyEntry, Keyring, Passphrase, Secret, Strength
from majlis.host.mirroring import cosign, log_tick
from majlis.host.node import LOG, Known, Node
from majlis.host.post import post_act
from majlis.host.store import Store
from majlis.host.takeover import draw_up, take_over
from majlis.host.witness import Mirror, Witness
from majlis.host.witnessing import PERSON, WITNESS
from majlis.institutions import Charter, parse_act
from majlis.institutions.founding import Found
from majlis.record import CosignerKey, NoteKey
from majlis.site import paths

ROOT: Final = Path(__file__).resolve().parents[2]
ORIGIN: Final = "siege.example/log"
WORDS: Final = "three wells and a fig tree"
PATIENCE: Final = 60.0
OTHERS: Final = ("second", "third")


class Machine:
    """A data folder with its keeper's keys, and the process that serves it."""

    def __init__(self, home: Path, name: str) -> None:
        self.name = name
        self.folder = home / name
        self.node = Node.create(self.folder, keeper="keeper")
        self.keyring = Keyring.create(
            self.node.keyring_path("keeper"), Passphrase(WORDS), chance, Strength(ops=1, memory=8192)
        )
        self.keyring.draw("keeper", PERSON, chance=chance)
        self.key = Witness.found(self.folder / "witness", f"{name}.example", self.keyring, chance, kind=WITNESS)
        self.cosigner = CosignerKey(name=f"{name}.example", public_key=self.key.public_key)
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def hold(self, key: SigningKey, seed: bytes, name: str) -> None:
        """The keeper has this log key."""
        entry = KeyEntry(
            name=name, kind=LOG, public=key.public_key.hex(), secret=Secret(seed), notes={"origin": ORIGIN}
        )
        self.keyring.add(entry, chance=chance)

    def trust(self, log: NoteKey) -> None:
        """Its witness cosigns this log."""
        with self.mirror() as (_, mirror):
            mirror.trust(log)

    @contextmanager
    def mirror(self) -> Iterator[tuple[Store, Mirror]]:
        """Its store and its witness, while nobody serves it."""
        with self.node.writing() as store:
            mirror = Mirror(self.folder / "witness", self.key, self.node.clock, store=store, source=lambda *_: [])
            try:
                yield store, mirror
            finally:
                mirror.close()

    def serve(self, *witnesses: Machine, every: float = 0.2) -> None:
        """It is served, and asks these witnesses again and again."""
        passphrase = self.folder / "passphrase"
        passphrase.write_text(f"{WORDS}\n")
        command = [sys.executable, "-m", "majlis", "serve", str(self.folder), "--port", str(self.port)]
        command += ["--passphrase-file", str(passphrase), "--every", str(every)]
        for witness in witnesses:
            command += ["--witness", witness.url]
        environment = {**os.environ, "no_proxy": "127.0.0.1"}
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def wait(self) -> None:
        """Returns once it answers."""
        until = time.monotonic() + PATIENCE
        caller = Caller(self.url, seconds=5, tries=1)
        while True:
            with suppress(Fault):
                caller.get("index.json", 1_000_000)
                return
            assert time.monotonic() < until, f"the {self.name} machine does not answer"
            time.sleep(0.05)

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """It is served no longer."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(PATIENCE)
            self.process = None

    def entries(self) -> list[bytes]:
        """What it holds of the record."""
        with self.node.writing() as store:
            return list(store.record(ORIGIN).entries())


def free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Siege:
    """One body, its three machines, its members and what they handed in."""

    def __init__(self, home: Path) -> None:
        self.stick = home / "stick"
        self.machines = [Machine(home, name) for name in ("first", *OTHERS)]
        self.first, self.second, self.third = self.machines
        self.seed, self.next_seed = chance(32), chance(32)
        self.charter = [SigningKey(chance(32)) for _ in range(3)]
        self.handed: list[bytes] = []
        self.acknowledged: dict[str, int] = {}
        self.identity = self._found(home)

    def _found(self, home: Path) -> str:
        log = SigningKey(self.seed)
        key = NoteKey(name=ORIGIN, public_key=log.public_key)
        data = Found(
            names={"en": "Besieged"},
            type="committee",
            charter=Charter(),
            charter_keys=tuple(each.public_key.hex() for each in self.charter),
            threshold=2,
            log=key.vkey,
            next_log=sha256(SigningKey(self.next_seed).public_key).hexdigest(),
            mirrors=(self.second.cosigner.vkey, self.third.cosigner.vkey),
            quorum=1,
            languages=("en",),
            officers=(),
        )
        self.first.hold(log, self.seed, "log")
        entry = write_act("found", data, *self.charter, chance=chance)
        with self.first.node.hosting(self.first.keyring) as host:
            identity = host.found(entry, ORIGIN, log)
            known = Known(slug="siege", identity=identity, origin=ORIGIN, names={"en": "Besieged"}, is_hosted=True)
            self.first.node.add(known)
            give(self.first.node, host, home / "public")
        for machine in (self.second, self.third):
            taken = take(machine.node, home / "public")
            assert [each.outcome for each in taken] == ["new"], taken
            machine.trust(key)
        return identity

    def set_up(self) -> None:
        """All three are served, and a mirror has cosigned the record: only then is anything promised."""
        for machine in (self.second, self.third):
            machine.serve()
        self.first.serve(self.second, self.third)
        for machine in self.machines:
            machine.wait()
        until = time.monotonic() + PATIENCE
        while not self._is_cosigned():
            assert time.monotonic() < until, "no mirror cosigns the record"
            time.sleep(0.05)

    def _is_cosigned(self) -> bool:
        note = ""
        with suppress(Missing):
            note = Caller(self.first.url, seconds=5, tries=1).get(paths.record(ORIGIN), 10_000).decode()
        return any(f"\n\u2014 {each.cosigner.name} " in note for each in (self.second, self.third))

    def hand_in(self, until: float) -> None:
        """Members hand in one act after the other, and keep each with its receipt."""
        while time.monotonic() < until:
            self.hand_in_one()

    def hand_in_one(self, machine: Machine | None = None) -> str:
        """One more act; its id."""
        text = {"text": sha256(f"{len(self.handed)}".encode()).hexdigest(), "grants": []}
        author = self.charter[len(self.handed) % 3]
        entry = write_act("motion.table", text, author, chance=chance, body=self.identity)
        self.handed.append(entry)
        with suppress(Fault):
            posted = post_act((machine or self.first).url, "siege", entry)
            self.acknowledged[posted.id] = posted.place
        return parse_act(entry).id

    # --- what is done, and what must be so

    def destroy(self) -> None:
        """The first machine is gone, with all that was on its disk."""
        self.first.end(signal.SIGKILL)
        shutil.rmtree(self.first.folder)

    def cosigned(self) -> int:
        """How many entries any mirror had cosigned: what is safe. Both are served no longer."""
        sizes = []
        for machine in (self.second, self.third):
            machine.end()
            with machine.mirror() as (_, mirror):
                sizes.append(mirror.last(ORIGIN))
        return max(sizes)

    def succeed(self, *, by_stick: bool) -> int:
        """The second machine keeps the record; where it moved."""
        if by_stick:
            with self.third.node.hosting(self.third.keyring) as host:
                give(self.third.node, host, self.stick / "copy")
            take(self.second.node, self.stick / "copy")
        else:
            self.third.serve()
            self.third.wait()
            fetch(self.second.node, Caller(self.third.url), only=["siege"])
            self.third.end()
        new = SigningKey(self.next_seed)
        self.second.hold(new, self.next_seed, "next log")
        body = self.second.node.body(self.identity)
        state = self.second.node.federation().records[self.identity].state
        with self.second.node.writing() as store:
            record = store.record(ORIGIN)
            data = draw_up(self.second.node, body, record, state, new.public_key, SigningKey(chance(32)).public_key)
        entry = write_act("host.move", data, *self.charter[:2], chance=chance, body=self.identity)
        take_over(self.second.node, self.identity, entry, new)
        return data.size

    def missed(self) -> list[bytes]:
        """What was acknowledged and is not in the record as the second machine keeps it."""
        here = {parse_act(entry).id for entry in self.second.entries()}
        acts = ((parse_act(entry).id, entry) for entry in self.handed)
        return [entry for act, entry in acts if act in self.acknowledged and act not in here]

    def go_on(self, *, by_stick: bool) -> None:
        """The third machine follows the move; members hand in again what no copy shows, and one act more."""
        missed = self.missed()
        last = self._go_on_by_stick(missed) if by_stick else self._go_on_over_http(missed)
        state = self.second.node.federation().records[self.identity].state
        assert state.acts[last].status == "in-force"
        assert state.ticks[-1].size > state.acts[last].index, "the last act is not safe"

    def _go_on_by_stick(self, missed: list[bytes]) -> str:
        with self.second.node.hosting(self.second.keyring) as host:
            for entry in missed:
                host.submit(self.identity, entry)
            text = {"text": sha256(b"last").hexdigest(), "grants": []}
            last = host.write(self.identity, "motion.table", text, self.charter[0]).act
            give(self.second.node, host, self.stick / "moved")
        with self.third.mirror() as (store, mirror):
            (taken,) = cosign(self.third.node, mirror, store, self.stick / "moved")
        assert taken.outcome == "cosigned", taken
        keeper = self.second.keyring.get("keeper").signing_key()
        with self.second.node.hosting(self.second.keyring) as host:
            log_tick(self.second.node, host, self.identity, self.stick / "moved", keeper)
        return last

    def _go_on_over_http(self, missed: list[bytes]) -> str:
        self.second.serve()
        self.second.wait()
        for entry in missed:
            post_act(self.second.url, "siege", entry)
        last = self.hand_in_one(self.second)
        assert last in self.acknowledged, "the new host takes nothing in"
        self.second.end()
        with self.second.node.hosting(self.second.keyring) as host:
            give(self.second.node, host, self.stick / "moved")
        (taken,) = take(self.third.node, self.stick / "moved")
        assert taken.outcome == "grown", taken
        self.third.serve()
        self.third.wait()
        self.second.serve(self.third)
        until = time.monotonic() + PATIENCE
        while not self._is_ticked():
            assert time.monotonic() < until, "the third machine does not cosign the moved record"
            time.sleep(0.1)
        self.second.end()
        self.third.end()
        return last

    def _is_ticked(self) -> bool:
        state = self.second.node.federation().records[self.identity].state
        return bool(state.ticks) and state.moves[-1].index < state.ticks[-1].index

    def close(self) -> None:
        for machine in self.machines:
            machine.end(signal.SIGKILL)


def besiege(home: Path, seconds: float, *, by_stick: bool) -> tuple[int, int, int]:
    """One round: how many acts were acknowledged, how many entries were safe, how many acts were handed in again.

    Raises: AssertionError, where anything that was safe or acknowledged is not there in the end.
    """
    siege = Siege(home)
    try:
        siege.set_up()
        siege.hand_in(time.monotonic() + seconds)
        siege.destroy()
        safe = siege.cosigned()
        before = max((siege.second.entries(), siege.third.entries()), key=len)
        moved = siege.succeed(by_stick=by_stick)
        assert moved >= safe, f"{safe} entries were safe, and the record goes on behind {moved}"
        again = len(siege.missed())
        siege.go_on(by_stick=by_stick)
        after = siege.second.entries()
        assert after[:safe] == before[:safe], "what was safe is not where it was"
        stands = [parse_act(entry).id for entry in after]
        for act in siege.acknowledged:
            assert stands.count(act) == 1, f"act {act[:16]} stands {stands.count(act)} times"
        return len(siege.acknowledged), safe, again
    finally:
        siege.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20, help="how many hosts are destroyed (20)")
    parser.add_argument("--folder", type=Path, help="where to write; a temporary folder otherwise")
    parser.add_argument("--seed", type=int, default=None, help="of the instants; another each time otherwise")
    args = parser.parse_args()
    print(f"{platform.system()}, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print("command: python -m bench.drills.siege", *sys.argv[1:])
    dice = random.Random(args.seed)
    acts = safe = again = 0
    start = time.perf_counter()
    for number in range(args.rounds):
        home = Path(tempfile.mkdtemp(dir=args.folder))
        try:
            round_acts, round_safe, round_again = besiege(home, dice.uniform(0.05, 3.0), by_stick=bool(number % 2))
        except AssertionError as wrong:
            print(f"round {number}: FAILED: {wrong}")
            return 1
        finally:
            shutil.rmtree(home)
        acts, safe, again = acts + round_acts, safe + round_safe, again + round_again
    spent = time.perf_counter() - start
    print(
        f"{args.rounds} hosts destroyed: {acts} acts acknowledged, {safe} entries safe, none lost; {again} acts that "
        f"no mirror held were handed in again ({spent:.0f} s)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

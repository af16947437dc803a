"""The stage: one host's folder, its witnesses abroad, a simulated clock, and the operating system's chance."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from majlis.crypto import SigningKey
from majlis.host.blobs import Blobs
from majlis.host.boxes import Boxes
from majlis.host.chance import chance
from majlis.host.clock import SimulatedClock
from majlis.host.host import Host
from majlis.host.signer import SignerBook
from majlis.host.sqlite_store import SqliteStore
from majlis.host.witness import Witness
from majlis.record import CosignerKey, parse_note_key

START = 1_790_000_000


class Setting:
    """Opens everything in ``folder``; ``map_`` spreads heavy checks over workers."""

    def __init__(
        self, folder: Path, map_: Callable[..., Iterable[Any]] = map, clock: SimulatedClock | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.map_ = map_
        self.clock = clock or SimulatedClock(START)
        self.chance = chance
        self.store = SqliteStore.create_in(folder)
        self.signers = SignerBook.create_in(folder)
        self.blobs = Blobs(folder / "blobs" / "sha256")
        self.host = Host(
            store=self.store,
            blobs=self.blobs,
            boxes=Boxes(folder / "boxes", self.blobs, map_),
            clock=self.clock,
            chance=chance,
            signers=self.signers,
        )
        self.witnesses: list[Witness] = []
        self.witness_keys: dict[str, SigningKey] = {}

    def found_witnesses(self, names: Iterable[str]) -> None:
        """Witnesses with new keys and empty memories, one for each name."""
        for name in names:
            key = SigningKey(chance(32))
            self.witness_keys[name] = key
            home = self.folder / "witness" / name
            home.mkdir(parents=True)
            Witness.create_memory(home, f"majlis.example/witness/{name}", key.public_key)
        self.open_witnesses()

    def open_witnesses(self) -> None:
        """The witnesses of this folder, with their keys at hand."""
        self.witnesses = [
            Witness(self.folder / "witness" / name, key, self.clock) for name, key in self.witness_keys.items()
        ]

    @property
    def mirror_keys(self) -> tuple[str, ...]:
        """The vkeys that charters name."""
        return tuple(
            CosignerKey(name=f"majlis.example/witness/{name}", public_key=key.public_key).vkey
            for name, key in self.witness_keys.items()
        )

    def trust(self, log_vkey: str) -> None:
        """All witnesses look at this log from now on."""
        for witness in self.witnesses:
            witness.trust(parse_note_key(log_vkey))

    def copy(self, folder: Path, log_keys: dict[str, SigningKey]) -> Setting:
        """A second stage that begins where this one stands: its folder copied, its keys the same."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("*.lock", "*-shm"))
        other = Setting(folder, self.map_, SimulatedClock(self.clock.now()))
        other.witness_keys = self.witness_keys
        other.open_witnesses()
        for origin, key in log_keys.items():
            other.host.load(origin, key)
        other.host.fold()
        return other

    def cosigners(self) -> Iterator[Witness]:
        """The witnesses."""
        return iter(self.witnesses)

    def close(self) -> None:
        """Let go of every file."""
        for witness in self.witnesses:
            witness.close()
        self.signers.close()
        self.store.close()

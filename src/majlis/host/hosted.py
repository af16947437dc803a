"""One body's record on its host, and what its host says of an act that came in."""

from __future__ import annotations

from functools import cached_property
from typing import Protocol

import msgspec

from majlis.crypto import SigningKey
from majlis.errors import Fault, Refused
from majlis.host.federation import Record as Folded
from majlis.host.quota import Excess, Quota
from majlis.host.signer import RecordSigner
from majlis.host.store import Record
from majlis.institutions.state import Standing, Tick

__all__ = ["Cosigner", "HeldBack", "Hosted", "Outcome", "Receipt"]


class Cosigner(Protocol):
    """Another body's witness or mirror, near or far."""

    def add_checkpoint(self, request: bytes) -> tuple[int, str]:
        """The status and body that the witness call answers with (c2sp.org/tlog-witness)."""
        ...

    def last(self, origin: str) -> int:
        """The size it cosigned last for this origin, 0 for never."""
        ...


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """The host's signed word that an act is on its disk: ``sequenced``, not yet ``safe``."""

    act: str
    index: int
    time: int
    standing: Standing | None
    note: str


class HeldBack(Refused):
    """The quota of this key is used up until the next tick. ``note``: the host's signed word that the act came in."""

    def __init__(self, text: str, *, act: str, note: str) -> None:
        super().__init__(text, rule="R-ACT-14")
        self.act = act
        self.note = note


Outcome = Receipt | Fault
"""What became of an act that was handed in."""


class Hosted:
    """One body's record on this host: its entries on disk, its fold, and its newest cosigned checkpoint."""

    def __init__(
        self,
        identity: str,
        record: Record,
        folded: Folded,
        signer: RecordSigner,
        log_key: SigningKey,
        excess: Excess,
    ) -> None:
        self.identity = identity
        self.record = record
        self.folded = folded
        self.signer = signer
        self.log_key = log_key
        self.excess = excess
        self.safe = b""
        self.safe_size = 0
        self.newest_tick: Tick | None = None
        """The last tick among those that are being logged just now."""
        self.waits: Fault | None = None
        """What is waited for before anything is taken in; None once nothing is."""

    @cached_property
    def quota(self) -> Quota:
        """What each key has logged since the last tick, counted when it is first asked for."""
        return Quota(self.folded.state, self.folded.used)

"""What an act that is handed in brings with it: the blobs that it names, kept only with the act itself.

A blob lies on the disk before the entry that names it is logged, so that no crash leaves an act without its text; and
where the act is held back or refused, nothing of what it brought is kept (R-HANDED-2). Each key that
the record knows brings at most ``MOST_BETWEEN_TICKS`` bytes between two ticks, and all that it does not know together
as much (R-HANDED-3). Source: ``spec/host.md``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from majlis.errors import Fault, Refused
from majlis.host.blobs import Blobs
from majlis.host.disk import check_room
from majlis.host.federation import Federation
from majlis.host.quota import STRANGERS, payer_of
from majlis.institutions import SignedAct

__all__ = ["ENDLESS", "MOST_BETWEEN_TICKS", "NO_BLOBS", "Brought", "Room"]

Brought = Mapping[str, bytes]
"""Blobs by hash, each of them named by the act that brings it."""

NO_BLOBS: Final[Brought] = MappingProxyType({})
"""What most acts bring."""

MOST_BETWEEN_TICKS: Final = 128 * 2**20
"""How many bytes of blobs one key brings between two ticks."""

ENDLESS: Final = frozenset({"act.deliver", "delivery.show", "plan.challenge", "state.digest", "tick"})
"""Kinds that anybody can have in force without end; of a key that the record does not know they bring nothing."""


class Room:
    """How many bytes each key brought to one record since its last tick, as long as this program runs.

    Of a key that the record does not know nothing is kept that changes nothing, and its author is told.
    """

    def __init__(self) -> None:
        self._tick = -1
        self._used: Counter[str] = Counter()

    def keep(
        self,
        blobs: Blobs,
        federation: Federation,
        identity: str,
        acts: Mapping[int, SignedAct],
        brought: Sequence[Brought],
    ) -> dict[int, Fault]:
        """What these acts of one record bring is on the disk, for each all of it or nothing, and is looked at.

        ``acts``: by place in ``brought``. Returns, by place, why an act is not to be logged.
        """
        with_blobs = {place: signed for place, signed in acts.items() if brought[place]}
        faults: dict[int, Fault] = {}
        for place, signed in with_blobs.items():
            try:
                self._keep(blobs, federation, identity, signed, brought[place])
            except Refused as fault:
                faults[place] = fault
            except OSError as error:
                faults[place] = Fault(f"the disk failed ({error}); hand it in again", where=str(blobs.folder))
        if with_blobs:
            federation.look_again()
        return faults

    def _keep(self, blobs: Blobs, federation: Federation, identity: str, signed: SignedAct, brought: Brought) -> None:
        """Raises: Refused, OSError."""
        state = federation.fold(identity)
        tick = state.ticks[-1].index if state.ticks else -1
        if tick != self._tick:
            self._tick, self._used = tick, Counter()
        new = [data for digest, data in brought.items() if not blobs.path(digest).is_file()]
        payer = payer_of(state, signed.act.author, signed.keys)
        if not new:
            return
        if payer == STRANGERS and not _counts(federation, identity, signed):
            raise Refused(
                "this record does not know the key of this act, and the act changes nothing here, or anybody can hand "
                "in such acts without end: nothing that it brings is kept. Hand it in without its blobs, or carry the "
                "file to whoever keeps the record, who logs it by 'majlis act submit FILE'",
                rule="R-HANDED-2",
            )
        size = sum(map(len, new))
        if self._used[payer] + size > MOST_BETWEEN_TICKS:
            raise Refused(
                f"this key has brought {self._used[payer]} bytes beside its acts since the last tick, and "
                f"{MOST_BETWEEN_TICKS} is the most; hand it in again after the next tick, or carry it there by stick",
                rule="R-HANDED-3",
            )
        blobs.folder.mkdir(parents=True, exist_ok=True)
        check_room(blobs.folder)
        for data in new:
            blobs.put(data)
        self._used[payer] += size


def _counts(federation: Federation, identity: str, signed: SignedAct) -> bool:
    if signed.act.kind in ENDLESS:
        return False
    standing = federation.judge(identity, signed.act.entry)[0].acts.get(signed.act.id)
    return standing is not None and standing.status in ("in-force", "missing")

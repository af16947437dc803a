"""How far each record goes, and how long ago its mirrors last saw it (``spec/verify.md``, R-VERIFY-11).

An old copy is whole and sound, and does not say that a recall came after it. So its size and its newest tick are told,
and a copy that is older than its own charter lets officers be without a tick is pointed out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from majlis.host.folder import Folder
from majlis.host.layout import IndexEntry
from majlis.host.verdict import Finding, Looked
from majlis.institutions import State
from majlis.institutions.charter import DAY
from majlis.institutions.ticks import now as newest_tick
from majlis.record import encode_base64

SIMULATED = "simulated-clock"


def look_at(folder: Folder, entry: IndexEntry, now: int | None) -> Looked:
    """The record as it lies here. ``now``: Unix seconds UTC; no age where the folder's clock is simulated."""
    record = folder.federation.records[entry.identity]
    tick = newest_tick(record.state)
    is_real = now is not None and tick is not None and SIMULATED not in folder.notices
    return Looked(
        body=entry.identity,
        slug=entry.slug,
        size=len(record.entries),
        root=encode_base64(record.tree.root()),
        tick=tick,
        age=now - tick if is_real and now is not None and tick is not None else None,
    )


def age_findings(states: Mapping[str, State], looked: Sequence[Looked]) -> Iterator[Finding]:
    """Records that no mirror saw for longer than ``care_days``: cut off, or an old copy."""
    for record in looked:
        days = states[record.body].charter.care_days
        if record.age is not None and record.age > days * DAY:
            text = (
                f"the newest tick of this record is {record.age // DAY} days old: either it is cut off, or this is an "
                "old copy; ask a mirror for a newer one. Offices given and sums ordered since then end with the next "
                "tick (R-OFFICE-7)"
            )
            yield Finding(kind="warning", body=record.body, rule="R-VERIFY-11", text=text)

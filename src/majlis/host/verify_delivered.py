"""Acts that were delivered at one body and are missing in the record that they are for, as ``verify`` tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from majlis.host.folder import Folder
from majlis.host.showing import omitted_here
from majlis.host.verdict import Finding
from majlis.institutions.charter import DAY
from majlis.institutions.ticks import now

__all__ = ["delivery_findings"]

_DAYS: Final = 7


def delivery_findings(folder: Folder) -> Iterator[Finding]:
    """R-DELIVER-4: what was handed in at a mirror in time, and its own host has not logged since, or not in time."""
    records = folder.federation.records
    for identity, record in records.items():
        state = record.state
        newest = now(state)
        for one in omitted_here(folder.federation, identity, folder.blobs.get):
            if one.time is None or newest is None or newest - one.time < _DAYS * DAY:
                continue
            has = "has the act as one that came late" if one.is_late else "not the act, or not all its signatures"
            text = (
                f"act {one.act[:16]} for the record of {folder.slug(state.identity)} was delivered here, and that "
                f"record has a tick {_DAYS} days later and {has}"
            )
            yield Finding(kind="warning", body=one.mirror, index=one.index, rule="R-DELIVER-4", text=text)

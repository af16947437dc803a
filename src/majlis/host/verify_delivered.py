"""Acts that were delivered at one body and are missing in the record that they are for, as ``verify`` tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from majlis.host.folder import Folder
from majlis.host.verdict import Finding
from majlis.institutions import State, parse_act
from majlis.institutions.charter import DAY
from majlis.institutions.ticks import latest, now

__all__ = ["delivery_findings"]

_KIND: Final = "act.deliver"
_DAYS: Final = 7


def delivery_findings(folder: Folder) -> Iterator[Finding]:
    """R-DELIVER-4: what was handed in at a mirror in time, and its own host has not logged since."""
    records = folder.federation.records
    for identity, record in records.items():
        for standing in record.state.acts.values():
            if standing.kind != _KIND or standing.status != "in-force":
                continue
            data = parse_act(record.entries[standing.index]).data
            target = records.get(str(data.get("body")))
            act = str(data.get("act"))
            if target is None or act in target.state.acts or not _is_late(record.state, standing.index, target.state):
                continue
            text = (
                f"act {act[:16]} for the record of {folder.slug(target.state.identity)} was delivered here, and that "
                f"record has a tick {_DAYS} days later and not the act"
            )
            yield Finding(kind="warning", body=identity, index=standing.index, rule="R-DELIVER-4", text=text)


def _is_late(ours: State, index: int, theirs: State) -> bool:
    delivered, newest = latest(ours, index), now(theirs)
    return delivered is not None and newest is not None and newest - delivered >= _DAYS * DAY

"""Recalls and leavings that a member's record shows and the assembly's does not, as ``verify`` tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from majlis.host.folder import Folder
from majlis.host.verdict import Finding
from majlis.institutions.seats.owed import owed

__all__ = ["owed_findings"]


def owed_findings(folder: Folder) -> Iterator[Finding]:
    """R-VERIFY-12: what is safe in a member's record, and nobody has delivered to the assembly."""
    records = folder.federation.records
    for identity, record in records.items():
        for member in record.state.bodies:
            if member not in records:
                continue
            slug = folder.slug(member)
            for each in owed(record.state, records[member].state):
                text = {
                    "sits": f"a delegate of {slug} sits here still, whom act {each.index} there recalled; anybody may "
                    "deliver its certificate",
                    "counted": f"this roll call counted the vote of a delegate of {slug}, whom act {each.index} there "
                    "had recalled before, or by which that body had left; its mirrors had seen it",
                    "perhaps": f"this roll call counted the vote of a delegate of {slug}, and act {each.index} there, "
                    "by which they were recalled or the body left, may have come before: ticks do not tell",
                    "left": f"{slug} is a member here still, and left by its act {each.index}; anybody may deliver its "
                    "certificate",
                }[each.what]
                kind: Literal["note", "warning"] = "note" if each.what == "perhaps" else "warning"
                index = each.at if each.what in ("counted", "perhaps") else None
                yield Finding(kind=kind, body=identity, index=index, rule="R-VERIFY-12", text=text)

"""Boxes and blobs that lie in a public folder and of which no record there speaks (``spec/verify.md``, R-VERIFY-10).

They prove nothing and break nothing; but somebody put them beside what counts, where people look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from majlis.host.folder import Folder
from majlis.host.layout import blob_path, box_path
from majlis.host.verdict import Finding

_HASH: Final = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


def unspoken_findings(folder: Folder) -> Iterator[Finding]:
    """A warning for each box that no record opened, and each blob that no entry names, be it void."""
    records = folder.federation.records.values()
    opened = {e.uuid for record in records for e in record.state.elections.values() if e.opened is not None}
    for uuid in sorted(set(folder.archives.names()) - opened):
        text = "no record here opened this box: whatever it says decides nothing"
        yield Finding(kind="warning", box=uuid, file=box_path(uuid), rule="R-VERIFY-10", text=text)
    unnamed = {digest.encode() for digest in folder.blobs.names()}
    for record in records:
        for entry in record.entries if unnamed else ():
            unnamed.difference_update(_HASH.findall(entry))
    for digest in sorted(unnamed):
        text = "no act of any record here names this text: nobody here said it"
        yield Finding(kind="warning", file=blob_path(digest.decode()), rule="R-VERIFY-10", text=text)

"""A witness answers the requests in a bundle with another bundle: the checkpoint with its line, and no entries again.

What the bundle carries is taken into a public folder of the moment, onto what is held here already; the mirror holds
and cosigns it as by any other way (R-MIRROR-1, R-MIRROR-4); and what goes home is an update from the size that was
cosigned to that very size, which ``majlis import`` takes in as new cosignatures (R-BUNDLE-8).
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import msgspec

from majlis.errors import Fault, Missing
from majlis.host.bundle import make_bundle
from majlis.host.exchange import Taken
from majlis.host.layout import IndexEntry
from majlis.host.manifest import MANIFEST, Manifest, parse_manifest
from majlis.host.mirroring import cosign
from majlis.host.node import Node
from majlis.host.publish import publish_record, write_index, write_sums
from majlis.host.reader import PublicFolder
from majlis.host.receive import Received, receive
from majlis.host.store import Store
from majlis.host.unzip import open_archive
from majlis.host.witness import Mirror

__all__ = ["Answered", "answer"]

_MAX_MANIFEST = 16 * 2**20


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the records in a bundle, and whether an answer was written."""

    received: Received
    taken: tuple[Taken, ...]
    is_written: bool


def answer(node: Node, mirror: Mirror, store: Store, bundle: Path, scratch: Path, out: Path) -> Answered:
    """The bundle's records are held and cosigned here, and ``out`` is the bundle that goes home with the lines.

    ``scratch``: an empty folder. Raises: as ``receive``; Missing, where it carries no record of another body.
    """
    with open_archive(bundle) as archive:
        manifest = parse_manifest(archive.read(MANIFEST, _MAX_MANIFEST))
    _lay_out(node, store, manifest, scratch)
    received = receive(bundle, scratch)
    taken = cosign(node, mirror, store, scratch)
    if not taken:
        raise Missing("this bundle carries no record of another body; it is answered by the mirrors of its records")
    done = {each.identity: each for each in taken if each.outcome == "cosigned"}
    sizes = {
        entry.slug: [done[entry.identity].size] for entry in PublicFolder(scratch).index() if entry.identity in done
    }
    if sizes:
        make_bundle(scratch, out, since=sizes, only=sizes)
    return Answered(received=received, taken=tuple(taken), is_written=bool(sizes))


def _lay_out(node: Node, store: Store, manifest: Manifest, scratch: Path) -> None:
    """Of the records that the bundle continues, the copies held here lie in the public folder."""
    wanted = {carried.origin for carried in manifest.records if carried.start}
    entries = []
    scratch.mkdir(parents=True, exist_ok=True)
    for body in node.bodies:
        note = node.checkpoints.seen(body.identity) if body.origin in wanted and not body.is_hosted else b""
        if not note:
            continue
        with suppress(Fault):  # A copy that cannot be laid out is as good as none: the bundle says what it lacks.
            publish_record(scratch, store.record(body.origin), note, safe=node.checkpoint(body.identity))
            entries.append(
                IndexEntry(slug=body.slug, names=dict(body.names), identity=body.identity, origin=body.origin)
            )
    if entries:
        write_index(scratch, entries, manifest.notices)
        write_sums(scratch)

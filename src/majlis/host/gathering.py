"""What the records here name and is not here, texts and ballot boxes, is fetched from whoever shows it.

Nothing is believed: a blob is that of its name (R-MIRROR-10), a box the one that the record speaks of (R-NODE-3).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Final

import msgspec

from majlis.ballot import Report
from majlis.errors import Forged, Malformed, Missing
from majlis.host.boxes import judge_box, pieces
from majlis.host.disk import check_room
from majlis.host.federation import Federation
from majlis.host.fetched_blobs import fetch_blobs
from majlis.host.fetched_box import check_box, cut_behind, keep_box
from majlis.host.http import Caller
from majlis.host.lacking import Lacking, Lacks
from majlis.host.layout import box_path
from majlis.host.node import Node
from majlis.institutions.evidence import BoxClaim

__all__ = ["Gathered", "gather", "lacks_of", "says", "still_lacking"]

_MAX_BOX: Final = 64 * 2**30
_MOST_NAMED: Final = 3


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """How many texts and boxes came; which were asked for in vain, by name; what was false, and how, by its name."""

    texts: int
    boxes: int
    vain: tuple[str, ...]
    wrong: dict[str, str]


def lacks_of(node: Node) -> Lacks:
    """What a data folder lacks, by its own files."""
    return Lacks(lambda digest: node.blobs.path(digest).is_file(), node.boxes.path)


def _verdict(node: Node, claim: BoxClaim, path: Path) -> Report | None:
    """The verdict on a finished box that just came; None, where there is none yet.

    How a box ends, no head says but that of its result. So one that ends otherwise is taken only if it holds: else
    whoever stands on the line could have a mirror call a result void.

    Raises: Forged, for one that does not hold, and is not the one that the result names.
    """
    try:
        with path.open("rb") as file:
            report = judge_box(claim, pieces(file), node.blobs.get)
    except Missing:
        return None
    if report.verdict not in ("valid", "valid-v1") and report.head != claim.head:
        raise Forged(
            "this box does not hold, and ends otherwise than the result in its record says; take it from elsewhere",
            where=path.name,
            rule="R-NODE-3",
        )
    return report


def still_lacking(node: Node, lacking: Lacking) -> Lacking:
    """The same without the texts that came since."""
    texts = tuple(text for text in lacking.texts if not node.blobs.path(text.digest).is_file())
    return lacking if len(texts) == len(lacking.texts) else msgspec.structs.replace(lacking, texts=texts)


def says(lacking: Lacking) -> str:
    """What lacks, in words; empty where nothing does."""
    said = []
    if lacking.texts:
        named = ", ".join(f"{text.index} ({text.kind})" for text in lacking.texts[:_MOST_NAMED])
        more = " and others" if len(lacking.texts) > _MOST_NAMED else ""
        count = "1 text or file" if len(lacking.texts) == 1 else f"{len(lacking.texts)} texts or files"
        said.append(f"{count} of entry {named}{more}")
    if lacking.boxes:
        named = ", ".join(lacking.boxes[:_MOST_NAMED]) + (" and others" if len(lacking.boxes) > _MOST_NAMED else "")
        count = "1 ballot box, or its end" if len(lacking.boxes) == 1 else f"{len(lacking.boxes)} ballot boxes, or ends"
        said.append(f"{count}: {named}")
    if lacking.unjudged is not None:
        said.append(f"what entry {lacking.unjudged} rests on: a ballot box, or the record of another body")
    return "; ".join(said)


def gather(
    node: Node,
    caller: Caller,
    federation: Federation,
    lacks: Lacks,
    identities: Iterable[str],
    *,
    growing: bool = False,
    turn: AbstractContextManager[object] | None = None,
    is_due: Callable[[str], bool] = lambda name: True,
    most: float = math.inf,
    check: Callable[[], None] = lambda: None,
) -> Gathered:
    """What these records name and is not here is here, as far as it is to be had at this address.

    ``federation``: the records, folded; where a box came, and an entry can be judged by it, it and all after it are
    folded anew. ``growing``: boxes that are here as far as their records say may have grown since, and are asked for
    too. ``turn``: held while something is folded. ``is_due``: whether this blob or box is asked for now.
    ``most``: once blobs of so many bytes came for one record, the rest of its blobs is left for another time.
    ``check``: raises where it is to stop.

    Raises: Refused, when the disk is full.
    """
    wanted = tuple(identities)
    turn = turn or nullcontext()
    records = federation.records
    wrong: dict[str, str] = {}

    def look() -> None:
        check()
        check_room(node.folder)

    asked: set[str] = set()
    for identity in wanted:
        digests = set(filter(is_due, lacks.wanted(records[identity], identity))) - asked
        asked |= digests
        if digests:
            try:
                fetch_blobs(caller, node.blobs, sorted(digests), look, most=most)
            except (Forged, Malformed) as fault:
                wrong[fault.where.rpartition("/")[2]] = str(fault)
    vain = [digest for digest in sorted(asked) if not node.blobs.path(digest).is_file()]
    come = len(asked) - len(vain)
    tried: set[str] = set()
    boxes = 0
    while True:
        with turn:
            federation.look_again()
        lacking = [
            (identity, uuid, heads)
            for identity in wanted
            for uuid, heads in lacks.boxes(records[identity], identity, growing=growing).items()
            if uuid not in tried and is_due(uuid) and not _is_kept(node, identity, uuid)
        ]
        if not lacking:
            left = {uuid for identity in wanted for uuid in lacks.boxes(records[identity], identity)}
            return Gathered(texts=come, boxes=boxes, vain=(*vain, *sorted(tried & left)), wrong=wrong)
        for identity, uuid, heads in lacking:
            look()
            tried.add(uuid)
            with turn:
                claim = federation.box_wanted(identity)
            try:
                is_whole = growing or lacks.has_result(records[identity], identity, uuid)
                boxes += _fetch_box(node, caller, federation, uuid, heads, claim, turn, is_whole=is_whole)
            except (Forged, Malformed) as fault:
                wrong[uuid] = str(fault)


def _is_kept(node: Node, identity: str, uuid: str) -> bool:
    """Whether this box is kept here as a host: then nothing from elsewhere touches it (R-NODE-3)."""
    return node.body(identity).is_hosted and node.boxes.path(uuid).is_file()


def _fetch_box(
    node: Node,
    caller: Caller,
    federation: Federation,
    uuid: str,
    heads: Mapping[int, str],
    claim: BoxClaim | None,
    turn: AbstractContextManager[object],
    *,
    is_whole: bool,
) -> bool:
    """The box is here as far as it is to be had and is the one that the record speaks of; whether more of it came.

    ``claim``: what the record says of the box whose verdict it waits for. That one is verified before it is taken, and
    while nobody waits for this folder. ``is_whole``: else nothing of it is taken that no head vouches for yet.

    Raises: Forged, Malformed, where it is another.
    """
    target = node.boxes.path(uuid)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.fetched")
    try:
        caller.save(box_path(uuid), beside, _MAX_BOX)
        check_box(beside, heads)
        if not is_whole:
            cut_behind(beside, max(heads))
        if claim is not None and claim.uuid == uuid:
            report = _verdict(node, claim, beside)
            if report is not None:
                with turn:
                    federation.keep_verdict(claim, report)
        return keep_box(beside, target, lambda: heads, node.folder / "evidence", is_loaded=True)
    except Missing:
        return False
    finally:
        beside.unlink(missing_ok=True)

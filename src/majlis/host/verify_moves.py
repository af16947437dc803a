"""Records that were moved, as ``verify`` judges them: what was dropped, what members must decide."""

from __future__ import annotations

from collections.abc import Iterator

from majlis.host.federation import Record
from majlis.host.folder import Folder, claimed_logs, founding_keys
from majlis.host.layout import CHECKPOINT, record_folder
from majlis.host.moved import dropped
from majlis.host.verdict import Finding
from majlis.institutions import State, parse_act
from majlis.institutions.logs import is_lapsed

__all__ = ["move_findings"]


def move_findings(folder: Folder) -> Iterator[Finding]:
    """What there is to say of every record whose entries claim another log key than act 0, or that shows a fork."""
    for identity, record in folder.federation.records.items():
        place = f"{record_folder(folder.files[identity].origin)}/{CHECKPOINT}"
        if len(claimed_logs(record.entries)) > 1:
            yield from _dropped(identity, record, place)
        yield from _open(identity, record.state, place)


def _dropped(identity: str, record: Record, place: str) -> Iterator[Finding]:
    """A checkpoint that the mirrors made safe, and that this history lacks, in a tick that somebody handed in."""
    _, mirrors, quorum = founding_keys(record.entries[0])
    for found in record.findings:
        if found.kind != "void" or not found.rule.startswith("R-TICK-"):
            continue
        note = str(parse_act(record.entries[found.index]).data.get("checkpoint", "")).encode()
        move = dropped(record.state, note, mirrors, quorum)
        if move is not None:
            text = f"the move by act {move.index} dropped acts that were safe: entry {found.index} shows them cosigned"
            yield Finding(kind="failure", body=identity, index=found.index, file=place, rule="R-MOVE-7", text=text)


def _open(identity: str, state: State, place: str) -> Iterator[Finding]:
    """What the members still have to decide."""
    for fork in state.forks:
        if fork.settled is None:
            text = f"its log signed two histories (act {fork.index}); nothing new binds until the members settle that"
            yield Finding(kind="warning", body=identity, index=fork.index, file=place, rule="R-FORK-5", text=text)
    if state.moves and state.moves[-1].confirmed is None:
        move = state.moves[-1]
        lapsed = is_lapsed(state, move)
        text = f"it was moved by act {move.index}, and the members have not confirmed that"
        more = "; nothing new binds until they do" if lapsed else ""
        yield Finding(
            kind="warning" if lapsed else "note",
            body=identity,
            index=move.index,
            file=place,
            rule="R-MOVE-6",
            text=text + more,
        )

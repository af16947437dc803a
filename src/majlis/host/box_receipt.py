"""The host's signed word that a ballot is in its box, and what that word proves when the ballot is gone.

    majlis-ballot/1 <origin>            of the body's record, by its log's key
    box <uuid>
    tracker <43 characters>             of the ballot
    height <number of its event>
    head <hash of that event>           which all events before it lead to
    time <Unix seconds UTC, of the host's own clock>

While it serves, the host also logs how far its open boxes have come, before each tick: a ballot that was there then is
in the box for ever, or the record and the box together show that it was taken out. Source: ``spec/elections.md``, rules
R-BOXHEAD-2 and R-BOXHEAD-3.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from majlis.ballot import read_entries, read_records, tracker_of
from majlis.errors import Forged, Malformed, Missing
from majlis.host.box import Box
from majlis.host.host import Host
from majlis.record import NoteKey, check_note, format_signature_line, parse_note, sign_note

__all__ = ["BallotReceipt", "acknowledge", "check_ballot_receipt", "log_heads", "read_ballot_receipt"]

_RECEIPT: Final = re.compile(
    r"majlis-ballot/1 ([^\n]+)\nbox ([1-9A-HJ-NP-Za-km-z]{14,64})\ntracker ([A-Za-z0-9+/]{43})\n"
    r"height ([0-9]{1,9})\nhead ([0-9a-f]{64})\ntime ([0-9]{1,18})\n"
)
_MAX_RECEIPT: Final = 10_000


class BallotReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """What a receipt says, as parsed; its signature is checked by ``check_ballot_receipt``."""

    origin: str
    uuid: str
    tracker: str
    height: int
    head: str
    time: int
    note: bytes


def acknowledge(host: Host, identity: str, box: Box, ballot: bytes) -> str:
    """The receipt for this ballot of the body's box, signed. Raises: Missing, when the box does not hold it."""
    hosted = host.hosted(identity)
    tracker = tracker_of(ballot)
    height, head = box.place_of(tracker)
    origin = hosted.record.origin
    text = (
        f"majlis-ballot/1 {origin}\nbox {box.election.uuid}\ntracker {tracker}\nheight {height}\nhead {head}\n"
        f"time {host.clock.now()}\n"
    )
    return f"{text}\n{format_signature_line(sign_note(text, origin, hosted.log_key))}\n"


def read_ballot_receipt(data: bytes) -> BallotReceipt:
    """Raises: Malformed."""
    if len(data) > _MAX_RECEIPT:
        raise Malformed("this is too large for a receipt")
    match = _RECEIPT.fullmatch(parse_note(data).text)
    if match is None:
        raise Malformed("this is no receipt for a ballot; 'majlis compare' reads those for acts", rule="R-BOXHEAD-2")
    origin, uuid, tracker, height, head, time = match.groups()
    return BallotReceipt(
        origin=origin, uuid=uuid, tracker=tracker, height=int(height), head=head, time=int(time), note=data
    )


def check_ballot_receipt(
    receipt: BallotReceipt, archive: Path, logs: Sequence[NoteKey], *, carried: int | None = None
) -> None:
    """The box at hand holds the ballot where its host acknowledged it. ``logs``: keys that signed the body's record.

    ``carried``: the height up to which the record spoke of the box when it was moved to the last of these keys.

    Raises: Forged with R-BOXHEAD-2, where it holds another event there, or was closed before: receipt and box together
    prove that the host dropped the ballot. Missing, where this copy is not so long, or a host before acknowledged what
    did not come along when the record was moved: then it is nobody's fault. Forged, where none of these keys signed the
    receipt.
    """
    signed = check_note(parse_note(receipt.note), [log for log in logs if log.name == receipt.origin])
    is_lost = carried is not None and logs[-1] not in signed and receipt.height > carried
    is_closed = False
    for entry in read_entries(read_records(archive.read_bytes())):
        if entry.height == receipt.height and entry.hash == receipt.head:
            return
        if entry.height == receipt.height:
            raise _lost(receipt) if is_lost else _dropped(receipt)
        is_closed = is_closed or entry.type == "EndBallots"
    if is_closed:
        raise _lost(receipt) if is_lost else _dropped(receipt)
    raise Missing(
        f"this copy of the box ends before event {receipt.height}, which its host acknowledged; look at a newer one",
        where=str(archive),
        rule="R-BOXHEAD-2",
    )


def _lost(receipt: BallotReceipt) -> Missing:
    return Missing(
        f"the record was moved to another host since, and ballot {receipt.tracker} did not come along: cast it again, "
        "unchanged, while the box is open, and object after that",
        rule="R-BOXHEAD-2",
    )


def _dropped(receipt: BallotReceipt) -> Forged:
    return Forged(
        f"its host acknowledged ballot {receipt.tracker} as event {receipt.height} of this box, and the box has "
        "another there: the receipt proves that it was dropped. Show both to the members, and object",
        rule="R-BOXHEAD-2",
    )


def log_heads(host: Host, identity: str) -> int:
    """Every open box of this body that has grown since its last head was logged has a new one in the record.

    How many. By the log's own key, so that no clerk need be there. Raises: what the box or the record refuses.
    """
    hosted, logged = host.hosted(identity), 0
    for act, election in host.state(identity).elections.items():
        if election.opened is None or election.closed is not None or election.ended:
            continue
        with suppress(Missing):
            height, head, ballots = host.boxes.get(election.uuid).mark()
            if height > election.heads[-1][0]:
                data = {"election": act, "height": height, "head": head, "ballots": ballots}
                host.write(identity, "box.head", data, hosted.log_key)
                logged += 1
    return logged

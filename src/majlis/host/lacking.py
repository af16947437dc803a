"""What the acts of a record name and is not here: texts, ballot boxes, and what entries rest on.

A cosignature says that every entry is held (R-MIRROR-1). The entries name more: prose and large things by their hash, a
ballot box by the act that announces it, other bodies by their certificates. Whoever loses the host needs these too, so
every copy knows what of them it lacks, fetches it (``gathering``), and says so (R-MIRROR-11).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from majlis.ballot import election_uuid, read_entries, read_records
from majlis.errors import Fault
from majlis.host.federation import Federation
from majlis.host.federation import Record as Folded
from majlis.host.fetched_box import heads_in
from majlis.institutions import Act, State, parse_act

__all__ = ["NOTHING", "TEXTS", "Lacking", "Lacks", "Text", "bodies_in", "texts_in"]

TEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    "motion.table": ("text",),
    "gift.receive": ("conditions",),
    "recall.petition": ("reason",),
    "census.publish": ("source",),
    "plan.adopt": ("plan", "places", "ways"),
    "plan.amend": ("plan", "places", "ways"),
    "plan.challenge": ("plan",),
    "act.deliver": ("entry",),
    "act.excess": ("ids",),
    "election.list": ("credentials",),
    "election.paper": ("sheets",),
    "box.shuffle": ("payload",),
    "decryption.reveal": ("sidecar", "payload"),
}
"""The fields of acts that name blobs, by kind."""

# What is put into the box too: the list when it is opened, shuffles and shares when it is finished.
_FOR_THE_BOX: Final = {"election.list": "credentials", "box.shuffle": "payload", "decryption.reveal": "payload"}
_HEX64: Final = re.compile(r"[0-9a-f]{64}")
_RESULT: Final = "election.result"
_KINDS: Final = re.compile(rb'"(?:' + b"|".join(re.escape(kind).encode() for kind in (*TEXTS, _RESULT)) + rb')"|\\u')
_BODY: Final = re.compile(rb'"(?:body|assembly)":"([0-9a-f]{64})"')
_PIECE: Final = 1 << 20
_AT_ONCE: Final = 1024


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """A blob, by its SHA-256, that the act at this position names; ``election``: of which it speaks, or empty."""

    index: int
    kind: str
    field: str
    digest: str
    election: str = ""


class Lacking(msgspec.Struct, frozen=True, kw_only=True):
    """What of all that a record names is not here.

    ``texts``: blobs that acts name which are not void. ``boxes``: archives of opened elections that are not here, or
    not as far as the record says of them. ``unjudged``: the first entry that rests on something not here.
    """

    texts: tuple[Text, ...] = ()
    boxes: tuple[str, ...] = ()
    unjudged: int | None = None

    def __bool__(self) -> bool:
        return bool(self.texts or self.boxes or self.unjudged is not None)


NOTHING: Final = Lacking()
"""Where all is here."""


def texts_in(index: int, act: Act) -> Iterator[Text]:
    """The blobs that this act names."""
    election = str(act.data.get("election", ""))
    for field in TEXTS.get(act.kind, ()):
        value = act.data.get(field)
        for digest in value if isinstance(value, list) else [value]:
            if isinstance(digest, str) and _HEX64.fullmatch(digest):
                yield Text(index=index, kind=act.kind, field=field, digest=digest, election=election)


def bodies_in(entry: bytes) -> set[str]:
    """The identities of all bodies that an entry speaks of."""
    return {match.decode() for match in _BODY.findall(entry)}


class _Ledger:
    """One record, as far as it was looked through: what it names that was not here, and which boxes have results."""

    def __init__(self, record: Folded) -> None:
        self.record = record
        self.size = 0
        self.texts: dict[tuple[int, str, str], Text] = {}
        self.results: set[str] = set()


class Lacks:
    """Says what lacks, and remembers what was looked through: asked again, it looks at new entries alone.

    In memory lies what lacks, and no more.
    """

    def __init__(self, has_text: Callable[[str], bool], box_path: Callable[[str], Path]) -> None:
        """``has_text``: whether the blob with this hash is here. ``box_path``: where the archive lies or would lie."""
        self._has_text = has_text
        self._box_path = box_path
        self._ledgers: dict[str, _Ledger] = {}
        self._boxes: dict[Path, tuple[tuple[int, int], dict[int, str], bool]] = {}

    def of(self, federation: Federation, identity: str) -> Lacking:
        """What this record, which is folded, names and is not here."""
        state = federation.records[identity].state
        texts = [text for text in self.texts(federation.records[identity], identity) if _is_needed(state, text)]
        boxes = self.boxes(federation.records[identity], identity)
        return Lacking(texts=tuple(texts), boxes=tuple(sorted(boxes)), unjudged=state.missing)

    def texts(self, record: Folded, identity: str) -> list[Text]:
        """All blobs that this record names, whatever its acts are worth, and that are not here. Nothing is folded."""
        ledger = self._ledger(record, identity)
        ledger.texts = {key: text for key, text in ledger.texts.items() if not self._has_text(text.digest)}
        return list(ledger.texts.values())

    def wanted(self, record: Folded, identity: str) -> set[str]:
        """The blobs that this record, which is folded, names by acts that are not void, and that are not here.

        Anybody can log void acts: nobody fills a disk by them. One that counts later after all is asked for then.
        """
        return {text.digest for text in self.texts(record, identity) if not _is_void(record.state, text)}

    def boxes(self, record: Folded, identity: str, *, growing: bool = False) -> dict[str, dict[int, str]]:
        """The boxes of this record, which is folded, that are not here as far as it says; with the heads stated.

        ``growing``: those too that have no result yet, and may hold more than the record says by now.
        """
        results = self._ledger(record, identity).results
        return {
            uuid: heads
            for uuid, heads in heads_in([record.state]).items()
            if (growing and uuid not in results) or not self._is_here(uuid, heads, uuid in results)
        }

    def has_result(self, record: Folded, identity: str, uuid: str) -> bool:
        """Whether a result of this box stands in the record, whatever it is worth."""
        return uuid in self._ledger(record, identity).results

    def _ledger(self, record: Folded, identity: str) -> _Ledger:
        ledger = self._ledgers.get(identity)
        if ledger is None or ledger.record is not record:
            # Where a branch was left, the record is another from there on.
            ledger = self._ledgers[identity] = _Ledger(record)
        size = len(record.entries)
        while ledger.size < size:
            stop = min(size, ledger.size + _AT_ONCE)
            for index, entry in enumerate(record.entries[ledger.size : stop], start=ledger.size):
                if _KINDS.search(entry):
                    self._look_at(ledger, index, entry)
            ledger.size = stop
        return ledger

    def _look_at(self, ledger: _Ledger, index: int, entry: bytes) -> None:
        try:
            act = parse_act(entry)
        except Fault:
            return
        election = act.data.get("election")
        if act.kind == _RESULT and isinstance(election, str) and _HEX64.fullmatch(election):
            ledger.results.add(election_uuid(election))
        for text in texts_in(index, act):
            if not self._has_text(text.digest):
                ledger.texts[index, text.field, text.digest] = text

    def _is_here(self, uuid: str, heads: Mapping[int, str], has_result: bool) -> bool:
        path = self._box_path(uuid)
        try:
            found = path.stat()
        except OSError:
            return False
        mark, height = (found.st_size, found.st_mtime_ns), max(heads)
        known = self._boxes.get(path)
        if known is None or known[0] != mark or height not in known[1]:
            events, is_finished = _events(path, heads)
            self._boxes[path] = known = (mark, events, is_finished)
        return known[1].get(height) == heads[height] and (known[2] or not has_result)


def _events(path: Path, heads: Mapping[int, str]) -> tuple[dict[int, str], bool]:
    """What the archive has at these heights (empty where nothing), and whether its result stands in it."""
    found, is_finished = dict.fromkeys(heads, ""), False
    try:
        with path.open("rb") as file:
            for event in read_entries(read_records(iter(lambda: file.read(_PIECE), b""))):
                if event.height in found:
                    found[event.height] = event.hash
                is_finished = event.type == "Result"
    except (Fault, OSError):
        return found, False
    return found, is_finished


def _is_void(state: State, text: Text) -> bool:
    standing = state.acts.get(state.log.get(text.index, ""))
    return standing is not None and standing.status == "void"


def _is_needed(state: State, text: Text) -> bool:
    """Whether anybody needs the bytes: of a void act nobody does, nor of one whose ballot box has them too."""
    if _is_void(state, text):
        return False
    election = state.elections.get(text.election)
    if election is None or _FOR_THE_BOX.get(text.kind) != text.field:
        return True
    return election.opened is None if text.kind == "election.list" else election.result is None

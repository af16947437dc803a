"""Pages and doors of a data folder: what its records say at this moment, and a host that takes in acts and ballots.

``DataSource`` reads and locks nothing; it looks again for every round of pages. ``DataHost`` holds the folder open for
as long as the server runs, so that one writer orders what comes in; commands that write there wait until it stops.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from types import TracebackType

from majlis.ballot import tracker_of
from majlis.errors import Fault, Missing, Refused
from majlis.host.box_receipt import acknowledge
from majlis.host.brought import NO_BLOBS, Brought
from majlis.host.federation import Federation
from majlis.host.gatherer import Gatherer
from majlis.host.gathering import lacks_of
from majlis.host.group import Group
from majlis.host.host import Host, Outcome
from majlis.host.keyring import Keyring
from majlis.host.lacking import Lacking
from majlis.host.layout import CHECKPOINT, INDEX, SAFE, IndexEntry, format_index, record_folder
from majlis.host.nightly import Nightly, VerifiedAt
from majlis.host.node import Known, Node
from majlis.host.practice import is_practice
from majlis.host.store import Record
from majlis.host.takeover import shown_checkpoint
from majlis.institutions.digest import statements
from majlis.record import parse_note
from majlis.record.tile import parse_tile_path
from majlis.site import paths
from majlis.site.folder import RecordSource
from majlis.site.source import BodyInfo, Notice, Receipt, Stopped


class DataSource(RecordSource):
    """A ``Source`` over a data folder, for as long as it is open."""

    def __init__(self, node: Node, federation: Federation | None = None, host: Host | None = None) -> None:
        """``federation``: the one that a host of this folder keeps up to date; without it the store is read anew.

        ``host``: that host.
        """
        self.node = node
        self._host = host
        self.again: Nightly | None = None
        self.gatherer: Gatherer | None = None
        self._is_shared = federation is not None
        self.may_fold = federation is None
        super().__init__(federation or node.federation(), node.blobs, node.boxes.path, node.checkpoint)
        self._lacks = lacks_of(node)

    def refresh(self) -> None:
        """Take in what other commands have written since."""
        if self._is_shared:
            return
        fresh = Node(self.node.folder)
        with fresh.reading() as store:
            for known in fresh.bodies:
                self._take(known, store.record(known.origin))
        self.node = fresh

    def _take(self, known: Known, record: Record) -> None:
        folded = self.federation.records.get(known.identity)
        if folded is None:
            self.federation.add(record.entries())
        else:
            for entry in record.entries(len(folded.entries)):
                folded.append(entry)
        self.federation.fold(known.identity)

    @property
    def notices(self) -> Sequence[Notice]:
        """That time is simulated, where any record was founded under a practice clock."""
        is_so = self.node.practice is not None or any(is_practice(known.origin) for known in self.node.bodies)
        return ["simulated-clock"] if is_so else []

    def bodies(self) -> Sequence[BodyInfo]:
        """Assemblies first, then committees, then affiliates, by slug."""
        self.refresh()
        known = [known for known in self.node.bodies if known.identity in self.federation.records]
        return self.described((each.slug, each.identity, each.origin) for each in known)

    def safe_size(self, identity: str) -> int:
        """The size of the newest checkpoint that the mirrors' quorum cosigned, as far as it is known here.

        One that was logged as a tick is in the record itself, whether the note was kept beside it or not.
        """
        note = self.node.checkpoint(identity)
        logged = max((tick.size for tick in self.state(identity).ticks[-1:]), default=0)
        return max(logged, self.cosigned_size(identity, note) if note else 0)

    def verified(self, identity: str) -> VerifiedAt | None:
        """How far, and when, the record was last verified again since this server was started; None before that."""
        return None if self.again is None else self.again.found.get(identity)

    def stopped(self, identity: str) -> Stopped:
        """Why the host of this folder takes nothing in for this body; empty where it does, or none is at work."""
        if self._host is None or identity not in self._host.bodies():
            return ""
        with suppress(Fault):  # Where all was stopped (R-AGAIN-2), whoever serves the pages says so.
            if self._host.hosted(identity).signer.behind is not None:
                return "behind"
        return "disk" if self._host.failed is not None else ""

    def lacks(self, identity: str) -> Lacking:
        """What the record names and is not in this folder; of one that is served, as it was found last."""
        if self.gatherer is not None:
            return self.gatherer.lacks(identity)
        return super().lacks(identity)

    def file(self, path: str) -> bytes | None:
        """A public file, made from the folder as it stands; nothing private has a path here."""
        try:
            return self._file(path)
        except (Fault, OSError):
            return None

    def _file(self, path: str) -> bytes:
        if path == INDEX:
            return format_index([_entry(known) for known in self.node.bodies], self.notices)
        if path.startswith("blobs/sha256/"):
            return self.blobs.get(path.rsplit("/", 1)[-1])
        if path.startswith(f"pages/{paths.IN_FORCE}/"):
            return self._in_force_file(path)
        if path.startswith("boxes/") and path.endswith(".bel"):
            return self.box_path(path.removeprefix("boxes/").removesuffix(".bel")).read_bytes()
        folder, _, rest = path.partition("/")
        for known in self.node.bodies:
            if record_folder(known.origin) == folder:
                return self._record_file(known, rest)
        raise Missing("no record of this folder has that path")

    def _in_force_file(self, path: str) -> bytes:
        identity = path.split("/")[2]
        for statement in statements(self.state(identity)):
            if paths.in_force(identity, statement) == path:
                found = self.in_force(identity, statement)
                if found is not None:
                    return found.data
        raise Missing("that is not in force now, or the newest digest does not show it")

    def _record_file(self, known: Known, rest: str) -> bytes:
        if rest == CHECKPOINT:
            if note := shown_checkpoint(self.node, known.identity):
                return note
            raise Missing("no mirror has cosigned this record yet")
        if rest == SAFE:
            note, shown = self.node.checkpoint(known.identity), shown_checkpoint(self.node, known.identity)
            if note and parse_note(note).text != parse_note(shown).text:
                return note
            raise Missing("the checkpoint itself is the newest safe one, or none is")
        with self.node.reading() as store:
            return store.record(known.origin).tile(parse_tile_path(rest))


Ticket = asyncio.Future[Receipt]


class DataHost:
    """Takes in acts and ballots for the records kept in a data folder, until it is closed.

    Acts go by groups (``host.group``), ballots one after another in a thread of their own: the event loop never waits
    for a signature or a disk.
    """

    def __init__(self, node: Node, keeper: Keyring) -> None:
        """``keeper`` holds the keys of the logs. Raises: Refused while another process writes in the folder."""
        self._stack = ExitStack()
        self.node = node
        self.host: Host = self._stack.enter_context(node.hosting(keeper))
        self._group = Group[Ticket](self.host, _deliver)
        self._stack.callback(self._group.close)
        self._casting = self._stack.enter_context(ThreadPoolExecutor(1, "cast"))

    async def submit(self, identity: str, entry: bytes, brought: Brought = NO_BLOBS) -> Receipt:
        """The act is on this machine's disk, with what it brought. Raises: Malformed, Forged, Refused, Missing."""
        ticket: Ticket = asyncio.get_running_loop().create_future()
        self._group.hand_in(identity, entry, ticket, brought)
        return await ticket

    async def cast(self, uuid: str, ballot: bytes) -> Receipt:
        """The ballot is in the box, verified and durable.

        Raises: Malformed, Forged, Refused (also when the box is not open in the record), Missing.
        """
        return await asyncio.get_running_loop().run_in_executor(self._casting, self._cast, uuid, ballot)

    def _cast(self, uuid: str, ballot: bytes) -> Receipt:
        identity = next(
            (
                identity
                for identity in self.host.bodies()
                for election in self.host.state(identity).elections.values()
                if election.uuid == uuid and election.opened is not None and election.closed is None
            ),
            None,
        )
        if identity is None:
            raise Refused("no record kept here has an open ballot box of that identifier", rule="R-BOXHEAD-1")
        self.host.check_taken(identity)
        box = self.host.boxes.get(uuid)
        with self.host.watching():
            box.cast(ballot)
        note = acknowledge(self.host, identity, box, ballot)
        return Receipt(level="sequenced", id=tracker_of(ballot), place=box.height, note=note)

    def close(self) -> None:
        """The folder is free for others."""
        self._stack.close()

    def __enter__(self) -> DataHost:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """As ``close``; after a failure nothing is kept of what was folded."""
        self._stack.__exit__(kind, value, trace)


def _deliver(outcomes: Sequence[tuple[Ticket, Outcome]]) -> None:
    """Whoever waits is told, all of one event loop at once."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Ticket, Outcome]]] = {}
    for ticket, outcome in outcomes:
        by_loop.setdefault(ticket.get_loop(), []).append((ticket, outcome))
    for loop, some in by_loop.items():
        with suppress(RuntimeError):  # The loop has ended, and with it everybody who waited.
            loop.call_soon_threadsafe(_settle, some)


def _settle(outcomes: Sequence[tuple[Ticket, Outcome]]) -> None:
    for ticket, outcome in outcomes:
        if ticket.done():
            continue
        if isinstance(outcome, Fault):
            ticket.set_exception(outcome)
        else:
            ticket.set_result(Receipt(level="sequenced", id=outcome.act, place=outcome.index, note=outcome.note))


def _entry(known: Known) -> IndexEntry:
    return IndexEntry(slug=known.slug, names=known.names, identity=known.identity, origin=known.origin)

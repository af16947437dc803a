"""The witness of a folder at the door: entries sent in pieces, and what is wrong with them (R-MIRROR-2 to 4)."""

from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.host.test_witness import ENTRIES, KEY, LOG, LOG_KEY, NAME, NOW, ORIGIN, OTHERS, TREES, note, request

from majlis.errors import Forged, Malformed, Missing, Refused
from majlis.host import asking
from majlis.host.asking import RemoteWitness, gather
from majlis.host.clock import SimulatedClock
from majlis.host.digests import check_claim, check_digests
from majlis.host.federation import Federation
from majlis.host.host import Host
from majlis.host.http import Answer, Caller, base_url
from majlis.host.node import Node
from majlis.host.store import MemoryRecord, MemoryStore
from majlis.host.witness import Mirror
from majlis.host.witnessing import WitnessDoor
from majlis.institutions import GENESIS
from majlis.record import (
    AddEntries,
    CosignerKey,
    MirrorInfo,
    format_add_entries,
    package_ranges,
    parse_mirror_info,
    parse_signature_line,
    prove_package,
    read_cosignatures,
    with_signatures,
)
from majlis.site.witness_door import WithWitness

COSIGNER = CosignerKey(name=NAME, public_key=KEY.public_key)


class Door:
    """A door whose mirror trusts one log, and everything behind it."""

    def __init__(self, folder: Path) -> None:
        self.store = MemoryStore()
        Mirror.create_memory(folder, NAME, KEY.public_key)
        self.clock = SimulatedClock(NOW)
        self.mirror = Mirror(folder, KEY, self.clock, store=self.store, source=_nothing)
        self.mirror.trust(LOG)
        node = Node.create(folder / "node", keeper="amal")
        host = Host(store=self.store, blobs=node.blobs, boxes=node.boxes, clock=self.clock, chance=bytes, signers=None)  # type: ignore[arg-type]  (it keeps no record of its own)
        self.door = WitnessDoor(node, host, self.mirror)
        self.mirror.judge = None

    def entries(self, start: int, stop: int, end: int, of: str = "true") -> bytes:
        """A request with the packages from start on, up to stop, proven in the tree of ``end``."""
        source = ENTRIES if of == "true" else OTHERS
        packages = [
            prove_package(first, source[first:last], size=end, read=TREES[of].read)
            for first, last in package_ranges(start, end)
            if last <= stop
        ]
        return format_add_entries(AddEntries(origin=ORIGIN, start=start, end=end, packages=tuple(packages)))


def _nothing(origin: str, start: int, end: int) -> list[bytes]:
    raise Missing("nothing")


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Door]:
    door = Door(tmp_path)
    yield door
    door.mirror.close()


def test_entries_come_after_the_checkpoint_and_then_it_is_cosigned(at: Door) -> None:
    assert at.door.add_checkpoint(request(0, 600)).body == ""
    reply = at.door.add_entries(at.entries(0, 256, 600))
    assert (reply.status, parse_mirror_info(reply.body)) == (202, MirrorInfo(size=600, next=256))
    reply = at.door.add_entries(at.entries(256, 600, 600))
    assert reply.status == 200
    line = parse_signature_line(reply.body.strip())
    assert read_cosignatures(with_signatures(note(600), [line]), [COSIGNER])
    assert at.store.record(ORIGIN).entries() == ENTRIES
    assert at.mirror.last(ORIGIN) == 600
    # Held now: the next time it cosigns at once.
    assert at.door.add_checkpoint(request(600, 600)).body.startswith("— ")
    assert at.door.add_checkpoint(request(0, 600)).body == "600\n"


def test_what_is_asked_wrongly_moves_nothing(at: Door) -> None:
    assert at.door.add_entries(at.entries(0, 256, 600)).status == 404
    assert at.door.add_checkpoint(b"x").status == 400
    assert at.door.add_checkpoint(b"x" * 300_000).status == 413
    assert at.door.add_entries(b"x" * 9_000_000).status == 413
    at.door.add_checkpoint(request(0, 300))
    reply = at.door.add_entries(at.entries(256, 300, 300))
    assert (reply.status, parse_mirror_info(reply.body).next) == (409, 0)
    reply = at.door.add_entries(at.entries(0, 256, 600))
    assert (reply.status, parse_mirror_info(reply.body).size) == (409, 300)
    assert at.door.add_entries(b"").status == 400
    assert at.store.record(ORIGIN).size == 0


def test_false_entries_stop_at_the_first_that_is_false(at: Door) -> None:
    """R-MIRROR-3: the packages before it stay."""
    at.door.add_checkpoint(request(0, 600))
    good, bad = at.entries(0, 256, 600), at.entries(256, 512, 600, "other")
    head = 2 + len(ORIGIN.encode()) + 16 + 2
    assert at.door.add_entries(good + bad[head:]).status == 422
    assert at.store.record(ORIGIN).entries() == ENTRIES[:256]


def test_two_histories_of_one_log_are_not_joined(at: Door) -> None:
    at.door.add_checkpoint(request(0, 300))
    at.door.add_entries(at.entries(0, 256, 300))
    # What is held is to be continued, though nothing was cosigned yet.
    assert at.door.add_checkpoint(request(0, 600, "other")).body == "256\n"
    assert at.door.add_checkpoint(request(256, 600, "other")).status == 422
    assert at.door.add_entries(at.entries(256, 600, 600, "other")).status == 409
    assert len(at.mirror.evidence()) == 1
    assert at.store.record(ORIGIN).size == 256
    assert at.door.add_checkpoint(request(256, 600)).status == 200
    assert at.door.add_entries(at.entries(256, 600, 600)).status == 200


def test_two_histories_that_wait_side_by_side_are_not_mixed(at: Door) -> None:
    at.door.add_checkpoint(request(0, 600))
    at.door.add_checkpoint(request(0, 500, "other"))
    assert at.door.add_entries(at.entries(0, 256, 600)).status == 202
    assert at.door.add_entries(at.entries(256, 500, 500, "other")).status == 409
    assert at.store.record(ORIGIN).entries() == ENTRIES[:256]
    assert at.door.add_entries(at.entries(256, 600, 600)).status == 200


def test_a_false_digest_is_not_cosigned(at: Door) -> None:
    """R-MIRROR-4: what the mirror's own fold says otherwise stays without its line, and is kept as evidence."""

    def judge(origin: str, start: int, end: int) -> None:
        assert (origin, start, end) == (ORIGIN, 0, 300)
        raise Forged("the digest at entry 7 is not that of what is in force there", rule="R-MIRROR-4")

    at.mirror.judge = judge
    at.door.add_checkpoint(request(0, 300))
    assert at.door.add_entries(at.entries(0, 300, 300)).status == 422
    assert at.mirror.last(ORIGIN) == 0
    assert "digest" in at.mirror.evidence()[0][1]


def test_entries_that_are_no_digests_cost_no_fold() -> None:
    federation = Federation()
    federation.records["x"] = record = type(federation.records)().setdefault("x", _unfolded())
    check_digests(federation, "x", 0, len(record.entries))


@pytest.mark.parametrize("kind", ["state.digest", r"state.\u0064igest", r"st\u0061te\u002edigest"])
def test_a_false_digest_is_found_however_its_kind_is_spelt(kind: str) -> None:
    """R-MIRROR-4: what a phone reads as a digest, the mirror does too."""
    from majlis.host.author import write_act
    from majlis.institutions import sign_text

    entry = write_act("state.digest", {"size": 0, "root": "ab" * 32}, LOG_KEY, chance=bytes, body="ab" * 32)
    text = entry.rpartition(b"\n\n")[0].replace(b"state.digest", kind.encode()) + b"\n"
    federation = Federation()
    federation.records["x"] = _unfolded(sign_text(text, LOG_KEY))
    with pytest.raises(Forged, match="R-MIRROR-4"):
        check_digests(federation, "x", 0, 1)


def _unfolded(*entries: bytes) -> Any:
    from majlis.host.federation import Record

    return Record([*entries, b"no act", b'"state.digest" in no act'])


def test_a_digest_of_entries_to_come_is_not_taken_in() -> None:
    """R-DIGEST-3."""
    from majlis.host.author import write_act
    from majlis.institutions import parse_act

    def claim(size: int) -> None:
        act = write_act("state.digest", {"size": size, "root": "ab" * 32}, LOG_KEY, chance=bytes, body="ab" * 32)
        check_claim(GENESIS, parse_act(act))

    for size in (0, 1):
        with pytest.raises(Refused, match="R-DIGEST-3"):
            claim(size)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.integers(0, 400), st.binary(max_size=4))
def test_no_bytes_whatever_trip_the_door(at: Door, noise: bytes, cut: int, changed: bytes) -> None:
    """Total: every answer is one of the statuses of the two calls, and nothing false is kept."""
    entries = at.entries(0, 256, 600)
    for body in (noise, request(0, 600)[:cut] + changed, request(0, 600)):
        assert at.door.add_checkpoint(body).status in (200, 400, 403, 404, 409, 422)
    for body in (noise, entries[: cut * 9] + changed + entries[cut * 9 + len(changed) :], entries[:cut]):
        assert at.door.add_entries(body).status in (200, 202, 400, 404, 409, 422)
    held = at.store.create(ORIGIN).entries()
    assert held == ENTRIES[: len(held)]


def test_an_act_that_nobody_here_signs_for_is_not_delivered(at: Door) -> None:
    assert at.door.deliver(b"majlis/1").status == 403


# --- the client


class Wire(Caller):
    """Carries a client's requests to a door in this process."""

    def __init__(self, door: WitnessDoor, *, break_: Callable[[str, Answer], Answer] | None = None) -> None:
        super().__init__("http://mirror.example")
        self.door = door
        self.asked: list[str] = []
        self._break = break_

    def ask(self, method: str, path: str, *, body: bytes | None = None, limit: int) -> Answer:
        self.asked.append(path)
        if body is None:  # A look at what lies there in public, which this process does not serve.
            return Answer(status=404, kind="text/plain", body=b"it is not here\n")
        reply = self.door.add_checkpoint(body) if path == "add-checkpoint" else self.door.add_entries(body)
        answer = Answer(status=reply.status, kind=reply.kind, body=reply.body.encode())
        return self._break(path, answer) if self._break else answer


def _record(size: int, of: str = "true") -> MemoryRecord:
    record = MemoryStore().create(ORIGIN)
    record.append((ENTRIES if of == "true" else OTHERS)[:size])
    return record


def test_the_client_sends_what_the_mirror_lacks_and_goes_on_from_there(at: Door, monkeypatch: Any) -> None:
    monkeypatch.setattr(asking, "MAX_PACKAGES", 1)
    wire = Wire(at.door)
    witness = RemoteWitness(wire)
    signed, asked = gather(_record(300), note(300), [witness], [COSIGNER])
    assert [each.text for each in asked] == [""]
    assert read_cosignatures(signed, [COSIGNER])
    assert wire.asked == ["add-checkpoint", *["add-entries"] * 3]
    wire.asked.clear()
    assert witness.cosign(_record(600), note(600))
    assert wire.asked == ["add-checkpoint", *["add-entries"] * 3]
    # Another client, who does not know how far it is, learns it from the 409.
    again = Wire(at.door)
    assert RemoteWitness(again).cosign(_record(600), note(600))
    assert again.asked == ["add-checkpoint", "add-checkpoint"]
    with pytest.raises(Refused, match="R-SIGNER-3"):
        RemoteWitness(again).cosign(_record(300), note(300))


@pytest.mark.parametrize("upto", [256, 300])
def test_who_shows_older_checkpoints_meanwhile_stops_nobody(at: Door, upto: int) -> None:
    """R-MIRROR-7: they are true, so anybody can; the client shows its own again."""
    asked: list[str] = []

    def meanwhile(path: str, answer: Answer) -> Answer:
        asked.append(path)
        if len(asked) == 1:
            at.door.add_checkpoint(request(0, 300))
            at.door.add_entries(at.entries(0, upto, 300))
        return answer

    witness = RemoteWitness(Wire(at.door, break_=meanwhile))
    assert witness.cosign(_record(600), note(600))
    assert at.mirror.last(ORIGIN) == 600
    assert len(asked) < 12


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(status=403, kind="text/plain", body=b"no\n"), Refused),
        (Answer(status=404, kind="text/plain", body=b"no\n"), Refused),
        (Answer(status=409, kind="text/plain", body=b"a page\n"), Malformed),
        (Answer(status=422, kind="text/plain", body=b"no\n"), Forged),
        (Answer(status=413, kind="text/plain", body=b"no\n"), Malformed),
        (Answer(status=302, kind="text/html", body=b"elsewhere"), Missing),
        (Answer(status=500, kind="text/html", body=b"oops"), Missing),
        (Answer(status=200, kind="text/html", body=b"<p>hello</p>"), Malformed),
        (Answer(status=200, kind="text/html", body=b"\xff"), Malformed),
        (Answer(status=409, kind="text/plain", body=b"0\n"), Missing),
    ],
)
def test_whatever_a_witness_answers_is_a_sentence(at: Door, answer: Answer, kind: type[Exception]) -> None:
    witness = RemoteWitness(Wire(at.door, break_=lambda path, _: answer))
    with pytest.raises(kind):
        witness.cosign(_record(300), note(300))
    signed, (asked,) = gather(_record(300), note(300), [witness], [COSIGNER])
    assert asked.text
    assert signed == note(300)


def test_a_stranger_who_cosigns_is_not_counted(at: Door) -> None:
    signed, (asked,) = gather(_record(300), note(300), [RemoteWitness(Wire(at.door))], [])
    assert "none of the mirrors" in asked.text
    assert signed == note(300)


def test_a_place_that_is_away_is_asked_again_with_growing_pauses() -> None:
    pauses: list[float] = []
    caller = Caller("http://127.0.0.1:9/", seconds=1, sleep=pauses.append)
    with pytest.raises(Missing, match="nobody answers"):
        caller.get("index.json", 10)
    assert pauses == sorted(pauses)
    assert len(pauses) == 2
    for address in ("ftp://x", "http://", "x", "http://a b", "http://a/?x", "http://[", ""):
        with pytest.raises(Malformed):
            base_url(address)


# --- over ASGI


def call(app: WithWitness, method: str, path: str, parts: list[bytes], **headers: str) -> tuple[int, bytes]:
    """One request to the application, its body in parts."""
    messages = [{"type": "http.request", "body": part, "more_body": n + 1 < len(parts)} for n, part in enumerate(parts)]
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return messages.pop(0)

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    anyio.run(app, {"type": "http", "method": method, "path": path, "headers": pairs}, receive, send)
    return sent[0]["status"], sent[1]["body"]


async def _pages(scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b"pages"})


def test_the_two_calls_are_answered_beside_the_pages(at: Door) -> None:
    app = WithWitness(_pages, at.door)
    body = request(0, 300)
    assert call(app, "GET", "/add-checkpoint", [b""])[0] == 405
    assert call(app, "GET", "/add", [b""]) == (418, b"pages")
    assert call(app, "POST", "/acts/x", [b""]) == (418, b"pages")
    assert call(app, "POST", "/add-checkpoint", [body[:9], body[9:]]) == (200, b"")
    packed = gzip.compress(at.entries(0, 300, 300))
    assert call(app, "POST", "/add-entries", [packed], content_encoding="gzip")[0] == 200
    assert call(app, "POST", "/add-entries", [b"x"], content_encoding="gzip")[0] == 400
    bomb = gzip.compress(bytes(9_000_000))
    assert call(app, "POST", "/add-entries", [bomb], content_encoding="gzip")[0] == 413
    assert call(app, "POST", "/add-checkpoint", [bytes(200_000), bytes(200_000)])[0] == 413

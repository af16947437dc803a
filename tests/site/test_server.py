"""The server: the same pages live, public files and nothing else, and doors that take in acts and ballots."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient
from tests.site.books import FakeSource
from tests.site.valley import World

from majlis.crypto import SigningKey
from majlis.errors import Fault, Forged, Malformed, Missing, Refused
from majlis.host import write_act
from majlis.host.actfile import file_of
from majlis.host.brought import NO_BLOBS
from majlis.host.group import Busy
from majlis.host.host import HeldBack
from majlis.site import Receipt, door, render_page
from majlis.site.door import MOST_ACT, MOST_BALLOT, MOST_FILE
from majlis.site.server import make_app

ORIGIN = sha256(b"majlis.example/north").hexdigest()
FILES = {
    "index.json": (b"{}", "application/json"),
    "SHA256SUMS": (b"sums", "text/plain; charset=utf-8"),
    "boxes/34VU8z246V7djs.bel": (b"archive", "application/x-tar"),
    f"blobs/sha256/ab/{'ab' * 32}": (b"<script>", "application/octet-stream"),
    f"{ORIGIN}/checkpoint": (b"note", "text/plain; charset=utf-8"),
    f"{ORIGIN}/safe": (b"older", "text/plain; charset=utf-8"),
    f"{ORIGIN}/tile/0/000": (b"tile", "application/octet-stream"),
    f"{ORIGIN}/tile/entries/x001/234": (b"bundle", "application/octet-stream"),
    f"{ORIGIN}/tile/entries/000.p/17": (b"part", "application/octet-stream"),
}


class FakeHost:
    """Takes in whatever it is told to, and keeps it."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []
        self.brought: list[Mapping[str, bytes]] = []
        self.fault: Fault | None = None

    async def submit(self, identity: str, entry: bytes, brought: Mapping[str, bytes] = NO_BLOBS) -> Receipt:
        if self.fault:
            raise self.fault
        self.taken.append((identity, entry))
        self.brought.append(brought)
        return Receipt(level="sequenced", id="ab" * 32, place=7, note="majlis-receipt/1\n")

    async def cast(self, uuid: str, ballot: bytes) -> Receipt:
        if self.fault:
            raise self.fault
        self.taken.append((uuid, ballot))
        return Receipt(level="sequenced", id="tracker", place=41)


@pytest.fixture
def host() -> FakeHost:
    return FakeHost()


@pytest.fixture
def client(world: World, host: FakeHost) -> Iterator[TestClient]:
    source = FakeSource(world.source.books, world.plan)
    source.files = {path: content for path, (content, _) in FILES.items()} | {"private/keyring.json": b"secret"}
    source.blobs = world.source.blobs
    source.boxes = world.source.boxes
    with TestClient(make_app(source, host)) as client:
        yield client


@pytest.fixture
def reader(world: World) -> Iterator[TestClient]:
    with TestClient(make_app(world.source)) as client:
        yield client


@pytest.mark.parametrize("path", ["index.html", "en/index.html", "ar/north/index.html", "en/south/act-12.html"])
def test_pages_are_served_as_they_are_exported(client: TestClient, source: FakeSource, path: str) -> None:
    answer = client.get(f"/pages/{path}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.content == render_page(source, path)


def test_every_act_has_a_page_live(client: TestClient, world: World) -> None:
    for book in world.source.books:
        for index in range(len(book.entries)):
            assert client.get(f"/pages/en/{book.slug}/act-{index}.html").status_code == 200


def test_the_first_address_leads_to_the_first_page(client: TestClient) -> None:
    answer = client.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, "/pages/index.html")
    assert "العربية" in client.get("/").text
    for folder in ("/pages/en", "/pages/en/", "/pages/ar/north"):
        answer = client.get(folder, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (302, f"{folder.rstrip('/')}/index.html")


@pytest.mark.parametrize(("rel", "kind"), [("stylesheet", "text/css; charset=utf-8"), ("icon", "image/svg+xml")])
def test_what_every_page_links_to_is_served_by_its_hash(client: TestClient, rel: str, kind: str) -> None:
    page = client.get("/pages/index.html").text
    name = page.partition(f'rel="{rel}" href="')[2].partition('"')[0]
    answer = client.get(f"/pages/{name}")
    assert answer.headers["content-type"] == kind
    assert "immutable" in answer.headers["cache-control"]
    assert client.get("/pages/style-0000000000000000.css").status_code == 404


@pytest.mark.parametrize("path", FILES)
def test_public_files_are_served_with_their_types(client: TestClient, path: str) -> None:
    content, kind = FILES[path]
    answer = client.get(f"/{path}")
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == kind
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/private/keyring.json",
        "/boxes/../private/keyring.json",
        "/boxes/%2e%2e/private/keyring.json",
        "/pages/../private/keyring.json",
        "/pages/%2e%2e%2fprivate%2fkeyring.json",
        "//private/keyring.json",
        "/blobs/sha256/ab/../../../private/keyring.json",
        f"/blobs/sha256/ab/{'cd' * 32}",
        f"/{ORIGIN}/tile/0/1",
        "/pages/en/nowhere/index.html",
        "/pages/en/north/act-999.html",
        "/pages/en/north/act-01.html",
        "/pages/en/north/record-0.html",
        "/pages/en/north/record-2.html",
        "/pages/fr/index.html",
        "/pages/en/north/act-" + "9" * 400 + ".html",
        "/pages/en/north/<script>.html",
    ],
)
def test_what_is_not_public_is_not_there(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "secret" not in answer.text
    assert len(answer.text) < 300


@pytest.mark.parametrize("path", ["/pages/en/index.html", "/index.json", "/nowhere", "/pages/en/nothing.html"])
def test_every_answer_forbids_scripts_and_strangers(client: TestClient, path: str) -> None:
    answer = client.get(path)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self' data:")
    assert "unsafe" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in answer.headers


def test_an_act_is_handed_to_the_host_and_answered_with_a_receipt(
    client: TestClient, host: FakeHost, world: World
) -> None:
    entry = world.north.entries[1]
    answer = client.post("/acts/north", content=entry, headers={"content-type": "text/plain"})
    assert answer.status_code == 200
    assert msgspec.json.decode(answer.content) == {
        "level": "sequenced",
        "id": "ab" * 32,
        "place": 7,
        "note": "majlis-receipt/1\n",
    }
    assert host.taken == [(world.north.identity, entry)]


def test_whoever_asks_for_text_gets_the_signed_receipt(client: TestClient) -> None:
    answer = client.post("/acts/north", content=b"x", headers={"accept": "text/plain"})
    assert answer.text == "majlis-receipt/1\n"
    answer = client.post("/boxes/34VU8z246V7djs/ballots", content=b"x", headers={"accept": "text/plain"})
    assert answer.text == "sequenced tracker 41\n"


def test_a_ballot_is_answered_with_its_tracker(client: TestClient, host: FakeHost) -> None:
    answer = client.post("/boxes/34VU8z246V7djs/ballots", content=b"ballot")
    assert msgspec.json.decode(answer.content, type=Receipt).id == "tracker"
    assert host.taken == [("34VU8z246V7djs", b"ballot")]


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Malformed("no note", rule="R-ACT-1"), 400),
        (Forged("signature fails", rule="R-ACT-5"), 422),
        (Refused("another body", rule="R-ACT-6"), 409),
        (Missing("no such box"), 404),
        (Busy("too much at once"), 503),
    ],
)
def test_a_fault_of_the_host_is_said_in_words_with_its_rule(
    client: TestClient, host: FakeHost, fault: Fault, status: int
) -> None:
    host.fault = fault
    for place in ("/acts/north", "/boxes/34VU8z246V7djs/ballots"):
        answer = client.post(place, content=b"x")
        assert (answer.status_code, answer.text) == (status, f"{fault}\n")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_too_much_is_not_read(client: TestClient, host: FakeHost) -> None:
    assert client.post("/acts/north", content=b"x" * MOST_ACT).status_code == 200
    answer = client.post("/acts/north", content=b"x" * (MOST_ACT + 1))
    assert answer.status_code == 413
    assert "at most" in answer.text
    assert client.post("/boxes/34VU8z246V7djs/ballots", content=b"x" * (MOST_BALLOT + 1)).status_code == 413
    assert len(host.taken) == 1


def motion_file(text: bytes) -> bytes:
    """A signed motion with its wording, as it is handed in."""
    key, name = SigningKey(bytes(31) + b"\x01"), sha256(text).hexdigest()
    entry = write_act("motion.table", {"text": name, "grants": []}, key, chance=bytes, body="ab" * 32)
    return file_of(entry, {name: text}).handed


def test_a_file_with_an_act_brings_what_it_names(client: TestClient, host: FakeHost) -> None:
    """R-HANDED-1"""
    text = b"The road is mended.\n" * 5000
    assert client.post("/acts/north", content=motion_file(text)).status_code == 200
    assert host.taken[-1][1].startswith(b"majlis/1 ")
    assert dict(host.brought[-1]) == {sha256(text).hexdigest(): text}
    altered = motion_file(text).replace(b"VGhlIHJv", b"VGhlIHJw", 1)
    assert client.post("/acts/north", content=altered).status_code == 400
    assert client.post("/acts/north", content=b"{" * MOST_ACT).status_code == 400
    assert client.post("/acts/north", content=b"{" * (MOST_FILE + 1)).status_code == 413
    assert client.post("/boxes/34VU8z246V7djs/ballots", content=b"{" * (MOST_BALLOT + 1)).status_code == 413
    assert len(host.taken) == 1


def test_large_files_keep_no_small_act_out(world: World, host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MOST_FILES_HELD", 30_000)
    pieces = [b"{" * 10_000] * 4
    assert in_pieces(world, host, pieces)[0]["status"] == 503, "beyond what files may hold together"
    assert in_pieces(world, host, pieces[:2])[0]["status"] == 400
    monkeypatch.setattr(door, "MOST_HELD", 100)
    assert in_pieces(world, host, pieces[:2])[0]["status"] == 400, "they are counted apart from acts"
    file = motion_file(b"The road.\n")
    monkeypatch.setattr(door, "MOST_FILES_HELD", len(file) - 1)
    whole = in_pieces(world, host, [])  # What comes in one piece is counted while it is judged.
    assert whole[0]["status"] == 400
    assert TestClient(make_app(world.source, host)).post("/acts/north", content=file).status_code == 503


def test_nothing_handed_in_is_said(client: TestClient, host: FakeHost) -> None:
    assert client.post("/acts/north").status_code == 400
    assert client.post("/acts/nowhere", content=b"x").status_code == 404
    assert host.taken == []


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/acts/north"), ("DELETE", "/pages/index.html"), ("POST", "/index.json")]
)
def test_other_methods_are_refused_in_words(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path, content=b"x")
    assert answer.status_code == 405
    assert "not like this" in answer.text


def test_a_refused_method_is_told_which_one_is_right(client: TestClient) -> None:
    assert client.get("/acts/north").headers["allow"] == "POST"
    assert client.head("/boxes/34VU8z246V7djs/ballots").headers["allow"] == "POST"
    assert client.post("/pages/index.html", content=b"x").headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "path", ["/pages/index.html", "/pages/en/index.html", "/index.json", f"/{ORIGIN}/checkpoint", "/nowhere", "/"]
)
def test_who_asks_for_the_head_alone_gets_it_alone(client: TestClient, path: str) -> None:
    whole, head = client.get(path, follow_redirects=False), client.head(path, follow_redirects=False)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    assert head.headers == whole.headers


def in_pieces(world: World, host: FakeHost, pieces: list[bytes], *, hangs_up: bool = False) -> list[dict[str, Any]]:
    """What the application sends to somebody whose body comes a piece at a time."""
    events = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    events.append({"type": "http.disconnect"} if hangs_up else {"type": "http.request", "body": b""})
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return events.pop(0)

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)

    scope = {"type": "http", "method": "POST", "path": "/acts/north", "headers": []}
    asyncio.run(make_app(world.source, host)(scope, receive, send))
    return sent


def test_bundles_of_entries_are_packed_where_that_is_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """c2sp.org/tlog-tiles: and nothing else is, nor for anybody who did not ask."""
    entries = b"majlis/1 " + b"0123456789abcdef" * 500
    path, tile = f"{ORIGIN}/tile/entries/x001/234", f"{ORIGIN}/tile/0/000"
    world.source.files |= {path: entries, tile: entries}
    with TestClient(make_app(world.source)) as client:
        for accepted in ("gzip", "br, gzip;q=0.5", "*", "GZIP"):
            answer = client.get(f"/{path}", headers={"Accept-Encoding": accepted})
            assert (answer.content, answer.headers["content-encoding"]) == (entries, "gzip")
            assert int(answer.headers["content-length"]) < len(entries) / 10
            assert answer.headers["vary"] == "Accept-Encoding"
        for accepted in ("identity", "br", "gzip;q=0", "gzip; q=0.000", "", "gzipped"):
            answer = client.get(f"/{path}", headers={"Accept-Encoding": accepted})
            assert answer.content == entries
            assert "content-encoding" not in answer.headers
        assert "content-encoding" not in client.get(f"/{tile}", headers={"Accept-Encoding": "gzip"}).headers
        world.source.files[path] = b"small"
        assert "content-encoding" not in client.get(f"/{path}", headers={"Accept-Encoding": "gzip"}).headers


def test_a_body_in_pieces_is_one_and_never_more_than_its_limit(world: World, host: FakeHost) -> None:
    assert in_pieces(world, host, [b"one ", b"two ", b"three"])[0]["status"] == 200
    assert host.taken[-1][1] == b"one two three"
    assert in_pieces(world, host, [b"x" * 10_000] * 3)[0]["status"] == 413
    assert in_pieces(world, host, [b"x"] * 3, hangs_up=True) == []
    assert len(host.taken) == 1


def test_no_more_is_held_than_there_is_room_for(world: World, host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MOST_HELD", 100)
    answer = in_pieces(world, host, [b"x" * 60, b"x" * 60])
    assert answer[0]["status"] == 503
    assert (b"retry-after", b"1") in answer[0]["headers"]
    assert in_pieces(world, host, [b"x" * 60, b"x" * 30])[0]["status"] == 200
    assert len(host.taken) == 1


def test_who_begins_and_sends_no_more_is_told(world: World, host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "READ_SECONDS", 0.05)
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not first:
            await asyncio.sleep(60)
        return first.pop()

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)

    first = [{"type": "http.request", "body": b"half", "more_body": True}]
    scope = {"type": "http", "method": "POST", "path": "/acts/north", "headers": []}
    asyncio.run(make_app(world.source, host)(scope, receive, send))
    assert sent[0]["status"] == 408
    assert host.taken == []


class Leaping(selectors.DefaultSelector):
    """What a loop waits with when nobody really waits: the time is then whatever it waited for."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0
        return super().select(0 if timeout else timeout)


def slowly(world: World, host: FakeHost, pieces: list[bytes], seconds: float) -> tuple[int, str, float]:
    """What somebody gets who sends a ballot so, a piece each so many seconds and then no more; and after how long."""
    leaping = Leaping()
    sent: list[dict[str, Any]] = []
    left = list(pieces)

    def make_loop() -> asyncio.AbstractEventLoop:
        loop = asyncio.SelectorEventLoop(leaping)
        loop.time = lambda: leaping.now  # type: ignore[method-assign]
        return loop

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(seconds if left else 10**6)
        piece = left.pop(0)
        return {"type": "http.request", "body": piece, "more_body": piece != b""}

    async def send(event: dict[str, Any]) -> None:
        sent.append({**event, "at": leaping.now})

    scope = {"type": "http", "method": "POST", "path": "/boxes/34VU8z246V7djs/ballots", "headers": []}
    with asyncio.Runner(loop_factory=make_loop) as runner:
        runner.run(make_app(world.source, host)(scope, receive, send))
    return sent[0]["status"], sent[1]["body"].decode(), sent[0]["at"]


def test_who_sends_slowly_and_steadily_is_heard_to_the_end(world: World, host: FakeHost) -> None:
    """A ballot of a mebibyte over a line of 11 kB a second takes a minute and a half."""
    assert slowly(world, host, [b"x" * 16_384] * 63 + [b""], 1.5)[0] == 200
    assert len(host.taken) == 1


def test_who_falls_silent_is_told_so(world: World, host: FakeHost) -> None:
    for pieces in ([], [b"half"], [b"x" * 10_000] * 10):
        status, text, at = slowly(world, host, pieces, 1.0)
        assert (status, at) == (408, len(pieces) + 30)
        assert text == "nothing more came for 30 seconds; hand it in again\n"
    assert host.taken == []


def test_who_sends_a_byte_now_and_then_holds_nothing_for_long(world: World, host: FakeHost) -> None:
    status, text, at = slowly(world, host, [b"x"] * 100, 25.0)
    assert (status, 60 <= at < 61) == (408, True)
    assert text.startswith("less than 16384 bytes a second came; ")
    assert host.taken == []


def test_who_exceeds_a_quota_gets_the_word_of_the_host_for_it(client: TestClient, host: FakeHost) -> None:
    host.fault = HeldBack("used up", act="ab" * 32, note="majlis-excess/1 x\n")
    answer = client.post("/acts/north", content=b"x")
    assert (answer.status_code, answer.text) == (429, "used up [R-ACT-14]\n\nmajlis-excess/1 x\n")


def test_a_fault_of_this_machine_is_not_laid_on_who_asks(client: TestClient, host: FakeHost) -> None:
    host.fault = Fault("the disk failed", rule="R-STORE-4")
    assert client.post("/acts/north", content=b"x").status_code == 503


def test_without_a_host_the_server_is_read_only_and_says_so(reader: TestClient) -> None:
    for place in ("/acts/north", "/boxes/34VU8z246V7djs/ballots"):
        answer = reader.post(place, content=b"x")
        assert answer.status_code == 403
        assert "only shows what is public" in answer.text
    assert reader.get("/pages/en/index.html").status_code == 200


def test_a_new_act_shows_at_once(world: World) -> None:
    fresh = World()
    with TestClient(make_app(fresh.source)) as client:
        before = len(fresh.north.entries)
        assert client.get(f"/pages/en/north/act-{before}.html").status_code == 404
        fresh.north.log("tick")
        fresh.source.refresh()
        assert client.get(f"/pages/en/north/act-{before}.html").status_code == 200

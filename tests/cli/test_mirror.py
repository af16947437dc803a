"""Copies over HTTP: each entry proven, a cut-off fetch goes on (R-MIRROR-5); a second history is evidence."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.cli.served import address, free_port, serving
from tests.cli.village import ABROAD, HERE, Village

from majlis.host import fetching
from majlis.host.exchange import Taken
from majlis.host.fetching import fetch
from majlis.host.http import Caller
from majlis.host.node import Node

pytestmark = pytest.mark.xdist_group("village")


class Files(SimpleHTTPRequestHandler):
    """A folder, as any web server shows it; ``spoil`` may change what is sent."""

    spoil: Callable[[str, bytes], bytes | None] = staticmethod(lambda path, data: data)

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        data = self.spoil(self.path, path.read_bytes()) if path.is_file() else None
        self.send_response(200 if data is not None else 404)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        self.wfile.write(data or b"")

    def log_message(self, *_: Any) -> None:
        """Nothing is printed."""


@pytest.fixture
def spoiling(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[str, bytes], bytes | None]], None]:
    return lambda how: monkeypatch.setattr(Files, "spoil", staticmethod(how))


@pytest.fixture
def show() -> Iterator[Callable[[Path], str]]:
    """Serves folders; gives their addresses."""
    servers: list[ThreadingHTTPServer] = []

    def serve(folder: Path) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=str(folder)))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def third(founded: Village) -> Village:
    """A third folder, with nothing in it; the public folder holds what Hilltop knows."""
    founded.run("third", "node", "new", "--keeper", "zeina", "--practice-clock", "clock")
    founded.run(HERE, "node", "give", "stick/public")
    return founded


def outcomes(village: Village, url: str, *words: object, code: int = 0) -> dict[str, str]:
    outcome = village.try_("third", "mirror", url, "--json", *words)
    assert outcome.code == code, outcome
    return {record["slug"]: record["outcome"] for record in outcome.json["records"]}


def test_records_of_any_web_server_are_held_and_grow(third: Village, show: Callable[[Path], str]) -> None:
    url = show(third.stick / "public")
    assert outcomes(third, url) == {"hilltop": "new", "friends": "new"}
    third.run(HERE, "propose", "hilltop", "--text", "A well?", "--as", "amal")
    third.run(HERE, "node", "give", "stick/public")
    assert outcomes(third, url) == {"hilltop": "grown", "friends": "same"}
    assert third.acts("third") == third.acts()
    motion = third.run("third", "act", "show", "hilltop", 2, "--json").json["data"]["text"]
    assert Node(third.root / "third").blobs.get(motion).decode().strip() == "A well?"
    assert third.try_("third", "mirror", url, "--record", "nobody").code == 3
    assert third.try_("third", "mirror", "http://127.0.0.1:9").code == 3
    third.tick()
    third.run(HERE, "node", "give", "--cosigned", "stick/public")
    assert outcomes(third, url)["hilltop"] == "same"
    third.run("third", "node", "give", "--cosigned", "third-public")
    assert third.run(HERE, "verify", "third-public", "--accept-unknown").code == 0


def test_a_served_data_folder_is_mirrored(third: Village) -> None:
    third.tick()
    port = free_port()
    with serving(third.root, ABROAD, port):
        assert outcomes(third, address(port), "--record", "hilltop") == {"hilltop": "new"}
        outcome = third.try_("third", "mirror", address(port), "--record", "friends")
        assert outcome.code == 1
        assert "maybe no mirror has cosigned" in outcome.out


def test_a_fetch_that_was_cut_off_goes_on(
    third: Village, show: Callable[[Path], str], spoiling: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "_LOT", 1)
    for n in range(4):
        third.run(HERE, "propose", "hilltop", "--text", f"Well {n}?", "--as", "amal")
    third.run(HERE, "node", "give", "stick/public")
    asked: list[str] = []

    def cut(path: str, data: bytes) -> bytes | None:
        asked.append(path)
        return None if len(asked) > 6 and "/tile/" in path else data

    spoiling(cut)
    url = show(third.stick / "public")
    assert outcomes(third, url, "--record", "hilltop", code=1)["hilltop"] == "refused"
    spoiling(lambda path, data: data)
    node = Node(third.root / "third")
    with node.writing() as store:
        origin = Node(third.root / HERE).body("hilltop").origin
        held = store.record(origin).size if origin in store.origins() else 0
    assert 0 < held < 6
    assert outcomes(third, url)["hilltop"] == "grown"
    assert third.acts("third") == third.acts()


@pytest.mark.parametrize("what", ["tile/entries/", "tile/0/", "/checkpoint", "blobs/"])
def test_what_was_altered_on_its_way_is_not_kept(
    third: Village, show: Callable[[Path], str], spoiling: Any, what: str
) -> None:
    url = show(third.stick / "public")
    outcomes(third, url)
    third.run(HERE, "propose", "hilltop", "--text", "A well?", "--as", "amal")
    third.run(HERE, "node", "give", "stick/public")
    spoiling(lambda path, data: data[:-1] + bytes([data[-1] ^ 1]) if what in path else data)
    assert outcomes(third, url, code=1)["hilltop"] == "refused"
    spoiling(lambda path, data: data)
    outcomes(third, url)
    assert third.acts("third") == third.acts()


def test_a_second_history_is_refused_and_the_evidence_kept(third: Village, show: Callable[[Path], str]) -> None:
    """R-FORK-4 over HTTP."""
    other = third.copy(third.root.with_name("other"))
    for village, text in ((third, "one"), (other, "two")):
        village.run(HERE, "propose", "hilltop", "--text", text, "--as", "amal")
        village.run(HERE, "node", "give", "stick/public")
    other.run(HERE, "propose", "hilltop", "--text", "more", "--as", "amal")
    other.run(HERE, "node", "give", "stick/longer")
    outcomes(third, show(third.stick / "public"))
    before = third.acts("third")
    for folder in ("public", "longer"):
        outcome = third.try_("third", "mirror", show(other.stick / folder), "--json")
        assert outcome.code == 1
        (told,) = [record for record in outcome.json["records"] if record["slug"] == "hilltop"]
        assert "another history" in told["text"]
        assert "R-FORK-4" in told["text"]
    evidence = sorted((third.root / "third" / "evidence").glob("*.fork"))
    assert len(evidence) == 2
    for path in evidence:
        third.run(HERE, "compare", "--check", path)
    assert third.acts("third") == before


def test_an_old_copy_of_a_host_is_told_so(third: Village, show: Callable[[Path], str]) -> None:
    """R-NODE-2: what is kept here as a host never grows by what comes from elsewhere."""
    old = third.copy(third.root.with_name("old"))
    third.run(HERE, "propose", "hilltop", "--text", "A well?", "--as", "amal")
    third.run(HERE, "node", "give", "stick/public")
    taken: list[Taken] = fetch(Node(old.root / HERE), Caller(show(third.stick / "public")), only=["hilltop"])
    assert taken[0].outcome == "refused"
    assert "this is an old copy" in taken[0].text


def test_practice_stays_practice(third: Village, show: Callable[[Path], str]) -> None:
    """R-NODE-1."""
    third.run("real", "node", "new", "--keeper", "zeina")
    outcome = third.try_("real", "mirror", show(third.stick / "public"))
    assert outcome.code == 1
    assert "R-NODE-1" in outcome.out


def test_a_false_box_on_the_line_takes_no_ballots_from_a_mirror(
    voting: Village, show: Callable[[Path], str], spoiling: Any
) -> None:
    """R-NODE-3: what is no box, or another than the record says, is not taken; one taken before gives way."""
    voting.run("third", "node", "new", "--keeper", "zeina", "--practice-clock", "clock")
    voting.run(HERE, "box", "cast", "hilltop", 20, "--vote", "for", "--as", "m1")
    voting.tick()
    voting.run(HERE, "node", "give", "stick/public")
    url = show(voting.stick / "public")
    (true,) = (voting.stick / "public" / "boxes").glob("*.bel")
    good = true.read_bytes()
    boxes = voting.root / "third" / "boxes"

    def fetched(box: bytes, code: int = 0) -> str:
        spoiling(lambda path, data: box if path.endswith(".bel") else data)
        return outcomes(voting, url, "--record", "hilltop", code=code)["hilltop"]

    other = voting.copy(voting.root.with_name("other"))
    large = bytearray(good[:512])
    large[124:135] = b"77777777777"
    for false in (b"garbage", b"\0" * 1024, bytes(large), good + b"x" * 512, good[:-1]):
        assert fetched(false, code=1) == "refused"
        assert not list(boxes.glob("*.bel"))
    assert fetched(good) == "same"
    assert (boxes / true.name).read_bytes() == good
    # Another history of the box, with the same beginning: what the record states later tells them apart.
    for village, who in ((voting, "m2"), (other, "m3")):
        village.run(HERE, "box", "cast", "hilltop", 20, "--vote", "for", "--as", who)
        village.run(HERE, "node", "give", "stick/public")
    (false_box,) = (other.stick / "public" / "boxes").glob("*.bel")
    assert fetched(false_box.read_bytes()) == "same"
    better = true.read_bytes()
    assert fetched(better, code=1) == "refused", "the record does not say yet which"
    voting.run(HERE, "box", "head", "hilltop", 20, "--as", "amal")
    voting.run(HERE, "node", "give", "stick/public")
    assert fetched(better) == "grown"
    assert (boxes / true.name).read_bytes() == better
    assert [path.read_bytes() for path in (voting.root / "third" / "evidence").glob("*.bel")] == [
        false_box.read_bytes()
    ]

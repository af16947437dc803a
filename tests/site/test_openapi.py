"""The description of the doors, and everything it allows and forbids handed in: clear answers, and nothing changes."""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.site.hilltop import PASSPHRASE, Hilltop

from majlis.crypto import SigningKey
from majlis.host import write_act
from majlis.host.actfile import file_of
from majlis.host.chance import chance
from majlis.host.keyring import KeyEntry, Keyring, Secret
from majlis.host.layout import record_folder
from majlis.host.node import Node
from majlis.host.witness import Witness
from majlis.site import server
from majlis.site.openapi import DESCRIPTION
from majlis.site.running import PatientProtocol
from majlis.site.serve import listen, open_folder, witnessing
from majlis.site.server import make_app

pytestmark = pytest.mark.xdist_group("openapi")
SCHEMA = schemathesis.openapi.from_dict(DESCRIPTION)
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
FEW = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


class Served:
    """A host at work in this process, with the folder behind it."""

    def __init__(self, hilltop: Hilltop, host: Any, port: int) -> None:
        self.hilltop = hilltop
        self.host = host
        self.port = port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def record(self) -> tuple[int, bytes]:
        record = self.host.host.hosted(self.hilltop.identity).record
        return record.size, record.root()


@contextmanager
def running(app: Any) -> Iterator[int]:
    """The application, served; and the port."""
    with listen("127.0.0.1", 0) as listener:
        config = uvicorn.Config(app, http=PatientProtocol, ws="none", log_level="error", access_log=False)
        web = uvicorn.Server(config)
        thread = threading.Thread(target=web.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not web.started:
            time.sleep(0.01)
        try:
            yield listener.getsockname()[1]
        finally:
            web.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    hilltop = Hilltop(tmp_path_factory.mktemp("openapi") / "hilltop")
    home = hilltop.folder / "witness"
    home.mkdir()
    keeper = Keyring(Node(hilltop.folder).keyring_path("amal"), PASSPHRASE)
    Witness.found(home, "hilltop.example/witness", keeper, chance)
    keeper.add(person_entry(), chance=chance)
    source, host = open_folder(hilltop.folder, PASSPHRASE)
    assert host is not None
    with witnessing(make_app(source, host), host, PASSPHRASE, (), 3600) as app, running(app) as port:
        yield Served(hilltop, host, port)
    host.close()  # type: ignore[attr-defined]


def person_entry() -> KeyEntry:
    """The keeper's own key, with which deliveries are logged."""
    key = SigningKey(bytes(31) + b"\x07")
    return KeyEntry(name="amal", kind="person", public=key.public_key.hex(), secret=Secret(key.export()), notes={})


def test_the_description_is_served_as_it_is(served: Served) -> None:
    with urllib.request.urlopen(f"{served.url}/openapi.json", timeout=20) as answer:
        assert json.load(answer) == json.loads(json.dumps(DESCRIPTION))


@SCHEMA.parametrize()
@FEW
def test_whatever_the_description_allows_is_answered_as_it_says(served: Served, case: schemathesis.Case) -> None:
    before = served.record()
    case.call_and_validate(base_url=served.url, checks=CHECKS, timeout=20)
    assert served.record() == before


def ask(
    port: int, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    """The status and body that one request is answered with."""
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


PATHS = st.one_of(
    st.sampled_from(
        [
            "/acts/hilltop",
            "/boxes/34VU8z246V7djs/ballots",
            "/",
            "/pages/",
            "/index.json",
            "/acts/",
            "/add-checkpoint",
            "/add-entries",
            "/deliver",
        ]
    ),
    st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#?"), max_size=40).map(
        lambda text: f"/{text}"
    ),
)
METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "WEIRD"])


@FEW
@given(METHODS, PATHS, st.binary(max_size=300), st.sampled_from(["", "text/plain", "application/json", "x/\x7f"]))
def test_any_request_is_answered_in_words_and_changes_nothing(
    served: Served, method: str, path: str, body: bytes, accept: str
) -> None:
    before = served.record()
    status, answer = ask(served.port, method, path, body, {"Accept": accept} if accept.isprintable() else {})
    assert status < 500
    assert len(answer) < 200_000
    if status >= 400:
        assert method == "HEAD" or 0 < len(answer) < 600
    assert served.record() == before


@FEW
@given(st.data())
def test_a_file_with_an_act_that_was_altered_anywhere_changes_nothing_else(served: Served, data: st.DataObject) -> None:
    """R-HANDED-1: what is kept of it is of the hash that the act names, or nothing is."""
    text = b"The road is mended before winter.\n"
    name = sha256(text).hexdigest()
    clerk, identity = served.hilltop.clerk, served.hilltop.identity
    entry = write_act("motion.table", {"text": name, "grants": []}, clerk, chance=chance, body=identity)
    file = bytearray(file_of(entry, {name: text}).handed)
    for place in data.draw(st.sets(st.integers(0, len(file) - 1), min_size=1, max_size=3)):
        file[place] ^= data.draw(st.integers(1, 255))
    status, answer = ask(served.port, "POST", "/acts/hilltop", bytes(file))
    assert status in (200, 400, 409, 422)
    assert answer
    assert set(served.host.host.blobs.names()) <= {name}


@FEW
@given(st.data())
def test_a_good_act_that_was_altered_anywhere_is_refused(served: Served, data: st.DataObject) -> None:
    act = bytearray(served.hilltop.motion())
    before = served.record()
    for place in data.draw(st.sets(st.integers(0, len(act) - 1), min_size=1, max_size=3)):
        act[place] ^= data.draw(st.integers(1, 255))
    status, answer = ask(served.port, "POST", "/acts/hilltop", bytes(act))
    assert status in (400, 409, 422)
    assert answer
    assert served.record() == before


def test_bytes_that_are_no_http_are_answered_and_stop_nobody(served: Served) -> None:
    negative = b"POST /acts/hilltop HTTP/1.1\r\nContent-Length: -1\r\n\r\n"
    for noise in (b"\x00" * 100, b"GET\r\n\r\n", negative, b"\xff" * 70_000):
        with socket.create_connection(("127.0.0.1", served.port), 20) as client:
            client.sendall(noise)
            client.shutdown(socket.SHUT_WR)
            assert client.recv(12) in (b"HTTP/1.1 400", b"")
    assert ask(served.port, "POST", "/acts/hilltop", served.hilltop.motion())[0] == 200


def test_a_real_receipt_is_of_the_form_described(served: Served) -> None:
    status, answer = ask(served.port, "POST", "/acts/hilltop", served.hilltop.motion())
    assert status == 200
    receipt = DESCRIPTION["components"]["schemas"]["Receipt"]
    assert set(json.loads(answer)) == set(receipt["properties"])
    folder = record_folder("hilltop.example/log")
    assert ask(served.port, "GET", f"/{folder}/tile/0/000.p/1")[0] == 200


def test_every_place_described_is_one_that_the_server_knows(served: Served) -> None:
    """No path of the description leads to a bare 405 or to another kind of answer than it says."""
    for path, item in DESCRIPTION["paths"].items():
        for method in ("get", "post"):
            sample = path.format_map(_Sample())
            status, _ = ask(served.port, method.upper(), sample)
            assert (status != 405) == (method in item), (method, path)


class _Sample(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return {"log": "ab" * 32, "hash": "ab" * 32, "xx": "ab", "level": "0", "number": "000", "language": "en"}.get(
            key, "34VU8z246V7djs"
        )


def test_a_read_only_server_says_so_at_both_doors(tmp_path: Path) -> None:
    hilltop = Hilltop(tmp_path / "hilltop")
    source, _ = open_folder(hilltop.folder)
    with running(make_app(source)) as port:
        assert ask(port, "POST", "/acts/hilltop", hilltop.motion())[0] == 403
        assert ask(port, "HEAD", "/pages/en/index.html") == (200, b"")


def test_a_page_that_takes_long_holds_up_no_act(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, answered = threading.Event(), threading.Event()

    def slow(source: object, name: str) -> bytes:
        begun.set()
        assert answered.wait(20), "no act was answered while a page was made"
        return b"<html>"

    monkeypatch.setattr(server, "render_page", slow)
    pages: list[tuple[int, bytes]] = []
    reader = threading.Thread(target=lambda: pages.append(ask(served.port, "GET", "/pages/en/index.html")))
    reader.start()
    assert begun.wait(20)
    assert ask(served.port, "POST", "/acts/hilltop", served.hilltop.motion())[0] == 200
    answered.set()
    reader.join()
    assert pages == [(200, b"<html>")]


def test_what_a_witness_is_asked_wrongly_is_answered_as_described(served: Served) -> None:
    """Each call in its own words: a checkpoint of a log that nobody here trusts, noise, an act for one's own record."""
    before = served.record()
    stranger = (
        "old 0\n\nnorth.example/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— north.example/log AAAA\n"
    )
    asked = [
        ("/add-checkpoint", stranger.encode(), (400, 403, 404)),
        ("/add-checkpoint", b"", (400,)),
        ("/add-entries", b"\x00\x03abc" + bytes(18), (400, 404)),
        ("/deliver", b"noise", (400,)),
        ("/deliver", served.hilltop.motion(), (404,)),
        ("/deliver", b"x" * 70_000, (413,)),
        ("/deliver", b"{" * 70_000, (400,)),
    ]
    for path, body, statuses in asked:
        status, answer = ask(served.port, "POST", path, body)
        assert status in statuses, (path, status, answer)
        assert str(status) in DESCRIPTION["paths"][path]["post"]["responses"]
        assert answer
    status, answer = ask(served.port, "GET", "/deliver")
    assert (status, ask(served.port, "HEAD", "/deliver")) == (405, (405, b""))
    assert served.record() == before


def test_a_folder_without_a_witness_says_so(tmp_path: Path) -> None:
    hilltop = Hilltop(tmp_path / "hilltop")
    source, _ = open_folder(hilltop.folder, None)
    with witnessing(make_app(source, None), None, None, (), 3600) as app, running(app) as port:
        for path in ("/add-checkpoint", "/add-entries", "/deliver"):
            assert ask(port, "POST", path, b"x")[0] == 404

"""What a served host answers is believed only as far as it is a receipt, and its refusals keep their kind."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest

from majlis.errors import Fault, Forged, Malformed, Missing, Refused
from majlis.host.post import post_act, post_ballot

ACT = b"text\n\nlines\n"
ID = sha256(b"text\n").hexdigest()
RECEIPT = f'{{"level":"sequenced","id":"{ID}","place":7,"note":"x"}}'.encode()
SAFE = RECEIPT.replace(b"sequenced", b"safe")


class Door(BaseHTTPRequestHandler):
    """Answers with what the test put here, and remembers what it was handed."""

    answer: ClassVar[tuple[int, bytes]] = (200, RECEIPT)
    handed: ClassVar[list[tuple[str, bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Door.handed.append((self.path, body))
        code, answer = Door.answer
        self.send_response(code)
        if 300 <= code < 400:
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(answer)

    def do_GET(self) -> None:
        """Whoever follows a redirect gets the receipt of whoever is there."""
        Door.handed.append((self.path, b""))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(RECEIPT)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def door() -> Iterator[str]:
    Door.handed.clear()
    with HTTPServer(("127.0.0.1", 0), Door) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_an_act_and_a_ballot_go_to_their_own_doors(door: str) -> None:
    Door.answer = (200, RECEIPT)
    assert post_act(door, "hilltop", ACT).place == 7
    assert post_ballot(door, "AjWtnR2jB8cWUt", b"ballot").id == ID
    assert Door.handed == [("/acts/hilltop", ACT), ("/boxes/AjWtnR2jB8cWUt/ballots", b"ballot")]


@pytest.mark.parametrize(
    ("code", "kind"),
    [(400, Malformed), (403, Refused), (404, Missing), (409, Refused), (422, Forged), (429, Refused), (500, Missing)],
)
def test_a_refusal_keeps_its_kind_and_its_words(door: str, code: int, kind: type[Fault]) -> None:
    Door.answer = (code, b"not here, not now")
    with pytest.raises(kind, match="not here, not now"):
        post_act(door, "hilltop", ACT)


@pytest.mark.parametrize("answer", [b"", b"<html>", b'{"level":"safe"}', SAFE, b"\xff"])
def test_an_answer_that_is_no_receipt_is_none(door: str, answer: bytes) -> None:
    Door.answer = (200, answer)
    with pytest.raises(Malformed, match="no receipt"):
        post_act(door, "hilltop", ACT)


def test_a_host_that_is_not_there_is_missing(door: str) -> None:
    with pytest.raises(Missing, match="nobody answers"):
        post_act("http://127.0.0.1:1", "hilltop", ACT)
    for address in ("file:///etc/hosts", "hilltop.example", ""):
        with pytest.raises(Malformed):
            post_act(address, "hilltop", ACT)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_nobody_sends_an_act_elsewhere(door: str, code: int) -> None:
    Door.answer = (code, b"")
    with pytest.raises(Missing, match=str(code)):
        post_act(door, "hilltop", ACT)
    assert [path for path, _ in Door.handed] == ["/acts/hilltop"]


def test_a_receipt_for_another_act_is_none(door: str) -> None:
    Door.answer = (200, RECEIPT.replace(ID[:4].encode(), b"0000"))
    with pytest.raises(Malformed, match="another act"):
        post_act(door, "hilltop", ACT)


@pytest.mark.parametrize("answer", [b"nonsense\r\n", b"HTTP/1.1 two\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" * 9, b""])
def test_an_answer_that_is_no_http_is_nobody(answer: bytes) -> None:
    """Whatever comes is a sentence, and no crash."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def once() -> None:
            with server.accept()[0] as connection:
                connection.recv(65_536)
                connection.sendall(answer)

        thread = threading.Thread(target=once)
        thread.start()
        with pytest.raises(Missing, match="nobody answers"):
            post_act(f"http://127.0.0.1:{server.getsockname()[1]}", "hilltop", ACT)
        thread.join()

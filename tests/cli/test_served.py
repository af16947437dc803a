"""Acts and ballots handed in to a served host: what goes through its door, and what its answer is held to."""

from __future__ import annotations

import hashlib
import json
import threading
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest
from tests.cli.village import ABROAD, HERE, Village

pytestmark = pytest.mark.xdist_group("village")


class Door(BaseHTTPRequestHandler):
    """A host that takes everything in, and answers as an honest one or (``lies``) with another ballot's tracker."""

    handed: ClassVar[list[tuple[str, bytes]]] = []
    lies: ClassVar[bool] = False

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Door.handed.append((self.path, body))
        tracker = b64encode(hashlib.sha256(b"other" if Door.lies else body).digest()).decode().rstrip("=")
        if self.path.startswith("/acts/"):
            text = json.loads(body)["text"].encode() if body.startswith(b"{") else body.rpartition(b"\n\n")[0] + b"\n"
            tracker = hashlib.sha256(text).hexdigest()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"level": "sequenced", "id": tracker, "place": 3, "note": "word\n"}).encode())

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def door() -> Iterator[str]:
    Door.handed.clear()
    Door.lies = False
    with HTTPServer(("127.0.0.1", 0), Door) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_act_goes_as_text_and_one_that_brings_more_is_carried(voting: Village, door: str) -> None:
    voting.exchange()
    act = ("act", "draft", "hilltop", "candidacy.declare", "--as", "lina", "--anyway", "--out", "stick/x.act")
    voting.run(ABROAD, *act, "--data-json", '{"name": "Lina"}')
    outcome = voting.run(
        ABROAD, "act", "submit", "stick/x.act", "--url", door, "--receipts", "stick/receipts", "--json"
    )
    assert outcome.json["acts"][0]["level"] == "sequenced"
    ((path, body),) = Door.handed
    assert path == "/acts/hilltop"
    assert body.startswith(b"majlis/1 ")
    assert [file.read_text() for file in (voting.stick / "receipts").iterdir()] == ["word\n"]
    voting.run(HERE, "propose", "hilltop", "--text", "x", "--as", "amal", "--out", "stick/y.act")
    voting.run(ABROAD, "act", "submit", "stick/y.act", "--url", door)
    (_, (path, body)) = Door.handed
    assert (path, list(json.loads(body)["blobs"].values())) == ("/acts/hilltop", [b64encode(b"x\n").decode()])
    assert voting.try_(ABROAD, "act", "submit", "stick/x.act", "--url", "hilltop.example").code == 2


def test_a_ballot_is_sealed_here_and_the_tracker_must_come_back(voting: Village, door: str) -> None:
    vote = ("box", "cast", "hilltop", 20, "--vote", "for", "--as", "m1", "--url", door)
    ballot = voting.run(HERE, *vote, "--json").json["ballots"][0]
    assert ballot["place"] == 3
    (path, body) = Door.handed[0]
    assert path.startswith("/boxes/")
    assert json.loads(body)["election_uuid"] in path
    Door.lies = True
    outcome = voting.try_(HERE, *vote)
    assert outcome.code == 1
    assert "tracker of another ballot" in outcome.err
    assert voting.run(HERE, "box", "show", "hilltop", 20, "--json").json["ballots"] == 0

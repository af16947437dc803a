"""A data folder served live: read without a key, and with its keeper's key a door for acts and ballots."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from litestar.testing import TestClient
from tests.site.hilltop import ORIGIN, PASSPHRASE, Hilltop

from majlis.errors import Fault, Missing, Refused
from majlis.host.keyring import Keyring, Passphrase
from majlis.host.layout import record_folder
from majlis.host.node import Node
from majlis.site.live import DataHost
from majlis.site.publish import publish
from majlis.site.serve import open_folder
from majlis.site.server import make_app


@pytest.fixture
def hilltop(tmp_path: Path) -> Hilltop:
    return Hilltop(tmp_path / "hilltop")


def test_without_a_key_the_folder_is_read_and_nothing_is_taken_in(hilltop: Hilltop) -> None:
    source, host = open_folder(hilltop.folder)
    assert host is None
    with TestClient(make_app(source, host)) as client:
        assert client.get("/pages/ar/hilltop/index.html").status_code == 200
        assert client.post("/acts/hilltop", content=hilltop.motion()).status_code == 403


def test_an_act_handed_in_stands_on_the_pages_at_once_and_is_receipted(hilltop: Hilltop) -> None:
    source, host = open_folder(hilltop.folder, PASSPHRASE)
    with TestClient(make_app(source, host)) as client:
        entry = hilltop.motion()
        first = client.post("/acts/hilltop", content=entry)
        assert first.status_code == 200
        receipt = msgspec.json.decode(first.content)
        assert (receipt["level"], receipt["place"]) == ("sequenced", 1)
        assert receipt["note"].startswith(f"majlis-receipt/1 {ORIGIN}\nact {receipt['id']}\nindex 1\n")
        again = msgspec.json.decode(client.post("/acts/hilltop", content=entry).content)
        assert (again["id"], again["place"]) == (receipt["id"], 1)
        assert client.get("/pages/en/hilltop/act-1.html").status_code == 200
        assert client.get(f"/{record_folder(ORIGIN)}/tile/0/000.p/2").status_code == 200
        assert client.get("/host.db").status_code == 404
        assert client.get("/keyrings/amal.json").status_code == 404
    host.close()  # type: ignore[union-attr]


def test_what_another_command_wrote_is_on_the_next_page(hilltop: Hilltop) -> None:
    source, _ = open_folder(hilltop.folder)
    node = Node(hilltop.folder)
    with TestClient(make_app(source)) as client:
        assert client.get("/pages/en/hilltop/act-1.html").status_code == 404
        with node.hosting(Keyring(node.keyring_path("amal"), PASSPHRASE)) as host:
            host.submit(hilltop.identity, hilltop.motion())
        assert client.get("/pages/en/hilltop/act-1.html").status_code == 200


def test_a_ballot_for_no_open_box_is_refused(hilltop: Hilltop) -> None:
    _, host = open_folder(hilltop.folder, PASSPHRASE)
    assert host is not None
    with pytest.raises(Refused, match="no record kept here has an open ballot box"):
        asyncio.run(host.cast("1" * 22, b"{}"))
    host.close()  # type: ignore[attr-defined]


def test_a_wrong_passphrase_opens_nothing(hilltop: Hilltop) -> None:
    with pytest.raises(Refused):
        open_folder(hilltop.folder, Passphrase("guess"))


def test_a_public_folder_has_no_door(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="takes nothing in"):
        open_folder(tmp_path, PASSPHRASE)


def test_nothing_is_published_that_no_mirror_has_cosigned(hilltop: Hilltop, tmp_path: Path) -> None:
    with pytest.raises(Missing):
        publish(hilltop.folder, tmp_path / "public")


def test_a_file_that_is_not_there_is_missing(hilltop: Hilltop) -> None:
    source, _ = open_folder(hilltop.folder)
    assert source.file("boxes/" + "1" * 22 + ".bel") is None
    assert source.file("../node.json") is None
    with pytest.raises(Missing):
        source.state("00" * 32)


def test_what_could_not_be_stored_stops_all_taking_in_and_is_told_at_once(
    hilltop: Hilltop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-STORE-4: the pages go on and say so; until the program is started again, which begins from what is certain."""
    source, host = open_folder(hilltop.folder, PASSPHRASE)
    assert isinstance(host, DataHost)
    told: list[Fault] = []
    host.host.on_failure = told.append
    record = host.host.hosted(hilltop.identity).record

    def full(entries: object) -> None:
        raise Fault("no space is left, and nothing of this was stored", where="host.db", rule="R-STORE-1")

    with TestClient(make_app(source, host)) as client:
        with monkeypatch.context() as failing:
            failing.setattr(record, "append_once", full)
            assert client.post("/acts/hilltop", content=hilltop.motion()).status_code == 503
        for _ in range(2):
            answer = client.post("/acts/hilltop", content=hilltop.motion())
            assert answer.status_code == 503
            assert "no space is left" in answer.text
            assert "stopped and started again" in answer.text
        assert [fault.rule for fault in told] == ["R-STORE-1"]
        page = client.get("/pages/en/hilltop/index.html")
        assert (page.status_code, record.size) == (200, 1)
        assert "this machine could not store what came in" in page.text
    host.close()
    source, host = open_folder(hilltop.folder, PASSPHRASE)
    assert isinstance(host, DataHost)
    with TestClient(make_app(source, host)) as client:
        assert client.post("/acts/hilltop", content=hilltop.motion()).status_code == 200
        assert "could not store" not in client.get("/pages/en/hilltop/index.html").text
    host.close()

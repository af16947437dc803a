"""A data folder served live: read without a key, and with its keeper's key a door for acts and ballots."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from litestar.testing import TestClient

from majlis.crypto import SigningKey
from majlis.errors import Missing, Refused
from majlis.host import write_act
from majlis.host.chance import chance
from majlis.host.keyring import KeyEntry, Keyring, Passphrase, Secret, Strength
from majlis.host.layout import record_folder
from majlis.host.node import LOG, Known, Node
from majlis.institutions import Charter
from majlis.institutions.founding import Found, Officer
from majlis.record import CosignerKey, NoteKey
from majlis.site.publish import publish
from majlis.site.serve import open_folder
from majlis.site.server import make_app

ORIGIN = "hilltop.example/log"
QUICK = Strength(ops=1, memory=8192)
PASSPHRASE = Passphrase("words for a test")


class Hilltop:
    """A data folder with one committee, just founded; ``clerk`` is its clerk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clerk = SigningKey(bytes(31) + b"\x01")
        charter = [SigningKey(bytes(31) + bytes([number])) for number in (2, 3, 4)]
        log = SigningKey(bytes(31) + b"\x05")
        mirror = CosignerKey(name="mirror.example", public_key=SigningKey(bytes(31) + b"\x06").public_key)
        node = Node.create(folder, keeper="amal")
        keyring = Keyring.create(node.keyring_path("amal"), PASSPHRASE, chance, QUICK)
        secret = Secret(log.export())
        entry = KeyEntry(name="log", kind=LOG, public=log.public_key.hex(), secret=secret, notes={"origin": ORIGIN})
        keyring.add(entry, chance=chance)
        data = Found(
            names={"en": "Hilltop", "ar": "التلة"},
            type="committee",
            charter=Charter(),
            charter_keys=tuple(key.public_key.hex() for key in charter),
            threshold=2,
            log=NoteKey(name=ORIGIN, public_key=log.public_key).vkey,
            next_log="00" * 32,
            mirrors=(mirror.vkey,),
            quorum=1,
            languages=("en", "ar"),
            officers=(Officer(office="clerk", key=self.clerk.public_key.hex(), tag="01" * 16),),
        )
        act = write_act("found", data, *charter, self.clerk, chance=chance)
        with node.hosting(keyring) as host:
            self.identity = host.found(act, ORIGIN, log)
            known = Known(slug="hilltop", identity=self.identity, origin=ORIGIN, names=data.names, is_hosted=True)
            node.add(known)

    def motion(self) -> bytes:
        """An act of the clerk's."""
        data = {"text": "ab" * 32, "grants": []}
        return write_act("motion.table", data, self.clerk, chance=chance, body=self.identity)


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
        host.cast("1" * 22, b"{}")
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

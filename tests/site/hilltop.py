"""A data folder with one committee in it, just founded, for the tests and measurements of serving it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from majlis.crypto import SigningKey
from majlis.host import write_act
from majlis.host.chance import chance
from majlis.host.host import Host
from majlis.host.keyring import KeyEntry, Keyring, Passphrase, Secret, Strength
from majlis.host.node import LOG, Known, Node
from majlis.institutions import Charter
from majlis.institutions.founding import Found, Officer
from majlis.record import CosignerKey, NoteKey

ORIGIN = "hilltop.example/log"
QUICK = Strength(ops=1, memory=8192)
WORDS = "words for a test"
PASSPHRASE = Passphrase(WORDS)


class Hilltop:
    """The folder; ``clerk`` is the committee's clerk."""

    def __init__(self, folder: Path, charter: Charter | None = None) -> None:
        self.folder = folder
        self.clerk = SigningKey(bytes(31) + b"\x01")
        self.charter_keys = [SigningKey(bytes(31) + bytes([number])) for number in (2, 3, 4)]
        self.log = log = SigningKey(bytes(31) + b"\x05")
        self.mirror_key = SigningKey(bytes(31) + b"\x06")
        mirror = CosignerKey(name="mirror.example", public_key=self.mirror_key.public_key)
        node = Node.create(folder, keeper="amal")
        keyring = Keyring.create(node.keyring_path("amal"), PASSPHRASE, chance, QUICK)
        secret = Secret(log.export())
        entry = KeyEntry(name="log", kind=LOG, public=log.public_key.hex(), secret=secret, notes={"origin": ORIGIN})
        keyring.add(entry, chance=chance)
        data = Found(
            names={"en": "Hilltop", "ar": "التلة"},
            type="committee",
            charter=charter or Charter(),
            charter_keys=tuple(key.public_key.hex() for key in self.charter_keys),
            threshold=2,
            log=NoteKey(name=ORIGIN, public_key=log.public_key).vkey,
            next_log="00" * 32,
            mirrors=(mirror.vkey,),
            quorum=1,
            languages=("en", "ar"),
            officers=(Officer(office="clerk", key=self.clerk.public_key.hex(), tag="01" * 16),),
        )
        act = write_act("found", data, *self.charter_keys, self.clerk, chance=chance)
        with node.hosting(keyring) as host:
            self.identity = host.found(act, ORIGIN, log)
            known = Known(slug="hilltop", identity=self.identity, origin=ORIGIN, names=data.names, is_hosted=True)
            node.add(known)

    def motion(self, key: SigningKey | None = None) -> bytes:
        """An act of the clerk's, or of whoever holds ``key``."""
        data = {"text": "ab" * 32, "grants": []}
        return write_act("motion.table", data, key or self.clerk, chance=chance, body=self.identity)


@contextmanager
def hosted(hilltop: Hilltop) -> Iterator[Host]:
    """The folder's host, open for writing until this ends."""
    node = Node(hilltop.folder)
    with node.hosting(Keyring(node.keyring_path("amal"), PASSPHRASE)) as host:
        yield host

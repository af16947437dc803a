"""What the demonstration leaves behind: the public folder with its pages, and one keyring with every key."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from majlis.demo.committee import Committee
from majlis.demo.federation import Federation
from majlis.demo.setting import Setting
from majlis.host.chance import chance
from majlis.host.host import Host
from majlis.host.keyring import KeyEntry, Keyring, Passphrase, Secret
from majlis.host.layout import IndexEntry
from majlis.host.publish import publish_blob, publish_box, publish_record, write_index, write_sums
from majlis.site.export import export
from majlis.site.folder import FolderSource

NOTICES = ("simulated-clock", "geonames")
SYLLABLES = [a + b for a in "bdfghjklmnprstvz" for b in "aiou"]


def publish_bodies(host: Host, bodies: Sequence[Committee], folder: Path) -> None:
    """The public folder with these records, all blobs and boxes, and pages made from nothing but that folder."""
    for body in bodies:
        publish_record(folder, host.hosted(body.identity).record, host.hosted(body.identity).safe)
    for digest in host.blobs.names():
        publish_blob(folder, host.blobs.get(digest))
    for path in sorted(host.boxes.folder.glob("*.bel")):
        publish_box(folder, path.stem, path)
    entries = [IndexEntry(slug=b.slug, names=b.names, identity=b.identity, origin=b.origin) for b in bodies]
    write_index(folder, entries, NOTICES)
    export(FolderSource(folder, host.boxes.map_), folder / "pages")
    write_sums(folder)


def save_keys(federation: Federation, setting: Setting, folder: Path) -> str:
    """Every key of the run in one encrypted keyring; returns its passphrase."""
    passphrase = " ".join("".join(SYLLABLES[byte % 64] for byte in chance(3)) for _ in range(6))
    keyring = Keyring.create(folder / "keyring.json", Passphrase(passphrase), chance)
    keyring.add(*_entries(federation, setting), chance=chance)
    return passphrase


def _entries(federation: Federation, setting: Setting) -> list[KeyEntry]:
    found = []
    for name, key in setting.witness_keys.items():
        found.append(_entry(f"witness {name}", "witness", key.public_key.hex(), key.export()))
    for body in federation.everyone():
        logs = (("log key", body.log_key), ("next log key", body.next_log_key))
        found += [_entry(f"{body.slug} {what}", "log", key.public_key.hex(), key.export(), body) for what, key in logs]
        for person in body.people():
            found.append(_entry(person.label, "person", person.id, person.key.export(), body))
        for number, member in enumerate(body.members, start=1):
            name = f"{body.slug} member {number}"
            found.append(_entry(name, "credential", bytes(member.point).hex(), member.secret.export(), body))
    for slug, people in federation.candidates.items():
        for person in people:
            found.append(_entry(f"{slug} {person.label}", "person", person.id, person.key.export()))
    return found


def _entry(name: str, kind: str, public: str, secret: bytes, body: Committee | None = None) -> KeyEntry:
    return KeyEntry(name=name, kind=kind, public=public, secret=Secret(secret), body=body.identity if body else "")

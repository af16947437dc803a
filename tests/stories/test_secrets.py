"""What people keep to themselves is nowhere in what everybody gets."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

from tests.stories.play import Play

from majlis.ballot import enrolment_point
from majlis.crypto import ED25519


def writings(name: str, secret: bytes) -> Iterator[tuple[str, bytes]]:
    """A secret as it might slip into a file: raw, in hex, in base64, as a number, and the other way round."""
    for data in (secret, secret[::-1]):
        yield name, data
        yield name, data.hex().encode()
        yield name, base64.b64encode(data).rstrip(b"=")[:-1]
        yield name, base64.urlsafe_b64encode(data).rstrip(b"=")[:-1]
        yield name, str(int.from_bytes(data, "big")).encode()


def secrets(play: Play) -> Iterator[tuple[str, bytes]]:
    """Every secret of this run, by whose it is."""
    world, federation = play.world, play.federation
    for origin, key in world.log_keys.items():
        yield f"log {origin}", key.export()
    for name, key in play.setting.witness_keys.items():
        yield f"witness {name}", key.export()
    yield "courier", world.courier.key.export()
    for body in federation.everyone():
        yield f"{body.slug} next log key", body.next_log_key.export()
        for person in [*body.people(), *federation.candidates.get(body.slug, [])]:
            yield person.label, person.key.export()
        for number, member in enumerate(body.members):
            who = f"{body.slug} member {number}"
            yield f"{who} secret", member.secret.export()
            yield f"{who} tweak key", member.tweak
            yield f"{who} salt", member.salt
            yield f"{who} tag", bytes.fromhex(member.tag)
            yield f"{who} enrolment point", ED25519.format(enrolment_point(member.secret)).encode()
            for polling in federation.elections.values():
                if polling.body.slug == body.slug:
                    yield f"{who} derived secret", member.for_vote(polling.act).export()
    for polling in federation.elections.values():
        for number, secret in enumerate(polling.secrets):
            yield f"{polling.body.slug} trustee {number}", secret.export()


def contents(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def leaked(play: Play, folder: Path) -> list[str]:
    """Whose secrets occur anywhere in the folder. One pass over all bytes, looking for how each writing begins."""
    data = contents(folder)
    assert len(data) > 10_000
    beginnings: dict[bytes, list[tuple[str, bytes]]] = {}
    for name, secret in secrets(play):
        for who, writing in writings(name, secret):
            beginnings.setdefault(writing[:12], []).append((who, writing))
    return sorted(
        {
            who
            for at in range(len(data))
            if (begun := beginnings.get(data[at : at + 12]))
            for who, writing in begun
            if data.startswith(writing, at)
        }
    )


def test_no_secret_is_public(play: Play) -> None:
    assert leaked(play, play.public) == []


def test_no_secret_is_kept_by_the_host_either(play: Play) -> None:
    """A seized laptop that hosts yields what is public, and no key: those are in keyrings."""
    assert leaked(play, play.setting.folder) == []


def test_the_search_finds_what_is_there(play: Play, tmp_path: Path) -> None:
    member = play.federation.districts[0].members[3]
    (tmp_path / "file").write_bytes(b"x" * 20_000 + member.secret.export().hex().encode())
    assert leaked(play, tmp_path) == [f"{play.federation.districts[0].slug} member 3 secret"]


def test_members_are_in_the_record_only_as_a_number(play: Play) -> None:
    """The roll is a root and a count; no leaf, no label of a person who only voted."""
    data = contents(play.public)
    for body in play.federation.districts:
        for member in body.members:
            assert member.leaf() not in data
        state = play.world.host.state(body.identity)
        assert state.roll is not None
        assert state.roll.leaves == len(body.members)

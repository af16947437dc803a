"""Bundles in parts for mails: each within its size, each readable, and together what one bundle is (R-BUNDLE-10)."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

import pytest
from tests.host.stick import Body, files

from majlis.errors import Malformed
from majlis.host.bundle import make_bundle, make_parts
from majlis.host.bundle_parts import LEAST_PART
from majlis.host.manifest import MANIFEST, parse_manifest
from majlis.host.publish import publish_blob, publish_file, write_sums
from majlis.host.receive import receive

BLOBS = [random.Random(number).randbytes(40_000) for number in range(6)]


@pytest.fixture(scope="module")
def body() -> Body:
    return Body(acts=1400)


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory, body: Body) -> Path:
    """A record of many acts with some blobs and an act that waits."""
    entries = list(body.entries)
    folder = tmp_path_factory.mktemp("parts") / "public"
    names = [publish_blob(folder, blob) for blob in BLOBS]
    entries += [body.act(2000 + number, str(name)) for number, name in enumerate(names)]
    body.publish(folder, entries=entries)
    identity, entry = body.waiting_act()
    publish_file(folder, f"inbox/{identity}.act", entry)
    write_sums(folder)
    return folder


@pytest.fixture
def parts(tmp_path: Path, public: Path) -> list[Path]:
    _, paths = make_parts(public, tmp_path / "friday.majlis", LEAST_PART)
    return paths


def test_each_part_is_a_bundle_of_its_size(parts, tmp_path, public, body):
    """R-BUNDLE-10"""
    made = make_bundle(public, tmp_path / "one.majlis")
    assert [path.name for path in parts] == [f"friday-{n}-of-{len(parts)}.majlis" for n in range(1, len(parts) + 1)]
    assert len(parts) >= 4
    assert {path.name for path in tmp_path.iterdir()} == {*(path.name for path in parts), "one.majlis"}
    seen: set[str] = set()
    for path in parts:
        assert path.stat().st_size <= LEAST_PART
        with zipfile.ZipFile(path) as file:
            first, checkpoint, *rest = file.namelist()
            assert (first, checkpoint) == (MANIFEST, f"checkpoint-{body.base}")
            assert parse_manifest(file.read(MANIFEST)).records == made.records
            assert not seen & set(rest), "nothing travels twice but the front"
            seen |= set(rest)


def test_one_after_the_other_they_come_to_what_one_bundle_does(parts, tmp_path, public):
    """R-BUNDLE-3: what does not reach the checkpoint yet waits."""
    make_bundle(public, tmp_path / "one.majlis")
    receive(tmp_path / "one.majlis", tmp_path / "one")
    codes = [receive(path, tmp_path / "many").exit_code for path in parts]
    assert codes[0] == 3
    assert codes[-1] == 0
    assert files(tmp_path / "many") == files(tmp_path / "one")
    assert receive(parts[0], tmp_path / "many").exit_code == 0, "again it changes nothing"
    assert files(tmp_path / "many") == files(tmp_path / "one")


def test_a_part_that_was_left_out_is_asked_for(parts, tmp_path, public):
    make_bundle(public, tmp_path / "one.majlis")
    receive(tmp_path / "one.majlis", tmp_path / "one")
    others = parts[1:]
    for path in others:
        received = receive(path, tmp_path / "many")
        assert (received.exit_code, received.records[0].outcome) == (3, "waiting")
    for path in parts:
        received = receive(path, tmp_path / "many")
    assert received.exit_code == 0
    assert files(tmp_path / "many") == files(tmp_path / "one")


def test_an_update_is_split_too(tmp_path, body, public):
    receive_from = tmp_path / "held"
    make_bundle(public, tmp_path / "one.majlis")
    receive(tmp_path / "one.majlis", tmp_path / "one")
    body.publish(receive_from, 300)
    _, paths = make_parts(public, tmp_path / "u.majlis", LEAST_PART, every_since=[300])
    assert [receive(path, receive_from).exit_code for path in paths][-1] == 0
    assert files(receive_from) == files(tmp_path / "one")


def test_a_member_that_alone_is_larger_makes_a_part_of_its_own(tmp_path, body):
    folder = tmp_path / "public"
    large = random.Random(9).randbytes(3 * LEAST_PART)
    name = publish_blob(folder, large)
    body.publish(folder, entries=[*body.entries[:20], body.act(5000, str(name))])
    _, paths = make_parts(folder, tmp_path / "l.majlis", LEAST_PART)
    sizes = [path.stat().st_size for path in paths]
    assert sum(size > LEAST_PART for size in sizes) == 1
    assert len(sizes) == 3, "what comes before it, it alone, and what comes behind"


@pytest.mark.parametrize("most", [0, LEAST_PART - 1, 2**31])
def test_parts_that_would_hold_nothing_are_refused(tmp_path, public, most):
    with pytest.raises(Malformed, match="a part has from"):
        make_parts(public, tmp_path / "x.majlis", most)
    assert list(tmp_path.iterdir()) == []

"""Making bundles: what is in them, in which order, and what is refused before it travels."""

from __future__ import annotations

import subprocess
import zipfile
from hashlib import sha256

import pytest
from msgspec.structs import replace
from tests.host.stick import BLOB, PROSE, Body, members

from majlis.errors import Forged, Malformed, Missing, Refused
from majlis.host import bundle as module
from majlis.host.actfile import file_of
from majlis.host.bundle import loose_members, make_bundle, request_name
from majlis.host.layout import blob_path
from majlis.host.manifest import Carried, Manifest, format_manifest, parse_manifest
from majlis.host.publish import publish_blob, publish_file, publish_record, write_index
from majlis.host.reader import PublicFolder
from majlis.institutions import parse_act
from majlis.institutions.words import format_words
from majlis.record import (
    EMPTY_ROOT,
    check_consistency,
    format_tile_path,
    parse_add_checkpoint,
    parse_add_entries,
    tiles_of,
)


@pytest.fixture(scope="module")
def body() -> Body:
    return Body()


@pytest.fixture
def public(tmp_path, body):
    return body.publish(tmp_path / "public")


def test_a_full_bundle_unzipped_is_a_mirror(tmp_path, body, public):
    made = make_bundle(public, tmp_path / "a.majlis")
    inside = members(tmp_path / "a.majlis")
    assert made.size == (tmp_path / "a.majlis").stat().st_size
    assert made.members == len(inside)
    base = body.base
    tiles = {f"{base}/{format_tile_path(tile)}" for tile in tiles_of(700)}
    assert set(inside) == {
        "MANIFEST",
        f"checkpoint-{base}",
        f"{base}/checkpoint",
        request_name(body.origin, 0, 700),
        f"blobs/sha256/{BLOB[:2]}/{BLOB}",
        *tiles,
    }
    with zipfile.ZipFile(tmp_path / "a.majlis") as file:
        file.extractall(tmp_path / "mirror")
    found = PublicFolder(tmp_path / "mirror").record(body.origin, logs=[body.log], cosigners=body.mirrors)
    assert found.entries == body.entries
    assert found.surplus == ()


def test_what_is_small_comes_first_and_inner_tiles_last(tmp_path, body, public):
    make_bundle(public, tmp_path / "a.majlis")
    names = list(members(tmp_path / "a.majlis"))
    assert names[:3] == ["MANIFEST", f"checkpoint-{body.base}", request_name(body.origin, 0, 700)]
    kinds = [name.split("/")[2] for name in names if f"{body.base}/tile/" in name]
    assert kinds == sorted(kinds, key=["0", "entries", "1"].index)


def test_the_same_folder_gives_the_same_bytes(tmp_path, public):
    make_bundle(public, tmp_path / "a.majlis")
    make_bundle(public, tmp_path / "b.majlis")
    assert (tmp_path / "a.majlis").read_bytes() == (tmp_path / "b.majlis").read_bytes()


@pytest.mark.parametrize(("since", "start"), [([300], 300), ([256, 512], 256), ([700], 700), ([9999], 700), ([0], 0)])
def test_an_update_starts_at_the_smallest_size_asked_for(tmp_path, body, public, since, start):
    made = make_bundle(public, tmp_path / "a.majlis", every_since=since)
    inside = members(tmp_path / "a.majlis")
    (carried,) = parse_manifest(inside["MANIFEST"]).records
    assert made.records == (carried,)
    assert (carried.start, carried.size, carried.root) == (start, 700, body.record().root())
    assert carried.start_root == body.record().root(start)
    if start:
        deltas = [parse_add_entries(data) for name, data in inside.items() if "/delta-" in name]
        assert [entry for each in deltas for one in each.packages for entry in one.entries] == body.entries[start:]
    for old in {old for old in since if 0 < old <= 700}:
        request = parse_add_checkpoint(inside[request_name(body.origin, old, 700)])
        check_consistency(
            request.proof,
            old=old,
            new=700,
            old_root=body.record().root(old),
            new_root=request.checkpoint.root,
        )


def test_large_updates_are_several_members(tmp_path, body, public, monkeypatch):
    monkeypatch.setattr(module, "MAX_PACKAGES", 1)
    make_bundle(public, tmp_path / "a.majlis", every_since=[200])
    names = [name.rpartition("/")[2] for name in members(tmp_path / "a.majlis") if "/delta-" in name]
    assert names == ["delta-200-256", "delta-256-512", "delta-512-700"]
    monkeypatch.setattr(module, "_MAX_MEMBER", 1)
    monkeypatch.setattr(module, "MAX_PACKAGES", 32)
    make_bundle(public, tmp_path / "b.majlis", every_since=[200])
    assert names == [name.rpartition("/")[2] for name in members(tmp_path / "b.majlis") if "/delta-" in name]


def test_records_are_chosen_by_slug_each_with_its_size(tmp_path, body, public):
    town = Body("town", seed=5, acts=30)
    publish_record(public, town.record(), town.note(town.record(), 0))
    write_index(public, [body.index, town.index], ("simulated-clock",))
    make_bundle(public, tmp_path / "a.majlis", since={"town": [10]})
    manifest = parse_manifest(members(tmp_path / "a.majlis")["MANIFEST"])
    assert [(one.slug, one.start) for one in manifest.records] == [("hilltop", 0), ("town", 10)]
    assert manifest.notices == ("simulated-clock",)
    make_bundle(public, tmp_path / "a.majlis", only=["town"])
    assert [one.slug for one in parse_manifest(members(tmp_path / "a.majlis")["MANIFEST"]).records] == ["town"]
    with pytest.raises(Missing, match="no record 'city'"):
        make_bundle(public, tmp_path / "a.majlis", only=["city"])


def test_what_waits_in_the_folder_travels_and_strange_names_stay(tmp_path, body, public):
    identity, entry = body.waiting_act()
    publish_file(public, f"inbox/{identity}.act", entry)
    publish_file(public, "inbox/notes.txt", b"private")
    publish_file(public, f"witness/{body.base}-700.cosig", b"lines")
    publish_file(public, f"witness/{'0' * 64}-700.cosig", b"of another record")
    made = make_bundle(public, tmp_path / "a.majlis", extra={f"inbox/{identity}.act": entry})
    assert made.loose == 2
    inside = members(tmp_path / "a.majlis")
    assert inside[f"inbox/{identity}.act"] == entry
    assert f"witness/{body.base}-700.cosig" in inside
    assert not any("notes" in name or "0" * 64 in name for name in inside)


def test_a_folder_that_does_not_hold_is_not_carried(tmp_path, body, public):
    tile = public / body.base / "tile" / "entries" / "000"
    tile.write_bytes(tile.read_bytes().replace(b'act 3"', b'act 4"'))
    with pytest.raises(Forged):
        make_bundle(public, tmp_path / "a.majlis")
    assert not (tmp_path / "a.majlis").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["public"]


def test_a_checkpoint_that_its_log_did_not_sign_is_not_carried(tmp_path, body):
    record = body.record()
    publish_record(tmp_path / "p", record, body.note(record, signer=body.author))
    write_index(tmp_path / "p", [body.index])
    with pytest.raises(Forged):
        make_bundle(tmp_path / "p", tmp_path / "a.majlis")


def test_a_bundle_stays_below_two_gigabytes(tmp_path, public, monkeypatch):
    """R-BUNDLE-1"""
    monkeypatch.setattr(module, "_MAX_BUNDLE", 10_000)
    with pytest.raises(Refused, match="--record") as fault:
        make_bundle(public, tmp_path / "a.majlis")
    assert fault.value.rule == "R-BUNDLE-1"
    assert not (tmp_path / "a.majlis").exists()


def test_other_programs_open_it(tmp_path, public):
    make_bundle(public, tmp_path / "a.majlis")
    try:
        run = subprocess.run(["unzip", "-t", tmp_path / "a.majlis"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no unzip here")
    assert "No errors detected" in run.stdout


def test_only_acts_receipts_and_proofs_are_added(tmp_path, body):
    def name(data):
        (tmp_path / "loose").write_bytes(data)
        return loose_members(tmp_path / "loose")

    identity, entry = body.waiting_act()
    assert name(entry) == {f"inbox/{identity}.act": entry}
    for form in (b"majlis-receipt/1", b"majlis-excess/1"):
        word = form + b" x\nact y\n\n\xe2\x80\x94 x AAAAAAA=\n"
        assert name(word) == {f"receipts/{sha256(word).hexdigest()}.receipt": word}
    (proof,) = name(b"c2sp.org/tlog-proof@v1\n")
    assert proof.startswith("proofs/")
    for noise in (PROSE, b"{}"):
        with pytest.raises(Malformed):
            name(noise)


def test_an_act_that_waits_travels_with_what_it_names(tmp_path, body, public):
    """R-HAND-2: from the folder's blobs, and from a file that is added."""
    texts = [b"the wording of one motion", b"and of another"]
    names = [sha256(text).hexdigest() for text in texts]
    entries = [body.act(800 + number, name) for number, name in enumerate(names)]
    publish_file(public, f"inbox/{parse_act(entries[0]).id}.act", entries[0])
    publish_blob(public, texts[0])
    assert loose_members(public / "inbox" / f"{parse_act(entries[0]).id}.act")[blob_path(names[0])] == texts[0]
    file_of(entries[1], {names[1]: texts[1]}).write(tmp_path / "road.act")
    make_bundle(public, tmp_path / "a.majlis", extra=loose_members(tmp_path / "road.act"))
    inside = members(tmp_path / "a.majlis")
    assert [inside[blob_path(name)] for name in names] == texts
    assert inside[f"inbox/{parse_act(entries[1]).id}.act"] == entries[1]


CARRIED = Carried(origin="camp.example/log", slug="camp", start=0, start_root=EMPTY_ROOT, size=9, root=bytes(range(32)))


def test_the_manifest_names_each_body_by_its_words(tmp_path, body, public):
    """R-BUNDLE-9"""
    make_bundle(public, tmp_path / "a.majlis")
    (carried,) = parse_manifest(members(tmp_path / "a.majlis")["MANIFEST"]).records
    assert carried.words.split() == list(format_words(body.identity))


def test_the_manifest_is_read_as_it_is_written():
    other = Carried(origin="town.example/log", slug="town", start=5, start_root=bytes(32), size=9, root=bytes(32))
    for manifest in (
        Manifest(records=()),
        Manifest(records=(CARRIED, other)),
        Manifest(records=(replace(CARRIED, words=" ".join(format_words("ab" * 32))),)),
        Manifest(records=(CARRIED,), notices=("simulated-clock", "other")),
    ):
        assert parse_manifest(format_manifest(manifest)) == manifest


GOOD = format_manifest(Manifest(records=(CARRIED,), notices=("simulated-clock",)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        GOOD[:-1],
        GOOD + b"\n",
        GOOD.replace(b"bundle/1", b"bundle/2"),
        GOOD.replace(b"notice simulated-clock", b"simulated-clock"),
        GOOD.replace(b"simulated-clock", b"Simulated clock"),
        GOOD.replace(b"camp\n", b"Camp\n"),
        GOOD.replace(b"camp.example/log", b"two words"),
        GOOD.replace(b"to 9", b"to 09"),
        GOOD.replace(b"to 9", b"to -9"),
        GOOD.replace(b"kind full", b"kind update"),
        GOOD.replace(b"kind full", b"kind part"),
        GOOD.replace(b"from 0", b"from 10").replace(b"full", b"update"),
        GOOD.replace(b"=\nkind", b"\nkind"),
        GOOD + GOOD.split(b"\n\n")[1],
    ],
)
def test_another_manifest_is_refused(data):
    """R-BUNDLE-1"""
    with pytest.raises(Malformed) as fault:
        parse_manifest(data)
    assert fault.value.rule == "R-BUNDLE-1"


def test_two_records_of_one_name_are_not_written():
    with pytest.raises(Malformed, match="same origin"):
        format_manifest(Manifest(records=(CARRIED, CARRIED)))

"""What a bundle brings beside records: cosignatures, acts, receipts, proofs and ballot boxes."""

from __future__ import annotations

import shutil
from hashlib import sha256

import pytest
from tests.host.stick import TIME, Body, key, rewrite

from majlis.host.bundle import make_bundle
from majlis.host.reader import PublicFolder
from majlis.host.receive import receive
from majlis.record import (
    Note,
    TlogProof,
    cosign,
    format_note,
    format_signature_line,
    format_tlog_proof,
    parse_note,
    sign_note,
)


@pytest.fixture(scope="module")
def body() -> Body:
    return Body()


@pytest.fixture(scope="module")
def made(tmp_path_factory, body):
    """Folders and bundles at several sizes, made once: ``made(700)``, ``made(700, 300)`` from a size on."""
    home = tmp_path_factory.mktemp("made")

    def make(size: int, *since: int):
        path = home / f"{size}-{'-'.join(map(str, since))}.majlis"
        if not path.exists():
            make_bundle(body.publish(home / str(size), size), path, every_since=since)
        return path

    return make


def outcome(received) -> tuple[str, int]:
    (record,) = received.records
    return record.outcome, record.size


# --- cosignatures


def test_cosignatures_come_home_and_the_newest_stays(tmp_path, body, made):
    receive(made(300), tmp_path / "to")
    for mirrors, time, added in (((1,), TIME, 1), ((1,), TIME, 0), ((0, 1), TIME + 9, 2), ((0,), TIME + 8, 0)):
        body.publish(tmp_path / "carrier", 300, *mirrors, time=time)
        make_bundle(tmp_path / "carrier", tmp_path / "x", every_since=[300])
        received = receive(tmp_path / "x", tmp_path / "to")
        assert received.cosignatures == added
        assert outcome(received)[0] == ("cosigned" if added else "same")
    found = PublicFolder(tmp_path / "to").record(body.origin, logs=[body.log], cosigners=body.mirrors)
    assert [(one.cosigner.name, one.time) for one in found.cosignatures] == [
        ("mirror0.example", TIME + 9),
        ("mirror1.example", TIME + 9),
    ]


def test_a_line_from_a_file_is_added_and_a_strangers_is_not(tmp_path, body, made):
    receive(made(300), tmp_path / "to")
    text = parse_note(body.note(body.record(300))).text
    lines = [
        cosign(text, body.mirrors[1].name, body.mirror_keys[1], TIME),
        cosign(text, "stranger.example", key(99), TIME),
        sign_note("another text\n", body.mirrors[0].name, body.mirror_keys[0]),
    ]
    data = "".join(f"{format_signature_line(line)}\n" for line in lines).encode()
    bundle = rewrite(
        shutil.copy(made(300, 300), tmp_path / "x"),
        lambda inside: inside.update({f"witness/{body.base}-300.cosig": data}),
    )
    assert receive(bundle, tmp_path / "to").cosignatures == 1
    note = parse_note((tmp_path / "to" / body.base / "checkpoint").read_bytes())
    assert [line.name for line in note.signatures] == [body.origin, "mirror0.example", "mirror1.example"]


def test_a_false_line_of_a_mirror_spoils_the_checkpoint(tmp_path, body, made):
    """R-BUNDLE-4"""
    note = parse_note(body.note(body.record(300), 0))
    bad = note.signatures[1].signature[:-1] + b"\0"
    line = type(note.signatures[1])(name="mirror0.example", key_id=note.signatures[1].key_id, signature=bad)
    false = format_note(Note(text=note.text, signatures=(note.signatures[0], line)))
    bundle = rewrite(
        shutil.copy(made(300), tmp_path / "x"),
        lambda inside: inside.update({f"checkpoint-{body.base}": false, f"{body.base}/checkpoint": false}),
    )
    assert outcome(receive(bundle, tmp_path / "to"))[0] == "refused"


# --- what travels beside


def test_an_act_waits_until_its_record_has_it(tmp_path, body, made):
    identity, entry = body.waiting_act()
    name = f"inbox/{identity}.act"
    bundle = rewrite(shutil.copy(made(300), tmp_path / "x"), lambda inside: inside.update({name: entry}))
    assert receive(bundle, tmp_path / "to").acts == 1
    assert (tmp_path / "to" / name).read_bytes() == entry
    assert receive(bundle, tmp_path / "to").acts == 0
    logged = body.publish(tmp_path / "later", entries=[*body.entries[:300], entry])
    make_bundle(logged, tmp_path / "y")
    rewrite(tmp_path / "y", lambda inside: inside.update({name: entry}))
    received = receive(tmp_path / "y", tmp_path / "new")
    assert (received.acts, received.exit_code) == (0, 0)
    assert not (tmp_path / "new" / name).exists()


def test_signatures_of_one_act_add_up(tmp_path, body, made):
    identity, entry = body.waiting_act()
    note = parse_note(entry)
    second = format_note(Note(text=note.text, signatures=(sign_note(note.text, key(78).public_key.hex(), key(78)),)))
    name = f"inbox/{identity}.act"
    for each in (entry, second, entry):
        bundle = rewrite(shutil.copy(made(300), tmp_path / "x"), lambda inside, each=each: inside.update({name: each}))
        assert receive(bundle, tmp_path / "to").exit_code == 0
    assert [line.name for line in parse_note((tmp_path / "to" / name).read_bytes()).signatures] == [
        key(77).public_key.hex(),
        key(78).public_key.hex(),
    ]


@pytest.mark.parametrize("change", [lambda entry: entry.replace(b"late", b"lost"), lambda _: b"noise"])
def test_a_false_act_is_left_out(tmp_path, body, made, change):
    """R-BUNDLE-4"""
    identity, entry = body.waiting_act()
    bundle = rewrite(
        shutil.copy(made(300), tmp_path / "x"),
        lambda inside: inside.update({f"inbox/{identity}.act": change(entry), f"inbox/{'0' * 64}.act": entry}),
    )
    received = receive(bundle, tmp_path / "to")
    assert (outcome(received), received.exit_code, received.acts) == (("new", 300), 1, 0)
    assert len(received.troubles) == 2


def receipt(body: Body, act: str, index: int) -> tuple[str, bytes]:
    text = f"majlis-receipt/1 {body.origin}\nact {act}\nindex {index}\ntime {TIME}\n"
    data = format_note(Note(text=text, signatures=(sign_note(text, body.origin, body.log_key),)))
    return f"receipts/{sha256(data).hexdigest()}.receipt", data


def test_a_receipt_against_the_record_is_kept_as_evidence(tmp_path, body, made):
    """R-BUNDLE-6"""
    true = sha256(body.entries[7].rpartition(b"\n\n")[0] + b"\n").hexdigest()
    good, later, bad = receipt(body, true, 7), receipt(body, "0" * 64, 900), receipt(body, "0" * 64, 7)
    unsigned = (f"receipts/{'1' * 64}.receipt", good[1])
    bundle = rewrite(
        shutil.copy(made(300), tmp_path / "x"), lambda inside: inside.update(dict([good, later, bad, unsigned]))
    )
    received = receive(bundle, tmp_path / "to")
    assert (received.receipts, received.exit_code) == (2, 1)
    assert {trouble.member for trouble in received.troubles} == {bad[0], unsigned[0]}
    assert any("R-BUNDLE-6" in trouble.text for trouble in received.troubles)
    assert (tmp_path / "to" / "evidence" / bad[0].removeprefix("receipts/")).read_bytes() == bad[1]


def test_proofs_are_judged_by_the_record(tmp_path, body, made):
    record = body.record(300)
    proofs = {}
    for index, right in ((7, True), (8, False)):
        hashes = record.prove_inclusion(7)
        data = format_tlog_proof(TlogProof(index=index, hashes=hashes, checkpoint=body.note(record)))
        proofs[f"proofs/{sha256(data).hexdigest()}.tlog-proof"] = (data, right)
    bundle = rewrite(
        shutil.copy(made(300), tmp_path / "x"),
        lambda inside: inside.update({name: data for name, (data, _) in proofs.items()}),
    )
    received = receive(bundle, tmp_path / "to")
    assert (received.proofs, len(received.troubles)) == (1, 1)
    for name, (_, right) in proofs.items():
        assert (tmp_path / "to" / name).exists() == right


def test_of_two_boxes_the_one_that_continues_the_other_is_kept(tmp_path, body, made):
    """R-BUNDLE-7"""
    name = "boxes/PW6jncGpHgfbpX.bel"
    long, short, other = b"a box" * 1000, b"a box" * 600, b"another" * 900
    for content, kept, code in (
        (short, short, 0),
        (long, long, 0),
        (short, long, 0),
        (other, long, 1),
        (long, long, 0),
    ):
        bundle = rewrite(
            shutil.copy(made(300), tmp_path / "x"), lambda inside, content=content: inside.update({name: content})
        )
        assert receive(bundle, tmp_path / "to").exit_code == code
        assert (tmp_path / "to" / name).read_bytes() == kept

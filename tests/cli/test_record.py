"""``majlis record verify``: its exit codes, its words and its JSON."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from majlis.crypto import SigningKey
from majlis.host.layout import IndexEntry, record_folder
from majlis.host.publish import publish_record, write_index, write_sums
from majlis.host.store import MemoryStore
from majlis.main import main
from majlis.record import (
    Checkpoint,
    CosignerKey,
    Note,
    NoteKey,
    cosign,
    format_checkpoint,
    format_note,
    sign_note,
    with_signatures,
)

KEYS = {
    name: SigningKey(bytes([number]) * 32) for number, name in enumerate(("camp.example/log", "town.example/log"), 1)
}
VKEYS = [NoteKey(name=name, public_key=key.public_key).vkey for name, key in KEYS.items()]
WITNESS_KEY = SigningKey(bytes([9]) * 32)
WITNESS = CosignerKey(name="sea.example/witness", public_key=WITNESS_KEY.public_key)


@pytest.fixture
def public(tmp_path):
    folder = tmp_path / "public"
    for name, key in KEYS.items():
        record = MemoryStore().create(name)
        record.append([f"{name} {n}".encode() for n in range(300)])
        text = format_checkpoint(Checkpoint(origin=name, size=300, root=record.root()))
        note = Note(text=text, signatures=(sign_note(text, name, key),))
        note = with_signatures(note, [cosign(text, WITNESS.name, WITNESS_KEY, 1_700_000_000)])
        publish_record(folder, record, format_note(note))
    write_index(
        folder,
        [IndexEntry(slug=f"b{n}", names={}, identity=f"{n}" * 64, origin=name) for n, name in enumerate(KEYS)],
    )
    write_sums(folder)
    return folder


def base(name: str = "camp.example/log") -> str:
    return record_folder(name)


def verify(capsys, folder: Path, *options: str):
    code = main(["record", "verify", str(folder), "--json", *options])
    printed = capsys.readouterr()
    return code, json.loads(printed.out) if printed.out else printed.err


def keys(vkeys: list[str]) -> list[str]:
    return [part for vkey in vkeys for part in ("--vkey", vkey)]


def test_signed_by_the_named_keys_is_sound(capsys, public):
    code, answer = verify(capsys, public, *keys([*VKEYS, WITNESS.vkey]))
    assert (code, answer["ok"], answer["verdict"], answer["exit_code"]) == (0, True, "sound", 0)
    assert answer["findings"] == []
    assert {record["origin"]: record["folder"] for record in answer["records"]} == {name: base(name) for name in KEYS}
    for record in answer["records"]:
        assert (record["size"], record["signed"]) == (300, True)
        assert record["cosigned"] == [[WITNESS.name, 1_700_000_000]]


@pytest.mark.parametrize("vkeys", [[], VKEYS[:1]])
def test_without_all_keys_it_is_consistent_and_says_so(capsys, public, vkeys):
    code, answer = verify(capsys, public, *keys(vkeys))
    assert (code, answer["ok"], answer["verdict"]) == (5, False, "consistent, signer unknown")
    assert sum(record["signed"] for record in answer["records"]) == len(vkeys)


def test_one_records_folder_alone(capsys, public):
    code, answer = verify(capsys, public / base(), *keys(VKEYS[:1]))
    assert (code, answer["records"][0]["folder"]) == (0, base())
    code, answer = verify(capsys, public / base())
    assert code == 5


def test_an_altered_byte_fails_even_where_the_sums_were_written_anew(capsys, public):
    path = public / base() / "tile" / "entries" / "000"
    data = bytearray(path.read_bytes())
    data[7] ^= 1
    path.write_bytes(bytes(data))
    code, answer = verify(capsys, public, *keys(VKEYS))
    assert (code, answer["verdict"]) == (1, "failed")
    assert {finding["file"] for finding in answer["findings"]} == {f"{base()}/tile/entries/000"}
    write_sums(public)
    code, answer = verify(capsys, public, *keys(VKEYS))
    assert code == 1
    assert [finding["file"] for finding in answer["findings"]] == [f"{base()}/tile/entries/000"]
    # The other record is still read and shown.
    assert [record["origin"] for record in answer["records"]] == ["town.example/log"]


def test_a_key_that_did_not_sign_fails_at_the_checkpoint(capsys, public):
    stranger = NoteKey(name="camp.example/log", public_key=SigningKey(bytes(32)).public_key)
    code, answer = verify(capsys, public, "--vkey", stranger.vkey)
    assert code == 1
    assert answer["findings"][0]["file"].startswith(f"{base()}/checkpoint")


def test_a_record_in_the_place_of_another_fails(capsys, public):
    shutil.rmtree(public / base())
    shutil.copytree(public / base("town.example/log"), public / base())
    write_sums(public)
    code, answer = verify(capsys, public)
    assert code == 1
    assert "another record" in answer["findings"][0]["text"]


def test_a_missing_file_is_incomplete(capsys, public):
    (public / base() / "tile" / "0" / "000").unlink()
    code, answer = verify(capsys, public, *keys(VKEYS))
    assert (code, answer["verdict"]) == (3, "incomplete")
    assert {finding["kind"] for finding in answer["findings"]} == {"missing"}


def test_a_record_that_the_index_names_and_the_folder_lacks_is_incomplete(capsys, public):
    shutil.rmtree(public / base())
    write_sums(public)
    assert verify(capsys, public)[0] == 3


def test_a_log_that_was_named_and_is_not_here_is_incomplete(capsys, public):
    other = NoteKey(name="hill.example/log", public_key=SigningKey(bytes(32)).public_key)
    code, answer = verify(capsys, public, *keys([*VKEYS, other.vkey]))
    assert code == 3
    assert "hill.example/log" in answer["findings"][0]["text"]


def test_without_an_index_the_folders_tell(capsys, public):
    (public / "index.json").unlink()
    write_sums(public)
    assert verify(capsys, public, *keys(VKEYS))[0] == 0


def test_what_is_besides_is_a_warning(capsys, public):
    (public / base() / "tile" / "0" / "009").write_bytes(b"")
    code, answer = verify(capsys, public, *keys(VKEYS))
    assert code == 0
    assert {finding["kind"] for finding in answer["findings"]} == {"warning"}


@pytest.mark.parametrize("vkey", ["noise", WITNESS.vkey[:-2], "a+00000000+AQ=="])
def test_a_key_that_does_not_parse_is_wrong_usage(capsys, public, vkey):
    code, text = verify(capsys, public, "--vkey", vkey)
    assert code == 2
    assert "--vkey" in text


def test_a_folder_without_records_is_no_input(capsys, tmp_path):
    code, text = verify(capsys, tmp_path)
    assert code == 2
    assert "no record here" in text
    code, text = verify(capsys, tmp_path / "nowhere")
    assert "no such folder" in text
    assert code != 0


def test_the_words_say_the_same(capsys, public):
    assert main(["record", "verify", str(public), *keys([*VKEYS[:1], WITNESS.vkey])]) == 5
    out = capsys.readouterr().out
    assert out.startswith("consistent, signer unknown: 2 records with 600 entries")
    assert "camp.example/log: 300 entries" in out
    assert "signature not checked, cosigned by sea.example/witness" in out
    (public / base() / "checkpoint").write_bytes(b"")
    assert main(["record", "verify", str(public)]) == 1
    assert f"failure: {base()}/checkpoint" in capsys.readouterr().out


def test_the_help_has_an_example(capsys):
    assert main(["record", "verify", "--help"]) == 0
    assert "majlis record verify public" in capsys.readouterr().out

"""Witnesses and mirrors with a memory: what moves them, and what does not."""

from __future__ import annotations

import sqlite3
import threading

import pytest

from majlis.crypto import SigningKey
from majlis.errors import Fault, Malformed, Missing, Refused
from majlis.host import witness as module
from majlis.host.chance import chance
from majlis.host.clock import SimulatedClock
from majlis.host.keyring import Keyring, Passphrase, Strength
from majlis.host.sqlite_store import SqliteStore
from majlis.host.store import MemoryStore
from majlis.host.witness import Mirror, Witness
from majlis.record import (
    AddCheckpoint,
    Checkpoint,
    Note,
    NoteKey,
    SignatureLine,
    Tree,
    format_add_checkpoint,
    format_checkpoint,
    leaf_hash,
    open_checkpoint,
    parse_signature_line,
    prove_consistency,
    read_cosignatures,
    sign_note,
    with_signatures,
)

ORIGIN = "camp.example/log"
LOG_KEY = SigningKey(bytes(range(32)))
LOG = NoteKey(name=ORIGIN, public_key=LOG_KEY.public_key)
KEY = SigningKey(bytes(range(1, 33)))
NAME = "sea.example/witness"
NOW = 1_700_000_000
ENTRIES = [f"act {n}".encode() for n in range(600)]
OTHERS = [f"other {n}".encode() for n in range(600)]
TREES = {"true": Tree(map(leaf_hash, ENTRIES)), "other": Tree(map(leaf_hash, OTHERS))}


def note(size: int, of: str = "true") -> Note:
    text = format_checkpoint(Checkpoint(origin=ORIGIN, size=size, root=TREES[of].root(size)))
    return Note(text=text, signatures=(sign_note(text, ORIGIN, LOG_KEY),))


def request(old: int, new: int, of: str = "true") -> bytes:
    proof = prove_consistency(old, new, TREES[of].read) if old else ()
    return format_add_checkpoint(AddCheckpoint(old=old, proof=proof, note=note(new, of)))


@pytest.fixture
def clock():
    return SimulatedClock(NOW)


@pytest.fixture
def witness(tmp_path, clock):
    Witness.create_memory(tmp_path, NAME, KEY.public_key)
    made = Witness(tmp_path, KEY, clock)
    made.trust(LOG)
    yield made
    made.close()


def state(witness: Witness) -> tuple[int, bytes]:
    return witness._database.read("SELECT size, root FROM state")[0]


def test_growth_is_cosigned_with_the_time_of_the_clock(witness, clock):
    assert witness.last(ORIGIN) == 0
    for old, new in ((0, 5), (5, 256), (256, 256), (256, 600)):
        clock.advance(60)
        status, body = witness.add_checkpoint(request(old, new))
        assert status == 200
        line = parse_signature_line(body.removesuffix("\n"))
        (cosignature,) = read_cosignatures(with_signatures(note(new), [line]), [witness.cosigner])
        assert cosignature.time == clock.now()
        assert witness.last(ORIGIN) == new
        checkpoint, latest = open_checkpoint(witness.latest(ORIGIN), LOG)
        assert checkpoint.size == new
        assert latest.signatures == (*note(new).signatures, line)


def test_it_remembers_when_it_is_started_again(witness, tmp_path, clock):
    witness.add_checkpoint(request(0, 5))
    witness.close()
    again = Witness(tmp_path, KEY, clock)
    assert again.last(ORIGIN) == 5
    assert again.logs() == (LOG,)
    assert again.add_checkpoint(request(0, 9)) == (409, "5\n")
    assert again.add_checkpoint(request(5, 9))[0] == 200
    again.close()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"noise", 400),
        (request(5, 9).replace(ORIGIN.encode(), b"town.example/log"), 404),
        (request(5, 9).replace(b"\n9\n", b"\n8\n"), 403),
        (request(4, 9), 409),
        (request(5, 9, "other"), 422),
        (request(5, 5, "other"), 422),
    ],
)
def test_forged_requests_do_not_move_the_witness(witness, body, status):
    witness.add_checkpoint(request(0, 5))
    before = witness.latest(ORIGIN), state(witness)
    answer, text = witness.add_checkpoint(body)
    assert answer == status
    assert text.endswith("\n")
    assert (witness.latest(ORIGIN), state(witness)) == before
    assert len(witness.evidence()) == (status == 422)


def test_a_second_history_is_kept_as_evidence(witness):
    witness.add_checkpoint(request(0, 5))
    fork = request(5, 9, "other")
    assert witness.add_checkpoint(fork)[0] == 422
    ((time, why, kept),) = witness.evidence()
    assert (time, kept) == (NOW, fork)
    assert "rewritten" in why


def test_a_flood_of_evidence_does_not_fill_the_disk(witness, monkeypatch):
    monkeypatch.setattr(module, "_MAX_EVIDENCE", 3)
    witness.add_checkpoint(request(0, 5))
    for size in range(6, 12):
        witness.add_checkpoint(request(5, size, "other"))
    assert len(witness.evidence()) == 3


def test_planted_lines_are_not_served_as_its_own(witness):
    planted = SignatureLine(name=NAME, key_id=witness.cosigner.key_id, signature=bytes(72))
    body = format_add_checkpoint(AddCheckpoint(old=0, proof=(), note=with_signatures(note(5), [planted])))
    assert witness.add_checkpoint(body)[0] == 200
    assert planted not in open_checkpoint(witness.latest(ORIGIN), LOG)[1].signatures
    assert len(read_cosignatures(open_checkpoint(witness.latest(ORIGIN), LOG)[1], [witness.cosigner])) == 1


def test_a_clock_that_ran_backwards_cosigns_nothing(witness, tmp_path):
    witness.add_checkpoint(request(0, 5))
    witness.close()
    early = Witness(tmp_path, KEY, SimulatedClock(NOW - 1))
    status, text = early.add_checkpoint(request(5, 9))
    assert (status, early.last(ORIGIN)) == (503, 5)
    assert "clock" in text
    early.close()
    unset = Witness(tmp_path, KEY, SimulatedClock(0))
    assert unset.add_checkpoint(request(5, 9))[0] == 503
    unset.close()


def test_a_slow_request_does_not_overwrite_a_faster_larger_one(witness, monkeypatch):
    """A (size 300) is checked, B (size 600) is checked and stored; A must not be stored after it."""
    witness.add_checkpoint(request(0, 5))
    checked, go_on = threading.Event(), threading.Event()
    real = module.judge_add_checkpoint

    def stalled(body, *rest):
        judgement = real(body, *rest)
        if body == request(5, 300):
            checked.set()
            go_on.wait(5)
        return judgement

    monkeypatch.setattr(module, "judge_add_checkpoint", stalled)
    answers = {}
    threads = [
        threading.Thread(target=lambda new=new: answers.update({new: witness.add_checkpoint(request(5, new))}))
        for new in (300, 600)
    ]
    threads[0].start()
    assert checked.wait(5)
    threads[1].start()
    threads[1].join(0.2)
    go_on.set()
    for thread in threads:
        thread.join()
    # Whichever came first, the other was told so: never both from 5, and never back.
    assert sorted(status for status, _ in answers.values()) == [200, 409]
    assert witness.last(ORIGIN) == 300
    assert answers[600] == (409, "300\n")


def test_nothing_is_answered_that_is_not_stored(witness, tmp_path, monkeypatch):
    witness.add_checkpoint(request(0, 5))

    def fail(*_):
        raise Fault("no space is left")

    monkeypatch.setattr(witness._database, "write", fail)
    assert witness.add_checkpoint(request(5, 9)) == (503, "no space is left\n")
    monkeypatch.undo()
    assert witness.last(ORIGIN) == 5


def test_a_lost_memory_is_not_started_from_nothing(tmp_path, clock):
    ring = Keyring.create(tmp_path / "keyring", Passphrase("some words"), chance, Strength(ops=1, memory=8192))
    folder = tmp_path / "witness"
    key = Witness.found(folder, NAME, ring, chance)
    assert Witness.found(folder, NAME, ring, chance).public_key == key.public_key
    assert ring.get(NAME).kind == "witness"
    (folder / "witness.db").unlink()
    with pytest.raises(Refused, match="Never start it from nothing"):
        Witness.found(folder, NAME, ring, chance)
    with pytest.raises(Missing, match="never made anew"):
        Witness(folder, key, clock)
    other = Witness.found(folder, "sea.example/witness-2", ring, chance)
    assert other.public_key != key.public_key


def test_a_folder_has_one_cosigner(witness, tmp_path, clock):
    witness.close()
    other = SigningKey(bytes(32))
    with pytest.raises(Refused, match="another cosigner"):
        Witness.create_memory(tmp_path, NAME, other.public_key)
    with pytest.raises(Refused, match="another cosigner"):
        Witness.create_memory(tmp_path, "other.example/witness", KEY.public_key)
    with pytest.raises(Refused, match="not the key of"):
        Witness(tmp_path, other, clock)
    Witness.create_memory(tmp_path, NAME, KEY.public_key)
    with pytest.raises(Malformed, match="key name"):
        Witness.create_memory(tmp_path / "new", "two words", KEY.public_key)
    with pytest.raises(Malformed, match="small order"):
        Witness.create_memory(tmp_path / "new", NAME, bytes(32))


def test_keys_of_small_order_are_not_trusted(witness):
    with pytest.raises(Malformed, match="small order"):
        witness.trust(NoteKey(name=ORIGIN, public_key=bytes(32)))


def test_trusting_twice_is_once_and_a_second_key_is_a_second(witness):
    witness.trust(LOG)
    assert witness.logs() == (LOG,)
    new = NoteKey(name=ORIGIN, public_key=SigningKey(bytes(32)).public_key)
    witness.trust(new)
    assert set(witness.logs()) == {LOG, new}
    assert witness.add_checkpoint(request(0, 5))[0] == 200


def test_what_was_never_cosigned_is_missing(witness):
    with pytest.raises(Missing, match="never cosigned"):
        witness.latest(ORIGIN)


def test_the_file_itself_never_goes_back(witness, tmp_path):
    witness.add_checkpoint(request(0, 5))
    witness.close()
    connection = sqlite3.connect(tmp_path / "witness.db")
    for statement in ("UPDATE state SET size = 4", "DELETE FROM state", "UPDATE identity SET name = 'x'"):
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement)
    connection.close()


# --- mirrors


@pytest.fixture(params=["memory", "disk"])
def mirror(request, tmp_path, clock):
    store = MemoryStore() if request.param == "memory" else SqliteStore.create_in(tmp_path / "store")
    Witness.create_memory(tmp_path / "mirror", "hill.example/mirror", KEY.public_key)
    made = Mirror(tmp_path / "mirror", KEY, clock, store=store, source=lambda _, start, end: ENTRIES[start:end])
    made.trust(LOG)
    yield made
    made.close()
    store.close()


def test_a_mirror_holds_every_entry_that_it_cosigns(mirror):
    for old, new in ((0, 3), (3, 257), (257, 600)):
        status, body = mirror.add_checkpoint(request(old, new))
        assert status == 200
        line = parse_signature_line(body.removesuffix("\n"))
        assert len(read_cosignatures(with_signatures(note(new), [line]), [mirror.cosigner])) == 1
        record = mirror._store.record(ORIGIN)
        assert record.entries() == ENTRIES[:new]
        assert record.root() == TREES["true"].root(new)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (lambda _, start, end: ENTRIES[start : end - 1], "gave 3 of 4"),
        (lambda _, start, end: OTHERS[start:end], "other entries than those"),
        (lambda _, start, end: [ENTRIES[start], *OTHERS[start + 1 : end]], "other entries than those"),
    ],
)
def test_without_the_true_entries_a_mirror_cosigns_nothing(mirror, source, reason):
    mirror.add_checkpoint(request(0, 5))
    mirror._source = source
    status, text = mirror.add_checkpoint(request(5, 9))
    assert status == 503
    assert reason in text
    assert mirror.last(ORIGIN) == mirror._store.record(ORIGIN).size == 5
    assert mirror.evidence() == ()
    mirror._source = lambda _, start, end: ENTRIES[start:end]
    assert mirror.add_checkpoint(request(5, 9))[0] == 200


def test_a_source_that_is_cut_off_stops_nobody(mirror):
    def cut_off(*_):
        raise Missing("the camp cannot be reached")

    mirror._source = cut_off
    assert mirror.add_checkpoint(request(0, 5)) == (503, "the camp cannot be reached\n")


def test_a_mirror_answers_as_a_witness_to_what_is_wrong(mirror):
    mirror.add_checkpoint(request(0, 5))
    assert mirror.add_checkpoint(b"noise")[0] == 400
    assert mirror.add_checkpoint(request(0, 9)) == (409, "5\n")
    assert mirror.add_checkpoint(request(5, 9, "other"))[0] == 422
    assert mirror.add_checkpoint(request(5, 5))[0] == 200


def test_a_mirror_that_stopped_between_holding_and_cosigning_goes_on(mirror):
    mirror._store.create(ORIGIN).append(ENTRIES[:20])
    assert mirror.add_checkpoint(request(0, 9))[0] == 200
    assert mirror.add_checkpoint(request(9, 20))[0] == 200
    assert mirror._store.record(ORIGIN).size == 20


def test_a_mirror_that_holds_another_history_keeps_the_evidence(mirror):
    mirror._store.create(ORIGIN).append(OTHERS[:20])
    status, text = mirror.add_checkpoint(request(0, 9))
    assert status == 422
    assert "another history" in text
    ((_, why, kept),) = mirror.evidence()
    assert kept == request(0, 9)
    assert "another history" in why
    assert mirror.last(ORIGIN) == 0


def test_a_mirror_whose_memory_is_closed_answers_not_now(mirror):
    mirror.close()
    assert mirror.add_checkpoint(request(0, 5))[0] == 503

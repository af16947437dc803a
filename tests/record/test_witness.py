"""The witness call: every status, and that nothing forged moves the witness."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.crypto.signature import SigningKey
from majlis.errors import Malformed
from majlis.record import (
    EMPTY_ROOT,
    MAX_REQUEST_SIZE,
    AddCheckpoint,
    Checkpoint,
    Note,
    NoteKey,
    SignatureLine,
    Tree,
    WitnessState,
    format_add_checkpoint,
    format_checkpoint,
    judge_add_checkpoint,
    leaf_hash,
    parse_add_checkpoint,
    prove_consistency,
    sign_note,
    with_signatures,
)

KEY = SigningKey(bytes(range(32)))
STRANGER = SigningKey(bytes([7]) * 32)
LOG = NoteKey(name="camp.example/log", public_key=KEY.public_key)
LOGS = {LOG.name: (LOG,)}
TREE = Tree(leaf_hash(bytes([n])) for n in range(20))
OTHER_TREE = Tree(leaf_hash(bytes([n, n])) for n in range(20))


def note(
    size: int, tree: Tree = TREE, root: bytes | None = None, key: SigningKey = KEY, origin: str = LOG.name
) -> Note:
    text = format_checkpoint(Checkpoint(origin=origin, size=size, root=tree.root(size) if root is None else root))
    return Note(text=text, signatures=(sign_note(text, origin, key),))


def request(old: int, new: int, **of: object) -> bytes:
    proof = prove_consistency(old, new, TREE.read) if 0 < old <= new else ()
    return format_add_checkpoint(AddCheckpoint(old=old, proof=proof, note=note(new, **of)))


def state(size: int, tree: Tree = TREE) -> dict[str, WitnessState]:
    return {LOG.name: WitnessState(size=size, root=tree.root(size))}


def test_the_wire_form_is_the_published_one():
    body = request(5, 8).decode()
    lines = body.split("\n")
    assert lines[0] == "old 5"
    assert len(lines[1]) == 44
    blank = lines.index("")
    assert lines[blank + 1 : blank + 3] == [LOG.name, "8"]
    assert format_add_checkpoint(parse_add_checkpoint(body.encode())) == body.encode()


def test_growth_is_cosigned_and_moves_the_state():
    judgement = judge_add_checkpoint(request(5, 8), LOGS, state(5))
    assert judgement.status == 200
    assert judgement.state == WitnessState(size=8, root=TREE.root(8))
    assert judgement.note == note(8)


def test_first_contact_and_the_empty_record():
    assert judge_add_checkpoint(request(0, 8), LOGS, {}).state == WitnessState(size=8, root=TREE.root(8))
    empty = judge_add_checkpoint(request(0, 0), LOGS, {})
    assert (empty.status, empty.state) == (200, WitnessState(size=0, root=EMPTY_ROOT))


def test_the_same_size_and_root_is_cosigned_again():
    judgement = judge_add_checkpoint(request(8, 8), LOGS, state(8))
    assert (judgement.status, judgement.state) == (200, WitnessState(size=8, root=TREE.root(8)))


def test_only_the_verified_lines_of_the_log_are_kept():
    """A line that collides with the witness's own key id must not be stored and served as if it were the witness's."""
    planted = SignatureLine(name="sea.example/witness", key_id=b"1234", signature=bytes(72))
    twice = sign_note(note(8).text, LOG.name, KEY)
    body = format_add_checkpoint(
        AddCheckpoint(old=5, proof=prove_consistency(5, 8, TREE.read), note=with_signatures(note(8), [planted, twice]))
    )
    judgement = judge_add_checkpoint(body, LOGS, state(5))
    assert judgement.note == note(8)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (request(8, 5), 400),
        (b"", 400),
        (b"old 5\n", 400),
        (request(5, 8).replace(b"old 5", b"old 05"), 400),
        (request(5, 8).replace(b"old 5", b"old five"), 400),
        (request(5, 8).replace(b"old 5", b"size 5"), 400),
        (request(5, 8)[:-1], 400),
        (request(5, 8).replace(b"\n8\n", b"\n-8\n"), 400),
        (b"old \xff\n" + request(5, 8), 400),
        (request(5, 8, origin="town.example/log"), 404),
        (request(5, 8, key=STRANGER), 403),
        (request(5, 8).replace(b"\n8\n", b"\n9\n"), 403),
        (request(4, 8), 409),
        (request(0, 8), 409),
        (request(5, 8, tree=OTHER_TREE), 422),
        (request(5, 5, root=TREE.root(4)), 422),
        (format_add_checkpoint(AddCheckpoint(old=5, proof=(), note=note(8))), 422),
        (format_add_checkpoint(AddCheckpoint(old=5, proof=(bytes(32),), note=note(5))), 422),
    ],
)
def test_what_a_witness_that_saw_size_5_answers(body, status):
    judgement = judge_add_checkpoint(body, LOGS, state(5))
    assert judgement.status == status
    assert judgement.state is None
    assert judgement.note is None
    assert judgement.fault
    assert judgement.is_evidence == (status == 422)
    assert judgement.body == ("5\n" if status == 409 else "")


@pytest.mark.parametrize(
    "body",
    [
        request(0, 0, root=bytes(32)),
        format_add_checkpoint(AddCheckpoint(old=0, proof=(bytes(32),), note=note(8))),
        format_add_checkpoint(AddCheckpoint(old=0, proof=(bytes(32),), note=note(0))),
    ],
)
def test_from_nothing_there_is_nothing_to_prove(body):
    assert judge_add_checkpoint(body, LOGS, {}).status == 422


def test_a_false_line_of_the_log_rejects_the_request():
    """A second line in the log's name and id that fails is a malformed note, whatever the first says."""
    other = NoteKey(name=LOG.name, public_key=STRANGER.public_key)
    false = SignatureLine(name=other.name, key_id=other.key_id, signature=KEY.sign(b"something else"))
    body = format_add_checkpoint(
        AddCheckpoint(old=5, proof=prove_consistency(5, 8, TREE.read), note=with_signatures(note(8), [false]))
    )
    assert judge_add_checkpoint(body, LOGS, state(5)).status == 200
    assert judge_add_checkpoint(body, {LOG.name: (LOG, other)}, state(5)).status == 403


def test_the_answer_409_tells_the_size_to_retry_from():
    judgement = judge_add_checkpoint(request(0, 8), LOGS, state(5))
    assert judge_add_checkpoint(request(int(judgement.body), 8), LOGS, state(5)).status == 200


def test_requests_are_bounded():
    with pytest.raises(Malformed, match="at most"):
        parse_add_checkpoint(b"old 0\n" + b"x" * MAX_REQUEST_SIZE)
    hash_line = b"A" * 43 + b"=\n"
    body = b"old 5\n" + hash_line * 64 + b"\n" + request(5, 8).partition(b"\n\n")[2]
    with pytest.raises(Malformed, match="at most 63"):
        parse_add_checkpoint(body)
    assert judge_add_checkpoint(body, LOGS, state(5)).status == 400


@given(st.data())
def test_forged_requests_do_not_move_the_witness(data):
    whole = bytearray(request(5, 8))
    bit = data.draw(st.integers(0, len(whole) * 8 - 1))
    whole[bit // 8] ^= 1 << bit % 8
    judgement = judge_add_checkpoint(bytes(whole), LOGS, state(5))
    assert judgement.status in (400, 403, 404, 409, 422)
    assert judgement.state is None


@given(st.binary(max_size=300))
def test_judging_is_total(body):
    assert judge_add_checkpoint(body, LOGS, state(5)).status == 400

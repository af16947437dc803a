"""Fork evidence: two signed checkpoints and where they part; whatever is not that is refused."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.crypto import SigningKey
from majlis.errors import Fault, Forged, Malformed
from majlis.record import (
    Branch,
    Checkpoint,
    Fork,
    Note,
    NoteKey,
    Tree,
    check_fork,
    find_parting,
    format_checkpoint,
    format_forks,
    format_note,
    leaf_hash,
    parse_forks,
    prove_branch,
    sign_note,
)

KEY = SigningKey(bytes(range(32)))
LOG = NoteKey(name="camp.example/log", public_key=KEY.public_key)
ONE = Tree(leaf_hash(f"act {n}".encode()) for n in range(300))
OTHER = Tree(leaf_hash((f"act {n}" if n < 100 else f"other {n}").encode()) for n in range(280))


def note(tree: Tree, size: int, key: SigningKey = KEY, root: bytes | None = None) -> bytes:
    text = format_checkpoint(Checkpoint(origin=LOG.name, size=size, root=root or tree.root(size)))
    return format_note(Note(text=text, signatures=(sign_note(text, LOG.name, key),)))


def branch(tree: Tree, size: int, at: int) -> Branch:
    return prove_branch(note(tree, size), at=at, size=size, read=tree.read)


def fork(at: int = 101, one: int = 300, other: int = 280) -> Fork:
    return Fork(log=LOG, size=at, first=branch(ONE, one, at), second=branch(OTHER, other, at))


@pytest.mark.parametrize("at", [101, 128, 200, 256, 280])
def test_two_histories_of_one_key_are_a_fork(at):
    """R-FORK-1"""
    first, second = check_fork(fork(at))
    assert (first.size, second.size) == (300, 280)
    assert parse_forks(format_forks([fork(at)])) == (fork(at),)


@pytest.mark.parametrize("differ_at", [0, 1, 63, 64, 99, 279])
def test_the_first_entry_that_differs_is_found(differ_at):
    other = Tree(leaf_hash((f"act {n}" if n != differ_at else "other").encode()) for n in range(280))
    assert find_parting(280, ONE.read, other.read) == differ_at + 1


def test_two_roots_of_size_zero_are_a_fork():
    first = Branch(note=note(ONE, 0), root=ONE.root(0))
    second = Branch(note=note(ONE, 0, root=bytes(32)), root=bytes(32))
    check_fork(Fork(log=LOG, size=0, first=first, second=second))
    with pytest.raises(Forged):
        check_fork(Fork(log=LOG, size=0, first=first, second=branch(ONE, 300, 1)))


def changed(**parts) -> Fork:
    return msgspec.structs.replace(fork(), **parts)


@pytest.mark.parametrize(
    "not_one",
    [
        changed(second=branch(ONE, 280, 101)),
        fork(at=100),
        changed(size=102),
        changed(first=msgspec.structs.replace(fork().first, root=bytes(32))),
        changed(first=msgspec.structs.replace(fork().first, proof=fork().first.proof[1:])),
        changed(second=Branch(note=note(OTHER, 280), root=OTHER.root(101))),
        changed(first=msgspec.structs.replace(fork().first, note=note(ONE, 300, SigningKey(bytes(32))))),
        changed(log=NoteKey(name=LOG.name, public_key=SigningKey(bytes(32)).public_key)),
        changed(log=NoteKey(name="town.example/log", public_key=KEY.public_key)),
        changed(first=msgspec.structs.replace(fork().first, note=b"noise")),
    ],
    ids=["same history", "before", "size", "root", "proof", "no proof", "signer", "key", "origin", "noise"],
)
def test_what_shows_no_fork_is_refused_and_never_written(not_one):
    """R-FORK-1"""
    with pytest.raises(Fault):
        check_fork(not_one)
    with pytest.raises(Fault):
        format_forks([fork(), not_one])


def test_it_says_that_one_history_is_no_fork():
    with pytest.raises(Forged, match="the same root at size 100") as fault:
        check_fork(fork(at=100))
    assert fault.value.rule == "R-FORK-1"


def altered(change) -> bytes:
    outer = json.loads(format_forks([fork()]))
    change(outer)
    return json.dumps(outer).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        altered(lambda outer: outer.update(format="majlis-fork/2")),
        altered(lambda outer: outer.update(forks=[])),
        altered(lambda outer: outer.update(more=1)),
        altered(lambda outer: outer["forks"][0].update(size=-1)),
        altered(lambda outer: outer["forks"][0].update(size=1.5)),
        altered(lambda outer: outer["forks"][0]["first"].update(root="AAAA")),
        altered(lambda outer: outer["forks"][0]["first"].update(proof=["A" * 43 + "="] * 64)),
        altered(lambda outer: outer["forks"][0].update(log="noise")),
        b" " * (16 * 2**20 + 1),
    ],
)
def test_another_form_is_refused(data):
    """R-FORK-2"""
    with pytest.raises(Malformed):
        parse_forks(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(noise):
    with pytest.raises(Malformed):
        parse_forks(noise)

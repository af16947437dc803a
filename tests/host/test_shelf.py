"""A shelf against the map in whose place it stands."""

from __future__ import annotations

from hashlib import sha256

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from immutables import Map

from majlis.host.shelf import END, KEY, Layout, Shelf, fits, shelve


def key(number: int) -> str:
    return sha256(bytes([number])).hexdigest()


def shelved(items: dict[str, int], before: bytes = b"other things") -> Shelf[int]:
    data = before + b"".join(shelve(items, msgspec.msgpack.encode))
    keys = len(data) - (KEY + END) * len(items)
    layout = Layout(field="money", count=len(items), values=len(before), keys=keys)
    return Shelf(data + b"and more", layout, msgspec.msgpack.Decoder(int).decode)


maps = st.dictionaries(st.integers(0, 60).map(key), st.integers(-(2**40), 2**40), max_size=40)


@given(maps, maps, maps)
def test_it_is_the_same_map(items: dict[str, int], one: dict[str, int], other: dict[str, int]) -> None:
    first, twin = shelved(items), Map(items)
    for shelf, like in ((first, twin), (first.update(one), twin.update(one)), (first.update(one).update(other), None)):
        like = twin.update(one).update(other) if like is None else like
        assert dict(shelf) == dict(like)
        assert dict(shelf.items()) == dict(like.items())
        assert len(shelf) == len(like)
        assert shelf == like
        assert like == shelf
        assert [shelf.get(key(number)) for number in range(64)] == [like.get(key(number)) for number in range(64)]
        assert [key(number) in shelf for number in range(64)] == [key(number) in like for number in range(64)]
    assert dict(first) == items


def test_what_is_set_lies_above_and_the_old_one_stays() -> None:
    shelf = shelved({key(1): 1, key(2): 2})
    above = shelf.set(key(1), 10).set(key(3), 30)
    assert (shelf[key(1)], above[key(1)], above[key(2)], above[key(3)]) == (1, 10, 2, 30)
    assert (len(shelf), len(above)) == (2, 3)
    assert above != shelf


@pytest.mark.parametrize("absent", ["", "ab", key(1).upper(), key(1)[:-1], key(1) + "0", key(9), f" {key(1)}"])
def test_what_is_not_on_it_is_not_found(absent: str) -> None:
    shelf = shelved({key(1): 1})
    assert absent not in shelf
    assert shelf.get(absent, 7) == 7
    with pytest.raises(KeyError):
        shelf[absent]


def test_only_ids_fit() -> None:
    assert fits({key(1): 1})
    assert not fits({key(1): 1, "grams": 2})


@given(maps, maps, maps)
def test_shelved_again_it_gives_the_bytes_of_the_same_map(
    items: dict[str, int], one: dict[str, int], other: dict[str, int]
) -> None:
    again = shelved(items).update(one).update(other)
    assert fits(again)
    assert b"".join(shelve(again, msgspec.msgpack.encode)) == b"".join(
        shelve({**items, **one, **other}, msgspec.msgpack.encode)
    )


def test_what_is_set_under_another_key_no_longer_fits() -> None:
    assert not fits(shelved({key(1): 1}).set("gold", 2))

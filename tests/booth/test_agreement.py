"""Acts that nobody thought of: whatever Python says of them, the booth says too, and reads the same in them."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.booth.conftest import Ask, python_on_act, python_on_signature

from majlis.crypto import SigningKey
from majlis.institutions import NOBODY, Seen, format_text, sign_text
from majlis.institutions.act import signature_line

pytestmark = pytest.mark.xdist_group("booth")

KEYS = [SigningKey(bytes([n]) * 32) for n in range(4)]
ORDER = 2**252 + 27742317777372353535851937790883648493
HEX = st.binary(min_size=32, max_size=32).map(bytes.hex)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)

# Pieces of JSON as somebody might write it, right and wrong.
PIECES = st.sampled_from([
    "{}", "[]", '{"a":1}', "0", "-0", "1", "-1", "01", "1.0", "1e1", "1E-2", ".", "-", "+1", "99999999999999999",
    "9007199254740991", "9007199254740992", "-9007199254740991", "-9007199254740992", "NaN", "Infinity", "-Infinity",
    '""', r'"\u0000"', r'"\ud83d\ude00"', r'"\ud83d"', r'"\ude00"', r'"\/"', r'"\x"', '"é"', r'"\u00e9"', '"\x7f"',
    "true", "false", "null", "True", "nul", "{", "}", "[", "]", ",", ":", '"', " ", "/**/", "\ufeff", "\u2028", "\xa0",
])  # fmt: skip
NAMES = st.sampled_from(['"a"', r'"\u0061"', '"b"', '"1"', '"__proto__"', ' "a" ', "a"])
LOOSE = st.recursive(
    PIECES,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: f"[{','.join(parts)}]")
        | st.lists(st.tuples(NAMES, inner), max_size=3).map(
            lambda pairs: f"{{{','.join(f'{key}:{value}' for key, value in pairs)}}}"
        )
        | st.tuples(inner, inner).map("".join)
    ),
    max_leaves=12,
)


@st.composite
def acts(draw: st.DrawFn, data: st.SearchStrategy[object] = st.dictionaries(TEXTS, JSON, max_size=4)) -> bytes:  # noqa: B008
    """The text of an act in good form, not signed yet."""
    root = base64.b64encode(draw(st.binary(min_size=32, max_size=32))).decode()
    bounds = st.fixed_dictionaries({}, optional={"size": st.integers(0, 10**6), "time": st.integers(0, 2**53 - 1)})
    return format_text(
        body=draw(st.just(NOBODY) | HEX),
        kind=draw(st.from_regex(r"[a-z]{1,8}(\.[a-z]{1,8}){0,2}", fullmatch=True)),
        author=KEYS[0].public_key.hex(),
        nonce=draw(st.binary(min_size=16, max_size=16)),
        seen=Seen(size=draw(st.integers(0, 2**53 - 1)), root=root),
        cites=tuple(draw(st.lists(HEX, max_size=3))),
        data=draw(data),  # type: ignore[arg-type]
        expires=draw(st.none() | bounds),
        expects=draw(st.none() | st.dictionaries(HEX, HEX, max_size=2)),
    )


def resigned(text: bytes) -> bytes:
    return sign_text(text, KEYS[0])


@given(text=acts(), signers=st.permutations(KEYS).flatmap(lambda keys: st.integers(1, 4).map(lambda n: keys[:n])))
def test_sound_acts_are_read_alike(ask: Ask, text: bytes, signers: list[SigningKey]) -> None:
    entry = sign_text(text, *signers)
    expected = python_on_act(entry)
    assert expected["rule"] == ""
    assert ask("act", entry=entry.hex()) == expected


@given(text=acts(st.just({})), data=LOOSE)
def test_data_as_anybody_might_write_them_are_judged_alike(ask: Ask, text: bytes, data: str) -> None:
    entry = resigned(text.replace(b'"data":{}', b'"data":' + data.encode()))
    assert ask("act", entry=entry.hex()) == python_on_act(entry)


@given(text=acts(), data=st.data())
def test_fields_exchanged_renamed_and_left_out_are_judged_alike(ask: Ask, text: bytes, data: st.DataObject) -> None:
    first, second, _ = text.split(b"\n")
    fields = list(json.loads(second).items())
    at, other = (data.draw(st.integers(0, len(fields) - 1)) for _ in range(2))
    match data.draw(st.sampled_from(["value", "name", "swap", "drop", "double", "first line"])):
        case "value":
            fields[at] = (fields[at][0], data.draw(JSON | st.just(fields[other][1])))
        case "name":
            fields[at] = (
                data.draw(st.sampled_from([name for name, _ in fields] + ["expires", "V", ""])),
                fields[at][1],
            )
        case "swap":
            fields[at], fields[other] = fields[other], fields[at]
        case "drop":
            del fields[at]
        case "double":
            fields.insert(at, fields[other])
        case "first line":
            place = data.draw(st.integers(0, len(first)))
            first = first[:place] + data.draw(st.sampled_from([b"", b" ", b"0", b"A", b"\n"])) + first[place + 1 :]
    written = ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in fields)
    entry = resigned(first + b"\n{" + written.encode() + b"}\n")
    assert ask("act", entry=entry.hex()) == python_on_act(entry)


@given(text=acts(), data=st.data())
def test_altered_entries_are_judged_alike(ask: Ask, text: bytes, data: st.DataObject) -> None:
    entry = bytearray(sign_text(text, *KEYS[: data.draw(st.integers(1, 3))]))
    # Half of the alterations fall on the signature lines, which are the shorter part.
    start = data.draw(st.sampled_from([0, len(text)]))
    place = data.draw(st.integers(start, len(entry) - 1))
    match data.draw(st.sampled_from(["bit", "cut", "insert", "line", "again"])):
        case "bit":
            entry[place] ^= 1 << data.draw(st.integers(0, 7))
        case "cut":
            del entry[place : place + data.draw(st.integers(1, 4))]
        case "insert":
            piece = data.draw(
                st.sampled_from([b"\n", b"\n\n", b" ", b"=", b"A", b"\t", b"\x7f", b"\xff", "é".encode()])
            )
            entry[place:place] = piece
        case "line":
            entry += signature_line(text + b"x", data.draw(st.sampled_from(KEYS)))
        case "again":
            entry += signature_line(text, data.draw(st.sampled_from(KEYS)))
    assert ask("act", entry=entry.hex()) == python_on_act(bytes(entry))


@given(message=st.binary(max_size=300), data=st.data())
def test_altered_signatures_are_judged_alike(ask: Ask, message: bytes, data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(KEYS))
    public, signature = key.public_key, key.sign(message)
    match data.draw(st.sampled_from(["none", "key", "R", "S", "larger S", "chance", "message"])):
        case "key":
            public = _flip(public, data)
        case "R":
            signature = _flip(signature[:32], data) + signature[32:]
        case "S":
            signature = signature[:32] + _flip(signature[32:], data)
        case "larger S":
            number = int.from_bytes(signature[32:], "little") + ORDER * data.draw(st.integers(1, 14))
            signature = signature[:32] + number.to_bytes(32, "little")
        case "chance":
            public = data.draw(st.binary(min_size=32, max_size=32))
        case "message":
            message += b"\0"
    expected = python_on_signature(public, message, signature)
    assert ask("signature", key=public.hex(), message=message.hex(), signature=signature.hex()) == expected


def _flip(part: bytes, data: st.DataObject) -> bytes:
    bit = data.draw(st.integers(0, len(part) * 8 - 1))
    return part[: bit // 8] + bytes([part[bit // 8] ^ 1 << bit % 8]) + part[bit // 8 + 1 :]

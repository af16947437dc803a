"""Signed notes: published ones, every malformed form, and who signed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.crypto.signature import SigningKey
from majlis.errors import Fault, Forged, Malformed
from majlis.record import (
    Note,
    NoteKey,
    SignatureLine,
    VKey,
    check_key_name,
    check_note,
    decode_base64,
    encode_base64,
    format_note,
    format_signature_line,
    format_vkey,
    key_id,
    parse_cosigner_key,
    parse_note,
    parse_note_key,
    parse_signature_line,
    parse_vkey,
    sign_note,
    with_signatures,
)

KEY = SigningKey(bytes(range(32)))
OTHER = SigningKey(bytes(range(1, 33)))
VERIFIER = NoteKey(name="camp.example/log", public_key=KEY.public_key)
OTHER_VERIFIER = NoteKey(name="sea.example/log", public_key=OTHER.public_key)
TEXT = "first line\n\nafter a blank line\n"
LINE = sign_note(TEXT, VERIFIER.name, KEY)
NOTE = Note(text=TEXT, signatures=(LINE,))
DATA = format_note(NOTE)


def verifier(vkey: str):
    return parse_note_key(vkey) if parse_vkey(vkey).kind == 1 else parse_cosigner_key(vkey)


def test_published_notes_are_judged_as_published(notes):
    assert len(notes) == 10
    for case in notes.values():
        note = parse_note(case["note"].encode())
        assert format_note(note) == case["note"].encode()
        keys = [verifier(vkey) for vkey in case["vkeys"]]
        if case.get("reject"):
            with pytest.raises(Forged, match=case["expect"][0][0]):
                check_note(note, keys)
        else:
            assert [[key.name, True] for key in check_note(note, keys)] == case["expect"]


def test_published_vkeys(kats):
    for text in kats["vkeys_valid"]:
        assert format_vkey(parse_vkey(text)) == text
        assert verifier(text).vkey == text
    for text in kats["vkeys_invalid"]:
        with pytest.raises(Malformed):
            verifier(text)


def test_the_text_ends_at_the_last_blank_line():
    assert parse_note(DATA).text == TEXT
    blank = b"text\n\n\n" + DATA[DATA.rfind("\n— ".encode()) + 1 :]
    assert parse_note(blank).text == "text\n\n"
    assert format_note(parse_note(blank)) == blank


def test_a_signature_line_is_raw_until_judged():
    line = parse_signature_line(format_signature_line(LINE))
    assert (line.name, line.key_id, line.signature) == (VERIFIER.name, VERIFIER.key_id, KEY.sign(TEXT.encode()))
    VERIFIER.check(TEXT, line.signature)


SIGNATURE = format_signature_line(LINE)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "blank line"),
        (b"text\n", "blank line"),
        (f"text\n{SIGNATURE}\n".encode(), "blank line"),
        (b"text\n\n", "line feed"),
        (f"text\n\n{SIGNATURE}".encode(), "line feed"),
        (f"text\n\n{SIGNATURE}\nmore\n".encode(), "em dash"),
        (f"text\n\n{SIGNATURE}\n\n".encode(), "line feed"),
        (f"text\r\n\n{SIGNATURE}\n".encode(), "0x0d"),
        (f"te\txt\n\n{SIGNATURE}\n".encode(), "0x09"),
        (f"te\0xt\n\n{SIGNATURE}\n".encode(), "0x00"),
        (f"te\x1fxt\n\n{SIGNATURE}\n".encode(), "0x1f"),
        (b"te\xffxt\n\n", "UTF-8"),
        (b"te\xed\xa0\x80xt\n\n", "UTF-8"),
        (f"text\n\n-{SIGNATURE[1:]}\n".encode(), "em dash"),
        (f"text\n\n—{SIGNATURE[2:]}\n".encode(), "em dash"),
        (f"text\n\n{SIGNATURE.replace('camp', 'ca mp')}\n".encode(), "base64"),
        (f"text\n\n{SIGNATURE.replace('camp', 'ca+mp')}\n".encode(), "key name"),
        (f"text\n\n{SIGNATURE}\n".replace("camp", "ca\u00a0mp").encode(), "key name"),
        (f"text\n\n{SIGNATURE.replace(' camp.example/log', ' ')}\n".encode(), "key name"),
        (f"text\n\n{SIGNATURE}=\n".encode(), "base64"),
        (f"text\n\n{SIGNATURE} \n".encode(), "base64"),
        (f"text\n\n{SIGNATURE}\u00e9\n".encode(), "base64"),
        ("text\n\n— name AAAAAB==\n".encode(), "base64"),
        ("text\n\n— name AAAA\n".encode(), "key id"),
        ("text\n\n— name AAAAAA==\n".encode(), "key id"),
        ("text\n\n— name\n".encode(), "key id"),
        (f"text\n\n{(SIGNATURE + chr(10)) * 101}".encode(), "at most 100"),
        (b"x" * 1_000_001, "at most 1000000"),
    ],
)
def test_malformed_notes_are_refused_with_the_reason(data, reason):
    with pytest.raises(Malformed, match=reason):
        parse_note(data)


def test_a_hundred_signatures_are_read():
    assert len(parse_note(f"text\n\n{(SIGNATURE + chr(10)) * 100}".encode()).signatures) == 100


def test_line_separators_of_unicode_are_no_line_feeds():
    data = f"one\u2028two\x85three\n\n{SIGNATURE}\n".encode()
    assert parse_note(data).text == "one\u2028two\x85three\n"


@pytest.mark.parametrize("text", ["no line feed", "", "cut\n\n— a AAAAAAA=", "cut\n\n— a AAAAAAA=\n\nx"])
def test_a_text_that_would_not_come_back_is_not_written(text):
    with pytest.raises(Malformed):
        format_note(Note(text=text, signatures=(LINE,)))


@given(st.binary(max_size=300))
def test_any_bytes_parse_canonically_or_are_malformed(data):
    try:
        note = parse_note(data)
    except Malformed:
        return
    assert format_note(note) == data


@given(st.integers(0, len(DATA) - 1), st.integers(0, 255))
def test_one_changed_byte_is_malformed_or_forged(at, value):
    changed = bytearray(DATA)
    changed[at] = value
    if changed == DATA:
        return
    with pytest.raises(Fault):
        check_note(parse_note(bytes(changed)), [VERIFIER])


def test_unknown_signatures_are_ignored_and_known_ones_must_hold():
    stranger = sign_note(TEXT, OTHER_VERIFIER.name, OTHER)
    note = with_signatures(NOTE, [stranger])
    assert check_note(note, [VERIFIER]) == (VERIFIER,)
    assert check_note(note, [OTHER_VERIFIER]) == (OTHER_VERIFIER,)
    assert check_note(note, [OTHER_VERIFIER, VERIFIER]) == (VERIFIER, OTHER_VERIFIER)
    same_name = NoteKey(name=VERIFIER.name, public_key=OTHER.public_key)
    assert check_note(note, [VERIFIER, same_name]) == (VERIFIER,)


def test_a_false_line_in_a_known_name_rejects_the_whole_note():
    false = SignatureLine(name=OTHER_VERIFIER.name, key_id=OTHER_VERIFIER.key_id, signature=LINE.signature)
    with pytest.raises(Forged, match=r"signature of sea\.example/log"):
        check_note(with_signatures(NOTE, [false]), [VERIFIER, OTHER_VERIFIER])


def test_a_note_that_nobody_known_signed_is_forged():
    with pytest.raises(Forged, match="no signature of a key that we know"):
        check_note(NOTE, [OTHER_VERIFIER])
    with pytest.raises(Forged, match="no signature of a key that we know"):
        check_note(NOTE, [])


def test_two_configured_keys_with_one_name_and_id_are_a_mistake():
    with pytest.raises(Malformed, match="configured"):
        check_note(NOTE, [VERIFIER, VERIFIER])


def test_repeated_lines_of_one_key_count_once():
    twice = Note(text=TEXT, signatures=(LINE, LINE))
    assert check_note(twice, [VERIFIER]) == (VERIFIER,)
    assert with_signatures(twice, [LINE]).signatures == (LINE,)


def test_vkeys_are_checked_when_they_are_read():
    text = VERIFIER.vkey
    assert parse_note_key(text) == VERIFIER
    name, written, material = text.split("+", 2)
    weak = bytes(32)
    long_name = "n" * 256
    for bad, reason in (
        (f"{name}+{written[:-1]}0+{material}", "says id"),
        (f"{name}+{written.upper()}+{material}", "verifier key is"),
        (f"{name}+{material}", "verifier key is"),
        (f"na me+{written}+{material}", "key name"),
        (f"{name}+{written}+AQ==", "holds no key"),
        (format_vkey(VKey(name=name, kind=4, public_key=KEY.public_key)), "kind 0x04"),
        (format_vkey(VKey(name=name, kind=1, public_key=KEY.public_key[:31])), "kind 0x01"),
        (format_vkey(VKey(name=name, kind=1, public_key=weak)), "small order"),
        (format_vkey(VKey(name=long_name, kind=1, public_key=KEY.public_key)), "at most 255"),
    ):
        with pytest.raises(Malformed, match=reason):
            parse_note_key(bad)


def test_key_ids_depend_on_name_kind_and_key():
    ids = {key_id(name, kind, key) for name in ("a", "b") for kind in (1, 4) for key in (bytes(32), bytes([1]) * 32)}
    assert len(ids) == 8


@pytest.mark.parametrize("space", "\t\n\v\f\r +\x85\xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000\0")
def test_key_names_have_no_space_of_any_script(space):
    with pytest.raises(Malformed, match="key name"):
        check_key_name(f"a{space}b")
    check_key_name("مجلس.example/log")


def test_base64_has_one_form():
    assert decode_base64("") == b""
    assert decode_base64(encode_base64(bytes(range(256)))) == bytes(range(256))
    for bad in ("A", "AA", "AAA", "AB==", "A A=", "AA==\n", "AA-_", "AAAA=", "====", "\u0661"):
        with pytest.raises(Malformed, match="base64"):
            decode_base64(bad)

"""Makes ``acts.json``: entries that are acts, and entries that are none, each with the rule that it breaks.

    python vectors/act/make.py > vectors/act/acts.json

Ours, from fixed seeds; nothing is drawn. Every entry is base64 of its bytes. A valid one states its id, its kind and
the keys that signed it. An invalid one states the first rule of ``spec/act.md`` (R-ACT-1 to R-ACT-5) that it breaks.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from hashlib import sha256

from majlis.crypto import SigningKey
from majlis.institutions import MAX_ENTRY, NOBODY, Seen, act_id, format_text, sign_text
from majlis.institutions.act import signature_line

AUTHOR = SigningKey(sha256(b"majlis vectors: author").digest())
OTHER = SigningKey(sha256(b"majlis vectors: other").digest())
BODY = sha256(b"majlis vectors: body").hexdigest()
ROOT = base64.b64encode(sha256(b"majlis vectors: root").digest()).decode()
DASH = "— ".encode()


def text(**changes: object) -> bytes:
    """The text of a small act."""
    fields: dict = {
        "body": BODY,
        "kind": "motion.table",
        "author": AUTHOR.public_key.hex(),
        "nonce": bytes(range(16)),
        "seen": Seen(size=812, root=ROOT),
        "cites": (sha256(b"cited").hexdigest(),),
        "data": {"text": sha256(b"blob").hexdigest(), "grants": []},
    }
    return format_text(**fields | changes)


def signed(raw: bytes) -> bytes:
    """The text, signed by its author whatever it is."""
    return sign_text(raw, AUTHOR)


def swap(old: str, new: str | bytes) -> bytes:
    """The small act with a part of its text exchanged, signed again."""
    raw = text()
    assert raw.count(old.encode()) == 1, old
    return signed(raw.replace(old.encode(), new if isinstance(new, bytes) else new.encode()))


def data(json_text: str) -> bytes:
    """The small act with these data, as written."""
    head, _, _ = text().partition(b'"data":')
    return signed(head + b'"data":' + json_text.encode() + b"}\n")


def filled(size: int) -> bytes:
    """An act whose entry has exactly so many bytes."""
    lacking = size - len(data('{"fill":""}'))
    return data('{"fill":"' + "a" * lacking + '"}')


def nested(depth: int) -> str:
    """Data so that the whole line is nested ``depth`` deep."""
    return '{"a":' + "[" * (depth - 2) + "]" * (depth - 2) + "}"


def loosen(written: str) -> str:
    """The same bytes in base64 that ends in a bit which stands for nothing."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    bare = written.rstrip("=")
    return bare[:-1] + letters[letters.index(bare[-1]) + 1] + "=" * (len(written) - len(bare))


def valid() -> Iterator[tuple[str, bytes]]:
    yield "plain", signed(text())
    yield "two signers", sign_text(text(), OTHER, AUTHOR)
    yield "a co-signer alone", sign_text(text(), OTHER)
    yield "act 0", signed(text(body=NOBODY, kind="found", seen=Seen(size=0, root=ROOT), cites=()))
    yield "with expires and expects", signed(text(expires={"size": 900, "time": 1790000000}, expects={BODY: BODY}))
    yield "spaces between tokens", swap('"v":1,', ' "v" : 1 , ')
    yield "largest integer", data('{"n":9007199254740991}')
    yield "smallest integer", data('{"n":-9007199254740991}')
    yield "zero", data('{"n":0}')
    yield "depth 8", data(nested(8))
    yield "escaped pair of surrogates", data('{"s":"\\ud83d\\ude00"}')
    yield "right to left and combining marks as they come", data('{"s":"\u0645\u062c\u0644\u0633 e\u0301"}')
    yield "escaped control character", data('{"s":"\\u0000\\n"}')
    yield "an unknown kind is well formed", swap("motion.table", "pact.ratify")
    yield "16 KiB less 1", filled(MAX_ENTRY - 1)
    yield "16 KiB", filled(MAX_ENTRY)


def no_note() -> Iterator[tuple[str, bytes]]:
    plain = signed(text())
    name = AUTHOR.public_key.hex().encode()
    blob = base64.b64decode(plain.rpartition(b" ")[2])
    line = lambda raw: text() + b"\n" + DASH + name + b" " + base64.b64encode(raw) + b"\n"  # noqa: E731
    yield "empty", b""
    yield "16 KiB and 1", filled(MAX_ENTRY + 1)
    yield "no signature", text()
    yield "blank line and nothing", text() + b"\n"
    yield "carriage returns", plain.replace(b"\n", b"\r\n")
    yield "a tab", swap('"v":1,', '"v":\t1,')
    yield "not UTF-8", plain.replace(b"motion", b"m\xfftion")
    yield "cut off", plain[:-1]
    yield "bytes after the end", plain + b"x"
    yield "hyphen instead of dash", plain.replace(DASH, b"- ")
    yield "signer by name", plain.replace(DASH + name, DASH + b"clerk")
    yield "signer in capitals", plain.replace(DASH + name, DASH + name.upper())
    yield "key id of another key", line(b"\0\0\0\0" + blob[4:])
    yield "signature of 63 bytes", line(blob[:-1])
    yield "signature of 65 bytes", line(blob + b"\0")
    written = base64.b64encode(blob).decode()
    yield "base64 with a free bit set", plain.replace(written.encode(), loosen(written).encode())
    yield "base64 without padding", plain.rstrip(b"=\n") + b"\n"


def no_first_line() -> Iterator[tuple[str, bytes]]:
    yield "other format", swap("majlis/1 ", "majlis/2 ")
    yield "no format", swap("majlis/1 ", "")
    yield "two spaces", swap("majlis/1 ", "majlis/1  ")
    yield "identity in capitals", swap(BODY, BODY.upper())
    yield "identity of 63 digits", swap(BODY, BODY[:-1])
    yield "a third line", signed(text() + b"{}\n")
    yield "one line", signed(text().partition(b"\n")[2])
    yield "an empty first line", signed(b"\n" + text())


def no_profile() -> Iterator[tuple[str, bytes]]:
    yield "byte order mark", swap('{"v":1,', b'\xef\xbb\xbf{"v":1,')
    yield "no object", signed(f"majlis/1 {BODY}\n[]\n".encode())
    yield "no JSON", signed(f"majlis/1 {BODY}\nhello\n".encode())
    yield "two objects", swap('"v":1,', '"v":1}{"v":1,')
    yield "key twice", data('{"a":1,"a":1}')
    yield "key twice, once escaped", data('{"a":1,"\\u0061":1}')
    yield "key twice, deep", data('{"a":[{"b":1,"b":2}]}')
    yield "envelope field twice", swap('"v":1,', '"v":1,"v":1,')
    yield "1.0", data('{"n":1.0}')
    yield "1e3", data('{"n":1e3}')
    yield "1E400", data('{"n":1E400}')
    yield "minus zero", data('{"n":-0}')
    yield "leading zero", data('{"n":01}')
    yield "plus sign", data('{"n":+1}')
    yield "2^53", data('{"n":9007199254740992}')
    yield "-2^53", data('{"n":-9007199254740992}')
    yield "thousand digits", data('{"n":' + "9" * 1000 + "}")
    yield "NaN", data('{"n":NaN}')
    yield "Infinity", data('{"n":-Infinity}')
    yield "high surrogate alone", data('{"s":"\\ud800"}')
    yield "low surrogate alone", data('{"s":"\\udc00"}')
    yield "surrogates in the wrong order", data('{"s":"\\ude00\\ud83d"}')
    yield "lone surrogate in a key", data('{"\\ud800":1}')
    yield "depth 9", data(nested(9))
    yield "depth 5000", data(nested(5000))
    yield "comma at the end", data('{"a":1,}')
    yield "comment", data('{"a":1/**/}')
    yield "single quotes", data("{'a':1}")
    yield "True", data('{"a":True}')


def no_envelope() -> Iterator[tuple[str, bytes]]:
    yield "field missing", swap('"v":1,', "")
    yield "field too many", swap('"grants":[]}', '"grants":[]},"more":1')
    yield "fields in another order", swap('{"v":1,"kind":"motion.table",', '{"kind":"motion.table","v":1,')
    yield "expects before expires", swap('"grants":[]}', '"grants":[]},"expects":{},"expires":{}')
    yield "version 2", swap('"v":1,', '"v":2,')
    yield "version true", swap('"v":1,', '"v":true,')
    yield "version as text", swap('"v":1,', '"v":"1",')
    yield "kind in capitals", swap("motion.table", "Motion.table")
    yield "kind with a digit", swap("motion.table", "motion.table2")
    yield "kind of 65 letters", swap("motion.table", "m" * 65)
    yield "author of 63 digits", swap(AUTHOR.public_key.hex(), AUTHOR.public_key.hex()[:-1])
    yield "author in capitals", swap(AUTHOR.public_key.hex(), AUTHOR.public_key.hex().upper())
    nonce = base64.b64encode(bytes(range(16))).decode()
    yield "nonce of 15 bytes", swap(nonce, base64.b64encode(bytes(15)).decode())
    yield "nonce in base64 that is not canonical", swap(nonce, loosen(nonce))
    yield "nonce in base64 for addresses", swap(nonce, "_" * 22 + "==")
    yield "seen size negative", swap('"size":812', '"size":-1')
    yield "seen size as text", swap('"size":812', '"size":"812"')
    yield "seen without root", swap(f',"root":"{ROOT}"', "")
    yield "seen in another order", swap(f'"size":812,"root":"{ROOT}"', f'"root":"{ROOT}","size":812')
    yield "seen root of 31 bytes", swap(ROOT, base64.b64encode(bytes(31)).decode())
    yield "cites a number", swap('"cites":[', '"cites":[7,')
    yield "data a list", data("[]")
    yield "data null", data("null")
    yield "expires null", swap('"grants":[]}', '"grants":[]},"expires":null')
    yield "expires by something else", swap('"grants":[]}', '"grants":[]},"expires":{"moon":1}')
    yield "expires negative", swap('"grants":[]}', '"grants":[]},"expires":{"size":-1}')
    yield "expects no id", swap('"grants":[]}', '"grants":[]},"expects":{"a":"' + BODY + '"}')
    yield "expects no version", swap('"grants":[]}', '"grants":[]},"expects":{"' + BODY + '":1}')


def no_signature() -> Iterator[tuple[str, bytes]]:
    plain = signed(text())
    yield "text altered after signing", plain.replace(b'"size":812', b'"size":813')
    yield "of another text", text() + b"\n" + signature_line(text(body=NOBODY), AUTHOR)
    yield "one good, one false", plain + signature_line(text(body=NOBODY), OTHER)
    yield "the same key twice", sign_text(text(), AUTHOR, AUTHOR)
    name = "00" * 32
    zeros = sha256(f"{name}\n".encode() + b"\x01" + bytes(32)).digest()[:4] + bytes(64)
    yield "a key of small order", text() + b"\n" + DASH + name.encode() + b" " + base64.b64encode(zeros) + b"\n"


def make() -> dict:
    """All vectors, as they stand in the file."""
    groups = {
        "R-ACT-1": no_note,
        "R-ACT-2": no_first_line,
        "R-ACT-3": no_profile,
        "R-ACT-4": no_envelope,
        "R-ACT-5": no_signature,
    }
    return {
        "origin": "made by vectors/act/make.py from fixed seeds",
        "command": "python vectors/act/make.py > vectors/act/acts.json",
        "valid": [{"name": name, "entry": base64.b64encode(raw).decode(), **facts(raw)} for name, raw in valid()],
        "invalid": [
            {"name": name, "rule": rule, "entry": base64.b64encode(raw).decode()}
            for rule, group in groups.items()
            for name, raw in group()
        ],
    }


def facts(raw: bytes) -> dict:
    """What a reader finds in a valid entry, found here by cutting and not by parsing."""
    body, _, below = raw.rpartition(b"\n\n")
    lines = (body + b"\n").split(b"\n")
    return {
        "id": act_id(body + b"\n"),
        "kind": json.loads(lines[1])["kind"],
        "signers": sorted(line.split(b" ")[1].decode() for line in below.splitlines()),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make(), indent=1, ensure_ascii=True) + "\n")

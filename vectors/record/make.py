"""Makes the vectors of the record: what must pass, and what must fail with its rule (spec/record.md).

    python vectors/record/make.py

Deterministic: the same bytes each time. ``signatures.json`` holds the cases on which Ed25519 libraries disagree, built
here from points of small order by the equations of RFC 8032, so that rule S is tried where no foreign data is at hand.
"""

from __future__ import annotations

import base64
import json
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any

from majlis.crypto import SigningKey
from majlis.record import (
    Checkpoint,
    Note,
    NoteKey,
    SignatureLine,
    Tree,
    cosign,
    format_checkpoint,
    format_note,
    leaf_hash,
    prove_consistency,
    prove_inclusion,
    sign_note,
    with_signatures,
)

HERE = Path(__file__).parent
COMMAND = "python vectors/record/make.py"
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Affine = tuple[int, int]


def add(a: Affine, b: Affine) -> Affine:
    """The sum on -x^2 + y^2 = 1 + d x^2 y^2. Slow, and for vectors only."""
    (x1, y1), (x2, y2) = a, b
    t = D * x1 * x2 * y1 * y2 % P
    return (x1 * y2 + x2 * y1) * pow(1 + t, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P


def times(k: int, a: Affine) -> Affine:
    total = (0, 1)
    while k:
        total, a, k = add(total, a) if k & 1 else total, add(a, a), k >> 1
    return total


def point(encoded: bytes) -> Affine:
    number = int.from_bytes(encoded, "little")
    y = number % 2**255
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    return (P - x if x & 1 != number >> 255 else x), y % P


def encode(a: Affine) -> bytes:
    return (a[1] | (a[0] & 1) << 255).to_bytes(32, "little")


BASE = point(bytes.fromhex("58" + "66" * 31))
EIGHTH = point(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"))
NEUTRAL = (0, 1)
SECRET, NONCE = 123456789, 987654321


def unreduced(r: bytes, a: bytes, message: bytes) -> int:
    return int.from_bytes(sha512(r + a + message).digest(), "little")


def challenge(r: bytes, a: bytes, message: bytes) -> int:
    return unreduced(r, a, message) % L


def find(want: int, r: bytes, a: bytes) -> bytes:
    """A message whose challenge is ``want`` modulo 8."""
    return next(m for n in range(1000) if challenge(r, a, m := b"message %d" % n) % 8 == want)


def find_unreduced(r: bytes, a: bytes) -> bytes:
    """A message whose challenge is 0 modulo 8 before it is reduced modulo L, and not after."""
    return next(
        m for n in range(1000) if unreduced(r, a, m := b"message %d" % n) % 8 == 0 and challenge(r, a, m) % 8 != 0
    )


def no_point() -> bytes:
    """The least y above 1 that is the y of no point: (y^2 - 1)/(d y^2 + 1) is no square."""
    return next(
        y.to_bytes(32, "little") for y in range(2, 100) if pow((y * y - 1) * (D * y * y + 1), (P - 1) // 2, P) == P - 1
    )


def case(why: str, rule: str, key: bytes, message: bytes, signature: bytes) -> dict[str, Any]:
    """``rule``: the first that it breaks; empty where it must be accepted."""
    return {"why": why, "rule": rule, "key": key.hex(), "message": message.hex(), "signature": signature.hex()}


def signatures() -> list[dict[str, Any]]:
    honest = SigningKey(bytes(range(32)))
    good = honest.sign(b"act")
    scalar = int.from_bytes(good[32:], "little")
    a, r = times(SECRET, BASE), times(NONCE, BASE)

    def made(key: bytes, nonce: bytes, message: bytes, *, k: int = SECRET, n: int = NONCE) -> bytes:
        return nonce + ((n + challenge(nonce, key, message) * k) % L).to_bytes(32, "little")

    cases = [
        case("an honest signature", "", honest.public_key, b"act", good),
        case("an honest signature of nothing", "", honest.public_key, b"", honest.sign(b"")),
        case("another message", "R-SIG-3", honest.public_key, b"Act", good),
        case("S plus the order: the same signature in a second form", "R-SIG-2", honest.public_key, b"act",
             good[:32] + (scalar + L).to_bytes(32, "little")),
        case("one byte short", "R-SIG-2", honest.public_key, b"act", good[:63]),
        case("one byte long", "R-SIG-2", honest.public_key, b"act", good + b"\0"),
    ]  # fmt: skip
    mixed_a = encode(add(a, EIGHTH))
    plain_r = encode(r)
    for want, rule, why in (
        (0, "", "a key with a part of small order that the challenge cancels"),
        (1, "R-SIG-3", "a key with a part of small order; holds with the cofactor only"),
    ):
        message = find(want, plain_r, mixed_a)
        cases.append(case(why, rule, mixed_a, message, made(mixed_a, plain_r, message)))
    key, mixed_r = encode(a), encode(add(r, EIGHTH))
    cases.append(case("R with a part of small order; holds with the cofactor only", "R-SIG-3", key, b"act",
                      made(key, mixed_r, b"act")))  # fmt: skip
    message = find_unreduced(plain_r, mixed_a)
    cases.append(case("a key with a part of small order; holds if the challenge is not reduced", "R-SIG-3", mixed_a,
                      message, made(mixed_a, plain_r, message)))  # fmt: skip
    message = find(7, mixed_r, mixed_a)
    cases.append(case("a key and R with parts of small order that cancel each other", "", mixed_a, message,
                      made(mixed_a, mixed_r, message)))  # fmt: skip
    flip = lambda encoded: encoded[:31] + bytes([encoded[31] ^ 0x80])  # noqa: E731
    cases += [
        case("S is the order", "R-SIG-2", key, b"act", plain_r + L.to_bytes(32, "little")),
        case(
            "S is the largest there is, and fits nothing",
            "R-SIG-3",
            key,
            b"act",
            plain_r + (L - 1).to_bytes(32, "little"),
        ),
        case("the key negated", "R-SIG-3", flip(key), b"act", made(key, plain_r, b"act")),
        case("R negated", "R-SIG-3", key, b"act", flip(plain_r) + made(key, plain_r, b"act")[32:]),
        case("the key is no point", "R-SIG-3", no_point(), b"act", made(no_point(), plain_r, b"act", k=0)),
        case("R is no point", "R-SIG-3", key, b"act", made(key, no_point(), b"act", n=0)),
    ]
    for order in range(8):
        small = encode(times(order, EIGHTH))
        cases.append(case(f"R is {order} times the point of order 8", "R-SIG-2", key, b"act",
                          made(key, small, b"act", n=0)))  # fmt: skip
        message = find(0, plain_r, small)
        cases.append(case(f"the key is {order} times the point of order 8; anyone signs", "R-SIG-1", small, message,
                          made(small, plain_r, message, k=0)))  # fmt: skip
    for extra in (0, 1):
        loose = (P + extra).to_bytes(32, "little")
        cases.append(case(f"the key's y is p + {extra}", "R-SIG-1", loose, b"act", made(loose, plain_r, b"act", k=0)))
        cases.append(case(f"R's y is p + {extra}", "R-SIG-2", key, b"act", made(key, loose, b"act", n=0)))
    return cases


def notes() -> list[dict[str, Any]]:
    key, other = SigningKey(bytes(range(32))), SigningKey(bytes(range(1, 33)))
    log = NoteKey(name="camp.example/log", public_key=key.public_key)
    text = format_checkpoint(Checkpoint(origin=log.name, size=3, root=bytes(32)))
    line = sign_note(text, log.name, key)
    good = Note(text=text, signatures=(line,))
    data = format_note(good)
    false = SignatureLine(name=log.name, key_id=log.key_id, signature=key.sign(b"another text"))
    stranger = sign_note(text, "town.example/log", other)
    rows = [
        ("signed", "", data),
        (
            "cosigned besides",
            "",
            format_note(with_signatures(good, [cosign(text, "sea.example/w", other, 1_700_000_000)])),
        ),
        ("a stranger's line besides", "", format_note(with_signatures(good, [stranger]))),
        (
            "a text with an empty line",
            "",
            format_note(Note(text="a\n\nb\n", signatures=(sign_note("a\n\nb\n", log.name, key),))),
        ),
        ("a false line of the known key", "R-NOTE-5", format_note(Note(text=text, signatures=(false,)))),
        ("only a stranger's line", "R-NOTE-6", format_note(Note(text=text, signatures=(stranger,)))),
        ("no signature", "R-NOTE-1", text.encode() + b"\n"),
        ("no empty line", "R-NOTE-1", text.encode() + data[len(text.encode()) + 1 :]),
        ("cut off at the end", "R-NOTE-1", data[:-1]),
        ("a tab in the text", "R-NOTE-1", data.replace(b"camp", b"ca\tmp", 1)),
        ("a carriage return", "R-NOTE-1", data.replace(b"\n3\n", b"\r\n3\n", 1)),
        ("not UTF-8", "R-NOTE-1", data.replace(b"camp", b"ca\xffmp", 1)),
        ("a hyphen for the dash", "R-NOTE-1", data.replace("—".encode(), b"-")),
        ("a no-break space in the name", "R-NOTE-2", data.replace("— camp".encode(), "— ca\u00a0mp".encode())),
        ("a plus in the name", "R-NOTE-2", data.replace("— camp".encode(), "— ca+mp".encode())),
        (
            "base64 without its padding",
            "R-NOTE-3",
            data.replace(b"=\n", b"\n") if data.endswith(b"=\n") else data[:-2] + b"\n",
        ),
        ("base64 with a space", "R-NOTE-3", data[:-3] + b" " + data[-3:]),
    ]
    vkey = log.vkey
    return [
        {"why": why, "rule": rule, "vkey": vkey, "note": base64.b64encode(note).decode()} for why, rule, note in rows
    ]


def trees() -> dict[str, Any]:
    leaves = [leaf_hash(bytes([n])) for n in range(20)]
    tree = Tree(leaves)
    return {
        "entries": "entry n is the one byte n",
        "roots": [tree.root(size).hex() for size in range(21)],
        "inclusion": [
            {"index": index, "size": size, "proof": [h.hex() for h in prove_inclusion(index, size, tree.read)]}
            for index, size in ((0, 1), (0, 20), (7, 8), (11, 13), (16, 17), (19, 20))
        ],
        "consistency": [
            {"old": old, "new": new, "proof": [h.hex() for h in prove_consistency(old, new, tree.read)]}
            for old, new in ((1, 1), (1, 20), (6, 8), (8, 13), (13, 17), (19, 20))
        ],
    }


def write(name: str, cases: object) -> None:
    body = {"origin": "made by vectors/record/make.py; nothing is drawn", "command": COMMAND, "cases": cases}
    (HERE / name).write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    assert sha256(b"").hexdigest() == trees()["roots"][0]
    write("signatures.json", signatures())
    write("notes.json", notes())
    write("trees.json", trees())

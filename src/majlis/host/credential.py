"""A member's standing credential on the member's own device, and what goes from there to the two offices.

    in the member's keyring     s (kind ``credential``) and the tweak key k (kind ``tweak``)
    enrolment, to the registrar     {"format":"majlis-enrolment/1","body":…,"point":P,"challenge":…,"response":…}
    listing, to the list keeper     the same with "tweak":k, sealed to the list keeper's key against couriers
    leaf, back from the registrar   {"format":"majlis-leaf/1","body":…,"salt":…,"place":…,"tag":…,"index":…,"size":…,
                                     "path":[…]}

The member makes s and k alone. The registrar never sees k, the list keeper never sees a name. Source:
``spec/node.md``, ``spec/credential.md``.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from contextlib import suppress
from typing import Final, TypeVar

import msgspec
from nacl.exceptions import CryptoError
from nacl.public import SealedBox
from nacl.signing import SigningKey as NaclSigningKey
from nacl.signing import VerifyKey

from majlis.ballot import (
    check_enrolment,
    derive_secret,
    enrolment_point,
    make_member_secret,
    prove_enrolment,
    roll_leaf,
)
from majlis.crypto import ED25519, Chance, Point, Proof, SecretScalar, SigningKey, parse_scalar
from majlis.errors import Fault, Forged, Malformed, Missing, Refused
from majlis.host.keyring import KeyEntry, Keyring, Secret
from majlis.institutions.state import Roll
from majlis.record import check_inclusion, decode_base64, leaf_hash

__all__ = [
    "CREDENTIAL",
    "TWEAK",
    "Enrolment",
    "Leaf",
    "check_leaf",
    "credential_of",
    "enrolment_of",
    "format_piece",
    "make_credential",
    "open_listing",
    "parse_enrolment",
    "parse_leaf",
    "parse_piece",
    "renew_credential",
    "seal_listing",
    "vote_secret",
]

CREDENTIAL: Final = "credential"
TWEAK: Final = "tweak"
_REPLACES: Final = "replaces"
_MAX_PIECE: Final = 64 * 2**20

S = TypeVar("S", bound=msgspec.Struct)


class Enrolment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """P, and the proof that whoever hands it in for this body knows s. ``tweak`` (hex): for the list keeper only."""

    format: str
    body: str
    point: str
    challenge: str
    response: str
    tweak: str = ""


class Leaf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What opens the member's own leaf of a committed roll. ``salt``: hex; ``path``: base64."""

    format: str
    body: str
    salt: str
    place: str
    tag: str
    index: int
    size: int
    path: tuple[str, ...]


def parse_piece(data: bytes, type_: type[S], name: str, what: str) -> S:
    """A piece that passes from hand to hand, of the format ``name``; ``what`` is its word. Raises: Malformed."""
    if len(data) > _MAX_PIECE:
        raise Malformed(f"{what} is never so large")
    try:
        found = msgspec.json.decode(data, type=type_)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed(f"this is not {what}: {error}") from None
    if found.format != name:  # type: ignore[attr-defined]
        raise Malformed(f"this is not {what}: expected the format {name}")
    return found


def format_piece(struct: msgspec.Struct) -> bytes:
    """Its bytes."""
    return msgspec.json.format(msgspec.json.encode(struct), indent=1) + b"\n"


def credential_of(keyring: Keyring, body: str) -> str:
    """The name of this keyring's credential for the body: the one that no other replaced. Raises: Missing."""
    own = [entry for entry in keyring.entries() if entry.kind == CREDENTIAL and entry.body == body]
    dead = {entry.notes.get(_REPLACES) for entry in own}
    for entry in own:
        if entry.public not in dead:
            return entry.name
    raise Missing("this keyring holds no credential for that body; make one with 'majlis credential new'")


def make_credential(keyring: Keyring, name: str, body: str, chance: Chance) -> KeyEntry:
    """The member's s and k for this body are in their keyring; made before, they are kept. Raises: Refused."""
    with suppress(Missing):
        return keyring.get(credential_of(keyring, body))
    if name in keyring.names():
        return _own(keyring, name, body)
    return _make(keyring, name, body, chance)


def renew_credential(keyring: Keyring, name: str, body: str, chance: Chance) -> KeyEntry:
    """Another s and k are in the keyring, in the place of those before. Raises: Missing, where there are none."""
    before = keyring.get(credential_of(keyring, body))
    number = sum(entry.kind == CREDENTIAL and entry.body == body for entry in keyring.entries()) + 1
    return _make(keyring, f"{name} #{number}", body, chance, **{_REPLACES: before.public})


def _make(keyring: Keyring, name: str, body: str, chance: Chance, **notes: str) -> KeyEntry:
    secret = make_member_secret(chance)
    entry = KeyEntry(
        name=name,
        kind=CREDENTIAL,
        public=ED25519.format(enrolment_point(secret)),
        secret=Secret(secret.export()),
        body=body,
        notes=notes,
    )
    tweak = KeyEntry(name=f"{name} {TWEAK}", kind=TWEAK, public=entry.public, secret=Secret(chance(32)), body=body)
    keyring.add(entry, tweak, chance=chance)
    return entry


def _own(keyring: Keyring, name: str, body: str) -> KeyEntry:
    entry = keyring.get(name)
    if entry.kind != CREDENTIAL or entry.body != body:
        raise Refused(f"the key {name!r} is no credential of this body; choose another name", where=str(keyring.path))
    return entry


def enrolment_of(keyring: Keyring, name: str, body: str, chance: Chance) -> bytes:
    """What the registrar is handed. Raises: Missing, Refused."""
    return format_piece(_enrolment(_own(keyring, name, body), body, chance))


def _enrolment(entry: KeyEntry, body: str, chance: Chance, tweak: str = "") -> Enrolment:
    proof = prove_enrolment(entry.scalar(), body, chance)
    return Enrolment(
        format="majlis-enrolment/1",
        body=body,
        point=entry.public,
        challenge=str(proof.challenge),
        response=str(proof.response),
        tweak=tweak,
    )


def seal_listing(keyring: Keyring, name: str, body: str, list_keeper: str, chance: Chance) -> bytes:
    """What the list keeper with this key (hex) is handed, and nobody else can read. Raises: Missing, Refused."""
    tweak = keyring.get(f"{name} {TWEAK}").secret.reveal().hex()
    plain = msgspec.json.encode(_enrolment(_own(keyring, name, body), body, chance, tweak))
    box = SealedBox(VerifyKey(bytes.fromhex(list_keeper)).to_curve25519_public_key())
    return b64encode(box.encrypt(plain)) + b"\n"


def vote_secret(keyring: Keyring, name: str, body: str, vote: str) -> SecretScalar:
    """The member's secret for the vote that the act ``vote`` opened. Raises: Missing, Refused."""
    entry, tweak = _own(keyring, name, body), keyring.get(f"{name} {TWEAK}")
    return derive_secret(entry.scalar(), tweak.secret.reveal(), vote)


def parse_leaf(data: bytes) -> Leaf:
    """Raises: Malformed."""
    return parse_piece(data, Leaf, "majlis-leaf/1", "a leaf of a roll")


def check_leaf(leaf: Leaf, point: Point, body: str, roll: Roll) -> None:
    """The member with this P stands on the committed roll. Raises: Malformed, Refused (also replaced), Forged."""
    root, size = roll.root, roll.leaves
    salted = roll_leaf(salt=_hex(leaf.salt), point=point, place=leaf.place, tag=leaf.tag)
    if salted.hex() in roll.dead:
        raise Refused(
            "the record says that this leaf was replaced, and its key votes no more; if you did not ask for that, tell "
            "the members at once",
            rule="R-ROLL-3",
        )
    if leaf.body != body or leaf.size != size:
        raise Refused(
            "this leaf is of another roll than the one committed now; ask the registrar for yours", rule="R-HAND-5"
        )
    try:
        path = [decode_base64(step) for step in leaf.path]
        check_inclusion(path, index=leaf.index, size=leaf.size, leaf=leaf_hash(salted), root=bytes.fromhex(root))
    except Fault as fault:
        raise Forged(
            f"your leaf is not on the roll that was committed ({fault.text}); go to the registrar", rule="R-HAND-5"
        ) from fault


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise Malformed("these are not hex digits") from None


def parse_enrolment(data: bytes, body: str) -> Enrolment:
    """An enrolment for this body whose proof holds. Raises: Malformed, Refused, Forged."""
    return _check_proof(parse_piece(data, Enrolment, "majlis-enrolment/1", "an enrolment"), body)


def _check_proof(enrolment: Enrolment, body: str) -> Enrolment:
    if enrolment.body != body:
        raise Refused("this enrolment was made for another body; the member makes one for this", rule="R-HAND-3")
    order = ED25519.order
    proof = Proof(parse_scalar(enrolment.challenge, order), parse_scalar(enrolment.response, order))
    check_enrolment(body, ED25519.parse(enrolment.point), proof)
    return enrolment


def open_listing(data: bytes, key: SigningKey, body: str) -> KeyEntry:
    """The sealed listing as the list keeper's book keeps it. Raises: Malformed, Refused, Forged."""
    try:
        sealed = b64decode(data.strip(), validate=True)
        plain = SealedBox(NaclSigningKey(key.export()).to_curve25519_private_key()).decrypt(sealed)
    except (CryptoError, ValueError):
        raise Refused(
            "this listing was not sealed to your key; the member seals it again to your card", rule="R-HAND-4"
        ) from None
    listing = _check_proof(parse_piece(plain, Enrolment, "majlis-enrolment/1", "a listing"), body)
    tweak = _hex(listing.tweak)
    if len(tweak) != 32:
        raise Malformed("a tweak key is 32 bytes", rule="R-HAND-4")
    return KeyEntry(name=listing.point, kind=TWEAK, public=listing.point, secret=Secret(tweak), body=body)

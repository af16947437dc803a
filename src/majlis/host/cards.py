"""Voting cards for members without a phone: printed in two halves, drawn from a pile, enrolled, listed, voted with.

    printer A, printer B     codes, on paper alone                    two people of different offices
    HALF.cards     to the registrar        card number, half of P, proof
    HALF.listing   to the list keeper      the same, and half of each vote's key: sealed to the list keeper
    roll       P = P_a * P_b               name and P, as for a phone
    book       P, and the key of each vote by its label (kind ``card``); no name, and no secret at all

Both files are signed by their printer:

    {"format":"majlis-cards/1","content":"<JSON>","printer":"<key>","signature":"<of majlis-cards-1| ++ content>"}
    {"body":…,"half":"a","labels":["roll","ballot 21",…],"cards":[{"serial":1,"keys":[[point,challenge,response],…]}]}

Rules R-CODE-3 to R-CODE-5. Source: ``spec/credential.md``.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from nacl.exceptions import CryptoError
from nacl.public import SealedBox
from nacl.signing import SigningKey as NaclSigningKey
from nacl.signing import VerifyKey

from majlis.ballot import CODE_ROLL, Code, Half, check_half, code_label, code_secret, draw_code, prove_half
from majlis.crypto import (
    ED25519,
    Chance,
    Point,
    Proof,
    SecretScalar,
    SigningKey,
    check_signature,
    draw_scalar,
    parse_scalar,
)
from majlis.errors import Fault, Forged, Malformed, Missing, Refused
from majlis.host.credential import format_piece, parse_piece
from majlis.host.keyring import KeyEntry, Secret
from majlis.institutions import State
from majlis.institutions.kinds import holders

__all__ = [
    "CARD",
    "Joined",
    "Printed",
    "Sheet",
    "card_entry",
    "check_printers",
    "join_halves",
    "label_of",
    "labels_for",
    "open_half",
    "print_half",
    "read_half",
]

CARD: Final = "card"
_FORMAT: Final = "majlis-cards/1"
_MOST: Final = 2000


class Key(msgspec.Struct, frozen=True, array_like=True):
    """Half of one key, with the proof of knowing its secret."""

    point: str
    challenge: str
    response: str


class CardKeys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The halves of one card's keys, in the order of the labels."""

    serial: int
    keys: tuple[Key, ...]


class Printed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one printer says of all cards."""

    body: str
    half: Half
    labels: tuple[str, ...]
    cards: tuple[CardKeys, ...]


class _Signed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: str
    content: str
    printer: str
    signature: str


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """One half of one card, for paper alone."""

    serial: int
    codes: tuple[Code, ...]


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """A card as both printers made it: its keys by label, ``roll`` first."""

    serial: int
    points: dict[str, Point]


# --- which code serves which vote


def label_of(state: State, act: str) -> str:
    """The label of the vote that ``act`` opened: the number of its announcement or petition in the record (R-CODE-4).

    Raises: Missing.
    """
    if act in state.elections:
        own = state.elections[act].index
        return code_label("ballot", sum(each.index <= own for each in state.elections.values()))
    if act in state.petitions:
        own = state.petitions[act].index
        return code_label("petition", sum(each.index <= own for each in state.petitions.values()))
    raise Missing("no secret ballot and no petition was opened by that act")


def labels_for(state: State, ballots: int, petitions: int) -> tuple[str, ...]:
    """The next so many votes of each kind, as the record stands."""
    first, other = len(state.elections) + 1, len(state.petitions) + 1
    return (
        *(code_label("ballot", number) for number in range(first, first + ballots)),
        *(code_label("petition", number) for number in range(other, other + petitions)),
    )


# --- the printers


def print_half(
    body: str,
    half: Half,
    serials: Sequence[int],
    labels: Sequence[str],
    *,
    printer: SigningKey,
    list_keeper: str,
    chance: Chance,
) -> tuple[list[Sheet], bytes, bytes]:
    """One half of so many cards: the sheets to print, what the registrar is handed, and what the list keeper is.

    The codes are on the sheets and nowhere else. Raises: Malformed, Refused (R-CODE-3).
    """
    if not serials or len(serials) > _MOST or len(set(serials)) != len(serials):
        raise Refused(f"print from 1 to {_MOST} cards at a time, each number once", rule="R-CODE-3")
    sheets, rolls, lists = [], [], []
    for serial in serials:
        codes = tuple(draw_code(half, label, chance) for label in labels)
        sheets.append(Sheet(serial=serial, codes=codes))
        own = _key(draw_scalar(chance), body, serial, half, CODE_ROLL, chance)
        keys = [_key(code_secret(body, code), body, serial, half, code.label, chance) for code in codes]
        rolls.append(CardKeys(serial=serial, keys=(own,)))
        lists.append(CardKeys(serial=serial, keys=(own, *keys)))
    named = Printed(body=body, half=half, labels=(CODE_ROLL,), cards=tuple(rolls))
    listed = Printed(body=body, half=half, labels=(CODE_ROLL, *labels), cards=tuple(lists))
    box = SealedBox(VerifyKey(bytes.fromhex(list_keeper)).to_curve25519_public_key())
    return sheets, _sign(named, printer), b64encode(box.encrypt(_sign(listed, printer))) + b"\n"


def _key(secret: SecretScalar, body: str, serial: int, half: Half, label: str, chance: Chance) -> Key:
    proof = prove_half(secret, body, serial, half, label, chance)
    point = ED25519.format(ED25519.raise_generator_secretly(secret))
    return Key(point, str(proof.challenge), str(proof.response))


def _sign(printed: Printed, printer: SigningKey) -> bytes:
    content = msgspec.json.encode(printed).decode()
    signature = printer.sign(_message(content)).hex()
    return format_piece(_Signed(format=_FORMAT, content=content, printer=printer.public_key.hex(), signature=signature))


def _message(content: str) -> bytes:
    return f"majlis-cards-1|{content}".encode()


# --- registrar and list keeper


def read_half(data: bytes, body: str) -> tuple[Printed, str]:
    """What one printer made for this body, and the printer's key. Raises: Malformed, Forged, Refused (R-CODE-3)."""
    signed = parse_piece(data, _Signed, _FORMAT, "half of a set of voting cards")
    try:
        key, signature = bytes.fromhex(signed.printer), bytes.fromhex(signed.signature)
    except ValueError:
        raise Malformed("these are not hex digits", rule="R-CODE-3") from None
    try:
        check_signature(key, _message(signed.content), signature)
    except Fault as fault:
        raise Forged(
            f"this was not signed by the printer that it names ({fault.text}); ask them for it again", rule="R-CODE-3"
        ) from fault
    try:
        printed = msgspec.json.decode(signed.content, type=Printed)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed(f"this is not half of a set of voting cards: {error}", rule="R-CODE-3") from None
    if printed.body != body:
        raise Refused("these cards were printed for another body", rule="R-CODE-3")
    return printed, signed.printer


def open_half(data: bytes, key: SigningKey, body: str) -> tuple[Printed, str]:
    """The same, sealed to the list keeper's key. Raises: as ``read_half``; Refused, when it is sealed to another."""
    try:
        box = SealedBox(NaclSigningKey(key.export()).to_curve25519_private_key())
        plain = box.decrypt(b64decode(data.strip(), validate=True))
    except (CryptoError, ValueError):
        raise Refused(
            "this was not sealed to your key; the printers print again, and name your card", rule="R-CODE-5"
        ) from None
    return read_half(plain, body)


def check_printers(state: State, printers: Sequence[str]) -> None:
    """R-CODE-3: two people of the body's record, of whom none keeps its roll or its list.

    Raises: Refused.
    """
    keys = [state.keys.get(printer) for printer in printers]
    tags = {key.tag for key in keys if key is not None and not key.suspended}
    if len(tags) != 2 or len(printers) != 2:
        raise Refused("the halves of a card are made by two people whose keys are enrolled here", rule="R-CODE-3")
    barred = {held.tag for office in ("registrar", "list_keeper") for held in holders(state, office)}
    if tags & barred:
        raise Refused("neither the registrar nor the list keeper prints a half; ask a teller", rule="R-CODE-3")


def join_halves(one: Printed, other: Printed, serials: Iterable[int] = ()) -> list[Joined]:
    """The cards that both printers made, each half proven. ``serials``: only these; all when there are none.

    Raises: Refused, for halves that do not belong together; NotInGroup, Forged (R-CODE-3), naming the card; Missing,
    for a card that is not among them.
    """
    if {one.half, other.half} != {"a", "b"} or (one.body, one.labels) != (other.body, other.labels):
        raise Refused(
            "these are not the two halves of one set: one is 'a', the other 'b', for the same votes", rule="R-CODE-3"
        )
    cards = [{card.serial: card for card in printed.cards} for printed in (one, other)]
    wanted = sorted(serials) or sorted(cards[0].keys() | cards[1].keys())
    joined = []
    for serial in wanted:
        if not all(serial in each for each in cards):
            raise Missing(f"card {serial} is not in both halves; put it aside, and take another", rule="R-CODE-3")
        halves = [_halves(printed, found[serial]) for printed, found in zip((one, other), cards, strict=True)]
        points = {label: ED25519.multiply(halves[0][label], halves[1][label]) for label in one.labels}
        joined.append(Joined(serial=serial, points=points))
    return joined


def _halves(printed: Printed, card: CardKeys) -> dict[str, Point]:
    if len(card.keys) != len(printed.labels):
        raise Malformed(f"card {card.serial} has another number of keys than there are votes", rule="R-CODE-3")
    found = {}
    for label, key in zip(printed.labels, card.keys, strict=True):
        proof = Proof(parse_scalar(key.challenge, ED25519.order), parse_scalar(key.response, ED25519.order))
        point = ED25519.parse(key.point)
        found[label] = check_half(printed.body, card.serial, printed.half, label, point, proof)
    return found


def card_entry(joined: Joined, body: str) -> KeyEntry:
    """The card as the list keeper's book keeps it: no name, no secret, the key of each vote."""
    keys = {label: ED25519.format(point) for label, point in joined.points.items()}
    own = keys.pop(CODE_ROLL)
    return KeyEntry(name=own, kind=CARD, public=own, secret=Secret(b""), body=body, notes=keys)

"""Writing acts: the text, its nonce, the head its author has seen, and the signatures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from majlis.crypto import Chance, SigningKey
from majlis.institutions import NOBODY, Seen, format_text, sign_text

NOTHING_SEEN = Seen(size=0, root="47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")


def key_id(key: SigningKey) -> str:
    """The id under which this key signs: its public half in hex."""
    return key.public_key.hex()


def write_act(
    kind: str,
    data: msgspec.Struct | Mapping[str, Any],
    *keys: SigningKey,
    chance: Chance,
    body: str = NOBODY,
    seen: Seen = NOTHING_SEEN,
    cites: tuple[str, ...] = (),
) -> bytes:
    """A whole act, signed by ``keys``, the first of whom is its author. Without ``body`` it is an act 0."""
    text = format_text(
        body=body,
        kind=kind,
        author=key_id(keys[0]),
        nonce=chance(16),
        seen=seen,
        cites=cites,
        data=data if isinstance(data, msgspec.Struct) else dict(data),
    )
    return sign_text(text, *keys)

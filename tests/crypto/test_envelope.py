"""Envelopes: the published one byte for byte; its reader alone reads it, and only as it was written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.crypto import ED25519, Envelope, SecretScalar, open_envelope, seal_envelope
from majlis.errors import Forged

Dealt = Callable[..., Callable[[int], bytes]]
READER = SecretScalar((5).to_bytes(32, "little"))
PUBLIC = ED25519.raise_generator_secretly(READER)


def opened(envelope: Envelope, reader: SecretScalar = READER) -> bytes:
    return open_envelope(ED25519.power_secretly(envelope.alpha, reader), envelope)


def test_published_envelope(formulas: dict[str, Any], dealt: Dealt) -> None:
    """All 32 bytes of the iv enter: with 12 of them the data would be others."""
    case = formulas["channel_message"]
    envelope = seal_envelope(
        ED25519.read(case["key"]), case["message"].encode(), dealt(case["randomness"], case["session"])
    )
    assert ED25519.format(envelope.alpha) == case["alpha"]
    assert ED25519.format(envelope.beta) == case["beta"]
    assert envelope.data.hex() == case["data"]
    assert opened(envelope) == case["message"].encode()


@given(st.binary(max_size=200), st.integers(1, 2**200), st.integers(1, 2**200))
def test_what_is_sealed_is_what_is_read(message: bytes, r: int, s: int) -> None:
    left = [r, s]
    envelope = seal_envelope(PUBLIC, message, lambda size: left.pop(0).to_bytes(size, "little"))
    assert len(envelope.data) == len(message) + 16
    assert opened(envelope) == message


def test_nobody_else_reads_it_and_no_part_of_it_can_be_changed(dealt: Dealt) -> None:
    envelope = seal_envelope(PUBLIC, b"for you alone", dealt(7, 11))
    with pytest.raises(Forged, match="another key"):
        opened(envelope, SecretScalar((6).to_bytes(32, "little")))
    others = [
        envelope._replace(alpha=ED25519.raise_generator(8)),
        envelope._replace(beta=ED25519.generator),
        envelope._replace(data=b""),
        envelope._replace(data=envelope.data[:-1]),
        *(
            envelope._replace(data=envelope.data[:at] + bytes([envelope.data[at] ^ 1]) + envelope.data[at + 1 :])
            for at in range(len(envelope.data))
        ),
    ]
    for other in others:
        with pytest.raises(Forged):
            opened(other)

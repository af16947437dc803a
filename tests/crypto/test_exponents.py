"""Numbers that a stranger writes into a proof never reach libsodium unless they are below the group's order."""

from __future__ import annotations

import pytest

from majlis.crypto import ED25519, ORDER
from majlis.errors import Malformed
from majlis.institutions.elections.paper import read_proof


@pytest.mark.parametrize("number", [ORDER, 2**255, 2**256, 10**78 - 1])
def test_an_exponent_from_the_order_up_is_malformed_and_nothing_worse(number: int) -> None:
    with pytest.raises(Malformed):
        ED25519.admit(ED25519.generator, number)
    with pytest.raises(Malformed):
        read_proof(str(number), "0")
    with pytest.raises(Malformed):
        read_proof("0", str(number))


def test_the_largest_exponent_is_read() -> None:
    assert read_proof(str(ORDER - 1), "0").challenge == ORDER - 1

"""Rule S on every published edge case, and the secret that does not leak."""

from __future__ import annotations

import copy
import json
import os
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.crypto import SigningKey, check_public_key, check_signature
from majlis.errors import Forged, Malformed

DATA = Path(os.environ.get("MAJLIS_DATA", Path(__file__).parents[2].parent / "shared" / "data")) / "tlog" / "ed25519"

FORBIDDEN = {
    "low_order_A",
    "low_order_R",
    "non_canonical_A",
    "non_canonical_R",
    "low_order_residue",
    "reencoded_k",
}


def load(name: str):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"development data absent: {name} (set MAJLIS_DATA)")
    return json.loads(path.read_text("utf-8"))


def accepts(public_key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        check_signature(public_key, message, signature)
    except Forged:
        return False
    return True


def test_rule_s_accepts_exactly_the_43_harmless_edge_cases():
    accepted = 0
    cases = load("cctv-ed25519vectors.json")
    for case in cases:
        verdict = accepts(bytes.fromhex(case["key"]), case["msg"].encode(), bytes.fromhex(case["sig"]))
        assert verdict == (not FORBIDDEN & set(case["flags"] or ())), case["number"]
        accepted += verdict
    assert (len(cases), accepted) == (914, 43)


def test_wycheproof_cases_are_judged_as_published():
    judged = accepted = 0
    for group in load("wycheproof-ed25519_test.json")["testGroups"]:
        key = bytes.fromhex(group["publicKey"]["pk"])
        for case in group["tests"]:
            verdict = accepts(key, bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]))
            assert verdict == (case["result"] == "valid"), case["tcId"]
            judged += 1
            accepted += verdict
    assert (judged, accepted) == (151, 88)


P = 2**255 - 19
SMALL = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
]


@pytest.mark.parametrize("sign", [0, 0x80])
@pytest.mark.parametrize("y", SMALL + [(P + n).to_bytes(32, "little").hex() for n in range(19)])
def test_keys_under_which_anyone_can_sign_are_not_enrolled(y, sign):
    key = bytearray.fromhex(y)
    key[31] |= sign
    with pytest.raises(Malformed):
        check_public_key(bytes(key))


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_key_of_another_length_is_not_enrolled(size):
    with pytest.raises(Malformed, match="32 bytes"):
        check_public_key(bytes([9]) * size)


@pytest.mark.parametrize("seed", range(20))
def test_honest_keys_are_enrolled(seed):
    check_public_key(SigningKey(bytes([seed]) * 32).public_key)


def test_rfc_8032_first_vector_is_signed_to_the_byte():
    key = SigningKey(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    assert key.public_key.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert key.sign(b"").hex() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )


KEY = SigningKey(bytes(range(32)))


@given(st.binary(max_size=200), st.data())
def test_one_flipped_bit_anywhere_is_forged(message, data):
    signature = KEY.sign(message)
    check_signature(KEY.public_key, message, signature)
    whole = bytearray(KEY.public_key + signature + message)
    bit = data.draw(st.integers(0, len(whole) * 8 - 1))
    whole[bit // 8] ^= 1 << bit % 8
    assert not accepts(bytes(whole[:32]), bytes(whole[96:]), bytes(whole[32:96]))


def test_a_signature_with_s_plus_the_order_is_forged():
    order = 2**252 + 27742317777372353535851937790883648493
    signature = KEY.sign(b"act")
    large = (int.from_bytes(signature[32:], "little") + order).to_bytes(32, "little")
    with pytest.raises(Forged, match="no honest signer"):
        check_signature(KEY.public_key, b"act", signature[:32] + large)


@pytest.mark.parametrize(
    ("key", "size", "reason"),
    [(31, 64, "the key"), (33, 64, "the key"), (32, 63, "cut"), (32, 65, "cut"), (32, 0, "cut")],
)
def test_cut_signatures_and_keys_are_forged(key, size, reason):
    with pytest.raises(Forged, match=reason):
        check_signature(bytes([9]) * key, b"", bytes([9]) * size)


def test_the_secret_shows_in_no_repr_and_travels_in_no_pickle():
    seed = bytes(range(32))
    shown = f"{KEY!r} {KEY} {[KEY]}"
    assert seed.hex() not in shown
    assert repr(seed) not in shown
    assert "<redacted>" in shown
    for escape in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            escape(KEY)


def test_secrets_are_neither_compared_nor_hashed():
    with pytest.raises(TypeError):
        _ = SigningKey(bytes(32)) == SigningKey(bytes(32))
    with pytest.raises(TypeError):
        hash(KEY)


def test_a_seed_of_another_length_is_malformed():
    with pytest.raises(Malformed, match="32 bytes"):
        SigningKey(bytes(31))

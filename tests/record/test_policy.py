"""Policy files: what is a quorum, and every way not to write one."""

from __future__ import annotations

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.crypto.signature import SigningKey
from majlis.errors import Forged, Malformed
from majlis.record import (
    Checkpoint,
    CosignerKey,
    Note,
    NoteKey,
    SignatureLine,
    check_policy,
    cosign,
    format_checkpoint,
    format_note,
    parse_policy,
    sign_note,
    with_signatures,
)

LOG_KEY = SigningKey(bytes(range(32)))
LOG = NoteKey(name="camp.example/log", public_key=LOG_KEY.public_key)
KEYS = [SigningKey(bytes([n]) * 32) for n in range(1, 6)]
WITNESSES = [CosignerKey(name=f"w{n}.example", public_key=key.public_key) for n, key in enumerate(KEYS)]
LINES = "".join(f"witness W{n} {witness.vkey}\n" for n, witness in enumerate(WITNESSES))
TEXT = format_checkpoint(Checkpoint(origin=LOG.name, size=3, root=bytes(32)))
NOTE = Note(text=TEXT, signatures=(sign_note(TEXT, LOG.name, LOG_KEY),))

NESTED = f"""# the federation's policy

log {LOG.vkey} https://camp.example/
{LINES}
  group camps 2 W0 W1 W2
group \t abroad any W3 W4
group both all camps abroad
quorum both
"""


def cosigned(*numbers: int) -> bytes:
    return format_note(with_signatures(NOTE, [cosign(TEXT, WITNESSES[n].name, KEYS[n], 9) for n in numbers]))


def test_a_policy_is_read():
    policy = parse_policy(NESTED.encode())
    assert [log.key for log in policy.logs] == [LOG]
    assert policy.logs[0].url == b"https://camp.example/"
    assert [witness.key for witness in policy.witnesses] == WITNESSES
    assert [(group.name, group.threshold, group.members) for group in policy.groups] == [
        (b"camps", 2, (b"W0", b"W1", b"W2")),
        (b"abroad", 1, (b"W3", b"W4")),
        (b"both", 2, (b"camps", b"abroad")),
    ]
    assert policy.quorum == b"both"


def test_every_set_of_witnesses_is_judged_by_the_groups():
    policy = parse_policy(NESTED.encode())
    for count in range(6):
        for signed in itertools.combinations(range(5), count):
            enough = len({0, 1, 2} & set(signed)) >= 2 and bool({3, 4} & set(signed))
            if enough:
                checkpoint, cosignatures = check_policy(policy, cosigned(*signed))
                assert checkpoint.size == 3
                assert [c.cosigner for c in cosignatures] == [WITNESSES[n] for n in signed]
            else:
                with pytest.raises(Forged, match="quorum is not met"):
                    check_policy(policy, cosigned(*signed))


def test_one_witness_or_none_can_be_the_quorum():
    alone = parse_policy(f"log {LOG.vkey}\n{LINES}quorum W1\n".encode())
    assert check_policy(alone, cosigned(1))[0].origin == LOG.name
    with pytest.raises(Forged, match="quorum"):
        check_policy(alone, cosigned(0))
    nobody = parse_policy(f"log {LOG.vkey}\nquorum none\n".encode())
    assert check_policy(nobody, cosigned()) == (Checkpoint(origin=LOG.name, size=3, root=bytes(32)), ())


def test_a_log_that_the_policy_does_not_know_is_not_accepted():
    stranger = NoteKey(name="other.example/log", public_key=LOG.public_key)
    with pytest.raises(Forged, match="knows no log"):
        check_policy(parse_policy(f"log {stranger.vkey}\nquorum none\n".encode()), cosigned())
    with pytest.raises(Forged, match="knows no log"):
        check_policy(parse_policy(b"quorum none\n"), cosigned())
    other_key = NoteKey(name=LOG.name, public_key=KEYS[0].public_key)
    with pytest.raises(Forged, match="no signature"):
        check_policy(parse_policy(f"log {other_key.vkey}\nquorum none\n".encode()), cosigned())


def test_a_false_cosignature_rejects_even_where_the_quorum_is_met():
    policy = parse_policy(f"log {LOG.vkey}\n{LINES}group any any W0 W1\nquorum any\n".encode())
    false = SignatureLine(name=WITNESSES[1].name, key_id=WITNESSES[1].key_id, signature=bytes([1]) * 72)
    good = with_signatures(NOTE, [cosign(TEXT, WITNESSES[0].name, KEYS[0], 9), false])
    with pytest.raises(Forged, match=r"w1\.example"):
        check_policy(policy, format_note(good))


W0 = f"witness W0 {WITNESSES[0].vkey}\n"
W1 = f"witness W1 {WITNESSES[1].vkey}\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "one quorum line, this one 0"),
        ("quorum none\nquorum none\n", "one quorum line, this one 2"),
        ("quorum none", "cut off"),
        ("quorum W0\n", "before it is defined"),
        (f"quorum W0\n{W0}", "line 1: .*before it is defined"),
        (f"{W0}group g any W1\n{W1}quorum g\n", "line 2: .*before it is defined"),
        (f"{W0}group g any g\nquorum g\n", "before it is defined"),
        (f"{W0}group g any none\nquorum g\n", "before it is defined"),
        (f"{W0}group g 2 W0\nquorum g\n", "from 1 to"),
        (f"{W0}group g 0 W0\nquorum g\n", "from 1 to"),
        (f"{W0}group g 01 W0\nquorum g\n", "from 1 to"),
        (f"{W0}group g some W0\nquorum g\n", "from 1 to"),
        (f"{W0}group g any\nquorum g\n", "a line is"),
        (f"{W0}{W1}group g any W0 W0\nquorum g\n", "member twice"),
        (f"{W0}{W1}group g any W0\ngroup h any W0\nquorum g\n", "member twice"),
        (f"{W0}{W0.replace('W0', 'W1')}quorum W0\n", "there twice"),
        (f"{W0}{W1.replace('W1', 'W0')}quorum W0\n", "taken"),
        (f"{W0}group W0 any W0\nquorum W0\n", "taken"),
        (f"{W0.replace('W0', 'none')}quorum none\n", "taken"),
        (f"log {LOG.vkey}\nlog {LOG.vkey}\nquorum none\n", "there twice"),
        (f"log {WITNESSES[0].vkey}\nquorum none\n", "kind 0x04"),
        (f"witness W0 {LOG.vkey}\nquorum none\n", "kind 0x01"),
        ("log\nquorum none\n", "a line is"),
        (f"log {LOG.vkey} url more\nquorum none\n", "a line is"),
        ("policy\nquorum none\n", "a line is"),
        ("quorum none extra\n", "a line is"),
        ("quorum none\r\n", "control"),
        ("quorum none\n\x7f", "control"),
    ],
)
def test_malformed_policies_name_the_line(text, reason):
    with pytest.raises(Malformed) as fault:
        parse_policy(text.encode())
    fault.match(reason)


def test_a_policy_has_a_size_limit_and_keys_are_text():
    with pytest.raises(Malformed, match="at most"):
        parse_policy(b"#" * 1_000_001)
    with pytest.raises(Malformed, match="UTF-8"):
        parse_policy(b"log \xff\nquorum none\n")


def test_names_are_octets():
    kelvin = W0.replace("W0", "\u212a") + W1.replace("W1", "K") + "quorum K\n"
    assert parse_policy(kelvin.encode()).quorum == b"K"


@given(st.binary(max_size=200))
def test_any_bytes_are_a_policy_or_malformed(data):
    with contextlib.suppress(Malformed):
        parse_policy(data)

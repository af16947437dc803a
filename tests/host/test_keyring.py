"""The keyring: what it keeps, what it never shows, and how it tells damage from a wrong passphrase."""

from __future__ import annotations

import copy
import hashlib
import json
import pickle

import pytest

from majlis.crypto import SigningKey
from majlis.errors import Fault, Malformed, Missing, Refused
from majlis.host import keyring as module
from majlis.host.chance import chance
from majlis.host.keyring import MODERATE, KeyEntry, Keyring, Passphrase, Secret, Strength

QUICK = Strength(ops=1, memory=8192)
WORDS = "ثلاث كلمات سرية"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "private" / "keyring"


@pytest.fixture
def ring(path):
    return Keyring.create(path, Passphrase(WORDS), chance, QUICK)


def entry(name: str, secret: bytes = bytes(range(32)), **more) -> KeyEntry:
    return KeyEntry(name=name, kind="clerk", public=SigningKey(secret).public_key.hex(), secret=Secret(secret), **more)


def test_keys_come_back(ring, path):
    ring.add(entry("clerk", body="ab" * 32, notes={"term": "2027"}), chance=chance)
    drawn = ring.draw("log", "log", chance=chance, origin="camp.example/log")
    again = Keyring(path, Passphrase(WORDS))
    assert again.names() == ring.names() == ("clerk", "log")
    clerk, log = again.entries()
    assert (clerk.name, clerk.kind, clerk.body, clerk.notes) == ("clerk", "clerk", "ab" * 32, {"term": "2027"})
    assert clerk.signing_key().public_key.hex() == clerk.public
    assert (log.kind, log.public, log.notes) == ("log", drawn.public, {"origin": "camp.example/log"})
    assert log.secret.reveal() == drawn.secret.reveal()
    assert again.get("log").signing_key().sign(b"x") == drawn.signing_key().sign(b"x")


def test_scalars_are_kept_too(ring):
    secret = (12345).to_bytes(32, "little")
    ring.add(KeyEntry(name="s", kind="credential", public="00" * 32, secret=Secret(secret)), chance=chance)
    assert ring.get("s").scalar().reveal() == 12345
    with pytest.raises(Malformed, match="not one that signs"):
        ring.get("s").signing_key()


def test_two_programs_do_not_lose_each_others_keys(ring, path):
    other = Keyring(path, Passphrase(WORDS))
    ring.draw("a", "clerk", chance=chance)
    other.draw("b", "clerk", chance=chance)
    ring.draw("c", "clerk", chance=chance)
    assert ring.names() == ("a", "b", "c")
    assert Keyring(path, Passphrase(WORDS)).names() == ("a", "b", "c")


def test_a_name_is_given_once(ring):
    ring.draw("clerk", "clerk", chance=chance)
    with pytest.raises(Refused, match="already"):
        ring.draw("clerk", "clerk", chance=chance)
    with pytest.raises(Refused, match="already"):
        ring.add(entry("new"), entry("new"), chance=chance)
    assert ring.names() == ("clerk",)


def test_creating_over_a_keyring_is_refused(ring, path):
    before = path.read_bytes()
    with pytest.raises(Refused, match="already"):
        Keyring.create(path, Passphrase("other words"), chance, QUICK)
    assert path.read_bytes() == before


def test_what_is_not_there_is_missing(ring, tmp_path):
    with pytest.raises(Missing, match="none yet"):
        ring.get("clerk")
    ring.draw("log", "log", chance=chance)
    with pytest.raises(Missing, match="it holds: log"):
        ring.get("clerk")
    with pytest.raises(Missing, match="no keyring here"):
        Keyring(tmp_path / "nowhere", Passphrase(WORDS))


@pytest.mark.parametrize("wrong", ["", "ثلاث كلمات", WORDS + " ", WORDS.upper() + "x"])
def test_a_wrong_passphrase_is_refused(ring, path, wrong):
    with pytest.raises((Refused, Malformed), match="passphrase"):
        Keyring(path, Passphrase(wrong))


def test_a_passphrase_is_the_same_on_two_keyboards(path):
    Keyring.create(path, Passphrase("caf\u00e9 \u0622 three"), chance, QUICK)
    Keyring(path, Passphrase("cafe\u0301 \u0627\u0653 three"))


@pytest.mark.parametrize(
    ("text", "is_enough"),
    [
        ("1234567", False),
        ("12345678", True),
        ("كلمة سر", False),
        ("كلمة سرّ", True),
        ("cafe\u0301 abc", True),
        ("e\u0301" * 7, False),
    ],
)
def test_a_passphrase_that_is_soon_tried_is_refused(path, text, is_enough):
    """R-KEYRING-3: letters are counted as they are stored, whatever keyboard wrote them."""
    if is_enough:
        Keyring.create(path, Passphrase(text), chance, QUICK)
        return
    with pytest.raises(Refused, match="at least 8 characters") as caught:
        Keyring.create(path, Passphrase(text), chance, QUICK)
    assert caught.value.rule == "R-KEYRING-3"
    assert not path.exists()


def test_a_keyring_of_before_still_opens(ring, path, monkeypatch):
    """R-KEYRING-3 is asked of new ones alone: nobody is shut out of their keys."""
    monkeypatch.setattr("majlis.host.keyring.LEAST_CHARACTERS", 99)
    Keyring(path, Passphrase(WORDS))


def test_the_file_is_for_its_owner_and_shows_no_key(ring, path):
    seed = bytes(range(32))
    ring.add(entry("clerk of the camp", seed, notes={"where": "the blue tent"}), chance=chance)
    data = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    for shown in (seed, seed.hex().encode(), b"clerk", b"blue tent", WORDS.encode()):
        assert shown not in data
    assert {file.name for file in path.parent.iterdir()} == {"keyring", "keyring.lock"}


def test_each_writing_has_a_fresh_nonce(ring, path):
    nonces = {json.loads(path.read_bytes())["nonce"]}
    for name in "abc":
        ring.draw(name, "clerk", chance=chance)
        nonces.add(json.loads(path.read_bytes())["nonce"])
    assert len(nonces) == 4


def test_the_usual_strength_is_moderate_argon2id(path, monkeypatch):
    asked = []
    monkeypatch.setattr(module.pwhash.argon2id, "kdf", lambda *a, **k: asked.append(k) or bytes(32))
    Keyring.create(path, Passphrase(WORDS), chance)
    assert asked == [{"opslimit": MODERATE.ops, "memlimit": MODERATE.memory}]
    assert (MODERATE.ops, MODERATE.memory) == (3, 256 * 2**20)


def test_without_memory_it_says_so(ring, path, monkeypatch):
    def fail(*_, **__):
        raise MemoryError

    monkeypatch.setattr(module.pwhash.argon2id, "kdf", fail)
    with pytest.raises(Fault, match="close other programs"):
        Keyring(path, Passphrase(WORDS))


def test_one_changed_byte_anywhere_is_damage(ring, path):
    ring.draw("log", "log", chance=chance)
    good = path.read_bytes()
    for at in range(len(good) - 1):
        changed = bytearray(good)
        changed[at] ^= 1
        path.write_bytes(bytes(changed))
        with pytest.raises(Malformed, match=r"damaged|format") as fault:
            Keyring(path, Passphrase(WORDS))
        assert str(path) in fault.value.where
    for size in (0, 1, len(good) // 2, len(good) - 3):
        path.write_bytes(good[:size])
        with pytest.raises(Malformed, match="damaged"):
            Keyring(path, Passphrase(WORDS))


def resealed(data: bytes, **changes) -> bytes:
    """A file with a true checksum: what someone makes who means it."""
    outer = json.loads(data)
    outer.pop("sha256")
    for name, value in changes.items():
        if name in outer["argon2id"]:
            outer["argon2id"][name] = value
        else:
            outer[name] = value
    text = json.dumps(outer, separators=(",", ":"))
    return json.dumps({**outer, "sha256": hashlib.sha256(text.encode()).hexdigest()}).encode()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ops": 0}, "out of range"),
        ({"ops": 17}, "out of range"),
        ({"memory": 1}, "out of range"),
        ({"memory": 2**31}, "out of range"),
        ({"salt": "AAAA"}, "out of range"),
        ({"nonce": "AAAA"}, "out of range"),
        ({"format": "majlis-keyring/2"}, "this program knows"),
        ({"more": 1}, "does not parse"),
        ({"box": 5}, "does not parse"),
    ],
)
def test_a_file_made_to_harm_is_malformed_before_any_work(ring, path, changes, reason):
    path.write_bytes(resealed(path.read_bytes(), **changes))
    with pytest.raises(Malformed, match=reason):
        Keyring(path, Passphrase(WORDS))


def test_a_box_that_somebody_changed_does_not_open(ring, path):
    box = json.loads(path.read_bytes())["box"]
    path.write_bytes(resealed(path.read_bytes(), box=box[:-4] + "AAA="))
    with pytest.raises(Refused, match="does not open"):
        Keyring(path, Passphrase(WORDS))


def test_a_box_with_other_things_inside_is_damaged(path, monkeypatch):
    ring = Keyring.create(path, Passphrase(WORDS), chance, QUICK)
    real = module.msgspec.json.encode
    monkeypatch.setattr(module.msgspec.json, "encode", lambda value: real({} if isinstance(value, list) else value))
    ring.draw("log", "log", chance=chance)
    monkeypatch.undo()
    with pytest.raises(Malformed, match="keys do not parse"):
        Keyring(path, Passphrase(WORDS))


def test_a_huge_file_is_not_read_whole(ring, path, monkeypatch):
    monkeypatch.setattr(module, "_MAX_FILE", 10)
    with pytest.raises(Malformed, match="larger than 10 bytes"):
        Keyring(path, Passphrase(WORDS))


def test_a_folder_in_its_place_is_a_fault(ring, path):
    path.unlink()
    path.mkdir()
    with pytest.raises(Fault, match="could not be read"):
        Keyring(path, Passphrase(WORDS))


def test_without_space_the_old_file_stays(ring, path, monkeypatch):
    ring.draw("log", "log", chance=chance)
    before = path.read_bytes()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_file", full)
    with pytest.raises(Fault, match="the old one is unchanged"):
        ring.draw("more", "clerk", chance=chance)
    assert path.read_bytes() == before
    assert ring.names() == ("log",)


def test_secrets_show_nowhere(ring):
    seed = bytes(range(32))
    ring.add(entry("clerk", seed), chance=chance)
    shown = f"{ring!r} {ring.get('clerk')!r} {ring.entries()!r} {Passphrase(WORDS)!r}"
    for secret in (seed.hex(), repr(seed), WORDS):
        assert secret not in shown
    assert shown.count("<redacted>") >= 4
    secret = Secret(seed)
    for escape in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError):
            escape(secret)
    with pytest.raises(TypeError):
        _ = secret == secret
    with pytest.raises(TypeError):
        hash(secret)

"""The keyring: one file that holds a person's (or a demonstration's) secret keys, encrypted under one passphrase.

    {"format":"majlis-keyring/1",
     "argon2id":{"ops":3,"memory":268435456,"salt":"<base64, 16 bytes>"},
     "nonce":"<base64, 24 bytes>","box":"<base64>","sha256":"<64 hex>"}

``box`` is XSalsa20-Poly1305 (libsodium's secretbox) of a JSON list of keys, under the Argon2id of the passphrase
(R-KEYRING-1).
``sha256`` is over everything before it, so that a damaged file is told from a wrong passphrase. A seized laptop yields
this file: it is worth what the passphrase is worth.

The passphrase is read in Unicode's form NFC, because two keyboards may write one Arabic or accented letter in two ways.
"""

from __future__ import annotations

import unicodedata
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NoReturn

import msgspec
from nacl import pwhash
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from majlis.crypto import Chance, SecretScalar, SigningKey
from majlis.errors import Fault, Malformed, Missing, Refused
from majlis.host.disk import write_file
from majlis.host.lock import FileLock

__all__ = ["MODERATE", "KeyEntry", "Keyring", "Passphrase", "Secret", "Strength"]

_FORMAT: Final = "majlis-keyring/1"
_MAX_FILE: Final = 64 * 2**20
_MAX_OPS: Final = 16
_MAX_MEMORY: Final = 2**30
LEAST_CHARACTERS: Final = 8


class Strength(msgspec.Struct, frozen=True, kw_only=True):
    """The cost of one guess at the passphrase: Argon2id passes, and bytes of memory."""

    ops: int
    memory: int


MODERATE: Final = Strength(ops=pwhash.argon2id.OPSLIMIT_MODERATE, memory=pwhash.argon2id.MEMLIMIT_MODERATE)
"""About a second and 256 MB on an old laptop."""


class Secret:
    """Bytes that nobody else may learn: redacted, without equality, never pickled."""

    __slots__ = ("_bytes",)

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, secret: bytes) -> None:
        self._bytes = secret

    def reveal(self) -> bytes:
        """The bytes themselves; for libsodium and for the encrypted file."""
        return self._bytes

    def __repr__(self) -> str:
        return "Secret(<redacted>)"

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("secrets are not compared")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not copied into other formats; keep it in the keyring")


class Passphrase(Secret):
    """What a person remembers. Raises: Malformed, when it is empty."""

    def __init__(self, text: str) -> None:
        if not text:
            raise Malformed("the passphrase is empty; choose some words that nobody would guess")
        super().__init__(unicodedata.normalize("NFC", text).encode())


class KeyEntry(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One key. ``kind``: what it is for, such as ``log``, ``charter``, ``witness``, ``credential``.

    ``public``: hex of the public half. ``secret``: 32 bytes, an Ed25519 seed or a scalar, as the kind says. ``body``:
    the identity of the body it serves, empty where none. ``notes``: what else its holder must remember, no secrets.
    """

    name: str
    kind: str
    public: str
    secret: Secret
    body: str = ""
    notes: dict[str, str] = {}

    def signing_key(self) -> SigningKey:
        """The secret as an Ed25519 seed. Raises: Malformed, when its public half is not this entry's."""
        key = SigningKey(self.secret.reveal())
        if key.public_key.hex() != self.public:
            raise Malformed(f"the key {self.name!r} ({self.kind}) is not one that signs", where=self.name)
        return key

    def scalar(self) -> SecretScalar:
        """The secret as a scalar. Raises: Malformed, when it is none."""
        return SecretScalar(self.secret.reveal())


class _Stored(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry as it lies in the box."""

    name: str
    kind: str
    public: str
    secret: bytes
    body: str = ""
    notes: dict[str, str] = {}


class _Argon(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    ops: int
    memory: int
    salt: bytes


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: str
    argon2id: _Argon
    nonce: bytes
    box: bytes
    sha256: str


class Keyring:
    """An open keyring. Two programs may have one open: each change is made on what the file holds then."""

    def __init__(self, path: Path, passphrase: Passphrase) -> None:
        """Opens the file. Raises: Missing; Malformed, when damaged; Refused, with a wrong passphrase."""
        self.path = path
        self._passphrase = passphrase
        self._key: tuple[_Argon, Secret] | None = None
        self._entries: dict[str, KeyEntry] = {}
        self._read()

    @classmethod
    def create(cls, path: Path, passphrase: Passphrase, chance: Chance, strength: Strength = MODERATE) -> Keyring:
        """A new keyring without keys, for its owner's eyes only (mode 0600).

        Raises: Refused, where one is already; Refused with R-KEYRING-3, under a passphrase that is soon tried.
        """
        if len(passphrase.reveal().decode()) < LEAST_CHARACTERS:
            raise Refused(
                f"a passphrase has at least {LEAST_CHARACTERS} characters, and better six words nobody would guess: "
                "whoever seizes this machine has all the time to try",
                rule="R-KEYRING-3",
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(path.name + ".lock")):
            if path.exists():
                raise Refused("there is a keyring here already; open it, or choose another name", where=str(path))
            made = cls.__new__(cls)
            made.path = path
            made._passphrase = passphrase
            made._entries = {}
            argon = _Argon(ops=strength.ops, memory=strength.memory, salt=chance(pwhash.argon2id.SALTBYTES))
            made._key = (argon, _stretch(passphrase, argon, path))
            made._write({}, chance)
        return made

    def names(self) -> tuple[str, ...]:
        """The names of all keys, sorted."""
        return tuple(sorted(self._entries))

    def entries(self) -> tuple[KeyEntry, ...]:
        """All keys, by name."""
        return tuple(self._entries[name] for name in self.names())

    def get(self, name: str) -> KeyEntry:
        """Raises: Missing, when there is no such key."""
        try:
            return self._entries[name]
        except KeyError:
            held = ", ".join(self.names()[:8]) or "none yet"
            raise Missing(f"this keyring holds no key {name!r} (it holds: {held})", where=str(self.path)) from None

    def add(self, *entries: KeyEntry, chance: Chance) -> None:
        """The keys are in the file, durably. A name is given once. Raises: Refused, when one is taken."""
        with FileLock(self.path.with_name(self.path.name + ".lock")):
            self._read()
            grown = dict(self._entries)
            for entry in entries:
                if entry.name in grown:
                    raise Refused(
                        f"this keyring has a key {entry.name!r} already; choose another name", where=str(self.path)
                    )
                grown[entry.name] = entry
            self._write(grown, chance)

    def forget(self, name: str, *, chance: Chance) -> None:
        """The key is no longer in the file. What a disk keeps of older writings is beyond this program.

        Raises: Missing, when there is no such key.
        """
        with FileLock(self.path.with_name(self.path.name + ".lock")):
            self._read()
            self.get(name)
            self._write({held: entry for held, entry in self._entries.items() if held != name}, chance)

    def draw(self, name: str, kind: str, *, chance: Chance, body: str = "", **notes: str) -> KeyEntry:
        """A new Ed25519 key is in the file. Raises: Refused, when the name is taken."""
        seed = chance(32)
        public = SigningKey(seed).public_key.hex()
        entry = KeyEntry(name=name, kind=kind, public=public, secret=Secret(seed), body=body, notes=notes)
        self.add(entry, chance=chance)
        return entry

    def __repr__(self) -> str:
        return f"Keyring({str(self.path)!r}, {len(self._entries)} keys, <redacted>)"

    def _read(self) -> None:
        file = _read_file(self.path)
        if self._key is None or self._key[0] != file.argon2id:
            self._key = (file.argon2id, _stretch(self._passphrase, file.argon2id, self.path))
        try:
            plain = SecretBox(self._key[1].reveal()).decrypt(file.box, file.nonce)
        except CryptoError:
            self._key = None
            raise Refused(
                "this passphrase does not open the keyring; type it again", where=str(self.path), rule="R-KEYRING-2"
            ) from None
        try:
            stored = msgspec.json.decode(plain, type=list[_Stored])
        except msgspec.MsgspecError as error:
            raise _damaged(self.path, f"its keys do not parse: {error}") from None
        self._entries = {
            one.name: KeyEntry(
                name=one.name,
                kind=one.kind,
                public=one.public,
                secret=Secret(one.secret),
                body=one.body,
                notes=one.notes,
            )
            for one in stored
        }

    def _write(self, entries: dict[str, KeyEntry], chance: Chance) -> None:
        assert self._key is not None
        argon, key = self._key
        plain = msgspec.json.encode(
            [
                _Stored(
                    name=entry.name,
                    kind=entry.kind,
                    public=entry.public,
                    secret=entry.secret.reveal(),
                    body=entry.body,
                    notes=entry.notes,
                )
                for entry in entries.values()
            ]
        )
        nonce = chance(SecretBox.NONCE_SIZE)
        box = SecretBox(key.reveal()).encrypt(plain, nonce).ciphertext
        outer = {
            "format": _FORMAT,
            "argon2id": {"ops": argon.ops, "memory": argon.memory, "salt": b64encode(argon.salt).decode()},
            "nonce": b64encode(nonce).decode(),
            "box": b64encode(box).decode(),
        }
        try:
            write_file(self.path, msgspec.json.encode({**outer, "sha256": _sum(outer)}) + b"\n", mode=0o600)
        except OSError as error:
            raise Fault(
                f"the keyring could not be written ({error}); the old one is unchanged",
                where=str(self.path),
                rule="R-KEYRING-1",
            ) from error
        self._entries = entries


def _sum(outer: dict[str, Any]) -> str:
    return sha256(msgspec.json.encode(outer)).hexdigest()


def _damaged(path: Path, why: str) -> Malformed:
    return Malformed(
        f"this keyring is damaged ({why}); take your other copy of it, or your recovery keys",
        where=str(path),
        rule="R-KEYRING-2",
    )


def _read_file(path: Path) -> _File:
    try:
        with path.open("rb") as stream:
            data = stream.read(_MAX_FILE + 1)
    except FileNotFoundError:
        raise Missing("there is no keyring here; create one, or name the file", where=str(path)) from None
    except OSError as error:
        raise Fault(f"the keyring could not be read ({error})", where=str(path)) from error
    if len(data) > _MAX_FILE:
        raise _damaged(path, f"it is larger than {_MAX_FILE} bytes")
    try:
        outer = msgspec.json.decode(data, type=dict[str, Any])
        file = msgspec.convert(outer, type=_File)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _damaged(path, f"it does not parse: {error}") from None
    if _sum({name: value for name, value in outer.items() if name != "sha256"}) != file.sha256:
        raise _damaged(path, "its checksum fails")
    argon = file.argon2id
    if file.format != _FORMAT:
        raise Malformed(
            f"this keyring has the format {file.format[:40]!r}, and this program knows {_FORMAT}",
            where=str(path),
            rule="R-KEYRING-2",
        )
    if (
        not 1 <= argon.ops <= _MAX_OPS
        or not pwhash.argon2id.MEMLIMIT_MIN <= argon.memory <= _MAX_MEMORY
        or len(argon.salt) != pwhash.argon2id.SALTBYTES
        or len(file.nonce) != SecretBox.NONCE_SIZE
    ):
        raise _damaged(path, "its numbers are out of range")
    return file


def _stretch(passphrase: Passphrase, argon: _Argon, path: Path) -> Secret:
    try:
        key = pwhash.argon2id.kdf(
            SecretBox.KEY_SIZE, passphrase.reveal(), argon.salt, opslimit=argon.ops, memlimit=argon.memory
        )
    except (CryptoError, MemoryError):
        raise Fault(
            f"opening this keyring takes {argon.memory // 2**20} MB of memory; close other programs and try again",
            where=str(path),
        ) from None
    return Secret(key)

"""What somebody carries to check proofs of what is in force: whose word counts for one body (``spec/digest.md``).

    majlis-known/1\\n
    body <identity, 64 hex>\\n
    name en Assembly of the Valley\\n      one or more; no key depends on them
    log <vkey>\\n                          one or more: the log's key, and those it had before
    mirror <vkey>\\n                       one or more
    quorum 2\\n                            how many mirrors must have cosigned
    care-days 30\\n                        the charter's: older than this, it is too old

It is public and signed by nobody. Whoever gives it decides whom its reader believes, so it is had from one's own
committee. The act 0 of a body says the same, and proves itself to whoever knows the identity.
"""

from __future__ import annotations

import re
from typing import Final, NoReturn

import msgspec

from majlis.errors import Malformed
from majlis.host.federation import identity_of
from majlis.host.folder import founding_keys
from majlis.institutions import State, parse_act
from majlis.institutions.act import open_act
from majlis.institutions.logs import every_log
from majlis.institutions.state import founded
from majlis.record import CosignerKey, NoteKey, parse_cosigner_key, parse_decimal, parse_note_key

__all__ = ["KnownBody", "format_known", "known_of", "parse_known"]

_HEAD: Final = "majlis-known/1"
_MAX_SIZE: Final = 64 * 1024
_LINE: Final = re.compile(r"(body|name|log|mirror|quorum|care-days) ([^\x00-\x1f\x7f]{1,500})\Z")
_NAME: Final = re.compile(r"([a-z]{2,8}) (\S.*)\Z")
_HEX64: Final = re.compile(r"[0-9a-f]{64}\Z")
_MOST_DAYS: Final = 3650


class KnownBody(msgspec.Struct, frozen=True, kw_only=True):
    """Whose word counts for one body. ``names``: by language. ``is_proven``: it was read from the body's own act 0."""

    identity: str
    names: dict[str, str]
    logs: tuple[NoteKey, ...]
    mirrors: tuple[CosignerKey, ...]
    quorum: int
    care_days: int
    is_proven: bool = False


def known_of(state: State) -> KnownBody:
    """What the record itself says, at this state."""
    founding = founded(state)
    return KnownBody(
        identity=state.identity,
        names=dict(founding.names),
        logs=every_log(state),
        mirrors=tuple(parse_cosigner_key(vkey) for vkey in founding.mirrors),
        quorum=founding.mirror_quorum,
        care_days=state.charter.care_days,
    )


def format_known(known: KnownBody) -> bytes:
    """The bytes of the file."""
    lines = [_HEAD, f"body {known.identity}"]
    lines += [f"name {language} {name}" for language, name in sorted(known.names.items())]
    lines += [f"log {log.vkey}" for log in known.logs]
    lines += [f"mirror {mirror.vkey}" for mirror in known.mirrors]
    lines += [f"quorum {known.quorum}", f"care-days {known.care_days}"]
    return "".join(f"{line}\n" for line in lines).encode()


def parse_known(data: bytes) -> KnownBody:
    """R-DIGEST-7: the file, or an act 0 as logged. Raises: Malformed; Forged, for an act 0 with a false signature."""
    if data.startswith(b"majlis/1 "):
        return _from_act_0(data)
    try:
        lines = data[:_MAX_SIZE].decode("utf-8").split("\n")
    except UnicodeDecodeError:
        lines = []
    if len(data) > _MAX_SIZE or not lines or lines[0] != _HEAD or lines[-1]:
        _malformed(f"a file that begins with the line '{_HEAD}', or an act 0")
    found: dict[str, list[str]] = {}
    for line in lines[1:-1]:
        match = _LINE.match(line)
        if match is None:
            _malformed("lines 'body', 'name', 'log', 'mirror', 'quorum' and 'care-days', each with what it says")
        found.setdefault(match[1], []).append(match[2])
    names = [_NAME.match(name) for name in found.get("name", ())]
    if any(len(found.get(once, ())) != 1 for once in ("body", "quorum", "care-days")) or not all(names):
        _malformed("one body, one quorum, one 'care-days', and names with their language")
    identity, quorum, days = (found[once][0] for once in ("body", "quorum", "care-days"))
    if not _HEX64.match(identity):
        _malformed("the body as 64 hex digits")
    known = KnownBody(
        identity=identity,
        names={match[1]: match[2] for match in names if match},
        logs=tuple(parse_note_key(vkey) for vkey in found.get("log", ())),
        mirrors=tuple(parse_cosigner_key(vkey) for vkey in found.get("mirror", ())),
        quorum=parse_decimal(quorum),
        care_days=parse_decimal(days),
    )
    _check(known)
    return known


def _check(known: KnownBody) -> None:
    if not known.logs or len({mirror.public_key for mirror in known.mirrors}) != len(known.mirrors):
        _malformed("at least one log key, and each mirror once")
    if not 1 <= known.quorum <= len(known.mirrors) or not 1 <= known.care_days <= _MOST_DAYS:
        _malformed("a quorum of the mirrors that it names, and days from 1 on")


def _from_act_0(data: bytes) -> KnownBody:
    open_act(data)
    log, mirrors, quorum = founding_keys(data)
    act = parse_act(data)
    names, charter = act.data.get("names"), act.data.get("charter")
    days = charter.get("care_days") if isinstance(charter, dict) else None
    if not isinstance(names, dict) or type(days) is not int:
        _malformed("an act 0 with names and a charter")
    known = KnownBody(
        identity=identity_of([data]),
        names={str(language): str(name) for language, name in names.items()},
        logs=(log,),
        mirrors=tuple(mirrors),
        quorum=quorum,
        care_days=days,
        is_proven=True,
    )
    _check(known)
    return known


def _malformed(text: str) -> NoReturn:
    raise Malformed(
        f"whom to believe is expected as {text}; 'majlis in-force known' writes such a file", rule="R-DIGEST-7"
    )

"""The JSON profile: the one JSON object that every reader, in every language, understands alike (``spec/act.md``).

UTF-8 without a byte order mark, no key twice in one object, integers only and within 2^53 - 1, no half of a surrogate
pair, nested at most 8 deep. What breaks it has no meaning here, hence no effect.
"""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn

from majlis.errors import Malformed

MAX_DEPTH: Final = 8
MAX_INT: Final = 2**53 - 1


def parse_profile(line: bytes) -> dict[str, Any]:
    """The JSON object that ``line`` is. Raises: Malformed with R-ACT-3."""
    try:
        value = json.loads(
            line.decode("utf-8"),
            object_pairs_hook=_no_duplicates,
            parse_float=_no_float,
            parse_int=_bounded_int,
            parse_constant=_no_float,
        )
    except (ValueError, RecursionError) as error:
        _fail(f"this must be one JSON object: {error}")
    if not isinstance(value, dict):
        _fail("this must be one JSON object")
    # Half of a surrogate pair can only be written with a backslash, and n brackets nest at most n deep.
    if b"\\" in line or line.count(b"{") + line.count(b"[") > MAX_DEPTH:
        _walk(value, 1)
    return value


def is_same(one: Any, other: Any) -> bool:
    """Whether two values of the profile are the same, types included: Python's ``True == 1`` is no JSON truth."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(is_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(is_same(*pair) for pair in zip(one, other, strict=True))
    return bool(one == other)


def _fail(text: str) -> NoReturn:
    raise Malformed(text, rule="R-ACT-3")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        _fail("a JSON object names the same key twice")
    return result


def _no_float(text: str) -> NoReturn:
    _fail(f"numbers are integers, found {text[:40]}")


def _bounded_int(text: str) -> int:
    if len(text) > 17 or text == "-0" or abs(value := int(text)) > MAX_INT:
        _fail(f"integers lie within 2^53 - 1, found {text[:40]}")
    return value


def _walk(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        _fail(f"JSON is nested at most {MAX_DEPTH} deep")
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            _fail("a JSON string holds half of a surrogate pair")
    elif isinstance(value, dict):
        for key, item in value.items():
            _walk(key, depth)
            _walk(item, depth + isinstance(item, dict | list))
    elif isinstance(value, list):
        for item in value:
            _walk(item, depth + isinstance(item, dict | list))

"""The groups that an election may name."""

from __future__ import annotations

from typing import Final

from majlis.crypto.edwards import ED25519
from majlis.crypto.finite_field import BELENIOS_2048, RFC_3526_2048
from majlis.crypto.group import Group
from majlis.errors import Refused

__all__ = ["group_named"]

_GROUPS: Final[dict[str, Group]] = {group.name: group for group in (ED25519, BELENIOS_2048, RFC_3526_2048)}


def group_named(name: str) -> Group:
    """The group of that name. Raises: Refused, for one that we do not know."""
    group = _GROUPS.get(name)
    if group is None:
        raise Refused(f"unknown group {name!r}; known are {', '.join(_GROUPS)}")
    return group

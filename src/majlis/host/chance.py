"""The chance port: where secrets, nonces and salts come from. Nothing below the host ever asks."""

from __future__ import annotations

import os
from collections.abc import Callable

__all__ = ["Chance", "chance"]

Chance = Callable[[int], bytes]
"""Gives so many bytes that nobody can guess."""


def chance(size: int) -> bytes:
    """``size`` bytes from the operating system's generator."""
    return os.urandom(size)

"""The one table of all kinds of act. What is not in it is void under rules version 1, for ever (R-ACT-8)."""

from __future__ import annotations

from typing import Final

from majlis.institutions import (
    assembly,
    clock,
    counting,
    decisions,
    delivery,
    elections,
    federation,
    founding,
    fund,
    keys,
    mandates,
    petitions,
    seats,
    succession,
)
from majlis.institutions.kinds import Kind

INSTITUTIONS: Final = (
    founding,
    succession,
    delivery,
    keys,
    clock,
    counting,
    federation,
    decisions,
    petitions,
    elections,
    seats,
    mandates,
    assembly,
    fund,
)
KINDS: Final[dict[str, Kind]] = {kind.name: kind for institution in INSTITUTIONS for kind in institution.KINDS}

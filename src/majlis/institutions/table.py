"""The one table of all kinds of act. What is not in it is void under rules version 1, for ever (R-ACT-8)."""

from __future__ import annotations

from typing import Final

from majlis.institutions import (
    assembly,
    clock,
    counting,
    decisions,
    elections,
    federation,
    founding,
    fund,
    keys,
    mandates,
    petitions,
    seats,
)
from majlis.institutions.kinds import Kind

KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for institution in (
        founding,
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
    for kind in institution.KINDS
}

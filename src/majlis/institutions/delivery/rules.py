"""That an act was handed in here for another body's record: proof with a time, whatever its own host says."""

from __future__ import annotations

from typing import Final

import msgspec

from majlis.errors import Refused
from majlis.institutions.charter import Hex64
from majlis.institutions.kinds import ANYONE, Context, Kind
from majlis.institutions.state import State


class Deliver(msgspec.Struct, frozen=True, kw_only=True):
    """``act`` is one for the record of ``body``; ``entry`` the SHA-256 of its entry as handed in, which is a blob."""

    body: Hex64
    act: Hex64
    entry: Hex64


def judge_deliver(context: Context) -> State:
    """R-DELIVER-1: it is for another record. What it is worth there, only that record's own fold says."""
    if context.data.body == context.state.identity:
        raise Refused("an act for this very record is logged itself, and needs no delivery", rule="R-DELIVER-1")
    return context.state


KINDS: Final = (
    Kind(
        name="act.deliver",
        data=Deliver,
        judge=judge_deliver,
        authors=(ANYONE,),
        warrant="the act that was handed in",
        early=True,
    ),
)

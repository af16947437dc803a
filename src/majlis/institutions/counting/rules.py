"""A figure counts once a counter of another body has countersigned it (``spec/census.md``)."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from majlis.errors import Refused
from majlis.institutions.certificate import Certificate, check_certificate
from majlis.institutions.charter import Count, Hex64
from majlis.institutions.kinds import ANYONE, Context, Kind, holds
from majlis.institutions.state import Figure, Link, State, founded, replace

PlaceId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,64}\Z")]


class Publish(msgspec.Struct, frozen=True, kw_only=True):
    """Inhabitants of the places named, by the list whose blob is ``source``."""

    inhabitants: Count
    places: Annotated[tuple[PlaceId, ...], Meta(min_length=1, max_length=500)]
    source: Hex64


class Countersign(msgspec.Struct, frozen=True, kw_only=True):
    """Another body's counter confirms the figure; ``certificate`` shows that the counter holds that office there."""

    figure: Hex64
    inhabitants: Count
    certificate: Certificate


def judge_publish(context: Context) -> State:
    """A claim, until it is countersigned (R-CENSUS-1)."""
    data: Publish = context.data
    if len(set(data.places)) != len(data.places):
        raise Refused("a place is counted once; the list names one twice", rule="R-CENSUS-1")
    figure = Figure(
        act=context.act.id,
        index=context.index,
        inhabitants=data.inhabitants,
        places=data.places,
        source=data.source,
    )
    return replace(context.state, census=figure)


def judge_countersign(context: Context) -> State:
    """R-CENSUS-2 the figure that stands; R-CENSUS-3 a counter in office in another body; the lower figure stands.

    The clerk signs beside, for otherwise anybody could found a body, make themselves its counter and spoil a figure.
    """
    state, data = context.state, context.data
    figure = state.census
    if figure is None or figure.act != data.figure or figure.countersigned is not None:
        raise Refused("there is no such figure, or it is countersigned already", rule="R-CENSUS-2")
    if context.act.author in state.keys or context.act.author in founded(state).charter_keys:
        raise Refused("the countersigner has a key of this body; a counter comes from another", rule="R-CENSUS-3")
    sender = check_certificate(context, data.certificate, ("found", "founding.confirm", "office.appoint"))
    if not holds(sender, context.act.author, "counter"):
        raise Refused("the countersigner holds no office of counter in the other body", rule="R-CENSUS-3")
    context.rests_on(figure.act, "figure")
    link = Link(body=data.certificate.body, act=data.certificate.act, role="counter")
    changed = replace(figure, countersigned=link, inhabitants=min(figure.inhabitants, data.inhabitants))
    return replace(state, census=changed)


def _clerk(_: State) -> tuple[str, int]:
    return "clerk", 1


KINDS: Final = (
    Kind(name="census.publish", data=Publish, judge=judge_publish, authors=("clerk",), warrant="the count", early=True),
    Kind(
        name="census.countersign",
        data=Countersign,
        judge=judge_countersign,
        authors=(ANYONE,),
        beside=_clerk,
        warrant="a counter's office in another body",
        early=True,
    ),
)

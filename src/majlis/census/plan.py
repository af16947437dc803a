"""A plan of seats and districts, and its one canonical form: the blob that the act ``plan.adopt`` names by its hash.

    {"amends":null,"bound":1,"districts":[{"attached":["b"],"crossing":false,"group":"Idlib","id":"saraqib","inhabitants":40569,
     "links":[["a","b"]],"name":"Saraqib","of":null,"places":["a","b"],"provisional":false,"seats":4,"ward":null}, ...],
     "effort":2,
     "format":"majlis-plan/v1","grouped":true,"max_magnitude":7,"measures":{"gini":"1/50",...},"measures_without_provisional":{...},
     "quota":10000,"rounding":"nearest","seed":"majlis","unknown":["c"]}

UTF-8 JSON on one line, fields by name, no blanks, one newline at the end; fractions as ``"numerator/denominator"`` in
lowest terms; ``places``, ``links``, ``attached`` and ``unknown`` sorted, districts by ``places`` and then by ward.
No position, no distance.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from majlis.census.apportion import Method
from majlis.census.measures import Measures
from majlis.census.places import MOST_PEOPLE
from majlis.census.seats import Rounding
from majlis.errors import Malformed

FORMAT = "majlis-plan/v1"
_MOST_BYTES = 64 * 2**20
_MOST_PARTS = 4_000_000  # What a comma parts: about fifty for a place is more than any plan has.
_FRACTION = re.compile(r"(0|[1-9][0-9]{0,63})/([1-9][0-9]{0,63})", re.ASCII)

Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Positive = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Quota = Annotated[int, Meta(ge=1, le=MOST_PEOPLE)]
Magnitude = Annotated[int, Meta(ge=1, le=1000)]
Slug = Annotated[str, Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=200)]
Hash = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Seed = Annotated[str, Meta(max_length=64)]


class District(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What elects delegates together.

    ``places`` and ``links`` (pairs of places within reach of each other) are the whole district's, and alike on all its
    wards; ``inhabitants`` and ``seats`` are the ward's own. ``ward`` n ``of`` m, both None where it is not divided.
    ``provisional``: a ward whose neighbourhoods are not counted yet. ``attached``: places that could reach no quota
    among their own and joined the nearest district. ``crossing``: pooled or attached across groups, as some group here
    has no district of its own. ``below``: below the quota, as no way leads to any other district. ``name`` and
    ``group``: of the largest place, and of most people, leaving out who is attached.
    """

    id: Slug
    name: str
    group: str
    places: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    attached: tuple[str, ...]
    crossing: bool
    below: bool
    inhabitants: Positive
    seats: Positive
    ward: Positive | None
    of: Positive | None
    provisional: bool

    @property
    def whole(self) -> str:
        """The id of the whole district: its own, without the number of the ward."""
        return self.id if self.ward is None else self.id.removesuffix(f"-{self.ward}")


class Plan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who elects how many delegates together, and the figures by which to judge it.

    ``seed`` and ``effort``: what chance was thrown from, and for how many rounds; with the places they give the same
    plan. ``amends``: the SHA-256 of the plan that this one was made from when the census changed. ``bound``: the proven
    maximum of pooled districts. ``grouped``: pooling kept within groups. ``size`` and
    ``method``: the seats of an assembly of fixed size. ``ways``: the SHA-256 of the table of ways, where there was one;
    ``only_ways`` is there, and true, where there are no links but those in it.
    ``unknown``: places with no known population.
    """

    format: str = FORMAT
    quota: Quota
    rounding: Rounding
    size: Positive | None
    method: Method | None
    max_magnitude: Magnitude
    seed: Seed
    effort: Count
    ways: Hash | None
    only_ways: Literal[True] | UnsetType = UNSET
    amends: Hash | None = None
    grouped: bool
    bound: Count
    districts: tuple[District, ...]
    unknown: tuple[str, ...]
    measures: Measures
    measures_without_provisional: Measures

    @property
    def seats(self) -> int:
        """All seats."""
        return sum(d.seats for d in self.districts)

    @property
    def inhabitants(self) -> int:
        """All inhabitants of places with a known population."""
        return sum(d.inhabitants for d in self.districts)


def format_plan(plan: Plan) -> bytes:
    """The canonical bytes of ``plan``."""
    return msgspec.json.encode(plan, enc_hook=_format_fraction, order="sorted") + b"\n"


def parse_plan(data: bytes) -> Plan:
    """The plan of canonical bytes.

    Raises:
        Malformed: they are not a plan, or not in the one form that ``format_plan`` gives (R-PLAN-12).
    """
    if len(data) > _MOST_BYTES:
        raise Malformed(f"a plan of {len(data)} bytes; at most {_MOST_BYTES} are read", rule="R-PLAN-12")
    if data.count(b",") > _MOST_PARTS:
        raise Malformed(f"a plan of more than {_MOST_PARTS} parts; split it by region", rule="R-PLAN-12")
    try:
        plan = msgspec.json.decode(data, type=Plan, dec_hook=_parse_fraction)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as wrong:
        raise Malformed(f"this is not a plan: {wrong}; expected the form of spec/plan.md", rule="R-PLAN-12") from None
    if plan.format != FORMAT:
        raise Malformed(f"format {plan.format!r}; this program reads {FORMAT!r}", rule="R-PLAN-12")
    if format_plan(plan) != data:
        raise Malformed("the plan is not in its canonical form; write it anew with format_plan", rule="R-PLAN-12")
    return plan


def _format_fraction(value: object) -> str:
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    raise NotImplementedError(type(value))


def _parse_fraction(kind: type, value: object) -> Fraction:
    if kind is Fraction and isinstance(value, str) and (parts := _FRACTION.fullmatch(value)):
        return Fraction(int(parts[1]), int(parts[2]))
    raise ValueError("expected a fraction such as 1/3")

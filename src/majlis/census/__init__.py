"""Census to seats: places read from a table, districts drawn, and any plan checked without drawing it again.

Implements ``spec/plan.md``. ``parse_places`` reads, ``draw_plan`` plans, ``check_plan`` judges, ``format_plan`` and
``parse_plan`` give and read the blob that an act names by its hash. Whole numbers and fractions throughout.
"""

from majlis.census.check import check_plan, is_pooled
from majlis.census.draw import DEFAULT_EFFORT, DEFAULT_SEED, Drawing, draw_plan
from majlis.census.ground import coarsen
from majlis.census.measures import Measures, measure
from majlis.census.places import MOST_BYTES, MOST_PEOPLE, Place, Places, parse_places
from majlis.census.plan import District, Plan, format_plan, parse_plan
from majlis.census.seats import ROUNDINGS, Rounding, seats_for

__all__ = [
    "DEFAULT_EFFORT",
    "DEFAULT_SEED",
    "MOST_BYTES",
    "MOST_PEOPLE",
    "ROUNDINGS",
    "District",
    "Drawing",
    "Measures",
    "Place",
    "Places",
    "Plan",
    "Rounding",
    "check_plan",
    "coarsen",
    "draw_plan",
    "format_plan",
    "is_pooled",
    "measure",
    "parse_places",
    "parse_plan",
    "seats_for",
]

"""Census to seats: places read from a table, districts drawn, and any plan checked without drawing it again.

Implements ``spec/plan.md``. ``parse_places`` reads, ``draw_plan`` plans, ``check_plan`` judges, ``format_plan`` and
``parse_plan`` give and read the blob that an act names by its hash. Whole numbers and fractions throughout.
"""

from majlis.census.apportion import METHODS, Method, apportion
from majlis.census.block import blocks_of
from majlis.census.check import check_plan, is_pooled
from majlis.census.compare import Figures, Verdict, compare_plans, figures, moved_places
from majlis.census.draw import DEFAULT_EFFORT, DEFAULT_SEED, Drawing, amend_plan, draw_plan, priced_grounds, prove_bound
from majlis.census.ground import coarsen
from majlis.census.lorenz import lorenz_curve, lorenz_picture
from majlis.census.measures import Measures, measure
from majlis.census.places import MOST_BYTES, MOST_LINES, MOST_PEOPLE, Place, Places, parse_places
from majlis.census.plan import District, Plan, format_plan, parse_plan
from majlis.census.price import format_prices, parse_prices
from majlis.census.seats import ROUNDINGS, Rounding, seats_for
from majlis.census.travel import Travel, travel
from majlis.census.ways import Ways, parse_ways

__all__ = [
    "DEFAULT_EFFORT",
    "DEFAULT_SEED",
    "METHODS",
    "MOST_BYTES",
    "MOST_LINES",
    "MOST_PEOPLE",
    "ROUNDINGS",
    "District",
    "Drawing",
    "Figures",
    "Measures",
    "Method",
    "Place",
    "Places",
    "Plan",
    "Rounding",
    "Travel",
    "Verdict",
    "Ways",
    "amend_plan",
    "apportion",
    "blocks_of",
    "check_plan",
    "coarsen",
    "compare_plans",
    "draw_plan",
    "figures",
    "format_plan",
    "format_prices",
    "is_pooled",
    "lorenz_curve",
    "lorenz_picture",
    "measure",
    "moved_places",
    "parse_places",
    "parse_plan",
    "parse_prices",
    "parse_ways",
    "priced_grounds",
    "prove_bound",
    "seats_for",
    "travel",
]

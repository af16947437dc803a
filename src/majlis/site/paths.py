"""Where each page lies below ``pages/<language>/``, and public files beside ``pages/``. One rule for all links."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

HOME: Final = "index.html"
CHECK: Final = "check.html"
IN_FORCE: Final = "in-force"
"""The folder beside those of the languages; what lies in it is the same in all of them."""

ACTS_A_PAGE: Final = 50
SEATS_A_PAGE: Final = 100
BODIES_A_PAGE: Final = 100
DISTRICTS_A_PAGE: Final = 48
ROWS_A_PAGE: Final = 50
VOTES_A_PAGE: Final = 50


def body(slug: str) -> str:
    """The home of a body."""
    return f"{slug}/index.html"


def act(slug: str, index: int) -> str:
    """The page of the act at this position."""
    return f"{slug}/act-{index}.html"


def listing(slug: str, what: str, page: int = 1) -> str:
    """A page of a register: ``record``, ``motions``, ``elections``, ``petitions``, ``seats``, ``map``."""
    return f"{slug}/{what}-{page}.html"


def charter(slug: str) -> str:
    """The charter of a body."""
    return f"{slug}/charter.html"


def motion(slug: str, index: int, page: int = 1) -> str:
    """The motion tabled at this position; a long roll call goes on on further pages."""
    return f"{slug}/motion-{index}.html" if page == 1 else f"{slug}/motion-{index}-{page}.html"


def election(slug: str, index: int) -> str:
    """The secret ballot announced at this position."""
    return f"{slug}/election-{index}.html"


def petition(slug: str, index: int) -> str:
    """The petition opened at this position."""
    return f"{slug}/petition-{index}.html"


def delegate(slug: str, key: str) -> str:
    """The delegate with this key, in the assembly ``slug``."""
    return f"{slug}/delegate-{key}.html"


def bodies(page: int) -> str:
    """A page of the list of all bodies."""
    return f"bodies-{page}.html"


def box(uuid: str) -> str:
    """The archive of a ballot box, from the public folder."""
    return f"boxes/{uuid}.bel"


def blob(digest: str) -> str:
    """A blob, from the public folder."""
    return f"blobs/sha256/{digest[:2]}/{digest}"


def record(origin: str) -> str:
    """The checkpoint of a record, from the public folder."""
    return f"{sha256(origin.encode()).hexdigest()}/checkpoint"


def in_force(identity: str, statement: str) -> str:
    """The file that shows a statement in force in a body, from the public folder."""
    return f"pages/{IN_FORCE}/{identity}/{sha256(statement.encode()).hexdigest()[:32]}.in-force"


def relative(start: str, target: str) -> str:
    """The link from one page to another; both paths from the same folder, with no ``.`` or ``..`` in them."""
    here, there = start.split("/")[:-1], target.split("/")
    common = 0
    while common < min(len(here), len(there) - 1) and here[common] == there[common]:
        common += 1
    return "/".join([*[".."] * (len(here) - common), *there[common:]])


def pages_for(count: int, each: int) -> int:
    """How many pages hold ``count`` rows; an empty register has one page."""
    return max(1, -(-count // each))

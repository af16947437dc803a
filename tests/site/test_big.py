"""A large federation: whatever the numbers and however long the names, every page stays under 60 KB."""

from __future__ import annotations

import re

import pytest
from tests.site.books import START, Book, FakeSource, adopted, district, hexed, key, plan_of

from majlis.institutions.state import Decision, Link, Map, MemberBody, Motion, Seat, Vote
from majlis.site import render_page
from majlis.site.library import Library
from majlis.site.pages import page_paths
from majlis.site.registry import PAGES

MOST = 60 * 1024
DISTRICTS, SEATS = 120, 5
LONG = "جمعية أهالي الحي القديم والمخيم المجاور له · Committee of the old quarter and of the camp beside it "


@pytest.fixture(scope="module")
def large() -> FakeSource:
    """An assembly of 600 seats with long names, in which everybody voted; and two hundred bodies."""
    plan = plan_of([district(f"d{number}", f"{LONG}{number}", SEATS) for number in range(DISTRICTS)])
    assembly = Book("assembly", "assembly", {"en": f"Assembly {LONG}", "ar": LONG})
    bodies = [Book(f"d{number}", "committee", {"en": f"{LONG}{number}", "ar": LONG}) for number in range(DISTRICTS)]
    adopt = assembly.log("plan.adopt", {"inhabitants": plan.inhabitants})
    text = (LONG * 100).encode()
    motion = assembly.log("motion.table", {"text": hexed("text")})
    members, votes, seated = {}, {}, {}
    for number, body in enumerate(bodies):
        result = body.log("election.result", {"votes": [number]})
        link = Link(body=body.identity, act=result, role="election")
        held = []
        for place in range(SEATS):
            name = f"{LONG}{number}.{place}"
            act = assembly.log(
                "vote.cast", {"motion": motion, "choice": "yes"}, author=name, on=[(body, result, "election")]
            )
            held.append(Seat(key=key(name), name=name, votes=40, index=1, since=START, election=link, result_index=1))
            votes[key(name)] = Vote(
                key=key(name), district=body.identity, choice="yes", act=act, index=assembly.at(act), label="free"
            )
            seated[key(name)] = body.identity
        members[body.identity] = MemberBody(
            district=f"d{number}",
            names=body.names,
            inhabitants=47_500,
            seats=SEATS,
            provisional=False,
            act=adopt,
            index=1,
            joined=1,
            census=Link(body=body.identity, act=result, role="census"),
            held=tuple(held),
        )
    for _ in range(60):
        assembly.log("spend.order", {"purpose": "x" * 64}, status="void", rule="R-WARRANT-1", text=LONG * 3)
    closed = assembly.log(
        "motion.close", {"motion": motion}, on=[(assembly, vote.act, "vote") for vote in votes.values()]
    )
    assembly.parts |= {
        "plan": adopted(assembly, adopt, plan),
        "bodies": members,
        "seated": seated,
        "motions": {motion: Motion(index=assembly.at(motion), author=key("clerk"), text=hexed("text"), grants=())},
        "decisions": {
            closed: Decision(
                contest_days=7,
                motion=motion,
                how="rollcall",
                yes=600,
                no=0,
                abstain=0,
                roll=600,
                carried=True,
                index=assembly.at(closed),
            )
        },
        "votes": {motion: Map(votes)},
    }
    source = FakeSource([assembly, *bodies], plan)
    source.blobs[hexed("text")] = text
    return source


def test_every_sort_of_page_of_a_large_federation_is_light(large: FakeSource) -> None:
    library = Library(large, every_act=False)
    heaviest: dict[str, tuple[int, str]] = {}
    for page in PAGES:
        found = list(page.listing(library))
        registers = [path for path in found if re.match(r"assembly/(record|motion|seats|map|index|charter)", path)]
        for path in {*found[:4], *found[-2:], *registers}:
            for lang in ("en", "ar"):
                weight = len(render_page(large, f"{lang}/{path}"))
                heaviest[page.template] = max(heaviest.get(page.template, (0, "")), (weight, f"{lang}/{path}"))
    assert {name: found for name, found in heaviest.items() if found[0] >= MOST} == {}


def test_the_decision_of_six_hundred_shows_its_chain_and_counts_the_rest(large: FakeSource) -> None:
    assembly = large.books[0]
    index = len(assembly.entries) - 1
    text = render_page(large, f"en/assembly/act-{index}.html").decode()
    assert "and 596 more like these" in text
    assert len(text) < MOST


def test_registers_are_paged_by_fifty_acts_and_a_hundred_seats(large: FakeSource) -> None:
    paths = list(page_paths(Library(large, every_act=False)))
    size = len(large.books[0].entries)
    assert sum(path.startswith("assembly/record-") for path in paths) == -(-size // 50)
    assert sum(path.startswith("assembly/seats-") for path in paths) == 6
    assert sum(path.startswith("assembly/motion-") for path in paths) == 12
    assert sum(path.startswith("bodies-") for path in paths) == 2

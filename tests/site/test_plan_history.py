"""How the plan of seats came about, on the page of the districts."""

from __future__ import annotations

from hashlib import sha256

import pytest
from tests.site.books import adopted, hexed
from tests.site.reading import read
from tests.site.valley import World

from majlis.census import amend_plan, draw_plan, format_plan, parse_places
from majlis.institutions.plans import Challenge
from majlis.institutions.state import Map, replace
from majlis.site import render_page

OLD = b"""id,name,group,population,lat,lon
a,Aqra,Valley,6000,35.00,37.00
b,Biza,Valley,6000,35.02,37.00
c,Cara,Valley,6000,35.04,37.00
d,Dura,Valley,6000,35.06,37.00
e,Esra,Valley,6000,35.08,37.00
"""
NEW = OLD.replace(b"Aqra,Valley,6000", b"Aqra,Valley,12000")


@pytest.fixture
def world() -> World:
    """An assembly whose first plan was amended, with a worse one put forward and two plans laid beside that."""
    world = World()
    first = draw_plan(parse_places(OLD))
    second = amend_plan(first, parse_places(NEW))
    together = NEW.replace(b",lat,lon", b",lat,lon,together").replace(b"37.00\n", b"37.00,x\n")
    together = together.replace(b"12000,35.00,37.00,x", b"12000,35.00,37.00,")
    third = replace(draw_plan(parse_places(together)), bound=2)
    blobs = {sha256(data).hexdigest(): data for data in (*map(format_plan, (first, second, third)), OLD, NEW)}
    digests = [sha256(format_plan(plan)).hexdigest() for plan in (first, second, third)]
    world.source.blobs.update(blobs)
    world.source._plan = second
    book = world.assembly
    acts = [book.log("plan.amend", {"inhabitants": plan.inhabitants}) for plan in (first, second, third)]
    tables = [sha256(table).hexdigest() for table in (OLD, NEW, NEW)]
    plans = [
        replace(adopted(book, act, plan), blob=digest, places=table)
        for act, plan, digest, table in zip(acts, (first, second, third), digests, tables, strict=True)
    ]
    laid = [book.log("plan.challenge", {"of": acts[2], "plan": digest}) for digest in (digests[1], hexed("nowhere"))]
    book.parts |= {
        "plans": (plans[0],),
        "plan": plans[1],
        "amendment": plans[2],
        "challenges": Map(
            (f"{acts[2]} {blob}", Challenge(act=act, index=book.at(act), of=acts[2], blob=blob))
            for act, blob in zip(laid, (digests[1], hexed("nowhere")), strict=True)
        ),
    }
    world.source.refresh()
    return world


def test_every_plan_is_listed_with_who_moves_and_which_is_better(world: World) -> None:
    text = read(render_page(world.source, "en/assembly/map-1.html")).words
    history = text[text.index("How this plan came about") :]
    assert "was in force 2 districts for 30,000 inhabitants" in history
    assert "in force 3 districts for 36,000 inhabitants" in history
    assert "put forward 2 districts for 36,000 inhabitants accepted by 0 of 2 bodies" in history
    assert "laid beside it better, by the number of pooled districts" in history
    assert "cannot be compared: a table or a plan is not at hand here" in history


def test_a_plan_without_a_history_has_no_such_section() -> None:
    assert "How this plan came about" not in render_page(World().source, "en/assembly/map-1.html").decode()

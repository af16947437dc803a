"""A plan made with a table of ways is verified with that table, which travels as a blob (R-PLAN-14, R-VERIFY-7)."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from msgspec import UNSET
from msgspec.structs import replace
from tests.stories.play import copy_of, verify_program

from majlis.census import Plan, draw_plan, parse_places, parse_ways
from majlis.demo.federation import AFFILIATES, Federation
from majlis.demo.publishing import publish_bodies
from majlis.demo.setting import Setting
from majlis.demo.tell import QuietTeller
from majlis.demo.world import World
from majlis.host.layout import blob_path
from majlis.host.publish import write_sums
from majlis.host.trust import format_trust

PLACES = b"""id,name,population,lat,lon
spring,Upper Spring,21000,35.90,36.60
isle,Isle,6000,35.50,36.60
coast,Coast,6000,35.10,36.60
siege,Besieged,2000,35.91,36.60
"""
WAYS = b"from,to,minutes\nisle,coast,90\n"
pytestmark = pytest.mark.xdist_group("verify-ways")
ONLY = parse_ways(WAYS, ["spring", "isle", "coast", "siege"], only=True)
PLAN = draw_plan(parse_places(PLACES), ways=ONLY)


def publish(plan: Plan, folder: Path) -> Path:
    """The public folder of an assembly that adopted ``plan`` and admitted its districts; beside it whom to trust."""
    setting = Setting(folder / "host", map)
    setting.found_witnesses([*(slug for slug, _ in AFFILIATES), "assembly"])
    world = World(setting, QuietTeller())
    federation = Federation(world, plan, None, 12, map)
    federation.source = world.host.blobs.put(PLACES)
    world.host.blobs.put(WAYS)
    federation.found(setting.mirror_keys, 2)
    world.tick()
    federation.countersign()
    federation.constitute()
    federation.admit()
    world.tick()
    world.seal_all()
    publish_bodies(world.host, federation.everyone(), folder / "public")
    (folder / "trust.txt").write_text(format_trust([federation.districts[0].identity]))
    setting.close()
    return folder / "public"


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(PLAN, tmp_path_factory.mktemp("ways"))


def test_the_plan_needs_its_ways() -> None:
    assert [(d.id, d.below) for d in PLAN.districts] == [("coast", False), ("besieged", True), ("upper-spring", False)]
    assert PLAN.districts[0].links == (("coast", "isle"),)


def test_it_is_sound_with_its_table_at_hand(public: Path) -> None:
    """R-VERIFY-7, and R-VERIFY-10: the act that adopts the plan names the table, so it travels with the record."""
    code, found = verify_program(public, "--trust", public.parent / "trust.txt")
    assert (code, found["findings"]) == (0, [])


def test_without_its_table_the_verdict_is_incomplete(public: Path, tmp_path: Path) -> None:
    folder = copy_of(public, tmp_path / "public")
    (folder / blob_path(ONLY.sha256)).unlink()
    write_sums(folder)
    code, found = verify_program(folder, "--trust", public.parent / "trust.txt")
    assert code == 3
    (missing,) = found["findings"]
    assert (missing["kind"], missing["rule"], missing["file"]) == ("missing", "R-VERIFY-7", blob_path(ONLY.sha256))


def test_without_the_table_of_places_too_that_one_is_missing_first(public: Path, tmp_path: Path) -> None:
    folder = copy_of(public, tmp_path / "public")
    table = blob_path(sha256(PLACES).hexdigest())
    for path in (table, blob_path(ONLY.sha256)):
        (folder / path).unlink()
    write_sums(folder)
    code, found = verify_program(folder, "--trust", public.parent / "trust.txt")
    assert (code, [(finding["kind"], finding["file"]) for finding in found["findings"]]) == (3, [("missing", table)])


def test_a_plan_that_the_table_does_not_bear_out_fails(tmp_path: Path) -> None:
    """It calls a place cut off by a table that it does not say holds all ways; without the table that is not seen."""
    folder = publish(replace(PLAN, only_ways=UNSET), tmp_path)
    code, found = verify_program(folder, "--trust", tmp_path / "trust.txt")
    assert code == 1
    (failure,) = found["findings"]
    assert (failure["kind"], failure["rule"]) == ("failure", "R-PLAN-15")
    assert "below the quota, though nothing keeps siege from" in failure["text"]

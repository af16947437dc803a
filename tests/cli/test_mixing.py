"""Practice and earnest do not mix, whichever way a record comes, and whatever it is called (R-NODE-1, R-BUNDLE-5)."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.village import HERE, Village
from tests.host.stick import Body

from majlis.host.node import Node
from majlis.host.publish import publish_record, write_index, write_sums
from majlis.site.folder import FolderSource
from majlis.site.live import DataSource

pytestmark = pytest.mark.xdist_group("village")

SIMULATED = "simulated-clock"


def shelf(folder: Path, *notices: str, slug: str = "north", seed: int = 1) -> Path:
    """A body with an earnest name in a public folder, with these notices."""
    body = Body(slug, seed, acts=3)
    publish_record(folder, body.record(), body.note(body.record(), 0))
    write_index(folder, [body.index], notices)
    write_sums(folder)
    return folder


@pytest.fixture
def earnest(founded: Village) -> Village:
    """The village practises; beside it is a folder with a real clock, and a witness."""
    founded.run("real", "node", "new", "--keeper", "zeina")
    founded.run("real", "key", "new", "zeina")
    founded.run("real", "witness", "new", "real-mirror", "--out", "stick/real.witness")
    founded.run(HERE, "node", "give", "stick/public")
    return founded


@pytest.mark.parametrize("way", [("node", "take"), ("witness", "cosign")])
def test_what_is_simulated_by_its_notices_stays_out_of_an_earnest_folder(
    earnest: Village, way: tuple[str, str]
) -> None:
    """R-NODE-1"""
    public = shelf(earnest.root / "demo", SIMULATED)
    outcome = earnest.try_("real", *way, public)
    assert outcome.code == 1
    assert "R-NODE-1" in outcome.out
    assert earnest.run("real", "node", "show", "--json").json["bodies"] == []
    earnest.run(HERE, "node", "take", public)
    assert earnest.try_(HERE, "node", "take", shelf(earnest.root / "other", slug="south", seed=2)).code == 1
    assert list(DataSource(Node(earnest.root / HERE)).notices) == [SIMULATED]


@pytest.mark.parametrize("way", [("node", "take"), ("witness", "cosign")])
def test_what_is_simulated_by_its_name_stays_out_without_any_notice(earnest: Village, way: tuple[str, str]) -> None:
    """R-NODE-1: nobody signs an index."""
    public = earnest.stick / "public"
    index = public / "index.json"
    index.write_text(index.read_text().replace(f'"{SIMULATED}"', ""))
    outcome = earnest.try_("real", *way, public)
    assert outcome.code == 1
    assert "R-NODE-1" in outcome.out
    assert SIMULATED in FolderSource(public).notices, "its pages say so all the same"


def test_nothing_is_given_into_a_folder_of_the_other_kind(earnest: Village) -> None:
    """R-NODE-1"""
    earnest.run("real", "node", "take", shelf(earnest.root / "earnest"))
    for where, public in (("real", "stick/public"), (HERE, "earnest")):
        outcome = earnest.try_(where, "node", "give", "--cosigned", public)
        assert outcome.code == 1
        assert "R-NODE-1" in outcome.err
    earnest.run("real", "node", "give", "--cosigned", "real-public")


@pytest.mark.parametrize("is_said", [True, False])
def test_no_bundle_brings_one_kind_into_a_folder_of_the_other(earnest: Village, is_said: bool) -> None:
    """R-BUNDLE-5: by what the bundle says, and by the names in it."""
    index = earnest.stick / "public" / "index.json"
    if not is_said:
        index.write_text(index.read_text().replace(f'"{SIMULATED}"', ""))
    earnest.run(HERE, "bundle", "stick/public", "-o", "practice.majlis")
    earnest.run("real", "bundle", shelf(earnest.root / "earnest"), "-o", "earnest.majlis")
    for first, second in (("practice", "earnest"), ("earnest", "practice")):
        earnest.run("real", "import", f"{first}.majlis", "--into", f"into-{first}")
        outcome = earnest.try_("real", "import", f"{second}.majlis", "--into", f"into-{first}")
        assert outcome.code == 1
        assert "R-BUNDLE-5" in outcome.err

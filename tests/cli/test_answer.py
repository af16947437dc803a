"""Witnesses by mail: a bundle goes out, small ones come home with lines, and the record knows the time (R-BUNDLE-8)."""

from __future__ import annotations

import pytest
from tests.cli.village import ABROAD, HERE, Village

from majlis.host.unzip import open_archive

pytestmark = pytest.mark.xdist_group("village")


def bundle(village: Village, *words: object) -> None:
    village.run(HERE, "node", "give", "stick/public")
    village.run(HERE, "bundle", "stick/public", "-o", "friday.majlis", "--record", "hilltop", *words)


def test_a_bundle_is_answered_by_mail(founded: Village) -> None:
    """R-BUNDLE-8: nothing but two files passes between the two, and the second is small."""
    founded.run(HERE, "propose", "hilltop", "--text", "Shall we?", "--as", "amal")
    size = len(founded.acts())
    bundle(founded)
    told = founded.run(ABROAD, "witness", "answer", "friday.majlis", "--out", "answer.majlis").out
    assert "majlis import" in told
    assert len(founded.acts(ABROAD)) == size, "the mirror holds what it cosigned"
    with open_archive(founded.root / "answer.majlis") as archive:
        assert not any("/tile/" in name or "/delta-" in name or "blobs/" in name for name in archive.members)
    told = founded.run(HERE, "import", "answer.majlis", "--into", "stick/public").out
    assert f"hilltop: {size} entries as before, with new cosignatures" in told
    founded.run(HERE, "tick", "hilltop", "--from", "stick/public")
    assert founded.acts()[-1]["kind"] == "tick"
    assert founded.acts()[-1]["status"] == "in-force"


def test_an_update_is_answered_from_what_is_held(founded: Village) -> None:
    size = len(founded.acts(ABROAD))
    founded.run(HERE, "propose", "hilltop", "--text", "Shall we?", "--as", "amal")
    bundle(founded, "--from", size)
    founded.run(ABROAD, "witness", "answer", "friday.majlis", "--out", "answer.majlis")
    founded.run(HERE, "import", "answer.majlis", "--into", "stick/public")
    founded.run(HERE, "tick", "hilltop", "--from", "stick/public")


def test_what_cannot_be_cosigned_is_said(founded: Village) -> None:
    """An update of a record that the mirror does not hold, a record that it does not trust, and its own."""
    founded.run("third", "node", "new", "--keeper", "zeina", "--practice-clock", "clock")
    founded.run("third", "key", "new", "zeina")
    bundle(founded)
    assert founded.try_("third", "witness", "answer", "friday.majlis", "--out", "a.majlis").code == 3, "no witness"
    founded.run("third", "witness", "new", "third-mirror", "--out", "stick/third.witness")
    outcome = founded.try_("third", "witness", "answer", "friday.majlis", "--out", "a.majlis")
    assert (outcome.code, "majlis witness trust" in outcome.out) == (1, True)
    assert not (founded.root / "a.majlis").exists()
    bundle(founded, "--from", 1)
    founded.run("fourth", "node", "new", "--keeper", "zeina", "--practice-clock", "clock")
    founded.run("fourth", "key", "new", "zeina")
    founded.run("fourth", "witness", "new", "fourth-mirror", "--out", "stick/fourth.witness")
    assert founded.try_("fourth", "witness", "answer", "friday.majlis", "--out", "a.majlis").code == 3
    outcome = founded.try_(HERE, "witness", "answer", "friday.majlis", "--out", "a.majlis")
    assert (outcome.code, "no record of another body" in outcome.err) == (3, True)

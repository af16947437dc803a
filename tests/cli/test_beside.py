"""A stick is filled from a folder that is being served: what only reads asks nobody to stop (R-NODE-9)."""

from __future__ import annotations

import pytest
from tests.cli.served import address, free_port, serving
from tests.cli.village import ABROAD, HERE, Village

from majlis.host import node
from majlis.host.exchange import give_beside
from majlis.host.node import Node

pytestmark = pytest.mark.xdist_group("village")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits ten seconds for a server to end."""
    monkeypatch.setattr(node, "_PATIENCE", 0.2)


def test_a_served_folder_is_published_given_and_bundled(founded: Village) -> None:
    """R-NODE-9"""
    founded.tick()
    size = len(founded.acts())
    with serving(founded.root, HERE, free_port()):
        founded.run(HERE, "publish", "out")
        founded.run(HERE, "node", "give", "--cosigned", "cosigned")
        outcome = founded.try_(HERE, "node", "give", "given", "--json")
        assert outcome.code == 3, "the newest tick itself was never signed for others"
        assert outcome.json["left"] == {"hilltop": 1}
        told = founded.try_(HERE, "node", "give", "given")
        assert "hilltop: 1 newer entries are NOT in it" in told.out
        founded.run(HERE, "bundle", "given", "-o", "friday.majlis")
        for folder in ("out", "cosigned", "given"):
            founded.run(HERE, "verify", folder, "--accept-unknown")
        outcome = founded.try_(HERE, "bundle", HERE, "-o", "none.majlis")
        assert outcome.code == 2
        assert "majlis publish public" in outcome.err
    assert len(founded.acts()) == size
    founded.run(HERE, "node", "give", "given")
    founded.run("third", "node", "new", "--keeper", "zeina", "--practice-clock", "clock")
    founded.run("third", "node", "take", "given")
    assert len(founded.acts("third")) == size


def test_where_nothing_was_ever_cosigned_it_is_said_what_to_do(founded: Village) -> None:
    """R-NODE-9: the friends' record has no mirror yet."""
    with serving(founded.root, ABROAD, free_port()):
        outcome = founded.try_(ABROAD, "node", "give", "given")
        assert outcome.code == 3
        assert "friends: 1 newer entries are NOT in it" in outcome.out
    for path in (founded.root / ABROAD / "checkpoints").iterdir():
        path.unlink()
    with serving(founded.root, ABROAD, free_port()):
        outcome = founded.try_(ABROAD, "node", "give", "given")
    assert outcome.code == 3
    assert "stop it ('majlis serve': Ctrl-C), give again" in outcome.err


def test_all_that_is_kept_here_is_given_once_mirrors_have_it(founded: Village) -> None:
    """R-NODE-9: what others keep counts for nothing."""
    founded.run(HERE, "node", "give", "stick/public")
    founded.run(ABROAD, "node", "take", "stick/public")
    assert give_beside(Node(founded.root / ABROAD), founded.root / "given") == {"friends": 1}


def test_a_mirror_that_is_served_is_told_to_follow(founded: Village) -> None:
    """R-STORE-3, R-MIRROR-11"""
    here, abroad = free_port(), free_port()
    with serving(founded.root, HERE, here), serving(founded.root, ABROAD, abroad):
        outcome = founded.try_(ABROAD, "mirror", address(here))
    assert outcome.code == 1
    assert f"start it with --follow {address(here)}" in outcome.err

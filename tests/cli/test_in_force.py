"""``majlis in-force`` at a committee's own folder: the digest is logged, dated by a tick, and shown with cards."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tests.cli.served import address, free_port, serving
from tests.cli.village import ABROAD, HERE, Village

from majlis.host import node as node_module
from majlis.host.node import Node
from majlis.institutions.digest import statements
from majlis.site import paths
from majlis.site.live import DataSource
from majlis.site.pages import render_page


def prove(village: Village, *words: str) -> str:
    """A statement of Hilltop's record as it was given away, in a file."""
    village.run(HERE, "node", "give", "stick/public")
    village.run(HERE, "in-force", "prove", "stick/public", "hilltop", *words, "--out", "stick/shown")
    village.run(HERE, "in-force", "known", "stick/public", "hilltop", "--out", "stick/hilltop.known")
    return "stick/shown"


def test_a_clerk_is_shown_by_the_digest_and_a_tick(founded: Village) -> None:
    founded.run(HERE, "node", "give", "stick/public")
    lacking = founded.try_(HERE, "in-force", "prove", "stick/public", "hilltop", "office", "clerk", "--out", "x")
    assert lacking.code == 3
    assert "majlis in-force log" in lacking.err
    logged = founded.run(HERE, "in-force", "log", "hilltop", "--as", "amal")
    assert "state.digest, in force" in logged.out
    assert founded.try_(HERE, "in-force", "log", "hilltop", "--as", "amal").code == 1
    founded.tick()
    shown = prove(founded, "office", "clerk")
    today = ("--known", "stick/hilltop.known", "--days", 3650)
    words = founded.run(ABROAD, "in-force", "check", shown, *today, "--card", "stick/amal.card").out
    assert "PRACTICE" in words
    assert "the office clerk is held by" in words
    assert "calls its holder amal" in words
    other = founded.try_(ABROAD, "in-force", "check", shown, *today, "--card", "stick/rima.card")
    assert other.code == 1
    assert "somebody else" in other.err


def test_what_came_after_the_digest_leaves_its_age_open_until_the_next_one(founded: Village) -> None:
    founded.run(HERE, "in-force", "log", "hilltop", "--as", "amal")
    founded.run(HERE, "propose", "hilltop", "--text", "Confirm?", "--confirm-founding", "--as", "amal")
    founded.tick()
    check = ("in-force", "check", prove(founded, "office", "clerk"), "--known", "stick/hilltop.known")
    assert "cannot be told" in founded.try_(HERE, *check).err
    founded.run(HERE, "in-force", "log", "hilltop", "--as", "amal")
    founded.tick()
    prove(founded, "office", "clerk")
    assert founded.run(HERE, *check, "--days", 3650, "--json").json["later"] == 0


def test_a_served_folder_makes_the_file_of_what_is_in_force_now(founded: Village) -> None:
    founded.run(HERE, "in-force", "log", "hilltop", "--as", "amal")
    founded.tick()
    shown = founded.root / prove(founded, "office", "registrar")
    node = Node(founded.root / HERE)
    body = node.body("hilltop").identity
    for source in (DataSource(node), DataSource(node, node.federation())):
        statement = next(line for line in statements(source.state(body)) if line.startswith("office registrar"))
        assert source.file(paths.in_force(body, statement)) == Path(shown).read_bytes()
        page = render_page(source, "en/hilltop/index.html").decode()
        assert page.count("proof of this office, for where there is no network") == 5
        assert f'href="../../{paths.in_force(body, statement).removeprefix("pages/")}"' in page
        assert source.file(paths.in_force(body, "office registrar nobody")) is None
        assert source.file(paths.in_force("ab" * 32, statement)) is None


def test_while_a_record_is_served_its_digest_is_handed_in_there(
    founded: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way that the refusal names; and a digest that something overtook is called void (R-DIGEST-1)."""
    monkeypatch.setattr(node_module, "_PATIENCE", 0.2)
    port = free_port()
    with serving(founded.root, HERE, port):
        refused = founded.try_(HERE, "in-force", "log", "hilltop", "--as", "amal")
        assert refused.code == 1
        assert "--out FILE" in refused.err
        assert "majlis act submit FILE --url URL" in refused.err
        for name in ("digest", "late"):
            founded.run(HERE, "in-force", "log", "hilltop", "--as", "amal", "--out", f"stick/{name}.act")
        submit = ("act", "submit", "--url", address(port))
        assert "state.digest" in founded.run(HERE, *submit, "stick/digest.act").out
        overtaken = founded.try_(HERE, *submit, "stick/late.act")
        assert overtaken.code == 1
        assert "R-DIGEST-1" in overtaken.out
    assert [act["status"] for act in founded.acts()[-2:]] == ["in-force", "void"]
    founded.tick()
    shown = founded.try_(
        ABROAD, "in-force", "check", prove(founded, "office", "clerk"), "--known", "stick/hilltop.known"
    )
    assert "the office clerk is held by" in shown.out


def test_the_clerks_part_of_the_guide_does_what_it_says(founded: Village, project_root: Path) -> None:
    text = (project_root / "docs" / "guide" / "at-a-checkpoint.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```sh amal\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    for line in block.splitlines():
        program, *words = shlex.split(line)
        assert program == "majlis"
        founded.run(HERE, *words)
    founded.run(HERE, "in-force", "prove", "public", "hilltop", "office", "clerk", "--out", "clerk.in-force")

"""A complete counterfeit, sound in itself, and a real folder with one counterfeit in it (betrayal 26)."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.stories.play import Play, Stage, majlis, verify_program

from majlis.demo.committee import Committee
from majlis.host.trust import format_trust, known_from
from majlis.host.verify import verify_folder
from majlis.institutions import charter_hash


@pytest.fixture(scope="module")
def counterfeit(tmp_path_factory: pytest.TempPathFactory) -> Play:
    """The same census, the same names, other keys: everything in it holds."""
    return Play(tmp_path_factory.mktemp("counterfeit"))


def test_a_complete_counterfeit_federation_stays_unknown(play: Play, counterfeit: Play) -> None:
    assert [b.names for b in counterfeit.federation.everyone()] == [b.names for b in play.federation.everyone()]
    code, said = verify_program(counterfeit.public, "--trust", play.trust)
    assert (code, said["ok"], said["verdict"]) == (5, False, "consistent, identity unknown")
    assert sorted(said["unknown"]) == sorted(body.identity for body in counterfeit.federation.everyone())
    pinned = play.federation.districts[0].identity
    assert ("warning", pinned) in {(finding["kind"], finding["body"]) for finding in said["findings"]}


def test_nobody_is_told_that_all_is_well_who_pinned_nothing(play: Play, counterfeit: Play) -> None:
    for public in (play.public, counterfeit.public):
        assert verify_folder(public).exit_code == 5
    done = majlis("verify", counterfeit.public, "--accept-unknown")
    assert done.returncode == 0
    assert "taken on faith" in done.stdout
    assert "assembly" in done.stdout


def found_assembly(stage: Stage, slug: str) -> Committee:
    """Another assembly with the real one's names and charter, whose keys are its founders' own."""
    false = Committee(stage.world, slug, stage.assembly.names, "assembly", charter=stage.assembly.charter)
    false.found(stage.setting.mirror_keys, 2)
    stage.world.tick()
    stage.bodies[slug] = false
    return false


def test_a_counterfeit_among_real_records_is_named(stage: Stage) -> None:
    false = found_assembly(stage, "assembly-of-the-valley")
    verdict = stage.verify()
    assert (verdict.exit_code, verdict.unknown) == (5, (false.identity,))


def test_a_bought_member_does_not_make_a_counterfeit_real(stage: Stage) -> None:
    """A district that the assembly admitted joins the counterfeit too, and takes an officer from it."""
    false = found_assembly(stage, "assembly-of-the-valley")
    body = stage.districts[1]
    join = {
        "assembly": false.identity,
        "charter": charter_hash(false.charter),
        "plan": "ab" * 32,
        "district": "old-mill",
        "seats": 1,
    }
    officer = {"office": "spokesperson", "key": body.one("clerk").id, "of": false.identity, "term_days": 100}
    decision = stage.decide(
        body, {"kind": "federation.join", "match": join}, {"kind": "office.appoint", "match": officer}
    )
    body.act("federation.join", join, body.one("clerk"), cites=(decision,))
    body.act("office.appoint", officer, body.one("clerk"), cites=(decision,))
    verdict = stage.verify()
    assert (verdict.exit_code, verdict.unknown) == (5, (false.identity,))
    # Whoever pinned that very district takes its word for it.
    bought = verify_folder(stage.folder / "public", trust=format_trust([body.identity]).encode())
    assert bought.exit_code == 0


def test_trust_reaches_whom_it_should(play: Play) -> None:
    states = {body.identity: play.world.host.state(body.identity) for body in play.federation.everyone()}
    assembly, everyone = play.sittings.assembly.identity, frozenset(states)
    for body in play.federation.districts:
        assert known_from([body.identity], states) == everyone
    assert known_from([assembly], states) == everyone
    for body in play.federation.affiliates:  # It lends officers, and joins nothing.
        assert known_from([body.identity], states) == {body.identity}
    assert known_from([], states) == known_from(["ab" * 32], states) == frozenset()


def test_an_empty_folder_is_never_sound(play: Play, tmp_path: Path) -> None:
    (tmp_path / "index.json").write_bytes(b'{"format":"majlis-index/1","notices":[],"records":[]}\n')
    (tmp_path / "SHA256SUMS").write_text("")
    for options in ({}, {"accept_unknown": True}, {"trust": play.trust.read_bytes()}):
        assert verify_folder(tmp_path, **options).exit_code == 3  # type: ignore[arg-type]

"""``majlis sit``: an assembly's meeting, and what is said before anybody signs (R-ASSEMBLY-1 to 6, R-VOTE-1 to 4)."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.cli.valley import CAPITAL, FRIENDS, MEETING, MOTION, OLIVE, Valley, seated_of, valley_of, voted_of

pytestmark = pytest.mark.xdist_group("valley")


@pytest.fixture
def seated(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Valley:
    """Four delegates sit, and nobody has come yet."""
    return seated_of(tmp_path_factory.getbasetemp()).copy(tmp_path / "seated")


@pytest.fixture
def voted(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Valley:
    """All four have voted, one against the mandate; no head of any district was shown."""
    return voted_of(tmp_path_factory.getbasetemp()).copy(tmp_path / "voted")


def sit(valley: Valley, *words: object, where: str = CAPITAL) -> str:
    return valley.run(where, "sit", *words).out


def motion_of(valley: Valley) -> dict[str, Any]:
    (found,) = valley.run(CAPITAL, "sit", "show", "assembly", MOTION, "--json").json["motions"]
    return dict(found)


def test_what_the_quorum_lacks_is_said_before_anybody_opens(seated: Valley) -> None:
    """R-ASSEMBLY-3: and a delegate attends from a folder with copies."""
    said = sit(seated, "show", "assembly")
    assert f"the meeting called by act {MEETING} of assembly: not open; its 14 days of notice are over" in said
    assert "present are 0 of 4 seats from 0 of 3 districts: no quorum, 3 more of the seats and 2 more" in said
    assert said.count("  absent  ") == 4
    assert "  vacant  " not in said
    assert "it is not before an open meeting yet" in said
    sit(seated, "attend", "assembly", "--as", "louay")
    sit(seated, "attend", "assembly", MEETING, "--as", "maha")
    void = seated.try_(CAPITAL, "sit", "open", "assembly", "--as", "clerk")
    assert void.code == 1
    assert "1 more of the seats and 1 more of the districts to come" in void.out
    assert "Nothing was signed" in void.err
    assert "R-ASSEMBLY-3" in void.err
    early = seated.try_(CAPITAL, "sit", "vote", "assembly", MOTION, "for", "--as", "louay")
    assert (early.code, "R-VOTE-2" in early.err) == (1, True), early

    shutil.copy(seated.root / CAPITAL / "keyrings" / "hani.json", seated.root / OLIVE / "keyrings")
    sit(seated, "attend", "assembly", "--as", "hani", "--out", "stick/here.act", where=OLIVE)
    seated.run(CAPITAL, "act", "submit", "stick/here.act")
    said = sit(seated, "open", "assembly", "--as", "clerk")
    assert "present are 3 of 4 seats from 2 of 3 districts: a quorum" in said
    assert "session.open, in force" in said
    seated.carry()
    sit(seated, "vote", "assembly", MOTION, "abstain", "--as", "hani", "--out", "stick/vote.act", where=OLIVE)
    assert "vote.cast, in force" in seated.run(CAPITAL, "act", "submit", "stick/vote.act").out
    again = seated.try_(CAPITAL, "sit", "vote", "assembly", MOTION, "for", "--as", "hani")
    assert (again.code, "R-VOTE-3" in again.err) == (1, True), again
    said = sit(seated, "show", "assembly", MOTION)
    assert said.count("  no vote  ") == 3
    assert "counted now: 0 for, 0 against, 1 abstaining, of 4 seats; no quorum, 2 more of the seats and 1 more" in said
    assert "closing now would be VOID by R-ASSEMBLY-5" in said
    assert "-> whoever has not voted does, or it is closed 1 days after the first tick that shows act" in said


def test_a_close_that_would_be_void_is_not_signed(voted: Valley) -> None:
    """R-ASSEMBLY-6: why, and what to do; with heads it closes, and each vote keeps its label."""
    said = sit(voted, "show", "assembly")
    assert said.count("  here    ") == 4
    assert "mandate: upper-spring says for" in said
    assert said.count(": as the mandate of its district says") == 1
    assert said.count(": AGAINST the mandate of its district") == 1
    assert said.count(": without a mandate") == 2
    facts = motion_of(voted)
    assert sorted(vote["label"] for vote in facts["votes"]) == ["broken", "free", "free", "kept"]
    assert (facts["rule"], facts["silent"]) == ("R-ASSEMBLY-6", ["old-mill", "olive-hill", "upper-spring"])
    close = ("sit", "close", "assembly", MOTION, "--as", "clerk")
    void = voted.try_(CAPITAL, *close)
    assert void.code == 1
    assert "-> take newer copies of these districts' records, and: majlis seats heads assembly" in void.out
    assert "-> or it is closed from the first tick on that is not before 2026-11-" in void.out
    assert "Nothing was signed" in void.err
    voted.run(CAPITAL, "seats", "heads", "assembly", "--as", "salma")
    facts = motion_of(voted)
    assert (facts["rule"], facts["silent"], facts["carried"]) == ("", [], True)
    closed = voted.run(CAPITAL, *close).out
    assert "closing now would carry it" in closed
    assert "motion.close, in force" in closed
    assert ": carried, 3 for, 1 against, 0 abstaining, of 4 seats" in sit(voted, "show", "assembly", MOTION)
    assert "no meeting is called on a motion that is open" in sit(voted, "show", "assembly")
    voted.carry()
    instruct = ("instruct", "olive-hill", MOTION, "for", "--assembly", "assembly", "--as", "clerk")
    decided = voted.try_(OLIVE, "sit", *instruct)
    assert (decided.code, f"act {MOTION} of assembly is decided" in decided.err) == (1, True), decided
    late = voted.try_(CAPITAL, *close)
    assert (late.code, "R-VOTE-1" in late.err) == (1, True), late


def test_a_recall_while_they_sit_voids_the_vote_and_says_so(voted: Valley) -> None:
    """R-VOTE-4: first that it is known and not delivered; then who no longer sits, and who has yet to vote."""
    voted.run(OLIVE, "node", "give", "stick/olive", "--cosigned")
    voted.run(CAPITAL, "node", "take", "stick/olive")
    recall = voted.last(OLIVE, "olive-hill", "election.result")
    said = sit(voted, "show", "assembly")
    assert f"NOT DELIVERED: olive-hill recalled a delegate, by its act {recall}; majlis deliver assembly" in said
    voted.run(CAPITAL, "deliver", "assembly", "olive-hill", "--as", "salma")
    said = sit(voted, "show", "assembly")
    assert "NOT DELIVERED" not in said
    assert "VOID: who cast it sits no longer" in said
    assert "came, and sits no longer: " in said
    assert said.count("  absent  ") == said.count("  no vote  ") == 1
    assert "counted now: 2 for, 1 against, 0 abstaining, of 4 seats" in said
    facts = motion_of(voted)
    assert (facts["rule"], sorted(vote["label"] for vote in facts["votes"])[-1]) == ("R-ASSEMBLY-5", "void")
    gone = voted.try_(CAPITAL, "sit", "vote", "assembly", MOTION, "for", "--as", "hani")
    assert (gone.code, "R-KEY-1" in gone.err) == (1, True), gone
    sit(voted, "vote", "assembly", MOTION, "against", "--as", "iman")
    said = sit(voted, "show", "assembly", MOTION)
    assert "-> let a tick show the newest votes: majlis tick assembly" in said
    voted.run(CAPITAL, "tick", "assembly", "--witness", FRIENDS)
    voted.run(CAPITAL, "seats", "heads", "assembly", "--as", "salma")
    assert (motion_of(voted)["rule"], motion_of(voted)["carried"]) == ("", False)
    assert "closing now would NOT carry it" in sit(voted, "close", "assembly", MOTION, "--as", "clerk")


def test_districts_that_are_cut_off_are_waited_for_and_then_counted(voted: Valley) -> None:
    """R-ASSEMBLY-6: without any head, after the days that were said."""
    voted.run(CAPITAL, "node", "wait", 4)
    voted.run(CAPITAL, "tick", "assembly", "--witness", FRIENDS)
    facts = motion_of(voted)
    assert (facts["rule"], len(facts["silent"]), facts["carried"]) == ("", 3, True)
    sit(voted, "close", "assembly", MOTION, "--as", "clerk")
    assert "counted without a new head of old-mill, olive-hill, upper-spring" in sit(voted, "show", "assembly", MOTION)


def test_a_mandate_that_nobody_delivered_is_pointed_out(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    valley = valley_of(tmp_path_factory.getbasetemp()).copy(tmp_path / "valley")
    given = valley.last(CAPITAL, "upper-spring", "mandate.give")
    said = f"NOT DELIVERED: the mandate that upper-spring gave by its act {given}; majlis deliver assembly upper-spring"
    told = sit(valley, "show", "assembly", MEETING)
    assert said in told
    assert "vacant  2 of 2 seats of upper-spring; majlis deliver assembly upper-spring, or it elects" in told


def test_a_vote_against_the_mandate_is_told_beforehand(seated: Valley) -> None:
    for who in ("louay", "maha", "bassam"):
        sit(seated, "attend", "assembly", "--as", who)
    sit(seated, "open", "assembly", "--as", "clerk")
    broken = seated.run(CAPITAL, "sit", "vote", "assembly", MOTION, "against", "--as", "louay")
    assert "the mandate of your district says for: this vote counts, and is shown as broken" in broken.err
    for who, how in (("maha", "for"), ("bassam", "against")):
        assert (
            "mandate of your district"
            not in seated.run(CAPITAL, "sit", "vote", "assembly", MOTION, how, "--as", who).err
        )


def test_a_body_is_asked_how_its_delegates_vote(seated: Valley) -> None:
    """R-MANDATE-1: the motion says exactly what is given; decided and carried out it is a mandate."""
    instruct = ("instruct", "olive-hill", MOTION, "against", "--assembly", "assembly", "--as", "clerk")
    said = sit(seated, *instruct, where=OLIVE)
    assert "Our delegates in assembly vote against, on act 19: “Shall the federation repair the road" in said
    asked = seated.act(OLIVE, "olive-hill", seated.last(OLIVE, "olive-hill", "motion.table"))["data"]
    (grant,) = asked["grants"]
    assembly, motion = (seated.act(OLIVE, "assembly", index)["act"] for index in (0, MOTION))
    assert grant["match"] == {"assembly": assembly, "motion": motion, "instruction": "no"}
    for words, code, text in (
        (("olive-hill", MEETING, "free", "--assembly", "assembly"), 3, "tables no motion"),
        (("friends-lisbon", MOTION, "for", "--assembly", "assembly"), 3, "friends-lisbon is no member of assembly"),
    ):
        found = seated.try_(OLIVE, "sit", "instruct", *words, "--as", "clerk", "--out", "stick/an.act")
        assert (found.code, text in found.err) == (code, True), found


def test_what_is_no_meeting_and_no_motion_says_so(seated: Valley) -> None:
    for words, code, said in (
        (("show", "assembly", 0), 3, "act 0 calls no meeting and tables no motion"),
        (("attend", "assembly", MOTION, "--as", "bassam"), 3, f"act {MOTION} calls no meeting"),
        (("vote", "assembly", MEETING, "for", "--as", "bassam"), 3, f"act {MEETING} tables no motion"),
        (("attend", "old-mill", "--as", "bassam"), 3, "act 10 calls no meeting"),
        (("attend", "olive-hill", "--as", "hani"), 3, "no meeting is called on a motion that is open"),
        (("attend", "assembly", "--as", "salma"), 1, "R-KEY-1"),
        (("vote", "assembly", MOTION, "perhaps", "--as", "bassam"), 2, "invalid choice: 'perhaps'"),
    ):
        named = (*words[:2], 10, *words[2:]) if "old-mill" in words else words
        found = seated.try_(CAPITAL, "sit", *named)
        assert (found.code, said in found.err) == (code, True), (words, found)
    second = seated.run(CAPITAL, "vote", "call", "assembly", MOTION, "--as", "clerk", "--json").json["index"]
    several = seated.try_(CAPITAL, "sit", "attend", "assembly", "--as", "bassam")
    assert (several.code, f"name the act that called it: {MEETING}, {second}" in several.err) == (2, True), several
    said = sit(seated, "show", "assembly", second)
    assert "not open; it can be 14 days after the first tick that shows act" in said

"""The page on an assembly that meets does what it says: every block is run as it stands, in a valley like its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.terminal import Server
from tests.cli.test_guide import follow
from tests.cli.valley import valley_of

pytestmark = pytest.mark.xdist_group("valley")


def test_the_page_on_the_assembly_does_what_it_says_word_for_word(
    project_root: Path, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    """From certificates to a roll call with a broken mandate, a recall in between, and heads by stick."""
    valley = valley_of(tmp_path_factory.getbasetemp()).copy(tmp_path / "valley")
    runs = tmp_path / "runs"
    runs.mkdir()
    server = Server(runs)
    try:
        told = [printed for _, printed in follow(project_root, valley.root, server, "assembly")]
    finally:
        server.stop()
    everything = "".join(told)
    assert "Traceback" not in everything
    assert ", void" not in everything
    sent, opened, voted, _, owed, _, arrived, again, closed, _, checked = told
    assert "act 32 of assembly: mandate.deliver, in force" in sent
    assert "no quorum, 3 more of the seats and 2 more of the districts to come" in sent
    assert "present are 4 of 4 seats from 3 of 3 districts: a quorum" in opened
    assert "this vote counts, and is shown as broken for ever" in voted
    assert "not heard of: old-mill, olive-hill, upper-spring" in voted
    assert "closing now would be VOID by R-ASSEMBLY-6" in voted
    assert "it recalled Hani" in owed
    assert "2 acts written to stick/recall" in owed
    before, after = arrived.split("seat.fill, in force")
    assert "NOT DELIVERED: olive-hill recalled a delegate" in before
    assert "VOID: who cast it sits no longer" in after
    assert "no vote  Iman" in after
    assert "vote.cast, in force" in again
    assert "counted now: 3 for, 1 against, 0 abstaining, of 4 seats\n  closing now would carry it" in closed
    assert "act 53 of assembly: motion.close, in force" in closed
    assert "sound: everything holds, and every identity follows from what you pinned" in checked

"""A village that practises: two data folders, the commands run in this process, and the stages it goes through.

Positions in Hilltop's record: 6 and 7 the motions of its founding meeting, 11 and 12 their decisions, 18 the motion on
the well, 19 its ballot.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from majlis.cli import desk
from majlis.host.keyring import Strength
from majlis.main import main

LIGHT = Strength(ops=1, memory=8192)
MEMBERS = [f"m{n}" for n in range(1, 13)]
TELLERS = ("tarek", "tala", "tamim")
HERE, ABROAD = "hilltop", "friends"


class Outcome:
    """What a command left: exit code, what it printed, and its JSON where it printed that."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def __repr__(self) -> str:
        return f"exit code {self.code}\n{self.out}\n{self.err}"


class Village:
    """Commands at Hilltop's folder, at the friends' folder, and what is on the stick between them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.stick = root / "stick"

    def copy(self, root: Path) -> Village:
        """The same village elsewhere."""
        shutil.copytree(self.root, root, dirs_exist_ok=True)
        return Village(root)

    def try_(self, where: str, *words: object) -> Outcome:
        """One command at one of the folders, whatever becomes of it."""
        out, err = io.StringIO(), io.StringIO()
        arguments = [str(word) for word in words]
        with self._standing(where), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(arguments)
        assert "Traceback" not in err.getvalue()
        return Outcome(code, out.getvalue(), err.getvalue())

    def run(self, where: str, *words: object) -> Outcome:
        """One command that does what it is asked."""
        outcome = self.try_(where, *words)
        assert outcome.code == 0, f"majlis {' '.join(map(str, words))}\n{outcome}"
        return outcome

    @contextlib.contextmanager
    def _standing(self, where: str) -> Iterator[None]:
        before, folder, strength = dict(os.environ), Path.cwd(), desk.STRENGTH
        os.environ |= {"MAJLIS_DATA_DIR": str(self.root / where)}
        os.environ.setdefault("MAJLIS_PASSPHRASE_FILE", str(self.root / "passphrase"))
        desk.STRENGTH = LIGHT
        os.chdir(self.root)
        try:
            yield
        finally:
            os.chdir(folder)
            desk.STRENGTH = strength
            os.environ.clear()
            os.environ |= before

    def acts(self, where: str = HERE) -> list[dict[str, Any]]:
        """Hilltop's record as the folder lists it."""
        acts: list[dict[str, Any]] = self.run(where, "act", "list", "hilltop", "--json").json["acts"]
        return acts

    def tick(self, days: int = 0) -> None:
        """Time passes, and Hilltop's record is shown it."""
        if days:
            self.run(HERE, "node", "wait", days)
        self.run(HERE, "tick", "hilltop", "--witness", ABROAD)

    def pass_days(self, days: int) -> None:
        """What was logged before is shown, then that so many days passed since."""
        self.tick()
        self.tick(days)

    # --- stages

    def found(self) -> None:
        """Both bodies, Hilltop's roll, and copies on both sides."""
        self.stick.mkdir(parents=True)
        (self.root / "passphrase").write_text("nine wells and one fig tree\n")
        for where, keeper in ((HERE, "amal"), (ABROAD, "basim")):
            self.run(where, "node", "new", "--keeper", keeper, "--practice-clock", "clock")
        people = {HERE: ("amal", "rima", *TELLERS, "dalia", "omar", "yusuf"), ABROAD: ("lina", "theo")}
        for where, names in people.items():
            for name in names:
                self.person(where, name, "hilltop")
        for name in ("basim", "nadia", "pavel"):
            self.person(ABROAD, name, "friends")
        for where in (HERE, ABROAD):
            self.run(where, "witness", "new", f"{where}-mirror", "--out", f"stick/{where}.witness")
        self.run(HERE, *self.draft_words())
        for name in ("dalia", "omar", "amal", "rima", *TELLERS):
            self.run(HERE, "act", "sign", "stick/hilltop.act", "--as", name)
        self.run(HERE, "found", "start", "stick/hilltop.act")
        words = ("found", "draft", "friends", "--type", "affiliate", "--name", "en=Friends", "--threshold", 2)
        cards = ("--charter-key", "stick/nadia.card", "--charter-key", "stick/pavel.card")
        mirror = ("--mirror", "stick/hilltop.witness", "--quorum", 1, "--out", "stick/friends.act")
        self.run(ABROAD, *words, *cards, *mirror)
        for name in ("nadia", "pavel"):
            self.run(ABROAD, "act", "sign", "stick/friends.act", "--as", name)
        self.run(ABROAD, "found", "start", "stick/friends.act")
        self.run(HERE, "node", "give", "stick/public")
        self.run(ABROAD, "node", "take", "stick/public")
        self.run(ABROAD, "witness", "trust", "hilltop")
        self.run(ABROAD, "witness", "cosign", "stick/public")
        self.run(ABROAD, "node", "give", "stick/public")
        self.run(HERE, "tick", "hilltop", "--from", "stick/public")
        self.run(HERE, "node", "take", "stick/public")

    def person(self, where: str, name: str, scope: str) -> None:
        """Somebody with a key and a card."""
        self.run(where, "key", "new", name)
        self.run(where, "key", "export", name, "--for", scope, "--out", f"stick/{name}.card")

    @staticmethod
    def draft_words(*more: str) -> list[object]:
        """The command that drafts Hilltop's founding."""
        officers = [("clerk", "amal"), ("registrar", "rima"), *(("teller", name) for name in TELLERS)]
        words: list[object] = [
            "found",
            "draft",
            "hilltop",
            "--name",
            "en=Committee of Hilltop",
            "--name",
            "ar=لجنة التلة",
        ]
        words += ["--charter-key", "stick/dalia.card", "--charter-key", "stick/omar.card", "--threshold", 2]
        for office, name in officers:
            words += ["--officer", f"{office}=stick/{name}.card"]
        words += ["--mirror", "stick/friends.witness", "--quorum", 1, "--set", "min_ballots=10"]
        return [*words, "--out", "stick/hilltop.act", *more]

    def enrol(self) -> None:
        """Members on the roll and in the list keeper's book; officers from elsewhere enrolled."""
        for name in MEMBERS:
            card = ("--list-keeper", "stick/lina.card")
            self.run(HERE, "credential", "new", "hilltop", "--as", name, *card, "--out", "stick")
        enrolments = [f"stick/{name}.enrolment" for name in MEMBERS]
        self.run(HERE, "credential", "enrol", "hilltop", *enrolments, "--as", "rima")
        self.run(HERE, "credential", "roll", "hilltop", "--as", "rima", "--with", "tala", "--leaves", "stick/leaves")
        listings = [f"stick/{name}.listing" for name in MEMBERS]
        self.run(ABROAD, "credential", "keep", "hilltop", *listings, "--as", "lina")
        self.run(HERE, "key", "enrol", "hilltop", "stick/yusuf.card", "--as", "rima", "--with", "yusuf")
        for name in ("lina", "theo"):
            file = f"stick/{name}.act"
            self.run(HERE, "key", "enrol", "hilltop", f"stick/{name}.card", "--as", "rima", "--out", file)
            self.run(ABROAD, "act", "sign", file, "--as", name)
            self.run(HERE, "act", "submit", file)

    def meet(self, *grants: dict[str, Any]) -> None:
        """A meeting is called on the founding and on officers from elsewhere (and ``grants``); its notice is over."""
        self.run(HERE, "propose", "hilltop", "--text", "Confirm?", "--confirm-founding", "--as", "amal")
        words: list[object] = ["propose", "hilltop", "--text", "Appoint?", "--as", "amal"]
        appointed = (
            ("list_keeper", "lina", "friends"),
            ("trustee", "theo", "friends"),
            ("trustee", "yusuf", "hilltop"),
        )
        for office, name, body in appointed:
            words += ["--appoint", f"{office}=stick/{name}.card@{body}"]
        for grant in grants:
            words += ["--grant", json.dumps(grant)]
        self.run(HERE, *words)
        self.run(HERE, "vote", "call", "hilltop", 6, 7, "--as", "amal")
        self.pass_days(8)

    def count_hands(self, motion: int) -> Outcome:
        """Three tellers count ten people."""
        counted = ("--present", 10, "--yes", 9, "--no", 1)
        tellers = ("--as", TELLERS[0], "--with", TELLERS[1], "--with", TELLERS[2])
        return self.run(HERE, "vote", "hand", "hilltop", "--session", 8, "--motion", motion, *counted, *tellers)

    def decide(self) -> None:
        """Both motions are carried by hand, and carried out."""
        self.count_hands(6)
        self.count_hands(7)
        self.pass_days(8)
        for decision in (11, 12):
            self.run(HERE, "act", "carry-out", "hilltop", decision, "--as", "amal")

    def announce(self) -> int:
        """A secret ballot on a motion is announced; its position."""
        motion = self.run(HERE, "propose", "hilltop", "--text", "The well?", "--as", "amal", "--json").json["index"]
        election = self.run(HERE, "vote", "box", "hilltop", motion, "--as", "amal", "--json").json["index"]
        self.prepare(election)
        return int(election)

    def prepare(self, election: int) -> None:
        """Trustees' keys and the list; the box opens after its notice."""
        self.tick()
        self.run(HERE, "trustee", "key", "hilltop", election, "--as", "yusuf")
        self.run(HERE, "credential", "points", "hilltop", "--as", "rima", "--out", "stick/points")
        self.run(ABROAD, "trustee", "key", "hilltop", election, "--as", "theo", "--out", "stick/key.act")
        points = ("--points", "stick/points", "--as", "lina", "--out", "stick/list.act")
        self.run(ABROAD, "credential", "list", "hilltop", election, *points)
        self.run(HERE, "act", "sign", "stick/list.act", "--as", "rima")
        self.run(HERE, "act", "submit", "stick/key.act", "stick/list.act")
        self.tick(8)
        self.run(HERE, "box", "new", "hilltop", election, "--as", "amal")
        self.tick()

    def cast(self, election: int, votes: dict[str, str]) -> None:
        """Members vote at the laptop."""
        for name, vote in votes.items():
            self.run(HERE, "box", "cast", "hilltop", election, "--vote", vote, "--as", name)

    def close(self, election: int) -> None:
        """The box is closed, and the objection window over."""
        self.tick(2)
        self.run(HERE, "box", "close", "hilltop", election, "--as", "amal")
        self.pass_days(4)

    def exchange(self) -> None:
        """The friends' copies are what Hilltop's folder holds now."""
        self.run(HERE, "node", "give", "stick/public")
        self.run(ABROAD, "node", "take", "stick/public")

    def share(self, election: int) -> None:
        """Both trustees commit, both show, and their shares are in the box."""
        self.run(HERE, "box", "tally", "hilltop", election)
        for step in ("commit", "decrypt"):
            self.exchange()
            self.run(ABROAD, "trustee", step, "hilltop", election, "--as", "theo", "--out", f"stick/{step}.act")
            self.run(HERE, "act", "submit", f"stick/{step}.act")
            if step == "commit":
                self.run(HERE, "trustee", step, "hilltop", election, "--as", "yusuf")
        self.run(HERE, "trustee", "decrypt", "hilltop", election, "--as", "yusuf")
        self.run(HERE, "box", "decrypt", "hilltop", election)

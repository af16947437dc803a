"""A village that elects two delegates: three trustees at three folders, any two of whom open the box.

Zeina, Khalil and Amal stand, in this order. Of the trustees, in the order in which they were appointed, Theo sits at
the friends' folder, Yusuf at Hilltop's, Nora at the union's.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tests.cli.village import ABROAD, HERE, MEMBERS, TELLERS, Village

ASSEMBLY = "a5" * 32
UNION = "union"
TRUSTEES = (("theo", ABROAD), ("yusuf", HERE), ("nora", UNION))
STANDING = ("zeina", "khalil", "amal")


class Hustings(Village):
    """The same village with the union's folder beside, and the election of its delegates."""

    election = 0

    def copy(self, root: Path) -> Hustings:
        """The same elsewhere."""
        village = Hustings(super().copy(root).root)
        village.election = self.election
        return village

    # --- the third folder

    def found_union(self) -> None:
        """The union is founded in a folder of its own, mirrored by Hilltop, and each holds the other's record."""
        self.run(UNION, "node", "new", "--keeper", "ursula", "--practice-clock", "clock")
        for name in ("ursula", "uma", "ugo"):
            self.person(UNION, name, "union")
        self.person(UNION, "nora", "hilltop")
        words = ("found", "draft", "union", "--type", "affiliate", "--name", "en=Union", "--threshold", 2)
        cards = ("--charter-key", "stick/uma.card", "--charter-key", "stick/ugo.card")
        mirror = ("--mirror", "stick/hilltop.witness", "--quorum", 1, "--out", "stick/union.act")
        self.run(UNION, *words, *cards, *mirror)
        for name in ("uma", "ugo"):
            self.run(UNION, "act", "sign", "stick/union.act", "--as", name)
        self.run(UNION, "found", "start", "stick/union.act")
        self.run(UNION, "node", "give", "stick/from-union")
        self.run(HERE, "node", "take", "stick/from-union")
        for other in ("friends", "union"):
            self.run(HERE, "witness", "trust", other)
        self.run(HERE, "witness", "cosign", "stick/from-union")
        self.run(UNION, "tick", "union", "--from", "stick/from-union")
        self.run(UNION, "node", "give", "stick/from-union")
        self.run(HERE, "node", "take", "stick/from-union")
        self.exchange()

    def exchange(self) -> None:
        """The other folders' copies are what Hilltop's holds now."""
        super().exchange()
        if (self.root / UNION).is_dir():
            self.run(UNION, "node", "take", "stick/public")

    def do(self, name: str, *words: object) -> None:
        """A trustee runs a command on their own machine; what it writes is carried to Hilltop and handed in."""
        where = dict(TRUSTEES)[name]
        if where == HERE:
            self.run(HERE, *words, "--as", name)
            return
        self.run(where, *words, "--as", name, "--out", "stick/trustee.act")
        self.run(HERE, "act", "submit", "stick/trustee.act")

    # --- before the announcement

    def join(self) -> None:
        """The members confirm their founding, appoint three trustees, and join an assembly with two seats."""
        self.decide()
        self.run(HERE, "key", "enrol", "hilltop", "stick/nora.card", "--as", "rima", "--out", "stick/nora.act")
        self.run(UNION, "node", "take", "stick/public")
        self.run(UNION, "act", "sign", "stick/nora.act", "--as", "nora")
        self.run(HERE, "act", "submit", "stick/nora.act")
        match = {"assembly": ASSEMBLY, "charter": "c" * 64, "plan": "b" * 64, "district": "hilltop", "seats": 2}
        grant = json.dumps({"kind": "federation.join", "match": match})
        nora = ("--appoint", "trustee=stick/nora.card@union")
        motion = self.index("propose", "hilltop", "--text", "Join?", "--grant", grant, *nora, "--as", "amal")
        session = self.index("vote", "call", "hilltop", motion, "--as", "amal")
        self.pass_days(8)
        counted = ("--session", session, "--motion", motion, "--present", 10, "--yes", 9, "--no", 1)
        tellers = ("--as", TELLERS[0], "--with", TELLERS[1], "--with", TELLERS[2])
        decision = self.index("vote", "hand", "hilltop", *counted, *tellers)
        self.pass_days(8)
        self.run(HERE, "act", "carry-out", "hilltop", decision, "--as", "amal")

    def index(self, *words: object) -> int:
        """Where in Hilltop's record the act of this command stands."""
        return int(self.run(HERE, *words, "--json").json["index"])

    def announce_delegates(self) -> int:
        """Three stand, and the clerk announces; who stood before is not asked again."""
        places: list[int] = []
        for name in STANDING:
            if not (self.root / HERE / "keyrings" / f"{name}.json").is_file():
                self.person(HERE, name, "hilltop")
                self.run(HERE, "key", "enrol", "hilltop", f"stick/{name}.card", "--as", "rima", "--with", name)
            stand = ("vote", "stand", "hilltop", "--called", name.title(), "--as", name)
            places.append(self.index(*stand))
        self.election = self.announce_again(places)
        return self.election

    def announce_again(self, places: Sequence[int]) -> int:
        """The election of those who declared at these places is announced."""
        candidates = [word for place in places for word in ("--candidate", place)]
        self.election = self.index("vote", "delegates", "hilltop", "--assembly", ASSEMBLY, *candidates, "--as", "amal")
        self.tick()
        self.exchange()
        return self.election

    # --- the key, the list, the box

    def key_round(self) -> None:
        """Every trustee takes the next step towards the key, and everybody is shown it."""
        for name, _ in TRUSTEES:
            self.do(name, "trustee", "key", "hilltop", self.election)
        self.exchange()

    def open_box(self) -> None:
        """The list is published, the notice is over, and the box opens."""
        self.run(HERE, "credential", "points", "hilltop", "--as", "rima", "--out", "stick/points")
        points = ("--points", "stick/points", "--as", "lina", "--out", "stick/list.act")
        self.run(ABROAD, "credential", "list", "hilltop", self.election, *points)
        self.run(HERE, "act", "sign", "stick/list.act", "--as", "rima")
        self.run(HERE, "act", "submit", "stick/list.act")
        self.tick(8)
        self.run(HERE, "box", "new", "hilltop", self.election, "--as", "amal")
        self.tick()

    def rank(self, papers: Sequence[Sequence[str]]) -> None:
        """Members vote, one after the other, each naming candidates in the order of preference."""
        for name, ranking in zip(MEMBERS, papers, strict=False):
            votes = [word for each in ranking for word in ("--vote", each)]
            self.run(HERE, "box", "cast", "hilltop", self.election, *votes, "--as", name)

    def close_and_tally(self) -> None:
        """The box is closed, nobody objected in time, and its votes wait for the trustees."""
        self.close(self.election)
        self.run(HERE, "box", "tally", "hilltop", self.election)
        self.exchange()

    def shuffle(self, *names: str) -> None:
        """These trustees shuffle, one after the other, each seeing what the one before left."""
        for name in names:
            self.do(name, "trustee", "shuffle", "hilltop", self.election)
            self.exchange()
        self.run(HERE, "box", "shuffle", "hilltop", self.election)
        self.exchange()

    def open_by(self, *names: str) -> None:
        """These trustees commit, then show."""
        for step in ("commit", "decrypt"):
            for name in names:
                self.do(name, "trustee", step, "hilltop", self.election)
            self.exchange()

    def box_file(self, where: str = HERE) -> Path:
        """The box of this election as the folder holds it."""
        uuid = self.run(where, "box", "show", "hilltop", self.election, "--json").json["uuid"]
        return self.root / where / "boxes" / f"{uuid}.bel"

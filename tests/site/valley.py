"""A small federation with one of everything that pages show."""

from __future__ import annotations

from collections.abc import Mapping

from tests.site.books import FLOUR, START, Book, FakeSource, adopted, district, hexed, key, plan_of

from majlis.institutions.charter import Charter
from majlis.institutions.state import (
    Candidate,
    Decision,
    Election,
    Figure,
    Grant,
    Holding,
    Key,
    Link,
    Mandate,
    Map,
    MemberBody,
    Membership,
    Motion,
    Outcome,
    Petition,
    Recall,
    Roll,
    Seat,
    Session,
    Trustee,
    Vote,
)
from majlis.site import BoxCheck, BoxInfo

ATTACK = (
    "<script>alert(1)</script>\"><img src=x onerror=alert(1)>&lt;b&gt;{{7*7}}{%raw%}%(x)s%s\u202egnp.exe\u2066\u0000'"
)
"""What whoever may choose a word can try: markup, a template, a format, an override of direction, a control."""


class World:
    """The assembly of the Valley: North sends two, South one, the wards of Town have not joined, East is disputed."""

    def __init__(self, names: Mapping[str, str] | None = None) -> None:
        said = dict(names or {})
        self.hostile = said.get("hostile", "")
        self.plan = plan_of(
            [
                district("east", "East", 1),
                district("north", "North", 2),
                district("south", "South", 1),
                district("town-1", f"Town{self.hostile}", 4, ward=1, of=2),
                district("town-2", "Town", 3, ward=2, of=2),
            ]
        )
        self.assembly = Book(
            "assembly", "assembly", {"en": f"Assembly of the Valley{self.hostile}", "ar": "مجلس الوادي"}
        )
        self.north = Book("north", "committee", {"en": f"Committee of North{self.hostile}", "ar": "لجنة الشمال"})
        self.south = Book("south", "committee", {"en": "Committee of South", "ar": "لجنة الجنوب"})
        self.friends = Book("friends", "affiliate", {"en": "Friends abroad", "ar": "أصدقاء في الخارج"})
        self.source = FakeSource([self.assembly, self.north, self.south, self.friends], self.plan)
        self.flour = self.source.put(FLOUR if not self.hostile else self.hostile.encode())
        self._north()
        self._south()
        self._assembly()
        self.source.refresh()

    def _preparations(self, book: Book) -> tuple[Roll, Figure]:
        census = book.log("census.publish", {"inhabitants": 28_400, "places": [f"{book.slug}-a"], "source": self.flour})
        figure = Figure(
            act=census,
            index=book.at(census),
            inhabitants=28_400,
            places=(f"{book.slug}-a",),
            source=self.flour,
            countersigned=Link(body=self.friends.identity, act=self.friends.identity, role="counter"),
        )
        committed = book.log("roll.commit", {"leaves": 60, "paper": 1}, on=[(book, census, "census")])
        roll = Roll(act=committed, index=book.at(committed), root=hexed("roll"), leaves=60, paper=1)
        offices = ("clerk", "teller", "registrar", "list_keeper", "trustee", "counter", "treasurer")
        holdings = tuple(
            Holding(
                office=office,
                key=key(office),
                tag=hexed(office)[:32],
                of=self.friends.identity if office == "list_keeper" else book.identity,
                index=0,
                term_days=365,
                act=book.identity,
            )
            for office in offices
        )
        book.parts |= {
            "census": figure,
            "roll": roll,
            "offices": holdings,
            "keys": {key(office): Key(tag=hexed(office)[:32], index=0) for office in offices},
            "money": {"SYP": 4_000_000},
        }
        return roll, figure

    def _trustees(self, *, done: bool, lot: bool = False) -> tuple[Trustee, ...]:
        return tuple(
            Trustee(
                key=key(name),
                of=of.identity,
                public_key=hexed(name),
                commitment=hexed("c") if done else "",
                payload=hexed("c") if done else "",
                sidecar=hexed("s") if done else "",
                lot=hexed("l") if lot else "",
            )
            for name, of in (("trustee", self.friends), ("trustee two", self.south))
        )

    def _north(self) -> None:
        book = self.north
        roll, _ = self._preparations(book)
        join = book.log("federation.join", {"assembly": self.assembly.identity, "district": "north", "seats": 2})
        book.parts["memberships"] = {
            self.assembly.identity: Membership(
                assembly=self.assembly.identity,
                charter=hexed("charter"),
                plan=hexed("plan act"),
                district="north",
                seats=2,
                act=join,
                index=book.at(join),
            )
        }
        names = [f"Amal{self.hostile}", "أمل", "Nabil", "Hala"]
        stood = [book.log("candidacy.declare", {"name": name}, author=name) for name in names]
        candidates = tuple(
            Candidate(act=act, index=book.at(act), key=key(name), name=name)
            for act, name in zip(stood, names, strict=True)
        )
        announced = book.log(
            "election.announce",
            {"purpose": "delegates", "subject": self.assembly.identity, "seats": 2, "candidates": stood},
            on=[(book, roll.act, "roll"), *((book, act, "candidacy") for act in stood), (book, join, "membership")],
        )
        listed = book.log("election.list", {"election": announced, "voters": 59}, on=[(book, roll.act, "roll")])
        opened = book.log("election.open", {"election": announced})
        closed = book.log(
            "election.close", {"election": announced, "ballots": 41}, on=[(book, announced, "announcement")]
        )
        self.result = book.log(
            "election.result",
            {"election": announced, "votes": [20, 15, 15, 3], "blank": 2},
            on=[(book, announced, "announcement"), (book, listed, "list"), (book, closed, "close")],
        )
        election = Election(
            charter=Charter(),
            index=book.at(announced),
            uuid="34VU8z246V7djs",
            purpose="delegates",
            subject=self.assembly.identity,
            seats=2,
            candidates=candidates,
            roll=roll,
            registrar=key("registrar"),
            list_keeper=key("list_keeper"),
            trustees=self._trustees(done=True, lot=True),
            needed=2,
            rule="plurality/1",
            voters=59,
            list_act=listed,
            opened=book.at(opened),
            fingerprint="G+puJtpjIv5EPvhGcp60niU2heUiZWg4I5n+H1G5eTg",
            heads=((0, "a" * 43), (41, "b" * 43)),
            closed=book.at(closed),
            close_act=closed,
            ballots=41,
            result=Outcome(
                index=book.at(self.result),
                act=self.result,
                votes=(20, 15, 15, 3),
                blank=2,
                ballots=41,
                order=(0, 2, 1, 3),
                head="b" * 43,
            ),
        )
        self.source.boxes[election.uuid] = BoxInfo(
            size=230_000, verdict="valid", checks=(BoxCheck(outcome="passed", text=f"all holds{self.hostile}"),)
        )
        petition = book.log(
            "recall.petition",
            {"delegate": key(names[0]), "assembly": self.assembly.identity, "reason": hexed("nowhere")},
            on=[(book, self.result, "election")],
        )
        ballot = book.log(
            "election.announce", {"purpose": "recall", "subject": petition}, on=[(book, petition, "petition")]
        )
        self.recalled = book.log(
            "election.result", {"election": ballot, "votes": [30, 4]}, on=[(book, petition, "petition")]
        )
        recall = Election(
            charter=Charter(),
            index=book.at(ballot),
            uuid="34VU8z246V7djt",
            purpose="recall",
            subject=petition,
            seats=0,
            candidates=(),
            roll=roll,
            registrar=key("registrar"),
            list_keeper=key("list_keeper"),
            trustees=self._trustees(done=True),
            needed=2,
            rule="plurality/1",
            voters=59,
            opened=book.at(ballot),
            closed=book.at(ballot),
            ballots=34,
            result=Outcome(
                index=book.at(self.recalled),
                act=self.recalled,
                votes=(30, 4),
                blank=0,
                ballots=34,
                order=(0, 1),
                head="c" * 43,
            ),
        )
        book.parts |= {
            "candidates": {candidate.act: candidate for candidate in candidates},
            "elections": {announced: election, ballot: recall},
            "petitions": {
                petition: Petition(
                    charter=Charter(),
                    index=book.at(petition),
                    aim="recall",
                    target=key(names[0]),
                    assembly=self.assembly.identity,
                    roll=roll,
                    signed=frozenset({hexed("1"), hexed("2"), hexed("3")}),
                    passed=book.at(petition),
                    closed=True,
                )
            },
            "recalls": {
                petition: Recall(
                    delegate=key(names[0]),
                    assembly=self.assembly.identity,
                    passed=True,
                    act=self.recalled,
                    index=book.at(self.recalled),
                )
            },
        }
        self.candidates = candidates

    def _south(self) -> None:
        book = self.south
        roll, _ = self._preparations(book)
        grant = Grant(kind="spend.order", match={"purpose": f"flour{self.hostile}", "unit": "SYP"}, ceiling=3_000)
        motion = book.log("motion.table", {"text": self.flour, "grants": []})
        called = book.log("session.call", {"motions": [motion]}, on=[(book, motion, "motion")])
        self.by_hand = book.log(
            "decision.hand",
            {"session": called, "motion": motion, "present": 40, "yes": 31, "no": 4, "abstain": 5},
            author="teller",
            on=[(book, motion, "motion"), (book, called, "notice"), (book, roll.act, "roll")],
        )
        contest = book.log("decision.contest", {"decision": self.by_hand})
        other = book.log("motion.table", {"text": hexed("not at hand"), "grants": []})
        ballot = book.log("election.announce", {"purpose": "motion", "subject": other}, on=[(book, other, "motion")])
        self.order = book.log(
            "spend.order",
            {"amount": 900, "unit": "SYP", "purpose": "flour"},
            status="void",
            rule="R-WARRANT-1",
            text=f"'spend.order' cites no decision of this body{self.hostile}",
        )
        self.junk = book.junk(b"<script>alert(1)</script>")
        book.copy(motion)
        self.waiting = book.log("spend.pay", {"order": self.order, "amount": 1}, status="waiting", text="waits")
        self.lacking = book.log(
            "census.countersign", {"inhabitants": 1}, status="missing", rule="R-CERT-7", text="not here"
        )
        book.log("unknown.kind", {"x": [1, {"y": "z"}], "name": f"n{self.hostile}"}, status="void", rule="R-ACT-8")
        book.parts |= {
            "motions": {
                motion: Motion(
                    index=book.at(motion), author=key("clerk"), text=self.flour, grants=(grant,), closed=True
                ),
                other: Motion(index=book.at(other), author=key("clerk"), text=hexed("not at hand"), grants=()),
            },
            "decisions": {
                self.by_hand: Decision(
                    contest_days=7,
                    motion=motion,
                    how="hand",
                    yes=31,
                    no=4,
                    abstain=5,
                    roll=60,
                    carried=True,
                    index=book.at(self.by_hand),
                    spent=(2_400,),
                )
            },
            "sessions": {called: Session(charter=Charter(), index=book.at(called), motions=(motion,), roll=roll)},
            "petitions": {
                contest: Petition(
                    charter=Charter(),
                    index=book.at(contest),
                    aim="contest",
                    target=self.by_hand,
                    assembly="",
                    roll=roll,
                )
            },
            "elections": {
                ballot: Election(
                    charter=Charter(),
                    index=book.at(ballot),
                    uuid="34VU8z246V7dju",
                    purpose="motion",
                    subject=other,
                    seats=0,
                    candidates=(),
                    roll=roll,
                    registrar=key("registrar"),
                    list_keeper=key("list_keeper"),
                    trustees=self._trustees(done=False),
                    needed=2,
                    rule="plurality/1",
                )
            },
        }

    def _assembly(self) -> None:
        book = self.assembly
        adopt = book.log("plan.adopt", {"inhabitants": self.plan.inhabitants, "districts": 5})
        admit = book.log("federation.admit", {"certificate": {"body": self.north.identity, "act": self.result}})
        fill = book.log(
            "seat.fill",
            {"certificate": {"body": self.north.identity, "act": self.result}},
            on=[(self.north, self.result, "election.result"), (book, admit, "admission")],
        )
        motion = book.log("motion.table", {"text": self.flour, "grants": []})
        mandate = self.north.log("mandate.give", {"assembly": book.identity, "motion": motion, "instruction": "yes"})
        link = Link(body=self.north.identity, act=self.result, role="election")
        voters = [self.candidates[0], self.candidates[2]]
        votes = {}
        for candidate, choice, label in zip(voters, ("no", "yes"), ("broken", "kept"), strict=True):
            act = book.log(
                "vote.cast",
                {"motion": motion, "choice": choice},
                author=candidate.name,
                on=[(self.north, self.result, "election")],
            )
            votes[candidate.key] = Vote(
                key=candidate.key,
                district=self.north.identity,
                choice=choice,
                act=act,  # type: ignore[arg-type]
                index=book.at(act),
                label=label,
            )  # type: ignore[arg-type]
        self.rollcall = book.log(
            "motion.close",
            {"motion": motion},
            on=[(book, motion, "motion"), *((book, vote.act, "vote") for vote in votes.values())],
        )
        vacate = book.log(
            "seat.vacate",
            {"certificate": {"body": self.north.identity, "act": self.recalled}},
            on=[(self.north, self.recalled, "election.result")],
        )
        self.late = book.log(
            "vote.cast",
            {"motion": motion, "choice": "yes"},
            author=self.candidates[0].name,
            status="void",
            rule="R-KEY-1",
            text="this key is none of them here and now",
        )
        seats = (
            Seat(
                key=voters[0].key,
                name=voters[0].name,
                votes=20,
                index=book.at(fill),
                since=START,
                election=link,
                result_index=5,
                ended=book.at(vacate),
                ended_act=vacate,
            ),
            Seat(
                key=voters[1].key,
                name=voters[1].name,
                votes=15,
                index=book.at(fill),
                since=START,
                election=link,
                result_index=5,
                reserve=True,
            ),
        )
        census = Link(body=self.north.identity, act=self.north.parts["census"].act, role="census")
        common = {"provisional": False, "act": admit, "index": book.at(admit), "joined": 3, "census": census}
        book.parts |= {
            "plan": adopted(book, adopt, self.plan),
            "bodies": {
                self.north.identity: MemberBody(
                    district="north",
                    names=self.north.names,
                    inhabitants=19_000,
                    seats=2,
                    held=seats,
                    recalled=frozenset({voters[0].key}),
                    **common,
                ),
                self.south.identity: MemberBody(
                    district="south", names=self.south.names, inhabitants=9_500, seats=1, **common
                ),
                hexed("east"): MemberBody(
                    district="east",
                    names={"en": f"East{self.hostile}"},
                    inhabitants=9_500,
                    seats=1,
                    disputed=True,
                    **common,
                ),
            },
            "seated": {voters[1].key: self.north.identity},
            "motions": {
                motion: Motion(index=book.at(motion), author=key("clerk"), text=self.flour, grants=(), closed=True)
            },
            "decisions": {
                self.rollcall: Decision(
                    contest_days=7,
                    motion=motion,
                    how="rollcall",
                    yes=1,
                    no=1,
                    abstain=0,
                    roll=4,
                    carried=False,
                    index=book.at(self.rollcall),
                )
            },
            "votes": {motion: Map(votes)},
            "instructions": {
                motion: Map(
                    {
                        self.north.identity: Mandate(
                            assembly=book.identity,
                            motion=motion,
                            instruction="yes",
                            act=mandate,
                            index=self.north.at(mandate),
                        )
                    }
                )
            },
        }

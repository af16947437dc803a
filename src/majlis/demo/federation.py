"""The federation of the demonstration, part one: from the census to a constituted assembly with elected delegates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from majlis.census import District as PlanDistrict
from majlis.census import Plan, format_plan
from majlis.demo.committee import Committee
from majlis.demo.people import Person, person_name
from majlis.demo.polling import Choice, Polling, seal_one
from majlis.demo.world import World
from majlis.institutions import Charter, charter_hash
from majlis.institutions.federation import Row, format_row, prove_row, rows_tree

TRUSTEES = 3
AFFILIATES = (
    ("friends-lisbon", {"en": "Friends of the Committees, Lisbon", "ar": "أصدقاء اللجان، لشبونة"}),
    ("friends-santiago", {"en": "Friends of the Committees, Santiago", "ar": "أصدقاء اللجان، سانتياغو"}),
)


class Federation:
    """Two affiliates, the districts of one plan (or of one group of it), and their assembly."""

    def __init__(
        self,
        world: World,
        plan: Plan,
        group: str | None,
        members: int,
        map_: Callable[..., Any],
        arabic: Mapping[str, str] | None = None,
    ) -> None:
        """``arabic``: names for those who read Arabic, by district id and by group."""
        self.arabic = arabic or {}
        self.world = world
        self.plan = plan
        self.members = members
        self.map = map_
        self.votes = Random(20261122)  # noqa: S311  (how invented people vote is no secret)
        chosen = [d for d in plan.districts if group is None or d.group == group]
        self.rows = [
            Row(id=d.id, inhabitants=d.inhabitants, seats=d.seats, places=d.places, provisional=d.provisional)
            for d in chosen
        ]
        self.affiliates = [Committee(world, slug, names, "affiliate", members=12) for slug, names in AFFILIATES]
        self.districts = [self._district(district) for district in chosen]
        name = {"en": "Assembly", "ar": "المجلس"}
        if group:
            name = {"en": f"Assembly of {group}", "ar": f"مجلس {self.arabic.get(group, group)}"}
        charter = Charter(
            notice_days=14, seat_ratio=plan.quota, rounding=plan.rounding, max_magnitude=plan.max_magnitude
        )
        self.assembly = Committee(world, "assembly", name, "assembly", charter=charter)
        self.plan_act = ""
        self.source = ""
        self.elections: dict[str, Polling] = {}
        self.candidates: dict[str, list[Person]] = {}

    def _district(self, district: PlanDistrict) -> Committee:
        ward = "" if district.ward is None else f" {district.ward}/{district.of}"
        arabic = self.arabic.get(district.id, district.name)
        names = {"en": f"Committee of {district.name}{ward}", "ar": f"لجنة {arabic}{ward}"}
        body = Committee(self.world, district.id, names, "committee", members=self.members)
        body.district = district
        return body

    def everyone(self) -> list[Committee]:
        """All bodies, affiliates first."""
        return [*self.affiliates, *self.districts, self.assembly]

    def neighbour(self, body: Committee) -> Committee:
        """Another body of the federation: the next district in the plan's order, or the other affiliate."""
        ring = self.affiliates if body in self.affiliates else self.districts
        return ring[(ring.index(body) + 1) % len(ring)]

    def found(self, mirrors: Sequence[str], quorum: int) -> None:
        """Every body is founded, commits to its roll, and publishes its count; the assembly adopts the plan."""
        blob = self.world.host.blobs.put(format_plan(self.plan))
        for body in self.everyone():
            body.found(mirrors, quorum)
        for body in self.districts:
            district = body.district
            assert district is not None
            data = {"inhabitants": district.inhabitants, "places": list(district.places), "source": self.source}
            body.act("census.publish", data, body.one("clerk"))
        for body in (*self.affiliates, *self.districts):
            body.commit_roll()
        data = {
            "plan": blob,
            "root": rows_tree(self.rows).root().hex(),
            "districts": len(self.rows),
            "inhabitants": sum(row.inhabitants for row in self.rows),
        }
        if self.plan.ways is not None:
            data["ways"] = self.plan.ways
        keys = self.assembly.charter_keys[:2]
        self.plan_act = self.assembly.act("plan.adopt", data, *keys)

    def countersign(self) -> None:
        """A counter of another body countersigns every figure."""
        for body in self.districts:
            other = self.neighbour(body)
            census = self.world.host.state(body.identity).census
            assert census is not None
            data = {
                "figure": census.act,
                "inhabitants": census.inhabitants,
                "certificate": other.certify(other.identity),
            }
            body.act("census.countersign", data, other.one("counter"), body.one("clerk"))

    def constitute(self) -> None:
        """Founding decisions by hand, with notice and contest window; officers from elsewhere; joining."""
        agendas = {body.slug: self._table_founding(body) for body in (*self.affiliates, *self.districts)}
        self.world.tick()
        self.world.pass_days(8)
        for body in (*self.affiliates, *self.districts):
            session, motions = agendas[body.slug]
            present = len(body.members) * 3 // 4
            body.decisions = [
                body.decide(session, motion, yes=present - present // 6, no=present // 6) for motion in motions
            ]
        self.world.tick()
        self.world.pass_days(8)
        for body in (*self.affiliates, *self.districts):
            body.act("founding.confirm", {}, body.one("clerk"), cites=(body.decisions[0],))
        for body in self.districts:
            for office, data in self._appointments(body):
                body.act(office, data, body.one("clerk"), cites=(body.decisions[1],))
        self.world.tick()

    def _table_founding(self, body: Committee) -> tuple[str, list[str]]:
        text = (
            "Do we confirm our founding, our charter and our first officers?\n"
            "هل نقرّ تأسيس لجنتنا وميثاقها ومسؤوليها الأوائل؟"
        )
        motions = [body.table(text, [{"kind": "founding.confirm"}])]
        if body in self.districts:
            other = self.neighbour(body)
            trustees = [sender.lent["trustee"] for sender in (*self.affiliates, other)]
            body.guests = {"list_keeper": other.lent["list_keeper"]}
            body.guests |= {f"trustee{number}": person for number, person in enumerate(trustees)}
            for person in body.guests.values():
                body.enrol(person)
            grants = [{"kind": kind, "match": data} for kind, data in self._appointments(body)]
            text = (
                "Do we join the assembly, ratify its charter and plan, and appoint the list keeper and the trustees?\n"
                "هل ننضمّ إلى المجلس ونصادق على ميثاقه وخطته ونعيّن أمين القائمة والأمناء؟"
            )
            motions.append(body.table(text, grants))
        return body.call(*motions), motions

    def _appointments(self, body: Committee) -> list[tuple[str, dict[str, Any]]]:
        other, charter = self.neighbour(body), body.charter
        senders = [*self.affiliates, other]
        appointed = [("list_keeper", body.guests["list_keeper"], other)]
        appointed += [("trustee", body.guests[f"trustee{n}"], sender) for n, sender in enumerate(senders)]
        found: list[tuple[str, dict[str, Any]]] = [
            (
                "office.appoint",
                {"office": office, "key": person.id, "of": sender.identity, "term_days": charter.term_days},
            )
            for office, person, sender in appointed
        ]
        assert body.district is not None
        join = {
            "assembly": self.assembly.identity,
            "charter": charter_hash(self.assembly.charter),
            "plan": self.plan_act,
            "district": body.district.id,
            "seats": body.district.seats,
        }
        return [*found, ("federation.join", join)]

    def admit(self) -> None:
        """The assembly admits each body by the certificate of its joining; once enough joined it is constituted."""
        for index, body in enumerate(self.districts):
            state = self.world.host.state(body.identity)
            data = {
                "certificate": body.certify(state.memberships[self.assembly.identity].act),
                "row": format_row(self.rows[index]),
                "index": index,
                "path": list(prove_row(self.rows, index)),
            }
            self.assembly.act("federation.admit", data, *self.assembly.charter_keys[:2])
        self.assembly.act("founding.confirm", {}, self.assembly.one("clerk"))

    def announce(self) -> None:
        """Candidates declare themselves; every district announces its election."""
        number = 0
        for body in self.districts:
            assert body.district is not None
            seats = body.district.seats
            standing: list[str] = []
            self.candidates[body.slug] = []
            for _ in range(seats + 2):
                person = Person(f"{body.slug} candidate {len(standing) + 1}", self.world.chance, person_name(number))
                number += 1
                body.enrol(person)
                self.candidates[body.slug].append(person)
                standing.append(body.act("candidacy.declare", {"name": person.name}, person))
            polling = self.polling(body)
            polling.announce("delegates", self.assembly.identity, seats=seats, candidates=standing)
            polling.prepare()
            self.elections[body.slug] = polling

    def polling(self, body: Committee) -> Polling:
        """A new secret ballot of this body, with its trustees and list keeper."""
        trustees = [body.guests[f"trustee{n}"] for n in range(TRUSTEES)]
        return Polling(body, trustees, body.guests["list_keeper"])

    def vote(self, pollings: Sequence[Polling], choices: Callable[[Polling], list[Choice]]) -> None:
        """Boxes open, members seal and cast, and after the voting time the boxes close."""
        for polling in pollings:
            polling.open()
        self.world.tick()
        tasks = [polling.seals(choices(polling)) for polling in pollings]
        self.world.tell.start("sealing and casting ballots", sum(map(len, tasks)))
        for polling, task in zip(pollings, tasks, strict=True):
            for at in range(0, len(task), 24):
                ballots = list(self.map(seal_one, task[at : at + 24]))
                polling.cast(ballots, self.map)
                self.world.tell.step(len(ballots))
        self.world.tell.finish()
        self.world.pass_days(2)
        for polling in pollings:
            polling.close()
        self.world.tick()
        self.world.pass_days(4)

    def delegates_choices(self, polling: Polling) -> list[Choice]:
        """How the members of one district vote: most of them, each for some of those who stand, a few blank."""
        election = polling.election
        standing, seats = len(election.candidates), election.seats
        liking = [self.votes.random() + 0.2 for _ in range(standing)]
        found: list[Choice] = []
        for _ in range(len(polling.body.members) - self.votes.randint(2, max(2, len(polling.body.members) // 8))):
            if self.votes.random() < 0.03:
                found.append(None)
                continue
            wanted = sorted(range(standing), key=lambda n: -liking[n] * self.votes.random())
            if election.is_ranked:
                ranks = [0] * standing
                for rank, number in enumerate(wanted[: self.votes.randint(1, standing)], start=1):
                    ranks[number] = rank
                found.append(tuple(ranks))
                continue
            chosen = set(wanted[: self.votes.randint(1, min(seats, standing))])
            found.append(tuple(int(n in chosen) for n in range(standing)))
        return found

    def seat(self) -> None:
        """Results are counted and carried to the assembly, which seats the winners."""
        self.world.tell.start("counting and seating", len(self.districts))
        results = {}
        for body in self.districts:
            results[body.slug] = self.elections[body.slug].count(self.map)
            self.world.tell.step()
        self.world.tell.finish()
        self.world.tick()
        for body in self.districts:
            self.assembly.act("seat.fill", {"certificate": body.certify(results[body.slug])}, self.world.courier)

    def show_heads(self) -> None:
        """The newest safe head of each district's record is shown in the assembly's, so that a roll call can close."""
        for body in self.districts:
            head = self.world.host.hosted(body.identity).safe.decode()
            self.assembly.act("head.show", {"body": body.identity, "checkpoint": head}, self.world.courier)

    def delegate(self, key: str) -> Person:
        """The person with this key."""
        return next(person for people in self.candidates.values() for person in people if person.id == key)

"""Part two: the assembly works, a mandate is broken, and the district that gave it recalls its delegate."""

from __future__ import annotations

from majlis.ballot import sign_petition
from majlis.crypto import ED25519
from majlis.demo.committee import Committee
from majlis.demo.federation import Federation
from majlis.demo.people import Person
from majlis.demo.polling import Choice, Polling, list_tree
from majlis.institutions.petitions import needed
from majlis.institutions.state import Seat
from majlis.record import encode_base64, prove_inclusion

MANDATED = 3
UNIT = "SYP"


class Sittings:
    """What the seated assembly does, and what its bases do about it."""

    def __init__(self, federation: Federation) -> None:
        self.federation = federation
        self.world = federation.world
        self.assembly = federation.assembly
        self.motion = ""
        self.second = ""
        self.session = ""
        self.second_session = ""
        self.decision = ""
        self.order = ""
        self.payment = b""
        self.breaker: Person | None = None
        self.betrayed: Committee = federation.districts[0]
        self.petition = ""
        self.successor: Person | None = None

    def seats(self) -> list[tuple[str, Seat]]:
        """All who sit now, with the identity of the body that sent them."""
        state = self.world.host.state(self.assembly.identity)
        return [(body, seat) for body, member in state.bodies.items() for seat in member.held if seat.ended is None]

    def table(self) -> None:
        """A motion is tabled and a sitting called; three districts decide by hand how their delegates vote."""
        host, clerk = self.world.host, self.assembly.one("clerk")
        gift = host.blobs.put("Given for flour. No other condition.\nهبة للطحين، ولا شرط آخر.".encode())
        treasurers = self.assembly.all("treasurer")
        self.assembly.act("gift.receive", {"amount": 5_000_000, "unit": UNIT, "conditions": gift}, *treasurers)
        grant = {"kind": "spend.order", "match": {"purpose": "flour", "unit": UNIT}, "ceiling": 3_000_000}
        self.motion = self.assembly.table(
            "Buy flour for the camps, for at most 3,000,000.\nشراء الطحين للمخيمات بما لا يتجاوز ٣٬٠٠٠٬٠٠٠.", [grant]
        )
        self.second = self.assembly.table("Publish the accounts every month.\nنشر الحسابات كل شهر.", [])
        self.session = self.assembly.call(self.motion)
        self.second_session = self.assembly.act("session.call", {"motions": [self.second]}, clerk)
        self.world.tick()
        agendas = []
        for body in self.federation.districts[:MANDATED]:
            instruction = {"assembly": self.assembly.identity, "motion": self.motion, "instruction": "yes"}
            motion = body.table(
                "Our delegates vote for the flour.\nيصوّت مندوبونا مع شراء الطحين.",
                [{"kind": "mandate.give", "match": instruction}],
            )
            agendas.append((body, motion, body.call(motion), instruction))
        self.world.tick()
        self.world.pass_days(8)
        decisions = []
        for body, motion, session, instruction in agendas:
            present = len(body.members) * 2 // 3
            decisions.append((body, body.decide(session, motion, yes=present - 3, no=3), instruction))
        self.world.tick()
        self.world.pass_days(8)
        given = [
            (body, body.act("mandate.give", instruction, body.one("clerk"), cites=(decision,)))
            for body, decision, instruction in decisions
        ]
        self.world.tick()
        for body, act in given:
            self.assembly.act("mandate.deliver", {"certificate": body.certify(act)}, self.world.courier)

    def sit(self) -> None:
        """The sitting opens with a quorum; every delegate votes in the open; one of them against the mandate."""
        seated = self.seats()
        self.betrayed = self.federation.districts[0]
        for _, seat in seated:
            person = self.federation.delegate(seat.key)
            self.assembly.act("session.attend", {"session": self.session}, person)
        self.assembly.act("session.open", {"session": self.session}, self.assembly.one("clerk"))
        for number, (body, seat) in enumerate(seated):
            person = self.federation.delegate(seat.key)
            choice = "abstain" if number % 11 == 7 else "no" if number % 13 == 9 else "yes"
            if body == self.betrayed.identity:
                choice = "no" if self.breaker is None else "yes"
                self.breaker = self.breaker or person
            elif body in {district.identity for district in self.federation.districts[:MANDATED]}:
                choice = "yes"
            self.assembly.act("vote.cast", {"motion": self.motion, "choice": choice}, person)
        self.world.tick()
        self.federation.show_heads()
        self.decision = self.assembly.act("motion.close", {"motion": self.motion}, self.assembly.one("clerk"))
        self.world.tick()

    def spend(self) -> None:
        """An order within the decision's ceiling, paid by two treasurers."""
        data = {"amount": 2_400_000, "unit": UNIT, "purpose": "flour"}
        self.order = self.assembly.act("spend.order", data, self.assembly.one("clerk"), cites=(self.decision,))
        self.world.tick()
        payee = self.world.sealed(self.world.courier.key)
        pay = {"order": self.order, "amount": 1_000_000, "payee": payee}
        paid = self.assembly.act("spend.pay", pay, *self.assembly.all("treasurer"))
        host = self.world.host
        index = host.state(self.assembly.identity).acts[paid].index
        (self.payment,) = host.hosted(self.assembly.identity).record.entries(index, index + 1)

    def petition_recall(self) -> Polling:
        """Members of the betrayed district petition with keys derived for the petition alone; a ballot is announced."""
        body, breaker = self.betrayed, self.breaker
        assert breaker is not None
        reason = self.world.host.blobs.put(
            "Voted against our mandate on the flour.\nصوّت ضد تفويضنا في الطحين.".encode()
        )
        data = {"delegate": breaker.id, "assembly": self.assembly.identity, "reason": reason}
        self.petition = body.act("recall.petition", data, body.one("clerk"))
        self._sign(body)
        polling = self.federation.polling(body)
        polling.announce("recall", self.petition)
        polling.prepare()
        self.world.tick()
        return polling

    def _sign(self, body: Committee) -> None:
        secrets = [member.for_vote(self.petition) for member in body.members]
        points = {ED25519.raise_generator_secretly(secret): secret for secret in secrets}
        listed = sorted(points)
        tree = list_tree(listed)
        data: dict[str, object] = {"petition": self.petition, "root": tree.root().hex(), "listed": len(listed)}
        body.act("petition.list", data, body.guests["list_keeper"], body.one("registrar"))
        state = self.world.host.state(body.identity)
        signatures = []
        for index in range(needed(state, state.petitions[self.petition]) + 2):
            point = listed[index]
            proof = sign_petition(points[point], self.petition, "recall", self.world.chance)
            signatures.append(
                {
                    "key": ED25519.format(point),
                    "index": index,
                    "path": [encode_base64(step) for step in prove_inclusion(index, tree.size, tree.read)],
                    "challenge": str(proof.challenge),
                    "response": str(proof.response),
                }
            )
        body.act("petition.sign", {"petition": self.petition, "signatures": signatures}, self.world.courier)

    @staticmethod
    def recall_choices(polling: Polling) -> list[Choice]:
        """Two thirds for the recall, some against, a few blank."""
        count = len(polling.body.members)
        yes, no = count * 2 // 3, count // 6
        return [(1, 0)] * yes + [(0, 1)] * no + [None] * 2

    def recall(self, polling: Polling) -> None:
        """The result vacates the seat in the assembly, and the reserve takes it."""
        result = polling.count(self.federation.map)
        self.world.tick()
        before = {seat.key for _, seat in self.seats()}
        self.assembly.act("seat.vacate", {"certificate": self.betrayed.certify(result)}, self.world.courier)
        state = self.world.host.state(self.betrayed.identity)
        first = self.federation.elections[self.betrayed.slug].election.result
        assert first is not None and state.identity
        self.assembly.act("seat.fill", {"certificate": self.betrayed.certify(first.act)}, self.world.courier)
        (new,) = {seat.key for _, seat in self.seats()} - before
        self.successor = self.federation.delegate(new)

    def sit_again(self) -> str:
        """The second sitting: the recalled delegate votes, and the vote is void. Returns that act's id."""
        assert self.breaker is not None
        for _, seat in self.seats():
            self.assembly.act("session.attend", {"session": self.second_session}, self.federation.delegate(seat.key))
        self.assembly.act("session.open", {"session": self.second_session}, self.assembly.one("clerk"))
        void = self.assembly.attempt("vote.cast", {"motion": self.second, "choice": "no"}, self.breaker)
        for _, seat in self.seats():
            self.assembly.act("vote.cast", {"motion": self.second, "choice": "yes"}, self.federation.delegate(seat.key))
        self.world.tick()
        self.federation.show_heads()
        self.assembly.act("motion.close", {"motion": self.second}, self.assembly.one("clerk"))
        self.world.tick()
        return void

"""R-TRUSTEE-3 to R-TRUSTEE-8, R-LOT-7: three trustees make one key, and any two of them open the box."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import msgspec
import pytest
from tests.institutions.polling import Members, Polling, candidate, keeper, prepare, stand, trustees
from tests.institutions.simulator import BLOB, Body, Person, Simulator, grant, in_force, void
from tests.institutions.test_federation import join

from majlis.ballot import (
    ChannelKey,
    check_certificates,
    deal,
    draw_channel_key,
    format_trustees,
    give_lot_share,
    parse_election,
    parse_trustees,
    polynomial_commitment,
)
from majlis.ballot.accusation import _prefix
from majlis.crypto import ED25519
from majlis.errors import Forged, Missing, Refused
from majlis.host.trustees import (
    Step,
    accuse_step,
    certify_step,
    deal_step,
    make_letters,
    next_step,
    parameters_of,
    promise_step,
    share_of,
    share_step,
)
from majlis.institutions.charter import check_charter
from majlis.institutions.elections import certificates_of, lot_case, lot_seed
from majlis.institutions.elections.announcing import needed_of
from majlis.institutions.elections.paper import claim, election_key, paper
from majlis.institutions.state import Election

KEYS = [ChannelKey(seed * 22) for seed in (b"a", b"b", b"c")]


def third(body: Body) -> Person:
    """The trustee whom a third body sent."""
    return Person(f"{body.name} trustee 2")


@pytest.fixture(scope="session")
def _staffed() -> Simulator:
    """East has a third trustee, of a third body."""
    sim = prepare(Simulator())
    body, sender = sim.bodies["east"], sim.bodies["north"]
    join(body)
    body.enrol(third(body))
    data = {"office": "trustee", "key": third(body).id, "of": sender.identity, "term_days": 365}
    body.do("office.appoint", data, body.clerk, cites=[body.decide(grant("office.appoint", **data))])
    return sim


class Ceremony:
    """A ballot on a motion, announced; each method is one step of all three."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.body = sim.bodies["east"]
        self.data: dict[str, Any] = {
            "purpose": "motion",
            "subject": self.body.table(),
            "seats": 0,
            "candidates": [],
        }
        self.act = self.body.do("election.announce", self.data, self.body.clerk)
        self.people = [*trustees(self.body), third(self.body)]
        order = [trustee.key for trustee in self.election.trustees]
        self.people.sort(key=lambda person: order.index(person.id))
        self.letters: list[bytes] = []

    @property
    def election(self) -> Election:
        return self.body.state.elections[self.act]

    def give(self, number: int, step: Step) -> Any:
        """Trustee ``number``'s act."""
        return self.body.submit(step.kind, step.data, self.people[number - 1])

    def certify(self) -> Ceremony:
        for number, key in enumerate(KEYS, start=1):
            assert in_force(self.give(number, certify_step(self.act, self.election, number, key, self.sim.chance)))
        return self

    def promise(self, **replaced: bytes) -> Ceremony:
        """``replaced``: other letters than honest ones, as ``t2``."""
        for number, key in enumerate(KEYS, start=1):
            made = replaced.get(f"t{number}") or make_letters(self.election, number, key, self.sim.chance)
            self.letters.append(made)
            data = {"election": self.act, "commitment": polynomial_commitment(made)}
            assert in_force(self.give(number, Step(kind="trustee.promise", data=data)))
        return self

    def deal(self) -> Ceremony:
        for number, letters in enumerate(self.letters, start=1):
            assert in_force(self.give(number, deal_step(self.act, self.election, number, letters)))
        return self

    def share(self) -> Ceremony:
        for number, key in enumerate(KEYS, start=1):
            step = share_step(self.act, self.election, number, key, self.sim.chance)
            assert in_force(self.give(number, step))
        return self

    def false_letters(self, liar: int, to: int) -> bytes:
        """What a liar deals: all is in order, but one value, which only its reader sees."""
        chance = self.sim.chance
        honest = msgspec.json.decode(make_letters(self.election, liar, KEYS[liar - 1], chance))
        reader = certificates_of(self.election).members[to - 1].encryption
        honest["secrets"][to - 1] = KEYS[liar - 1].send(reader, '{"secret":"5"}', chance)
        return msgspec.json.encode(honest)


@pytest.fixture
def ceremony(_staffed: Simulator) -> Ceremony:
    return Ceremony(_staffed.fork())


def test_more_than_the_charter_s_share_are_needed() -> None:
    """R-TRUSTEE-7."""
    charter = Simulator().body("any").state.charter
    assert [needed_of(charter, n) for n in range(1, 8)] == [1, 2, 2, 3, 3, 4, 4]
    everybody = msgspec.structs.replace(charter, trustee_share=(1, 1))
    assert [needed_of(everybody, n) for n in range(1, 8)] == [1, 2, 3, 4, 5, 6, 7]


def test_no_charter_lets_a_minority_of_trustees_open_a_box() -> None:
    """R-CHARTER-11."""
    charter = Simulator().body("any").state.charter
    check_charter(msgspec.structs.replace(charter, trustee_share=(1, 2)))
    with pytest.raises(Refused) as caught:
        check_charter(msgspec.structs.replace(charter, trustee_share=(4999, 10_000)))
    assert caught.value.rule == "R-CHARTER-11"


def test_three_trustees_make_one_key_of_which_two_are_needed(ceremony: Ceremony) -> None:
    ceremony.certify().promise().deal().share()
    election, body = ceremony.election, ceremony.body
    assert (election.needed, election.is_threshold) == (2, True)
    parameters = parameters_of(election)
    found = parse_trustees(ED25519, format_trustees([parameters]))
    assert found.key == election_key(election) == parse_election(paper(body.state, election)).public_key
    assert [ED25519.format(owner.public_key) for owner in found.owners] == [t.public_key for t in election.trustees]
    said = claim(body.state, election, "")
    assert [t.public_key for t in said.trustees] == [owner.commitment for owner in found.owners]
    assert [t.promise for t in said.trustees] == [m.coefexps_commitment for m in parameters.members]
    for number, key in enumerate(KEYS, start=1):
        share = share_of(election, number, key)
        assert ED25519.format(ED25519.raise_generator_secretly(share)) == election.trustees[number - 1].public_key
        assert next_step(election, number) is None
    with pytest.raises(Forged, match="not the one whose key"):
        mixed = msgspec.structs.replace(election.trustees[0], public_key=election.trustees[1].public_key)
        share_of(msgspec.structs.replace(election, trustees=(mixed,)), 1, KEYS[0])


def test_the_box_opens_with_two_of_them_and_the_third_stays_away(ceremony: Ceremony) -> None:
    """R-OPEN-4, R-RESULT-1."""
    ceremony.certify().promise().deal().share()
    body, act = ceremony.body, ceremony.act
    polling = Polling.__new__(Polling)
    polling.body, polling.act, polling.members = body, act, Members(body)
    body.do("election.list", polling.list_data(), keeper(body), body.registrar)
    polling.open().close().wait()
    one, _, other = ceremony.people
    body.do("decryption.commit", polling.commitment(one), one)
    assert void(body.submit("decryption.reveal", polling.share(one), one)) == "R-OPEN-4"
    body.do("decryption.commit", polling.commitment(other), other)
    body.do("decryption.reveal", polling.share(one), one)
    assert void(body.submit("election.result", polling.result_data(30, 5), body.clerk)) == "R-RESULT-1"
    body.do("decryption.reveal", polling.share(other), other)
    assert in_force(body.submit("election.result", polling.result_data(30, 5), body.clerk))
    said = claim(body.state, polling.election, "")
    assert [bool(trustee.payload) for trustee in said.trustees] == [True, False, True]


def test_any_two_draw_the_same_lot(ceremony: Ceremony) -> None:
    """R-LOT-7: nobody chooses the seed by choosing who takes part."""
    ceremony.certify().promise().deal().share()
    polling = Polling.__new__(Polling)
    polling.body, polling.act, polling.members = ceremony.body, ceremony.act, Members(ceremony.body)
    ceremony.body.do("election.list", polling.list_data(), keeper(ceremony.body), ceremony.body.registrar)
    polling.open().close()
    seeds = set()
    for pair in ((1, 2), (1, 3), (2, 3)):
        apart = ceremony.sim.fork().bodies["east"]
        for number in pair:
            assert lot_seed(apart.state.elections[ceremony.act]) is None
            secret = share_of(ceremony.election, number, KEYS[number - 1])
            share = give_lot_share(lot_case(ceremony.election), secret, ceremony.sim.chance)
            data = {"challenge": str(share.proof.challenge), "response": str(share.proof.response)}
            data |= {"election": ceremony.act, "value": ED25519.format(share.value)}
            apart.do("lot.share", data, ceremony.people[number - 1])
        seeds.add(lot_seed(apart.state.elections[ceremony.act]))
    assert len(seeds) == 1
    assert None not in seeds


def test_every_step_waits_for_the_one_before(ceremony: Ceremony) -> None:
    """R-TRUSTEE-3."""
    person, election = ceremony.people[0], ceremony.act
    promise = Step(kind="trustee.promise", data={"election": election, "commitment": BLOB})
    dealt = Step(kind="trustee.deal", data={"election": election, "letters": "{}"})
    last = {"election": election, "public_key": BLOB, "challenge": "1", "response": "1"}
    share = Step(kind="trustee.share", data={"election": election, "answer": "{}"})
    for step in (promise, dealt, share):
        assert void(ceremony.give(1, step)) == "R-TRUSTEE-3"
    assert void(ceremony.body.submit("trustee.key", last, person)) == "R-TRUSTEE-3"
    with pytest.raises(Missing):
        certificates_of(ceremony.election)
    ceremony.certify()
    again = certify_step(election, ceremony.election, 1, draw_channel_key(ceremony.sim.chance), ceremony.sim.chance)
    assert void(ceremony.give(1, again)) == "R-TRUSTEE-3"
    for step in (dealt, share):
        assert void(ceremony.give(1, step)) == "R-TRUSTEE-3"
    ceremony.promise()
    assert void(ceremony.give(1, promise)) == "R-TRUSTEE-3"
    assert void(ceremony.give(1, share)) == "R-TRUSTEE-3"
    ceremony.deal()
    made = deal_step(election, ceremony.election, 1, ceremony.letters[0])
    assert void(ceremony.give(1, made)) == "R-TRUSTEE-3"
    ceremony.share()
    done = share_step(election, ceremony.election, 1, KEYS[0], ceremony.sim.chance)
    assert void(ceremony.give(1, done)) == "R-TRUSTEE-3"


def test_who_is_waited_for_is_named(ceremony: Ceremony) -> None:
    assert next_step(ceremony.election, 1) == "trustee.certify"
    step = certify_step(ceremony.act, ceremony.election, 1, KEYS[0], ceremony.sim.chance)
    assert in_force(ceremony.give(1, step))
    with pytest.raises(Missing, match="trustee 2, 3"):
        next_step(ceremony.election, 1)


def test_where_all_are_needed_nobody_makes_a_key_together(_staffed: Simulator) -> None:
    """R-TRUSTEE-3."""
    body = _staffed.fork().bodies["south"]
    act = body.do(
        "election.announce",
        {"purpose": "motion", "subject": body.table(), "seats": 0, "candidates": []},
        body.clerk,
    )
    election, person = body.state.elections[act], trustees(body)[0]
    step = certify_step(act, msgspec.structs.replace(election, needed=1), 1, KEYS[0], body.sim.chance)
    assert void(body.submit(step.kind, step.data, person)) == "R-TRUSTEE-3"
    assert next_step(election, 1) == "trustee.key"


def test_only_trustees_take_part_and_before_the_box_is_open(ceremony: Ceremony) -> None:
    """R-TRUSTEE-1."""
    step = certify_step(ceremony.act, ceremony.election, 1, KEYS[0], ceremony.sim.chance)
    assert void(ceremony.body.submit(step.kind, step.data, ceremony.body.clerk)) == "R-TRUSTEE-1"
    ceremony.certify().promise().deal().share()
    polling = Polling.__new__(Polling)
    polling.body, polling.act, polling.members = ceremony.body, ceremony.act, Members(ceremony.body)
    ceremony.body.do("election.list", polling.list_data(), keeper(ceremony.body), ceremony.body.registrar)
    polling.open()
    accuse = Step(kind="trustee.accuse", data={"election": ceremony.act, "accused": 1, "accusation": "{}"})
    assert void(ceremony.give(2, accuse)) == "R-TRUSTEE-1"


def test_a_ceremony_s_keys_are_new(ceremony: Ceremony) -> None:
    """R-TRUSTEE-2."""
    step = certify_step(ceremony.act, ceremony.election, 1, KEYS[0], ceremony.sim.chance)
    assert in_force(ceremony.give(1, step))
    copied = certify_step(ceremony.act, ceremony.election, 2, KEYS[0], ceremony.sim.chance)
    assert void(ceremony.give(2, copied)) == "R-TRUSTEE-2"


def test_what_is_dealt_is_what_was_promised(ceremony: Ceremony) -> None:
    """R-TRUSTEE-4."""
    ceremony.certify().promise()
    other = make_letters(ceremony.election, 1, KEYS[0], ceremony.sim.chance)
    with pytest.raises(Refused, match="not the one committed to"):
        deal_step(ceremony.act, ceremony.election, 1, other)
    honest = deal_step(ceremony.act, ceremony.election, 1, ceremony.letters[0])
    shown = msgspec.json.decode(honest.data["letters"])
    unsigned = shown | {"signature": {"challenge": "1", "response": "1"}}
    for wrong in (other.decode(), "{}", msgspec.json.encode(unsigned).decode(), "[" * 5000):
        step = Step(kind=honest.kind, data=honest.data | {"letters": wrong})
        assert void(ceremony.give(1, step)) == "R-TRUSTEE-4"
    assert in_force(ceremony.give(1, honest))


def test_a_polynomial_of_another_length_is_not_dealt(ceremony: Ceremony) -> None:
    """R-TRUSTEE-4: it would need more or fewer trustees than the charter says."""
    longer = msgspec.structs.replace(
        ceremony.certify().election,
        needed=3,
    )
    raws = {n: KEYS[n - 1] for n in (1, 2, 3)}
    texts = {
        n: certify_step(ceremony.act, longer, n, key, ceremony.sim.chance).data["certificate"].encode()
        for n, key in raws.items()
    }
    certificates = check_certificates(texts, size=3, threshold=3)
    letters = deal(KEYS[0], certificates, 1, ceremony.sim.chance)
    ceremony.promise(t1=letters)
    assert polynomial_commitment(letters) == ceremony.election.trustees[0].promise
    data = {"election": ceremony.act, "letters": letters.decode()}
    assert void(ceremony.give(1, Step(kind="trustee.deal", data=data))) == "R-TRUSTEE-4"


def test_nobody_publishes_another_share_than_was_dealt(ceremony: Ceremony) -> None:
    """R-TRUSTEE-5."""
    ceremony.certify().promise().deal()
    step = share_step(ceremony.act, ceremony.election, 1, KEYS[0], ceremony.sim.chance)
    other = share_step(ceremony.act, ceremony.election, 2, KEYS[1], ceremony.sim.chance)
    said = msgspec.json.decode(step.data["answer"])
    said["public_key"]["pok"]["response"] = "1"
    for wrong in (other.data["answer"], msgspec.json.encode(said).decode(), "{}"):
        assert void(ceremony.give(1, Step(kind=step.kind, data=step.data | {"answer": wrong}))) == "R-TRUSTEE-5"
    assert in_force(ceremony.give(1, step))


def test_whoever_dealt_a_false_value_is_named_and_the_ballot_begins_again(ceremony: Ceremony) -> None:
    """R-TRUSTEE-6: the reader alone sees it, answers nothing, and opens that one letter to all."""
    ceremony.certify()
    ceremony.promise(t2=ceremony.false_letters(2, to=3)).deal()
    chance = ceremony.sim.chance
    with pytest.raises(Forged) as caught:
        share_step(ceremony.act, ceremony.election, 3, KEYS[2], chance)
    assert "trustee 2" in caught.value.where
    assert in_force(ceremony.give(1, share_step(ceremony.act, ceremony.election, 1, KEYS[0], chance)))
    accused = accuse_step(ceremony.act, ceremony.election, 3, 2, KEYS[2], chance)
    assert in_force(ceremony.give(3, accused))
    assert ceremony.election.liar == ceremony.people[1].id
    again = certify_step(ceremony.act, ceremony.election, 1, draw_channel_key(chance), chance)
    assert void(ceremony.give(1, again)) == "R-ELECT-6"


def test_who_was_shown_to_lie_makes_no_further_key_until_appointed_anew(ceremony: Ceremony) -> None:
    """R-TRUSTEE-8: else one trustee could end every election of the term."""
    ceremony.certify()
    ceremony.promise(t2=ceremony.false_letters(2, to=3)).deal()
    body, (one, liar, three) = ceremony.body, ceremony.people
    ceremony.give(3, accuse_step(ceremony.act, ceremony.election, 3, 2, KEYS[2], ceremony.sim.chance))
    anew = body.do("election.announce", ceremony.data, body.clerk)
    assert [trustee.key for trustee in body.state.elections[anew].trustees] == [one.id, three.id]
    assert body.state.elections[anew].needed == 2
    of = next(held.of for held in body.state.offices if held.key == liar.id)
    match = {"office": "trustee", "key": liar.id, "of": of, "term_days": 365}
    body.do("office.appoint", match, body.clerk, cites=[body.decide(grant("office.appoint", **match))])
    other = ceremony.data | {"subject": body.table()}
    later = body.do("election.announce", other, body.clerk)
    assert liar.id in [trustee.key for trustee in body.state.elections[later].trustees]


def test_nobody_is_accused_falsely(ceremony: Ceremony) -> None:
    """R-TRUSTEE-6."""
    ceremony.certify()
    ceremony.promise(t2=ceremony.false_letters(2, to=3)).deal()
    chance = ceremony.sim.chance
    with pytest.raises(Refused, match="right"):
        accuse_step(ceremony.act, ceremony.election, 3, 1, KEYS[2], chance)
    true = accuse_step(ceremony.act, ceremony.election, 3, 2, KEYS[2], chance)
    for accused in (1, 3, 9):
        wrong = Step(kind=true.kind, data=true.data | {"accused": accused})
        assert void(ceremony.give(3, wrong)) == "R-TRUSTEE-6"
    assert void(ceremony.give(1, true)) == "R-TRUSTEE-6"
    for text in ("", "{}", "[" * 3000):
        assert void(ceremony.give(3, Step(kind=true.kind, data=true.data | {"accusation": text}))) == "R-TRUSTEE-6"
    assert in_force(ceremony.give(3, true))


def test_nobody_is_framed_by_an_accusation_of_another(ceremony: Ceremony) -> None:
    """R-TRUSTEE-6: an honest letter, opened truly, and said to be of a trustee under whose key it fails."""
    ceremony.certify().promise().deal()
    chance, certificates = ceremony.sim.chance, certificates_of(ceremony.election)
    letters = ceremony.letters[0]
    opened, proof = KEYS[2].prove_reading(
        msgspec.json.decode(letters)["secrets"][2], _prefix(certificates, letters, 3, 2), chance
    )
    text = {
        "accuser": 3,
        "accused": 2,
        "polynomial": sha256(letters).hexdigest(),
        "opened": ED25519.format(opened),
        "proof": {"challenge": str(proof.challenge), "response": str(proof.response)},
    }
    for accused in (1, 2):
        data = {"election": ceremony.act, "accused": accused, "accusation": msgspec.json.encode(text).decode()}
        assert void(ceremony.give(3, Step(kind="trustee.accuse", data=data))) == "R-TRUSTEE-6"
    assert ceremony.election.liar == ""


def test_a_certificate_is_of_this_election_and_place_and_signed(ceremony: Ceremony) -> None:
    """R-TRUSTEE-3: what everybody can see to be false is never in force, so nobody has to accuse anybody of it."""
    honest = certify_step(ceremony.act, ceremony.election, 1, KEYS[0], ceremony.sim.chance)
    second = certify_step(ceremony.act, ceremony.election, 2, KEYS[0], ceremony.sim.chance)
    said = msgspec.json.decode(honest.data["certificate"])
    said["signature"]["response"] = "1"
    for wrong in (second.data["certificate"], msgspec.json.encode(said).decode(), "{}", "[" * 3000):
        assert (
            void(ceremony.give(1, Step(kind=honest.kind, data=honest.data | {"certificate": wrong}))) == "R-TRUSTEE-3"
        )
    assert in_force(ceremony.give(1, honest))


def test_letters_to_others_than_these_trustees_are_not_promised(ceremony: Ceremony) -> None:
    """A trustee's own program keeps them from becoming a liar by an old copy of the record."""
    ceremony.certify()
    stale = make_letters(ceremony.election, 1, KEYS[0], ceremony.sim.chance)
    other = certify_step(ceremony.act, ceremony.election, 2, draw_channel_key(ceremony.sim.chance), ceremony.sim.chance)
    changed = msgspec.structs.replace(ceremony.election.trustees[1], certificate=other.data["certificate"])
    forked = msgspec.structs.replace(
        ceremony.election, trustees=(ceremony.election.trustees[0], changed, ceremony.election.trustees[2])
    )
    assert promise_step(ceremony.act, ceremony.election, 1, stale).data["commitment"] == polynomial_commitment(stale)
    with pytest.raises(Forged):
        promise_step(ceremony.act, forked, 1, stale)


def test_parts_that_cancel_each_other_out_make_no_key(_staffed: Simulator) -> None:
    """R-TRUSTEE-2: two who join against all others would have sealed nothing; the last part is refused."""
    body = _staffed.fork().bodies["south"]
    declared: dict[str, Any] = {"purpose": "motion", "subject": body.table(), "seats": 0, "candidates": []}
    polling = Polling(body, "motion", declared["subject"])
    one, two = trustees(body)
    polling.body.do("trustee.key", polling.key_data(one), one)
    secret, _ = polling.keys[one.id]
    from majlis.ballot import TrusteeKey, key_prefix
    from majlis.crypto import ORDER, SecretScalar, prove_knowledge

    minus = SecretScalar(((-int.from_bytes(secret.export(), "little")) % ORDER).to_bytes(32, "little"))
    public = ED25519.raise_generator_secretly(minus)
    proof = prove_knowledge(minus, key_prefix(ED25519, public), body.sim.chance)
    polling.keys[two.id] = (minus, TrusteeKey(public_key=public, proof=proof))
    assert void(body.submit("trustee.key", polling.key_data(two), two)) == "R-TRUSTEE-2"


def test_no_body_sends_as_many_trustees_as_open_the_box(_staffed: Simulator) -> None:
    """R-ELECT-2: two of three from one body could open any box between themselves."""
    body = _staffed.fork().bodies["east"]
    extra = Person("east trustee 3")
    body.enrol(extra)
    stand(body, candidate(body, 7))
    data = {"office": "trustee", "key": extra.id, "of": body.identity, "term_days": 365}
    body.do("office.appoint", data, body.clerk, cites=[body.decide(grant("office.appoint", **data))])
    ballot = {"purpose": "motion", "subject": body.table(), "seats": 0, "candidates": []}
    assert in_force(body.submit("election.announce", ballot, body.clerk))
    leave = {"office": "trustee", "key": third(body).id}
    body.do("office.remove", leave, body.clerk, cites=[body.decide(grant("office.remove", **leave))])
    ballot["subject"] = body.table()
    assert void(body.submit("election.announce", ballot, body.clerk)) == "R-ELECT-2"


def test_who_lied_still_counts_when_it_is_reckoned_how_many_are_needed(_staffed: Simulator) -> None:
    """R-TRUSTEE-7, R-TRUSTEE-8: two of five cannot have two others struck off, and then open boxes themselves."""
    body = _staffed.fork().bodies["east"]
    more = [Person(f"east trustee {number}") for number in (3, 4)]
    for number, person in enumerate(more):
        body.enrol(person)
        data = {"office": "trustee", "key": person.id, "of": f"{number}d" * 32, "term_days": 365}
        body.do("office.appoint", data, body.clerk, cites=[body.decide(grant("office.appoint", **data))])
    ballot: dict[str, Any] = {"purpose": "motion", "subject": body.table(), "seats": 0, "candidates": []}
    first = body.do("election.announce", ballot, body.clerk)
    assert body.state.elections[first].needed == 3
    for liar in (*more, None):
        ended = body.do("election.announce", ballot | {"subject": body.table()}, body.clerk)
        found = body.state.elections[ended]
        assert found.needed == 3
        if liar is not None:
            lied = msgspec.structs.replace(found, ended=ended, liar=liar.id)
            body.record.states[-1] = msgspec.structs.replace(
                body.state, elections=body.state.elections.set(ended, lied)
            )
    assert len(found.trustees) == 3
    assert not found.is_threshold

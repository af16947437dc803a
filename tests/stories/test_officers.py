"""Officers who order what nobody decided, and a payment that is to have effect twice (betrayals 1, 9 and 25)."""

from __future__ import annotations

import pytest
from tests.stories.play import Play, Stage, majlis, verify_program

from majlis.errors import Forged
from majlis.institutions import parse_act, sign_text

FLOUR = {"amount": 900_000, "unit": "SYP", "purpose": "flour"}


def order(stage: Stage, data: dict[str, object], *cites: str) -> tuple[str, str]:
    standing = stage.attempt(stage.assembly, "spend.order", data, stage.assembly.one("clerk"), cites=cites)
    return standing.status, standing.rule


def test_an_order_with_no_decision_is_void_everywhere(stage: Stage) -> None:
    act = stage.assembly.attempt("spend.order", FLOUR, stage.assembly.one("clerk"))
    standing = stage.standing(stage.assembly, act)
    assert (standing.status, standing.rule) == ("void", "R-WARRANT-1")
    assert act not in stage.state(stage.assembly).orders

    public = stage.publish()
    code, said = verify_program(public, "--trust", stage.play.trust)
    assert code == 0
    assert {"body": stage.assembly.identity, "index": standing.index, "rule": "R-WARRANT-1"}.items() <= next(
        void for void in said["void"] if void["act"] == act
    ).items()
    traced = majlis("trace", public, "assembly", standing.index)
    assert traced.returncode == 1
    assert "void by R-WARRANT-1" in traced.stdout


def test_money_does_not_move_on_a_void_order(hall: Stage) -> None:
    act = hall.assembly.attempt("spend.order", FLOUR, hall.assembly.one("clerk"))
    held = hall.state(hall.assembly).money["SYP"]
    data = {"order": act, "amount": 1, "payee": "ab" * 32}
    standing = hall.attempt(hall.assembly, "spend.pay", data, *hall.assembly.all("treasurer"))
    assert (standing.status, standing.rule) == ("void", "R-FUND-1")
    assert hall.state(hall.assembly).money["SYP"] == held


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"purpose": "cement"}, "R-WARRANT-2"),
        ({"unit": "USD"}, "R-WARRANT-2"),
        ({"amount": 700_000}, "R-WARRANT-4"),  # 2,400,000 of 3,000,000 are ordered already.
    ],
)
def test_a_decision_is_not_stretched_beyond_its_words(hall: Stage, change: dict[str, object], rule: str) -> None:
    assert order(hall, FLOUR | change, hall.sittings.decision) == ("void", rule)


def test_a_decision_of_a_district_pays_nothing_in_the_assembly(hall: Stage) -> None:
    decision = hall.decide(
        hall.districts[1], {"kind": "spend.order", "match": {"purpose": "flour", "unit": "SYP"}, "ceiling": 10}
    )
    assert order(hall, FLOUR | {"amount": 1}, decision) == ("void", "R-WARRANT-1")


def test_a_decision_by_hand_warrants_nothing_while_it_can_be_contested(hall: Stage) -> None:
    body = hall.districts[1]
    grant = {"kind": "spend.order", "match": {"purpose": "wells", "unit": "SYP"}, "ceiling": 10}
    decision = hall.decide(body, grant, binding=False)
    data = {"amount": 10, "unit": "SYP", "purpose": "wells"}
    early = hall.attempt(body, "spend.order", data, body.one("clerk"), cites=(decision,))
    assert (early.status, early.rule) == ("void", "R-WARRANT-3")
    hall.world.pass_days(8)
    assert hall.attempt(body, "spend.order", data, body.one("clerk"), cites=(decision,)).status == "in-force"


def test_an_order_by_somebody_who_is_no_clerk_is_void(hall: Stage) -> None:
    teller = hall.assembly.one("teller")
    standing = hall.attempt(hall.assembly, "spend.order", FLOUR, teller, cites=(hall.sittings.decision,))
    assert (standing.status, standing.rule) == ("void", "R-KEY-1")


def test_one_treasurer_pays_nothing_alone_nor_by_signing_twice(hall: Stage) -> None:
    body, (one, other) = hall.assembly, hall.assembly.all("treasurer")
    held = hall.state(body).money["SYP"]
    data = {"order": hall.sittings.order, "amount": 10, "payee": "ab" * 32}
    receipt = hall.host.write(body.identity, "spend.pay", data, one.key)
    assert receipt.standing is not None and receipt.standing.status == "waiting"
    (entry,) = hall.host.hosted(body.identity).record.entries(receipt.index, receipt.index + 1)
    text = parse_act(entry).text
    hall.host.submit(body.identity, sign_text(text, one.key))
    assert hall.state(body).money["SYP"] == held
    hall.host.submit(body.identity, sign_text(text, other.key))
    assert hall.state(body).money["SYP"] == held - 10


def test_a_payment_in_another_wrapping_is_the_same_payment(stage: Stage) -> None:
    body = stage.assembly
    one, other = body.all("treasurer")
    held, payment = stage.state(body).money["SYP"], stage.sittings.payment
    text = parse_act(payment).text
    again = [
        payment,  # The very same bytes.
        sign_text(text, other.key, one.key),  # Its signatures in another order.
        sign_text(text, one.key),  # One signature left out.
        sign_text(text, one.key, other.key, body.one("clerk").key),  # One more.
    ]
    for entry in again:
        stage.host.submit(body.identity, entry)
        assert stage.state(body).money["SYP"] == held
    findings = [found for found in stage.host.hosted(body.identity).folded.findings if found.kind == "copy"]
    assert [found.rule for found in findings] == ["R-ACT-7"] * 3
    assert stage.verify().ok


def test_a_payment_whose_text_is_touched_is_nobodys(hall: Stage) -> None:
    body, payment = hall.assembly, hall.sittings.payment
    size = hall.state(body).size
    for old, new in ((b'"amount":1000000', b'"amount":1000001'), (b'"amount":', b'"amount": ')):
        assert old in payment
        with pytest.raises(Forged, match="R-ACT-5"):
            hall.host.submit(body.identity, payment.replace(old, new, 1))
    assert hall.state(body).size == size


def test_more_is_never_paid_than_was_ordered_or_is_there(hall: Stage) -> None:
    pay = {"order": hall.sittings.order, "amount": 1_400_001, "payee": "ab" * 32}
    standing = hall.attempt(hall.assembly, "spend.pay", pay, *hall.assembly.all("treasurer"))
    assert (standing.status, standing.rule) == ("void", "R-FUND-2")


def test_what_the_assembly_did_decide_traces_back_to_the_census(play: Play) -> None:
    """The other side of it: an order with its warrant shows decision, votes, elections, roll and census."""
    index = play.world.host.state(play.sittings.assembly.identity).acts[play.sittings.order].index
    done = majlis("trace", play.public, "assembly", index, "--json")
    assert done.returncode == 0
    for kind in ("spend.order", "motion.close", "vote.cast", "election.result", "roll.commit", "census.publish"):
        assert f'"kind":"{kind}"' in done.stdout

"""R-LOT-8 and R-LOT-9: dice that two bodies throw where too few trustees can draw the lot."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from tests.institutions.polling import Polling, candidate, keeper, prepare, stand, trustees
from tests.institutions.simulator import Body, Person, Simulator, in_force, void
from tests.institutions.test_federation import join

from majlis.count import Lot, rank
from majlis.institutions.elections.dice import Throw, dice_seed
from majlis.institutions.elections.paper import lot_case, lot_seed


@pytest.fixture(scope="session")
def _tied() -> Simulator:
    """East elects one delegate of three; its box was decrypted, and its trustees went silent before the lot."""
    sim = prepare(Simulator())
    east = sim.bodies["east"]
    join(east)
    declared = stand(east, *(candidate(east, n) for n in range(3)))
    assembly = sim.bodies["assembly"].identity
    polling = Polling(east, "delegates", assembly, seats=1, candidates=declared)
    polling.prepare().open().close().wait().decrypt()
    sim.tied = polling.act, polling.keys, polling.members  # type: ignore[attr-defined]
    return sim


@pytest.fixture
def tied(_tied: Simulator) -> Polling:
    polling = object.__new__(Polling)
    polling.body = _tied.fork().bodies["east"]
    polling.act, polling.keys, polling.members = _tied.tied  # type: ignore[attr-defined]
    return polling


def lender(body: Body) -> str:
    """The body that lent the list keeper."""
    return next(held.of for held in body.state.offices if held.key == keeper(body).id)


def thrown(polling: Polling, *digits: str) -> dict[str, Any]:
    """What two bodies have thrown."""
    one, other = digits or ("1" * 50, "123456" * 9)
    by = dict(zip((polling.body.identity, lender(polling.body)), (one, other), strict=True))
    return {"election": polling.act, "throws": [{"of": of, "dice": by[of]} for of in sorted(by)]}


def both(body: Body) -> list[Person]:
    return [body.tellers[0], keeper(body)]


def test_dice_fill_a_seat_when_the_trustees_are_gone(tied: Polling) -> None:
    body = tied.body
    assert void(body.submit("election.result", tied.result_data(15, 15, 10), body.clerk)) == "R-LOT-3"
    body.sim.pass_days(8)
    data = thrown(tied)
    assert in_force(body.submit("lot.dice", data, *both(body)))
    seed = lot_seed(tied.election)
    text = "".join(f"|{throw['of']}|{throw['dice']}" for throw in data["throws"])
    assert seed == sha256(f"majlis-dice-1|{lot_case(tied.election)}{text}".encode()).digest()
    assert seed == dice_seed(lot_case(tied.election), [Throw(**throw) for throw in data["throws"]])
    tied.result(15, 15, 10)
    result = tied.election.result
    assert result is not None
    assert result.order == rank((15, 15, 10), seed).order


def test_published_dice(project_root: Path) -> None:
    published = json.loads((project_root / "vectors" / "lot" / "lots.json").read_text())["dice"]
    seed = dice_seed(published["case"], [Throw(**throw) for throw in published["throws"]])
    assert seed.hex() == published["seed"]
    assert Lot(seed).shuffled(range(5)) == published["order"]


def test_dice_come_after_the_trustees_had_their_time_and_once(tied: Polling) -> None:
    """R-LOT-8."""
    body = tied.body
    assert void(body.submit("lot.dice", thrown(tied), *both(body))) == "R-LOT-8"
    body.sim.pass_days(8)
    assert in_force(body.submit("lot.dice", thrown(tied), *both(body)))
    again = thrown(tied, "2" * 50, "3" * 50)
    assert void(body.submit("lot.dice", again, *both(body))) == "R-LOT-8"
    one, _ = trustees(body)
    assert void(body.submit("lot.share", tied.lot(one), one)) == "R-LOT-1"


def test_a_lot_that_trustees_drew_is_not_thrown_again(tied: Polling) -> None:
    body = tied.body
    body.sim.pass_days(8)
    one, two = trustees(body)
    body.do("lot.share", tied.lot(one), one)
    fork = body.sim.fork().bodies["east"]
    assert in_force(fork.submit("lot.dice", thrown(tied), *both(fork)))
    body.do("lot.share", tied.lot(two), two)
    assert void(body.submit("lot.dice", thrown(tied), *both(body))) == "R-LOT-8"


def test_people_of_two_bodies_sign_for_what_they_threw(tied: Polling) -> None:
    """R-LOT-9: nobody whom only one body sent chooses who sits."""
    body = tied.body
    body.sim.pass_days(8)
    good = thrown(tied)
    for people in ([body.tellers[0]], [keeper(body)], body.tellers[:2], [body.clerk, keeper(body)]):
        standing = body.submit("lot.dice", good, *people)
        assert standing is not None
        assert (standing.status, standing.rule) == ("waiting", "R-LOT-9")
    one, other = good["throws"]
    for wrong in ([other, one], [one, one]):
        assert void(body.submit("lot.dice", good | {"throws": wrong}, *both(body))) == "R-LOT-9"
    stranger = {"of": "0" * 64, "dice": "1" * 50}
    assert body.submit("lot.dice", good | {"throws": [stranger, one]}, *both(body)).status == "waiting"
    assert in_force(body.submit("lot.dice", good, *both(body)))


@pytest.mark.parametrize("dice", ["1" * 49, "1" * 201, "0" * 50, "7" * 50, "", "١" * 50])
def test_fifty_dice_are_thrown_and_no_fewer(tied: Polling, dice: str) -> None:
    body = tied.body
    body.sim.pass_days(8)
    assert void(body.submit("lot.dice", thrown(tied, dice, "1" * 50), *both(body))) != ""

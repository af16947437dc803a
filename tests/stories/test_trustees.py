"""Fewer trustees than are needed, trustees who lie, and trustees who disappear (betrayal 17)."""

from __future__ import annotations

from hashlib import sha256

import pytest
from tests.stories.play import Stage, failures

from majlis.ballot import make_trustee_key
from majlis.crypto import SecretScalar, draw_scalar
from majlis.demo.polling import Polling
from majlis.errors import Fault
from majlis.host.ceremony import Opening, decrypt, lot_data, open_result, trustee_key_data


@pytest.fixture
def closed(stage: Stage) -> tuple[Stage, Polling]:
    """A closed box of 24 ballots, its objection window over."""
    body = stage.districts[1]
    polling = stage.poll(body, "motion", body.table("Shall we dig the well?", []))
    polling.open()
    stage.world.tick()
    stage.cast(polling, [(1, 0)] * 15 + [(0, 1)] * 9)
    stage.world.pass_days(2)
    polling.close()
    stage.world.tick()
    stage.world.pass_days(4)
    return stage, polling


def openings(polling: Polling, secrets: list[SecretScalar]) -> list[Opening]:
    tally = polling.box.tally()
    return [decrypt(polling.box, tally, owner, secret, polling.world.chance) for owner, secret in enumerate(secrets, 1)]


def result(stage: Stage, polling: Polling, votes: list[int]) -> tuple[str, str]:
    data = {"election": polling.act, "head": polling.box.head, "votes": votes, "blank": 0}
    standing = stage.attempt(polling.body, "election.result", data, polling.body.one("clerk"))
    return standing.status, standing.rule


def test_two_of_three_trustees_open_nothing(closed: tuple[Stage, Polling]) -> None:
    stage, polling = closed
    shares = openings(polling, polling.secrets)
    for trustee, opening in list(zip(polling.trustees, shares, strict=True))[:2]:
        polling.body.act("decryption.commit", opening.commit_data(polling.act), trustee)
        early = stage.attempt(polling.body, "decryption.reveal", opening.reveal_data(polling.act), trustee)
        assert (early.status, early.rule) == ("void", "R-OPEN-4")
    tally = polling.box.tally()
    with pytest.raises(Fault):
        open_result(polling.box, tally, {owner: opening.share for owner, opening in enumerate(shares[:2], 1)})
    assert result(stage, polling, [15, 9]) == ("void", "R-RESULT-1")


def test_nobody_opens_in_a_trustees_place(closed: tuple[Stage, Polling]) -> None:
    stage, polling = closed
    opening = openings(polling, polling.secrets)[2]
    for person in (polling.trustees[0], polling.body.one("clerk"), stage.world.courier):
        standing = stage.attempt(polling.body, "decryption.commit", opening.commit_data(polling.act), person)
        if person is polling.trustees[0]:
            assert standing.status == "in-force"  # It is bound to what another would have to show.
        else:
            assert (standing.status, standing.rule) == ("void", "R-TRUSTEE-1")


def test_a_trustee_shows_what_was_committed_or_nothing(closed: tuple[Stage, Polling]) -> None:
    """Having seen the others' shares, the last one would like to show another."""
    stage, polling = closed
    shares = openings(polling, polling.secrets)
    for trustee, opening in zip(polling.trustees, shares, strict=True):
        polling.body.act("decryption.commit", opening.commit_data(polling.act), trustee)
    other = openings(polling, polling.secrets)[2]
    assert other.share != shares[2].share
    stage.host.blobs.put(other.sidecar)
    standing = stage.attempt(polling.body, "decryption.reveal", other.reveal_data(polling.act), polling.trustees[2])
    assert (standing.status, standing.rule) == ("void", "R-OPEN-5")


def test_a_false_share_is_refused_and_its_trustee_named(closed: tuple[Stage, Polling]) -> None:
    """One trustee decrypts with another secret, commits to that, and shows it: the box fails, and says whose it is."""
    stage, polling = closed
    secrets = [*polling.secrets[:2], draw_scalar(stage.world.chance)]
    shares = openings(polling, secrets)
    tally = polling.box.tally()
    for trustee, opening in zip(polling.trustees, shares, strict=True):
        polling.body.act("decryption.commit", opening.commit_data(polling.act), trustee)
    polling.box.add_tally(tally)
    for owner, (trustee, opening) in enumerate(zip(polling.trustees, shares, strict=True), 1):
        stage.host.blobs.put(opening.sidecar)
        polling.body.act("decryption.reveal", opening.reveal_data(polling.act), trustee)
        polling.box.add_share(owner, opening.share)
    with pytest.raises(Fault, match="trustee 3"):
        open_result(polling.box, tally, {owner: opening.share for owner, opening in enumerate(shares, 1)})
    polling.box.add_result(b'{"result":[[0,15,9]]}')
    assert result(stage, polling, [15, 9]) == ("void", "R-RESULT-2")
    verdict = stage.verify()
    assert verdict.exit_code == 1
    assert any("trustee 3" in failure.text for failure in failures(verdict))


def test_a_trustee_who_copies_anothers_key_proves_nothing(stage: Stage) -> None:
    """A key made from another's would let its owner cancel that one out."""
    body = stage.districts[1]
    polling = stage.federation.polling(body)
    polling.announce("motion", body.table("Shall we?", []))
    key = stage.federation.elections[body.slug].keys[0]
    standing = stage.attempt(body, "trustee.key", trustee_key_data(polling.act, key), polling.trustees[0])
    assert (standing.status, standing.rule) == ("void", "R-TRUSTEE-2")  # One key, two elections.
    _, fresh = make_trustee_key(stage.world.chance)
    data = trustee_key_data(polling.act, fresh)
    forged = stage.attempt(body, "trustee.key", data | {"response": "1"}, polling.trustees[0])
    assert (forged.status, forged.rule) == ("void", "R-TRUSTEE-2")
    body.act("trustee.key", data, polling.trustees[0])
    copied = stage.attempt(body, "trustee.key", data, polling.trustees[1])
    assert (copied.status, copied.rule) == ("void", "R-TRUSTEE-2")
    twice = stage.attempt(body, "trustee.key", data, polling.trustees[0])
    assert (twice.status, twice.rule) == ("void", "R-TRUSTEE-1")


def test_a_lot_that_was_not_made_with_the_key_is_void(closed: tuple[Stage, Polling]) -> None:
    stage, polling = closed
    false = lot_data(polling.act, polling.election, draw_scalar(stage.world.chance), stage.world.chance)
    standing = stage.attempt(polling.body, "lot.share", false, polling.trustees[0])
    assert (standing.status, standing.rule) == ("void", "R-LOT-2")
    true = lot_data(polling.act, polling.election, polling.secrets[0], stage.world.chance)
    again = lot_data(polling.act, polling.election, polling.secrets[0], stage.world.chance)
    assert true["value"] == again["value"]  # There is one share only that a trustee can give.
    polling.body.act("lot.share", true, polling.trustees[0])
    twice = stage.attempt(polling.body, "lot.share", again, polling.trustees[0])
    assert (twice.status, twice.rule) == ("void", "R-LOT-1")


def test_a_sidecar_that_nobody_can_find_leaves_the_result_missing(closed: tuple[Stage, Polling]) -> None:
    """A trustee names a blob and hands it to nobody. The result is missing, not void; with the blob it is in force."""
    stage, polling = closed
    blob = b""
    put = stage.host.blobs.put

    def hide(data: bytes) -> str:
        nonlocal blob
        if not blob:  # The first trustee's.
            blob = data
            return sha256(data).hexdigest()
        return put(data)

    stage.host.blobs.put = hide  # type: ignore[method-assign]
    try:
        polling.count(map)
    except RuntimeError as error:
        assert "missing" in str(error)
    finally:
        stage.host.blobs.put = put  # type: ignore[method-assign]
    assert blob
    assert stage.state(polling.body).missing is not None
    assert stage.verify().exit_code == 3
    put(blob)
    polling.body.table("Life goes on", [])
    assert stage.state(polling.body).missing is None
    outcome = polling.election.result
    assert outcome is not None
    assert outcome.votes == (15, 9)
    assert stage.verify().ok

"""Fewer trustees than are needed, trustees who lie, and trustees who disappear (betrayal 17); two of three open."""

from __future__ import annotations

from hashlib import sha256

import msgspec
import pytest
from tests.stories.play import Stage, failures

from majlis.ballot import draw_channel_key, polynomial_commitment
from majlis.crypto import ED25519, SecretScalar, draw_scalar
from majlis.demo.polling import Polling
from majlis.errors import Forged, Missing
from majlis.host.ceremony import Opening, decrypt, lot_data, open_result
from majlis.host.trustees import (
    Step,
    accuse_step,
    certify_step,
    deal_step,
    make_letters,
    share_step,
)


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


def test_one_of_three_trustees_opens_nothing(closed: tuple[Stage, Polling]) -> None:
    stage, polling = closed
    opening = openings(polling, polling.secrets)[0]
    polling.body.act("decryption.commit", opening.commit_data(polling.act), polling.trustees[0])
    early = stage.attempt(polling.body, "decryption.reveal", opening.reveal_data(polling.act), polling.trustees[0])
    assert (early.status, early.rule) == ("void", "R-OPEN-4")
    with pytest.raises(Missing, match="2 must answer; 1 did"):
        open_result(polling.box, polling.box.tally(), {1: opening.share})
    assert result(stage, polling, [15, 9]) == ("void", "R-RESULT-1")


@pytest.mark.parametrize("away", [1, 2, 3])
def test_any_two_open_the_box_without_the_third(closed: tuple[Stage, Polling], away: int) -> None:
    """Who disappears stops nothing, whoever it is."""
    stage, polling = closed
    number = away - 1
    for trusted in (polling.trustees, polling.keys):
        assert len(trusted) == 3
    tally = polling.box.tally()
    polling.box.add_tally(tally)
    shares = openings(polling, polling.secrets)
    present = [n for n in range(3) if n != number]
    for n in present:
        polling.body.act("decryption.commit", shares[n].commit_data(polling.act), polling.trustees[n])
    for n in present:
        stage.host.blobs.put(shares[n].sidecar)
        polling.body.act("decryption.reveal", shares[n].reveal_data(polling.act), polling.trustees[n])
        polling.box.add_share(n + 1, shares[n].share)
    payload, _ = open_result(polling.box, tally, {n + 1: shares[n].share for n in present})
    polling.box.add_result(payload)
    assert result(stage, polling, [15, 9]) == ("in-force", "")
    assert stage.verify().ok


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


def test_a_false_share_is_named_and_not_needed(closed: tuple[Stage, Polling]) -> None:
    """One trustee decrypts with another secret, commits to that, and shows it; the other two open the box."""
    stage, polling = closed
    shares = openings(polling, [draw_scalar(stage.world.chance), *polling.secrets[1:]])
    tally = polling.box.tally()
    for trustee, opening in zip(polling.trustees, shares, strict=True):
        polling.body.act("decryption.commit", opening.commit_data(polling.act), trustee)
    polling.box.add_tally(tally)
    for trustee, opening in zip(polling.trustees, shares, strict=True):
        stage.host.blobs.put(opening.sidecar)
        polling.body.act("decryption.reveal", opening.reveal_data(polling.act), trustee)
    with pytest.raises(Missing, match="trustee 1"):
        open_result(polling.box, tally, {1: shares[0].share, 2: shares[1].share})
    payload, opened = open_result(polling.box, tally, {n: opening.share for n, opening in enumerate(shares, 1)})
    assert set(opened.false) == {1}
    for owner in (2, 3):
        polling.box.add_share(owner, shares[owner - 1].share)
    polling.box.add_result(payload)
    assert result(stage, polling, [15, 9]) == ("in-force", "")
    assert stage.verify().ok


def test_a_false_share_in_the_box_fails_it_and_names_its_trustee(closed: tuple[Stage, Polling]) -> None:
    stage, polling = closed
    shares = openings(polling, [*polling.secrets[:2], draw_scalar(stage.world.chance)])
    polling.box.add_tally(polling.box.tally())
    for owner, (trustee, opening) in list(enumerate(zip(polling.trustees, shares, strict=True), 1))[1:]:
        polling.body.act("decryption.commit", opening.commit_data(polling.act), trustee)
        stage.host.blobs.put(opening.sidecar)
        polling.box.add_share(owner, opening.share)
    for trustee, opening in list(zip(polling.trustees, shares, strict=True))[1:]:
        polling.body.act("decryption.reveal", opening.reveal_data(polling.act), trustee)
    polling.box.add_result(b'{"result":[[0,15,9]]}')
    assert result(stage, polling, [15, 9]) == ("void", "R-RESULT-2")
    verdict = stage.verify()
    assert verdict.exit_code == 1
    assert any("trustee 3" in failure.text for failure in failures(verdict))


def test_a_trustee_who_copies_anothers_keys_takes_no_part(stage: Stage) -> None:
    """Keys serve one election and one trustee; so nobody's part cancels another's out."""
    body = stage.districts[1]
    polling = stage.federation.polling(body)
    polling.announce("motion", body.table("Shall we?", []))
    chance = stage.world.chance
    old = stage.federation.elections[body.slug].keys[0]
    used = certify_step(polling.act, polling.election, 1, old, chance)
    standing = stage.attempt(body, used.kind, used.data, polling.trustees[0])
    assert (standing.status, standing.rule) == ("void", "R-TRUSTEE-2")
    fresh = certify_step(polling.act, polling.election, 1, draw_channel_key(chance), chance)
    body.act(fresh.kind, fresh.data, polling.trustees[0])
    copied = stage.attempt(body, fresh.kind, fresh.data, polling.trustees[1])
    assert (copied.status, copied.rule) == ("void", "R-TRUSTEE-3")  # It says whose place it is for.
    twice = stage.attempt(body, fresh.kind, fresh.data, polling.trustees[0])
    assert (twice.status, twice.rule) == ("void", "R-TRUSTEE-3")


def test_a_trustee_who_deals_falsely_is_named_and_the_ballot_is_announced_anew(stage: Stage) -> None:
    """Betrayal 17: the second trustee seals a wrong value to the third, who alone can see it, and shows it to all."""
    body, chance = stage.districts[1], stage.world.chance
    polling = stage.federation.polling(body)
    polling.announce("motion", body.table("Shall we?", []))
    keys = [draw_channel_key(chance) for _ in polling.trustees]
    election = polling.election
    _take(polling, [certify_step(polling.act, election, n, key, chance) for n, key in enumerate(keys, 1)])
    election = polling.election
    letters = [make_letters(election, n, key, chance) for n, key in enumerate(keys, 1)]
    false = msgspec.json.decode(letters[1])
    reader = ED25519.read(election.trustees[2].encryption)
    false["secrets"][2] = keys[1].send(reader, '{"secret":"5"}', chance)
    letters[1] = msgspec.json.encode(false)
    promises = [
        Step(kind="trustee.promise", data={"election": polling.act, "commitment": polynomial_commitment(each)})
        for each in letters
    ]
    _take(polling, promises)
    election = polling.election
    _take(polling, [deal_step(polling.act, election, n, each) for n, each in enumerate(letters, 1)])
    with pytest.raises(Forged, match="not that of the polynomial"):
        share_step(polling.act, polling.election, 3, keys[2], chance)
    accusation = accuse_step(polling.act, polling.election, 3, 2, keys[2], chance)
    body.act(accusation.kind, accusation.data, polling.trustees[2])
    assert polling.election.liar == polling.trustees[1].id
    again = stage.federation.polling(body)
    again.announce("motion", polling.election.subject)
    assert stage.verify().ok


def _take(polling: Polling, steps: list[Step]) -> None:
    for trustee, step in zip(polling.trustees, steps, strict=True):
        polling.body.act(step.kind, step.data, trustee)


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

"""Ballots stuffed, copied, replayed, dropped or altered, and results that say other numbers (betrayals 16 and 18)."""

from __future__ import annotations

import copy
import json
import shutil
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from tests.stories.archives import Part, put_together, rebuild, take_apart, timestamp
from tests.stories.play import Play, Stage, failures, majlis, named, rewrite, verify_program

from majlis.ballot import parse_election, seal
from majlis.crypto import SecretScalar, draw_scalar
from majlis.demo.polling import Polling
from majlis.errors import Fault, Forged, Refused
from majlis.host.box import Box
from majlis.host.ceremony import open_data
from majlis.host.chance import chance
from majlis.host.publish import write_sums
from majlis.host.trustees import trustees_payload
from majlis.institutions.elections import paper
from majlis.institutions.state import Election


def polling_of(play: Play, district: int = 1) -> Polling:
    return play.federation.elections[play.federation.districts[district].slug]


def election_of(play: Play, district: int = 1) -> Election:
    return polling_of(play, district).election


def box_of(play: Play, public: Path, district: int = 1) -> Path:
    return public / "boxes" / f"{election_of(play, district).uuid}.bel"


def tracker(ballot: bytes) -> str:
    return b64encode(sha256(ballot).digest()).decode().rstrip("=")


def ballots(parts: list[Part]) -> list[int]:
    return [height for height, part in enumerate(parts) if part.type == "Ballot"]


def new_ballot(play: Play, secret: SecretScalar, district: int = 1, change: int = 0) -> bytes:
    election = polling_of(play, district).box.election
    choice = [0] * len(election.questions[0].answers)
    choice[change] = 1
    return seal(election, secret, [choice], chance)


class Stuffing:
    """Each attack is a function of the play and the events; it returns the ballot that a verifier is to name."""

    @staticmethod
    def stuffed(play: Play, parts: list[Part]) -> bytes:
        ballot = new_ballot(play, draw_scalar(chance))
        parts.insert(ballots(parts)[-1] + 1, Part(type="Ballot", payloads=[ballot]))
        return ballot

    @staticmethod
    def copied(play: Play, parts: list[Part]) -> bytes:
        ballot = parts[3].payloads[0]
        parts.insert(9, Part(type="Ballot", payloads=[ballot]))
        return ballot

    @staticmethod
    def replayed_from_another_election(play: Play, parts: list[Part]) -> bytes:
        ballot = polling_of(play, 2).box._raw[4]
        parts.insert(9, Part(type="Ballot", payloads=[ballot]))
        return ballot

    @staticmethod
    def altered(play: Play, parts: list[Part]) -> bytes:
        ballot = json.loads(parts[5].payloads[0])
        alpha = ballot["answers"][0]["choices"][0]["alpha"]
        other = json.loads(parts[6].payloads[0])["answers"][0]["choices"][0]["alpha"]
        parts[5].payloads[0] = parts[5].payloads[0].replace(alpha.encode(), other.encode())
        return parts[5].payloads[0]

    @staticmethod
    def signed_by_nobody(play: Play, parts: list[Part]) -> bytes:
        """A member's ballot, signed anew by the host, who has no credential."""
        parts[4].payloads[0] = new_ballot(play, draw_scalar(chance))
        return parts[4].payloads[0]


@pytest.mark.parametrize(
    "attack",
    ["stuffed", "copied", "replayed_from_another_election", "altered", "signed_by_nobody"],
)
def test_a_tampered_box_fails_and_names_the_ballot(play: Play, public: Path, attack: str) -> None:
    wanted = b""

    def change(parts: list[Part]) -> None:
        nonlocal wanted
        wanted = getattr(Stuffing, attack)(play, parts)

    box = box_of(play, public)
    rewrite(box, lambda data: rebuild(data, change))
    write_sums(public)
    verdict = play.verify(public)
    assert verdict.exit_code == 1
    assert tracker(wanted) in {failure.ballot for failure in failures(verdict)}
    assert all(failure.file == f"boxes/{box.name}" for failure in failures(verdict))


def test_a_stuffed_ballot_is_named_by_the_program(play: Play, public: Path) -> None:
    box, found = box_of(play, public), b""

    def change(parts: list[Part]) -> None:
        nonlocal found
        found = Stuffing.stuffed(play, parts)

    rewrite(box, lambda data: rebuild(data, change))
    write_sums(public)
    code, said = verify_program(public, "--trust", play.trust)
    assert (code, said["verdict"]) == (1, "failed")
    assert (tracker(found), box.stem) in {(finding["ballot"], finding["box"]) for finding in said["findings"]}
    alone = majlis("box", "verify", box, "--json")
    assert alone.returncode == 1
    assert tracker(found) in alone.stdout


def drop(parts: list[Part]) -> None:
    del parts[ballots(parts)[-1]]


def swap(parts: list[Part]) -> None:
    parts[2], parts[3] = parts[3], parts[2]


def cut_the_result(parts: list[Part]) -> None:
    del parts[-1]


def cut_the_end(parts: list[Part]) -> None:
    del parts[12:]


def another_order_of_shares(parts: list[Part]) -> None:
    """A box that holds by itself, every proof in it true, and not the one that the record names."""
    parts[-2], parts[-3] = parts[-3], parts[-2]


def another_result(parts: list[Part]) -> None:
    result = json.loads(parts[-1].payloads[0])
    column = result["result"][0]
    column[1], column[2] = column[2], column[1]
    assert column[1] != column[2]
    parts[-1].payloads[0] = json.dumps(result, separators=(",", ":")).encode()


@pytest.mark.parametrize("change", [drop, swap, cut_the_result, cut_the_end, another_result])
def test_a_box_rewritten_after_its_head_was_logged_fails(
    play: Play, public: Path, change: Callable[[list[Part]], None]
) -> None:
    box = box_of(play, public, 0)
    rewrite(box, lambda data: rebuild(data, change))
    write_sums(public)
    verdict = play.verify(public)
    if change is cut_the_result:
        assert verdict.exit_code == 3
        (finding,) = [finding for finding in verdict.findings if finding.rule == "R-RESULT-4"]
        assert finding.file == f"boxes/{box.name}"
    else:
        assert verdict.exit_code == 1
        assert named(verdict, f"boxes/{box.name}")


def test_another_box_of_the_same_votes_says_the_same(play: Play, public: Path) -> None:
    """Anybody can put the trustees' shares in another order: that box holds too, so it makes nothing void."""
    box = box_of(play, public, 0)
    rewrite(box, lambda data: rebuild(data, another_order_of_shares))
    write_sums(public)
    verdict = play.verify(public)
    assert verdict.exit_code == 0
    (warning,) = [finding for finding in verdict.findings if finding.rule == "R-VERIFY-6"]
    assert (warning.kind, warning.file) == ("warning", f"boxes/{box.name}")


def test_what_rests_on_a_damaged_box_is_missing_and_not_called_void(play: Play, public: Path) -> None:
    """A reader who was given a damaged box knows less than others; they must not tell the delegates to go home."""
    rewrite(box_of(play, public), lambda data: data[: len(data) // 2])
    write_sums(public)
    verdict = play.verify(public)
    assert verdict.exit_code == 1
    assert not verdict.void
    assert {"R-RESULT-4", "R-CERT-7"} <= {finding.rule for finding in verdict.findings if finding.kind == "missing"}


def test_the_box_of_another_election_is_not_taken(play: Play, public: Path) -> None:
    one, other = box_of(play, public, 1), box_of(play, public, 2)
    shutil.copy(other, one)
    write_sums(public)
    verdict = play.verify(public)
    assert verdict.exit_code == 1
    assert "R-BOX-18" in {failure.rule for failure in failures(verdict) if failure.file == f"boxes/{one.name}"}


def test_a_box_that_is_gone_is_missing(play: Play, public: Path) -> None:
    box = box_of(play, public)
    box.unlink()
    write_sums(public)
    verdict = play.verify(public)
    assert verdict.exit_code == 3
    assert f"boxes/{box.name}" in {finding.file for finding in verdict.findings if finding.kind == "missing"}


# --- while the box is open


@pytest.fixture
def open_box(stage: Stage) -> tuple[Stage, Polling]:
    """A motion before the second district's members, twelve of whom have voted; the box's head is logged."""
    body = stage.districts[1]
    polling = stage.poll(body, "motion", body.table("Shall we dig the well?", []))
    polling.open()
    stage.world.tick()
    stage.cast(polling, [(1, 0)] * 12)
    return stage, polling


def test_a_ballot_dropped_from_a_running_box_is_missed_though_others_follow(open_box: tuple[Stage, Polling]) -> None:
    stage, polling = open_box
    stage.cast(polling, [None] * 12 + [(0, 1)] * 3)
    public = stage.publish()
    assert stage.verify(public).ok
    box = public / "boxes" / f"{polling.election.uuid}.bel"

    def change(parts: list[Part]) -> None:
        del parts[5]
        more = [
            seal(polling.box.election, m.for_vote(polling.act), [[0, 1]], chance) for m in polling.body.members[20:24]
        ]
        parts += [Part(type="Ballot", payloads=[ballot]) for ballot in more]

    rewrite(box, lambda data: rebuild(data, change))
    write_sums(public)
    verdict = stage.verify(public)
    assert verdict.exit_code == 1
    assert "R-BOX-70" in {failure.rule for failure in failures(verdict)}


def test_the_box_takes_no_ballot_twice_none_of_a_stranger_and_none_of_another_vote(
    open_box: tuple[Stage, Polling],
) -> None:
    stage, polling = open_box
    box, members = polling.box, polling.body.members
    before = box.path.read_bytes()
    with pytest.raises(Refused, match="R-BOX-48"):
        box.cast(box._raw[0])
    with pytest.raises(Refused, match="R-BOX-38"):
        box.cast(seal(box.election, draw_scalar(chance), [[1, 0]], chance))
    with pytest.raises(Fault):
        box.cast(stage.federation.elections[polling.body.slug].box._raw[0])
    fine = seal(box.election, members[20].for_vote(polling.act), [[1, 0]], chance)
    for spoilt in (fine[:-1], fine.replace(b"{", b"{ ", 1), fine + b"\n", b"", b"{}", fine.swapcase()):
        with pytest.raises(Fault):
            box.cast(spoilt)
    with pytest.raises(Refused, match="R-BOX-48"):
        box.cast_many([fine, fine])
    assert box.path.read_bytes() == before


def test_a_second_vote_of_one_member_replaces_the_first(open_box: tuple[Stage, Polling]) -> None:
    stage, polling = open_box
    stage.cast(polling, [(0, 1)] * 24)
    stage.world.pass_days(2)
    polling.close()
    stage.world.tick()
    stage.world.pass_days(4)
    result = polling.count(map)
    outcome = polling.election.result
    assert outcome is not None
    assert (outcome.act, outcome.votes, outcome.ballots) == (result, (0, 24), 24)
    assert polling.box.count == 36


def test_the_head_of_a_box_never_goes_back(open_box: tuple[Stage, Polling]) -> None:
    stage, polling = open_box
    clerk, head = polling.body.one("clerk"), polling.box.head
    for height, ballots_, other in ((3, 3, "ab" * 32), (12, 12, "ab" * 32), (13, 11, "ab" * 32), (12, 13, head)):
        data = {"election": polling.act, "height": height, "head": other, "ballots": ballots_}
        standing = stage.attempt(polling.body, "box.head", data, clerk)
        assert (standing.status, standing.rule) == ("void", "R-BOXHEAD-1")


def test_a_box_rolled_back_by_its_host_is_not_written_on(open_box: tuple[Stage, Polling]) -> None:
    """An old copy of the box lies in its place: going on from there would unsay twelve members' votes."""
    stage, polling = open_box
    parts = take_apart(polling.box.path.read_bytes())
    old = put_together(parts[:5], timestamp(polling.box.path.read_bytes()))
    polling.box.path.write_bytes(old)
    stage.reopen()
    with pytest.raises(Forged, match="event 12"):
        stage.host.boxes.get(polling.election.uuid)
    assert polling_path(stage, polling).read_bytes() == old


def polling_path(stage: Stage, polling: Polling) -> Path:
    return stage.host.boxes.path(stage.state(polling.body).elections[polling.act].uuid)


# --- the list


def test_a_list_longer_than_the_roll_is_void(stage: Stage) -> None:
    """Betrayal 18: the list keeper adds keys that no member holds."""
    body = stage.districts[1]
    polling = stage.federation.polling(body)
    polling.announce("motion", body.table("Shall we?", []))
    registrar = body.one("registrar")
    for voters in (31, 29):
        data = {"election": polling.act, "credentials": "ab" * 32, "root": "cd" * 32, "voters": voters}
        standing = stage.attempt(body, "election.list", data, polling.list_keeper, registrar)
        assert (standing.status, standing.rule) == ("void", "R-ELECT-7")


def test_a_box_with_another_list_than_the_published_one_fails(stage: Stage) -> None:
    """The numbers agree, and one key is a stranger's."""
    polling = _announced(stage)
    polling.prepare()
    stage.world.tick()
    stage.world.pass_days(8)
    with pytest.raises(Refused, match="R-ELECT-15"):
        _with_stranger(stage, polling).open()
    _set_up(stage, polling, _with_stranger(stage, polling).listing().payload)
    verdict = stage.verify()
    assert verdict.exit_code == 1
    assert {"R-BOX-35", "R-ELECT-15"} <= {failure.rule for failure in failures(verdict)}


def test_a_list_whose_published_root_is_of_other_keys_fails(stage: Stage) -> None:
    """The list keeper shows members a tree that they are in, and puts another list into the box."""
    polling = _announced(stage)
    shown, boxed = polling.listing(), _with_stranger(stage, polling).listing()
    polling.listing = lambda: msgspec.structs.replace(shown, payload=boxed.payload)  # type: ignore[method-assign]
    polling.prepare()
    stage.world.tick()
    stage.world.pass_days(8)
    _set_up(stage, polling, boxed.payload)
    verdict = stage.verify()
    assert verdict.exit_code == 1
    assert {failure.rule for failure in failures(verdict)} == {"R-ELECT-15"}


def _announced(stage: Stage) -> Polling:
    body = stage.districts[1]
    polling = stage.federation.polling(body)
    polling.announce("motion", body.table("Shall we?", []))
    return polling


def _with_stranger(stage: Stage, polling: Polling) -> Polling:
    """The same, with a stranger's key in the place of a member's."""
    other = copy.copy(polling)
    other.body = copy.copy(polling.body)
    other.body.members = [stage.districts[2].members[0], *polling.body.members[1:]]
    return other


def _set_up(stage: Stage, polling: Polling, credentials: bytes) -> None:
    """A clerk whose program does not look at the list opens a box with it."""
    host, identity = stage.host, polling.body.identity
    state, entries = host.state(identity), host.federation.records[identity].entries
    box = Box.create(
        host.boxes.path(polling.election.uuid),
        timestamp=stage.world.clock.now(),
        election=paper(state, polling.election),
        trustees=trustees_payload(state, polling.act, entries),
        credentials=credentials,
    )
    host.boxes.add(polling.election.uuid, box)
    polling.body.act("election.open", open_data(polling.act, box), polling.body.one("clerk"))


def test_a_result_that_says_other_numbers_is_void(stage: Stage) -> None:
    """Everything is in; strangers and a trustee hasten to log results of their own, and then the true one is logged."""
    body = stage.districts[1]
    polling = stage.poll(body, "motion", body.table("Shall we?", []))
    polling.open()
    stage.world.tick()
    stage.cast(polling, [(1, 0)] * 15 + [(0, 1)] * 9)
    stage.world.pass_days(2)
    polling.close()
    stage.world.tick()
    stage.world.pass_days(4)
    attempts: list[str] = []
    true_act = polling.body.act

    def act(kind: str, data: object, *people: object, **options: object) -> str:
        if kind == "election.result":
            attempts.append(body.attempt(kind, data, stage.world.courier))
            for change in ({"votes": [9, 15]}, {"blank": 3}, {"votes": [24, 0]}, {"votes": [15]}):
                attempts.append(body.attempt(kind, data | change, polling.trustees[0]))  # type: ignore[operator]
        return true_act(kind, data, *people, **options)  # type: ignore[arg-type]

    polling.body.act = act  # type: ignore[method-assign]
    result = polling.count(map)
    del polling.body.act
    rules = [stage.standing(body, attempt).rule for attempt in attempts]
    assert rules == ["R-RESULT-5", "R-RESULT-3", "R-RESULT-3", "R-RESULT-3", "R-RESULT-3"]
    assert stage.standing(body, result).status == "in-force"
    assert stage.verify().ok


def test_no_box_opens_with_few_ballots(stage: Stage) -> None:
    """Totals of eleven ballots are no secret."""
    body = stage.districts[1]
    polling = stage.poll(body, "motion", body.table("Shall we?", []))
    polling.open()
    stage.world.tick()
    stage.cast(polling, [(1, 0)] * 11)
    stage.world.pass_days(2)
    polling.close()
    stage.world.tick()
    stage.world.pass_days(4)
    data = {"election": polling.act, "commitment": "ab" * 32}
    standing = stage.attempt(body, "decryption.commit", data, polling.trustees[0])
    assert (standing.status, standing.rule) == ("void", "R-OPEN-3")


def test_a_box_does_not_close_early_nor_open_before_the_objections(stage: Stage) -> None:
    body = stage.districts[1]
    polling = stage.poll(body, "motion", body.table("Shall we?", []))
    polling.open()
    stage.world.tick()
    stage.cast(polling, [(1, 0)] * 24)
    head = {"election": polling.act, "height": 24, "head": polling.box.head, "ballots": 24}
    early = stage.attempt(body, "election.close", head, body.one("clerk"))
    assert (early.status, early.rule) == ("void", "R-ELECT-11")
    stage.world.pass_days(2)
    polling.close()
    stage.world.tick()
    data = {"election": polling.act, "commitment": "ab" * 32}
    hasty = stage.attempt(body, "decryption.commit", data, polling.trustees[0])
    assert (hasty.status, hasty.rule) == ("void", "R-OPEN-1")
    with pytest.raises(Refused):
        polling.box.cast(seal(polling.box.election, body.members[29].for_vote(polling.act), [[1, 0]], chance))


def test_parsing_the_paper_again_gives_the_one_that_the_acts_make(play: Play) -> None:
    box = polling_of(play).box
    assert parse_election(box.election.raw).fingerprint == election_of(play).fingerprint

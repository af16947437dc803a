"""Two sources of one record: same, extends, FORK, or it cannot be told."""

from __future__ import annotations

import pytest
from tests.host.stick import Body, members

from majlis.errors import Forged, Malformed, Missing
from majlis.host.bundle import make_bundle, request_name
from majlis.host.compare import compare
from majlis.host.publish import publish_record
from majlis.record import TlogProof, check_fork, format_forks, format_tlog_proof, parse_forks


@pytest.fixture(scope="module")
def body() -> Body:
    return Body()


@pytest.fixture(scope="module")
def sources(tmp_path_factory, body):
    """``source("folder", 700)``: what somebody was shown of the record, or of another history that parts at 400."""
    home = tmp_path_factory.mktemp("sources")

    def source(kind: str, size: int, *, parted: bool = False, since: int = 0):
        path = home / f"{kind}-{size}-{parted}-{since}"
        if path.exists():
            return path
        entries = body.parted(400) if parted else body.entries
        record = body.record(size, entries)
        match kind:
            case "folder":
                body.publish(path, size, entries=entries)
            case "record":
                publish_record(home / f"base-{size}-{parted}", record, body.note(record, 0))
                path = home / f"base-{size}-{parted}" / body.base
            case "checkpoint":
                path.write_bytes(body.note(record, 0))
            case "proof":
                proof = TlogProof(index=7, hashes=record.prove_inclusion(7), checkpoint=body.note(record))
                path.write_bytes(format_tlog_proof(proof))
            case "bundle":
                make_bundle(source("folder", size, parted=parted), path, every_since=[since] if since else [])
            case "request":
                inside = members(source("bundle", size, parted=parted, since=since))
                path.write_bytes(inside[request_name(body.origin, since, size)])
        return path

    return source


WHOLE = ["folder", "record", "bundle"]
BARE = ["checkpoint", "proof"]


def one(found):
    (only,) = found
    return only.relation, only.exit_code


@pytest.mark.parametrize("other", WHOLE + BARE)
@pytest.mark.parametrize("first", WHOLE)
def test_same_and_extends(sources, first, other):
    """R-FORK-3"""
    assert one(compare(sources(first, 500), sources(other, 500))) == ("same", 0)
    assert one(compare(sources(first, 700), sources(other, 500))) == ("extends", 0)
    assert one(compare(sources(other, 500), sources(first, 700))) == ("extends", 0)


@pytest.mark.parametrize("other", WHOLE + BARE)
@pytest.mark.parametrize("first", WHOLE)
@pytest.mark.parametrize("size", [500, 600, 700])
def test_a_fork_is_proven(sources, body, first, other, size):
    """R-FORK-1"""
    if size == 700 and other in BARE:
        return
    (found,) = compare(sources(first, 600), sources(other, size, parted=True))
    assert (found.relation, found.exit_code) == ("FORK", 1)
    assert found.fork is not None
    check_fork(found.fork)
    assert found.fork.size == (401 if other in WHOLE else size)
    assert parse_forks(format_forks([found.fork])) == (found.fork,)
    assert found.fork.log == body.log


def test_histories_that_part_later_are_one_so_far(sources):
    assert one(compare(sources("folder", 700), sources("folder", 400, parted=True))) == ("extends", 0)


def test_a_larger_checkpoint_alone_tells_nothing_about_a_smaller_record(sources):
    (found,) = compare(sources("folder", 500), sources("checkpoint", 700))
    assert (found.relation, found.exit_code) == ("unknown", 3)
    assert "sizes 500 and 700" in found.text


def test_two_bare_checkpoints_need_the_key(sources, body):
    for parted, size, relation in (
        (False, 500, "same"),
        (True, 500, "FORK"),
        (False, 700, "unknown"),
        (True, 700, "unknown"),
    ):
        pair = sources("checkpoint", 500), sources("proof", size, parted=parted)
        assert one(compare(*pair))[0] == "unknown"
        assert one(compare(*pair, logs=[body.log]))[0] == relation


@pytest.mark.parametrize(("since", "relation"), [(300, "unknown"), (500, "extends")])
def test_an_update_shows_the_root_that_it_starts_from(sources, body, since, relation):
    bundle = sources("bundle", 700, since=since)
    assert one(compare(sources("folder", 500), bundle))[0] == relation
    assert one(compare(sources("checkpoint", 500), bundle, logs=[body.log]))[0] == relation


def test_an_update_of_another_history_is_a_fork_with_a_bare_checkpoint(sources, body):
    bundle = sources("bundle", 700, parted=True, since=500)
    (found,) = compare(sources("checkpoint", 500), bundle, logs=[body.log])
    assert found.relation == "FORK"
    assert found.fork is not None
    assert found.fork.size == 500


def test_a_witness_request_shows_that_a_record_grew(sources, body):
    request = sources("request", 700, since=500)
    assert one(compare(sources("checkpoint", 500), request, logs=[body.log])) == ("extends", 0)
    assert one(compare(sources("folder", 600), request))[0] == "unknown"
    other = sources("request", 700, parted=True, since=500)
    assert one(compare(sources("checkpoint", 500), other, logs=[body.log]))[0] == "unknown"


def test_two_bodies_under_one_name_are_told_apart(sources, tmp_path, body):
    other = Body(seed=9)
    other.publish(tmp_path / "other", 300)
    assert one(compare(sources("folder", 500), tmp_path / "other")) == ("other body", 1)
    assert one(compare(sources("folder", 500), tmp_path / "other", logs=[body.log])) == ("not signed", 1)
    (tmp_path / "bare").write_bytes(other.note(other.record(300)))
    assert one(compare(sources("folder", 500), tmp_path / "bare")) == ("not signed", 1)


def test_only_records_in_both_are_compared(sources, tmp_path):
    Body("town", seed=5, acts=9).publish(tmp_path / "town")
    with pytest.raises(Missing, match="no record is in both") as fault:
        compare(sources("folder", 500), tmp_path / "town")
    assert fault.value.rule == "R-FORK-3"


def test_what_is_no_source_is_said_so(sources, tmp_path):
    (tmp_path / "noise").write_bytes(b"noise")
    with pytest.raises(Malformed):
        compare(sources("folder", 500), tmp_path / "noise")
    with pytest.raises(Missing):
        compare(sources("folder", 500), tmp_path / "nothing")
    (tmp_path / "large").write_bytes(bytes(2_000_001))
    with pytest.raises(Malformed, match="too large"):
        compare(sources("folder", 500), tmp_path / "large")


def test_a_source_that_does_not_agree_with_itself_is_refused(tmp_path, body, sources):
    body.publish(tmp_path / "p", 300)
    tile = tmp_path / "p" / body.base / "tile" / "entries" / "000"
    tile.write_bytes(tile.read_bytes().replace(b'act 3"', b'act 4"'))
    with pytest.raises(Forged):
        compare(sources("folder", 500), tmp_path / "p")

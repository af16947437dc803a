"""A branch that only one machine holds is left by stick as over HTTP, where nothing safe is lost by it (R-MIRROR-9).

The body has three mirrors, of whom two are enough. Each test begins with a copy that has two acts more than the one
behind which the charter keys moved the record.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.host.captured import NEXT, Served, fetched, move, publish, serving, village
from tests.host.postgres import fresh_database
from tests.institutions.simulator import Body, act_of, grant

from majlis.errors import Missing
from majlis.host.compare import compare
from majlis.host.exchange import Taken, take
from majlis.host.fsck import fsck
from majlis.host.leaving import leave_all
from majlis.host.mirroring import cosign
from majlis.host.node import Node
from majlis.record import Note, parse_checkpoint, parse_note


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node.create(tmp_path / "copy", keeper="zeina")


@pytest.fixture(params=["disk", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))])
def either(request: pytest.FixtureRequest, node: Node) -> Iterator[Node]:
    """A data folder with its records in a file of its own, and one with them in a database."""
    with ExitStack() as stack:
        if request.param == "postgresql":
            node.set_database(stack.enter_context(fresh_database()))
        yield node


def parted(body: Body, more: int = 3) -> Body:
    """The record as it goes on behind its move, without the two acts that ``body`` has from here on."""
    true = body.sim.fork().bodies["north"]
    for _ in range(2):
        body.table(grant("dissolve"))
    move(true)
    for _ in range(more):
        true.table()
    return true


def left(node: Node, public: Path) -> Taken:
    """What became of the one record, once it was taken, and left where it had parted."""
    taken = take(node, public)
    with node.writing() as store:
        done = leave_all(node, store, None, public, taken)
    (one,) = taken
    return done.get(one.identity, one)


def held(node: Node, body: Body) -> list[bytes]:
    with node.reading() as store:
        return store.record(body.origin).entries()


def kept(node: Node) -> set[str]:
    return {path.stem for path in (node.folder / "outbox").glob("*.act")}


def test_a_copy_follows_once_a_quorum_went_on_and_keeps_what_it_alone_had(either: Node, tmp_path: Path) -> None:
    node, body = either, village()
    true = parted(body)
    take(node, publish(body, tmp_path / "branch", body.log_key, witnesses=(0,)))
    for name, witnesses in (("none", ()), ("few", (1,))):
        public = publish(true, tmp_path / name, NEXT, witnesses=witnesses)
        (taken,) = take(node, public)
        assert taken.is_parted
        refused = left(node, public)
        assert refused.outcome == "refused"
        assert f"{len(witnesses)} of 2 other mirrors cosigned" in refused.text
        assert held(node, body) == body.record.entries
        assert kept(node) == set()
    public = publish(true, tmp_path / "whole", NEXT, witnesses=(1, 2))
    followed = left(node, public)
    assert (followed.outcome, followed.size) == ("grown", len(true.record.entries))
    assert held(node, body) == true.record.entries
    assert kept(node) == {act_of(entry) for entry in body.record.entries[-2:]}
    (branch,) = (node.folder / "evidence").glob("*-left-*")
    (found,) = compare(next(branch.iterdir()), public)
    assert found.relation == "parted"
    assert parse_checkpoint(parse_note(node.checkpoint(body.identity)).text).size == len(true.record.entries)
    assert take(node, public)[0].outcome == "same"
    checked = fsck(node.folder)
    assert checked.exit_code == 0, checked


def test_what_was_safe_in_the_branch_is_never_left(node: Node, tmp_path: Path) -> None:
    """R-MOVE-7, whoever cosigned the record as it goes on."""
    body = village()
    true = parted(body)
    take(node, publish(body, tmp_path / "branch", body.log_key, witnesses=(0, 1)))
    refused = left(node, publish(true, tmp_path / "moved", NEXT, witnesses=(1, 2)))
    assert refused.outcome == "refused"
    assert "R-MOVE-7" in refused.text
    assert held(node, body) == body.record.entries


def test_a_fork_is_no_branch_to_leave(node: Node, tmp_path: Path) -> None:
    """Where no move stands at the parting its log signed both, and the members are to be called."""
    body = village()
    other = body.sim.fork().bodies["north"]
    for each, times in ((body, 1), (other, 2)):
        for _ in range(times):
            each.table(*([grant("dissolve")] if each is body else []))
    take(node, publish(body, tmp_path / "branch", body.log_key, witnesses=(0,)))
    (taken,) = take(node, publish(other, tmp_path / "other", body.log_key, witnesses=(1, 2)))
    assert (taken.outcome, taken.is_parted) == ("refused", False)
    assert "its log signed both" in taken.text


def test_a_host_is_told_what_to_do_and_keeps_its_record(node: Node, tmp_path: Path) -> None:
    """R-NODE-2: its signer's memory is a promise, so it is not undone here."""
    body = village()
    true = parted(body)
    take(node, publish(body, tmp_path / "branch", body.log_key, witnesses=(0,)))
    node.set_hosted(body.identity, True)
    refused = left(node, publish(true, tmp_path / "moved", NEXT, witnesses=(1, 2)))
    assert refused.outcome == "refused"
    assert "majlis succession resubmit --from" in refused.text
    assert held(node, body) == body.record.entries


def test_a_crash_between_any_two_steps_goes_on(node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = village()
    true = parted(body)
    take(node, publish(body, tmp_path / "branch", body.log_key, witnesses=(0,)))
    public = publish(true, tmp_path / "moved", NEXT, witnesses=(1, 2))

    def stop(*_: object, **__: object) -> None:
        raise Missing("the power went")

    for what in ("forget_seen", "keep"):
        with monkeypatch.context() as crash:
            crash.setattr(node.checkpoints, what, stop)
            assert "the power went" in left(node, public).text
    assert left(node, public).outcome in ("grown", "same")
    assert held(node, body) == true.record.entries
    assert kept(node) == {act_of(entry) for entry in body.record.entries[-2:]}
    assert fsck(node.folder).exit_code == 0


# --- a mirror, by stick


def shown_to(served: Served, public: Path) -> Taken:
    (taken,) = cosign(served.node, served.mirror, served.host.store, public)
    return taken


def test_a_mirror_follows_by_stick_and_cosigns_there(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same protections as over HTTP: its own line does not count, and it never goes back."""
    body = village()
    with serving(node, body, publish(body, tmp_path / "before", body.log_key)) as served:
        true = parted(body, more=0)
        assert served.show(body, body.log_key).status == 200
        size = len(body.record.entries)
        small = shown_to(served, publish(true, tmp_path / "small", NEXT, witnesses=(1, 2)))
        assert "once the record is as large" in small.text
        for _ in range(3):
            true.table()
        few = shown_to(served, publish(true, tmp_path / "few", NEXT, witnesses=(0, 1)))
        assert "1 of 2 other mirrors" in few.text
        assert (served.record.size, served.mirror.last(body.origin)) == (size, size)
        public = publish(true, tmp_path / "whole", NEXT, witnesses=(1, 2))

        def stop(note: Note) -> None:
            raise Missing("the power went")

        with monkeypatch.context() as crash:
            crash.setattr(served.mirror, "leave", stop)
            assert shown_to(served, public).outcome == "refused"
        taken = shown_to(served, public)
        assert taken.outcome == "cosigned", taken
        assert served.host.store.record(body.origin).entries() == true.record.entries
        assert served.mirror.last(body.origin) == len(true.record.entries)
        note = parse_note((next(public.glob("*/checkpoint"))).read_bytes())
        assert served.mirror.cosigner.name in {line.name for line in note.signatures}
        assert kept(node) == {act_of(entry) for entry in body.record.entries[-2:]}
        assert list((node.folder / "evidence").glob("*-left-*"))
        true.table()
        assert shown_to(served, publish(true, tmp_path / "later", NEXT, witnesses=(1,))).outcome == "cosigned"


def test_a_folder_whose_witness_never_saw_the_record_cosigns_nothing_by_leaving(node: Node, tmp_path: Path) -> None:
    body = village()
    with serving(node, body, publish(body, tmp_path / "before", body.log_key)) as served:
        true = parted(body)
        take_two = publish(body, tmp_path / "branch", body.log_key, witnesses=(1,))
        public = publish(true, tmp_path / "moved", NEXT, witnesses=(1, 2))
        store = served.host.store
        store.record(body.origin).append(body.record.entries[-2:])
        done = leave_all(node, store, served.mirror, public, [_parted(body)])
        assert done[body.identity].outcome == "grown"
        assert served.mirror.remembered(body.origin) is None
        assert take_two.is_dir()
    assert fetched(node, public).outcome == "same"


def _parted(body: Body) -> Taken:
    return Taken(slug="north", identity=body.identity, outcome="refused", is_parted=True)

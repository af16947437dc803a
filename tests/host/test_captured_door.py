"""The door of a served mirror before captured hosts, strangers who replay, and whoever floods it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.host.captured import NEXT, move, publish, serving, village
from tests.institutions.simulator import BLOB, Person

from majlis.host.node import Node
from majlis.institutions import sign_text
from majlis.record import (
    AddCheckpoint,
    format_add_checkpoint,
    parse_add_checkpoint,
    parse_note,
)


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node.create(tmp_path / "mirror", keeper="zeina")


def test_a_mirror_cosigns_nothing_by_the_old_key_behind_the_move(node: Node, tmp_path: Path) -> None:
    """R-MOVE-8: not even where it learns of the move by these very entries; and nothing of them is kept."""
    body = village()
    old = body.log_key
    with serving(node, body, publish(body, tmp_path / "before", old)) as served:
        before = served.record.size
        at = move(body)
        true = body.sim.fork().bodies["north"]
        body.table()
        reply = served.show(body, old)
        assert (reply.status, served.record.size, served.mirror.last(body.origin)) == (403, before, 0)
        assert "R-MOVE-8" in served.mirror.evidence()[0][1]
        # The last checkpoint of a hand-over is good, and from there on the new key's alone.
        assert served.show(true, old, at + 1).status == 200
        assert served.mirror.last(body.origin) == at + 1
        true.table()
        assert served.show(true, old).status == 403
        assert served.show(true, NEXT).status == 200
        assert served.record.size == len(true.record.entries)


def test_replayed_checkpoints_fill_no_evidence(node: Node, tmp_path: Path) -> None:
    """R-WITNESS-9: a stranger who adds a false proof to what the log signed leaves one row."""
    body = village()
    with serving(node, body, publish(body, tmp_path / "before", body.log_key)) as served:
        assert served.show(body, body.log_key).status == 200
        old = served.mirror.last(body.origin)
        body.table()
        note = parse_note(body.checkpoint().encode())
        for n in range(9):
            false = AddCheckpoint(old=old, proof=(bytes([n]) * 32,), note=note)
            assert served.door.add_checkpoint(format_add_checkpoint(false)).status == 422
        assert len(served.mirror.evidence()) == 1
        kept = parse_add_checkpoint(served.mirror.evidence()[0][2])
        assert [line.name for line in kept.note.signatures] == [body.origin], "strangers' lines are not kept"
        # The log did nothing wrong, and what it signs goes on being cosigned.
        assert served.show(body, body.log_key).status == 200
        assert "proof" in served.mirror.evidence()[0][1]


def test_one_act_is_delivered_once_whoever_adds_what_to_it(node: Node, tmp_path: Path) -> None:
    """R-DELIVER-2: a stranger's signature below a member's act makes no other act, and what is logged needs none."""
    body = village()
    with serving(node, body, publish(body, tmp_path / "before", body.log_key)) as served:
        ours = served.keep("east")
        entry = body.write("motion.table", {"text": BLOB, "grants": []}, body.clerk)
        assert served.door.deliver(entry).status == 200
        size = len(ours.entries)
        for number in range(3):
            more = body.write("motion.table", {"text": BLOB, "grants": []}, body.clerk, by=[Person(f"x{number}")])
            text = entry.rpartition(b"\n\n")[0] + b"\n"
            twice = sign_text(text, body.clerk.key, Person(f"x{number}").key)
            assert served.door.deliver(twice).status == 200
            assert served.door.deliver(more).status == 409, "its author has not signed it"
        assert len(ours.entries) == size
        logged = body.record.entries[-1]
        assert served.door.deliver(logged).status == 409, "the copy here has it"
        assert len(ours.entries) == size

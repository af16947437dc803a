"""For each rule of ``spec/verify.md`` a folder that breaks exactly this one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.stories.play import Play, Stage, failures

from majlis.census import District, Plan, format_plan, parse_plan
from majlis.demo.committee import Committee
from majlis.host.author import write_act
from majlis.host.layout import CHECKPOINT, IndexEntry, blob_path, box_path, record_folder
from majlis.host.publish import publish_record, write_index, write_sums
from majlis.host.store import MemoryStore
from majlis.host.verify import verify_folder
from majlis.institutions import Charter, parse_act
from majlis.institutions.federation import Row, format_row, prove_row, rows_tree
from majlis.record import Checkpoint, Note, format_checkpoint, format_note, parse_note, sign_note


@pytest.fixture
def stage(play: Play, tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(play, tmp_path / "stage")
    yield stage
    stage.close()


def test_1_the_sums(play: Play, given: Path) -> None:
    next(given.glob("pages/**/*.html")).write_bytes(b"")
    (failure,) = failures(play.verify(given))
    assert failure.rule == "R-VERIFY-1"


def test_2_a_checkpoint_that_too_few_mirrors_cosigned_is_noted(stage: Stage) -> None:
    """It is whole and signed by its log; others do not act on it yet."""
    public = stage.publish()
    body = stage.districts[2]
    place = public / record_folder(body.origin) / CHECKPOINT
    note = parse_note(place.read_bytes())
    place.write_bytes(format_note(Note(text=note.text, signatures=note.signatures[:2])))
    write_sums(public)
    verdict = stage.verify(public)
    (found,) = verdict.findings
    assert verdict.ok
    assert (found.kind, found.rule, found.body) == ("note", "R-VERIFY-2", body.identity)
    assert "1 of 2 mirrors" in found.text
    assert verdict.checked.safe < verdict.checked.acts


def test_3_an_act_0_that_founds_nothing(stage: Stage, tmp_path: Path) -> None:
    """Somebody logs and signs a founding that breaks a rule, and gives it out as a body."""
    model = Committee(stage.world, "model", {"en": "Hollow"}, "committee", members=3)
    model.found(stage.setting.mirror_keys, 2)
    (entry,) = stage.host.hosted(model.identity).record.entries()
    data = parse_act(entry).data | {"threshold": 9}
    false = write_act("found", data, model.charter_keys[0].key, chance=stage.world.chance)
    record = MemoryStore().create(model.origin)
    record.append([false])
    text = format_checkpoint(Checkpoint(origin=model.origin, size=1, root=record.root()))
    note = format_note(Note(text=text, signatures=(sign_note(text, model.origin, model.log_key),)))
    public = tmp_path / "hollow"
    publish_record(public, record, note)
    identity = parse_act(false).id
    write_index(public, [IndexEntry(slug="hollow", names=model.names, identity=identity, origin=model.origin)])
    write_sums(public)
    verdict = verify_folder(public)
    (failure,) = failures(verdict)
    assert (failure.rule, failure.body, failure.index) == ("R-VERIFY-3", identity, 0)
    assert [void.rule for void in verdict.void] == ["R-FOUND-1"]


def test_4_a_blob_and_its_name(play: Play, given: Path) -> None:
    state = play.world.host.state(play.sittings.assembly.identity)
    text = blob_path(state.motions[play.sittings.motion].text)
    (given / text).write_bytes(b"Buy weapons.")
    write_sums(given)
    (failure,) = failures(play.verify(given))
    assert (failure.rule, failure.file) == ("R-VERIFY-4", text)


def test_5_a_box_in_its_place(stage: Stage) -> None:
    """A box is opened in the record, and its archive is not given; another election's lies under a free name."""
    body = stage.districts[1]
    polling = stage.poll(body, "motion", body.table("Shall we?", []))
    polling.open()
    public = stage.publish()
    box = public / box_path(polling.election.uuid)
    archive = box.read_bytes()
    box.unlink()
    write_sums(public)
    verdict = stage.verify(public)
    (found,) = verdict.findings
    assert verdict.exit_code == 3
    assert (found.kind, found.rule, found.box, found.file) == ("missing", "R-VERIFY-5", box.stem, f"boxes/{box.name}")
    box.write_bytes(archive)
    other = public / box_path("AnothersBoxHere1")
    other.write_bytes(archive)
    write_sums(public)
    (failure,) = failures(stage.verify(public))
    assert (failure.rule, failure.box) == ("R-VERIFY-5", "AnothersBoxHere1")


# R-VERIFY-6 and R-VERIFY-9: tests/stories/test_ballots.py and test_hosts.py.


def plan_of(play: Play) -> Plan:
    state = play.world.host.state(play.sittings.assembly.identity)
    assert state.plan is not None
    return parse_plan(play.world.host.blobs.get(state.plan.blob))


def adopt(stage: Stage, blob: str, root: str, **changes: Any) -> str:
    """A new assembly adopts this as its plan; returns its identity. ``charter``: the assembly's own."""
    charter = changes.pop("charter", None)
    body = Committee(stage.world, "second-assembly", {"en": "Second"}, "assembly", charter=charter)
    body.found(stage.setting.mirror_keys, 2)
    data = {"plan": blob, "root": root, "districts": 3, "inhabitants": 43_000} | changes
    body.act("plan.adopt", data, *body.charter_keys[:2])
    stage.bodies[body.slug] = body
    return body.identity


def test_7_a_root_that_is_not_the_plans(play: Play, stage: Stage) -> None:
    """The rows that bodies are admitted by are not those of the plan that people read."""
    identity = adopt(stage, stage.host.blobs.put(format_plan(plan_of(play))), "ab" * 32)
    (failure,) = failures(stage.verify())
    assert (failure.rule, failure.body) == ("R-VERIFY-7", identity)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"districts": 2}, "states 2 districts"),
        ({"inhabitants": 86_000}, "with 86000 inhabitants"),
        ({"charter": Charter(seat_ratio=5_000)}, "one for 5000"),
        ({"charter": Charter(rounding="ceil")}, "(ceil"),
        ({"charter": Charter(max_magnitude=3)}, "at most 3"),
    ],
)
def test_7_an_act_that_states_other_totals_than_the_plan_it_adopts(
    play: Play, stage: Stage, changes: dict[str, Any], said: str
) -> None:
    """The assembly would be constituted by the bases of half of the people, or seat more delegates than its charter."""
    plan = plan_of(play)
    root = rows_tree(rows_of(plan)).root().hex()
    totals = {"districts": len(plan.districts), "inhabitants": plan.inhabitants}
    identity = adopt(stage, stage.host.blobs.put(format_plan(plan)), root, **totals | changes)
    found = failures(stage.verify())
    assert [(failure.rule, failure.body) for failure in found] == [("R-VERIFY-7", identity)] * bool(said)
    assert all(said in failure.text for failure in found)


def test_7_a_plan_that_is_none_or_not_here(play: Play, stage: Stage) -> None:
    blob = stage.host.blobs.put(b"no plan at all")
    identity = adopt(stage, blob, "ab" * 32)
    public = stage.publish()
    (failure,) = failures(stage.verify(public))
    assert (failure.file, failure.body) == (blob_path(blob), identity)
    assert failure.rule == "R-PLAN-12"
    (public / blob_path(blob)).unlink()
    write_sums(public)
    verdict = stage.verify(public)
    assert verdict.exit_code == 3
    assert ("missing", "R-VERIFY-7") in {(found.kind, found.rule) for found in verdict.findings}


def rows_of(plan: Plan) -> list[Row]:
    return [row_of(district) for district in plan.districts]


def row_of(district: District) -> Row:
    return Row(
        id=district.id,
        inhabitants=district.inhabitants,
        seats=district.seats,
        places=district.places,
        provisional=district.provisional,
    )


def test_7_a_member_that_was_admitted_by_another_table_is_shown_and_spoils_nothing(play: Play, stage: Stage) -> None:
    """It leaves, is counted anew by a table that fits no plan, joins again, and the assembly's keys look away."""
    body, assembly = stage.districts[2], stage.assembly
    rows = rows_of(plan_of(play))
    index = next(number for number, row in enumerate(rows) if row.id == body.slug)
    membership = stage.state(body).memberships[assembly.identity]
    leave = {"assembly": assembly.identity}
    join = leave | {
        "charter": membership.charter,
        "plan": membership.plan,
        "district": membership.district,
        "seats": membership.seats,
    }
    decision = stage.decide(
        body, {"kind": "federation.leave", "match": leave}, {"kind": "federation.join", "match": join}
    )
    clerk, courier = body.one("clerk"), stage.world.courier
    left = body.act("federation.leave", leave, clerk, cites=(decision,))
    table = stage.host.blobs.put(b"id,name,population,lat,lon\nelsewhere,Elsewhere,10000,1,1\n")
    people, places = rows[index].inhabitants, list(rows[index].places)
    data = {"inhabitants": people, "places": places, "source": table}
    figure = body.act("census.publish", data, clerk)
    other = stage.districts[0]
    stage.world.tick()
    assembly.act("federation.depart", {"certificate": body.certify(left)}, courier)
    counted = {"figure": figure, "inhabitants": people, "certificate": other.certify(other.identity)}
    body.act("census.countersign", counted, other.one("counter"), clerk)
    joined = body.act("federation.join", join, clerk, cites=(decision,))
    stage.world.tick()
    data = {
        "certificate": body.certify(joined),
        "row": format_row(rows[index]),
        "index": index,
        "path": list(prove_row(rows, index)),
    }
    assert rows_tree(rows).root().hex() == stage.state(assembly).plan.root  # type: ignore[union-attr]
    assembly.act("federation.admit", data, *assembly.charter_keys[:2])
    verdict = stage.verify()
    assert verdict.ok
    (found,) = verdict.findings
    assert (found.kind, found.rule, found.body) == ("warning", "R-VERIFY-7", body.identity)
    assert found.file == blob_path(table)


def test_8_and_what_the_reader_has_seen(play: Play) -> None:
    body = play.sittings.assembly
    trust = f"majlis-trust/1\nbody {body.identity} 5 {'A' * 43}=\n".encode()
    (failure,) = failures(verify_folder(play.public, trust=trust))
    assert (failure.rule, failure.body) == ("R-VERIFY-8", body.identity)


def test_the_log_key_of_act_0_is_the_one_that_signs(stage: Stage) -> None:
    """A host with a key of its own signs a record that is not its own."""
    public = stage.publish()
    body = stage.districts[2]
    place = public / record_folder(body.origin) / CHECKPOINT
    text = parse_note(place.read_bytes()).text
    thief = stage.districts[1].log_key
    place.write_bytes(format_note(Note(text=text, signatures=(sign_note(text, body.origin, thief),))))
    write_sums(public)
    verdict = stage.verify(public)
    assert verdict.exit_code == 1
    assert ("R-VERIFY-2", body.identity) in {(failure.rule, failure.body) for failure in failures(verdict)}

"""What holds for every act and every record: the fold never raises, an act has one effect, all readers agree."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.institutions.hostile import Enemy, everybody
from tests.institutions.polling import candidate, federate, keeper, trustees
from tests.institutions.simulator import BLOB, Body, Simulator

from majlis.host.federation import Federation
from majlis.institutions import GENESIS, NoEvidence, fold, parse_act, sign_text
from majlis.institutions.digest import digest

WORLD = federate(Simulator())


def enemy(name: str) -> Enemy:
    """Somebody with everybody's keys."""
    body = WORLD.bodies[name]
    people = everybody(WORLD)
    for district in ("north", "east"):
        people += [
            keeper(WORLD.bodies[district]),
            *trustees(WORLD.bodies[district]),
            candidate(WORLD.bodies[district], 0),
        ]
    return Enemy(body, people)


def fold_on(body: Body, entry: bytes) -> Any:
    return fold(body.state, entry, WORLD.federation)


@given(st.binary(max_size=400))
def test_no_bytes_make_the_fold_raise(raw: bytes) -> None:
    state, findings = fold(GENESIS, raw, NoEvidence())
    assert state.size == 1
    assert findings[0].kind == "void"
    state, _ = fold_on(WORLD.bodies["north"], raw)
    assert state.size == WORLD.bodies["north"].state.size + 1


@given(st.data())
def test_no_altered_act_makes_the_fold_raise_or_changes_the_act(data: st.DataObject) -> None:
    body = WORLD.bodies[data.draw(st.sampled_from(["north", "assembly"]))]
    entry = bytearray(data.draw(st.sampled_from(body.record.entries)))
    place = data.draw(st.integers(0, len(entry) - 1))
    entry[place] ^= data.draw(st.integers(1, 255))
    before = body.state
    after, findings = fold_on(body, bytes(entry))
    assert after.size == before.size + 1
    assert findings
    assert after.acts == before.acts


@pytest.mark.parametrize("name", ["north", "assembly"])
@settings(max_examples=200)
@given(data=st.data())
def test_no_hostile_act_makes_the_fold_raise(name: str, data: st.DataObject) -> None:
    """And whatever is void, waiting or missing changes nothing but its own standing."""
    after = WORLD.bodies[name].state
    for entry in data.draw(st.lists(ENEMIES[name], min_size=1, max_size=5)):
        before = after
        after, findings = fold(before, entry, WORLD.federation)
        standing = after.acts.get(parse_act(entry).id)
        if standing is None or standing.status != "in-force":
            assert findings
            assert digest(after) == digest(before)
            assert (after.money, after.bodies, after.decisions) == (before.money, before.bodies, before.decisions)


ENEMIES = {name: enemy(name).acts() for name in ("north", "assembly")}


@given(st.data())
def test_an_act_has_one_effect_however_its_signatures_come(data: st.DataObject) -> None:
    """Re-wrapped, permuted, dropped, duplicated, spread over copies: a gift is received once, or waits."""
    body = WORLD.bodies["north"].sim.fork().bodies["north"]
    one, two = body.treasurers
    people = [one, two, body.clerk, body.sim.witnesses[0]]
    written = body.write("gift.receive", {"amount": 500, "unit": "SYP", "conditions": BLOB}, one)
    text = parse_act(written).text
    before = body.state.money.get("SYP", 0)
    seen: set[str] = set()
    some = st.lists(st.sampled_from(people), min_size=1, unique_by=lambda person: person.id)
    for signers in data.draw(st.lists(some, min_size=1, max_size=5)):
        body.log(sign_text(text, *(person.key for person in signers)))
        seen |= {person.id for person in signers}
        complete = {one.id, two.id} <= seen
        assert body.state.money.get("SYP", 0) - before == (500 if complete else 0)
        standing = body.state.acts.get(parse_act(written).id)
        assert standing is None or standing.status == ("in-force" if complete else "waiting")


def test_folding_again_gives_the_same_state() -> None:
    again = Federation(WORLD._report)
    for body in reversed(WORLD.bodies.values()):
        again.add(body.record.entries)
    again.fold_all()
    for body in WORLD.bodies.values():
        assert again.records[body.identity].states == body.record.states
        assert again.records[body.identity].findings == body.record.findings


@given(st.sets(st.sampled_from(["north", "east", "south"])))
def test_who_has_less_at_hand_calls_nothing_void_that_counts(names: set[str]) -> None:
    poor = Federation(WORLD._report)
    for name in names | {"assembly"}:
        poor.add(WORLD.bodies[name].record.entries)
    for name in names | {"assembly"}:
        body = WORLD.bodies[name]
        found = poor.fold(body.identity)
        for act, standing in body.state.acts.items():
            if standing.status == "in-force":
                assert found.acts[act].status != "void"
    assembly = poor.fold(WORLD.bodies["assembly"].identity)
    assert (assembly.missing is None) == (names == {"north", "east", "south"})


def retell() -> str:
    """A fingerprint of everything that this world's fold says, in the order of its records."""
    sim = federate(Simulator())
    said: list[Any] = []
    for body in sim.bodies.values():
        state = body.state
        said += [digest(state), [str(finding) for finding in body.record.findings]]
        for index in range(state.size):
            standing = state.acts[state.log[index]]
            because = [(link.body, link.act, link.role) for link in standing.because]
            said.append([index, standing.status, standing.rule, standing.text, sorted(standing.signers), because])
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def test_no_reader_s_hash_seed_changes_what_the_fold_says() -> None:
    """Python orders sets and maps of strings by a seed of each process: no verdict may depend on it."""
    told = set()
    for seed in ("1", "2", "3"):
        command = [sys.executable, "-c", "from tests.institutions.test_properties import retell; print(retell())"]
        environment = dict(os.environ, PYTHONHASHSEED=seed)
        found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        told.add(found.stdout)
    assert len(told) == 1

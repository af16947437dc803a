"""Every vector of ``vectors/act`` is judged as it says, and the file is what its script makes."""

from __future__ import annotations

import base64
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from majlis.errors import Fault
from majlis.institutions import parse_act
from majlis.institutions.act import check_signatures

FOLDER = Path(__file__).resolve().parents[2] / "vectors" / "act"
VECTORS: dict[str, Any] = json.loads((FOLDER / "acts.json").read_text())


@pytest.mark.parametrize("vector", VECTORS["valid"], ids=lambda vector: vector["name"])
def test_a_valid_act_is_read(vector: dict[str, Any]) -> None:
    act = parse_act(base64.b64decode(vector["entry"]))
    assert (act.id, act.kind) == (vector["id"], vector["kind"])
    assert sorted(check_signatures(act)) == vector["signers"]


@pytest.mark.parametrize("vector", VECTORS["invalid"], ids=lambda vector: f"{vector['rule']} {vector['name']}")
def test_an_invalid_act_breaks_its_rule(vector: dict[str, Any]) -> None:
    with pytest.raises(Fault) as caught:
        check_signatures(parse_act(base64.b64decode(vector["entry"])))
    assert caught.value.rule == vector["rule"]


def test_the_file_is_what_its_script_makes() -> None:
    spec = importlib.util.spec_from_file_location("make_act_vectors", FOLDER / "make.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.make() == VECTORS

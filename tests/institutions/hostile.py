"""Acts as an enemy would write them: of the right types, with real ids in wrong places, signed by whoever."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import strategies as st
from tests.institutions.simulator import BLOB, Body, Person, Simulator

from majlis.institutions import KINDS
from majlis.institutions.warrant import GRANTABLE

NUMBERS = (0, 1, 2, 3, 5, 10, 20, 40, 60, 100, 365, 1000, 2**31, 2**53 - 1)
WORDS = (
    "clerk",
    "teller",
    "registrar",
    "list_keeper",
    "trustee",
    "north",
    "east",
    "flour",
    "SYP",
    "en",
    "a" * 43,
    "Amal",
)
ODD = (None, True, -1, 2**53 - 1, "", "x", BLOB, [], {}, [[]], {"a": 1})


class Enemy:
    """Draws acts for one body of a world."""

    def __init__(self, body: Body, people: Sequence[Person]) -> None:
        self.body = body
        self.people = list(people)
        state = body.state
        self.ids = sorted({*state.acts, *state.bodies, *state.keys, *state.memberships, body.identity, BLOB})
        self.certificates = [
            other.certificate(act)
            for other in body.sim.bodies.values()
            for act in list(other.state.acts)[-40:]
            if other is not body and other.state.acts[act].status == "in-force"
        ]

    def acts(self) -> st.SearchStrategy[bytes]:
        """Whole entries."""
        return st.builds(
            self._write,
            st.sampled_from(sorted(KINDS)).flatmap(lambda kind: st.tuples(st.just(kind), self._data(kind))),
            st.lists(st.sampled_from(self.people), min_size=1, max_size=5, unique_by=lambda person: person.id),
            st.lists(st.sampled_from(self.ids), max_size=3),
        )

    def _write(self, act: tuple[str, Any], people: list[Person], cites: list[str]) -> bytes:
        kind, data = act
        return self.body.write(kind, data, *people, cites=cites)

    def _data(self, kind: str) -> st.SearchStrategy[Any]:
        right = self._struct(msgspec.inspect.type_info(KINDS[kind].data))
        spoilt = st.builds(self._spoil, right, st.sampled_from(ODD), st.integers(0, 9))
        return st.one_of(right, right, right, spoilt)

    @staticmethod
    def _spoil(data: dict[str, Any], odd: Any, position: int) -> dict[str, Any]:
        names = list(data)
        return data | {names[position % len(names)]: odd} if names else {"x": odd}

    def _struct(self, info: Any) -> st.SearchStrategy[Any]:
        if info.cls.__name__ == "Certificate":
            return st.sampled_from(self.certificates)
        if info.cls.__name__ == "Grant":
            return st.sampled_from(sorted(GRANTABLE)).map(lambda kind: {"kind": kind, "match": {}})
        return st.fixed_dictionaries({field.encode_name: self._value(field.type) for field in info.fields})

    def _value(self, info: Any) -> st.SearchStrategy[Any]:
        kinds = msgspec.inspect
        match info:
            case kinds.IntType():
                low = info.ge if info.ge is not None else 0
                high = info.le if info.le is not None else 2**53 - 1
                return st.sampled_from([n for n in (*NUMBERS, low, high) if low <= n <= high])
            case kinds.StrType():
                pattern = info.pattern or ""
                if "{64}" in pattern:
                    return st.sampled_from(self.ids)
                if "{32}" in pattern:
                    return st.just("ab" * 16)
                if "0,77" in pattern:
                    return st.integers(0, 2**252).map(str)
                return st.sampled_from([word for word in WORDS if not pattern or fits(pattern, word)] or ["SYP"])
            case kinds.LiteralType():
                return st.sampled_from(info.values)
            case kinds.StructType():
                return self._struct(info)
            case kinds.VarTupleType():
                return st.lists(self._value(info.item_type), min_size=info.min_length or 0, max_size=3)
            case kinds.TupleType():
                return st.tuples(*(self._value(item) for item in info.item_types)).map(list)
            case kinds.DictType():
                return st.just({"en": "Amal"})
            case kinds.BoolType():
                return st.booleans()
        raise AssertionError(info)


def fits(pattern: str, word: str) -> bool:
    """Whether the word has the pattern's form."""
    return re.search(pattern, word) is not None


def everybody(sim: Simulator) -> list[Person]:
    """All officers and charter keys of all bodies, and a stranger."""
    found = [Person("stranger")]
    for body in sim.bodies.values():
        found += [*body.charter_keys, *(person for _, person in body.officers)]
    return found

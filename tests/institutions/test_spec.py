"""``spec/acts.md`` is the table of the code: every kind of act with its fields, authors, co-signers and warrant."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
from tests.institutions.simulator import Simulator

from majlis.institutions import KINDS, Charter, table
from majlis.institutions.charter import Count, Days, Decimal, Hash, Hex64, Name, Slug, Tag
from majlis.institutions.kinds import Kind

SPEC = Path(__file__).resolve().parents[2] / "spec"
WORDS = {
    Hex64: "hex64",
    Tag: "hex32",
    Hash: "hash",
    Decimal: "decimal",
    Slug: "slug",
    Name: "name",
    Count: "count",
    Days: "days",
}
KNOWN = {str(msgspec.inspect.type_info(type_)): word for type_, word in WORDS.items()}
LARGEST = 2**53 - 1


def type_word(info: Any) -> str:
    """A field's type in the words of ``spec/acts.md``."""
    kinds = msgspec.inspect
    if str(info) in KNOWN:
        return KNOWN[str(info)]
    match info:
        case kinds.IntType(ge=low, le=high):
            return "int" if low is None else f"int {low}..{'2^53-1' if high == LARGEST else high}"
        case kinds.StrType(pattern=pattern, max_length=most):
            return (
                f"text {pattern.removeprefix('^').removesuffix(chr(92) + 'Z')}" if pattern else f"text ..{most or '*'}"
            )
        case kinds.LiteralType(values=values):
            return " or ".join(values)
        case kinds.VarTupleType(item_type=item, min_length=least, max_length=most):
            bounds = "" if least is None and most is None else f" ({least or 0}..{most or '*'})"
            return f"list of {type_word(item)}{bounds}"
        case kinds.DictType(value_type=value):
            return f"map of {type_word(value)}"
        case kinds.StructType(cls=struct):
            return str(struct.__name__).lower()
    raise AssertionError(info)


def fields(struct: type) -> str:
    """All fields of a kind's data, a question mark after those that may be left out."""
    said = []
    for field in msgspec.inspect.type_info(struct).fields:
        said.append(f"`{field.encode_name}{'' if field.required else '?'}: {type_word(field.type)}`")
    return " ".join(said) or "none"


def row(kind: Kind) -> str:
    """The kind's row of the table."""
    body = Simulator().body("any", "assembly")
    beside = "" if kind.beside is None else kind.beside(body.state)[0]
    beside = beside or ("the key it names" if kind.named else "")
    early = "yes" if kind.early else ""
    authors = ", ".join(kind.authors)
    return f"| `{kind.name}` | {fields(kind.data)} | {authors} | {beside} | {kind.warrant} | {early} |"


def test_the_table_of_acts_is_that_of_the_code() -> None:
    written = [line for line in (SPEC / "acts.md").read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert sorted(written) == sorted(row(kind) for kind in KINDS.values())


def test_no_kind_is_declared_twice_and_none_by_another_name() -> None:
    declared = [kind.name for institution in table.INSTITUTIONS for kind in institution.KINDS]
    assert sorted(declared) == sorted(set(declared)) == sorted(KINDS)
    assert all(re.fullmatch(r"[a-z]+(\.[a-z]+)*", name) for name in declared)


def test_the_charter_s_numbers_and_defaults_are_those_of_the_code() -> None:
    text = (SPEC / "charter.md").read_text(encoding="utf-8")
    (line,) = [line for line in text.splitlines() if line.lstrip().startswith('{"rules":')]
    assert msgspec.json.encode(Charter()).decode() == line.strip()


def test_every_page_is_in_the_index() -> None:
    index = (SPEC / "README.md").read_text(encoding="utf-8")
    lacking = [page.name for page in sorted(SPEC.glob("*.md")) if f"({page.name})" not in index]
    assert lacking == ["README.md"], "add the page to spec/README.md"

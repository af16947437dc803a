"""What is shown in one language is shown in all: every message translated, plural forms complete, placeholders kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

SOURCES = [("**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
HELD = re.compile(r"%\((\w+)\)[sd]|\{(\w*)\}")


@pytest.fixture(scope="module")
def catalogues(files_in: Callable[..., list[Path]]) -> dict[str, list[tuple[Path, Catalog]]]:
    """The catalogues by language; the test skips while nothing is translated."""
    found: dict[str, list[tuple[Path, Catalog]]] = {}
    for path in files_in("src/majlis", ".po"):
        with path.open("rb") as file:
            found.setdefault(path.parent.parent.name, []).append((path, read_po(file, locale=path.parent.parent.name)))
    if not found:
        pytest.skip("no catalogue yet: nothing is translated")
    return found


def said_in(folder: Path) -> Iterator[str]:
    """The messages that the code and the templates of a folder say, singular forms."""
    options = {"templates/**.html": {"silent": "false"}, "templates/**.txt": {"silent": "false"}}
    for _, _, message, _, _ in extract_from_dir(folder, method_map=SOURCES, options_map=options):
        yield message if isinstance(message, str) else message[0]


def key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def forms_of(message: Message) -> tuple[str, ...]:
    """The translation in all its forms; empty where there is none, as English says its messages as they are."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ("",))


def flaws(message: Message, forms: int) -> str:
    """What is wrong with one translation; empty when nothing is."""
    said = [message.string] if isinstance(message.string, str) else list(message.string or [""])
    if message.fuzzy:
        return "fuzzy"
    if not all(said):
        return "not translated"
    if isinstance(message.id, str):
        sources, strict = {message.id}, True
    else:
        sources, strict = set(message.id), False
        if len(said) != forms:
            return f"{len(said)} plural forms, {forms} expected"
    known = {name for source in sources for pair in HELD.findall(source) for name in pair}
    for text in said:
        held = {name for pair in HELD.findall(text) for name in pair}
        if held - known or (strict and known - held):
            return f"placeholders differ: {sorted(known ^ held)}"
    return ""


def test_every_message_is_translated_into_every_language(
    catalogues: dict[str, list[tuple[Path, Catalog]]], project_root: Path
) -> None:
    assert "ar" in catalogues
    said = set(said_in(project_root / "src" / "majlis" / "site"))
    said |= {key(message) for group in catalogues.values() for _, each in group for message in each if message.id}
    lacking = []
    for language, group in catalogues.items():
        if language == "en":
            continue
        there = {key(message): message for _, each in group for message in each if message.id}
        lacking += [f"{language}: not in the catalogue: {message!r}" for message in sorted(said - there.keys())]
        for name, message in sorted(there.items()):
            flaw = flaws(message, group[0][1].num_plurals)
            if flaw:
                lacking.append(f"{language}: {flaw}: {name!r}")
    assert not lacking, "\n".join(lacking)


def test_arabic_counts_in_its_six_forms(catalogues: dict[str, list[tuple[Path, Catalog]]]) -> None:
    assert {catalogue.num_plurals for _, catalogue in catalogues.get("ar", [])} == {6}


def test_the_made_catalogue_says_what_the_written_one_says(catalogues: dict[str, list[tuple[Path, Catalog]]]) -> None:
    stale = []
    for path, written in (pair for group in catalogues.values() for pair in group):
        made = path.with_suffix(".mo")
        if not made.is_file():
            pytest.skip("the catalogues are not compiled: run the tests by make test")
        with made.open("rb") as file:
            read = {key(message): forms_of(message) for message in read_mo(file) if message.id}
        stale += [
            f"{path.name}: {key(m)!r}" for m in written if m.id and all(forms_of(m)) and read.get(key(m)) != forms_of(m)
        ]
    assert not stale, "\n".join(stale)


@pytest.mark.parametrize(
    ("message", "flaw"),
    [
        (Message("a", "ب"), ""),
        (Message("a", ""), "not translated"),
        (Message("%(n)s left", "باقٍ"), "placeholders differ"),
        (Message("left", "باقٍ %(n)s"), "placeholders differ"),
        (Message(("%(n)s seat", "%(n)s seats"), ("لا", "مقعد", "مقعدان", "%(n)s", "%(n)s", "%(n)s")), ""),
        (Message(("%(n)s seat", "%(n)s seats"), ("مقعد", "مقاعد")), "2 plural forms"),
        (Message(("seat", "seats"), ("1", "2", "", "4", "5", "6")), "not translated"),
        (Message("a", "ب", flags=["fuzzy"]), "fuzzy"),
    ],
)
def test_a_flawed_translation_is_found(message: Message, flaw: str) -> None:
    assert flaws(message, 6).startswith(flaw)
    assert bool(flaws(message, 6)) == bool(flaw)

"""Two languages: numbers, dates, plural forms, and a word for everything that a record can name."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from majlis.institutions import KINDS
from majlis.institutions.charter import Base, BodyType, Charter
from majlis.institutions.founding import OFFICES
from majlis.institutions.state import Choice
from majlis.site import lexicon
from majlis.site.language import CATALOGUES, LANGUAGES, language, read_catalogue
from majlis.site.views.data import HIDDEN

EN, AR = language("en"), language("ar")
RULE = re.compile(r"\bR-([A-Z]+(?:-[A-Z]+)*)-[0-9]+\b")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "لا أعضاء"),
        (1, "عضو واحد"),
        (2, "عضوان"),
        (3, "3 أعضاء"),
        (10, "10 أعضاء"),
        (11, "11 عضوًا"),
        (99, "99 عضوًا"),
        (100, "100 عضو"),
        (102, "102 عضو"),
        (103, "103 أعضاء"),
        (1_111, "1,111 عضوًا"),
    ],
)
def test_arabic_counts_in_six_forms(number: int, said: str) -> None:
    assert AR.ngettext("%(num)s member", "%(num)s members", number) == said


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 members"), (1, "1 member"), (2, "2 members"), (1_000, "1,000 members")]
)
def test_english_counts_in_two_forms(number: int, said: str) -> None:
    assert EN.ngettext("%(num)s member", "%(num)s members", number) == said


def test_both_languages_write_the_digits_of_the_commands_beside_them() -> None:
    for say in (EN, AR):
        assert say.number(1_234_567) == "1,234,567"
        assert say.percent(Fraction(1, 3)) == "33.3%"
        assert say.percent(Fraction(1, 2)) == "50%"
        assert say.decimal(Fraction(5, 4)) == "1.25"
        assert say.decimal(Fraction(3)) == "3"


def test_dates_are_utc_and_have_the_month_names_of_the_levant() -> None:
    assert EN.day(1_790_000_000).text == "21 September 2026"
    assert AR.day(1_790_000_000).text == "21 أيلول 2026"
    assert EN.moment(1_790_000_000).text == "21 September 2026, 14:13 UTC"
    assert AR.moment(1_790_000_000).iso == "2026-09-21T14:13:20Z"
    assert EN.day(None).text == EN.moment(None).iso == ""


def test_sizes_and_names() -> None:
    assert (EN.bytes(1), EN.bytes(900), EN.bytes(230_000), EN.bytes(5_000_000)) == (
        "1 byte",
        "900 bytes",
        "224.6 KB",
        "4.8 MB",
    )
    assert AR.bytes(2048) == "2 كيلوبايت"
    assert AR.name({"en": "North", "ar": "الشمال"}) == "الشمال"
    assert AR.name({"fr": "Nord", "en": "North"}) == "North"
    assert EN.name({"ku": "Bakur", "fr": ""}) == "Bakur"
    assert EN.name({}) == ""


def test_without_a_compiled_catalogue_the_written_one_serves(tmp_path: Path) -> None:
    folder = tmp_path / "ar" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    shutil.copy(CATALOGUES / "ar" / "LC_MESSAGES" / "messages.po", folder)
    assert read_catalogue(folder).ngettext("%(num)s seat", "%(num)s seats", 11) == "%(num)s مقعدًا"


def test_a_stale_compiled_catalogue_does_not_serve(tmp_path: Path) -> None:
    folder = tmp_path / "ar" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    made = folder / "messages.mo"
    made.write_bytes(b"not a catalogue")
    shutil.copy(CATALOGUES / "ar" / "LC_MESSAGES" / "messages.po", folder)
    written = folder / "messages.po"
    os.utime(made, (1, 1))
    assert read_catalogue(written.parent).gettext("Seats") == "المقاعد"


def test_every_kind_of_act_has_a_title() -> None:
    assert set(KINDS) == set(lexicon.KINDS)


def test_every_office_type_choice_and_base_has_a_word() -> None:
    assert set(OFFICES) == set(lexicon.OFFICES)
    assert set(get_args(BodyType)) == set(lexicon.TYPES)
    assert set(get_args(Choice)) <= set(lexicon.CHOICES)
    assert set(get_args(Base)) == set(lexicon.BASES)


def test_every_number_of_a_charter_has_a_label() -> None:
    assert [field.name for field in msgspec.structs.fields(Charter)] == list(lexicon.CHARTER)


def test_every_field_of_every_act_has_a_label_or_is_for_programs_only() -> None:
    fields = {field.name for kind in KINDS.values() for field in msgspec.structs.fields(kind.data)}
    assert fields - set(lexicon.FIELDS) - HIDDEN == set()


def rules_in(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.py"):
        yield from RULE.findall(path.read_text(encoding="utf-8"))


def test_every_family_of_rules_is_explained(project_root: Path) -> None:
    families = set(rules_in(project_root / "src" / "majlis" / "institutions"))
    assert {name for name in families if name.split("-")[0] not in lexicon.RULES} == set()
    assert lexicon.family("R-WARRANT-3").startswith("No act without a warrant")
    assert lexicon.family("") == lexicon.family("R-NOTHING") == lexicon.UNNAMED_RULE


def test_every_role_that_a_judge_notes_has_a_phrase(project_root: Path) -> None:
    noted = set()
    for path in (project_root / "src" / "majlis" / "institutions").rglob("*.py"):
        noted |= set(re.findall(r"rests_on\([^)]*?,\s*\"([a-z]+)\"", path.read_text(encoding="utf-8")))
    assert noted - set(lexicon.ROLES) == set()
    assert noted


def test_no_arabic_word_is_left_in_english() -> None:
    said = {
        AR.gettext(text)
        for table in (lexicon.KINDS, lexicon.ROLES, lexicon.RULES, lexicon.FIELDS)
        for text in table.values()
    }
    assert [text for text in said if re.fullmatch(r"[\x20-\x7e]+", text)] == []


def test_the_languages_name_themselves() -> None:
    assert {code: manner.own_name for code, manner in LANGUAGES.items()} == {"en": "English", "ar": "العربية"}

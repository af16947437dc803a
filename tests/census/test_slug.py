"""Ids of districts: plain, short, unique."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.census.slug import district_slugs, slug, ward_ids


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Idlib", "idlib"),
        ("Ma‘arratmişrīn", "maarratmisrin"),
        ("Dar‘ā", "dara"),
        ("Aḑ Ḑumayr", "ad-dumayr"),
        ("Al-Tabqa", "al-tabqa"),
        ("Kafr Mūsá Al-Hmidiya", "kafr-musa-al-hmidiya"),
        ("إدلب", "adlb"),
        ("مخيم ٣", "mkhym-3"),
        ("Straße 5 / Łódź", "strasse-5-lodz"),
        ("Kobanî", "kobani"),
        ("東京", ""),
        ("--", ""),
    ],
)
def test_names_in_plain_letters(name: str, plain: str) -> None:
    """R-PLAN-11"""
    assert slug(name) == plain


@given(st.text(max_size=80))
def test_a_slug_is_always_plain(text: str) -> None:
    assert re.fullmatch("([a-z0-9]+(-[a-z0-9]+)*)?", slug(text)) and len(slug(text)) <= 40


def test_names_that_clash_carry_their_place_along() -> None:
    units = [("Şūrān", "163913", 1), ("Şūrān", "163915", 1), ("Idlib", "1", 2), ("東京", "2", 1)]
    assert district_slugs(units) == ["suran-163913", "suran-163915", "idlib", "district"]


def test_a_place_called_like_a_ward_is_told_apart() -> None:
    assert district_slugs([("Idlib", "a", 2), ("Idlib 1", "b", 1)]) == ["idlib-a", "idlib-1-b"]


names = st.sampled_from(["A", "Á", "A 1", "A-1-1", "A 1 no 1", "district", "東", "A no 2"])
ids = st.sampled_from(["", "1", "東", "no 1", "no 2", "a"])


@given(st.lists(st.tuples(names, ids, st.integers(1, 3)), max_size=12))
def test_no_two_districts_share_an_id(units: list[tuple[str, str, int]]) -> None:
    finals = [i for stem, unit in zip(district_slugs(units), units, strict=True) for i in ward_ids(stem, unit[2])]
    assert len(set(finals)) == len(finals)
    assert all(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", final) for final in finals)

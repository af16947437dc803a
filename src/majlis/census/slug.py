"""Short names for districts that any shell, address and printer can carry (R-PLAN-11)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from unicodedata import category, normalize

_LONGEST = 40

# Letters that do not come apart into a letter and a mark. Arabic, Persian and Kurdish by consonants, as written.
_LETTERS = str.maketrans(
    {
        "ı": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ə": "e",
        "ا": "a", "ٱ": "a", "ب": "b", "ت": "t", "ث": "th", "ج": "j", "ح": "h", "خ": "kh", "د": "d", "ذ": "dh", "ر": "r",
        "ز": "z", "س": "s", "ش": "sh", "ص": "s", "ض": "d", "ط": "t", "ظ": "z", "ع": "a", "غ": "gh", "ف": "f", "ق": "q",
        "ك": "k", "ل": "l", "م": "m", "ن": "n", "ه": "h", "و": "w", "ي": "y", "ى": "a", "ة": "a", "ء": "", "ـ": "",
        "پ": "p", "چ": "ch", "ژ": "zh", "گ": "g", "ک": "k", "ی": "y", "ڤ": "v", "ە": "e", "ڵ": "l", "ڕ": "r", "ۆ": "o",
        "ێ": "e", "ھ": "h",
        **{chr(zero + n): str(n) for zero in (0x660, 0x6F0) for n in range(10)},
    }
)  # fmt: skip
_DROPPED = re.compile("['’‘ʼʻʿʾ`´]")


def slug(text: str) -> str:
    """``text`` in a-z, 0-9 and single inner hyphens, at most 40 characters; empty where none of it can be."""
    apart = normalize("NFKD", text.casefold())
    bare = "".join(c for c in apart if category(c) != "Mn").translate(_LETTERS)
    return re.sub("[^a-z0-9]+", "-", _DROPPED.sub("", bare)).strip("-")[:_LONGEST].rstrip("-")


def district_slugs(units: Sequence[tuple[str, str, int]]) -> list[str]:
    """One slug for each ``(name, place id, wards)``, such that no two ids of districts or wards are alike.

    Who would share one takes the place's id along; who still does takes its number in the order given, until none does.
    """
    chosen = [slug(name) or "district" for name, _, _ in units]
    tails = [slug(place) for _, place, _ in units]
    while True:
        uses = Counter(end for stem, (_, _, wards) in zip(chosen, units, strict=True) for end in ward_ids(stem, wards))
        clashes = [n for n, unit in enumerate(units) if any(uses[end] > 1 for end in ward_ids(chosen[n], unit[2]))]
        if not clashes:
            return chosen
        for n in clashes:
            chosen[n] = f"{chosen[n]}-{tails[n] or f'no-{n + 1}'}"
            tails[n] = ""


def ward_ids(stem: str, wards: int) -> list[str]:
    """The ids of a district's wards, or its own where it is not divided."""
    return [f"{stem}-{n}" for n in range(1, wards + 1)] if wards > 1 else [stem]

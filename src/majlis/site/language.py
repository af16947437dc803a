"""The languages of the pages: words from catalogues, numbers and dates in each language's own manner.

Arabic pages write digits 0 to 9, as do the commands, hashes and archives that stand beside them, so that a reader
compares one set of digits. Dates have the month names of the Levant. All times are UTC and say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from typing import Final, Literal

from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from markupsafe import Markup
from msgspec import Struct

from majlis.site.neutral import neutral

CATALOGUES: Final = Path(__file__).parent / "locale"
Direction = Literal["ltr", "rtl"]


class Manner(Struct, frozen=True, kw_only=True):
    """How a language is written: its own name, direction, and the regions whose numbers and dates it follows."""

    code: str
    own_name: str
    direction: Direction
    region: str


LANGUAGES: Final = {
    "en": Manner(code="en", own_name="English", direction="ltr", region="en_GB"),
    "ar": Manner(code="ar", own_name="العربية", direction="rtl", region="ar_SY"),
}


class When(Struct, frozen=True, kw_only=True):
    """A moment, for machines and for people; both empty where no tick tells the time."""

    iso: str = ""
    text: str = ""


class Language:
    """One language's words, numbers and dates."""

    def __init__(self, manner: Manner, catalogue: GNUTranslations) -> None:
        self.manner = manner
        self.code = manner.code
        self.direction = manner.direction
        self._catalogue = catalogue

    def gettext(self, message: str, **values: object) -> str:
        """The message in this language, with its values put in."""
        said = self._catalogue.gettext(message) if message else ""
        return said % values if values else said

    def ngettext(self, one: str, many: str, num: int, **values: object) -> str:
        """The message in the form that ``num`` needs; ``%(num)s`` is the number as this language writes it."""
        return self._catalogue.ngettext(one, many, num) % {"num": self.number(num), **values}

    def number(self, value: int) -> str:
        """A whole number with the grouping of this language."""
        return _number(value, self.manner.region)

    def decimal(self, value: Fraction, digits: int = 2) -> str:
        """An exact fraction, rounded for reading."""
        rounded = Decimal(value.numerator) / Decimal(value.denominator)
        return format_decimal(
            rounded, format=f"#,##0.{'#' * digits}", locale=self.manner.region, numbering_system="latn"
        )

    def percent(self, value: Fraction, digits: int = 1) -> str:
        """A share, rounded for reading."""
        return f"{self.decimal(value * 100, digits)}%"

    def day(self, seconds: int | None) -> When:
        """The date of a Unix time, UTC."""
        return When() if seconds is None else _day(seconds, self.manner.region)

    def moment(self, seconds: int | None) -> When:
        """The date and minute of a Unix time, UTC."""
        if seconds is None:
            return When()
        moment = datetime.fromtimestamp(seconds, UTC)
        pattern = "d MMMM y, HH:mm" if self.code != "ar" else "d MMMM y، HH:mm"
        return When(
            iso=moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            text=f"{format_datetime(moment, pattern, locale=self.manner.region)} UTC",
        )

    def bytes(self, size: int) -> str:
        """A file's size."""
        if size < 1024:
            return self.ngettext("%(num)s byte", "%(num)s bytes", size)
        if size < 1024 * 1024:
            return self.gettext("%(size)s KB", size=self.decimal(Fraction(size, 1024), 1))
        return self.gettext("%(size)s MB", size=self.decimal(Fraction(size, 1024 * 1024), 1))

    def all_of(self, parts: list[str]) -> str:
        """The parts as this language lists them."""
        return format_list(parts, locale=self.manner.region)

    def name(self, names: Mapping[str, str]) -> str:
        """The name in this language, else in the first there is."""
        for code in (self.code, "en", *sorted(names)):
            if names.get(code):
                return names[code]
        return ""

    def for_templates(self) -> dict[str, object]:
        """``_`` and ``ngettext`` as the templates call them; values are escaped and neutral."""

        def said(message: str, **values: object) -> Markup:
            text = Markup(self._catalogue.gettext(message))  # noqa: S704 - the catalogue is ours
            return text % _harmless(values) if values else text

        def counted(one: str, many: str, num: int, **values: object) -> Markup:
            text = Markup(self._catalogue.ngettext(one, many, num))  # noqa: S704 - the catalogue is ours
            return text % {"num": self.number(num), **_harmless(values)}

        return {"_": said, "gettext": said, "ngettext": counted, "number": self.number}


@lru_cache(maxsize=4096)
def _number(value: int, region: str) -> str:
    return format_decimal(value, locale=region, numbering_system="latn")


@lru_cache(maxsize=4096)
def _day(seconds: int, region: str) -> When:
    moment = datetime.fromtimestamp(seconds, UTC)
    return When(iso=moment.strftime("%Y-%m-%d"), text=format_date(moment, "d MMMM y", locale=region))


def _harmless(values: dict[str, object]) -> dict[str, object]:
    return {
        name: neutral(value) if isinstance(value, str) and not isinstance(value, Markup) else value
        for name, value in values.items()
    }


@cache
def language(code: str) -> Language:
    """The language with this code (``en``, ``ar``); reads its catalogue once."""
    return Language(LANGUAGES[code], read_catalogue(CATALOGUES / code / "LC_MESSAGES"))


def read_catalogue(folder: Path) -> GNUTranslations:
    """The compiled catalogue where it is at least as new as the written one; else the written one, compiled here."""
    written, made = folder / "messages.po", folder / "messages.mo"
    if made.is_file() and not (written.is_file() and written.stat().st_mtime > made.stat().st_mtime):
        with made.open("rb") as file:
            return GNUTranslations(file)
    with written.open("rb") as file:
        catalogue = read_po(file, locale=folder.parent.name)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)

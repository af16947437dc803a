"""The languages in which commands write reports for people who run no commands: words from catalogues.

The words of the commands themselves are English. A catalogue that is not compiled, or older than what it is made of, is
compiled as it is read. How catalogues are kept stands in ``locale/babel.cfg``.
"""

from __future__ import annotations

from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final

__all__ = ["CATALOGUES", "DIRECTIONS", "read_words"]

CATALOGUES: Final = Path(__file__).parent / "locale"
DIRECTIONS: Final = {"en": "ltr", "ar": "rtl"}
"""By language the way it is written."""


def read_words(language: str) -> NullTranslations:
    """The words of a language: English ones are those of the code."""
    if language == "en":
        return NullTranslations()
    folder = CATALOGUES / language / "LC_MESSAGES"
    written, made = folder / "messages.po", folder / "messages.mo"
    if made.is_file() and not (written.is_file() and written.stat().st_mtime > made.stat().st_mtime):
        with made.open("rb") as file:
            return GNUTranslations(file)
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with written.open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)

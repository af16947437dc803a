"""Half of each voting card as a page to print: codes with their QR, in English and Arabic, and nothing else to run."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from majlis.ballot import Code
    from majlis.host.cards import Sheet

__all__ = ["format_sheets"]

_STYLE: Final = """\
@page { size: A4; margin: 12mm }
body { font: 10pt/1.35 "Noto Sans", "Noto Naskh Arabic", sans-serif; margin: 0; color: #000 }
section { break-after: page }
h1 { font-size: 14pt; margin: 0 }
header { display: flex; justify-content: space-between; gap: 8mm; border-bottom: 1pt solid; margin-bottom: 3mm }
header p { margin: 0 0 2mm }
.how { display: grid; grid-template-columns: 1fr 1fr; gap: 8mm; font-size: 9pt }
.codes { display: grid; grid-template-columns: repeat(3, 1fr); gap: 3mm }
.code { border: 0.5pt dashed; padding: 2mm; break-inside: avoid; text-align: center }
.code b { display: block }
.code code { font: bold 9pt "Noto Sans Mono", monospace; direction: ltr; unicode-bidi: isolate; white-space: nowrap }
.code svg { width: 24mm; height: 24mm }
"""

_HOW_EN: Final = (
    "Each field is for one vote, by its number in the record. To vote, type or scan the code of that vote from both "
    "halves of your card. A code serves this one vote and tells nothing of any other. Show it to nobody: no office may "
    "ask for it. If the card is lost, or somebody saw it, go to the registrar: you are given another, and this one "
    "counts no more."
)
_HOW_AR: Final = (
    "كل خانة لتصويت واحد بحسب رقمه في السجل. للتصويت اكتب رمز ذلك التصويت أو امسحه من نصفي بطاقتك معًا. يصلح الرمز لهذا "
    "التصويت وحده ولا يدل على غيره. لا تُطلع عليه أحدًا، فلا يحق لأي صاحب منصب أن يطلبه. إن ضاعت البطاقة أو رآها أحد "
    "فاذهب إلى المسجِّل، فتُعطى غيرها ولا تعود هذه تُحتسب."
)
_KINDS_AR: Final = {"ballot": "الاقتراع", "petition": "العريضة"}
_HALVES_AR: Final = {"a": "أ", "b": "ب"}


def format_sheets(sheets: Iterable[Sheet], *, names: Mapping[str, str], words: str, half: str) -> str:
    """The page. ``names``: of the body, by language; ``words``: its identity's, by which people know it."""
    title = " · ".join(names.values())
    cards = "\n".join(_section(sheet, title, words, half) for sheet in sheets)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f"<title>{html.escape(title)}</title>\n<style>\n{_STYLE}</style></head><body>\n{cards}\n</body></html>\n"
    )


def _section(sheet: Sheet, title: str, words: str, half: str) -> str:
    english = f"Voting card {sheet.serial}, half {half.upper()} of two"
    arabic = f"بطاقة التصويت {sheet.serial}، النصف {_HALVES_AR[half]} من نصفين"
    codes = "\n".join(_code(code) for code in sheet.codes)
    return (
        f'<section><header><h1>{english}</h1><h1 lang="ar" dir="rtl">{arabic}</h1></header>\n'
        f'<p dir="auto"><b>{html.escape(title)}</b> · <span dir="ltr">{html.escape(words)}</span></p>\n'
        f'<div class="how"><p>{_HOW_EN}</p><p lang="ar" dir="rtl">{_HOW_AR}</p></div>\n'
        f'<div class="codes">\n{codes}\n</div></section>'
    )


def _code(code: Code) -> str:
    import segno

    from majlis.ballot import format_code

    printed = format_code(code)
    kind, number = code.label.split(" ")
    picture = segno.make(f"MAJLIS-CODE:{code.label.upper()}:{code.half.upper()}:{printed}", error="m", micro=False)
    return (
        f'<div class="code"><b>{kind.title()} {number} {code.half.upper()} · <bdi lang="ar">{_KINDS_AR[kind]} {number} '
        f"{_HALVES_AR[code.half]}</bdi></b>{picture.svg_inline(scale=1, border=4, omitsize=True)}"
        f"<code>{printed}</code></div>"
    )

"""``majlis count-page``: a ranked count as one page that needs nothing beside it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from markupsafe import Markup

from majlis.count import RULES, Outcome, count_votes, parse_profile
from majlis.errors import Fault, Malformed, Missing
from majlis.site import lexicon
from majlis.site.language import LANGUAGES, language
from majlis.site.pages import assets, environment
from majlis.site.views.counting import count_view

_PIECE = 2**20
_EPILOG = """example:
  majlis count-page ballots.csv --rule scottish --seats 4 --language ar --out count.html

The page has no script and loads nothing. A tie that a rule leaves to the lot needs --seed, as with majlis count.
Exit codes: 0 written, 1 refused, 2 usage or input that cannot be read, 3 a lot is needed and there is no seed.
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "count-page",
        help="count ballots and show every stage on a page",
        description="Counts a file of ballots and writes one page: a picture of where the votes went, and tables.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the ballots: CSV profile, BLT or PrefLib")
    parser.add_argument("--rule", required=True, choices=sorted(RULES), help="how to count")
    parser.add_argument("--seats", metavar="N", type=int, help="seats to fill (as the file says)")
    parser.add_argument("--seed", metavar="HEX", type=bytes.fromhex, help="the seed of the public lot")
    parser.add_argument("--language", choices=sorted(LANGUAGES), default="en", help="the language of the page (en)")
    parser.add_argument("--out", type=Path, metavar="FILE", required=True, help="the page to write")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The page, written."""
    try:
        profile = parse_profile(_pieces(args.file))
        seats = args.seats or profile.seats or (1 if RULES[args.rule].single else 0)
        if seats < 1:
            raise Malformed("the file does not say how many seats there are; give --seats N")
        outcome = count_votes(profile, rule=args.rule, seats=seats, seed=args.seed)
    except Missing as lot:
        lot.text = f"{lot.text} (--seed HEX)"
        raise lot.at(str(args.file)) from None
    except Fault as fault:
        raise fault.at(str(args.file)) from None
    page = render_count(outcome, args.language)
    args.out.write_bytes(page)
    print(f"{args.out}: {len(outcome.stages)} stages, {len(page):,} bytes")
    return 0


def render_count(outcome: Outcome, lang: str) -> bytes:
    """The count as a page by itself."""
    say = language(lang)
    _, css = assets()["style.css"]
    return (
        environment(lang)
        .get_template("count_page.html")
        .render(
            lang=lang,
            direction=say.direction,
            title=outcome.title or say.gettext("How it was counted"),
            rule=say.gettext(lexicon.COUNTING.get(outcome.rule, outcome.rule)),
            css=Markup(css.decode()),  # noqa: S704 - our own style sheet
            count=count_view(say, outcome),
        )
        .encode()
    )


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece

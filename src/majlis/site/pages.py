"""Pages by their paths: all of an export, or any one of them live. Same views, same templates."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from majlis.errors import Missing
from majlis.site import paths
from majlis.site.language import LANGUAGES, language
from majlis.site.library import Library
from majlis.site.neutral import finalize
from majlis.site.registry import PAGES
from majlis.site.source import Source
from majlis.site.views.parts import Desk

HERE: Final = Path(__file__).parent


def pages(source: Source, lang: str) -> Iterator[tuple[str, bytes]]:
    """Every page of an export in one language, with its path below ``pages/<lang>/``."""
    library = Library(source, every_act=False)
    for path in page_paths(library):
        yield path, render(library, lang, path)


def page_paths(library: Library) -> Iterator[str]:
    """The paths of every page of an export, below ``pages/<lang>/``."""
    for page in PAGES:
        yield from page.listing(library)


def render_page(source: Source, path: str) -> bytes:
    """The page at this path below ``pages/``, any act included. Raises: Missing."""
    if path == paths.HOME:
        return render_chooser()
    lang, _, rest = path.partition("/")
    if lang not in LANGUAGES:
        raise Missing(f"there is no page '{path[:120]}' here; begin at the first page")
    return render(Library(source, every_act=True), lang, rest)


def render(library: Library, lang: str, path: str) -> bytes:
    """One page of a library. Raises: Missing when there is no such page."""
    for page in PAGES:
        found = page.path.fullmatch(path)
        if found is not None:
            names = {name: hashed for name, (hashed, _) in assets().items()}
            view = page.view(Desk(library, language(lang), path, names), found.groupdict())
            return environment(lang).get_template(page.template).render(v=view).encode()
    raise Missing(f"there is no page '{path[:120]}' here; begin at the first page")


def render_chooser() -> bytes:
    """The page that asks for a language; it needs no script."""
    names = {name: hashed for name, (hashed, _) in assets().items()}
    chooser = environment("en").get_template("chooser.html")
    return chooser.render(languages=LANGUAGES.values(), css=names["style.css"], icon=names["icon.svg"]).encode()


@cache
def assets() -> dict[str, tuple[str, bytes]]:
    """What every page links to, ``style.css`` and ``icon.svg``: the file name, which holds a hash, and the bytes."""
    found = {}
    for path in sorted((HERE / "static").iterdir()):
        content = path.read_bytes()
        found[path.name] = f"{path.stem}-{sha256(content).hexdigest()[:16]}{path.suffix}", content
    return found


@cache
def environment(lang: str) -> Environment:
    """The templates in one language: everything printed is escaped and neutral, and a missing name is an error."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    made.globals.update(language(lang).for_templates())
    return made

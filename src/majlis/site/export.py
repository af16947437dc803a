"""Static pages: the same for the same records, byte for byte, each file put in place whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from majlis.institutions.digest import statements
from majlis.site import paths
from majlis.site.language import LANGUAGES
from majlis.site.library import Library
from majlis.site.pages import assets, page_paths, render, render_chooser
from majlis.site.source import Source

Progress = Callable[[int, int], None]


def export(source: Source, out_dir: Path, progress: Progress | None = None) -> int:
    """``out_dir`` (the public folder's ``pages``) holds every page in every language; returns how many there are.

    Pages of an earlier export that are no more are removed. ``progress`` is told pages written and pages in all.
    """
    library = Library(source, every_act=False)
    each = list(page_paths(library))
    total = len(each) * len(LANGUAGES) + 1
    written = set()
    for done, (path, content) in enumerate(_all(library, each), start=1):
        _write(out_dir / path, content)
        written.add(out_dir / path)
        if progress:
            progress(done, total)
    for name, content in (*assets().values(), *_in_force(library)):
        _write(out_dir / name, content)
        written.add(out_dir / name)
    for old in sorted(out_dir.rglob("*")):
        if old.is_file() and old not in written and old.suffix in (".html", ".css", ".svg", f".{paths.IN_FORCE}"):
            old.unlink()
    return total


def _in_force(library: Library) -> Iterator[tuple[str, bytes]]:
    """For each seat that is held now, the file that its delegate's page offers."""
    for info in library.assemblies:
        state = library.state_of(info.identity)
        for statement in statements(state) if state is not None else ():
            found = library.source.in_force(info.identity, statement) if statement.startswith("seat ") else None
            if found is not None:
                yield found.path.removeprefix("pages/"), found.data


def _all(library: Library, each: list[str]) -> Iterator[tuple[str, bytes]]:
    yield paths.HOME, render_chooser()
    for lang in LANGUAGES:
        for path in each:
            yield f"{lang}/{path}", render(library, lang, path)


def _write(path: Path, content: bytes) -> None:
    """The file is there whole or not at all; one that is right already is left alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file() and path.read_bytes() == content:
        return
    made = path.with_name(f".{path.name}.new")
    made.write_bytes(content)
    made.replace(path)

"""An export: the same bytes for the same records, every link leads somewhere, nothing old is left."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import pytest
from tests.site.books import FakeSource
from tests.site.reading import read
from tests.site.valley import World

from majlis.institutions.digest import statements
from majlis.site import export, paths


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory, source: FakeSource) -> Path:
    """A public folder whose pages are exported, with the files that pages link to beside them."""
    folder = tmp_path_factory.mktemp("public")
    export(source, folder / "pages")
    for uuid in source.boxes:
        (folder / "boxes").mkdir(exist_ok=True)
        (folder / "boxes" / f"{uuid}.bel").touch()
    for digest in source.blobs:
        place = folder / "blobs" / "sha256" / digest[:2]
        place.mkdir(parents=True, exist_ok=True)
        (place / digest).touch()
    for book in source.books:
        place = folder / paths.record(book.origin)
        place.parent.mkdir()
        place.touch()
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_link_leads_to_a_file_of_the_public_folder(public: Path) -> None:
    broken = []
    for page in sorted((public / "pages").rglob("*.html")):
        reader = read(page.read_bytes())
        for link in reader.links:
            target, _, anchor = unquote(link).partition("#")
            if target and not (page.parent / target).resolve().is_file():
                broken.append(f"{page.relative_to(public)}: {link}")
            if not target and anchor not in reader.ids:
                broken.append(f"{page.relative_to(public)}: {link}")
            if target and not (page.parent / target).resolve().is_relative_to(public):
                broken.append(f"{page.relative_to(public)}: {link} leaves the folder")
    assert broken == []


def test_every_page_is_reached_from_the_first(public: Path) -> None:
    root = public / "pages"
    met: set[Path] = set()
    ahead = [root / "index.html"]
    while ahead:
        page = ahead.pop()
        if page in met:
            continue
        met.add(page)
        if page.suffix == ".html":
            links = [link.partition("#")[0] for link in read(page.read_bytes()).links]
            ahead += [(page.parent / link).resolve() for link in links if link]
    lonely = {path.relative_to(root).as_posix() for path in root.rglob("*.html")} - {
        path.relative_to(root).as_posix() for path in met if path.is_relative_to(root)
    }
    registers = ("motions-1", "elections-1", "petitions-1", "bodies-1")
    assert [path for path in sorted(lonely) if not path.removesuffix(".html").endswith(registers)] == []


def test_the_same_records_give_the_same_bytes(public: Path, tmp_path: Path) -> None:
    export(World().source, tmp_path)
    assert files(tmp_path) == files(public / "pages")


def test_the_first_page_offers_each_language_in_its_own_name(public: Path) -> None:
    reader = read((public / "pages" / "index.html").read_bytes())
    assert "English" in reader.words
    assert "العربية" in reader.words
    assert {"en/index.html", "ar/index.html"} <= set(reader.links)


def test_the_style_sheet_is_named_by_its_hash_and_linked_by_every_page(public: Path) -> None:
    (sheet,) = (public / "pages").glob("style-*.css")
    for page in (public / "pages").rglob("*.html"):
        assert sheet.name in page.read_text(encoding="utf-8"), page


def test_pages_that_are_no_more_are_removed_and_other_files_left_alone(source: FakeSource, tmp_path: Path) -> None:
    old = tmp_path / "en" / "gone" / "act-1.html"
    old.parent.mkdir(parents=True)
    old.write_text("old")
    (tmp_path / "style-0000.css").write_text("old")
    other = tmp_path / "robots.txt"
    other.write_text("kept")
    half = tmp_path / "en" / ".index.html.new"
    half.write_text("half")
    export(source, tmp_path)
    assert not old.exists()
    assert not (tmp_path / "style-0000.css").exists()
    assert other.read_text() == "kept"
    assert not half.exists()


def test_the_proofs_of_seats_are_written_while_they_hold(tmp_path: Path) -> None:
    other = World()
    identity = next(body.identity for body in other.source.bodies() if body.type == "assembly")
    seat = next(line for line in statements(other.source.state(identity)) if line.startswith("seat "))
    other.source.proofs[identity, seat] = b"shown"
    export(other.source, tmp_path)
    file = tmp_path / paths.in_force(identity, seat).removeprefix("pages/")
    assert file.read_bytes() == b"shown"
    del other.source.proofs[identity, seat]
    export(other.source, tmp_path)
    assert not file.exists()


def test_what_is_right_already_is_not_written_again(source: FakeSource, tmp_path: Path) -> None:
    export(source, tmp_path)
    page = tmp_path / "en" / "index.html"
    before = page.stat().st_mtime_ns, page.stat().st_ino
    export(source, tmp_path)
    assert (page.stat().st_mtime_ns, page.stat().st_ino) == before


def test_progress_counts_to_the_end(source: FakeSource, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    total = export(source, tmp_path, lambda done, of: told.append((done, of)))
    assert told == [(number, total) for number in range(1, total + 1)]
    assert total == sum(1 for _ in tmp_path.rglob("*.html"))


@pytest.mark.parametrize(
    ("start", "target", "link"),
    [
        ("index.html", "check.html", "check.html"),
        ("index.html", "north/index.html", "north/index.html"),
        ("north/index.html", "north/act-1.html", "act-1.html"),
        ("north/index.html", "south/act-1.html", "../south/act-1.html"),
        ("north/index.html", "index.html", "../index.html"),
        ("pages/en/north/index.html", "boxes/x.bel", "../../../boxes/x.bel"),
        ("en/north/index.html", "ar/north/index.html", "../../ar/north/index.html"),
        ("en/index.html", "style.css", "../style.css"),
    ],
)
def test_links_are_relative_so_that_a_folder_can_be_moved(start: str, target: str, link: str) -> None:
    assert paths.relative(start, target) == link

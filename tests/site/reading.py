"""Reading a page as a strict reader does: every tag closed in order, and what a page says collected."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "link", "br", "img", "hr", "input", "wbr"}
SVG_EMPTY = {"rect", "path", "circle"}
INLINE = {"a", "bdi", "span", "strong", "code", "time", "q"}


class Reader(HTMLParser):
    """Fails on whatever is not well formed; afterwards holds links, headings, ids, text and tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.links: list[str] = []
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.flaws: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.flaws.append(f"<{tag}> has an attribute twice: {names}")
        held = dict(attrs)
        self.tags.append((tag, held))
        if "id" in held:
            self.ids.append(str(held["id"]))
        self.links += [str(held[name]) for name in ("href", "src") if held.get(name) is not None]
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.headings.append(int(tag[1]))
        if tag == "p" and "p" in self.open[-1:]:
            self.flaws.append("a paragraph in a paragraph")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in SVG_EMPTY:
            self.flaws.append(f"<{tag}/> closes itself")
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in INLINE:
            self.text.append(" ")
        if not self.open or self.open[-1] != tag:
            self.flaws.append(f"</{tag}> closes {self.open[-1:]}")
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def words(self) -> str:
        """The text, blanks made one."""
        return " ".join("".join(self.text).split())


def read(page: bytes) -> Reader:
    """The page, read to its end."""
    reader = Reader()
    reader.feed(page.decode())
    reader.close()
    if reader.open:
        reader.flaws.append(f"left open: {reader.open}")
    return reader

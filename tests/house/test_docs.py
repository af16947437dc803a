"""What people read is there: links lead somewhere, the README stays short, every decision says what it cost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

LINK = re.compile(r"\]\(\s*<?([^)<>\s]+)>?(?:\s+\"[^\"]*\")?\s*\)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)


def relative_links(text: str) -> Iterator[str]:
    """The targets of links into the project, code blocks left out, without their anchors."""
    for target in LINK.findall(FENCE.sub("", text)):
        path = target.partition("#")[0]
        if path and not re.match(r"[a-z][a-z0-9+.-]*:", path):
            yield path


def test_every_link_in_the_documents_leads_to_a_file(tracked: list[Path], project_root: Path) -> None:
    broken = [
        f"{page.relative_to(project_root)}: {target}"
        for page in tracked
        if page.suffix == ".md"
        for target in relative_links(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not broken, "\n".join(broken)


def test_only_links_into_the_project_are_followed() -> None:
    text = 'See [a](docs/a.md#top), [b](https://c2sp.org), ![c](c.png "word"), [d](#here).\n```\n[e](e.md)\n```\n'
    assert list(relative_links(text)) == ["docs/a.md", "c.png"]


def test_the_readme_is_short_and_names_both_commands(project_root: Path) -> None:
    text = (project_root / "README.md").read_text(encoding="utf-8")
    assert text.count("\n") < 150
    assert "make demo" in text
    assert "make test" in text


def test_every_decision_says_context_options_outcome_and_cost(project_root: Path) -> None:
    decisions = sorted((project_root / "docs" / "decisions").glob("[0-9]*.md"))
    lacking = []
    for number, page in enumerate(decisions, start=1):
        text = page.read_text(encoding="utf-8")
        if not page.name.startswith(f"{number:04}-") or not text.startswith(f"# {number:04} "):
            lacking.append(f"{page.name}: is number {number:04}")
        parts = ("Context", "Options", "Outcome", "Cost")
        lacking += [f"{page.name}: no {part}" for part in parts if f"## {part}\n" not in text]
    assert not lacking, "\n".join(lacking)

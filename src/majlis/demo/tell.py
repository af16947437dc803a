"""How the demonstration speaks: plain sentences, and a bar while something takes time."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class ConsoleTeller:
    """Speaks on the terminal; where there is none, bars are left out and sentences stay."""

    def __init__(self) -> None:
        self.console = Console(highlight=False)
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def chapter(self, title: str) -> None:
        """A heading."""
        self.console.print(f"\n[bold]{title}[/bold]")

    def say(self, sentence: str) -> None:
        """One sentence."""
        self.console.print(f"  {sentence}", markup=False, soft_wrap=True)

    def start(self, what: str, total: int) -> None:
        """A bar begins."""
        self._progress = Progress(
            TextColumn("  {task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self._progress.start()
        self._task = self._progress.add_task(what, total=total)

    def step(self, count: int = 1) -> None:
        """The bar moves."""
        if self._progress is not None and self._task is not None:
            self._progress.advance(self._task, count)

    def finish(self) -> None:
        """The bar is gone."""
        if self._progress is not None:
            self._progress.stop()
        self._progress = self._task = None


class QuietTeller:
    """Says nothing; for tests."""

    def chapter(self, title: str) -> None:
        """Nothing."""

    def say(self, sentence: str) -> None:
        """Nothing."""

    def start(self, what: str, total: int) -> None:
        """Nothing."""

    def step(self, count: int = 1) -> None:
        """Nothing."""

    def finish(self) -> None:
        """Nothing."""

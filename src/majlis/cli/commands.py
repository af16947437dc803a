"""A table of commands of which each is loaded when it is called: no command pays for what only another one needs."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, NamedTuple

__all__ = ["Commands", "Entry", "Table", "add_commands"]


class Entry(NamedTuple):
    """A command that is not loaded: the module whose ``register`` adds it, and its line in the help."""

    module: str
    help: str


Table = Mapping[str, Entry]
"""The commands in the order of the help. One module may add several."""


def add_commands(parser: argparse.ArgumentParser, table: Table, *, is_required: bool = False) -> None:
    """The parser has the commands of the table."""
    add: Callable[..., object] = parser.add_subparsers
    add(title="commands", metavar="COMMAND", required=is_required, action=Commands, table=table)


class Commands(argparse._SubParsersAction):  # type: ignore[type-arg]
    """The commands of a table; see ``add_commands``."""

    _name_parser_map: dict[str, argparse.ArgumentParser | None]

    def __init__(self, *args: Any, table: Table, **options: Any) -> None:
        super().__init__(*args, **options)
        self.table = table
        for name, entry in table.items():
            self._name_parser_map[name] = None
            self._choices_actions.append(self._ChoicesPseudoAction(name, (), entry.help))

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """The command that is called is loaded, and takes the words after it."""
        self.load(values[0])
        super().__call__(parser, namespace, values, option_string)

    def load(self, name: str) -> argparse.ArgumentParser:
        """The parser of a command of the table."""
        if self._name_parser_map[name] is None:
            import_module(self.table[name].module).register(self)
        parser = self._name_parser_map[name]
        assert parser is not None, name
        return parser

    def add_parser(self, name: str, **options: Any) -> argparse.ArgumentParser:
        """The parser that a command's module adds, with the line that the table says."""
        here, there = options.pop("help", ""), self.table[name].help
        assert here == there, f"{name}: the help is {here!r}, and in the table {there!r}"
        del self._name_parser_map[name]
        parser: argparse.ArgumentParser = super().add_parser(name, **options)
        return parser

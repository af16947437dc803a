"""What every command that works on a data folder shares: which folder, whose keys, and how outcomes are told."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from majlis.errors import Malformed, Missing

if TYPE_CHECKING:
    from collections.abc import Callable

    from majlis.host.keyring import Keyring, Passphrase
    from majlis.host.node import Known, Node
    from majlis.institutions import State

__all__ = ["PERSON", "STRENGTH", "Desk", "add_command", "at", "folder_of", "read_text", "ref", "words_of"]

Commands = "argparse._SubParsersAction[argparse.ArgumentParser]"

PERSON: Final = "person"
"""The kind of a key with which somebody acts in the open."""

STRENGTH: Any = None
"""The cost of a guess at a new keyring's passphrase; None for the usual. Tests set it, so that they are quick."""


def add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], int],
    *,
    help_: str,
    example: str,
    more: str = "",
    folder: bool = True,
) -> argparse.ArgumentParser:
    """A command with its example. ``folder``: it works on a data folder, and may ask for passphrases."""
    parser = commands.add_parser(
        name,
        help=help_,
        description=help_[0].upper() + help_[1:] + ".",
        epilog=f"example:\n  {example}\n{more and chr(10)}{more}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if folder:
        parser.add_argument("--data", metavar="DIR", help="the data folder (MAJLIS_DATA_DIR, or ./majlis-data)")
        parser.add_argument(
            "--passphrase-file", metavar="FILE", help="take passphrases from a file's first line; for scripts"
        )
        parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)
    return parser


class Desk:
    """A data folder with the keyrings that its people open at it, each asked for once."""

    def __init__(self, args: argparse.Namespace) -> None:
        """Raises: Missing, where there is no data folder."""
        from majlis.host.node import Node

        _check_words(args)
        self.args = args
        self.node: Node = Node(folder_of(args))
        self._open: dict[str, Keyring] = {}
        if self.node.practice is not None:
            self.warn(f"PRACTICE: the clock is simulated and shows {at(self.node.clock.now())}; nothing here counts")

    # --- people

    def keyring(self, person: str) -> Keyring:
        """The open keyring of somebody who works here. Raises: Missing, Refused (a wrong passphrase)."""
        from majlis.host.keyring import Keyring

        if person not in self._open:
            path = self.node.keyring_path(person)
            if not path.is_file():
                people = ", ".join(self.node.people()) or "nobody yet"
                raise Missing(
                    f"{person!r} has no keyring here ({people}); make one with 'majlis key new {person}'",
                    where=str(self.node.folder),
                )
            self._open[person] = Keyring(path, self.passphrase(person))
        return self._open[person]

    def keeper(self) -> Keyring:
        """The keyring of whoever keeps this host."""
        return self.keyring(self.node.keeper)

    def new_keyring(self, path: Path, person: str) -> Keyring:
        """A new keyring in this file, under a passphrase that ``person`` chooses. Raises: Refused, where one is."""
        from majlis.host.chance import chance
        from majlis.host.keyring import MODERATE, Keyring

        return Keyring.create(path, self.passphrase(person, is_new=True), chance, STRENGTH or MODERATE)

    def private_book(self, path: Path, person: str) -> Keyring:
        """The encrypted file of an office, opened or begun, under the passphrase of whoever holds the office."""
        from majlis.host.keyring import Keyring

        self.keyring(person)
        return Keyring(path, self.passphrase(person)) if path.is_file() else self.new_keyring(path, person)

    def passphrase(self, person: str, *, is_new: bool = False) -> Passphrase:
        """From the file that was named, or asked for. Raises: Malformed."""
        from majlis.host.keyring import Passphrase

        named = self.args.passphrase_file or os.environ.get("MAJLIS_PASSPHRASE_FILE")
        if named:
            lines = read_text(Path(named)).splitlines()
            return Passphrase(lines[0] if lines else "")
        if not sys.stdin.isatty():
            raise Malformed(
                f"the passphrase of {person!r} cannot be asked for here; run this in a terminal, or name a file with "
                "--passphrase-file"
            )
        text = getpass.getpass(f"Passphrase of {person}: ")
        if is_new and getpass.getpass("The same once more: ") != text:
            raise Malformed("the two passphrases differ; begin again")
        return Passphrase(text)

    # --- bodies

    def body(self) -> Known:
        """The body that the command names."""
        return self.node.body(self.args.body)

    # --- telling

    def warn(self, text: str) -> None:
        """A sentence on the error stream."""
        print(text, file=sys.stderr)

    def say(self, text: str) -> None:
        """A sentence for people, out of the way where JSON was asked for."""
        print(text, file=sys.stderr if self.args.json else sys.stdout)

    def done(self, text: str, /, **facts: Any) -> int:
        """The outcome, for people or as JSON; the exit code 0."""
        return self.ended(0, text, **facts)

    def ended(self, code: int, text: str, /, **facts: Any) -> int:
        """The outcome with the exit code ``code``."""
        if self.args.json:
            if self.node.practice is not None:
                facts["practice"] = True
            print(json.dumps({"ok": code == 0, **facts}, ensure_ascii=False, indent=1))
        elif text:
            print(text)
        return code


def _check_words(args: argparse.Namespace) -> None:
    """Raises: Malformed, when a word of the command is not UTF-8: nothing of it could be signed."""
    for value in vars(args).values():
        for word in value if isinstance(value, list) else [value]:
            try:
                str(word).encode()
            except UnicodeEncodeError:
                raise Malformed("a word of this command is not UTF-8 text; set the terminal to UTF-8") from None


def read_text(path: Path) -> str:
    """The text in the file. Raises: Malformed, when it is not UTF-8; OSError."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"this file is not UTF-8 text, at byte {error.start}", where=str(path)) from None


def words_of(text: str) -> str:
    """What an option says: itself, or the text of the file in ``@FILE``. Raises: Malformed, OSError."""
    return read_text(Path(text[1:])) if text.startswith("@") else text


def folder_of(args: argparse.Namespace) -> Path:
    """The data folder that was named: by the option, by the environment, or the usual one."""
    return Path(args.data or os.environ.get("MAJLIS_DATA_DIR") or "majlis-data")


def at(time: int) -> str:
    """Unix seconds as people read them."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M UTC")


def ref(state: State, text: str) -> str:
    """The id of the act at this position of the record, or whose id begins so. Raises: Missing, Malformed."""
    if text.isascii() and text.isdigit() and len(text) <= 12:
        act = state.log.get(int(text), "")
        if not act:
            raise Missing(f"there is no act {text} in this record; it has {state.size} entries, counted from 0")
        return act
    if len(text) < 6 or not set(text) <= set("0123456789abcdef"):
        raise Malformed(f"an act is named by its position in the record or by its id, got {text[:70]!r}")
    found = [act for act in state.acts if act.startswith(text)]
    if len(found) != 1:
        raise Missing(f"{len(found) or 'no'} acts of this record begin with {text[:16]}; name it by its position")
    return found[0]

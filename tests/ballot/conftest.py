"""The vectors of ``vectors/ballot``, the foreign sample elections, and a forger who repairs every hash."""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from majlis.ballot import read_entries, read_records
from majlis.ballot.tar import format_first_record, format_record

SAMPLES = ("blank", "ff2048", "homomorphic", "mixed", "nonhomomorphic", "range", "threshold", "twoq", "weights")
Events = list[tuple[str, list[bytes]]]


@pytest.fixture(scope="session")
def vectors(project_root: Path) -> Path:
    """The folder of the vectors."""
    return project_root / "vectors" / "ballot"


@pytest.fixture(scope="session")
def formulas(vectors: Path) -> dict[str, Any]:
    """``formulas.json``."""
    found: dict[str, Any] = json.loads((vectors / "formulas.json").read_text())
    return found


@pytest.fixture(scope="session")
def making(vectors: Path) -> Iterator[Callable[[str], ModuleType]]:
    """``making("material")``: a module of the scripts that made the vectors."""
    sys.path.insert(0, str(vectors))
    yield importlib.import_module
    sys.path.remove(str(vectors))


@pytest.fixture(scope="session")
def material(making: Callable[[str], ModuleType]) -> Any:
    """The small election of the vectors, with all its secrets."""
    return making("material")


class Samples:
    """The foreign elections by name."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def file(self, name: str, file: str) -> str:
        """A text file of a sample."""
        return (self.root / name / file).read_text()

    def archive(self, name: str) -> bytes:
        """The closed box."""
        return (self.root / name / f"{self.file(name, 'UUID').strip()}.bel").read_bytes()

    def snapshot(self, name: str) -> bytes:
        """The box after the last ballot."""
        return (self.root / name / f"open-{self.file(name, 'UUID').strip()}.bel.snapshot").read_bytes()


@pytest.fixture(scope="session")
def samples(data_root: Path) -> Samples:
    """The nine elections that belenios-tool 2.5.1 made."""
    folder = data_root / "belenios"
    if not folder.is_dir():
        pytest.skip("the development data hold no belenios/ folder")
    return Samples(folder)


def events_of(archive: bytes) -> Events:
    """The events of a box with their payloads."""
    entries = read_entries(read_records(archive))
    return [(entry.type, [record.payload for record in entry.records]) for entry in entries]


def assembled(events: Events, timestamp: int = 1_700_000_000) -> bytes:
    """The box of these events, every hash right."""
    archive, parent = format_first_record(timestamp), ""
    for height, (kind, payloads) in enumerate(events):
        event: dict[str, Any] = {"parent": parent} if parent else {}
        event |= {"height": height, "type": kind}
        event |= {"payload": hashlib.sha256(payloads[-1]).hexdigest()} if payloads else {}
        raw = json.dumps(event, separators=(",", ":")).encode()
        for payload in payloads:
            archive += format_record(f"{hashlib.sha256(payload).hexdigest()}.data.json", payload, timestamp)
        parent = hashlib.sha256(raw).hexdigest()
        archive += format_record(f"{parent}.event.json", raw, timestamp)
    return archive


@pytest.fixture(scope="session")
def tools() -> SimpleNamespace:
    """``events_of`` and ``assembled``, which take a box apart and put it together."""
    return SimpleNamespace(events_of=events_of, assembled=assembled)


@pytest.fixture(scope="session")
def forge() -> Callable[..., bytes]:
    """``forge(archive, {(event, payload): new})``: that payload replaced and every hash after it repaired.

    ``event``: its height; ``payload``: its place before the event; ``new``: bytes, or a function of the old ones.
    """

    def forged(archive: bytes, changes: dict[tuple[int, int], Any]) -> bytes:
        renamed: dict[bytes, bytes] = {}
        events = []
        for height, (kind, payloads) in enumerate(events_of(archive)):
            new_payloads = []
            for place, payload in enumerate(payloads):
                new = payload
                for old_name, new_name in renamed.items():
                    new = new.replace(old_name, new_name)
                change = changes.get((height, place))
                if change is not None:
                    new = change(new) if callable(change) else change
                if new != payload:
                    before, after = hashlib.sha256(payload), hashlib.sha256(new)
                    renamed[before.hexdigest().encode()] = after.hexdigest().encode()
                new_payloads.append(new)
            events.append((kind, new_payloads))
        return assembled(events)

    return forged

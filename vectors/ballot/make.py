"""Writes the ballot boxes of this folder: sound ones, and for each check one that breaks exactly this check.

python vectors/ballot/make.py        writes boxes/*.bel and the .json files beside them, the same bytes on every run
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import ceremony
import lots
from forged_form import credential_cases, election_cases, event_cases, tar_cases, trustee_cases
from forged_ranked import ranked_cases
from forged_threshold import threshold_cases
from forged_votes import ballot_cases, opening_cases
from material import BLANK_SOUND, SOUND, Case, acts, assemble

HERE = Path(__file__).parent
ORIGIN = "Made by vectors/ballot/make.py with the reference engine; keys and nonces are published, for tests only."


def sound_cases() -> Iterator[Case]:
    """Boxes in which everything holds."""
    archive = assemble(SOUND.events())
    whole = acts(SOUND, archive)
    yield Case("sound", "", "valid", "everything holds", archive, whole)
    yield Case("sound without acts", "", "valid-v1", "the box alone", archive, None)
    without = {key: value for key, value in whole.items() if key != "sidecars"}
    yield Case("sound without sidecars", "", "valid-v1", "one kind of act is not there", archive, without)
    yield Case(
        "sound weighed against an earlier head",
        "",
        "valid",
        "it is a prefix",
        archive,
        whole | {"heads_seen": [[7, whole["head"]]]},
    )
    running = assemble(SOUND.events()[:3])
    yield Case("open box", "", "incomplete", "ballots may follow", running, None)
    blank = assemble(BLANK_SOUND.events())
    yield Case("sound with blank", "", "valid", "blank allowed", blank, acts(BLANK_SOUND, blank))


FAMILIES: tuple[Callable[[], Iterator[Case]], ...] = (
    sound_cases,
    tar_cases,
    event_cases,
    election_cases,
    trustee_cases,
    credential_cases,
    ballot_cases,
    opening_cases,
    threshold_cases,
    ranked_cases,
)


def cases() -> list[Case]:
    """All vectors, in order."""
    return [case for family in FAMILIES for case in family()]


def files() -> dict[str, bytes]:
    """Every file of the vectors by its name under this folder; boxes that are equal are stored once."""
    stored: dict[str, bytes] = {}
    listed = []
    for case in cases():
        name = next((name for name, archive in stored.items() if archive == case.archive), "")
        name = name or f"boxes/{case.name.replace(' ', '-')}.bel"
        stored[name] = case.archive
        listed.append(
            {
                "name": case.name,
                "box": name,
                "check": case.check,
                "verdict": case.verdict,
                "why": case.why,
                "process": case.process,
            }
        )
    text = json.dumps({"origin": ORIGIN, "cases": listed}, indent=1, ensure_ascii=False) + "\n"
    return {**stored, "boxes.json": text.encode(), **ceremony.files(), **lots.files()}


if __name__ == "__main__":
    (HERE / "boxes").mkdir(exist_ok=True)
    for old in (HERE / "boxes").glob("*.bel"):
        old.unlink()
    for name, data in files().items():
        (HERE / name).write_bytes(data)

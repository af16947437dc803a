"""The checks of a ballot box, each with its own outcome: what they say, which need the body's signed acts.

Source: ``spec/ballot.md`` sections 14, 16 and 18; the ids are those of its rules.
"""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["CHECKS", "CheckRule", "rules_between"]


class CheckRule(NamedTuple):
    """``text`` says what is true when the check is ok; ``needs_acts``: only signed acts beside the box can tell."""

    id: str
    text: str
    needs_acts: bool = False


CHECKS: Final = (
    CheckRule("R-BOX-1", "every header is the one that name, size and timestamp prescribe"),
    CheckRule("R-BOX-2", "every payload is padded with zeros"),
    CheckRule("R-BOX-3", "the file ends exactly after its last record"),
    CheckRule("R-BOX-4", "the first record is BELENIOS of version 1, and all carry its timestamp"),
    CheckRule("R-BOX-5", "every record is named by the hash of its payload"),
    CheckRule("R-BOX-6", "every event is written in the one canonical form"),
    CheckRule("R-BOX-7", "every event names the one before it"),
    CheckRule("R-BOX-8", "events are numbered 0, 1, 2 and so on"),
    CheckRule("R-BOX-9", "events have a payload exactly where their type needs one"),
    CheckRule("R-BOX-10", "records stand in the prescribed order, and there are no others"),
    CheckRule("R-BOX-11", "the events follow the grammar of an election"),
    CheckRule("R-BOX-12", "what names other records names exactly those before it"),
    CheckRule("R-BOX-13", "election.json is canonical and of version 1"),
    CheckRule("R-BOX-14", "the group is known, and the election's key is one of its elements"),
    CheckRule("R-BOX-15", "the election's identifier is well-formed"),
    CheckRule("R-BOX-16", "every question can be answered"),
    CheckRule("R-BOX-17", "no weights where a question is ranked"),
    CheckRule("R-BOX-18", "the election is the announced one", needs_acts=True),
    CheckRule("R-BOX-19", "the group is Ed25519", needs_acts=True),
    CheckRule("R-BOX-20", "the trustees payload is canonical and complete"),
    CheckRule("R-BOX-21", "every key and commitment of the trustees is an element of the group"),
    CheckRule("R-BOX-22", "every trustee proved to know their key"),
    CheckRule("R-BOX-23", "every threshold certificate is for this set-up and signed by its member"),
    CheckRule("R-BOX-24", "every member's polynomial has the right length and is signed"),
    CheckRule("R-BOX-25", "every member signed the same certificates"),
    CheckRule("R-BOX-26", "every member's key is the share that the polynomials give"),
    CheckRule("R-BOX-27", "every member signed their key"),
    CheckRule("R-BOX-28", "the election's key is the product of the trustees' keys"),
    CheckRule("R-BOX-29", "every trustee's key is the one of their signed act", needs_acts=True),
    CheckRule("R-BOX-30", "every polynomial is the one committed to before any was shown", needs_acts=True),
    CheckRule("R-BOX-31", "the credential list is canonical"),
    CheckRule("R-BOX-32", "the credential list is in the order of its bytes"),
    CheckRule("R-BOX-33", "credentials are distinct elements of the group"),
    CheckRule("R-BOX-34", "weights are whole numbers, stated for all voters or for none"),
    CheckRule("R-BOX-35", "list, number of voters and total weight are those of the registrar's act", needs_acts=True),
    CheckRule("R-BOX-36", "every ballot is written in the one canonical form"),
    CheckRule("R-BOX-37", "every ballot is for this election"),
    CheckRule("R-BOX-38", "every ballot's credential is on the list"),
    CheckRule("R-BOX-39", "every ballot is the text that was signed"),
    CheckRule("R-BOX-40", "every ballot is signed by its credential"),
    CheckRule("R-BOX-41", "every ballot answers every question in its shape"),
    CheckRule("R-BOX-42", "the blank slot is there exactly where blank is allowed"),
    CheckRule("R-BOX-43", "every point of a ballot is an element of the group"),
    CheckRule("R-BOX-44", "every choice is proven to be 0 or 1"),
    CheckRule("R-BOX-45", "the number of choices is proven to be allowed"),
    CheckRule("R-BOX-46", "blank and choices are proven to exclude each other"),
    CheckRule("R-BOX-47", "every ranked ballot's maker knew its randomness"),
    CheckRule("R-BOX-48", "no ballot stands in the box twice"),
    CheckRule("R-BOX-49", "the encrypted tally is the sum of the last ballot of each credential"),
    CheckRule("R-BOX-50", "the stated number of counted ballots is right"),
    CheckRule("R-BOX-51", "the stated total weight is right"),
    CheckRule("R-BOX-52", "every shuffle is canonical and complete"),
    CheckRule("R-BOX-53", "every point of a shuffle is an element of the group"),
    CheckRule("R-BOX-54", "every shuffle is proven to keep the votes"),
    CheckRule("R-BOX-55", "enough distinct trustees answer for the shuffles by signed acts", needs_acts=True),
    CheckRule("R-BOX-56", "every partial decryption is canonical and complete"),
    CheckRule("R-BOX-57", "every partial decryption is of a trustee"),
    CheckRule("R-BOX-58", "no trustee decrypts twice"),
    CheckRule("R-BOX-59", "every decryption factor is an element of the group"),
    CheckRule("R-BOX-60", "every decryption factor is proven"),
    CheckRule("R-BOX-61", "enough trustees decrypted"),
    CheckRule("R-BOX-62", "every partial decryption is the one of the trustee's signed act", needs_acts=True),
    CheckRule("R-BOX-63", "every partial decryption is the one committed to before any was shown", needs_acts=True),
    CheckRule("R-BOX-64", "every decryption factor is proven by its sidecar", needs_acts=True),
    CheckRule("R-BOX-65", "the result is canonical and complete"),
    CheckRule("R-BOX-66", "every count is what the tally decrypts to"),
    CheckRule("R-BOX-67", "every ranked ballot is what its ciphertext decrypts to"),
    CheckRule("R-BOX-68", "every ranked ballot is one that an honest voter's device makes, or a proven spoilt one"),
    CheckRule("R-BOX-69", "the head of the box is the cosigned one", needs_acts=True),
    CheckRule("R-BOX-70", "every head seen earlier is a head of this box", needs_acts=True),
    CheckRule("R-BOX-71", "the box holds the charter's minimum of ballots", needs_acts=True),
)

_PLACES: Final = {rule.id: place for place, rule in enumerate(CHECKS)}


def rules_between(first: int, last: int) -> tuple[str, ...]:
    """The ids of rules ``first`` to ``last`` in order."""
    return tuple(rule.id for rule in CHECKS[_PLACES[f"R-BOX-{first}"] : _PLACES[f"R-BOX-{last}"] + 1])

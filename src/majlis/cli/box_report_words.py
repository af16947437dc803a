"""What ``majlis box report`` says: what was checked, in a few sentences, and what nobody can check for the reader.

Every sentence claims no more than its checks show (``spec/ballot.md`` section 18), and what they leave open is said.
"""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = [
    "ABSENT",
    "FAILED",
    "NOT_RUN",
    "OK",
    "OPTIONAL",
    "PARTLY",
    "PARTS",
    "TRUST",
    "TRUST_ACTS",
    "TRUST_ORDER",
    "VERDICTS",
    "Part",
]


def _(message: str) -> str:
    """Marks a message for the catalogues; it is translated where it is said."""
    return message


class Part(NamedTuple):
    """Something that was checked, in words, and the numbers of its checks.

    ``needs_acts``: signed acts are needed for them; ``is_of_ranked``: they occur where votes are ranked.
    """

    text: str
    checks: tuple[range, ...]
    needs_acts: bool = False
    is_of_ranked: bool = False


OPTIONAL: Final = frozenset({17, *range(23, 28), 42})
"""Checks that have nothing to look at in many boxes. Where one is left out for a fault, another of its part failed."""


PARTS: Final = (
    Part(
        _(
            "The file is whole: every record stands in its place under its own hash, and nothing was added, taken "
            "out, exchanged or written over."
        ),
        (range(1, 13),),
    ),
    Part(
        _("The questions can be answered as they are put, and the election's key is a proper key."),
        (range(13, 18),),
    ),
    Part(
        _("Every trustee proved to hold their own key, and the election's key is made of these keys and no other."),
        (range(20, 29),),
    ),
    Part(
        _("Nobody stands on the list of voters twice, and every voter has the weight that the list states."),
        (range(31, 35),),
    ),
    Part(
        _("Every ballot was signed by a voter of the list, for this election, and was not changed since."),
        (range(36, 44), range(48, 49)),
    ),
    Part(
        _("Every ballot holds a vote that the questions allow, and no more; this was proven without opening it."),
        (range(44, 48),),
    ),
    Part(
        _("The encrypted sum is that of the last ballot of each voter. No ballot was left out of it, and none added."),
        (range(49, 52),),
    ),
    Part(
        _("Whoever put the ranked votes in another order changed none of them."),
        (range(52, 55),),
        is_of_ranked=True,
    ),
    Part(_("Enough trustees decrypted, and each proved to have done it rightly."), (range(56, 62),)),
    Part(_("The result is what the trustees decrypted: each number was computed again."), (range(65, 69),)),
    Part(
        _("The body's signed acts name this election, these trustees, this list and this end of the box."),
        (
            range(18, 20),
            range(29, 31),
            range(35, 36),
            range(55, 56),
            range(62, 65),
            range(69, 72),
        ),
        needs_acts=True,
    ),
)

TRUST: Final = (
    _(
        "That the list of voters is right: that everybody on it may vote, and everybody who may vote is on it. It "
        "shows no names. The registrar answers for it, and every member can check that their own key is there."
    ),
    _(
        "That you look at the same box as everybody else. Compare the number at the end of this report with your "
        "neighbours, or with the one in your body's record."
    ),
    _(
        "That voters looked for their ballots. A ballot that was refused or lost before it came into the box leaves no "
        "trace here; its voter finds that the tracker is missing."
    ),
    _("That a voter's own phone or computer encrypted the vote that the voter chose."),
    _(
        "That those trustees who are needed to decrypt did not do so together in secret. No box can show that. If they "
        "did, they know which credential voted how; they still cannot change the result."
    ),
    _("That nobody stood beside the voters while they chose, and nobody paid them."),
    _(
        "That this program and this machine are honest. Another program by other people, belenios-tool, reads the same "
        "file; run it elsewhere."
    ),
    _(
        "That two problems of mathematics stay hard: discrete logarithms on the curve Ed25519, and finding two texts "
        "with one SHA-256."
    ),
)

TRUST_ORDER: Final = _("That at least one of those who put the ranked votes in another order kept it to themselves.")
TRUST_ACTS: Final = _(
    "That the acts about this box are in order: who announced it, whose the keys are, who signed for the list. They "
    "stand in the body's record, and were not looked at here; majlis verify looks at them."
)

VERDICTS: Final = {
    "valid": _("Everything holds, the body's signed acts included."),
    "valid-v1": _("The box holds by itself. The signed acts about it were not looked at."),
    "invalid": _("A check failed. Do not rely on the result, and ask a mirror for its copy of the box."),
    "incomplete": _("The box is not finished. What is there holds so far, and there is no result yet."),
    "non-canonical": _(
        "Something is written in a form that other programs may read otherwise. Do not rely on the result before "
        "somebody has explained it."
    ),
}

OK, FAILED, PARTLY = _("holds"), _("FAILED"), _("checked in part")
NOT_RUN, ABSENT = _("not checked"), _("does not occur here")

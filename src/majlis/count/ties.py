"""Ties: the rule's own procedure first, then the public lot (R-COUNT-9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from majlis.count.lot import Lot
from majlis.count.outcome import Tie
from majlis.errors import Missing

_WHAT = {
    "surplus": "whose surplus is transferred first",
    "exclusion": "who is excluded",
    "election": "who takes the seat",
}


class Ties:
    """Settles the ties of one count, and keeps account of them."""

    def __init__(self, names: Sequence[str], seed: bytes | None) -> None:
        self._names = names
        self._lot = Lot(seed) if seed is not None else None
        self.settled: list[Tie] = []

    def take(
        self,
        tied: Iterable[int],
        purpose: Literal["surplus", "exclusion", "election"],
        votes: Sequence[Sequence[int]] = (),
        *,
        stage: int = 0,
    ) -> int:
        """One of the candidates who are tied.

        ``votes``: of all stages so far, by number less 1, where the rule looks back; earlier ones are looked at, latest
        first: who has most there goes first with a surplus, who has fewest there is excluded. ``stage``: at which they
        are tied, where the rule does not look back.

        Raises:
            Missing: the lot has to decide, and there is no seed.
        """
        between = tuple(sorted(tied))
        if len(between) == 1:
            return between[0]
        best: Callable[[Iterable[int]], int] = min if purpose == "exclusion" else max
        left, looked = between, []
        for earlier in range(len(votes) - 1, 0, -1):
            then = votes[earlier - 1]
            found = best(then[number - 1] for number in left)
            if any(then[number - 1] != found for number in left):
                looked.append(earlier)
                left = tuple(number for number in left if then[number - 1] == found)
        drawn = left if len(left) > 1 else ()
        if drawn and self._lot is None:
            people = ", ".join(f"{number} {self._names[number - 1]}" for number in drawn)
            raise Missing(
                f"{people} are equal{' at every stage' if len(votes) > 1 else ''}, and the public lot decides "
                f"{_WHAT[purpose]}; give its seed",
                where=f"stage {stage or len(votes)}",
                rule="R-COUNT-9",
            )
        chosen = drawn[self._lot.below(len(drawn))] if drawn and self._lot is not None else left[0]
        self.settled.append(
            Tie(
                stage=stage or len(votes),
                purpose=purpose,
                between=between,
                looked=tuple(looked),
                drawn=drawn,
                chosen=(chosen,),
            )
        )
        return chosen

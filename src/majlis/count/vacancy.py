"""Who takes an empty seat: by count-back of the papers that elected the one who left, or from the list of reserves.

Rules R-VACANCY-1 to R-VACANCY-4. Which of the two it is, the charter says; rules without transfers have only the list.
"""

from __future__ import annotations

from collections.abc import Collection
from hashlib import sha256

from msgspec.structs import replace

from majlis.count.approval import count_approval, reserve_approval
from majlis.count.meek import MeekCount
from majlis.count.outcome import Outcome
from majlis.count.parcel import Papers, Piles
from majlis.count.profile import Profile
from majlis.count.purchase import PurchaseCount
from majlis.count.rules import check_count
from majlis.count.runoff import RunOff, count_irv
from majlis.count.schulze import SchulzeCount
from majlis.count.scottish import ScottishCount
from majlis.count.ties import Ties
from majlis.errors import Missing, Refused


def count_back(
    profile: Profile,
    *,
    rule: str,
    seats: int,
    vacated: int,
    standing: Collection[int] | None = None,
    seed: bytes | None = None,
    vacancy_seed: bytes | None = None,
) -> Outcome:
    """The papers that elected ``vacated``, counted among those ``standing``: the next delegate of the same voters.

    ``standing``: who was not elected and still stands; all of these when None. ``seed``: of the election's lot, as in
    the count itself; ``vacancy_seed``: of a lot drawn for this vacancy. If the successor leaves in turn, count back the
    same ``vacated`` without them.

    Raises:
        Refused: the rule has no count-back, ``vacated`` was not elected, or somebody standing was, or has withdrawn.
        Missing: a lot has to decide and there is no seed.
    """
    found = check_count(profile, rule=rule, seats=seats)
    if found.name not in {"scottish", "meek", "irv"}:
        raise Refused(f"{found.name} has no count-back; take the list of reserves", rule="R-VACANCY-1")
    winners, piles = _held(profile, found.name, seats, vacated, seed)
    if vacated not in winners:
        raise Refused(f"candidate {vacated} was not elected, so leaves no seat", rule="R-VACANCY-1")
    able = set(profile.standing) - set(winners)
    chosen = able if standing is None else set(standing)
    if not chosen:
        raise Refused("nobody stands for the vacancy; elect anew", rule="R-VACANCY-2")
    if wrong := sorted(chosen - able):
        raise Refused(f"{', '.join(map(str, wrong))} cannot stand; those not elected can", rule="R-VACANCY-2")
    run_off = RunOff(profile, Papers(profile), standing=chosen, seed=vacancy_seed)
    decimals = {"scottish": 5, "meek": 9, "irv": 0}[found.name]
    try:
        return replace(run_off.outcome(piles, "count-back/1", decimals=decimals), vacated=vacated)
    except Missing as lot:
        raise lot.at("count-back") from None


def _held(profile: Profile, rule: str, seats: int, vacated: int, seed: bytes | None) -> tuple[tuple[int, ...], Piles]:
    """R-VACANCY-1: the winners, and the papers of one of them by the part that stayed, from their first preference."""
    count: ScottishCount | MeekCount | RunOff
    if rule == "irv":
        papers = Papers(profile)
        count = RunOff(profile, papers, standing=profile.standing, seed=seed)
        winners = count.outcome({1: papers.all}, "irv/1", decimals=0).winners
    else:
        make = ScottishCount if rule == "scottish" else MeekCount
        count = make(profile, seats=seats, seed=seed)
        winners = count.outcome().winners
    piles: Piles = {}
    for value, bundles in (count.kept(vacated) if vacated in winners else {}).items():
        if value:
            again = list(bundles)
            again[2::3] = [0] * (len(again) // 3)
            piles[value] = again
    return winners, piles


def reserves(profile: Profile, *, rule: str, seats: int, seed: bytes | None = None) -> tuple[int, ...]:
    """Those who were not elected, in the order in which they take empty seats (R-VACANCY-3).

    Raises:
        Missing: a lot has to decide and there is no seed.
    """
    found = check_count(profile, rule=rule, seats=seats)
    if found.name == "approval":
        return reserve_approval(profile, count_approval(profile, seats=seats, seed=seed), seed)
    if found.name == "schulze":
        compared = SchulzeCount(profile, seats=seats, seed=seed)
        compared.outcome()
        return compared.reserves()
    if found.name in {"phragmen", "equal-shares"}:
        bought = PurchaseCount(profile, seats=seats, seed=seed, shares=found.name == "equal-shares")
        bought.outcome()
        return bought.reserves()
    outcome = count_irv(profile, seed=seed) if found.name == "irv" else found.count(profile, seats, seed)
    return _behind(profile, outcome, seed)


def _behind(profile: Profile, outcome: Outcome, seed: bytes | None) -> tuple[int, ...]:
    """R-VACANCY-4: after a count with exclusions, who was left at the end by votes, then the excluded, last one first.

    The lots of the list are drawn from a seed of their own, so that they repeat none of the count.
    """
    own = sha256(b"majlis-reserves-1|" + seed).digest() if seed is not None else None
    ties = Ties(profile.names, own)
    excluded = [number for stage in outcome.stages for number in stage.excluded]
    left = set(profile.standing) - set(outcome.winners) - set(excluded)
    history = [stage.votes for stage in outcome.stages]
    found: list[int] = []
    while left:
        most = max(history[-1][number - 1] for number in left)
        found.append(ties.take([number for number in left if history[-1][number - 1] == most], "election", history))
        left.remove(found[-1])
    return (*found, *reversed(excluded))

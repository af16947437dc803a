"""Moves of single places: the account is kept right whatever is moved, and no district falls apart or empties."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from majlis.census.dice import Dice
from majlis.census.ground import Spot, join_links, nearest_links
from majlis.census.pool import ignore
from majlis.census.walk import Division


class Anything:
    """Whatever is possible is welcome; the account is looked over after every move."""

    def __init__(self, division: Division, enough: int) -> None:
        self.division = division
        self.asked: tuple[int, int, int, int] | None = None
        self.made = 0
        self.enough = enough

    def change(self, a: int, b: int, i: int, x: int) -> int:
        division = self.division
        assert division.of[i] == a != b and (x == -1 or division.of[x] == b)
        self.asked = (a, b, i, x)
        return 0

    def settle(self) -> bool:
        self.made += 1
        division = self.division
        assert self.asked is not None
        a, b, i, x = self.asked
        assert division.of[i] == b and (x == -1 or division.of[x] == a)
        for n, part in enumerate(division.members):
            assert part and all(division.of[node] == n for node in part)
            assert division.held[n] == sum(division.people[node] for node in part)
            seen, stack = {part[0]}, [part[0]]
            while stack:
                fresh = {j for j in division.near[stack.pop()] if division.of[j] == n} - seen
                seen |= fresh
                stack += fresh
            assert len(seen) == len(part)
        return self.made == self.enough


@st.composite
def divisions(draw: st.DrawFn) -> Division:
    spots = draw(st.lists(st.builds(Spot, st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=25))
    links = join_links(spots, nearest_links(spots, 2))
    people = draw(st.lists(st.integers(1, 99), min_size=len(spots), max_size=len(spots)))
    division = Division(people, [[j for j, _ in near] for near in links], [list(range(len(spots)))])
    for _ in range(draw(st.integers(1, len(spots) - 1))):
        largest = max(range(len(division.members)), key=lambda n: len(division.members[n]))
        division.part_with(largest)
    return division


@given(divisions(), st.text(max_size=3), st.integers(1, 40))
def test_every_move_leaves_connected_districts_and_a_true_account(division: Division, seed: str, enough: int) -> None:
    """R-PLAN-6"""
    count = len(division.members)
    judge = Anything(division, enough)
    moves = division.walk(judge, Dice(seed), moves=300, heat=(5, 1), pause=ignore)
    assert len(division.members) == count and judge.made <= enough
    assert moves == 300 or judge.made == enough


def test_worse_is_borne_when_hot_and_not_when_cold() -> None:
    class Worse:
        def __init__(self) -> None:
            self.made = 0

        def change(self, a: int, b: int, i: int, x: int) -> int:
            return 10

        def settle(self) -> bool:
            self.made += 1
            return False

    made = []
    for heat in (1000, 1):
        spots = [Spot(n // 6, n % 6) for n in range(36)]
        near = [[j for j, _ in each] for each in nearest_links(spots, 4)]
        division = Division([1] * 36, near, [list(range(18)), list(range(18, 36))])
        judge = Worse()
        division.walk(judge, Dice("heat"), moves=2000, heat=(heat, heat), pause=ignore)
        made.append(judge.made)
    assert made[0] > 200 > 5 > made[1]


def test_a_judge_may_say_no() -> None:
    class Never:
        def change(self, a: int, b: int, i: int, x: int) -> None:
            return None

        def settle(self) -> bool:
            raise AssertionError

    division = Division([1, 1, 1], [[1], [0, 2], [1]], [[0], [1, 2]])
    assert division.walk(Never(), Dice("no"), moves=100, heat=(9, 9), pause=ignore) == 100
    assert division.of == [0, 1, 1]


def test_the_largest_place_that_can_be_spared_parts() -> None:
    division = Division([5, 9, 7], [[1], [0, 2], [1]], [[0, 1, 2]])
    division.part_with(0)
    assert division.members == [[0, 1], [2]] and division.held == [14, 7] and division.of == [0, 0, 1]

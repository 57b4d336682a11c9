"""When a simulated test has drawn enough: its p stays valid, and its size that of all draws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest

from alliance_modes.models.refitting.sequential import DOUBT, chance_of_no_claim, run_draws


def _sequence(answers: Iterator[bool | None]):
    return lambda: next(answers)


def test_draws_end_when_enough_have_reached_what_was_observed() -> None:
    ended = run_draws(_sequence(iter([True, False] * 50)), 999, 20)
    assert (ended.draws, ended.exceeding, ended.stopped) == (39, 20, True)
    assert ended.p == 20 / 39
    never = run_draws(_sequence(iter([False] * 99)), 99, 0)
    assert (never.draws, never.p, never.stopped) == (99, 1 / 100, False)
    without = run_draws(_sequence(iter([True, False] * 50)), 99, 0)
    assert (without.draws, without.p, without.stopped) == (99, 51 / 100, False)


@pytest.mark.parametrize(("draws", "ends"), [(199, {0: 72, 1: 99}), (999, {0: 85, 1: 122})])
def test_draws_end_when_those_to_come_would_hardly_change_a_small_p(draws: int, ends: dict[int, int]) -> None:
    for reached, made in ends.items():
        answers = iter([True] * reached + [False] * draws)
        ended = run_draws(_sequence(answers), draws, 20)
        assert (ended.draws, ended.exceeding, ended.stopped) == (made, reached, True)
        assert ended.p == (reached + 1) / (made + 1) < 0.05


def test_no_draw_is_saved_where_it_may_still_decide() -> None:
    assert chance_of_no_claim(19, 1, 180) == 1.0  # p is .1 now
    assert chance_of_no_claim(198, 8, 1) == 0.0  # nine at most: p is .05 at most
    assert chance_of_no_claim(198, 9, 1) == 1.0
    assert chance_of_no_claim(60, 0, 139) > DOUBT


@pytest.mark.parametrize(("draws", "size"), [(199, 0.05043), (999, 0.05014)])
def test_the_size_is_that_of_all_draws(draws: int, size: float) -> None:
    """Exactly: under the null a draw exceeds with chance (g + 1) / (l + 2) after g of l that did."""
    reached, rejected = {0: 1.0}, 0.0
    for made in range(1, draws + 1):
        after: Counter[int] = Counter()
        for g, chance in reached.items():
            up = (g + 1) / (made + 1)
            after.update({g: chance * (1.0 - up), g + 1: chance * up})
        more = draws - made
        ended = {g for g in after if more and (g >= 20 or chance_of_no_claim(made, g, more) < DOUBT)}
        last = set(after) if more == 0 else ended
        rejected += sum(
            after[g] for g in last if (g / made if g in ended and g >= 20 else (g + 1) / (made + 1)) <= 0.05
        )
        reached = {g: chance for g, chance in after.items() if g not in last}
    assert rejected == pytest.approx(size, abs=2e-5)


def test_failed_draws_are_counted_and_left_out() -> None:
    ended = run_draws(_sequence(iter([None, True, False, None] * 25)), 100, 0)
    assert ended.failures >= 20 and ended.draws < 100
    few = run_draws(_sequence(iter([None] + [False] * 99)), 100, 0)
    assert (few.draws, few.failures, few.p) == (99, 1, 1 / 100)


def test_p_of_stopped_and_unstopped_sequences_is_valid() -> None:
    """Under the null P(p <= a) <= a for every a: exchangeable ranks, 4,000 sequences, 4 SE allowed."""
    rng = np.random.default_rng(6)

    def exceeds(level: float) -> bool:
        return bool(rng.random() < level)

    found = []
    for _ in range(4000):
        level = rng.random()
        found.append(run_draws(partial(exceeds, level), 199, 10).p)
    for alpha in (0.01, 0.05, 0.2, 0.5):
        share = np.mean(np.array(found) <= alpha + 1e-12)
        assert share <= alpha + 4 * np.sqrt(alpha * (1 - alpha) / 4000)
    assert np.mean(np.array(found) <= 0.05) > 0.035, "valid, and not idle"

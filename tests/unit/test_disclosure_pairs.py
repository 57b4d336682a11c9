"""Which counts hold others, and what they leave of them: found without a look at every pair."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from alliance_modes.disclosure.classes import Column
from alliance_modes.disclosure.system import differences, narrowed, nested, remainders

CLOSE = 5.0


def conditions(seed: int, many: int = 60) -> tuple[list, np.ndarray]:
    """Conditions on three columns of five values, some twice, single values among them; numbers that tie."""
    chance = np.random.default_rng(seed)
    found = []
    for _ in range(many):
        names = [name for name in "abc" if chance.random() < 0.6]
        values = [chance.permutation(5)[: chance.choice([1, 1, 2, 4])].tolist() for _ in names]
        found.append(tuple((name, frozenset(some)) for name, some in zip(names, values, strict=True)))
    return found, chance.integers(0, 12, many)


def columns() -> dict[str, Column]:
    return {name: Column(name, tuple((value,) for value in range(5)), {}) for name in "abc"}


@pytest.mark.parametrize("seed", range(6))
def test_every_whole_and_part_in_order(seed: int) -> None:
    given, numbers = conditions(seed)
    held = [dict(one) for one in given]
    order = np.argsort(numbers, kind="stable")
    wanted = [
        (int(whole), int(part))
        for part, whole in itertools.product(order, order)
        if whole != part
        and 0 <= numbers[whole] - numbers[part] < CLOSE
        and all(name in held[part] and held[part][name] <= held[whole][name] for name in held[whole])
    ]
    assert len(wanted) > 40 and list(nested(given, numbers, CLOSE)) == wanted


@pytest.mark.parametrize("seed", range(6))
def test_every_difference_and_the_small_ones(seed: int) -> None:
    given, numbers = conditions(seed, 150)
    every = list(differences(given, columns()))
    assert len(every) > 100
    few = [one for one in every if numbers[one[1]] - numbers[one[2]] < CLOSE]
    assert list(differences(given, columns(), numbers, CLOSE)) == few and len(few) < len(every)
    for meant, whole, part in every:
        (name,) = (name for name in "abc" if dict(given[whole]).get(name) != dict(given[part]).get(name))
        outer = dict(given[whole]).get(name, frozenset(range(5)))
        rest = tuple(one for one in given[whole] if one[0] != name)
        assert meant == narrowed(rest, name, outer - dict(given[part])[name])


def test_what_many_single_values_leave_of_all_of_them() -> None:
    singles = [(("a", frozenset([value])),) for value in (0, 1, 3)]
    (found,) = (one for one in remainders([(), *singles], columns()) if one[1] == 0)
    assert found == ((("a", frozenset([2, 4])),), 0, (1, 2, 3))

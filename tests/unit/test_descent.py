"""Searches along a gradient where what is minimised is a sum over so many rows that it has no more digits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from simulated_tables import Truth, analysis_tables

from alliance_modes.models.engine.layout import Layout
from alliance_modes.models.engine.nested.descent import CLOSE, descended
from alliance_modes.models.engine.nested.linear.deviance import NestedDeviance
from alliance_modes.models.engine.nested.tree import tree_of
from alliance_modes.models.engine.prepared import Grouping, prepare
from alliance_modes.models.engine.restricted.search import RestrictedSearch

NAMES = ("practitioner", "group", "enrolment")
HIGH, LOST = 4e6, 1e-6


class Coarse:
    """A deviance of so many rows that its last digits are by chance."""

    def __init__(self, of: NestedDeviance) -> None:
        self._of, self.free, self._chance = of, of.free, np.random.default_rng(5)

    def __call__(self, factors):
        fit, gradient = self._of(factors)
        return replace(fit, deviance=fit.deviance + HIGH + LOST * self._chance.uniform(-0.5, 0.5)), gradient


def deviance() -> NestedDeviance:
    table = analysis_tables(Truth(practitioners=24, groups=60, enrolments=300, sites=5), 3)["alliance"]
    rows = table[table["rater"] == "client"].reset_index(drop=True)
    groupings = tuple(Grouping(name, (f"{name}_id",)) for name in NAMES)
    asked = prepare(rows, "goal", ("time",), groupings).complete()
    columns = [np.ones(len(asked.frame)), *(asked.frame[name].to_numpy() for name in ("time", "goal"))]
    return NestedDeviance(tree_of(asked), np.column_stack(columns), {})


@pytest.mark.parametrize("start", [0.05, 0.4, 1.2])
def test_a_restricted_deviance_without_digits_has_the_same_minimum(start: float) -> None:
    exact, layout = deviance(), Layout((1, 1, 1))
    wanted = RestrictedSearch(exact, layout, np.full(3, 0.4)).minimum(exact)
    coarse = Coarse(exact)
    found = RestrictedSearch(coarse, layout, np.full(3, start)).minimum(coarse)
    assert found is not None and np.abs(found.gradient).max() < 0.05
    np.testing.assert_allclose(found.point, wanted.point, atol=1e-4)
    np.testing.assert_allclose(found.fit.beta, wanted.fit.beta, atol=1e-6)


def test_where_values_have_no_digits_the_slope_is_followed() -> None:
    root = np.array([[1.0, 0.0, 0.0], [0.6, 0.9, 0.0], [-0.4, 0.5, 0.7]])
    chance, values = np.random.default_rng(2), []

    def downhill(place: np.ndarray) -> tuple[float, np.ndarray]:
        away = place - np.array([0.3, -1.0, 2.0])
        values.append(chance.uniform(-1e-4, 1e-4))
        return 1e7 + 0.5 * float((root.T @ away) @ (root.T @ away)) + values[-1], root @ root.T @ away

    place, slope = descended(downhill, np.zeros(3), 1e-9)
    assert np.abs(slope).max() <= CLOSE
    np.testing.assert_allclose(place, [0.3, -1.0, 2.0], atol=2e-3)


def test_what_has_no_minimum_is_not_taken_for_one() -> None:
    _, slope = descended(lambda place: (1.0, np.ones(2)), np.zeros(2), 1e-5)
    assert np.abs(slope).max() > CLOSE

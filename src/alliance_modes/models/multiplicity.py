"""Many tests: Holm in the primary family, Benjamini-Hochberg in the secondary, none elsewhere.

The joint test of the modes is adjusted over the outcomes of its family. A single mode is tested by
closed testing: its adjusted p is the largest of the joint test's adjusted p and the p of every joint test
of some of the modes that has it among them, its own included.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import combinations
from typing import TypeVar

import numpy as np

Key = TypeVar("Key", bound=Hashable)

PRIMARY, SECONDARY, EXPLORATORY = "primary", "secondary", "exploratory"
METHODS: Mapping[str, str] = {PRIMARY: "holm", SECONDARY: "fdr_bh"}
CLOSED_UP_TO = 6
"""Coefficients whose every subset is tested jointly (63 tests); Holm's bound stands in for more."""


def adjusted(p_values: Mapping[Key, float], claim: str, planned: int = 0) -> dict[Key, float | None]:
    """Adjusted p by key; None for a family that is not adjusted.

    Parameters
    ----------
    p_values : mapping of p (0-1)
        The joint tests of one family of hypotheses.
    claim : str
        ``primary``, ``secondary`` or any other (not adjusted).
    planned : int
        How many tests the family was planned with: those that could not be computed count as p = 1.
    """
    method = METHODS.get(claim)
    if method is None or not p_values:
        return dict.fromkeys(p_values)
    from statsmodels.stats.multitest import multipletests

    lacking = max(planned - len(p_values), 0)
    corrected = multipletests(np.array([*p_values.values(), *[1.0] * lacking]), method=method)[1]
    return {key: float(p) for key, p in zip(p_values, corrected, strict=False)}


def closed(single: Mapping[str, float], joint: Callable[[Sequence[str]], float]) -> dict[str, float]:
    """p of each coefficient by closed testing: the largest p of the tests of every set that holds it.

    Parameters
    ----------
    single : mapping of p (0-1)
        The test of each coefficient alone, by name.
    joint : callable
        p of the joint test of two or more of the names, in the order of ``single``.

    Notes
    -----
    A false claim about any of the coefficients is then made in at most alpha of studies, whichever of them
    are truly zero. To ask for the joint test of all and then for each alone holds that only where all are:
    with one true mode a false claim about another was made in twice as many cohorts (docs/recovery.md).
    Beyond ``CLOSED_UP_TO`` coefficients the joint tests of sets are Holm's, which is more cautious.

    References
    ----------
    Marcus, Peritz & Gabriel (1976), Biometrika 63, 655-660.
    """
    names = tuple(single)
    if len(names) > CLOSED_UP_TO:
        by_holm, of_all = adjusted(single, PRIMARY), joint(names)
        return {name: max(p, of_all) for name, p in by_holm.items() if p is not None}
    largest = dict(single)
    for size in range(2, len(names) + 1):
        for together in combinations(names, size):
            p = joint(together)
            largest.update({name: max(largest[name], p) for name in together})
    return largest


def after_joint_test(closed_p: float, joint_adjusted: float) -> float:
    """Adjusted p of a single coefficient: its own by closed testing, after its joint test."""
    return max(closed_p, joint_adjusted)

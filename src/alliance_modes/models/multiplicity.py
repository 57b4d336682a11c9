"""Many tests: Holm in the primary family, Benjamini-Hochberg in the secondary, none elsewhere.

The joint test of the modes is adjusted over the outcomes of its family. A single mode is looked at
only after its joint test: its adjusted p is the larger of the joint test's adjusted p and its own.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

import numpy as np

Key = TypeVar("Key", bound=Hashable)

PRIMARY, SECONDARY, EXPLORATORY = "primary", "secondary", "exploratory"
METHODS: Mapping[str, str] = {PRIMARY: "holm", SECONDARY: "fdr_bh"}


def adjusted(p_values: Mapping[Key, float], claim: str) -> dict[Key, float | None]:
    """Adjusted p by key; None for a family that is not adjusted.

    Parameters
    ----------
    p_values : mapping of p (0-1)
        The joint tests of one family of hypotheses.
    claim : str
        ``primary``, ``secondary`` or any other (not adjusted).
    """
    method = METHODS.get(claim)
    if method is None or not p_values:
        return dict.fromkeys(p_values)
    from statsmodels.stats.multitest import multipletests

    corrected = multipletests(np.array(list(p_values.values())), method=method)[1]
    return {key: float(p) for key, p in zip(p_values, corrected, strict=True)}


def after_joint_test(p: float, joint_adjusted: float) -> float:
    """Adjusted p of a single coefficient, which is tested only after its joint test."""
    return max(p, joint_adjusted)

"""Ids of simulated sites, practitioners, groups, clients and enrolments."""

from __future__ import annotations

import numpy as np

from alliance_modes.simulate.truth import Truth


def numbered(letter: str, count: int) -> np.ndarray:
    """``count`` ids: the letter and a number from 1, all of one width (at least two digits)."""
    width = max(2, len(str(count)))
    return np.array([f"{letter}{number:0{width}d}" for number in range(1, count + 1)], dtype=object)


def enrolment_names(truth: Truth) -> np.ndarray:
    """Ids of all enrolments, in order."""
    return numbered("E", truth.sizes.enrolments)

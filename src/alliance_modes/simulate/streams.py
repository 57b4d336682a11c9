"""Random numbers: one independent stream per named part of the simulation."""

from __future__ import annotations

import zlib

import numpy as np


class Streams:
    """Generators derived from one seed and a part's name.

    A part's numbers depend on the seed and its own name alone, so that adding a part, or drawing
    more in one, leaves the others as they were.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def part(self, name: str) -> np.random.Generator:
        """A PCG64 generator for the part called ``name``, always started afresh."""
        sequence = np.random.SeedSequence(self._seed, spawn_key=(zlib.crc32(name.encode()),))
        return np.random.Generator(np.random.PCG64(sequence))


def correlated(rng: np.random.Generator, rows: int, sd: float, correlation: float) -> np.ndarray:
    """``rows`` x 3 normal numbers of standard deviation ``sd`` and one common correlation >= 0."""
    common = rng.standard_normal((rows, 1))
    own = rng.standard_normal((rows, 3))
    return sd * (np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own)


def logistic(value: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-value))."""
    return 1.0 / (1.0 + np.exp(-value))

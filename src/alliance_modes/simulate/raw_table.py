"""One export before it is written: its cells, and an account of what was planted in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alliance_modes.ground.errors import ConfigurationError, Problem


@dataclass(frozen=True)
class Planted:
    """One untidy cell or record: its kind, and where it stands once the export is written."""

    kind: str
    record: int
    column: str
    value: str


class RawTable:
    """The records of one canonical table in the columns of its export.

    Records are numbered from 0 in ``frame.index``; a record takes at most one kind of untidiness
    that concerns the whole record, so that what is planted can be counted.
    """

    def __init__(self, name: str, frame: pd.DataFrame, rng: np.random.Generator) -> None:
        self.name = name
        self.frame = frame.reset_index(drop=True)
        self.rng = rng
        self.planted: list[Planted] = []
        self._free = np.ones(len(frame), dtype=bool)

    def choose(self, kind: str, count: int, eligible: np.ndarray | None = None) -> np.ndarray:
        """Take ``count`` records that nothing else was planted in (``eligible``: a mask of records).

        Raises
        ------
        ConfigurationError
            There are fewer such records than the truth asks for.
        """
        usable = self._free.copy()
        if eligible is not None:
            usable[: len(eligible)] &= eligible
            usable[len(eligible) :] = False
        records = np.flatnonzero(usable)
        if count > len(records):
            message = f"{self.name}: {count} records with '{kind}' asked for, but only {len(records)} can be"
            raise ConfigurationError(
                "truth: untidy", [Problem(message, "Lower this number, or simulate more.")]
            )
        chosen = np.sort(self.rng.choice(records, size=count, replace=False))
        self._free[chosen] = False
        return chosen

    def put(self, kind: str, record: int, column: str, value: object) -> None:
        """Write ``value`` into one cell and note it."""
        self.frame.loc[record, column] = value
        self.planted.append(Planted(kind, int(record), column, str(value)))

    def note(self, kind: str, records: Iterable[int]) -> None:
        """Note whole records."""
        self.planted.extend(Planted(kind, int(record), "", "") for record in records)

    def add(self, kind: str, records: pd.DataFrame) -> None:
        """Append records at the end, closed to further planting, and note them."""
        first = len(self.frame)
        self.frame = pd.concat([self.frame, records], ignore_index=True)
        self._free = np.concatenate([self._free, np.zeros(len(records), dtype=bool)])
        self.note(kind, range(first, len(self.frame)))

    def free(self) -> np.ndarray:
        """Mask of the records in which nothing was planted that concerns the whole record."""
        return self._free.copy()


def text_of(values: pd.Series | np.ndarray, decimals: int = 0) -> np.ndarray:
    """Numbers as text with a fixed number of decimals; missing is empty."""
    numbers = pd.Series(values).astype("float64").to_numpy()
    unique, position = np.unique(np.where(np.isnan(numbers), np.inf, numbers), return_inverse=True)
    texts = ["" if np.isinf(number) else f"{number:.{decimals}f}" for number in unique]
    return np.array(texts, dtype=object)[position]


def dates_as_text(days: pd.Series, pattern: str) -> np.ndarray:
    """Dates as text; missing is empty."""
    codes, unique = pd.factorize(days)
    texts = np.array([*(day.strftime(pattern) for day in pd.DatetimeIndex(unique)), ""], dtype=object)
    return texts[codes]

"""What a computation is: from what it is made, and the tables that it gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

Needs = Literal["cohort", "data", "package"]


@dataclass(frozen=True)
class Source:
    """Where a computation finds what it is made from.

    Parameters
    ----------
    cohort : str
        The cohort of the study; empty where it has none.
    data : Path, optional
        The file that the study names.
    root : Path
        The project.
    """

    cohort: str = ""
    data: Path | None = None
    root: Path = field(default_factory=Path)


Compute = Callable[[Source], Mapping[str, "pd.DataFrame"]]


@dataclass(frozen=True)
class Computation:
    """One computation that ``study.yaml`` can name.

    Parameters
    ----------
    needs : {'cohort', 'data', 'package'}
        The run of a cohort, a file that the study names, or a package that holds the data.
    keys : mapping
        By table that it gives, the columns that tell its rows apart; all others are numbers.
    compute : callable
        The tables by name. Raises ConfigurationError where what it is made from is not as it should be.
    package : str
        The package that holds the data.
    """

    needs: Needs
    keys: Mapping[str, tuple[str, ...]]
    compute: Compute
    package: str = ""

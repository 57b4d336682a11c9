"""Whom a report is about: the cohort, one programme or one site."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

import pandas as pd

from alliance_modes.derive.denominator import started
from alliance_modes.dictionary.named import PROGRAMME_ID, SITE_ID

Part = Literal["programme", "site"]
PARTS: tuple[Part, ...] = get_args(Part)
COLUMNS: dict[str, str] = {"programme": PROGRAMME_ID, "site": SITE_ID}
NOT_RECORDED = "not recorded"
LONGEST = 40
"""Letters of a slug, so that no file name is too long for any system."""


@dataclass(frozen=True)
class Scope:
    """Whom a report is about.

    ``value`` is what the column of its kind holds, ``slug`` the name of its files: both are empty for the
    cohort. ``reason`` says why it has no report of its own; empty where it has one.
    """

    kind: Literal["cohort", "programme", "site"] = "cohort"
    value: str = ""
    slug: str = ""
    reason: str = ""

    @property
    def file(self) -> str:
        """Name of its files without the suffix: ``programme_core``."""
        return f"{self.kind}_{self.slug}"

    @property
    def told(self) -> str:
        """What a reader calls it: ``the programme core``, ``the site S01``, ``the cohort``."""
        return f"the {self.kind} {self.value}".rstrip()


COHORT = Scope()


def parts_of(enrolments: pd.DataFrame, fewest: int) -> tuple[Scope, ...]:
    """Every programme and site of a cohort, with why it has no report of its own where it has none.

    Parameters
    ----------
    enrolments : DataFrame
        The analysis table, one row per enrolment.
    fewest : int
        People who must have started for a report of its own.
    """
    return tuple(
        scope
        for kind in PARTS
        if COLUMNS[kind] in enrolments
        for scope in _of_kind(kind, enrolments[COLUMNS[kind]], started(enrolments), fewest)
    )


def _of_kind(kind: Part, column: pd.Series, begun: pd.Series, fewest: int) -> list[Scope]:
    values = sorted(column.dropna().astype(str).unique())
    alone = len(values) == 1 and column.notna().all()
    found = []
    for value, slug in zip(values, slugs(values), strict=True):
        n = int(begun[column.astype("str") == value].sum())
        reason = f"everybody is in it, so this report is about it too: there is only one {kind}"
        few = f"fewer than {fewest} people are known to have started there"
        found.append(Scope(kind, value, slug, reason if alone else few if n < fewest else ""))
    return found


def slugs(names: Iterable[str]) -> tuple[str, ...]:
    """A name of a file for each of these: plain small letters, digits and underscores; no two are alike."""
    found: list[str] = []
    for name in names:
        plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:LONGEST] or "unnamed"
        slug, number = plain, 1
        while slug in found:
            number += 1
            slug = f"{plain}_{number}"
        found.append(slug)
    return tuple(found)

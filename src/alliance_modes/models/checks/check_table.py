"""Every check of every fit as a table, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from alliance_modes.dictionary.models import TABLES
from alliance_modes.models.result import Diagnostic, ModelResult


def checks_table(results: Iterable[ModelResult]) -> pd.DataFrame:
    """``checks.csv``: one row per model, outcome and check."""
    rows = [
        {"model": result.model, "outcome": fit.outcome, **one.model_dump()}
        for result in results
        for fit in result.fits
        for one in fit.diagnostics
    ]
    return TABLES["checks"].from_rows(rows)


def with_checks_of_table(result: ModelResult, checks: pd.DataFrame) -> ModelResult:
    """A result with the checks that ``checks.csv`` lists for it."""
    here = checks[checks["model"] == result.model].fillna("")
    fits = tuple(
        fit.model_copy(
            update={
                "diagnostics": tuple(
                    Diagnostic(check=row.check, result=row.result, detail=row.detail)
                    for row in here[here["outcome"] == fit.outcome].itertuples()
                )
            }
        )
        for fit in result.fits
    )
    return result.model_copy(update={"fits": fits})


def with_later(made: Sequence[Diagnostic], later: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Checks with later ones, each in the place of the one of its name, new names last."""
    replaced = {one.check: one for one in later}
    kept = [replaced.pop(one.check, one) for one in made]
    return (*kept, *replaced.values())

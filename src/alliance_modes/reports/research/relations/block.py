"""What one relational analysis has to say in the research report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from alliance_modes.plan.plan import Plan
from alliance_modes.plan.terms import Outcome, PlannedModel
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.measures import Measure, measures_of
from alliance_modes.words.display import DisplayTable
from alliance_modes.words.names import capital
from alliance_modes.words.rounding import MISSING, p_value

ANSWERED = ("ok", "singular")
"""Status of rows whose numbers may be read."""


@dataclass(frozen=True)
class Numbers:
    """The rows of one analysis: its ``estimates``, its ``checks`` and its ``points``; and the plan.

    ``reason`` says why there is none.
    """

    plan: Plan
    estimates: pd.DataFrame
    checks: pd.DataFrame
    points: pd.DataFrame
    reason: str = ""

    def outcomes(self) -> Iterator[tuple[str, PlannedModel, Outcome]]:
        """Part, model and outcome of each part that is an outcome of the plan, in the order of the plan."""
        here = set(self.estimates["part"].dropna())
        for name, model in self.plan.models.items():
            for outcome in model.outcomes:
                if f"{name}.{outcome.name}" in here:
                    yield f"{name}.{outcome.name}", model, outcome

    def row(self, part: str, term: str, estimand: str) -> pd.Series | None:
        """The one row of this part, term and estimand; None where there is none that may be read."""
        rows = self.estimates
        found = rows[(rows["part"] == part) & (rows["term"] == term) & (rows["estimand"] == estimand)]
        found = found[found["status"].isin(ANSWERED)]
        return None if found.empty else found.iloc[0]

    def not_done(self) -> tuple[str, ...]:
        """Sentences on what has no number, and why; one per reason."""
        rows = self.estimates
        refused = rows[~rows["status"].isin(ANSWERED) & rows["reason"].notna()]
        labels = {part: outcome.label for part, _, outcome in self.outcomes()}
        said = [
            f"{capital(_what(here, labels))}: {reason}."
            for reason, here in refused.groupby("reason", sort=False)
        ]
        return tuple(said) if said or not self.reason else (f"Not made: {self.reason}.",)


def _what(rows: pd.DataFrame, labels: dict[str, str]) -> str:
    """What some rows are of: the outcomes, where they are outcomes of the plan, and the terms."""
    outcomes = ", ".join(dict.fromkeys(labels[part] for part in rows["part"] if part in labels))
    terms = ", ".join(dict.fromkeys(rows["term"].dropna()))
    return ": ".join(one for one in (outcomes, terms) if one)


@dataclass(frozen=True)
class Block:
    """One analysis in words: what was asked, what was found, and what does not follow.

    ``figure`` is the name of the figure that is drawn of it, blank where there is none.
    """

    title: str
    asked: str
    said: tuple[str, ...] = ()
    tables: tuple[DisplayTable, ...] = ()
    figure: str = ""
    not_done: tuple[str, ...] = ()


def numbers_of(analysis: str, inputs: ReportInputs) -> Numbers:
    """The rows of one analysis."""
    found = {
        name: getattr(inputs, name).pipe(lambda table: table[table["analysis"] == analysis])
        for name in ("relations", "relation_checks", "relation_points")
    }
    rows = found["relations"]
    without = rows[rows["part"].isna()]
    reason = "" if without.empty else str(without["reason"].fillna("").iloc[0])
    return Numbers(
        inputs.plan,
        rows[rows["part"].notna()],
        found["relation_checks"],
        found["relation_points"],
        reason,
    )


def shown_by(model: PlannedModel) -> tuple[str, Measure]:
    """The estimand by which a model's effects are told first, and what it is called."""
    return next(iter(measures_of(model.family).items()))


def amount(row: pd.Series | None, measure: Measure) -> str:
    """An estimate with its interval, or a dash."""
    return MISSING if row is None else measure.amount(row.to_dict())


def tested(row: pd.Series | None) -> str:
    """The p of a row, or a dash."""
    return MISSING if row is None else p_value(row["p"])

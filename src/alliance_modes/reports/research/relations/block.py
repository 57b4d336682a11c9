"""What one relational analysis has to say in the research report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from alliance_modes.dictionary.derive import TABLES as DERIVE
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.terms import Outcome, PlannedModel
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.measures import Measure, measures_of
from alliance_modes.words.display import DisplayTable
from alliance_modes.words.names import capital, plain, sentence
from alliance_modes.words.rounding import MISSING, p_value

ANSWERED = ("ok", "singular")
"""Status of rows whose numbers may be read."""


def _unnamed(part: str) -> str:
    return ""


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
        place = self._places.get((part, term, estimand))
        return None if place is None else self.estimates.iloc[place]

    @cached_property
    def _places(self) -> Mapping[tuple[str, str, str], int]:
        """Where the first row that may be read of each part, term and estimand stands."""
        rows = self.estimates
        keys = zip(rows["part"], rows["term"], rows["estimand"], rows["status"].isin(ANSWERED), strict=True)
        found: dict[tuple[str, str, str], int] = {}
        for place, (*key, answered) in enumerate(keys):
            if answered:
                found.setdefault(tuple(key), place)
        return found

    def not_done(
        self, called: Callable[[str], str] = plain, parts: Callable[[str], str] = _unnamed
    ) -> tuple[str, ...]:
        """Sentences on what has no number, and why; one per reason.

        Parameters
        ----------
        called : callable
            What a reader calls a term; blank: it is not named.
        parts : callable
            The same of a part that is no outcome of the plan.
        """
        rows = self.estimates
        refused = rows[~rows["status"].isin(ANSWERED) & rows["reason"].notna()]
        labels = {part: outcome.told for part, _, outcome in self.outcomes()}
        said = [
            sentence(f"{capital(what)}: {reason}" if what else str(reason))
            for reason, here in refused.groupby("reason", sort=False)
            for what in [_what(here, called, lambda part: labels.get(part) or parts(part))]
        ]
        return tuple(said) if said or not self.reason else (f"Not made: {self.reason}.",)


def _what(rows: pd.DataFrame, called: Callable[[str], str], parts: Callable[[str], str]) -> str:
    """What some rows are of: the parts, and of each the terms where they have a name."""
    by_part: dict[str, list[str]] = {}
    for part, term in zip(rows["part"], rows["term"], strict=True):
        name = "" if pd.isna(term) else called(str(term))
        by_part.setdefault(parts(str(part)), []).extend([name] if name else [])
    alike: dict[tuple[str, ...], list[str]] = {}
    for name, terms in by_part.items():
        alike.setdefault(tuple(dict.fromkeys(terms)), []).extend([name] if name else [])
    return "; ".join(
        f"{'; '.join(names)} ({', '.join(terms)})"
        if names and terms
        else "; ".join(names) or ", ".join(terms)
        for terms, names in alike.items()
    )


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


def rating_name(part: str, numbers: Numbers) -> str:
    """What a rating is called: the outcome of the plan, or the column of the session table."""
    names = {found: outcome.told for found, _, outcome in numbers.outcomes()}
    names |= {name: column.meaning for name, column in DERIVE["session"].columns.items()}
    return capital(names.get(part, plain(part)))


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

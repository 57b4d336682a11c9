"""How strong something unmeasured would have to be, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from alliance_modes.domain import ALPHA
from alliance_modes.models.checks.sensitivity import E_VALUE, sensitivity_table
from alliance_modes.reports.questions import Asked, Question
from alliance_modes.words.names import capital, mode_name, uncapital
from alliance_modes.words.rounding import number, percent


def sensitivity_sentences(estimates: pd.DataFrame, asked: Iterable[Question]) -> list[str]:
    """One sentence per mode and outcome whose adjusted p is below .05; none where there is none.

    Parameters
    ----------
    estimates : DataFrame
        ``estimates.csv``.
    asked : iterable of Question
        The questions that the estimates answer.
    """
    about = {question.name: question for question in asked if question.modes}
    results = [question.result for question in about.values() if question.result is not None]
    table = sensitivity_table(estimates, results)
    table = table[(table["status"] == "checked") & ~(table["level"] == "within")]
    return [
        sentence
        for row in table.to_dict("records")
        if (question := about.get(row["model"])) is not None
        for sentence in _sentences(row, question)
    ]


def _sentences(row: Mapping, question: Question) -> Iterable[str]:
    modes = {term: mode for mode, term in question.modes.items()}
    one = next((one for one in question.asked if one.outcome.name == row["outcome"]), None)
    mode = modes.get(row["term"])
    if one is not None and mode is not None and _is_clear(one, mode):
        yield _sentence(row, f"{mode_name(mode)} and {uncapital(one.label)}")


def _is_clear(one: Asked, mode: str) -> bool:
    rows = one.by_mode("coefficient")
    return one.test is not None and mode in rows.index and bool(rows.loc[mode, "p_adjusted"] < ALPHA)


def _sentence(row: Mapping, subject: str) -> str:
    if row["measure"] == E_VALUE:
        return (
            f"{capital(subject)}: something unmeasured would have to go with both by a risk ratio of "
            f"{number(row['value'])} each, beyond the covariates, to explain the estimate away (E-value; "
            f"{number(row['value_interval'])} to bring its interval to none; {row['approximation']})."
        )
    return (
        f"{capital(subject)}: something unmeasured would have to explain {percent(row['value'], 1)} of what "
        "is left of each between practitioners, beyond the covariates, to explain the estimate away "
        f"(robustness value; {percent(row['value_interval'], 1)} to bring its interval to none)."
    )

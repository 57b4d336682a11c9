"""How strong something unmeasured would have to be, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from alliance_modes.domain import ALPHA
from alliance_modes.models.checks.sensitivity import E_VALUE, sensitivity_table
from alliance_modes.models.result import ModelResult
from alliance_modes.tables.effects import joint_test
from alliance_modes.words.names import mode_name, mode_of, uncapital
from alliance_modes.words.rounding import number, percent


def sensitivity_sentences(
    estimates: pd.DataFrame, models: Iterable[ModelResult], labels: Mapping[str, str]
) -> list[str]:
    """One sentence per mode and outcome whose adjusted p is below .05; none where there is none.

    Parameters
    ----------
    estimates : DataFrame
        ``estimates.csv``.
    models : iterable of ModelResult
    labels : mapping of str
        The label of each outcome.
    """
    table = sensitivity_table(estimates, models)
    table = table[table["level"].isna() | table["level"].isin(["between", ""])]
    table = table[(table["status"] == "checked") & table["term"].map(mode_of).notna()]
    return [_sentence(row, labels) for row in table.to_dict("records") if _is_clear(row, estimates)]


def _is_clear(row: Mapping, estimates: pd.DataFrame) -> bool:
    joint = joint_test(estimates, row["model"], row["outcome"])
    here = estimates[
        (estimates["model"] == row["model"])
        & (estimates["outcome"] == row["outcome"])
        & (estimates["term"] == row["term"])
        & (estimates["estimand"] == "coefficient")
        & (estimates["level"].fillna("") == row["level"])
    ]
    return joint is not None and bool((here["p_adjusted"] < ALPHA).any())


def _sentence(row: Mapping, labels: Mapping[str, str]) -> str:
    subject = (
        f"{mode_name(str(mode_of(row['term'])))} and {uncapital(labels.get(row['outcome'], row['outcome']))}"
    )
    subject = subject[:1].upper() + subject[1:]
    if row["measure"] == E_VALUE:
        return (
            f"{subject}: something unmeasured would have to go with both by a risk ratio of "
            f"{number(row['value'])} each, beyond the covariates, to explain the estimate away (E-value; "
            f"{number(row['value_interval'])} to bring its interval to none; {row['approximation']})."
        )
    return (
        f"{subject}: something unmeasured would have to explain {percent(row['value'], 1)} of what is left "
        "of each between practitioners, beyond the covariates, to explain the estimate away (robustness "
        f"value; {percent(row['value_interval'], 1)} to bring its interval to none)."
    )

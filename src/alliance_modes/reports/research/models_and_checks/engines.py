"""What other engines say about the same models."""

from __future__ import annotations

from typing import Any

import pandas as pd

from alliance_modes.reports.questions import Labels, label_of
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, sentence, with_shared_endings
from alliance_modes.words.rounding import number, whole

COMPARED = ("agrees", "differs")
LEAST = 0.0001


def engines(agreement: pd.DataFrame, labels: Labels, apart: Labels) -> dict[str, Any]:
    """One table over outcomes and engines, one sentence of counts, and what lme4 did not fit.

    Parameters
    ----------
    agreement : DataFrame
        ``agreement.csv``: one row per refit and term.
    labels : mapping
        ``labels_of`` the models.
    apart : mapping
        ``labels_apart`` of them, for the rows of the table.
    """
    if not len(agreement):
        return {"table": None, "sentences": []}
    fits = [rows for _, rows in agreement.groupby(["model", "outcome", "engine"], sort=False)]
    compared = [rows for rows in fits if rows["status"].iloc[0] in COMPARED]
    return {"table": _table(compared, apart), "sentences": [*_counted(compared), *_absent(fits, labels)]}


def _table(fits: list[pd.DataFrame], labels: Labels) -> DisplayTable | None:
    if not fits:
        return None
    return display_table(
        "The same models in other engines, beside glmm",
        (
            "Outcome",
            "Engine",
            "Largest difference, SE",
            "SE ratio",
            "Log-likelihood",
            "Verdict",
        ),
        "llrrrl",
        [_row(rows, labels) for rows in fits],
        "Largest difference of any estimate or standard error, in standard errors; the ratio of "
        "standard errors furthest from 1. Log-likelihood: glmm's "
        "minus the other's, where both fitted the same model; above zero, glmm found the better fit.",
    )


def _row(rows: pd.DataFrame, labels: Labels) -> tuple[str, ...]:
    first = rows.iloc[0]
    ratio = rows["se_ratio"].loc[(rows["se_ratio"] - 1.0).abs().idxmax()]
    return (
        capital(label_of(first, labels)),
        str(first["engine"]),
        _small(first["largest_difference_in_se"]),
        number(ratio, 4),
        number(first["loglik_difference"], 4),
        str(first["status"]),
    )


def _counted(fits: list[pd.DataFrame]) -> list[str]:
    if not fits:
        return []
    agreed = sum(rows["status"].iloc[0] == "agrees" for rows in fits)
    limits = sorted({float(rows["tolerance"].iloc[0]) for rows in fits})
    within = " or ".join(number(limit, 2) for limit in limits)
    larger = " (the larger for models that are not linear)" if len(limits) > 1 else ""
    return [
        f"{whole(agreed)} of {whole(len(fits))} refits agree: no estimate or standard error differs by more "
        f"than {within} of a standard error{larger}, "
        "and the other engine found no better fit."
    ]


def _absent(fits: list[pd.DataFrame], labels: Labels) -> list[str]:
    first = [rows.iloc[0] for rows in fits]
    lme4 = [row for row in first if str(row["engine"]).startswith("lme4")]
    reasons: dict[tuple[str, str], list[str]] = {}
    for row in lme4:
        if row["status"] not in COMPARED:
            key = (str(row["status"]).replace("_", " "), str(row["reason"]))
            reasons.setdefault(key, []).append(label_of(row, labels))
    sentences = []
    for (status, reason), names in reasons.items():
        of = "" if len(names) == len(lme4) else f" ({with_shared_endings(list(dict.fromkeys(names)))})"
        sentences.append(sentence(f"R's lme4{of} {status}: {reason}"))
    return sentences


def _small(value: float) -> str:
    return f"< {LEAST}" if value < LEAST else number(value, 4)

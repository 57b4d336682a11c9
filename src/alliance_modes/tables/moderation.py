"""Whether a mode goes along otherwise with clients of another kind: products of a mode and a predictor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from alliance_modes.domain import ALPHA, MODES
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.inference.estimate_rows import joint_term
from alliance_modes.models.result import FitResult, ModelResult
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.terms import PRODUCT
from alliance_modes.tables.effects import cell
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, mode_name, uncapital
from alliance_modes.words.rounding import MISSING, is_missing, p_value

_NOTE = (
    "Each number is a difference between two differences: what goes with one standard deviation more of the "
    "mode among the first clients, less the same among the second. [95 % intervals] are for one estimate at "
    "a time; the joint p is of the three modes together, adjusted within its family."
)


def moderation_table(
    models: Iterable[ModelResult], estimates: pd.DataFrame, plan: Plan
) -> DisplayTable | None:
    """Outcomes and moderators down, modes across; None where no product of a mode was estimated."""
    lines = []
    for model, fit, moderator in _moderated(models, plan):
        shown = family_of(fit.family).difference
        rows = _rows(estimates, model, fit, moderator)
        cells = rows[rows["estimand"] == shown.estimand].drop_duplicates("mode").set_index("mode")
        if cells.empty:
            continue
        joint = _joint(estimates, model, fit, moderator)
        lines.append(
            (
                f"{capital(fit.label)}: {_compared(plan, moderator)} ({shown.unit})",
                *(cell(cells, mode, shown.decimals) for mode in MODES),
                MISSING if joint is None else p_value(joint["p_adjusted"]),
            )
        )
    if not lines:
        return None
    caption = "Modes with clients who differ, of the same practitioner"
    head = ("Outcome and comparison", *(capital(mode) for mode in MODES), "Joint p")
    return display_table(caption, head, "lrrrr", lines, _NOTE)


def moderation_sentences(models: Iterable[ModelResult], estimates: pd.DataFrame, plan: Plan) -> list[str]:
    """One sentence per outcome and moderator: clear, or not to be told apart from none."""
    sentences = []
    for model, fit, moderator in _moderated(models, plan):
        joint = _joint(estimates, model, fit, moderator)
        if joint is None:
            continue
        subject = f"{capital(uncapital(fit.label))}, {_compared(plan, moderator)}"
        if joint["family"] == "descriptive" or is_missing(joint["p_adjusted"]):
            sentences.append(f"{subject}: too few practitioners, or no adjusted test, so no claim is made.")
            continue
        p = p_value(joint["p_adjusted"])
        p = p if p.startswith("<") else f"= {p}"
        if float(joint["p_adjusted"]) >= ALPHA:
            sentences.append(
                f"{subject}: whether the modes go along otherwise cannot be told (adjusted joint p {p})."
            )
            continue
        own = _rows(estimates, model, fit, moderator)
        own = own[(own["estimand"] == "coefficient") & (own["p_adjusted"] < ALPHA)]
        named = [
            f"the {mode_name(row.mode)} {'more' if row.estimate > 0 else 'less'} so"
            for row in own.itertuples()
        ]
        told = f": {', '.join(named)}" if named else ", though no single one stands out"
        sentences.append(f"{subject}: the modes go along otherwise (adjusted joint p {p}){told}.")
    return sentences


def _moderated(models: Iterable[ModelResult], plan: Plan) -> list[tuple[ModelResult, FitResult, str]]:
    found = []
    for model in models:
        planned = plan.models.get(model.model)
        pairs = () if planned is None else planned.products
        moderators = dict.fromkeys(second for first, second in pairs if first in MODES)
        found += [(model, fit, moderator) for fit in model.fits for moderator in moderators]
    return found


def _compared(plan: Plan, moderator: str) -> str:
    return plan.predictors[moderator].unit.replace("1 SD of clients", f"per SD of {_label(plan, moderator)}")


def _label(plan: Plan, moderator: str) -> str:
    return uncapital(plan.predictors[moderator].label)


def _of(estimates: pd.DataFrame, model: ModelResult, fit: FitResult) -> pd.DataFrame:
    return estimates[(estimates["model"] == model.model) & (estimates["outcome"] == fit.outcome)]


def _rows(estimates: pd.DataFrame, model: ModelResult, fit: FitResult, moderator: str) -> pd.DataFrame:
    rows = _of(estimates, model, fit)
    modes: Mapping[str, str] = {f"{mode}{PRODUCT}{moderator}": mode for mode in MODES}
    return rows.assign(mode=rows["term"].map(modes)).dropna(subset=["mode", "estimate"])


def _joint(estimates: pd.DataFrame, model: ModelResult, fit: FitResult, moderator: str) -> pd.Series | None:
    rows = _of(estimates, model, fit)
    rows = rows[rows["term"] == joint_term(f"{MODES[0]}{PRODUCT}{moderator}")]
    return None if rows.empty else rows.iloc[0]

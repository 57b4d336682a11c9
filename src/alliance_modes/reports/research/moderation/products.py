"""Whether a mode goes along otherwise with clients of another kind: products of a mode and a predictor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from alliance_modes.domain import ALPHA, MODES
from alliance_modes.models.collect import DESCRIPTIVE
from alliance_modes.models.inference.estimate_rows import joint_term
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.terms import PRODUCT
from alliance_modes.reports.questions import Asked, Question
from alliance_modes.reports.research.effects import SAME_SOURCE, marked
from alliance_modes.tables.effects import cell
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, mode_name, modes_said, uncapital
from alliance_modes.words.rounding import MISSING, is_missing, p_value

_NOTE = (
    "Each number is a difference between two differences: what goes with one standard deviation more of the "
    "mode among the first clients, less the same among the second. [95 % intervals] are for one estimate at "
    "a time; {tested}."
)


@dataclass(frozen=True)
class Moderated:
    """One outcome and one moderator: the rows of their products by mode, and the joint test."""

    question: Question
    asked: Asked
    compared: str
    rows: pd.DataFrame
    joint: pd.Series | None


def moderated(questions: Iterable[Question], estimates: pd.DataFrame, plan: Plan) -> tuple[Moderated, ...]:
    """Every product of a mode between practitioners that was estimated, by outcome and moderator."""
    return tuple(
        found
        for question in questions
        for one in question.asked
        for moderator, modes in _products(question, plan).items()
        if len((found := _moderated(question, one, moderator, modes, estimates, plan)).rows)
    )


def moderation_table(found: Sequence[Moderated]) -> DisplayTable | None:
    """Outcomes and moderators down, modes across; None where no product of a mode was estimated."""
    lines, same = [], False
    for one in found:
        estimand = one.asked.shown_of(one.rows)
        if estimand is None:
            continue
        measure = one.asked.measure_of(estimand)
        cells = one.rows[one.rows["estimand"] == estimand].drop_duplicates("mode").set_index("mode")
        same |= one.asked.same_source
        lines.append(
            (
                f"{marked(one.question, one.asked)}: {one.compared} ({measure.unit})",
                *(cell(cells, mode, measure.decimals) for mode in MODES),
                MISSING if one.joint is None else p_value(one.joint["p_adjusted"]),
            )
        )
    if not lines:
        return None
    caption = "Modes with clients who differ, of the same practitioner"
    head = ("Outcome and comparison", *(capital(mode) for mode in MODES), "Joint p")
    note = _NOTE.format(tested="; ".join(_tested(found)))
    return display_table(caption, head, "lrrrr", lines, f"{note} {SAME_SOURCE}" if same else note)


def _tested(found: Iterable[Moderated]) -> list[str]:
    """Which modes are tested together, and how the p is adjusted; once where it is the same for all."""
    said = []
    for one in found:
        modes = [mode for mode in MODES if mode in set(one.rows["mode"])]
        said.append(f"the joint p is of {modes_said(modes)} together, {one.question.adjusted_told}")
    return list(dict.fromkeys(said))


def moderation_sentences(found: Iterable[Moderated]) -> list[str]:
    """One sentence per outcome and moderator: clear, or not to be told apart from none."""
    sentences = []
    for one in found:
        if one.joint is None:
            continue
        subject = f"{capital(one.asked.label)}, {one.compared}"
        adjusted = one.joint["p_adjusted"]
        if one.joint["family"] == DESCRIPTIVE or is_missing(adjusted):
            sentences.append(f"{subject}: too few practitioners, or no adjusted test, so no claim is made.")
            continue
        p = p_value(adjusted)
        p = p if p.startswith("<") else f"= {p}"
        if float(adjusted) >= ALPHA:
            sentences.append(
                f"{subject}: whether the modes go along otherwise cannot be told (adjusted joint p {p})."
            )
            continue
        own = one.rows[(one.rows["estimand"] == "coefficient") & (one.rows["p_adjusted"] < ALPHA)]
        named = [
            f"the {mode_name(row.mode)} {'more' if row.estimate > 0 else 'less'} so"
            for row in own.itertuples()
        ]
        told = f": {', '.join(named)}" if named else ", though no single one stands out"
        sentences.append(f"{subject}: the modes go along otherwise (adjusted joint p {p}){told}.")
    return sentences


def _products(question: Question, plan: Plan) -> dict[str, dict[str, str]]:
    """Per moderator the mode of each product, by the product's name."""
    found: dict[str, dict[str, str]] = {}
    for first, second in question.planned.products:
        predictor = plan.predictors[first]
        if predictor.mode is not None and predictor.level != "within":
            found.setdefault(second, {})[f"{first}{PRODUCT}{second}"] = predictor.mode
    return found


def _moderated(
    question: Question,
    one: Asked,
    moderator: str,
    modes: Mapping[str, str],
    estimates: pd.DataFrame,
    plan: Plan,
) -> Moderated:
    here = estimates[(estimates["model"] == question.name) & (estimates["outcome"] == one.outcome.name)]
    rows = here.assign(mode=here["term"].map(dict(modes))).dropna(subset=["mode", "estimate"])
    joint = here[here["term"] == joint_term(next(iter(modes)))]
    label = uncapital(plan.predictors[moderator].label)
    compared = plan.predictors[moderator].unit.replace("1 SD of clients", f"per SD of {label}")
    return Moderated(question, one, compared, rows, None if joint.empty else joint.iloc[0])

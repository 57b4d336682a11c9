"""What a section says of one question: its tables, and whose ratings stand on both sides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from alliance_modes.domain import MODES
from alliance_modes.plan.families import FAMILIES
from alliance_modes.plan.terms import Claim, Section
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.measures import Measure
from alliance_modes.reports.questions import SECTIONS, Asked, Question, Tested
from alliance_modes.reports.research.ends import ends_told
from alliance_modes.tables.effects import cell, is_missing_text
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, with_shared_endings
from alliance_modes.words.rounding import MISSING, p_value

POINTS_OF_ENDS = (
    "Points: difference in the percentage who have come to that end by the last planned session, when the "
    "other ends can come first."
)
CLAIMS: tuple[Claim, ...] = get_args(Claim)
"""Families of hypotheses, the strongest claim first."""

MARK = "†"
SAME_SOURCE = f"{MARK} Rated by the practitioner, who also rated the modes."
ADJUSTED = "p is adjusted within its family; exploratory ones are not."


@dataclass(frozen=True)
class QuestionTold:
    """One question in its section: a heading, sentences, tables, what to mind in reading them, figures."""

    title: str
    sentences: tuple[str, ...]
    tables: tuple[DisplayTable, ...]
    notes: tuple[str, ...]
    figures: tuple[str, ...] = ()


def told_in(section: Section, inputs: ReportInputs) -> tuple[QuestionTold, ...]:
    """What the questions of a section came to; those without an estimate are left out."""
    told = (question_told(one) for one in inputs.questions if one.section == section)
    return tuple(one for one in told if one.tables)


def told_with(claim: Claim, inputs: ReportInputs) -> tuple[QuestionTold, ...]:
    """What the outcomes of one family of hypotheses came to, question by question.

    A question whose outcomes differ in their claim is told once for each, with those alone; what is said
    of all its outcomes together, and its figures, stand with the strongest claim. Questions of moderation
    have a section of their own.
    """
    told = []
    for section in SECTIONS:
        for question in inputs.questions:
            if question.section == section != "moderation" and question.planned.outcomes_with(claim):
                told.append(_told_with(claim, question, inputs.pictures))
    return tuple(one for one in told if one.tables)


def _told_with(claim: Claim, question: Question, pictures: Iterable[str]) -> QuestionTold:
    claims = {question.planned.claim_of(one) for one in question.planned.outcomes}
    leading = next(one for one in CLAIMS if one in claims) == claim
    title = question.planned.title if leading else f"{question.planned.title}: {claim} outcomes"
    kept = question.planned.outcomes_with(claim)
    planned = question.planned.model_copy(update={"outcomes": kept, "title": title})
    asked = tuple(one for one in question.asked if one.outcome in kept)
    told = question_told(replace(question, planned=planned, asked=asked))
    if not leading:
        return replace(told, sentences=())
    of_model = re.compile(rf"{re.escape(question.name)}_(.+_)?over_mode_use")
    figures = tuple(name for name in sorted(pictures) if of_model.fullmatch(name))
    return replace(told, sentences=ends_told(question), figures=figures)


def question_told(question: Question, note: str = "") -> QuestionTold:
    """The tables of one question, and whose ratings stand on both sides of it.

    ``note`` stands below the first table, in place of how its numbers and its p are to be read.
    """
    tables = (*mode_tables(question, note or per_sd(question)), *tested_tables(question))
    return QuestionTold(question.planned.title, ends_told(question), tables, tuple(_one_rater(question)))


def per_sd(question: Question) -> str:
    """How the numbers of a table of modes, and its p, are to be read."""
    told, together = question.modes_told, len(question.modes) > 1
    tested = f"The joint p is of {told} together" if together else f"The p is of {told}"
    beside = " and the covariates of the plan" if question.covariates else ""
    stand = "stand" if together or beside else "stands alone"
    return (
        f"Per standard deviation of mode use between practitioners; {told}{beside} {stand} in one model. "
        f"[95 % intervals] are for one estimate at a time. {tested}, {question.adjusted_told}."
    )


def mode_tables(question: Question, note: str) -> tuple[DisplayTable, ...]:
    """Outcomes down, modes across: one table per number by which they are shown, then their ratios."""
    shown = dict.fromkeys(one.estimand for one in question.estimated if one.estimand is not None)
    if FAMILIES[question.planned.family].hazard and "percentage_points" in shown:
        note = f"{note} {POINTS_OF_ENDS}"
    groups = [
        (estimand, [one for one in question.estimated if one.estimand == estimand], note)
        for estimand in shown
    ]
    ratio = FAMILIES[question.planned.family].ratio
    if ratio:
        beside = [one for one in question.estimated if one.estimand != ratio and len(one.by_mode(ratio))]
        groups += [(ratio, beside, "")] if beside else []
    return tuple(
        _mode_table(question, estimand, asked, said, first=place == 0)
        for place, (estimand, asked, said) in enumerate(groups)
    )


def _mode_table(
    question: Question, estimand: str, asked: Sequence[Asked], note: str, first: bool
) -> DisplayTable:
    measure = asked[0].measure_of(estimand)
    caption = f"{question.planned.title}, {measure.told}" if first else f"The same {measure.told}"
    lines = [
        (
            marked(question, one),
            *(cell(one.by_mode(estimand), mode, measure.decimals) for mode in MODES),
            *_tested_p(one),
        )
        for one in asked
    ]
    p = "Joint p" if len(question.modes) > 1 else "p"
    head = ("Outcome", *(capital(mode) for mode in MODES), p, "Family")
    of_ratio = _ratio_note(question, measure) if measure.ratio else ""
    said = " ".join(part for part in (note, of_ratio, _same_source(question, asked)) if part)
    return display_table(caption, head, "lrrrrl", lines, said)


def _ratio_note(question: Question, measure: Measure) -> str:
    if FAMILIES[question.planned.family].hazard:
        return (
            "About the ratio of the chances of the end in a session, of those still enrolled. 1 is no "
            "association."
        )
    return f"{'An' if measure.unit[0] in 'aeiou' else 'A'} {measure.unit} of 1 is no association."


def _tested_p(one: Asked) -> tuple[str, str]:
    if one.test is None:
        return MISSING, MISSING
    family = one.test["family"]
    return p_value(one.test["p_adjusted"]), MISSING if is_missing_text(family) else str(family)


def tested_tables(question: Question) -> tuple[DisplayTable, ...]:
    """What was tested beside the modes between practitioners: one row per outcome and predictor."""
    lines = [
        _tested_line(question, one, tested)
        for one in question.asked
        for tested in one.tested
        if len(tested.rows)
    ]
    lines = [line for line in lines if line]
    if not lines:
        return ()
    caption = f"{question.planned.title}{', further predictors' if question.modes else ''}"
    note = " ".join(part for part in (ADJUSTED, _same_source(question, question.asked)) if part)
    head = ("Outcome", "Predictor", "Per", "Estimate [95 % interval]", "p", "Family")
    return (display_table(caption, head, "lllrrl", lines, note),)


def _tested_line(question: Question, one: Asked, tested: Tested) -> tuple[str, ...]:
    estimand = one.shown_of(tested.rows)
    if estimand is None:
        return ()
    row = tested.rows[tested.rows["estimand"] == estimand].iloc[0]
    coefficient = tested.rows[tested.rows["estimand"] == "coefficient"]
    p = MISSING if coefficient.empty else p_value(coefficient["p_adjusted"].iloc[0])
    family = row["family"]
    return (
        marked(question, one),
        tested.words,
        tested.unit,
        one.measure_of(estimand).amount(row.to_dict()),
        p,
        MISSING if is_missing_text(family) else str(family),
    )


def marked(question: Question, one: Asked) -> str:
    """The label of an outcome, with a mark where the rater of the modes rated it too."""
    same = question.involves_modes and one.same_source
    return f"{capital(one.label)} {MARK}" if same else capital(one.label)


def _same_source(question: Question, asked: Iterable[Asked]) -> str:
    return SAME_SOURCE if question.involves_modes and any(one.same_source for one in asked) else ""


def _one_rater(question: Question) -> Iterable[str]:
    """What to mind where the rater of the modes also rated outcomes, beside those that others tell."""
    same = question.same_source
    if not same:
        return
    others = [one.label for one in question.estimated if not one.same_source]
    named = capital(with_shared_endings([one.label for one in same]))
    if others:
        yield (
            f"{named}: the practitioner who rates this also rated the modes, so part of any association "
            "between the two is one person's way of answering. That is not so of "
            f"{with_shared_endings(others)}, which answer a different question."
        )
    else:
        yield (
            f"{named}: this and mode use were both rated by the practitioner. Read the estimates above as an "
            "upper impression: how strict or generous a person is with ratings enters both sides."
        )

"""What was measured, by whom and how it is scored: a method section can be written from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from alliance_modes.domain import FREQUENCY
from alliance_modes.instruments.model import Instrument
from alliance_modes.plan.families import FAMILIES
from alliance_modes.plan.terms import PRODUCT
from alliance_modes.reports.answering import by_table, by_words
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.questions import RATES_THE_MODES, Question
from alliance_modes.reports.research.released import as_inside
from alliance_modes.reports.section import Section
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import MODE_AIMS, capital, instrument_name, listed, plain, uncapital
from alliance_modes.words.rounding import MISSING, percent, whole

SURVEY_OF_MODES = "modes_of_practice"
TOLD_BY = {"records": "the records"}
ROW_OF = {"alliance": "an inventory", "session": "a session", "enrolment": "an enrolment"}


def outcomes_table(questions: Iterable[Question]) -> DisplayTable | None:
    """Every outcome of the plan: who tells it, what one row is, the link of its model and its claim."""
    rows = [
        (
            capital(outcome.told),
            question.planned.title,
            TOLD_BY.get(outcome.rated_by, outcome.rated_by),
            ROW_OF[question.planned.table],
            question.planned.link,
            question.planned.claim_of(outcome),
        )
        for question in questions
        for outcome in question.planned.outcomes
    ]
    if not rows:
        return None
    return display_table(
        "Outcomes of the plan",
        ("Outcome", "Question", "Told by", "One row is", "Link", "Claim"),
        "llllll",
        rows,
        f"What the {RATES_THE_MODES} tells has one source with mode use.",
    )


def instruments_table(used: Iterable[tuple[Instrument, str]]) -> DisplayTable | None:
    """The inventories that were answered: range, items, key and scoring, from their declarations."""
    rows = [
        (
            instrument_name(each.id),
            raters,
            whole(each.items),
            str(each.range),
            listed([f"{plain(name)} ({len(items)})" for name, items in each.subscales.items()]),
            ", ".join(map(str, each.reversed)) or MISSING,
            f"{each.scoring.method}, from {percent(each.scoring.min_valid, 0)}",
        )
        for each, raters in used
    ]
    if not rows:
        return None
    return display_table(
        "Inventories, their keys and their scoring",
        ("Inventory", "Answered by", "Items", "Answers", "Subscales (items)", "Reversed items", "Score"),
        "llrllll",
        rows,
        "Score: the sum or the mean of the answers to a subscale, made from this share of them on; a sum is "
        "the mean of the answers times the number of items. Items are not quoted.",
    )


def sources_of(used: Iterable[tuple[Instrument, str]]) -> list[str]:
    """Where each inventory comes from, and how far its key is confirmed."""
    return [f"{instrument_name(each.id)}: {each.source} {each.verified}" for each, _ in used]


def covariates_of(inputs: ReportInputs) -> list[str]:
    """Names of the predictors that stand beside what is tested, each once."""
    return list(
        dict.fromkeys(
            part for one in inputs.questions for name in one.covariates for part in name.split(PRODUCT)
        )
    )


def covariates_told(inputs: ReportInputs) -> list[str]:
    """Every covariate: its label, its unit, and how it enters where that is not as one column."""
    known = [inputs.plan.predictors[name] for name in covariates_of(inputs)]
    enters = [{"split": one.split, "curved": one.smooth is not None} for one in known]
    return [
        f"{uncapital(one.label)} ({'; '.join([one.unit, *(how for how, so in each.items() if so)])})"
        for one, each in zip(known, enters, strict=True)
    ]


def _used(inputs: ReportInputs) -> list[tuple[Instrument, str]]:
    found: dict[str, list[str]] = {}
    for row in inputs.scoring.itertuples():
        if row.instrument in inputs.instruments:
            raters = found.setdefault(str(row.instrument), [])
            raters += [row.rater] if isinstance(row.rater, str) and row.rater not in raters else []
    return [(inputs.instruments[name], listed(raters)) for name, raters in found.items()]


def _context(inputs: ReportInputs) -> dict[str, Any]:
    used = _used(inputs)
    survey = next((each for each, _ in used if each.id == SURVEY_OF_MODES), None)
    return {
        "modes": list(MODE_AIMS.items()),
        "survey": survey,
        "frequency": f"{FREQUENCY[0]:g} (never) to {FREQUENCY[1]:g} (always)",
        "mode_use": inputs.plan.exposure.told,
        "outcomes": outcomes_table(inputs.questions),
        "instruments": instruments_table(used),
        "sources": sources_of(used),
        "covariates": covariates_told(inputs),
        "split": any(inputs.plan.predictors[name].split for name in covariates_of(inputs)),
        "hazard": any(FAMILIES[one.planned.family].hazard for one in inputs.questions),
    }


MEASURES = Section(
    "measures",
    ("questions", "plan", "scoring", "instruments"),
    _context,
    as_inside(_context),
    answers=(
        by_words("Practitioners answered a survey", "jars_quant T3.5", "strobe 7", "strobe 8"),
        by_words("Scores are standardised over practitioners", "jars_quant T1.34", "strobe 11"),
        by_table("Outcomes of the plan", "jars_quant T1.22", "jars_quant T3.5", "strobe 7"),
        by_words("An end is modelled session by session", "strobe 12d"),
        by_table("Inventories, their keys and their scoring", "jars_quant T1.25", "strobe 8"),
        by_words("Beside what is tested stand", "jars_quant T1.22", "jars_quant T3.5", "strobe 7"),
    ),
)

"""Ends by the hazard models, in sentences: what a rupture goes with, and how many come to which end."""

from __future__ import annotations

from alliance_modes.domain import ALPHA
from alliance_modes.models.collect import DESCRIPTIVE
from alliance_modes.models.result import FitResult
from alliance_modes.plan.families import FAMILIES
from alliance_modes.reports.questions import Asked, Question, Tested
from alliance_modes.tables.fits import RAN
from alliance_modes.words.names import END_SHORT, capital, listed, uncapital
from alliance_modes.words.rounding import is_missing, number, p_value, percent

ENDED = "ended_"
DROPPED_OUT = f"{ENDED}dropped_out"
RUPTURE_STAYS_OPEN = "unrepaired_before"
HELD = "each competing end with a model of its own"


def ends_told(question: Question) -> tuple[str, ...]:
    """Sentences of a question about the hazard of ends; none of any other.

    Which outcome is drop-out and which predictor a rupture is told from their columns in the session
    table, whatever the plan calls them.
    """
    if not FAMILIES[question.planned.family].hazard:
        return ()
    return (
        *(
            sentence
            for one in question.asked
            for tested in one.tested
            if one.outcome.column == DROPPED_OUT and tested.predictor.column == RUPTURE_STAYS_OPEN
            for sentence in _rupture(question, one, tested)
        ),
        *_course(question),
        *_competing(question),
    )


def _rupture(question: Question, one: Asked, tested: Tested) -> list[str]:
    rows = tested.rows.drop_duplicates("estimand").set_index("estimand")
    if "hazard_ratio" not in rows.index:
        return []
    ratio = rows.loc["hazard_ratio"]
    interval = f"[95 % interval {number(ratio['ci_low'])} to {number(ratio['ci_high'])}]"
    p = float(rows["p_adjusted"].get("coefficient", float("nan")))
    if ratio["family"] == DESCRIPTIVE:
        said = "Too few practitioners, so no claim is made"
    elif not is_missing(p) and p < ALPHA:
        said = f"Clients drop out {'more' if ratio['estimate'] > 1 else 'less'} while a rupture stays open"
    else:
        said = "Drop-out while a rupture stays open cannot be told apart from drop-out otherwise"
    adjusted = "" if is_missing(p) else f", p {_equals(p_value(p))} adjusted within the family"
    sentences = [
        f"{said}: when the last rupture was left unrepaired, the chance of dropping out in a session is "
        f"{number(ratio['estimate'])} times what it is after a repaired one or none {interval}{adjusted}."
    ]
    if "percentage_points" in rows.index:
        points = rows.loc["percentage_points"]
        more = "more" if points["estimate"] >= 0 else "fewer"
        sentences.append(
            f"Of 100 people still enrolled after session {question.planned.landmark}, that is "
            f"{number(abs(points['estimate']), 1)} {more} who drop out by the last planned session if a "
            "rupture then stays open than if there is none [95 % interval of the difference "
            f"{number(points['ci_low'], 1)} to {number(points['ci_high'], 1)}]. Ruptures were not brought "
            "about at random: what strains a relationship may also make people leave."
        )
    return sentences


def _fits(question: Question) -> list[FitResult]:
    """The fits that ran, of a question about modes: the others are of the same clients over again."""
    fits = [one.fit for one in question.asked if one.fit is not None]
    return [fit for fit in fits if fit.status in RAN and question.modes]


def _course(question: Question) -> list[str]:
    """What share comes to each end, by the first fit that says it of all."""
    found = next((fit.incidences for fit in _fits(question) if fit.incidences), ())
    curves = [one for one in found if not one.term]
    shares = [f"{_end(question, one.end)} {percent(one.points[-1].estimate)}" for one in curves]
    if not shares:
        return []
    return [
        f"By the last planned session, the model expects of the clients in it: {listed(shares)}, each with "
        "the other ends allowed to come first."
    ]


def _end(question: Question, name: str) -> str:
    """What an end is called: by its column, or as the plan labels the outcome."""
    outcome = next((one.outcome for one in question.asked if one.outcome.name == name), None)
    if outcome is None:
        return END_SHORT.get(name, name)
    return END_SHORT.get(outcome.column.removeprefix(ENDED), uncapital(outcome.label))


def _competing(question: Question) -> list[str]:
    found = (one for fit in _fits(question) for one in fit.diagnostics)
    held = [one.detail for one in found if one.check == HELD and one.result == "fail" and one.detail]
    return [f"{capital(_plain_ends(question, detail))}." for detail in dict.fromkeys(held)]


def _plain_ends(question: Question, detail: str) -> str:
    for one in question.asked:
        detail = detail.replace(f"{one.outcome.name} is", f"{uncapital(one.label)} is")
    return uncapital(detail).replace("; ", ", and ")


def _equals(text: str) -> str:
    return text if text.startswith("<") else f"= {text}"

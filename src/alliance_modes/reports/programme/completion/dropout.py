"""Drop-out by the hazard models, in sentences and tables: a part of the programme report."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from alliance_modes.domain import ALPHA
from alliance_modes.models.result import FitResult, ModelResult
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.tables.effects import effects_table
from alliance_modes.tables.fits import RAN
from alliance_modes.words.display import DisplayTable
from alliance_modes.words.names import END_SHORT, capital, listed, uncapital
from alliance_modes.words.rounding import is_missing, number, p_value, percent

RUPTURES, MODES = "dropout", "dropout_modes"
END, RUPTURE = "dropped_out", "unrepaired_rupture"
DESCRIPTIVE = "descriptive"
HELD = "each competing end with a model of its own"
NOTE = (
    "Per standard deviation of mode use between practitioners; the three modes and the covariates of the "
    "plan stand in one model. Points: difference in the percentage who have dropped out by the last planned "
    "session, when removal and administrative ends can come first."
)


@dataclass(frozen=True)
class DropoutSection:
    """What the report says of drop-out: a heading's worth of sentences, and two tables."""

    sentences: tuple[str, ...]
    points: DisplayTable | None
    ratios: DisplayTable | None


def dropout_section(inputs: ReportInputs) -> DropoutSection:
    """The part of the report on drop-out from session to session; empty where no such model ran."""
    labels = {fit.outcome: fit.label for model in inputs.models.values() for fit in model.fits}

    def table(estimand: str, caption: str, note: str) -> DisplayTable | None:
        return effects_table(inputs.estimates, MODES, estimand, labels, caption, note)

    return DropoutSection(
        sentences=(*_rupture(inputs), *_course(inputs), *_competing(inputs)),
        points=table("percentage_points", "Modes and drop-out, in percentage points", NOTE),
        ratios=table(
            "hazard_ratio",
            "The same as hazard ratios",
            "About the ratio of the chances of dropping out in a session, of those still enrolled. 1 is no "
            "association.",
        ),
    )


def _fit(model: ModelResult | None) -> FitResult | None:
    fits = () if model is None else model.fits
    return next((fit for fit in fits if fit.outcome == END and fit.status in RAN), None)


def _row(inputs: ReportInputs, estimand: str) -> pd.Series | None:
    rows = inputs.estimates
    rows = rows[(rows["model"] == RUPTURES) & (rows["outcome"] == END) & (rows["term"] == RUPTURE)]
    rows = rows[(rows["estimand"] == estimand) & rows["estimate"].notna()]
    return None if rows.empty else rows.iloc[0]


def _rupture(inputs: ReportInputs) -> list[str]:
    ratio = _row(inputs, "hazard_ratio")
    if ratio is None:
        return []
    interval = f"[95 % interval {number(ratio['ci_low'])} to {number(ratio['ci_high'])}]"
    p = _row(inputs, "coefficient")["p_adjusted"]
    if ratio["family"] == DESCRIPTIVE:
        said = "Too few practitioners, so no claim is made"
    elif not is_missing(p) and float(p) < ALPHA:
        said = f"Clients drop out {'more' if ratio['estimate'] > 1 else 'less'} while a rupture stays open"
    else:
        said = "Drop-out while a rupture stays open cannot be told apart from drop-out otherwise"
    adjusted = "" if is_missing(p) else f", p {_equals(p_value(p))} adjusted within the family"
    sentences = [
        f"{said}: when the last rupture was left unrepaired, the chance of dropping out in a session is "
        f"{number(ratio['estimate'])} times what it is after a repaired one or none {interval}{adjusted}."
    ]
    points = _row(inputs, "percentage_points")
    if points is not None:
        landmark = inputs.plan.models[RUPTURES].landmark
        more = "more" if points["estimate"] >= 0 else "fewer"
        sentences.append(
            f"Of 100 people still enrolled after session {landmark}, that is "
            f"{number(abs(points['estimate']), 1)} {more} who drop out by the last planned session if a "
            "rupture then stays open than if there is none [95 % interval of the difference "
            f"{number(points['ci_low'], 1)} to {number(points['ci_high'], 1)}]. Ruptures were not brought "
            "about at random: what strains a relationship may also make people leave."
        )
    return sentences


def _course(inputs: ReportInputs) -> list[str]:
    fit = _fit(inputs.models.get(MODES))
    curves = () if fit is None else [one for one in fit.incidences if not one.term]
    shares = [f"{END_SHORT[one.end]} {percent(one.points[-1].estimate)}" for one in curves]
    if not shares:
        return []
    return [
        f"By the last planned session, the model expects of the clients in it: {listed(shares)}, each with "
        "the other ends allowed to come first."
    ]


def _competing(inputs: ReportInputs) -> list[str]:
    fit = _fit(inputs.models.get(MODES)) or _fit(inputs.models.get(RUPTURES))
    found = () if fit is None else fit.diagnostics
    held = [one.detail for one in found if one.check == HELD and one.result == "fail"]
    return [f"{capital(_plain_ends(detail))}." for detail in held]


def _plain_ends(detail: str) -> str:
    for name, plain in (("removed", "removal by the programme"), ("administrative", "administrative end")):
        detail = detail.replace(f"{name} is", f"{plain} is")
    return uncapital(detail).replace("; ", ", and ")


def _equals(text: str) -> str:
    return text if text.startswith("<") else f"= {text}"

"""What may be given away of a cohort so that it can be pooled with others: of the estimates of its release.

Estimates, standard errors and degrees of freedom are those of the release's own table, so that they tell no
more than the release does; new is how the estimates of a model are correlated. Only what a model tests is
given: an intercept and covariates with their covariances would tell how many people have which value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from alliance_modes.disclosure.release import Released
from alliance_modes.disclosure.rules import Disclosure
from alliance_modes.domain import MODES
from alliance_modes.models.result import WITHOUT, FitResult, JointCovariance, ModelResult
from alliance_modes.plan.parts import imputation_task
from alliance_modes.plan.protocol import instrument_digest
from alliance_modes.plan.terms import PRODUCT, Predictor
from alliance_modes.pooling.shared_set import (
    LEAST_EIGENVALUE,
    Asked,
    SharedFit,
    SharedReliability,
    SharedSet,
    SharedTerm,
)
from alliance_modes.release.contents import Numbers
from alliance_modes.reports.facts.asked.requests import ALL
from alliance_modes.reports.inputs import ReportInputs

STEPS = ((2.0, 0.1), (5.0, 0.2), (10.0, 0.5))
"""Of a standard error with its first digit before the point: below each of these, the step to which it is
rounded. It is a twentieth to a tenth of it, so that no standard error is told more exactly than another."""

DECIMALS_OF_CORRELATION = 2
DECIMALS_OF_RELIABILITY = 2

DECIMALS_OF_SD = 2
"""Decimals with which a release must show an SD, so that effects can be brought to another: with one, the
rounding would move them more than SDs differ."""

COEFFICIENT = "coefficient"
WITHHELD = "it rests on too few rows, practitioners or degrees of freedom, or tells of too few people"
"""One reason for all: which it is would say of a small number that it is small."""

COUNTED = ("not run",)
"""Kinds of lines of a protocol that may hold numbers of people."""

Key = tuple[str, str, str, str]


def shared_set(
    inputs: ReportInputs, allowed: pd.DataFrame, estimates: Numbers, shown: Released, order: int
) -> SharedSet:
    """What may be given away of one cohort.

    Parameters
    ----------
    inputs : ReportInputs
    allowed : DataFrame
        Rows of ``estimates.csv`` that are released, with ``n`` and ``clusters`` as they are told.
    estimates : Numbers
        The same as the release shows them.
    shown : Released
        Counts and means of the release.
    order : int
        Which release of the cohort it is.

    Notes
    -----
    Withheld are the estimates of a fit that the release does not show whole, and of one that tells of too few
    people (``tells_of_few``). Estimates and standard errors are rounded to a step of a twentieth to a tenth
    of the latter (``step_of``), correlations to two decimals: ``benchmarks/pooling_attack.csv`` says what can
    be made of them.
    """
    told = {
        _key(row): row for row in (dict(zip(estimates.columns, one, strict=True)) for one in estimates.rows)
    }
    sizes = allowed[allowed["estimand"] == COEFFICIENT].drop_duplicates(["model", "outcome"])
    sizes = sizes.set_index(["model", "outcome"])[["n", "clusters"]]
    task, registered = imputation_task(inputs.plan), inputs.registered
    return SharedSet(
        cohort=inputs.cohort.cohort,
        title=inputs.cohort.title,
        data_lock=inputs.cohort.data_lock.isoformat(),
        demonstration=inputs.cohort.demonstration,
        release=order,
        threshold=shown.rules.threshold,
        software=dict(inputs.provenance.versions),
        plan_sha256=inputs.provenance.plan_sha256,
        asked=Asked(
            models=task.models,
            predictors=task.predictors,
            cleaning=inputs.plan.cleaning,
            exposure=inputs.plan.exposure,
        ),
        instruments={name: instrument_digest(one) for name, one in sorted(inputs.instruments.items())},
        protocol="" if registered is None else registered.sha256,
        deviations=()
        if registered is None
        else tuple(
            f"{one.where}: {one.registered}; {one.used}"
            for one in registered.departures
            if one.kind not in COUNTED
        ),
        mode_sd=dict(_mode_sd(shown)),
        reliability=tuple(_reliability(inputs.reliability, shown.rules.threshold)),
        fits=tuple(
            _fit(inputs, model, fit, told, sizes, shown.rules)
            for model in inputs.models.values()
            for fit in model.fits
            if inputs.plan.models[model.model].tested
        ),
    ).sealed()


def _key(row: Mapping[str, object]) -> Key:
    model, outcome, term, level = (str(row[name] or "") for name in ("model", "outcome", "term", "level"))
    return model, outcome, term, level if row["estimand"] == COEFFICIENT else f"{row['estimand']} {level}"


def _mode_sd(shown: Released) -> Iterator[tuple[str, float]]:
    for mode in MODES:
        found = shown.means.get(f"mode_{mode}")
        mean = None if found is None else found.of(ALL)
        if mean is not None and mean.sd and (mean.decimals or 0) >= DECIMALS_OF_SD:
            yield mode, mean.sd


def _reliability(table: pd.DataFrame, threshold: int) -> Iterator[SharedReliability]:
    for row in table.to_dict("records"):
        enough = row["n"] >= threshold
        alpha, omega = (
            round(float(row[name]), DECIMALS_OF_RELIABILITY) if enough and pd.notna(row[name]) else None
            for name in ("alpha", "omega")
        )
        rater, instrument, scale = (str(row[name]) for name in ("rater", "instrument", "scale"))
        yield SharedReliability(rater=rater, instrument=instrument, scale=scale, alpha=alpha, omega=omega)


def _fit(
    inputs: ReportInputs,
    model: ModelResult,
    fit: FitResult,
    told: Mapping[Key, Mapping[str, object]],
    sizes: pd.DataFrame,
    rules: Disclosure,
) -> SharedFit:
    """One outcome: its numbers, or why they are not given away."""
    planned = inputs.plan.models[model.model]
    outcome = planned.outcome(fit.outcome)
    made = SharedFit(
        model=model.model,
        outcome=fit.outcome,
        title=planned.title,
        label=outcome.told,
        claim=planned.claim_of(outcome),
        status=fit.status,
        reduced=fit.reduced,
        pooled=fit.pooled,
        instruments=_told_by(inputs, planned.table, outcome.where),
    )
    if fit.status in WITHOUT or fit.tested is None:
        return made
    rows = [told.get((model.model, fit.outcome, *key)) for key in fit.tested.terms]
    if None in rows or tells_of_few(fit.tested, rules):
        return made.model_copy(update={"withheld": WITHHELD})
    units = {(row.term, row.level): row.unit for row in fit.estimates if row.estimand == COEFFICIENT}
    size = sizes.loc[(model.model, fit.outcome)]
    return made.model_copy(
        update={
            "checks_failed": tuple(one.check for one in fit.diagnostics if one.result == "fail"),
            "rows": int(size["n"]),
            "people": {name: int(n) for name, n in re.findall(r"([^=;\s]+)=(\d+)", str(size["clusters"]))},
            "terms": tuple(
                shared_term(row, _label(row, inputs.plan.predictors), units[key])
                for key, row in zip(fit.tested.terms, rows, strict=True)
                if row is not None
            ),
            "correlation": shared_correlation(fit.tested),
        }
    )


def tells_of_few(tested: JointCovariance, rules: Disclosure) -> bool:
    """Whether estimates tell of fewer people than may be shown, or of hardly more.

    Notes
    -----
    The smallest group (``JointCovariance.fewest``) must be ``threshold`` + ``base``: a standard error tells
    it, however it is rounded. That a fit is withheld then tells of it no more than that it is one of 0 to 14.
    """
    return tested.fewest is not None and tested.fewest < rules.threshold + rules.base


def _told_by(inputs: ReportInputs, table: str, where: Mapping[str, str | bool]) -> tuple[str, ...]:
    """The instruments by which an outcome was told, where its table says it."""
    rows = inputs.analysis[table]
    if "instrument" not in rows:
        return ()
    kept = rows["rater"] == where["rater"] if "rater" in where else rows["rater"].notna()
    return tuple(sorted(rows.loc[kept, "instrument"].dropna().unique()))


def shared_term(row: Mapping[str, object], label: str, unit: str) -> SharedTerm:
    """One row of a release's estimates in the digits in which it is given away."""
    estimate, se, df = (float(str(row[name])) for name in ("estimate", "se", "df"))
    step, decimals = step_of(se), 2 - math.floor(math.log10(se))
    return SharedTerm.model_validate(
        {
            "term": row["term"],
            "level": row["level"] or "",
            "label": label,
            "unit": unit,
            "estimate": round(round(estimate / step) * step, decimals),
            "se": round(round(se / step) * step, decimals),
            "df": df,
        }
    )


def step_of(se: float) -> float:
    """The step to which a standard error and its estimate are rounded."""
    decade = 10.0 ** math.floor(math.log10(se))
    return decade * next(step for below, step in STEPS if se / decade < below)


def _label(row: Mapping[str, object], predictors: Mapping[str, Predictor]) -> str:
    """A term in words: the label of its predictor, or those of both whose product it is."""
    level = str(row["level"] or "")
    return " × ".join(_label_of(part, level, predictors) for part in str(row["term"]).split(PRODUCT))


def _label_of(part: str, level: str, predictors: Mapping[str, Predictor]) -> str:
    found = {name: one for name, one in predictors.items() if (one.term or name) == part}
    of_level = [one.label for one in found.values() if one.level == level]
    return next(iter([*of_level, *(one.label for one in found.values())]), part)


def shared_correlation(tested: JointCovariance) -> tuple[tuple[float, ...], ...]:
    """Correlations of estimates in two decimals, a little nearer to zero where no matrix has these."""
    covariance = np.array(tested.covariance)
    covariance = (covariance + covariance.T) / 2.0
    errors = np.sqrt(np.diag(covariance))
    exact = covariance / np.outer(errors, errors)
    for nearer in np.linspace(1.0, 0.0, 101):
        found = np.round(nearer * exact, DECIMALS_OF_CORRELATION) + 0.0  # no negative zero
        np.fill_diagonal(found, 1.0)
        if np.linalg.eigvalsh(found)[0] > LEAST_EIGENVALUE:
            break
    return tuple(tuple(map(float, row)) for row in found)

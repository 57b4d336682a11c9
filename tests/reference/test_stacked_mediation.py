"""The stacked model of the published example of Bolger & Laurenceau (2013), chapter 9.

Printed there (Mplus): a .190 (SE .035), b .149 (.029), c' .105 (.024), covariance of a and b .031 (.011),
indirect .059. R 4.2, nlme 3.1, of deviations within people with slopes that vary:

    lme(z ~ 0 + Sm + Sy + a + b + cp, random = ~ 0 + a + b + cp | id, weights = varIdent(form = ~ 1 | eq))

gives log-likelihood -6074.78882 at a .18964, b .14774, c' .10552, covariance .030739, .18 short
of the largest found here, where a correlation of the slopes is at 1; at nlme's own estimates both agree.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alliance_modes.relations.mediation.within import Stacked, stack

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "mediation-blch9" / "BLch9.csv"
pytestmark = pytest.mark.skipif(not DATA.is_file(), reason="not run: the published data beside it are absent")
NLME_LOGLIK, NLME_BETA, NLME_TOGETHER = -6074.78882, (0.1896418, 0.1477364, 0.1055178), 0.030739


@pytest.fixture(scope="module")
def found() -> Stacked:
    data = pd.read_csv(DATA)
    x, m, y = (data[name].to_numpy() for name in ("x", "m", "y"))
    ones = (np.ones(len(data)),)
    return stack(x, m, y, data["id"].to_numpy(), beside=(ones, ones))


def test_published_values_come_out_to_the_printed_digit(found: Stacked) -> None:
    both, places = found.both, list(found.slopes)
    assert both.beta[places].round(3).tolist() == [0.190, 0.149, 0.105]
    assert np.sqrt(np.diag(both.vcov))[places].round(3)[:2].tolist() == [0.035, 0.029]
    assert round(both.covariance[0, 1], 3) == 0.031
    assert round(both.covariance_se(0, 1), 3) == 0.011
    through = found.indirect(4000, [1])
    assert round(through.estimate, 3) == 0.059
    assert through.se == pytest.approx(0.014, abs=0.0015)
    assert np.diag(both.covariance) == pytest.approx([0.067, 0.047, 0.008], abs=0.0006)


def test_the_maximum_is_higher_than_where_nlme_stops_and_close_to_it(found: Stacked) -> None:
    both, places = found.both, list(found.slopes)
    assert NLME_LOGLIK < both.loglik < NLME_LOGLIK + 0.5
    assert both.beta[places] == pytest.approx(NLME_BETA, abs=0.06 * 0.035)
    assert both.covariance[0, 1] == pytest.approx(NLME_TOGETHER, abs=0.001)


def test_two_models_apart_have_half_of_the_indirect_effect(found: Stacked) -> None:
    apart = found.product_of_two(2000, [1])
    assert apart.estimate == pytest.approx(0.0285, abs=0.001)
    assert apart.estimate < 0.55 * found.indirect(2000, [1]).estimate

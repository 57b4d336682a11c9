"""Conditional modes and their variances against lme4 1.1 (R 4.2) on public data sets.

Single numbers of lme4, with the commands that print them:

    m <- lmer(Reaction ~ Days + (Days | Subject), sleepstudy)
    ranef(m)$Subject["308", ]; attr(ranef(m, condVar = TRUE)$Subject, "postVar")[, , 1]; predict(m)[1:3]
    m <- lmer(diameter ~ 1 + (1 | plate) + (1 | sample), Penicillin)
    ranef(m)$sample["A", ]; attr(ranef(m, condVar = TRUE)$sample, "postVar")[1, 1, 1]; predict(m)[1:2]
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from alliance_modes.models.effects.prediction import predict_linear
from alliance_modes.models.effects.shrunken import LevelInformation
from alliance_modes.models.engine.glmm import fit_mixed
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.inference.random_effects import conditional_modes

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "data"
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="not run: the reference values beside the project are absent"
)
CLOSE: dict[str, Any] = {"rtol": 2e-5}


def test_random_slope() -> None:
    data = pd.read_csv(DATA / "sleepstudy.csv")
    groupings = (Grouping("subject", ("Subject",), ("Days",)),)
    fit = fit_mixed(data, "Reaction", ["Days"], groupings)
    (modes,) = conditional_modes(fit, groupings, data)
    assert modes.levels[0] == "308"
    np.testing.assert_allclose(modes.values[0], [2.2585509493, 9.19897576557], **CLOSE)
    expected = [[145.7055875198, -21.44450359794], [-21.44450359794, 5.31228291226]]
    np.testing.assert_allclose(modes.covariance[0], expected, **CLOSE)
    known = predict_linear(fit, groupings, data.head(3))
    np.testing.assert_allclose(known, [253.663655798, 273.329917524, 292.996179249], **CLOSE)
    anyone = predict_linear(fit, groupings, data.head(3), new=("subject",))
    np.testing.assert_allclose(anyone, [251.405104848, 261.872390808, 272.339676768], **CLOSE)


def test_crossed() -> None:
    data = pd.read_csv(DATA / "Penicillin.csv")
    groupings = (Grouping("plate", ("plate",)), Grouping("sample", ("sample",)))
    fit = fit_mixed(data, "diameter", [], groupings)
    plate, sample = conditional_modes(fit, groupings, data)
    assert plate.levels[0] == "a" and sample.levels[0] == "A"
    assert plate.values[0, 0] == pytest.approx(0.8045469058, rel=2e-5)
    assert plate.covariance[0, 0, 0] == pytest.approx(0.07363587111, rel=2e-5)
    assert sample.values[0, 0] == pytest.approx(2.1870584018, rel=2e-5)
    assert sample.covariance[0, 0, 0] == pytest.approx(0.04087298592, rel=1e-4)
    np.testing.assert_allclose(predict_linear(fit, groupings, data.head(1)), [25.96382753], **CLOSE)


def test_shrunken_estimates_at_the_fitted_spread_are_those_of_lme4() -> None:
    data = pd.read_csv(DATA / "Penicillin.csv")
    groupings = (Grouping("plate", ("plate",)), Grouping("sample", ("sample",)))
    fit = fit_mixed(data, "diameter", [], groupings)
    known = LevelInformation.of(fit, groupings, data, "plate")
    spread = np.sqrt(fit.covariances[0].covariance[0])
    modes, errors = known.modes(spread)
    assert known.levels[0] == "a" and modes[0, 0] == pytest.approx(0.8045469058, rel=2e-5)
    plate = conditional_modes(fit, groupings, data, coefficient_uncertainty=True)[0]
    np.testing.assert_allclose(errors[:, 0] ** 2, plate.covariance[:, 0, 0], rtol=1e-9)
    near = spread * np.linspace(0.98, 1.02, 41)
    assert near[np.argmax(known.likelihood(near))] == pytest.approx(spread[0], rel=1e-3)

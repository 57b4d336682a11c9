"""A published WAI-SR data set through the whole line: its printed numbers come out again.

Meyer & Elsweiler (2025), International Journal of Human-Computer Studies 200:103514; two arms, one
WAI-SR per person, 163 rows of which 157 pass the attention check.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pingouin
import pytest

from alliance_modes.instruments.model import load_instruments
from alliance_modes.measurement.cohort import measure_cohort
from alliance_modes.measurement.factors.tables import structure_of_cohort
from alliance_modes.scoring.scores import score_cohort

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "data" / "raw" / "meyer_waisr"
DATA = ROOT.parent / "shared" / "data" / "meyer-waisr" / "user.csv"

pytestmark = pytest.mark.skipif(not DATA.is_file(), reason="not run: data not present")

SINGLE_PRECISION = 1e-5
"""The published p-values come out digit for digit with SciPy 1.10, which computed them in single
precision. ``p_r`` are those of R 4 (``shapiro.test``), which like today's SciPy uses double."""

ARMS = {
    "no_system": {
        "n": 78,
        "mean": 2.727564,
        "sd": 0.862129,
        "w": 0.976415,
        "p": 0.156571,
        "p_r": 0.156577350,
    },
    "framework": {
        "n": 79,
        "mean": 2.340717,
        "sd": 0.835381,
        "w": 0.962533,
        "p": 0.020397,
        "p_r": 0.020395952,
    },
}
ALPHAS = {"task": 0.8758, "goal": 0.8526, "bond": 0.8608, "total": 0.9227}
OMEGAS = {"task": 0.8808085315, "goal": 0.8544304631, "bond": 0.8693288498, "total": 0.9241653836}
"""Omega total of the one-factor model in lavaan 0.6.14."""


@pytest.fixture(scope="module")
def clean():
    from alliance_modes.cleaning.clean import clean_cohort
    from alliance_modes.cohort import load_cohort
    from alliance_modes.ingest.stage import ingest_cohort
    from alliance_modes.plan.plan import load_plan

    ingested = ingest_cohort(FOLDER, b"any key gives the same scores 123")
    rules = load_plan(ROOT / "config" / "plan.yaml").cleaning
    lock = load_cohort(FOLDER).data_lock
    return clean_cohort(ingested.tables, ingested.changes, rules, lock, load_instruments())


@pytest.fixture(scope="module")
def means(clean) -> pd.DataFrame:
    """Mean of the 12 items and arm, one row per person."""
    scores = score_cohort(clean.tables, load_instruments(), clean.flags)
    totals = scores[(scores["instrument"] == "wai_sr") & (scores["scale"] == "total")]
    arms = clean.tables["enrolments"][["enrolment_id", "programme_id"]]
    return totals.merge(arms, on="enrolment_id", validate="one_to_one")


def test_rows_read_and_rows_that_pass_the_attention_check(clean):
    account = clean.account[clean.account["table"] == "alliance"]
    rows = account.groupby("step")["rows"].sum()
    assert (rows["read"], rows["kept"]) == (163, 157)
    assert rows["read"] == rows["kept"] + rows["excluded"]


@pytest.mark.parametrize("arm", ARMS)
def test_mean_of_the_twelve_items_by_arm(arm, means):
    published = ARMS[arm]
    values = means.loc[means["programme_id"] == arm, "item_mean"]
    assert len(values) == published["n"]
    assert f"{values.mean():.6f}" == f"{published['mean']:.6f}"
    assert f"{values.std():.6f}" == f"{published['sd']:.6f}"


@pytest.mark.parametrize("arm", ARMS)
def test_normality_by_arm(arm, means):
    published = ARMS[arm]
    shapiro = pingouin.normality(means.loc[means["programme_id"] == arm, "item_mean"]).iloc[0]
    assert f"{shapiro['W']:.6f}" == f"{published['w']:.6f}"
    assert shapiro["pval"] == pytest.approx(published["p"], abs=SINGLE_PRECISION)
    assert shapiro["pval"] == pytest.approx(published["p_r"], abs=1e-8)


def test_alpha_and_omega_of_every_scale(clean):
    reliability, items = measure_cohort(clean.tables, load_instruments())
    of = reliability[reliability["instrument"] == "wai_sr"].set_index("scale")
    assert {scale: round(of.loc[scale, "alpha"], 4) for scale in ALPHAS} == ALPHAS
    assert of["omega"].to_dict() == pytest.approx(OMEGAS, abs=1e-4)
    assert of["n"].unique().tolist() == [157]
    assert (items["flag"] == "").all()


FACTORS = {
    "one": {"chi2": 328.7, "df": 54, "cfi": 0.772, "rmsea": 0.180},
    "subscales": {"chi2": 128.6, "df": 51, "cfi": 0.936, "rmsea": 0.098, "srmr": 0.055},
}
"""Maximum likelihood on the 157 rows; three factors are goal, task and bond."""


def test_one_factor_and_three(clean):
    found = structure_of_cohort(clean.tables, load_instruments())
    fits = found.fit[found.fit["instrument"] == "wai_sr"]
    fits = fits[fits["estimator"] == "ml"].set_index("structure")
    assert fits["status"].tolist() == ["ok", "ok", "ok"]
    assert fits["n"].unique().tolist() == [157]
    for structure, published in FACTORS.items():
        decimals = {name: 1 if name == "chi2" else 3 for name in published}
        rounded = {name: round(fits.loc[structure, name], places) for name, places in decimals.items()}
        assert rounded == published
    assert (fits["engines"] == "agree").all()

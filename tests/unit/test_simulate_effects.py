"""What the truth declares is in the data: item responses, alliance, engagement, and who leaves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alliance_modes.instruments.model import load_instruments
from alliance_modes.simulate import Truth, load_truth, simulate_tables
from alliance_modes.simulate.measures import GradedItems
from alliance_modes.simulate.responses import graded_responses
from alliance_modes.simulate.truth import mode_correlation

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
MODES = ["educative", "engagement", "therapeutic"]


@pytest.fixture(scope="module")
def truth() -> Truth:
    return load_truth(ROOT / "data" / "raw" / "demo_2024" / "truth.yaml").tidy()


@pytest.fixture(scope="module")
def large(truth):
    return simulate_tables(truth.with_size(16_000))


def changed(truth: Truth, **parts) -> Truth:
    """The truth with fields of its parts replaced: ``part={"field": value}``."""
    return truth.model_copy(
        update={part: getattr(truth, part).model_copy(update=fields) for part, fields in parts.items()}
    )


def with_latents(simulated) -> pd.DataFrame:
    """Latent truth per enrolment with the recorded columns and the lead practitioner's latents."""
    practitioners = simulated.practitioners.add_prefix("lead_").rename(
        columns={"lead_practitioner_id": "practitioner_id"}
    )
    latent = simulated.enrolments.rename(columns={"readiness": "latent_readiness"})
    recorded = simulated.tables["enrolments"]
    return latent.merge(recorded, on="enrolment_id").merge(practitioners, on="practitioner_id")


def ols(outcome, *predictors) -> tuple[np.ndarray, np.ndarray]:
    design = np.column_stack([np.ones(len(outcome)), *predictors]).astype(float)
    estimate, *_ = np.linalg.lstsq(design, np.asarray(outcome, dtype=float), rcond=None)
    return estimate[1:], design


# --- item responses ------------------------------------------------------------------------------


def category_probabilities(latent: float, slope: float, place: float, steps: tuple[float, ...]) -> np.ndarray:
    above = 1 / (1 + np.exp(-slope * (latent - place - np.array(steps))))
    above = np.concatenate([[1.0], above, [0.0]])
    return above[:-1] - above[1:]


def implied_alpha(items: GradedItems, wanted: tuple[int, ...]) -> float:
    """Alpha of items that share one standard normal latent, by quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(61)
    weights = weights / weights.sum()
    values = np.arange(len(items.steps) + 1)
    means, squares = [], []
    for item in wanted:
        parameters = items.discrimination[item - 1], items.location[item - 1], items.steps
        chance = np.array([category_probabilities(node, *parameters) for node in nodes])
        means.append(chance @ values)
        squares.append(weights @ (chance @ values**2))
    expected = np.array(means)
    variances = np.array(squares) - (expected @ weights) ** 2
    centred = expected - (expected @ weights)[:, None]
    covariance = (centred * weights) @ centred.T
    total = variances.sum() + covariance.sum() - np.trace(covariance)
    count = len(wanted)
    return count / (count - 1) * (1 - variances.sum() / total)


def alpha(answers: np.ndarray) -> float:
    count = answers.shape[1]
    return count / (count - 1) * (1 - answers.var(axis=0, ddof=1).sum() / answers.sum(axis=1).var(ddof=1))


def test_answers_have_the_probabilities_of_the_graded_response_model(truth):
    instrument, items = load_instruments()["wai_sr"], truth.responses.items.wai_sr
    latent = np.full((40_000, 12), 0.4)
    answers = graded_responses(latent, items, instrument, np.random.default_rng(1))
    for item in (1, 7, 12):
        expected = category_probabilities(
            0.4, items.discrimination[item - 1], items.location[item - 1], items.steps
        )
        observed = [(answers[:, item - 1] == value).mean() for value in range(1, 6)]
        assert observed == pytest.approx(expected, abs=0.008)


@pytest.mark.parametrize(
    ("name", "scale"),
    [
        ("wai_sr", "task"),
        ("wai_sr", "bond"),
        ("wai_36", "goal"),
        ("modes_of_practice", "therapeutic"),
        ("session_engagement", "session_engagement"),
    ],
)
def test_reliability_is_the_one_that_the_item_parameters_imply(truth, name, scale):
    instrument, items = load_instruments()[name], getattr(truth.responses.items, name)
    rng = np.random.default_rng(2)
    latent = np.repeat(rng.standard_normal((20_000, 1)), instrument.items, axis=1)
    answers = graded_responses(latent, items, instrument, rng)
    reverse = [item - 1 for item in instrument.reversed]
    answers[:, reverse] = instrument.range.low + instrument.range.high - answers[:, reverse]
    wanted = instrument.subscales[scale]
    expected = implied_alpha(items, wanted)
    assert 0.75 < expected < 0.97
    assert alpha(answers[:, [item - 1 for item in wanted]]) == pytest.approx(expected, abs=0.01)


def test_reversed_items_are_answered_the_other_way_round(truth):
    instrument = load_instruments()["wai_36"]
    high = graded_responses(
        np.full((500, 36), 2.5), truth.responses.items.wai_36, instrument, np.random.default_rng(3)
    )
    reverse = np.isin(np.arange(1, 37), instrument.reversed)
    assert (high[:, reverse].mean(axis=0) < 3).all()
    assert (high[:, ~reverse].mean(axis=0) > 5).all()


# --- population ----------------------------------------------------------------------------------


def test_latent_modes_have_unit_variance_and_the_declared_correlations(large, truth):
    observed = large.practitioners[MODES]
    assert observed.std().to_numpy() == pytest.approx([1, 1, 1], abs=0.08)
    declared = mode_correlation(truth.practitioners.mode_correlation)
    assert observed.corr().to_numpy() == pytest.approx(declared, abs=0.08)


# --- alliance, engagement ------------------------------------------------------------------------


@pytest.mark.parametrize("component", ["goal", "task", "bond"])
def test_modes_move_each_component_of_the_alliance_as_declared(large, truth, component):
    rows = with_latents(large)
    mandated = rows["mandated"].astype(float)
    estimate, _ = ols(rows[component], *(rows[f"lead_{mode}"] for mode in MODES), mandated)
    declared = getattr(truth.alliance.modes, component).array()
    assert estimate[:3] == pytest.approx(declared, abs=0.05)
    assert estimate[3] == pytest.approx(getattr(truth.alliance.mandated, component), abs=0.06)


def test_both_raters_share_the_dyads_alliance_and_have_their_own_bias(large):
    rows = large.tables["alliance"]
    client = rows[(rows["rater"] == "client") & (rows["session_no"] == 3)].set_index("enrolment_id")
    other = rows[(rows["rater"] == "practitioner") & (rows["session_no"] == 3)].set_index("enrolment_id")
    seen = client[[f"item_{item}" for item in range(1, 13)]].mean(axis=1)
    keyed = other[[f"item_{item}" for item in range(1, 37)]].copy()
    reverse = [f"item_{item}" for item in load_instruments()["wai_36"].reversed]
    keyed[reverse] = 8 - keyed[reverse]
    agreement = seen.corr(keyed.mean(axis=1).reindex(seen.index))
    assert 0.45 < agreement < 0.8


def test_engagement_follows_modes_alliance_moderation_and_the_session_before(large, truth):
    sessions = large.sessions.merge(with_latents(large), on="enrolment_id", suffixes=("", "_usual"))
    usual = sessions[["goal_usual", "task_usual", "bond_usual"]].mean(axis=1)
    time = (sessions["session_no"] - 1) / 10
    growth = truth.alliance.growth.array().mean() + sessions["growth"]
    deviation = sessions[["goal", "task", "bond"]].mean(axis=1) - usual - growth * time
    previous = deviation.groupby(sessions["enrolment_id"]).shift(1)
    kept = previous.notna()
    mandated, mode = sessions["mandated"].astype(float), sessions["lead_engagement"]
    columns = [mode, mandated, mandated * mode, usual, previous, sessions["lead_flexibility"]]
    columns += [sessions[name] for name in ("lead_educative", "lead_therapeutic", "risk", "latent_readiness")]
    estimate, _ = ols(sessions.loc[kept, "engagement"], *(column[kept] for column in columns))
    declared = truth.engagement
    expected = [
        declared.modes.engagement,
        declared.mandated,
        declared.mandated_modes.engagement,
        declared.alliance_level,
        declared.alliance_previous,
        declared.flexibility,
    ]
    assert estimate[:6] == pytest.approx(expected, abs=0.06)


def test_mode_use_follows_ruptures_more_where_flexibility_is_high(large):
    sessions = large.tables["sessions"]
    ruptured = sessions["rupture"].isin(["withdrawal", "confrontation"])
    after = ruptured.groupby(sessions["enrolment_id"]).shift(1, fill_value=False)
    lead = large.tables["enrolments"].set_index("enrolment_id")["practitioner_id"]
    flexibility = large.practitioners.set_index("practitioner_id")["flexibility"]
    flexible = (flexibility.reindex(lead.reindex(sessions["enrolment_id"])) > 0).to_numpy()
    use = sessions["use_therapeutic"].astype("float64")
    rise = {
        kind: use[after & (flexible == kind)].mean() - use[~after & (flexible == kind)].mean()
        for kind in (True, False)
    }
    assert rise[False] > 0.3
    assert rise[True] > rise[False] + 0.2


def test_ruptures_are_likelier_when_the_alliance_is_low_and_repaired_by_the_therapeutic_mode(large):
    latent, sessions = large.sessions, large.tables["sessions"]
    alliance = latent[["goal", "task", "bond"]].mean(axis=1)
    attended = sessions["attended"].to_numpy(dtype=bool)
    ruptured = sessions["rupture"].isin(["withdrawal", "confrontation"]).to_numpy()
    low, high = alliance < alliance.quantile(0.25), alliance > alliance.quantile(0.75)
    assert ruptured[attended & low].mean() > 1.7 * ruptured[attended & high].mean()
    lead = large.tables["enrolments"].set_index("enrolment_id")["practitioner_id"]
    mode = large.practitioners.set_index("practitioner_id")["therapeutic"]
    mode = mode.reindex(lead.reindex(sessions["enrolment_id"])).to_numpy()
    repaired = sessions["rupture_resolved"].astype("float64")
    assert repaired[mode > 0.5].mean() > repaired[mode < -0.5].mean() + 0.08


# --- who leaves ----------------------------------------------------------------------------------


def dropout_effects(truth: Truth) -> tuple[np.ndarray, np.ndarray]:
    """Complementary log-log regression of drop-out on latent alliance and unrepaired rupture."""
    import statsmodels.api as sm

    nothing = {"practitioner": 0.0, "group": 0.0, "site": 0.0}
    none = {"educative": 0.0, "engagement": 0.0, "therapeutic": 0.0}
    only = {"mandated": 0.0, "risk": 0.0, "readiness": 0.0, "confrontation": 0.0, "custody": 0.0}
    hazard = truth.ends.dropped_out
    hazard = hazard.model_validate({**hazard.model_dump(), **only, "modes": none, "sd": nothing})
    away = {
        name: getattr(truth.ends, name).model_copy(update={"intercept": -30.0})
        for name in ("removed", "administrative")
    }
    alone = changed(truth, ends={"dropped_out": hazard, **away}).with_size(12_000)
    rows = simulate_tables(alone).sessions
    rows = rows[rows["session_no"] < 24]
    design = sm.add_constant(
        np.column_stack(
            [
                rows[["goal", "task", "bond"]].mean(axis=1),
                rows["unrepaired_before"].astype(float),
                (rows["session_no"] - 1) / 10,
            ]
        )
    )
    family = sm.families.Binomial(link=sm.families.links.CLogLog())
    fit = sm.GLM((rows["end"] == "dropped_out").astype(float).to_numpy(), design, family=family).fit()
    return fit.params[1:], fit.bse[1:]


def test_dropout_depends_on_alliance_and_unrepaired_rupture_as_declared(truth):
    estimate, error = dropout_effects(truth)
    declared = truth.ends.dropped_out
    expected = np.array([declared.alliance, declared.unrepaired, declared.time])
    assert (np.abs(estimate - expected) < 3 * error).all()
    assert (np.abs(estimate[:2]) > 8 * error[:2]).all()


def test_without_declared_effects_dropout_depends_on_neither(truth):
    null = truth.ends.dropped_out.model_copy(update={"alliance": 0.0, "unrepaired": 0.0})
    estimate, error = dropout_effects(changed(truth, ends={"dropped_out": null}))
    assert (np.abs(estimate[:2]) < 3 * error[:2]).all()


def test_hazards_are_calibrated_and_compete(large):
    rows = large.sessions[large.sessions["session_no"] < 24]
    for end in ("dropped_out", "removed", "administrative"):
        expected = rows[f"hazard_{end}"].sum()
        assert (rows["end"] == end).sum() == pytest.approx(expected, rel=0.1)
    assert set(large.sessions.loc[large.sessions["session_no"] == 24, "end"]) == {"completed"}


def test_completion_is_likelier_by_the_declared_order_of_magnitude_with_the_engagement_mode(large):
    rows = with_latents(large)
    rows = rows[rows["status"].isin(["completed", "dropped_out", "removed"])]
    import statsmodels.api as sm

    design = sm.add_constant(rows[[f"lead_{mode}" for mode in MODES]].to_numpy(dtype=float))
    fit = sm.GLM(
        (rows["status"] == "completed").astype(float).to_numpy(), design, family=sm.families.Binomial()
    ).fit()
    educative, engagement, therapeutic = np.exp(fit.params[1:])
    assert 1.1 < engagement < 1.6
    assert 1.0 < therapeutic < 1.5
    assert 0.85 < educative < 1.15

"""Points behind the figures of dyads and ruptures are what counting and averaging by hand gives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from relation_dyads import SCALE, dyads
from relation_ruptures import SEM, ruptured, scales
from relation_tables import one_grouping, task_of
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import binom, norm

from alliance_modes.models.inference.estimated import Estimated
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.relations.rupture import Rupture
from alliance_modes.plan.terms import Predictor
from alliance_modes.relations.collect import collect
from alliance_modes.relations.dyad.analysis import analyse
from alliance_modes.relations.dyad.expected import Expected, expected_points, region
from alliance_modes.relations.dyad.surface import COLUMNS, polynomial
from alliance_modes.relations.fitted import asked, fit
from alliance_modes.relations.rupture.falls import REACH, falls_of, ratings_of
from alliance_modes.relations.rupture.recorded import by_session

PLAN = one_grouping(Plan(), "engagement", "readiness", ("readiness",))


def ridge(own: np.ndarray, other: np.ndarray) -> np.ndarray:
    return 0.1 * own - 0.15 * (own - other) ** 2


@pytest.fixture(scope="module")
def points() -> pd.DataFrame:
    task = task_of("dyad", PLAN, scales=(SCALE,), models=("engagement",))
    return collect([analyse(task, dyads(21, 40, effect=ridge))])["relation_points"]


def test_a_surface_of_a_linear_outcome_rises_as_its_lines_do(points):
    expected = points[points["series"] == "expected"].set_index(["x", "y"])["estimate"]
    for series, side in (("agree", 1.0), ("differ", -1.0)):
        lines = points[points["series"] == series].set_index("x")["estimate"]
        both = [x for x in lines.index if (x, side * x) in expected.index]
        assert len(both) >= 2
        for x in both:
            assert expected[x, side * x] - expected[0.0, 0.0] == pytest.approx(lines[x], abs=1e-9)
    along = points[points["series"] == "expected_agree"].set_index("x")
    assert along["estimate"][1.0] == pytest.approx(expected[1.0, 1.0], abs=1e-12)
    assert (along["ci_low"] < along["estimate"]).all() and (along["estimate"] < along["ci_high"]).all()


def chances(seed: int) -> tuple[Estimated, pd.DataFrame]:
    """A logistic fit of completion on both ratings, by practitioner."""
    rng = np.random.default_rng(seed)
    people = pd.DataFrame({"enrolment_id": [f"e{one}" for one in range(600)]})
    people["practitioner_id"] = [f"p{one % 40:02d}" for one in range(600)]
    own, other = rng.normal(0.0, 1.2, (2, 600))
    line = 0.4 + 0.5 * own - 0.2 * (own - other) ** 2 + rng.normal(0.0, 0.8, 40)[np.arange(600) % 40]
    people = people.assign(**polynomial(own, other), completed=rng.random(600) < expit(line))
    people = people.assign(readiness_z=rng.standard_normal(600), denominator=True)
    task = task_of(
        "dyad", one_grouping(Plan(), "completion", "readiness", ("readiness",)), models=("completion",)
    )
    (one,) = (one for one in asked(task) if one.part == "completion.completed")
    added = {name: Predictor(label=name, column=name, unit="a tenth") for name in COLUMNS}
    found = fit(one, task, people.assign(completed=people["completed"].astype("boolean")), added).found
    assert isinstance(found, Estimated)
    return found, people


def test_an_expected_chance_is_the_mean_over_clients_and_random_effects():
    found, _ = chances(3)
    inference, design = found.inference, found.design
    terms = np.array([list(polynomial(np.array(1.0), np.array(-0.5)).values())], dtype=float)
    expected = Expected(found, 5.0)
    sd = float(np.sqrt(sum(group.covariance[0, 0] for group in found.structure.fit.covariances)))
    assert sd > 0.1

    def height(beta: np.ndarray) -> float:
        matrix = design.matrix()
        matrix[:, [inference.place(name) for name in COLUMNS]] = terms
        lines = matrix @ beta
        return quad(lambda z: float(expit(lines + sd * z).mean() * norm.pdf(z)), -8.0, 8.0, epsabs=1e-9)[0]

    middle = height(inference.beta)
    assert expected.heights(terms)[0] == pytest.approx(middle, abs=1e-5)
    steps = 1e-4 * np.eye(len(inference.beta))
    gradient = np.array(
        [(height(inference.beta + one) - height(inference.beta - one)) / 2e-4 for one in steps]
    )
    se = float(np.sqrt(gradient @ inference.vcov @ gradient)) / (middle * (1.0 - middle))
    low, high = (float(np.log(one[0] / (1.0 - one[0]))) for one in expected.limits(terms))
    logit = np.log(middle / (1.0 - middle))
    assert (high - logit) == pytest.approx(logit - low, rel=1e-3)
    places = [0, *(inference.place(name) for name in COLUMNS)]
    from scipy.stats import t

    assert (high - low) / 2.0 == pytest.approx(t.ppf(0.975, inference.df[places].min()) * se, rel=2e-3)


def test_pairs_are_counted_by_cell_and_few_are_left_out():
    found, people = chances(3)
    points = [one for one in expected_points(found, "part", people) if one.series == "pairs"]
    cells = {(one.x, one.y): one.estimate for one in points}
    inside = people["own"].between(0.0, 1.0) & people["other"].between(-1.0, 0.0)
    assert cells[0.5, -0.5] == inside.sum()
    assert min(cells.values()) >= 10 and sum(cells.values()) < len(people)


def test_a_surface_ends_where_few_pairs_lie():
    own, other = (axis.ravel() for axis in np.meshgrid(np.linspace(-1.2, 1.2, 25), np.linspace(0.3, 1.7, 15)))
    far = np.append(own, 4.9), np.append(other, -4.9)
    x, y = region(*far).grid()
    assert set(x) == {-1.0, -0.5, 0.0, 0.5, 1.0} and set(y) == {0.5, 1.0, 1.5}
    together = other - own < 0.4
    x, y = region(own[together], other[together]).grid()
    assert (y - x).max() == 0.0 and (-0.5, 0.5) not in set(zip(x, y, strict=True))
    assert not region(*far).holds(np.array([4.9]), np.array([-4.9])).any()


def test_falls_by_session_are_counts_of_those_rated_before():
    sessions = ruptured(4, 20)
    found = falls_of(sessions, scales(), Rupture(), seed=1)
    points = collect_points(found.points)
    ratings = ratings_of(sessions, "srs_total", Rupture().ratings)
    fell = ratings.values[:, 3] - ratings.values[:, 4] > REACH * SEM
    rated = np.isfinite(ratings.values[:, 4])
    assert points.loc[("ratings_followed", 5.0), "estimate"] == rated.sum()
    assert points.loc[("fall", 5.0), "estimate"] == pytest.approx(fell[rated].mean())
    noise = points.loc["fall_by_noise"]
    assert noise["estimate"].to_numpy() == pytest.approx(norm.sf(1.96), abs=0.005)
    seen = points.loc["fall", "estimate"]
    inside = (seen >= noise["ci_low"]) & (seen <= noise["ci_high"])
    assert inside.sum() >= len(seen) - 2, "these ratings are pure noise"
    few = falls_of(sessions[sessions["enrolment_id"] < "e0030"], scales(), Rupture(), seed=1)
    assert {one.estimate >= 20 for one in few.points if one.series == "ratings_followed"} == {True}


def collect_points(points) -> pd.DataFrame:
    return pd.DataFrame([one.model_dump() for one in points]).set_index(["series", "x"])


def test_recorded_ruptures_by_session_stand_beside_an_even_chance():
    sessions = ruptured(5, 20)
    sessions.loc[sessions.index[::9], "rupture"] = None
    points = collect_points(by_session(sessions))
    known = sessions[sessions["rupture"].notna()]
    third = known[known["session_no"] == 3]
    happened = third["rupture"] != "none"
    assert points.loc[("recorded", 3.0), "estimate"] == pytest.approx(happened.mean())
    repaired = happened & third["rupture_resolved"].fillna(False).astype(bool)
    assert points.loc[("recorded_repaired", 3.0), "estimate"] == pytest.approx(repaired.mean())
    assert points.loc[("sessions_recorded", 3.0), "estimate"] == len(third)
    overall = (known["rupture"] != "none").mean()
    even = points.loc[("recorded_in_all", 3.0)]
    assert even["estimate"] == pytest.approx(overall)
    n, high = len(third), round(even["ci_high"] * len(third))
    assert binom.cdf(high, n, overall) >= 0.975 > binom.cdf(high - 1, n, overall)
    assert not list(by_session(sessions.assign(rupture=None)))

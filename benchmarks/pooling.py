"""How often pooled intervals hold the truth, and what is lost beside one model of all rows.

    .venv/bin/python benchmarks/pooling.py --studies 2000 --write
    .venv/bin/python benchmarks/pooling.py --attack 500 --write      (see pooling_attack.py)

Each study has cohorts of 12 to 150 practitioners (the middle one 30) and three effects, of correlated modes,
on a rating; ``spread`` is the SD of each effect between cohorts in standard errors of a cohort of 30, or
``2, 1, 0`` for the three in turn. A cohort gives away what least squares makes of its practitioners: three
estimates with their covariance, its residual variance its own. ``one model`` has the rows of all cohorts, a
level for each, slopes that vary between them and one residual variance, by restricted maximum likelihood.
Parts of a run are kept under .alliance_modes/pooling/ and are not made again: remove that folder after a
change of the code.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import optimize, stats

from alliance_modes.ground.files import write_csv
from alliance_modes.pooling.together import mean_of_these, pool_together
from alliance_modes.pooling.univariate import dersimonian_laird, pooled
from pooling_attack import attack

TABLE = Path(__file__).with_suffix(".csv")
PARTS = Path(__file__).resolve().parents[1] / ".alliance_modes" / "pooling"
COHORTS = (3, 5, 10, 20)
SPREADS = {"0": (0.0,) * 3, "0.5": (0.5,) * 3, "1": (1.0,) * 3, "2": (2.0,) * 3, "2, 1, 0": (2.0, 1.0, 0.0)}
EFFECT, TYPICAL, EFFECTS = 0.2, 30, 3
MODES = np.array([[1.0, 0.1, -0.15], [0.1, 1.0, 0.45], [-0.15, 0.45, 1.0]])
"""Correlations of the modes, as in the demonstration cohorts."""

MEAN, THESE, ANOTHER = "mean of cohorts like these", "mean of these cohorts", "another cohort"


@dataclass(frozen=True)
class Own:
    """One cohort: least squares on its practitioners, and what one model of all rows needs of it."""

    truth: np.ndarray
    estimate: np.ndarray
    covariance: np.ndarray
    unscaled: np.ndarray
    squares: float
    df: int


def cohort(rng: np.random.Generator, spread: np.ndarray) -> Own:
    """Practitioners with their modes, each per SD, and a mean rating with SD 1 beside what modes explain."""
    practitioners = int(np.clip(round(float(np.exp(rng.normal(np.log(TYPICAL), 0.6)))), 12, 150))
    modes = rng.multivariate_normal(np.zeros(EFFECTS), MODES, practitioners)
    modes = (modes - modes.mean(axis=0)) / modes.std(axis=0, ddof=1)
    truth = EFFECT + spread / np.sqrt(TYPICAL) * rng.standard_normal(EFFECTS)
    rating = modes @ truth + rng.standard_normal(practitioners)
    unscaled = np.linalg.inv(modes.T @ modes)
    estimate = unscaled @ modes.T @ (rating - rating.mean())
    squares = float(((rating - rating.mean() - modes @ estimate) ** 2).sum())
    df = practitioners - EFFECTS - 1
    return Own(truth, estimate, unscaled * squares / df, unscaled, squares, df)


def one_model(every: list[Own]) -> tuple[np.ndarray, np.ndarray]:
    """Mean effects and their standard errors by one model of all rows, from what suffices for it."""
    effects = np.array([one.estimate for one in every])
    unscaled = np.array([one.unscaled for one in every])
    squares, df = sum(one.squares for one in every), sum(one.df for one in every)

    def parts(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        weights = np.linalg.inv(values[0] * unscaled + np.diag(values[1:]))
        known = np.linalg.inv(weights.sum(axis=0))
        mean = known @ np.einsum("ijk,ik->j", weights, effects)
        return weights, known, mean

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        weights, known, mean = parts(values)
        rest = effects - mean
        pulled = np.einsum("ijk,ik->ij", weights, rest)
        dets = np.linalg.slogdet(weights)[1].sum() + np.linalg.slogdet(known)[1]
        value = (rest * pulled).sum() - dets + df * np.log(values[0]) + squares / values[0]
        left = weights - weights @ known @ weights - pulled[:, :, None] * pulled[:, None, :]
        of_error = (left * unscaled).sum() + df / values[0] - squares / values[0] ** 2
        return float(value), np.array([of_error, *np.einsum("ijj->j", left)])

    start = np.array([squares / df, *np.full(EFFECTS, 0.5 / TYPICAL)])
    bounds = [(1e-3, None), *[(0.0, None)] * EFFECTS]
    found = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    _, known, mean = parts(found.x)
    return mean, np.sqrt(np.diag(known))


def intervals(every: list[Own]) -> Iterator[tuple[str, str, int, float, float, float]]:
    """What each method says of each effect: method, of what, which effect, estimate and limits."""
    effects = np.array([one.estimate for one in every])
    covariances = np.array([one.covariance for one in every])
    t = float(stats.t.ppf(0.975, len(every) - 1))
    together = pool_together(effects, covariances)
    rows_of_all, errors = one_model(every)
    for place, found in enumerate(together):
        values, variances = effects[:, place], covariances[:, place, place]
        (alone,) = pool_together(values[:, None], variances[:, None, None])
        naive = pooled(values, variances, dersimonian_laird(values, variances), None)
        middle, error = float(rows_of_all[place]), float(errors[place])
        yield "as shipped", MEAN, place, found.estimate, *found.interval
        yield "as shipped, one effect", MEAN, place, alone.estimate, *alone.interval
        yield "factor at least 1", MEAN, place, found.estimate, *found.cautious
        yield "factor as it is", MEAN, place, found.estimate, *found.as_it_is
        yield "DerSimonian-Laird, normal", MEAN, place, naive.estimate, *naive.interval
        yield "one model", MEAN, place, middle, middle - t * error, middle + t * error
        mean, se, df = mean_of_these(values, variances, np.array([one.df for one in every]))
        half = float(stats.t.ppf(0.975, df)) * se
        yield "as shipped", THESE, place, mean, mean - half, mean + half
        yield "as shipped", ANOTHER, place, found.estimate, *found.prediction()


def part(cohorts: int, spread: str, studies: range) -> pd.DataFrame:
    """One row per study, method and effect: error of the estimate, width, and whether the truth is held."""
    rows = []
    of_effects = np.array(SPREADS[spread])
    for seed in studies:
        rng = np.random.default_rng([seed, cohorts, list(SPREADS).index(spread)])
        every = [cohort(rng, of_effects) for _ in range(cohorts)]
        further = EFFECT + of_effects / np.sqrt(TYPICAL) * rng.standard_normal(EFFECTS)
        weights = np.array([1.0 / np.diag(one.covariance) for one in every])
        these = (weights * [one.truth for one in every]).sum(axis=0) / weights.sum(axis=0)
        truths = {MEAN: np.full(EFFECTS, EFFECT), THESE: these, ANOTHER: further}
        for method, of, place, estimate, low, high in intervals(every):
            truth = truths[of][place]
            rows.append((seed, method, of, estimate - truth, high - low, low <= truth <= high))
    return pd.DataFrame(rows, columns=["study", "method", "of", "error", "width", "held"])


def summary(cohorts: int, spread: str, studies: int) -> pd.DataFrame:
    """Coverage and its Monte-Carlo error over studies, width, bias and root mean squared error by method."""
    path = PARTS / f"{cohorts}_{list(SPREADS).index(spread)}_{studies}.csv"
    if not path.is_file():
        found = part(cohorts, spread, range(studies))
        of_studies = found.groupby(["of", "method", "study"], sort=False)["held"].mean().unstack()
        every = found.groupby(["of", "method"], sort=False)
        table = pd.DataFrame(
            {
                "coverage": every["held"].mean().round(4),
                "coverage_error": (of_studies.std(axis=1) / np.sqrt(studies)).round(4),
                "width": every["width"].mean().round(4),
                "bias": every["error"].mean().round(4),
                "rmse": every["error"].apply(lambda errors: float(np.sqrt((errors**2).mean()))).round(4),
            }
        ).reset_index()
        table.insert(0, "spread", spread)
        table.insert(0, "cohorts", cohorts)
        write_csv(table.assign(studies=studies), path)
    return pd.read_csv(path)


def main() -> None:
    """Measure, print, and with ``--write`` keep the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--studies", type=int, default=2000)
    parser.add_argument("--attack", type=int, default=0, metavar="COHORTS")
    parser.add_argument("--write", action="store_true")
    wanted = parser.parse_args()
    if wanted.attack:
        attack(wanted.attack, wanted.write)
        return
    settings = list(product(COHORTS, SPREADS))
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        made = pool.map(summary, *zip(*settings, strict=True), [wanted.studies] * len(settings))
        found = pd.concat(made, ignore_index=True)
    print(found.to_string(index=False))
    if wanted.write:
        write_csv(found, TABLE)


if __name__ == "__main__":
    main()

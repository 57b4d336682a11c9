"""How often factor models are rejected that are true: plain and cluster-robust chi-square.

    python benchmarks/factor_fit.py --samples 200

Simulates answers from three factors (correlated .5, standardised loadings .7), with and without what
clusters share, fits the true structure, and writes the mean of chi-square over its degrees of freedom,
the share of rejections at 5 %, and of estimates that were not admissible to benchmarks/factor_fit.csv.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import chi2

from alliance_modes.ground.files import write_csv
from alliance_modes.measurement.factors.fit_indices import cfi
from alliance_modes.measurement.factors.likelihood.moment_fit import fit_moments, inadmissible
from alliance_modes.measurement.factors.likelihood.moments import Sample
from alliance_modes.measurement.factors.likelihood.robust import sandwich
from alliance_modes.measurement.factors.structures import (
    FactorStructure,
    factor_model,
    independence_model,
)

OUTPUT = Path(__file__).with_name("factor_fit.csv")
SEED = 20_240_601
LOADING, CORRELATION = 0.7, 0.5


@dataclass(frozen=True)
class Condition:
    """One row of the table; ``shared`` is the share of variance between clusters, ``where`` it lies."""

    people: int
    items: int
    clusters: int
    shared: float
    where: str
    categories: int = 0


CONDITIONS = (
    Condition(40, 12, 0, 0.0, "none"),
    Condition(40, 18, 0, 0.0, "none"),
    Condition(150, 12, 0, 0.0, "none"),
    Condition(300, 9, 0, 0.0, "none"),
    Condition(300, 9, 0, 0.0, "none", categories=5),
    Condition(600, 12, 0, 0.0, "none"),
    Condition(600, 36, 0, 0.0, "none"),
    Condition(600, 12, 40, 0.1, "factors"),
    Condition(600, 12, 40, 0.3, "factors"),
    Condition(600, 12, 20, 0.1, "items"),
    Condition(600, 12, 40, 0.1, "items"),
    Condition(600, 12, 40, 0.3, "items"),
    Condition(600, 12, 100, 0.1, "items"),
)


def structure(items: int) -> FactorStructure:
    """Three factors with a third of the items each."""
    each = items // 3
    members = [tuple(range(each * place + 1, each * (place + 1) + 1)) for place in range(3)]
    return FactorStructure("subscales", dict(zip(("goal", "task", "bond"), members, strict=True)))


def answers(rng: np.random.Generator, at: Condition) -> tuple[np.ndarray, np.ndarray]:
    """Answers and the cluster of each person."""
    correlations = (1 - CORRELATION) * np.eye(3) + CORRELATION
    codes = np.arange(at.people) % at.clusters if at.clusters else np.arange(at.people)

    def factors(count: int) -> np.ndarray:
        return rng.multivariate_normal(np.zeros(3), correlations, count)

    own = factors(at.people)
    if at.where == "factors":
        own = np.sqrt(1 - at.shared) * own + np.sqrt(at.shared) * factors(at.clusters)[codes]
    values = LOADING * np.repeat(own, at.items // 3, axis=1)
    values += np.sqrt(1 - LOADING**2) * rng.normal(size=values.shape)
    if at.where == "items":
        shared = rng.normal(size=(at.clusters, at.items))[codes]
        values = np.sqrt(1 - at.shared) * values + np.sqrt(at.shared) * shared
    if at.categories:
        values = np.digitize(values, np.linspace(-2.0, 0.8, at.categories - 1)).astype(float)
    return values, codes


def measure(at: Condition, samples: int) -> dict[str, object]:
    """One row of the table."""
    model = factor_model(structure(at.items))
    base = independence_model(at.items)
    names = list(range(1, at.items + 1))
    found, improper = [], 0
    for number in range(samples):
        rng = np.random.default_rng([SEED, CONDITIONS.index(at), number])
        values, codes = answers(rng, at)
        sample = Sample(values, codes)
        fit = fit_moments(model, [sample])
        if fit.problem or inadmissible(fit, names, ["goal", "task", "bond"])[0]:
            improper += 1
            continue
        unrelated = fit_moments(base, [sample])
        index = cfi(fit.chi2, model.df, unrelated.chi2, base.df)
        found.append((fit.chi2, fit.chi2 / sandwich(fit).scaling, index))
    plain, robust, indices = np.array(found).T
    return {
        **vars(at),
        "df": model.df,
        "samples": samples,
        "improper": improper / samples,
        "plain_ratio": float(plain.mean() / model.df),
        "robust_ratio": float(robust.mean() / model.df),
        "plain_rejected": float((chi2.sf(plain, model.df) < 0.05).mean()),
        "robust_rejected": float((chi2.sf(robust, model.df) < 0.05).mean()),
        "mean_cfi": float(indices.mean()),
        "date": date.today().isoformat(),
    }


def main() -> None:
    """Measure every condition and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=200, help="samples per condition")
    chosen = parser.parse_args()
    rows = []
    for at in CONDITIONS:
        row = measure(at, chosen.samples)
        rows.append(
            {key: round(value, 3) if isinstance(value, float) else value for key, value in row.items()}
        )
        print(rows[-1], flush=True)
    write_csv(pd.DataFrame(rows), OUTPUT)


if __name__ == "__main__":
    main()

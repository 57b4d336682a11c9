"""How often two-level factor models are rejected that are true, and how often their intervals hold the truth.

    python benchmarks/two_level.py --samples 200

Simulates answers of clients within practitioners from three factors on both levels (correlated .5; within,
standardised loadings .7), fits what is true of them, and writes to benchmarks/two_level.csv the share of
samples without a proper solution, of rejections at 5 %, and of 95 % intervals that hold the true value.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from alliance_modes.ground.files import write_csv
from alliance_modes.measurement.factors.structures import FactorStructure
from alliance_modes.measurement.factors.two_level.fit import (
    AnswersOfPractitioners,
    TwoLevelFit,
    fit_two_level,
)
from alliance_modes.plan.plan import Between, TwoLevel

OUTPUT = Path(__file__).with_name("two_level.csv")
SEED = 20_261_128
LOADING, CORRELATION = 0.7, 0.5
GATE = TwoLevel(practitioners=20, practitioners_for_subscales=20, practitioners_per_item=1, clients=2)


@dataclass(frozen=True)
class Condition:
    """``clients`` each on average; ``shared``: ICC of a factor; ``own``: of an item's variance between
    practitioners, the share that is not the factor's."""

    practitioners: int
    clients: int
    items: int
    shared: float
    own: float


CONDITIONS = (
    Condition(40, 15, 12, 0.1, 0.0),
    Condition(40, 15, 12, 0.3, 0.3),
)


def structure(items: int) -> FactorStructure:
    """Three factors with a third of the items each."""
    each = items // 3
    members = [tuple(range(each * place + 1, each * (place + 1) + 1)) for place in range(3)]
    return FactorStructure("subscales", dict(zip(("goal", "task", "bond"), members, strict=True)))


def answers(rng: np.random.Generator, at: Condition) -> tuple[pd.DataFrame, pd.Series]:
    """Answers, and the practitioner of each; sizes differ as in caseloads (gamma, shape 2.5)."""
    sizes = np.maximum(2, rng.gamma(2.5, at.clients / 2.5, at.practitioners).round().astype(int))
    codes = np.repeat(np.arange(at.practitioners), sizes)
    correlations = (1 - CORRELATION) * np.eye(3) + CORRELATION

    def common(count: int) -> np.ndarray:
        return np.repeat(rng.multivariate_normal(np.zeros(3), correlations, count), at.items // 3, axis=1)

    within = LOADING * common(len(codes)) + np.sqrt(1 - LOADING**2) * rng.normal(size=(len(codes), at.items))
    ratio = at.shared / (1 - at.shared)
    between = common(at.practitioners)
    between = between + np.sqrt(at.own / (1 - at.own)) * rng.normal(size=between.shape)
    values = within + LOADING * np.sqrt(ratio) * between[codes]
    return pd.DataFrame(values, columns=range(1, at.items + 1)), pd.Series(codes).astype("str")


def held(fits: list[TwoLevelFit], level: str, kind: str, truth: float) -> float:
    """Share of intervals that hold the true value; NaN where there are none."""
    shown = [one for fit in fits for one in fit.estimates if (one.level, one.kind) == (level, kind)]
    return float(np.mean([one.ci_low <= truth <= one.ci_high for one in shown])) if shown else np.nan


def measure(at: Condition, samples: int) -> Iterator[dict[str, object]]:
    """The rows of one condition: one per model that is true."""
    true: tuple[Between, ...] = ("saturated", "subscales") if at.own else ("saturated", "alike")
    found: dict[Between, list[TwoLevelFit]] = {between: [] for between in true}
    for number in range(samples):
        rng = np.random.default_rng([SEED, CONDITIONS.index(at), number])
        given = AnswersOfPractitioners(*answers(rng, at), GATE)
        for between in true:
            found[between].append(fit_two_level(given, structure(at.items), between))
    for between, every in found.items():
        proper = [fit for fit in every if fit.ok]
        yield {
            **vars(at),
            "between": between,
            "df": proper[0].df if proper else np.nan,
            "samples": samples,
            "improper": 1 - len(proper) / samples,
            "ratio": float(np.mean([fit.chi2 / fit.df for fit in proper])),
            "rejected": float(np.mean([fit.p < 0.05 for fit in proper])),
            "mean_cfi": float(np.mean([fit.cfi for fit in proper])),
            "at_zero": float(np.mean([len(fit.at_zero) for fit in proper])),
            "within_loadings_held": held(proper, "within", "loading", LOADING),
            "between_loadings_held": held(proper, "between", "loading", np.sqrt(1 - at.own)),
            "between_correlations_held": held(proper, "between", "correlation", CORRELATION),
            "factor_icc_held": held(proper, "between", "icc", at.shared),
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
        for row in measure(at, chosen.samples):
            rows.append(
                {key: round(value, 3) if isinstance(value, float) else value for key, value in row.items()}
            )
            print(rows[-1], flush=True)
        write_csv(pd.DataFrame(rows), OUTPUT)


if __name__ == "__main__":
    main()

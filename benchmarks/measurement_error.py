"""The correction for measurement error on simulated practitioners whose true mode scores are known.

Three modes, correlated .5, each measured by six items of known reliability; the third has no effect.
Per number of practitioners: mean of the observed slope, of the slope divided by its reliability (the
wrong way) and of the corrected slope, all per SD of the true score, with Monte-Carlo errors; coverage
of the 95 % intervals; and how often nothing is estimated.

    .venv/bin/python benchmarks/measurement_error.py --replications 300 --write
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from alliance_modes.domain import MODES
from alliance_modes.measurement.reliability.omega import mcdonald_omega
from alliance_modes.models.design.design import Design, DesignColumn
from alliance_modes.models.effects.measurement_error import Reliability, correct_for_measurement_error
from alliance_modes.models.engine.glmm import EngineError, fit_mixed
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.inference.inference import df_cap, linear_inference, working_inference

EFFECTS = np.array([0.3, 0.2, 0.0])
COVARIATE_EFFECT = 0.2
CORRELATION, COVARIATE_CORRELATION = 0.5, 0.2
ITEMS, ITEM_NOISE = 6, 1.49  # reliability of a mean of 6 items: 1 / (1 + 1.49^2 / 6) = .73
RELIABILITY = 1.0 / (1.0 + ITEM_NOISE**2 / ITEMS)
CLIENTS = 10
DRAWS = 1000
RESULT = Path(__file__).with_suffix(".csv")


@dataclass(frozen=True)
class Sample:
    """One simulated cohort: what is fitted, and the reliability of each score as estimated in it."""

    design: Design
    reliabilities: dict[str, Reliability]


def sample(generator: np.random.Generator, practitioners: int, family: str) -> Sample:
    """Practitioners with true modes, their survey, and clients with an outcome."""
    covariance = np.full((4, 4), CORRELATION)
    covariance[3, :] = covariance[:, 3] = COVARIATE_CORRELATION
    np.fill_diagonal(covariance, 1.0)
    true = generator.multivariate_normal(np.zeros(4), covariance, size=practitioners)
    items = true[:, :3, None] + ITEM_NOISE * generator.normal(size=(practitioners, 3, ITEMS))
    reliabilities = {}
    for k, mode in enumerate(MODES):
        omega = mcdonald_omega(pd.DataFrame(items[:, k]))
        reliabilities[mode] = Reliability(omega.omega, omega.se_log, reason=omega.reason)
    predictor = true @ np.array([*EFFECTS, COVARIATE_EFFECT]) + 0.2 * generator.normal(size=practitioners)
    of = np.repeat(np.arange(practitioners), CLIENTS)
    if family == "linear":
        outcome = predictor[of] + generator.normal(size=len(of))
    else:
        outcome = (generator.uniform(size=len(of)) < 1.0 / (1.0 + np.exp(-predictor[of]))).astype(float)
    frame = pd.DataFrame(items.mean(axis=2)[of], columns=list(MODES))
    frame = frame.assign(outcome=outcome, covariate=true[of, 3], practitioner_id=of.astype(str))
    columns = tuple(
        DesignColumn(name, name, name, "between", name, "1 SD", name in MODES, practitioner_level=True)
        for name in (*MODES, "covariate")
    )
    grouping = (Grouping("practitioner", ("practitioner_id",)),)
    design = Design(frame, columns, grouping, (), {"practitioner": practitioners}, 0, ())
    return Sample(design, reliabilities)


def estimates(found: Sample, family: str, seed: int) -> dict[str, np.ndarray] | None:
    """Observed, divided and corrected slopes of the modes per true SD; None where the fit failed."""
    design = found.design
    try:
        fit = fit_mixed(
            design.frame, "outcome", design.fixed, design.groupings, family_of(family).distribution
        )
    except EngineError:
        return None
    if not fit.converged:
        return None
    cap = df_cap(design.practitioners, design.practitioner_columns)
    if family == "linear":
        inference = linear_inference(fit, design.frame, design.groupings, design.fixed, cap)
    else:
        inference = working_inference(fit, design.frame, design.fixed, design.groupings, cap)
    corrected = correct_for_measurement_error(inference, design, found.reliabilities, DRAWS, seed)
    places = [inference.place(mode) for mode in MODES]
    low, high = (limit[places] for limit in inference.interval())
    observed = inference.beta[places]
    result = {
        "observed": observed,
        "observed_covers": (low <= EFFECTS) & (high >= EFFECTS),
        "divided": observed / RELIABILITY,
        "corrected": np.full(3, np.nan),
    }
    if not corrected[0].reason:
        limits = np.array([(one.ci_low, one.ci_high) for one in corrected[:3]])
        result |= {
            "corrected": np.array([one.estimate for one in corrected[:3]]),
            "corrected_covers": (limits[:, 0] <= EFFECTS) & (limits[:, 1] >= EFFECTS),
        }
    return result


def study(practitioners: int, family: str, replications: int, first: int = 0) -> pd.DataFrame:
    """One row per mode: means, Monte-Carlo errors, coverage, and the share without an estimate."""
    runs = []
    for replication in range(first, first + replications):
        generator = np.random.default_rng([20250101, practitioners, replication])
        found = estimates(sample(generator, practitioners, family), family, replication)
        if found is not None:
            runs.append(found)
    rows = []
    for k, mode in enumerate(MODES):
        row = {"family": family, "practitioners": practitioners, "mode": mode, "true": EFFECTS[k]}
        for kind in ("observed", "divided", "corrected"):
            values = np.array([run[kind][k] for run in runs])
            values = values[np.isfinite(values)]
            row[kind] = values.mean() if len(values) else np.nan
            row[f"{kind}_mc_error"] = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
            row[f"{kind}_median"] = np.median(values) if len(values) else np.nan
        for kind in ("observed", "corrected"):
            covers = [run[f"{kind}_covers"][k] for run in runs if f"{kind}_covers" in run]
            row[f"{kind}_coverage"] = np.mean(covers) if covers else np.nan
        row["not_estimated"] = float(np.mean([np.isnan(run["corrected"][k]) for run in runs]))
        rows.append({**row, "replications": len(runs)})
    return pd.DataFrame(rows)


def main() -> int:
    """Run the study and print it; ``--write`` puts it beside this file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--replications", type=int, default=1000)
    parser.add_argument("--practitioners", type=int, nargs="+", default=[15, 40, 100])
    parser.add_argument("--families", nargs="+", default=["linear", "logistic"])
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    parts = [study(j, family, given.replications) for family in given.families for j in given.practitioners]
    table = pd.concat(parts, ignore_index=True)
    print(table.round(4).to_string(index=False))
    if given.write:
        table.round(5).assign(date=date.today().isoformat()).to_csv(RESULT, index=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())

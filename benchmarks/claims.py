"""How often a false claim about a single mode is made where another mode does have an effect.

Simulated cohorts of clients of practitioners who differ in three correlated modes, of which none, one or two
have an effect. A claim about a mode is false where it has none. Per family, number of practitioners and
number of true modes: the share of cohorts with a false claim, and with a true one, where each mode is
looked at for itself, after the joint test of the three, and by closed testing (``multiplicity.closed``).

    .venv/bin/python benchmarks/claims.py --cohorts 1000 --write
"""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from alliance_modes.domain import ALPHA, MODES
from alliance_modes.models.design.design import Design, DesignColumn
from alliance_modes.models.design.random_structure import fit_structure
from alliance_modes.models.engine.glmm import EngineError
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.result import Estimate

CLIENTS, CORRELATION = 20, 0.4
EFFECTS = {"linear": 0.45, "logistic": 0.8}
"""Of a true mode, per SD: in SD of a client's outcome, and in log-odds; large, so that it is mostly found."""

PRACTITIONER_SD = 0.4
RULES = ("each alone", "after the joint test", "closed testing")
RESULT = Path(__file__).with_suffix(".csv")


def design_of(rng: np.random.Generator, practitioners: int, family: str, true: int) -> Design:
    """Clients of practitioners with three modes, the first ``true`` of which have an effect."""
    covariance = np.full((3, 3), CORRELATION) + (1 - CORRELATION) * np.eye(3)
    modes = rng.multivariate_normal(np.zeros(3), covariance, size=practitioners)
    modes = (modes - modes.mean(axis=0)) / modes.std(axis=0, ddof=1)
    effect = modes[:, :true].sum(axis=1) * EFFECTS[family] + PRACTITIONER_SD * rng.standard_normal(
        practitioners
    )
    of = np.repeat(np.arange(practitioners), CLIENTS)
    if family == "linear":
        outcome = effect[of] + rng.standard_normal(len(of))
    else:
        outcome = (rng.random(len(of)) < 1 / (1 + np.exp(-effect[of]))).astype(float)
    frame = pd.DataFrame(modes[of], columns=list(MODES)).assign(
        outcome=outcome, practitioner_id=of.astype(str)
    )
    columns = tuple(
        DesignColumn(mode, mode, mode, "between", mode, "1 SD", True, practitioner_level=True)
        for mode in MODES
    )
    grouping = (Grouping("practitioner", ("practitioner_id",)),)
    return Design(frame, columns, grouping, (), {"practitioner": practitioners}, 0, ())


def claimed(rows: tuple[Estimate, ...]) -> dict[str, list[bool]]:
    """Which modes are claimed, by rule."""
    joint = next(row.p for row in rows if row.estimand == "joint_test")
    single = {row.term: row for row in rows if row.estimand == "coefficient"}
    found: dict[str, list[bool]] = {rule: [] for rule in RULES}
    for mode in MODES:
        p, closed = single[mode].p, single[mode].p_closed
        assert p is not None and closed is not None and joint is not None
        for rule, value in zip(RULES, (p, max(p, joint), closed), strict=True):
            found[rule].append(value < ALPHA)
    return found


def measured(practitioners: int, family: str, true: int, cohorts: int, seed: int) -> list[dict]:
    """One row per rule."""
    rng = np.random.default_rng([seed, practitioners, true, *family.encode()])
    false: dict[str, list[bool]] = {rule: [] for rule in RULES}
    right: dict[str, list[bool]] = {rule: [] for rule in RULES}
    while len(false[RULES[0]]) < cohorts:
        design = design_of(rng, practitioners, family, true)
        try:
            structure = fit_structure(design, family_of(family).distribution)
        except EngineError:
            continue
        _, rows = family_of(family).estimates(design, structure, "ok")
        for rule, claims in claimed(rows).items():
            false[rule].append(any(claims[true:]))
            right[rule].append(any(claims[:true]))
    return [
        {
            "family": family,
            "practitioners": practitioners,
            "true_modes": true,
            "rule": rule,
            "cohorts": cohorts,
            "false_claim": round(float(np.mean(false[rule])), 4),
            "mc_error": round(float(np.std(false[rule])) / cohorts**0.5, 4),
            "true_claim": round(float(np.mean(right[rule])), 4) if true else np.nan,
        }
        for rule in RULES
    ]


def main() -> int:
    """Print the table; write it with ``--write``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cohorts", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help=f"write {RESULT.name}")
    asked = parser.parse_args()
    rows = []
    for family in EFFECTS:
        for practitioners in (40, 25):
            for true in (0, 1, 2):
                rows += measured(practitioners, family, true, asked.cohorts, asked.seed)
                print(f"{family} {practitioners} {true} done", file=sys.stderr)
    table = pd.DataFrame(rows).assign(date=date.today().isoformat())
    if asked.write:
        table.to_csv(RESULT, index=False)
    print(table.to_string(index=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Models whose groupings nest: the searches along the gradient beside glmm's, in time and result.

    .venv/bin/python benchmarks/many_rows.py [--fits 60] [--write]

`time`: one simulated cohort of each size (clients in groups of practitioners of sites), a fit with its SEs by
either. `same`: cohorts of 960 rows whose variances are all above zero, in part, or none, `--fits` of each,
fitted by either, and how often the log-likelihood of ours is lower by more than 1e-5, other variances are at
zero, or a coefficient is more than 1e-4 SE from glmm's. With --write the rows are kept in
`benchmarks/many_rows.csv`.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from alliance_modes.models.engine import glmm
from alliance_modes.models.engine.distributions import BINOMIAL, CLOGLOG, LOGISTIC, NORMAL, Distribution
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.nested import search
from alliance_modes.models.engine.nested.linear import fit as linear_fit
from alliance_modes.models.engine.prepared import Grouping
from one_thread import begin_again_with_one_thread

TABLE = Path(__file__).with_name("many_rows.csv")
PRACTITIONERS, GROUPS, CLIENTS = 5, 3, 8
NESTED = tuple(Grouping(name, (name,)) for name in ("practitioner", "group", "site"))
ROW = Grouping("row", ("row",))
SLOPED = tuple(replace(one, slopes=("x0",)) if one.name == "practitioner" else one for one in NESTED)
KINDS: dict[str, tuple[str | tuple[str, str], Distribution, tuple[Grouping, ...]]] = {
    "0/1": ("done", LOGISTIC, NESTED),
    "hazard": ("ended", CLOGLOG, NESTED),
    "counts": (("hits", "trials"), BINOMIAL, (*NESTED, ROW)),
    "0/1 with a slope": ("turned", LOGISTIC, SLOPED),
    "linear": ("score", NORMAL, NESTED),
    "slope": ("steep", NORMAL, SLOPED),
    "slope of none": ("score", NORMAL, SLOPED),
}
SITES = (8, 40, 80, 400)
SDS = ((0.5, 0.3, 0.2), (0.3, 0.15, 0.1), (0.15, 0.0, 0.1), (0.0, 0.0, 0.0))
"""Of groups, practitioners and sites."""

LOWER, APART = 1e-5, 1e-4
ENGINES = (search.ENGINE, linear_fit.ENGINE)


def main() -> None:
    """Measure, print, and keep the rows where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--fits", type=int, default=60, help="cohorts of each kind whose fits are compared")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    rows = []
    for row in (*_times(), *_same(asked.fits)):
        print(row, flush=True)
        rows.append(row)
    if asked.write:
        with TABLE.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, fieldnames=list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def _times() -> Iterator[dict[str, Any]]:
    for sites in SITES:
        data = _cohort(1, sites, SDS[0])
        for kind in ("0/1", "hazard", "0/1 with a slope", "linear", "slope", "slope of none"):
            for columns in (2, 14):
                theirs, seconds, ours, took = _both(data, kind, columns)
                yield _row("time", kind, len(data), columns, "", 1, ours, theirs) | {
                    "glmm_seconds": round(seconds, 3),
                    "ours_seconds": round(took, 3),
                }


def _same(fits: int) -> Iterator[dict[str, Any]]:
    for kind in KINDS:
        for sds in SDS:
            found = [_both(_cohort(1_000 + seed, 8, sds), kind, 2) for seed in range(fits)]
            rows = [_row("same", kind, 960, 2, sds, 1, ours, theirs) for theirs, _, ours, _ in found]
            counted = ("by_gradient", "lower", "other_zeros", "apart")
            yield rows[0] | {"fits": fits} | {name: sum(int(row[name]) for row in rows) for name in counted}


def _row(
    part: str, kind: str, rows: int, columns: int, sds: object, fits: int, ours: EngineFit, theirs: EngineFit
) -> dict[str, Any]:
    return {
        "part": part,
        "kind": kind,
        "rows": rows,
        "columns": columns,
        "sds": " ".join(map(str, sds)) if isinstance(sds, tuple) else "",
        "fits": fits,
        "by_gradient": int(ours.engine in ENGINES),
        "lower": int(ours.loglik < theirs.loglik - LOWER),
        "other_zeros": int(set(ours.pinned()) != set(theirs.pinned())),
        "apart": int(np.max(np.abs(ours.beta - theirs.beta) / theirs.se) > APART),
        "glmm_seconds": "",
        "ours_seconds": "",
    }


def _both(data: pd.DataFrame, kind: str, columns: int) -> tuple[EngineFit, float, EngineFit, float]:
    """glmm's fit and its processor seconds, and ours."""
    response, distribution, groupings = KINDS[kind]
    found: list[EngineFit] = []
    took: list[float] = []
    for least in (len(data), 0):
        glmm.MANY_ROWS = least
        began = time.process_time()
        names = [f"x{place}" for place in range(columns)]
        found.append(glmm.fit_mixed(data, response, names, groupings, distribution))
        took.append(time.process_time() - began)
    return found[0], took[0], found[1], took[1]


def _cohort(seed: int, sites: int, sds: tuple[float, float, float]) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(sites * PRACTITIONERS * GROUPS), CLIENTS)
    units = {"group": group, "practitioner": group // GROUPS, "site": group // (PRACTITIONERS * GROUPS)}
    columns = {f"x{place}": rng.standard_normal(len(group)) for place in range(14)}
    moved = [
        sd * rng.standard_normal(one.max() + 1)[one] for sd, one in zip(sds, units.values(), strict=True)
    ]
    predictor = -0.3 + 0.6 * columns["x0"] + sum(moved)
    trials = rng.integers(1, 9, len(group))
    steep = np.random.default_rng([seed, 1]).standard_normal(len(group))
    turn = 0.3 * steep[units["practitioner"]] * columns["x0"]
    chance = 1.0 / (1.0 + np.exp(-predictor))
    levels = {**units, "row": np.arange(len(group))}
    return pd.DataFrame(
        {
            **columns,
            "done": (rng.random(len(group)) < chance).astype(float),
            "ended": (rng.random(len(group)) < -np.expm1(-np.exp(predictor))).astype(float),
            "hits": rng.binomial(trials, chance).astype(float),
            "trials": trials.astype(float),
            "turned": (rng.random(len(group)) < 1.0 / (1.0 + np.exp(-predictor - turn))).astype(float),
            "score": (score := predictor + rng.standard_normal(len(group))),
            "steep": score + turn,
            **{name: pd.Series(codes).map("{:05d}".format) for name, codes in levels.items()},
        }
    )


if __name__ == "__main__":
    begin_again_with_one_thread()
    main()

"""Known effects of a demonstration cohort: the truth of the observed-score estimand.

    python benchmarks/known_effects.py demo_2024 --blocks 28 --practitioners 200
    python benchmarks/known_effects.py demo_2024 --against reports/demo_2024/internal/tables/estimates.csv

Simulates blocks of many practitioners from the cohort's truth.yaml (untidiness off; as many groups,
clients and items per practitioner, and practitioners per site, as there), takes each block through the
project's own cleaning, scoring, derivation and models of config/plan.yaml, and writes the mean over the
blocks of every coefficient of the primary and secondary outcomes to data/raw/<cohort>/known_effects.csv,
with a record of the run beside it (known_effects.json). Finished blocks are kept under
.alliance_modes/known_effects/ and are not run again: stop it and start it when you like. The second form
counts the known effects inside a cohort's 95 % intervals. See docs/generator.md for what the numbers mean.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from alliance_modes.ground.files import read_json, write_csv, write_json
from alliance_modes.models.inference.estimated import Refused
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.models.result import Estimate
from alliance_modes.plan.plan import Plan, load_plan
from alliance_modes.plan.terms import Outcome, PlannedModel
from alliance_modes.recovery.cohorts import simulated_cohort
from alliance_modes.recovery.truths import block_truth
from alliance_modes.simulate import Truth, load_truth

ROOT = Path(__file__).resolve().parents[1]
BLOCKS = ROOT / ".alliance_modes" / "known_effects"
KEY = ["model", "outcome", "term", "level", "estimand"]
STREAM = 20_240_000
"""Keeps the seeds of the blocks apart from every other use of a cohort's seed."""


def block_estimates(truth: Truth, plan: Plan) -> list[dict]:
    """Every coefficient of every model of the plan on one simulated cohort, also standardised and as ratios.

    Returns
    -------
    list of dict
        The columns of ``KEY`` and ``estimate``; estimates that were not made are left out.
    """
    tables = simulated_cohort(truth, plan).tables
    return [
        {
            "model": name,
            "outcome": outcome.name,
            "term": row.term,
            "level": row.level,
            "estimand": row.estimand,
            "estimate": row.estimate,
        }
        for name, model, outcome in confirmatory_outcomes(plan)
        for row in _estimates(plan, model, outcome, tables)
        if row.estimate is not None
    ]


def confirmatory_outcomes(plan: Plan) -> Iterator[tuple[str, PlannedModel, Outcome]]:
    """The outcomes with a primary or secondary claim: rare ends would take very many blocks to pin down."""
    for name, model in plan.models.items():
        for outcome in model.outcomes:
            if model.claim_of(outcome) != "exploratory":
                yield name, model, outcome


def _estimates(
    plan: Plan, model: PlannedModel, outcome: Outcome, tables: Mapping[str, pd.DataFrame]
) -> tuple[Estimate, ...]:
    found = estimate_outcome(plan.predictors, model, outcome, tables[model.table])
    return () if isinstance(found, Refused) else found.estimates


def known_effects(blocks: list[list[dict]], practitioners: int) -> pd.DataFrame:
    """Mean over blocks with its Monte-Carlo standard error; odds ratios are averaged as logarithms.

    Parameters
    ----------
    blocks : list of list of dict
        ``block_estimates`` of each block.
    practitioners : int
        Practitioners per block.

    Returns
    -------
    DataFrame
        ``KEY``, value, mc_se (SD over blocks / root of their number), practitioners (in all the
        blocks in which the estimate was made), in the order of the models.
    """
    rows = pd.concat([pd.DataFrame(block).assign(block=i) for i, block in enumerate(blocks)])
    ratio = (rows["estimand"] == "odds_ratio").to_numpy()
    rows["estimate"] = np.where(ratio, np.log(np.where(ratio, rows["estimate"], 1.0)), rows["estimate"])
    summary = rows.groupby(KEY, sort=False)["estimate"].agg(["mean", "std", "size"]).reset_index()
    error = summary["std"] / np.sqrt(summary["size"])
    ratio = summary["estimand"] == "odds_ratio"
    value = summary["mean"].mask(ratio, np.exp(summary["mean"]))
    return summary[KEY].assign(
        value=value,
        mc_se=error.mask(ratio, error * value),
        practitioners=summary["size"] * practitioners,
    )


def inside(known: pd.DataFrame, estimates: pd.DataFrame) -> pd.DataFrame:
    """The known effects that a cohort's 95 % intervals can be held against, and which lie inside.

    Parameters
    ----------
    known : DataFrame
        ``known_effects``.
    estimates : DataFrame
        ``estimates.csv`` of the same cohort.

    Returns
    -------
    DataFrame
        One row per known coefficient (intercepts left out) with an interval: ``KEY``, value,
        ci_low, ci_high, inside. One row per effect: other scales of it are not counted again.
    """
    bounds = estimates[[*KEY, "ci_low", "ci_high"]].fillna({"level": ""})
    both = known.fillna({"level": ""}).merge(bounds, on=KEY, validate="one_to_one")
    both = both[(both["estimand"] == "coefficient") & (both["term"] != "(Intercept)")]
    both = both.dropna(subset=["ci_low", "ci_high"])
    return both.assign(inside=both["value"].between(both["ci_low"], both["ci_high"]))


SHOWN = {
    *("label", "reason", "unit", "title", "hypothesis", "claim", "estimand", "tested", "curves"),
    *("rater", "shown", "at_a_glance", "heading", "section"),
    *("when_present", "reduced_keeps_claim", "pooled_below"),
}
"""Keys of a plan that decide what is told, or what a cohort without a column or few people gets."""

ABSENT = (("exposure", None), ("at_least", None), ("quadrature_nodes", None))
"""Keys without which an outcome or a model is what it was before there were such keys."""


def basis(truth: Truth, plan: Plan) -> dict[str, str]:
    """SHA-256 of what the known effects depend on: the truth, and the plan's models in substance."""
    models = {name: model.model_dump(mode="json", exclude=SHOWN) for name, model in plan.models.items()}
    for name, whole in models.items():
        models[name] = model = {key: one for key, one in whole.items() if (key, one) not in ABSENT}
        model["outcomes"] = [
            {key: value for key, value in outcome.items() if key not in SHOWN and (key, value) not in ABSENT}
            for outcome in model["outcomes"]
        ]
    predictors = {
        name: predictor.model_dump(mode="json", exclude=SHOWN) for name, predictor in plan.predictors.items()
    }
    exposure = plan.exposure.model_dump(mode="json")
    substance = json.dumps([models, predictors, exposure], sort_keys=True)
    tidy = truth.tidy().model_dump_json()
    return {
        "truth": hashlib.sha256(tidy.encode()).hexdigest(),
        "plan": hashlib.sha256(substance.encode()).hexdigest(),
    }


def main() -> None:
    """Run the blocks that are not there yet, and write the table."""
    parser = argparse.ArgumentParser(description="Known effects of a demonstration cohort.")
    parser.add_argument("cohort")
    parser.add_argument("--blocks", type=int, default=28)
    parser.add_argument("--practitioners", type=int, default=280, help="per block")
    parser.add_argument("--against", type=Path, help="only compare with this estimates.csv")
    options = parser.parse_args()
    folder = ROOT / "data" / "raw" / options.cohort
    if options.against:
        compared = inside(pd.read_csv(folder / "known_effects.csv"), pd.read_csv(options.against))
        counts = compared.groupby("model", sort=False)["inside"].agg(["sum", "size"])
        print(counts.rename(columns={"sum": "inside", "size": "known"}).to_string())
        print(f"{compared['inside'].sum()} of {len(compared)} known effects inside their 95 % intervals")
        return
    truth, plan = load_truth(folder / "truth.yaml"), load_plan(ROOT / "config" / "plan.yaml")
    depends = basis(truth, plan)
    fingerprint = hashlib.sha256(json.dumps([depends, options.practitioners]).encode()).hexdigest()[:16]
    blocks, begun, made = [], time.monotonic(), 0
    for block in range(options.blocks):
        path = BLOCKS / f"{options.cohort}-{fingerprint}" / f"block_{block:04d}.json"
        if not path.exists():
            write_json(block_estimates(block_truth(truth, block, options.practitioners, STREAM), plan), path)
            made += 1
            left = (time.monotonic() - begun) / made * (options.blocks - block - 1)
            print(f"{options.cohort}: block {block + 1} of {options.blocks}, about {left / 60:.0f} min left")
            sys.stdout.flush()
        blocks.append(read_json(path))
    write_csv(known_effects(blocks, options.practitioners), folder / "known_effects.csv")
    command = (
        f"python benchmarks/known_effects.py {options.cohort} "
        f"--blocks {options.blocks} --practitioners {options.practitioners}"
    )
    record = {"command": command, "date": date.today().isoformat(), "sha256": depends}
    write_json(record, folder / "known_effects.json")
    print(f"{options.cohort}: data/raw/{options.cohort}/known_effects.csv")


if __name__ == "__main__":
    main()

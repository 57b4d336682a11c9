"""The models of one cohort's run in R: the same designs, df, imputation, leaving out and bootstrap.

    .venv/bin/python benchmarks/r_same_work.py [--cohort demo_2024] [--part 5] [--write]

Needs the results of ``alliance-modes run`` for the cohort, and Rscript with lme4, lmerTest, pbkrtest,
mice, and jsonlite. Every outcome's rows and formula are written for R, which fits them with lmer
(Satterthwaite's df, and Kenward and Roger's of primary outcomes) and glmer; leaves out each practitioner
and site of the primary outcomes that the plan names; draws from the null model and refits both models;
and completes the enrolments with mice (pmm) and refits. Repetitions are timed on the first ``--part`` of
them and scaled. Both sides count processor time in one process after its imports, with one thread.
--write puts the rows into ``benchmarks/r_same_work.csv``. Ours does more in the same steps: percentage
points and curves, profile intervals of variances, checks and second engines.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from alliance_modes.dictionary.derive import TABLES as DERIVE
from alliance_modes.dictionary.measurement import TABLES as MEASUREMENT
from alliance_modes.dictionary.result_table import read_each
from alliance_modes.imputation.analysis import imputed_estimates
from alliance_modes.imputation.tables import incomplete_tables
from alliance_modes.imputation.tipping import tipping_points
from alliance_modes.models.effects.measurement_error import reliabilities_of
from alliance_modes.models.engine.prepared import prepare
from alliance_modes.models.fitting import fit_model
from alliance_modes.models.inference.estimated import Estimated
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.models.refitting.bootstrap_check import bootstrap_model
from alliance_modes.models.refitting.influence import influence_model
from alliance_modes.plan import parts
from alliance_modes.plan.plan import Plan
from alliance_modes.running.jobs import JOB_ENVIRONMENT

ROOT = Path(__file__).resolve().parents[1]
TABLE, PROGRAM = Path(__file__).with_suffix(".csv"), Path(__file__).with_suffix(".R")
Tables = dict[str, pd.DataFrame]


def ours(plan: Plan, tables: Tables, reliability: Path) -> dict[str, float]:
    """Processor seconds by step, and how many draws and completed data sets there were."""
    seconds: dict[str, float] = {}

    def timed(step: str, make: Callable, *given: object) -> Any:
        begun = time.process_time()
        made = make(*given)
        seconds[step] = seconds.get(step, 0.0) + time.process_time() - begun
        return made

    known = reliabilities_of(MEASUREMENT["exposure_reliability"].read(reliability))
    results = {
        name: timed("models", fit_model, parts.model_task(plan, name), tables, known) for name in plan.models
    }
    for name in plan.influence.models:
        timed("leaving out", influence_model, parts.model_task(plan, name), tables, results[name])
    for name in plan.bootstrap.models:
        task = parts.bootstrap_task(plan, name)
        checks = timed("bootstrap", bootstrap_model, task, tables, results[name])
        seconds["draws"] = seconds.get("draws", 0.0) + sum(one.test.draws for one in checks.checks)
    made = timed("imputation", imputed_estimates, parts.imputation_task(plan), tables)
    timed("tipping", tipping_points, parts.imputation_task(plan), tables)
    seconds["sets"] = float(made["m"].max())
    return seconds


def write_for_r(plan: Plan, tables: Tables, folder: Path) -> None:
    """One CSV per outcome, the incomplete enrolments, and ``outcomes.json`` of what is to be done."""
    asked = []
    for name, model in plan.models.items():
        for outcome in model.outcomes:
            found = estimate_outcome(plan.predictors, model, outcome, tables.get(model.table))
            if not isinstance(found, Estimated):
                continue
            design, structure = found.design, found.structure
            groupings, fixed = structure.groupings, design.fixed
            rows = prepare(design.frame, design.response, fixed, groupings, offset=design.offset)
            file = f"{name}.{outcome.name}.csv"
            rows.frame.to_csv(folder / file, index=False)
            tested = {column.name for column in design.columns if column.tested}
            null = prepare(
                *(design.frame, design.response, [one for one in fixed if one not in tested], groupings),
                offset=design.offset,
            )
            primary = model.claim_of(outcome) == "primary"
            asked.append(
                {
                    "file": file,
                    "formula": rows.formula,
                    "null": null.formula,
                    "linear": structure.fit.distribution.normal,
                    "link": structure.fit.distribution.link.name,
                    "primary": primary,
                    "left_out": primary and name in plan.influence.models,
                    "drawn": primary and name in plan.bootstrap.models,
                    "imputed": model.claim_of(outcome) in plan.imputation.claims
                    and name in plan.imputation.models,
                    "tipping": primary
                    and structure.fit.distribution.name == "binomial"
                    and name == "completion",
                }
            )
    model = plan.models["completion"]
    incomplete = incomplete_tables(model, model.outcomes, plan.predictors, tables)
    incomplete.clients.to_csv(folder / "enrolments.csv", index=False)
    (folder / "outcomes.json").write_text(json.dumps(asked))


def main() -> int:
    """Time both sides and print them; with --write keep them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cohort", default="demo_2024")
    parser.add_argument("--part", type=int, default=5, help="repetitions that R is timed on")
    parser.add_argument("--write", action="store_true")
    wanted = parser.parse_args()
    if any(os.environ.get(name) != value for name, value in JOB_ENVIRONMENT.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **JOB_ENVIRONMENT})
    plan = Plan()
    processed = ROOT / "data/processed" / wanted.cohort
    names = ("alliance", "enrolment", "session", "practitioner")
    tables = read_each(DERIVE, [processed / f"analysis/{name}.parquet" for name in names])
    reliability = ROOT / "reports" / wanted.cohort / "internal/tables/exposure_reliability.csv"
    seconds = ours(plan, tables, reliability)
    with tempfile.TemporaryDirectory() as name:
        write_for_r(plan, tables, Path(name))
        sets, draws = int(seconds.pop("sets")), int(seconds.pop("draws"))
        command = ["Rscript", "--vanilla", str(PROGRAM), name, str(wanted.part), str(draws), str(sets)]
        subprocess.run(command, check=True, env={**os.environ, "LC_ALL": "C"})
        theirs = pd.read_csv(Path(name) / "seconds.csv").set_index("step")["seconds"]
    table = pd.DataFrame({"r_seconds": theirs, "seconds": pd.Series(seconds)}).rename_axis("step")
    table = table.reindex(theirs.index)
    table.loc["all"] = table.sum()
    table["ratio"] = table["r_seconds"] / table["seconds"]
    table = (
        table.round(1)
        .reset_index()
        .assign(
            cohort=wanted.cohort,
            draws=draws,
            sets=sets,
            load=round(os.getloadavg()[0], 1),
            date=date.today().isoformat(),
        )
    )
    print(table.to_string(index=False))
    if wanted.write:
        table.to_csv(TABLE, index=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())

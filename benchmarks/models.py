"""Time and memory of single outcomes on a simulated cohort of 60,000 enrolments.

    nice .venv/bin/python benchmarks/models.py [--enrolments 60000] [--only dropout] [--whole] [--limit 600]

Simulates the cohort of data/raw/demo_2024/truth.yaml, tidy and larger, takes it through cleaning, scoring
and derivation (kept under .alliance_modes/models_benchmark/), and fits one outcome at a time in a process
of its own. Adds a row per outcome to benchmarks/models.csv. See benchmarks/README.md for the columns.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "benchmarks" / "models.csv"
KEPT = ROOT / ".alliance_modes" / "models_benchmark"
OUTCOMES = {
    "engagement": ("session_engagement", 10),
    "alliance": ("client_goal", 10),
    "completion": ("completed", 30),
    "dropout_modes": ("dropped_out", 60),
    "dropout": ("dropped_out", 60),
}
"""Outcome of each model, and the seconds that its engine fit may take."""

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
EVERY_SECONDS = 0.1
MIB = 2**20


def main() -> None:
    """Prepare the tables, measure every outcome, add the rows."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--enrolments", type=int, default=60_000)
    parser.add_argument("--only", choices=OUTCOMES, help="one model")
    parser.add_argument("--whole", action="store_true", help="also all that is made of a fit for a reader")
    parser.add_argument("--limit", type=float, default=600, help="seconds after which an outcome is stopped")
    parser.add_argument("--child", choices=("prepare", *OUTCOMES), help=argparse.SUPPRESS)
    options = parser.parse_args()
    folder = KEPT / str(options.enrolments)
    if options.child == "prepare":
        prepare(folder, options.enrolments)
        return
    if options.child:
        print(json.dumps(measure(folder, options.child, options.whole)))
        return
    if not (folder / "session.parquet").exists():
        _child("prepare", options)
    for model in [options.only] if options.only else OUTCOMES:
        row, peak = _child(model, options)
        _add(_described(options.enrolments) | row | {"peak_rss_mib": peak})


def prepare(folder: Path, enrolments: int) -> None:
    """Simulate, clean, score and derive; write the analysis tables."""
    from alliance_modes.cleaning.clean import clean_cohort
    from alliance_modes.derive import derive_cohort
    from alliance_modes.files import write_parquet
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.plan import load_plan
    from alliance_modes.scoring import score_cohort
    from alliance_modes.simulate import load_truth, simulate_tables

    truth = load_truth(ROOT / "data/raw/demo_2024/truth.yaml").tidy().with_size(enrolments)
    plan, instruments = load_plan(ROOT / "config/plan.yaml"), load_instruments()
    lock = truth.calendar.data_lock
    clean = clean_cohort(simulate_tables(truth).tables, None, plan.cleaning, lock, instruments)
    scores = score_cohort(clean.tables, instruments)
    derived = derive_cohort(clean.tables, scores, clean.account, plan.exposure, lock)
    for name in ("alliance", "session", "enrolment"):
        write_parquet(getattr(derived, name), folder / f"{name}.parquet")


def measure(folder: Path, name: str, whole: bool) -> dict[str, object]:
    """Fit one outcome: the engine alone, and where asked for all that ``fit_model`` makes of it."""
    from alliance_modes.files import read_table
    from alliance_modes.models.design import build_design
    from alliance_modes.models.fitting import fit_model
    from alliance_modes.models.periods import in_periods
    from alliance_modes.models.structure import fit_structure
    from alliance_modes.plan import load_plan

    plan = load_plan(ROOT / "config/plan.yaml")
    model = plan.models[name]
    outcome = next(one for one in model.outcomes if one.name == OUTCOMES[name][0])
    table = read_table(folder / f"{model.table}.parquet")
    design = build_design(table, model, outcome, plan.predictors)
    rows = len(design.frame)
    design = in_periods(design) if model.family == "cloglog" else design
    engine = _timed(lambda: fit_structure(design, model))
    made: dict = {"seconds": "", "cpu": ""}
    if whole:
        one = plan.model_copy(update={"models": {name: model.model_copy(update={"outcomes": (outcome,)})}})
        made = _timed(lambda: fit_model(name, one, {model.table: table}))
    return {
        "model": name,
        "outcome": outcome.name,
        "family": model.family,
        "rows": rows,
        "engine_rows": len(design.frame),
        "engine_seconds": engine["seconds"],
        "engine_cpu_seconds": engine["cpu"],
        "bar_seconds": OUTCOMES[name][1],
        "whole_seconds": made["seconds"],
        "whole_cpu_seconds": made["cpu"],
        "converged": engine["result"].fit.converged,
    }


def _timed(work) -> dict:
    wall, cpu = time.monotonic(), time.process_time()
    result = work()
    return {
        "result": result,
        "seconds": round(time.monotonic() - wall, 1),
        "cpu": round(time.process_time() - cpu, 1),
    }


def _child(name: str, options: argparse.Namespace) -> tuple[dict, int]:
    """Run one part in a process of its own; what it says, and the peak of its tree's memory in MiB."""
    command = [sys.executable, str(Path(__file__)), "--child", name, "--enrolments", str(options.enrolments)]
    command += ["--whole"] if options.whole else []
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | ONE_THREAD)
    tree, peak, begun = psutil.Process(process.pid), 0, time.monotonic()
    while process.poll() is None:
        peak = max(peak, _memory(tree))
        time.sleep(EVERY_SECONDS)
        if name != "prepare" and time.monotonic() - begun > options.limit:
            process.kill()
            process.wait()
            return _stopped(name, options.limit), round(peak / MIB)
    if process.returncode:
        sys.exit(f"{name} failed; nothing was noted")
    said = process.stdout.read()
    return (json.loads(said) if said.strip() else {}), round(peak / MIB)


def _stopped(name: str, limit: float) -> dict[str, object]:
    """The row of an outcome that was stopped at the limit, reading and building its rows included."""
    outcome, bar = OUTCOMES[name]
    blank = dict.fromkeys(("family", "rows", "engine_rows"), "")
    after = dict.fromkeys(("whole_seconds", "whole_cpu_seconds", "converged"), "")
    over = {"engine_seconds": f"> {limit:g}", "engine_cpu_seconds": "", "bar_seconds": bar}
    return {"model": name, "outcome": outcome, **blank, **over, **after}


def _memory(tree: psutil.Process) -> int:
    try:
        return sum(one.memory_info().rss for one in (tree, *tree.children(recursive=True)))
    except psutil.Error:
        return 0


def _described(enrolments: int) -> dict[str, object]:
    return {
        "date": date.today().isoformat(),
        "command": f"benchmarks/models.py --enrolments {enrolments}",
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
    }


def _add(row: dict[str, object]) -> None:
    new = not TABLE.exists()
    with TABLE.open("a", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(row), lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)
    print(", ".join(f"{key} {value}" for key, value in row.items()))


if __name__ == "__main__":
    main()

"""How long a specification curve takes, beside a plain loop over the model function.

    .venv/bin/python benchmarks/specifications.py --at-most 150 --of-loop 10 --write

The curve: every specification of a demonstration cohort (simulated from its truth), parts on two processes.
The loop: for so many of the same specifications, evenly spread, tables are cleaned, scored and derived and
the model fitted by ``fit_model``, one after the other; its time is scaled to all of them. Both are timed in
the same run, by the processor and by the clock; simulating the cohort is not counted. With --write the row
is added to benchmarks/specifications.csv.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from alliance_modes.ground.files import write_csv
from alliance_modes.instruments.model import load_instruments
from alliance_modes.models.fitting import fit_model
from alliance_modes.plan.parts import ModelTask, SpecificationsTask, specifications_task
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.relations.specifications import PLANNED, Specifications
from alliance_modes.relations.fitted import Asked
from alliance_modes.relations.specifications.data import OfCleaned, cleaned_by
from alliance_modes.relations.specifications.listed import Specification, listed, outcomes_of
from alliance_modes.relations.specifications.part import specifications_part
from alliance_modes.relations.specifications.result import SpecificationsPart
from alliance_modes.relations.specifications.varied import varied
from alliance_modes.simulate import load_truth, simulate_tables

TRUTH = Path(__file__).parents[1] / "data/raw/demo_2024/truth.yaml"
RESULT = Path(__file__).with_suffix(".csv")


def main() -> None:
    """Time both and print what they took."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--at-most", type=int, default=150, help="specifications of each outcome")
    parser.add_argument("--of-loop", type=int, default=10, help="specifications that the loop fits")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="keep the row in benchmarks/specifications.csv")
    asked = parser.parse_args()
    task = _task(asked.at_most)
    every = [(one, each) for one in outcomes_of(task) for each in listed(one, task)]
    started = time.perf_counter()
    with multiprocessing.Pool(asked.processes) as pool:
        tasks = [(asked.at_most, part) for part in task.settings(Specifications).parts]
        parts = pool.map(_part, tasks, chunksize=1)
    elapsed = time.perf_counter() - started
    raw_cohort()
    some = [every[place] for place in np.linspace(0, len(every) - 1, asked.of_loop).astype(int)]
    loop, loop_elapsed = _timed(lambda: _plainly(task, some))
    scale = len(every) / len(some)
    row = {
        "specifications": len(every),
        "fitted": sum(len({fit.content for fit in part.fits}) for part, _ in parts),
        "processes": asked.processes,
        "curve_cpu_s": sum(seconds for _, seconds in parts),
        "curve_s": elapsed,
        "loop_of": len(some),
        "loop_cpu_s": loop * scale,
        "loop_s": loop_elapsed * scale,
        "times_cpu": loop * scale / sum(seconds for _, seconds in parts),
        "made_on": date.today().isoformat(),
    }
    table = pd.DataFrame([row]).round(2)
    print(table.T.to_string(header=False))
    if asked.write:
        before = [pd.read_csv(RESULT)] if RESULT.is_file() else []
        write_csv(pd.concat([*before, table]), RESULT)


def _task(at_most: int) -> SpecificationsTask:
    plan = Plan()
    settings = plan.relations.specifications.model_copy(update={"at_most": at_most})
    relations = plan.relations.model_copy(update={"specifications": settings})
    return specifications_task(plan.model_copy(update={"relations": relations}))


@cache
def raw_cohort() -> tuple[Mapping[str, pd.DataFrame], date]:
    """The typed tables of the cohort, and its data lock."""
    truth = load_truth(TRUTH)
    return simulate_tables(truth).tables, truth.calendar.data_lock


def _data(task: SpecificationsTask, careless: str) -> OfCleaned:
    tables, data_lock = raw_cohort()
    instruments = load_instruments()
    cleaned = cleaned_by(task, careless, tables, data_lock, instruments)
    return OfCleaned(task, careless, cleaned, data_lock, instruments)


def _part(asked: tuple[int, str]) -> tuple[SpecificationsPart, float]:
    """One part and the processor seconds of all but simulating the cohort."""
    at_most, careless = asked
    task = _task(at_most)
    data = _data(task, careless)
    started = time.process_time()
    part = specifications_part(task, careless, data.tables_of)
    return part, time.process_time() - started


def _plainly(task: SpecificationsTask, some: Iterable[tuple[Asked, Specification]]) -> None:
    for one, specification in some:
        _plain(task, one, specification)


def _plain(task: SpecificationsTask, one: Asked, specification: Specification) -> None:
    """One specification as a loop would make it: its own tables, and the whole model function."""
    options = specification.options
    tables = _data(task, options.get("careless", PLANNED)).tables_of(options)
    if tables is None:
        raise SystemExit(f"no tables of {options}")
    asked = varied(one, options, task, tables)
    model = asked.model.model_copy(update={"outcomes": (asked.outcome,)})
    predictors = dict(asked.predictors)
    name = one.part.partition(".")[0]
    whole = ModelTask(name=name, seed=task.seed, draws=task.draws, predictors=predictors, model=model)
    fit_model(whole, {model.table: asked.table})


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    processor, clock = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - processor, time.perf_counter() - clock


if __name__ == "__main__":
    main()

"""What the key audit finds: every item of WAI-36 keyed the wrong way in turn, and clean cohorts.

    .venv/bin/python benchmarks/keying.py [--cohorts 200] [--clean 2000] [--respondents 150]

Answers come from the project's generator: the graded response model of WAI-36 in
data/raw/demo_2024/truth.yaml, its discriminations multiplied by a factor (1: as there; smaller:
noisier items). Writes benchmarks/keying.csv.
"""

from __future__ import annotations

import argparse
import time
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from alliance_modes.ground.files import write_csv
from alliance_modes.instruments.model import Instrument, load_instruments
from alliance_modes.instruments.responses import keyed_values
from alliance_modes.measurement.keys.audit import Audit
from alliance_modes.simulate import Truth, load_truth
from alliance_modes.simulate.measures import GradedItems
from alliance_modes.simulate.responses import graded_responses, item_latents
from alliance_modes.simulate.streams import correlated

ROOT = Path(__file__).resolve().parents[1]
TRUTH = ROOT / "data" / "raw" / "demo_2024" / "truth.yaml"
TABLE = ROOT / "benchmarks" / "keying.csv"
SEED = 20_261_124
FACTORS = (1.0, 0.5, 0.3, 0.2, 0.15, 0.1)


@cache
def _truth() -> Truth:
    return load_truth(TRUTH)


def item_parameters(instrument: Instrument, factor: float) -> GradedItems:
    """The truth's parameters of WAI-36, as many as the instrument needs, on its response categories."""
    truth = _truth().responses.items.wai_36
    steps = np.interp(
        np.linspace(0, 1, int(instrument.range.high - instrument.range.low)),
        np.linspace(0, 1, len(truth.steps)),
        truth.steps,
    )
    return GradedItems(
        discrimination=tuple(factor * value for value in truth.discrimination[: instrument.items]),
        location=truth.location[: instrument.items],
        steps=tuple(steps),
    )


def answers_of(instrument: Instrument, people: int, rng: np.random.Generator, factor: float) -> np.ndarray:
    """Answers as ``people`` independent respondents tick them; subscales correlate as in the truth."""
    correlation = _truth().alliance.component_correlation
    latent = correlated(rng, people, 1.0, correlation)[:, : len(instrument.subscales)]
    spread = item_latents(latent, tuple(instrument.subscales), instrument)
    return graded_responses(spread, item_parameters(instrument, factor), instrument, rng)


def planted_errors(
    instrument: Instrument, factor: float, cohorts: int, seed: int, people: int = 150
) -> tuple[np.ndarray, np.ndarray]:
    """Turn each item of each simulated cohort in turn, and audit.

    Returns
    -------
    caught : array of bool, cohorts x items
        The turned item was called wrong.
    alarms : array of int, cohorts x items
        Other items that were called wrong beside it.
    """
    caught = np.zeros((cohorts, instrument.items), dtype=bool)
    alarms = np.zeros((cohorts, instrument.items), dtype=int)
    for cohort in range(cohorts):
        keyed = _cohort(instrument, factor, people, seed, cohort)
        for item in range(instrument.items):
            turned = keyed.copy()
            turned[:, item] = instrument.range.low + instrument.range.high - turned[:, item]
            wrong = Audit(instrument, turned).wrong
            caught[cohort, item] = wrong[item]
            alarms[cohort, item] = wrong.sum() - wrong[item]
    return caught, alarms


def clean_alarms(instrument: Instrument, factor: float, cohorts: int, seed: int, people: int) -> np.ndarray:
    """Items called wrong in each of ``cohorts`` clean cohorts."""
    return np.array(
        [
            Audit(instrument, _cohort(instrument, factor, people, seed, cohort)).wrong.sum()
            for cohort in range(cohorts)
        ]
    )


def _cohort(instrument: Instrument, factor: float, people: int, seed: int, cohort: int) -> np.ndarray:
    rng = np.random.default_rng([seed, round(1000 * factor), cohort])
    return keyed_values(answers_of(instrument, people, rng, factor), instrument)


def _median_item_rest(instrument: Instrument, factor: float) -> float:
    """Of an item with its subscale, in a large clean cohort."""
    audit = Audit(instrument, _cohort(instrument, factor, 20_000, SEED + 1, 0))
    return float(np.median(np.concatenate([audit.fits[name].item_rest for name in instrument.subscales])))


def study(factor: float, cohorts: int, clean: int, people: int) -> list[dict]:
    """The rows of ``keying.csv`` of one factor: reversed items, unreversed items, clean cohorts."""
    wai = load_instruments()["wai_36"]
    caught, alarms = planted_errors(wai, factor, cohorts, SEED, people)
    reversed_ = np.isin(np.arange(1, wai.items + 1), wai.reversed)
    typical = round(_median_item_rest(wai, factor), 3)
    rows = [
        {
            "discrimination_factor": factor,
            "median_item_rest": typical,
            "planted": planted,
            "respondents": people,
            "cohorts": cohorts,
            "audits": int(cohorts * which.sum()),
            "detected": round(float(caught[:, which].mean()), 4),
            "least_detected_item": round(float(caught[:, which].mean(axis=0).min()), 4),
            "audits_with_false_alarm": round(float((alarms[:, which] > 0).mean()), 5),
        }
        for planted, which in (
            ("a reversed item unreversed", reversed_),
            ("an unreversed item reversed", ~reversed_),
        )
    ]
    false = clean_alarms(wai, factor, clean, SEED + 2, people)
    none = {"planted": "nothing", "cohorts": clean, "audits": clean}
    none |= {"audits_with_false_alarm": round(float((false > 0).mean()), 5)}
    return [
        *rows,
        {"discrimination_factor": factor, "median_item_rest": typical, "respondents": people} | none,
    ]


def main() -> None:
    """Run the study and write its table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cohorts", type=int, default=200, help="with each item turned in turn")
    parser.add_argument("--clean", type=int, default=2000, help="clean cohorts")
    parser.add_argument("--respondents", type=int, default=150)
    wanted = parser.parse_args()
    began, rows = time.monotonic(), []
    for factor in FACTORS:
        rows += study(factor, wanted.cohorts, wanted.clean, wanted.respondents)
        print(f"factor {factor:g} done after {time.monotonic() - began:.0f} s", flush=True)
    command = (
        f"benchmarks/keying.py --cohorts {wanted.cohorts} --clean {wanted.clean} "
        f"--respondents {wanted.respondents}"
    )
    columns = list(rows[0])
    write_csv(pd.DataFrame(rows)[columns].assign(date=date.today().isoformat(), command=command), TABLE)


if __name__ == "__main__":
    main()

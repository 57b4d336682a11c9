"""The units and the cells of a release, for another program that checks outputs; `acro.sh` runs it.

Reads what a run has made. Writes a CSV of units per population, and `cells.json`: each count of the release
by the values of the columns it is of, with why it is withheld. The folder holds data of people.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from alliance_modes.dictionary.scoring import TABLES as SCORING
from alliance_modes.ground import layout
from alliance_modes.instruments.model import load_instruments
from alliance_modes.release.cohort import asked_of, protected
from alliance_modes.reports.facts.asked.requests import ENROLMENTS, PRACTITIONERS
from alliance_modes.reports.facts.asked.units import enrolment_units, practitioner_units
from alliance_modes.reports.inputs import read_inputs
from alliance_modes.running.config import load_config


def main(cohort: str, folder: str) -> None:
    """Write units and cells of a cohort to a folder."""
    os.umask(0o077)
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    config = load_config()
    inputs = read_inputs(
        config.folder(cohort), config.plan, layout.processed(cohort), layout.report(cohort, "internal")
    )
    enrolments, practitioners = inputs.analysis["enrolment"], inputs.analysis["practitioner"]
    enrolment_units(enrolments).to_csv(out / f"{ENROLMENTS}.csv", index=False)
    practitioner_units(practitioners, enrolments).to_csv(out / f"{PRACTITIONERS}.csv", index=False)
    scores = SCORING["scores"].read(layout.processed(cohort, "scores.parquet"))
    asked = asked_of(inputs, scores, load_instruments(layout.STUDY_INSTRUMENTS))
    released, _ = protected(inputs, asked, ())
    cells = [
        {
            "population": one.population,
            "where": [[column, list(values)] for column, values in one.where],
            "reason": released.withheld.get(one),
        }
        for one in released.counts
    ]
    (out / "cells.json").write_text(json.dumps(cells, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

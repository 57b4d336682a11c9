"""From the truth of a simulated cohort to the analysis tables that a plan is run on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from alliance_modes.cleaning.clean import clean_cohort
from alliance_modes.derive import derive_cohort
from alliance_modes.dictionary.named import PRACTITIONER_ID
from alliance_modes.domain import MODES
from alliance_modes.instruments.model import load_instruments
from alliance_modes.measurement.reliability.exposure import exposure_reliability
from alliance_modes.models.effects.measurement_error import Reliability, reliabilities_of
from alliance_modes.plan.plan import Plan
from alliance_modes.scoring.scores import score_cohort
from alliance_modes.simulate import Truth, simulate_tables


@dataclass(frozen=True)
class SimulatedCohort:
    """The analysis tables of one simulated cohort, and what its analysis cannot see.

    ``tables`` are ``alliance``, ``session`` and ``enrolment`` (docs/pipeline.md); ``reliabilities`` those
    of the practitioners' scores in this cohort, by column; ``practitioners`` the latent modes, one
    row per practitioner.
    """

    tables: Mapping[str, pd.DataFrame]
    reliabilities: Mapping[str, Reliability]
    practitioners: pd.DataFrame


def simulated_cohort(truth: Truth, plan: Plan) -> SimulatedCohort:
    """Simulate one cohort and take it through the project's own cleaning, scoring and derivation."""
    lock, instruments = truth.calendar.data_lock, load_instruments()
    simulated = simulate_tables(truth)
    clean = clean_cohort(simulated.tables, None, plan.cleaning, lock, instruments)
    scores = score_cohort(clean.tables, instruments)
    derived = derive_cohort(clean.tables, scores, clean.account, plan.exposure, lock)
    tables = {"alliance": derived.alliance, "session": derived.session, "enrolment": derived.enrolment}
    measured = exposure_reliability(clean.tables, instruments, derived.practitioner)
    return SimulatedCohort(tables, reliabilities_of(measured), simulated.practitioners)


def with_latent_modes(cohort: SimulatedCohort) -> Mapping[str, pd.DataFrame]:
    """The analysis tables with each practitioner's latent modes (mean 0, SD 1) in place of survey scores."""
    latent = cohort.practitioners.set_index(PRACTITIONER_ID)
    return {
        name: table.assign(**{f"{mode}_z": table[PRACTITIONER_ID].map(latent[mode]) for mode in MODES})
        for name, table in cohort.tables.items()
    }

"""From the truth of a simulated cohort to the analysis tables that a plan is run on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from alliance_modes.cleaning.clean import Cleaned, clean_cohort
from alliance_modes.derive import Derived, derive_cohort
from alliance_modes.dictionary.named import PRACTITIONER_ID
from alliance_modes.domain import MODES
from alliance_modes.instruments.model import load_instruments
from alliance_modes.measurement.reliability.exposure import exposure_reliability
from alliance_modes.models.effects.measurement_error import Reliability, reliabilities_of
from alliance_modes.plan.plan import Plan
from alliance_modes.scoring.scores import score_cohort
from alliance_modes.simulate import Simulated, Truth, simulate_tables


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
    simulated = simulate_tables(truth)
    clean, derived = _derived(simulated, plan)
    measured = exposure_reliability(clean.tables, load_instruments(), derived.practitioner)
    return SimulatedCohort(_tables(derived), reliabilities_of(measured), simulated.practitioners)


def analysis_tables(truth: Truth, plan: Plan) -> Mapping[str, pd.DataFrame]:
    """The analysis tables of ``simulated_cohort`` alone."""
    return _tables(_derived(simulate_tables(truth), plan)[1])


def _derived(simulated: Simulated, plan: Plan) -> tuple[Cleaned, Derived]:
    lock, instruments = simulated.truth.calendar.data_lock, load_instruments()
    clean = clean_cohort(simulated.tables, None, plan.cleaning, lock, instruments)
    scores = score_cohort(clean.tables, instruments)
    return clean, derive_cohort(clean.tables, scores, clean.account, plan.exposure, lock)


def _tables(derived: Derived) -> Mapping[str, pd.DataFrame]:
    return {"alliance": derived.alliance, "session": derived.session, "enrolment": derived.enrolment}


def with_latent_modes(cohort: SimulatedCohort) -> Mapping[str, pd.DataFrame]:
    """The analysis tables with each practitioner's latent modes (mean 0, SD 1) in place of survey scores."""
    latent = cohort.practitioners.set_index(PRACTITIONER_ID)
    return {
        name: table.assign(**{f"{mode}_z": table[PRACTITIONER_ID].map(latent[mode]) for mode in MODES})
        for name, table in cohort.tables.items()
    }

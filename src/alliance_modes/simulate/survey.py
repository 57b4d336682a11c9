"""The modes survey: 18 items, percentages of time, stance and role induction, in two waves."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alliance_modes.dictionary.named import (
    ATTENTION_CHECK,
    COMPLETED_ON,
    DURATION_SECONDS,
    PRACTITIONER_ID,
    WAVE,
)
from alliance_modes.domain import MODES
from alliance_modes.instruments.model import load_instruments
from alliance_modes.simulate.names import numbered
from alliance_modes.simulate.population import Population, first_group_day
from alliance_modes.simulate.responses import (
    durations,
    graded_responses,
    item_latents,
    leave_out,
    ordered,
    time_percentages,
)
from alliance_modes.simulate.streams import Streams
from alliance_modes.simulate.truth import Truth

INSTRUMENT = "modes_of_practice"


def survey_table(truth: Truth, population: Population, streams: Streams) -> pd.DataFrame:
    """One row per practitioner and wave answered, wave 1 first.

    Wave 1 is answered before the practitioner's first group starts, wave 2 after; a practitioner
    without a group answers as if one had started on the first day of the cohort.
    """
    return pd.concat(
        [_wave(truth, population, wave, streams.part(f"survey wave {wave}")) for wave in (1, 2)],
        ignore_index=True,
    )


def _wave(truth: Truth, population: Population, wave: int, rng: np.random.Generator) -> pd.DataFrame:
    declared, staff = truth.practitioners, population.staff
    count = len(staff.site)
    instrument = load_instruments()[INSTRUMENT]
    now = staff.modes + declared.survey.state_sd * rng.standard_normal((count, len(MODES)))
    latent = item_latents(now, MODES, instrument) + declared.habit_on_survey * staff.habit[:, None]
    items = graded_responses(latent, truth.responses.items.modes_of_practice, instrument, rng)
    items = leave_out(items, truth.responses.item_missing, rng)
    percentages = time_percentages(now, declared.time_use, rng)
    stance = ordered(
        (now * declared.stance.array()).sum(axis=1) + rng.standard_normal(count), declared.stance_cuts
    )
    induction = ordered(rng.standard_normal(count), declared.role_induction_cuts)
    seconds = durations(count, instrument.items, truth.responses.duration, rng)
    day = _completed_on(truth, population, wave, rng)
    answered = rng.random(count) < declared.survey.answered[wave - 1]
    answered &= day <= np.datetime64(truth.calendar.data_lock)
    table = pd.DataFrame(
        {
            PRACTITIONER_ID: numbered("P", count),
            WAVE: wave,
            COMPLETED_ON: day.astype("datetime64[us]"),
            **{f"time_{mode}": percentages[:, position] for position, mode in enumerate(MODES)},
            "stance": stance,
            "role_induction": induction,
            DURATION_SECONDS: seconds,
            ATTENTION_CHECK: True,
            **{f"{INSTRUMENT}_{item + 1}": items[:, item] for item in range(instrument.items)},
        }
    )
    return table[answered]


def _completed_on(truth: Truth, population: Population, wave: int, rng: np.random.Generator) -> np.ndarray:
    declared = truth.practitioners.survey
    first = first_group_day(population)
    first = np.where(np.isnat(first), np.datetime64(truth.calendar.first_start), first)
    if wave == 1:
        low, high = declared.days_before_first_group
        return first - rng.integers(low, high + 1, size=len(first))
    low, high = declared.days_after_first_group
    return first + rng.integers(low, high + 1, size=len(first))

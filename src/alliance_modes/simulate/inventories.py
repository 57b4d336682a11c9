"""Alliance inventories by client and practitioner at the sessions that the truth names."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alliance_modes.dictionary.named import (
    ATTENTION_CHECK,
    COMPLETED_ON,
    DURATION_SECONDS,
    ENROLMENT_ID,
    SESSION_NO,
)
from alliance_modes.domain import COMPONENTS
from alliance_modes.instruments.model import load_instruments
from alliance_modes.simulate.effects import Fixed
from alliance_modes.simulate.names import enrolment_names
from alliance_modes.simulate.responses import durations, graded_responses, item_latents, leave_out
from alliance_modes.simulate.sessions import Course
from alliance_modes.simulate.streams import Streams
from alliance_modes.simulate.truth import Truth

SIMULATED_RATERS = ("client", "practitioner")
LARGEST_ITEM = 36


def alliance_table(
    truth: Truth,
    course: Course,
    fixed: Fixed,
    held: np.ndarray,
    seen: np.ndarray,
    streams: Streams,
) -> pd.DataFrame:
    """One row per inventory filled in: client's first, then practitioner's.

    ``held`` is the day of each session of ``course``; ``seen`` says whether it was before data
    lock. An inventory is due in a session attended of ``programme.inventory_sessions``.
    """
    due = np.isin(course.session, truth.programme.inventory_sessions) & course.attended & seen
    return pd.concat(
        [
            _rater(truth, rater, np.flatnonzero(due), course, fixed, held, streams)
            for rater in SIMULATED_RATERS
        ],
        ignore_index=True,
    )


def _rater(
    truth: Truth,
    rater: str,
    due: np.ndarray,
    course: Course,
    fixed: Fixed,
    held: np.ndarray,
    streams: Streams,
) -> pd.DataFrame:
    rng = streams.part(f"{rater} inventories")
    view, responses = getattr(truth.alliance, rater), truth.responses
    name = getattr(responses, f"{rater}_inventory")
    instrument, items = load_instruments()[name], getattr(responses.items, name)
    who = course.enrolment[due]
    bias = fixed.bias_client if rater == "client" else fixed.bias_practitioner
    latent = view.share * course.alliance[due] + bias[who, None]
    answers = graded_responses(item_latents(latent, COMPONENTS, instrument), items, instrument, rng)
    answers = leave_out(answers, responses.item_missing, rng)
    seconds = durations(len(due), instrument.items, responses.duration, rng)
    answered = rng.random(len(due)) < getattr(responses, f"{rater}_answers")
    passed = True if rater == "client" else None  # practitioners' form has no attention check
    unused = {f"item_{item}": np.nan for item in range(instrument.items + 1, LARGEST_ITEM + 1)}
    table = pd.DataFrame(
        {
            ENROLMENT_ID: enrolment_names(truth)[who],
            SESSION_NO: course.session[due],
            "rater": rater,
            "instrument": name,
            COMPLETED_ON: held[due].astype("datetime64[us]"),
            DURATION_SECONDS: seconds,
            ATTENTION_CHECK: pd.array([passed] * len(due), dtype="boolean"),
            **{f"item_{item + 1}": answers[:, item] for item in range(instrument.items)},
            **unused,
        }
    )
    return table[answered]

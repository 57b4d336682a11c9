"""The settings of the recovery study: how large a cohort is, and whether there are effects in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel

from alliance_modes.domain import MODES
from alliance_modes.simulate.truth import Truth

STREAM = 20_250_000
"""Keeps the seeds of the study apart from every other use of a cohort's seed."""


@dataclass(frozen=True)
class Setting:
    """One kind of cohort.

    ``practitioners`` and ``sites`` are its size (clients and groups per practitioner are the
    truth's); ``null`` says that modes and ruptures have no effect on clients.
    """

    name: str
    practitioners: int
    sites: int
    null: bool
    number: int


SETTINGS: Mapping[str, Setting] = {
    one.name: one
    for one in (
        Setting("40_null", 40, 6, True, 0),
        Setting("40_effects", 40, 6, False, 1),
        Setting("15_null", 15, 3, True, 2),
        Setting("15_effects", 15, 3, False, 3),
    )
}
"""The default size and a small one, each with and without effects."""


def cohort_truth(base: Truth, setting: Setting, number: int) -> Truth:
    """The truth of simulated cohort ``number`` of a setting: tidy, with a seed of its own.

    Notes
    -----
    Every practitioner answers the first survey wave, so that a cohort of 15 practitioners is
    analysed with 15.
    """
    seed = np.random.SeedSequence(base.seed, spawn_key=(STREAM, setting.number, number))
    truth = base.tidy().with_seed(int(seed.generate_state(1)[0]))
    enrolments = round(base.sizes.enrolments * setting.practitioners / base.sizes.practitioners)
    truth = truth.with_size(enrolments, practitioners=setting.practitioners, sites=setting.sites)
    truth = everyone_surveyed(truth)
    return without_effects(truth) if setting.null else truth


def everyone_surveyed(truth: Truth) -> Truth:
    """The same truth, in which every practitioner answers the first survey wave."""
    survey = truth.practitioners.survey
    all_answer = survey.model_copy(update={"answered": (1.0, survey.answered[1])})
    practitioners = truth.practitioners.model_copy(update={"survey": all_answer})
    return truth.model_copy(update={"practitioners": practitioners})


def without_effects(truth: Truth) -> Truth:
    """The same truth, in which neither modes nor ruptures change what a client does or says.

    Notes
    -----
    Modes are switched off wherever a weight per mode is declared: on the alliance, on engagement (also
    in mandated or high-risk clients, and of mode use in the session), on the repair of ruptures and
    on every ending. The endings hang on no rupture, and not on the alliance, which ruptures change
    and which changes how likely they are. What practitioners do and report in their survey and in
    sessions stays.
    """
    changed = {
        "alliance": truth.alliance.model_copy(update={"modes": _off(truth.alliance.modes)}),
        "engagement": _weights_off(truth.engagement, ("modes", "mandated_modes", "risk_modes", "use")),
        "rupture": _weights_off(truth.rupture, ("repair_modes",)),
    }
    unmoved = dict.fromkeys(("alliance", "unrepaired", "confrontation"), 0.0)
    ends = {
        name: _weights_off(getattr(truth.ends, name), ("modes", "mandated_modes")).model_copy(update=unmoved)
        for name in ("dropped_out", "removed", "administrative")
    }
    return truth.model_copy(update={**changed, "ends": truth.ends.model_copy(update=ends)})


def _weights_off(model: BaseModel, names: tuple[str, ...]) -> BaseModel:
    return model.model_copy(update={name: _off(getattr(model, name)) for name in names})


def _off(model: BaseModel) -> BaseModel:
    """A weight per mode, or a block of such weights, all at zero."""
    names = tuple(type(model).model_fields)
    if set(names) == set(MODES):
        return model.model_copy(update=dict.fromkeys(names, 0.0))
    return model.model_copy(update={name: _off(getattr(model, name)) for name in names})

"""``truth.yaml``: everything that a simulated cohort is made from, as a frozen, closed model."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import BaseModel, Field, model_validator

from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.ground.yaml_models import Closed, load_model
from alliance_modes.instruments.model import load_instruments
from alliance_modes.simulate.measures import Responses, Untidy
from alliance_modes.simulate.people import (
    Calendar,
    Clients,
    ModeCorrelation,
    Practitioners,
    Programme,
    Sites,
    Sizes,
)
from alliance_modes.simulate.process import Alliance, Attendance, Ends, Engagement, ModeUse, Rupture

ROUNDING = 1e-9


class Truth(Closed):
    """One simulated cohort: sizes, dates, effects, variances, item parameters and untidiness.

    The same truth always gives the same bytes. Effects of modes are per SD of the *latent* mode
    over practitioners; those of recorded covariates per SD of the covariate.
    """

    title: str
    seed: Annotated[int, Field(ge=0)]
    sizes: Sizes
    calendar: Calendar
    programme: Programme
    sites: Sites
    practitioners: Practitioners
    clients: Clients
    alliance: Alliance
    mode_use: ModeUse
    rupture: Rupture
    engagement: Engagement
    attendance: Attendance
    ends: Ends
    responses: Responses
    untidy: Untidy = Untidy()

    @model_validator(mode="after")
    def _consistent(self) -> Truth:
        messages = [*_calendar_messages(self), *_item_messages(self), *_people_messages(self)]
        if messages:
            raise ValueError("; ".join(messages))
        return self

    def with_size(
        self,
        enrolments: int | None = None,
        *,
        practitioners: int | None = None,
        groups: int | None = None,
        sites: int | None = None,
    ) -> Truth:
        """The same truth at another size.

        Parameters
        ----------
        enrolments : int, optional
            Enrolments; as they are if not given.
        practitioners, groups, sites : int, optional
            Where not given, in proportion to the enrolments (at least one site, two practitioners
            and as many groups as practitioners), so that every practitioner keeps as many groups
            and clients as before. The numbers of untidy records are scaled in the same way.

        Raises
        ------
        ConfigurationError
            A size is not a whole number of at least 1.
        """
        given = {"enrolments": enrolments, "practitioners": practitioners, "groups": groups, "sites": sites}
        wrong = {
            name: size for name, size in given.items() if size is not None and (size != int(size) or size < 1)
        }
        if wrong:
            raise ConfigurationError(
                "size of a simulated cohort",
                [
                    Problem(f"{name} must be a whole number of at least 1 (it is {size})")
                    for name, size in wrong.items()
                ],
            )
        ratio = (enrolments or self.sizes.enrolments) / self.sizes.enrolments
        lead = practitioners or max(2, _scaled(self.sizes.practitioners, ratio))
        sizes = Sizes(
            sites=sites or max(1, _scaled(self.sizes.sites, ratio)),
            practitioners=lead,
            groups=groups or max(lead, _scaled(self.sizes.groups, ratio)),
            enrolments=enrolments or self.sizes.enrolments,
        )
        return self.model_copy(update={"sizes": sizes, "untidy": _scaled_counts(self.untidy, ratio)})

    def with_seed(self, seed: int) -> Truth:
        """The same truth with other random numbers."""
        return self.model_copy(update={"seed": seed})

    def tidy(self) -> Truth:
        """The same truth with every kind of untidiness switched off."""
        return self.model_copy(update={"untidy": Untidy()})


def load_truth(path: str | Path) -> Truth:
    """Read a truth file.

    Parameters
    ----------
    path : path
        A YAML file that holds every parameter (``untidy`` and what is in it may be left out).

    Returns
    -------
    Truth

    Raises
    ------
    ConfigurationError
        Every problem of the file at once: unknown and missing keys, values that are impossible,
        item parameters that do not fit the instrument, dates that do not fit the programme.
    """
    return load_model(path, Truth, subject=f"truth {path}")


def mode_correlation(correlation: ModeCorrelation) -> np.ndarray:
    """The 3 x 3 correlation matrix of the latent modes, in the order of ``MODES``."""
    matrix = np.eye(3)
    matrix[0, 1] = matrix[1, 0] = correlation.educative_engagement
    matrix[0, 2] = matrix[2, 0] = correlation.educative_therapeutic
    matrix[1, 2] = matrix[2, 1] = correlation.engagement_therapeutic
    return matrix


def _scaled(size: int, ratio: float) -> int:
    return int(np.floor(size * ratio + 0.5))


def _scaled_counts(model: BaseModel, ratio: float) -> BaseModel:
    changed: dict[str, BaseModel | int] = {}
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            changed[name] = _scaled_counts(value, ratio)
        elif isinstance(value, int) and not isinstance(value, bool):
            changed[name] = _scaled(value, ratio)
    return model.model_copy(update=changed)


def _calendar_messages(truth: Truth) -> Iterator[str]:
    calendar, programme = truth.calendar, truth.programme
    if calendar.last_start < calendar.first_start:
        yield "calendar.last_start is before calendar.first_start"
    length = timedelta(days=(programme.sessions_planned - 1) * calendar.days_between_sessions)
    if calendar.last_start + length > calendar.data_lock:
        yield (
            f"a group that starts on calendar.last_start ends on {calendar.last_start + length}, after "
            "calendar.data_lock (use calendar.late_groups_share for groups that are still running)"
        )
    late = [session for session in programme.inventory_sessions if session > programme.sessions_planned]
    if late:
        yield f"programme.inventory_sessions {late} lie after the last planned session"
    for name, days in (
        ("before", truth.practitioners.survey.days_before_first_group),
        ("after", truth.practitioners.survey.days_after_first_group),
    ):
        if not 0 < days[0] <= days[1]:
            yield f"practitioners.survey.days_{name}_first_group must be two increasing numbers of days"


def _item_messages(truth: Truth) -> Iterator[str]:
    instruments = load_instruments()
    for name in type(truth.responses.items).model_fields:
        items = getattr(truth.responses.items, name)
        if items is None:
            if name in (truth.responses.client_inventory, truth.responses.practitioner_inventory):
                yield f"responses.items.{name} is missing, but a rater fills in {name}"
            continue
        count = instruments[name].items
        for part in ("discrimination", "location"):
            given = len(getattr(items, part))
            if given != count:
                yield f"responses.items.{name}.{part} holds {given} numbers, but {name} has {count} items"
        categories = int(instruments[name].range.high - instruments[name].range.low)
        if len(items.steps) != categories or list(items.steps) != sorted(set(items.steps)):
            yield f"responses.items.{name}.steps must be {categories} increasing numbers"


def _people_messages(truth: Truth) -> Iterator[str]:
    if np.linalg.eigvalsh(mode_correlation(truth.practitioners.mode_correlation)).min() <= 0:
        yield "practitioners.mode_correlation: no three quantities can have these correlations"
    for name in ("roles", "qualifications"):
        if abs(sum(getattr(truth.practitioners, name).values()) - 1) > ROUNDING:
            yield f"practitioners.{name}: the shares must sum to 1"
    if truth.clients.risk_age**2 + truth.clients.risk_readiness**2 >= 1:
        yield "clients: risk_age and risk_readiness are too large to hold together"

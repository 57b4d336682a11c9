"""Small closed models that several parts of the truth are made of."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from alliance_modes.ground.yaml_models import Closed

Share = Annotated[float, Field(ge=0, le=1)]
Deviation = Annotated[float, Field(ge=0)]
Correlation = Annotated[float, Field(gt=-1, lt=1)]
Count = Annotated[int, Field(ge=0)]


class ByMode(Closed):
    """One number per mode of practice."""

    educative: float
    engagement: float
    therapeutic: float

    def array(self) -> np.ndarray:
        """The three numbers in the order of ``MODES``."""
        return np.array([self.educative, self.engagement, self.therapeutic])


class ByComponent(Closed):
    """One number per component of the alliance."""

    goal: float
    task: float
    bond: float

    def array(self) -> np.ndarray:
        """The three numbers in the order of ``COMPONENTS``."""
        return np.array([self.goal, self.task, self.bond])


class Spread(Closed):
    """Mean and standard deviation of a recorded quantity."""

    mean: float
    sd: Deviation


class GroupingDeviations(Closed):
    """Standard deviations of independent random effects."""

    practitioner: Deviation
    group: Deviation
    site: Deviation


class EnrolmentDeviations(GroupingDeviations):
    """Standard deviations of independent random effects, the enrolment's own included."""

    enrolment: Deviation

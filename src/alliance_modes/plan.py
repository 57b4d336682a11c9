"""``config/plan.yaml``: every choice of the analysis, declared before the data are seen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from alliance_modes.configuration import Closed, load_model

Share = Annotated[float, Field(ge=0, le=1)]


class CleaningRules(Closed):
    """What cleaning excludes beyond records that cannot be used at all.

    ``exclude_flags`` names the flags whose records are left out; every other flag is only listed.
    """

    exclude_flags: tuple[str, ...] = ("failed_attention_check",)
    longstring_share: Share = 1.0
    longstring_exempt: tuple[str, ...] = ("wai_sr",)
    seconds_per_item: Annotated[float, Field(ge=0)] = 1.0
    mahalanobis_p: Share = 0.001


class Exposure(Closed):
    """Whose mode use, measured when, is the exposure.

    ``before_start`` averages the survey waves completed before the practitioner's first enrolment
    started, so that exposure precedes outcome; ``all`` averages every wave.
    """

    practitioner: Literal["lead"] = "lead"
    waves: Literal["before_start", "all"] = "before_start"


class Plan(Closed):
    """The analysis plan."""

    seed: int
    cleaning: CleaningRules
    exposure: Exposure


def load_plan(path: str | Path) -> Plan:
    """Read the plan; every problem of the file is raised at once, each with its line."""
    return load_model(path, Plan, subject=str(path))

"""What one outcome of one model came to: its fit with the inference from it, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from alliance_modes.models.design.design import Design, Refusal
from alliance_modes.models.design.random_structure import Structure
from alliance_modes.models.inference.inference import Inference
from alliance_modes.models.result import Estimate, Status


@dataclass(frozen=True)
class Estimated:
    """One outcome that could be estimated.

    ``estimates`` are coefficients, their standardised or odds-ratio form, and joint tests, with the
    standard errors and df of ``inference``; percentage points are not among them.
    """

    design: Design
    structure: Structure
    inference: Inference
    estimates: tuple[Estimate, ...]

    @property
    def status(self) -> Status:
        """``ok``, or ``singular`` where a variance is at zero."""
        return "singular" if self.structure.fit.singular else "ok"


@dataclass(frozen=True)
class Refused:
    """One outcome that could not be estimated; ``design`` is there where rows and columns were."""

    refusal: Refusal
    design: Design | None = None

"""Tables of the modes' estimates, as sections show them."""

from __future__ import annotations

from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.questions import labels_of
from alliance_modes.tables.effects import effects_table
from alliance_modes.words.display import DisplayTable

PER_SD = (
    "Per standard deviation of mode use between practitioners; the three modes and the covariates of the "
    "plan stand in one model. [95 % intervals] are for one estimate at a time. The joint p is of the "
    "three modes "
    "together, adjusted within its family (Holm in the primary, Benjamini–Hochberg in the secondary)."
)


def effects_of(
    inputs: ReportInputs, model: str, estimand: str, caption: str, note: str
) -> DisplayTable | None:
    """Outcomes of one model down, modes across; None where nothing was estimated."""
    return effects_table(inputs.estimates, model, estimand, labels_of(inputs.models), caption, note)

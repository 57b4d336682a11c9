"""Which models ran and which did not, and what their checks say."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.answering import by_heading, by_table, by_words
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.questions import labels_of
from alliance_modes.reports.research.models_and_checks.engines import engines
from alliance_modes.reports.research.models_and_checks.robustness import (
    bootstrap_sentences,
    influence_sentences,
)
from alliance_modes.reports.research.reasons import plain_reasons
from alliance_modes.reports.research.released import Known
from alliance_modes.reports.section import Section
from alliance_modes.tables.fits import agreement_sentences, failed_checks, fits_table, labels_apart, not_run


def _context(inputs: ReportInputs) -> dict[str, Any]:
    models, labels = tuple(inputs.models.values()), labels_of(inputs.models)
    failed, passed, failures, unchecked = failed_checks(models)
    return {
        "not_run": not_run([plain_reasons(model, inputs.plan) for model in models]),
        "fits": fits_table(models),
        "failed": failed,
        "passed": passed,
        "failures": failures,
        "unchecked": unchecked,
        "agreement": agreement_sentences(models),
        "engines": engines(inputs.agreement, labels, labels_apart(models)),
        "bootstrap": bootstrap_sentences(inputs.bootstrap, labels),
        "influence": influence_sentences(inputs.influence, labels, inputs.plan),
    }


def _released(known: Known) -> dict[str, Any]:
    """Without what holds for a single practitioner or site."""
    models = tuple(known.inputs.models.values())
    return _context(known.inputs) | {
        "fits": fits_table(models, rounded=True),
        "agreement": [],
        "influence": [],
    }


MODELS_AND_CHECKS = Section(
    "models_and_checks",
    ("plan", "models", "agreement", "bootstrap", "influence"),
    _context,
    _released,
    answers=(
        by_heading("Not run, and why", "jars_quant T1.49"),
        by_table("The models that were estimated", "jars_quant T1.48", "jars_quant T1.49"),
        by_words("Checks of these models:", "jars_quant T1.40"),
        by_heading("Leaving out one practitioner or one site", "strobe 17"),
    ),
)

"""What kind of study it is, where it was done, and how the levels nest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from alliance_modes.dictionary.named import (
    CLIENT_ID,
    GROUP_ID,
    PRACTITIONER_ID,
    PROGRAMME_ID,
    SESSIONS_PLANNED,
    SETTING,
    SITE_ID,
)
from alliance_modes.disclosure.said import said
from alliance_modes.reports.answering import by_words
from alliance_modes.reports.facts.asked.course import ENROLLED
from alliance_modes.reports.facts.scope import PARTS
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.research.released import Known
from alliance_modes.reports.section import Section
from alliance_modes.words.names import TABLE_NAMES, listed, plain
from alliance_modes.words.rounding import number, whole

LEVELS = (
    (CLIENT_ID, "client"),
    (GROUP_ID, "group"),
    (PRACTITIONER_ID, "lead practitioner"),
    (PROGRAMME_ID, "programme"),
    (SITE_ID, "site"),
)


@dataclass(frozen=True)
class DesignTold:
    """Sentences of the section: where the records are from, their levels, and the length of a programme."""

    sources: str
    levels: str
    settings: str
    sessions: str


def design_told(inputs: ReportInputs) -> DesignTold:
    """What is known of the design from the tables that the cohort has."""
    declared = [name for name, source in inputs.sources.items() if source.get("declared", False)]
    enrolments = inputs.analysis["enrolment"]
    return DesignTold(
        listed([TABLE_NAMES.get(name, plain(name)) for name in declared]),
        _levels(enrolments),
        _settings(enrolments),
        _sessions(enrolments),
    )


def _levels(enrolments: pd.DataFrame) -> str:
    counts = {label: enrolments[column].nunique() for column, label in LEVELS if column in enrolments}
    known = [f"{whole(n)} {label}{'s' if n > 1 else ''}" for label, n in counts.items() if n]
    if not known:
        return ""
    return f"The {whole(len(enrolments))} enrolments belong to {listed(known)}."


def _settings(enrolments: pd.DataFrame) -> str:
    known = sorted(enrolments[SETTING].dropna().unique()) if SETTING in enrolments else []
    return listed([plain(name) for name in known])


def _sessions(enrolments: pd.DataFrame) -> str:
    if SESSIONS_PLANNED not in enrolments or enrolments[SESSIONS_PLANNED].isna().all():
        return ""
    planned = enrolments[SESSIONS_PLANNED]
    low, high = planned.min(), planned.max()
    return number(low, 0) if low == high else f"{number(low, 0)} to {number(high, 0)}"


def _context(inputs: ReportInputs) -> dict[str, Any]:
    return {
        "cohort": inputs.cohort,
        "told": design_told(inputs),
        "before": inputs.plan.exposure.waves == "before_start",
    }


def _released(known: Known) -> dict[str, Any]:
    """The same, of counts as they are shown."""
    facts = known.facts
    enrolled = facts.course(ENROLLED)
    units = [
        said(count, "practitioner", "practitioners")
        for count in (facts.practitioners,)
        if count.value is not None
    ]
    units += [
        f"{whole(n)} {kind}{'s' if n > 1 else ''}"
        for kind in PARTS
        if (n := sum(one.kind == kind for one in facts.parts))
    ]
    levels = (
        "" if enrolled is None else f"There are {said(enrolled, 'enrolment', 'enrolments')}, {listed(units)}."
    )
    inside = design_told(known.inputs)
    return _context(known.inputs) | {"told": replace(inside, levels=levels)}


DESIGN = Section(
    "design",
    ("cohort", "plan", "sources", "analysis.enrolment"),
    _context,
    _released,
    answers=(
        by_words("This is an observational study", "jars_quant T1.31", "strobe 4", "registry 5"),
        by_words("its SHA-256 stands on the first page", "registry 17"),
        by_words("nobody was masked", "jars_quant T1.26"),
        by_words("so that exposure precedes outcome", "strobe 9"),
        by_words("The data are exports of", "jars_quant T1.23", "jars_quant T3.3", "strobe 8"),
        by_words("Setting: ", "jars_quant T1.16", "jars_quant T4.1", "strobe 5"),
        by_words("A programme was planned with", "registry 6"),
    ),
)

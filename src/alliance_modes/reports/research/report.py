"""The research report: every analysis of the plan, in the order in which an article reports it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.page.documents import FORMATS, Format, documents, foot
from alliance_modes.reports.page.render import render_sections
from alliance_modes.reports.research.account.section import ACCOUNT
from alliance_modes.reports.research.additions.section import ADDITIONS
from alliance_modes.reports.research.alliance.section import ALLIANCE
from alliance_modes.reports.research.analyses.section import ANALYSES
from alliance_modes.reports.research.answers.section import ANSWERS
from alliance_modes.reports.research.cannot_conclude.section import CANNOT_CONCLUDE
from alliance_modes.reports.research.completion.section import COMPLETION
from alliance_modes.reports.research.design.section import DESIGN
from alliance_modes.reports.research.eligibility.section import ELIGIBILITY
from alliance_modes.reports.research.engagement.section import ENGAGEMENT
from alliance_modes.reports.research.findings.section import FINDINGS
from alliance_modes.reports.research.front.section import FRONT
from alliance_modes.reports.research.keys.section import KEYS
from alliance_modes.reports.research.measurement.section import MEASUREMENT
from alliance_modes.reports.research.measurement_error.section import MEASUREMENT_ERROR
from alliance_modes.reports.research.measures.section import MEASURES
from alliance_modes.reports.research.missing.section import MISSING
from alliance_modes.reports.research.missing_policy.section import MISSING_POLICY
from alliance_modes.reports.research.models_and_checks.section import MODELS_AND_CHECKS
from alliance_modes.reports.research.moderation.section import MODERATION
from alliance_modes.reports.research.participants.section import PARTICIPANTS
from alliance_modes.reports.research.practitioners.section import PRACTITIONERS
from alliance_modes.reports.research.precision.section import PRECISION
from alliance_modes.reports.research.recruitment.section import RECRUITMENT
from alliance_modes.reports.research.registration.section import REGISTRATION
from alliance_modes.reports.research.relations.section import RELATIONS
from alliance_modes.reports.research.released import Known
from alliance_modes.reports.research.reproducibility.section import REPRODUCIBILITY
from alliance_modes.reports.research.scoring.section import SCORING
from alliance_modes.reports.research.side_by_side.section import SIDE_BY_SIDE
from alliance_modes.reports.research.strategy.section import STRATEGY
from alliance_modes.reports.research.structure.section import STRUCTURE
from alliance_modes.reports.section import Section
from alliance_modes.words.display import escaped


@dataclass(frozen=True)
class Part:
    """A first-level heading, none for what brings its own, and the sections below it in their order."""

    title: str
    sections: tuple[Section, ...]


PARTS = (
    Part("", (FRONT, FINDINGS)),
    Part("Method", (DESIGN, ELIGIBILITY, MEASURES, MISSING_POLICY, PRECISION, STRATEGY, REGISTRATION)),
    Part(
        "Results",
        (
            PARTICIPANTS,
            RECRUITMENT,
            ACCOUNT,
            PRACTITIONERS,
            COMPLETION,
            ENGAGEMENT,
            ALLIANCE,
            MEASUREMENT,
            KEYS,
            ANSWERS,
            SCORING,
            STRUCTURE,
            MISSING,
            ANALYSES,
            MODERATION,
            RELATIONS,
            SIDE_BY_SIDE,
            ADDITIONS,
            MODELS_AND_CHECKS,
            MEASUREMENT_ERROR,
        ),
    ),
    Part("", (CANNOT_CONCLUDE, REPRODUCIBILITY)),
)
"""The report in the order of JARS-Quant: summary, method, results, limits, how to make it again."""

KIND = "Research report"
LEFT_OUT = (
    "Not in this edition, since they show answers, dates, rows or counts of few people; the team that holds "
    "the data has them in the internal edition"
)

SECTIONS = tuple(section for part in PARTS for section in part.sections)
"""The sections in the order they stand in the report."""


def research_source(inputs: ReportInputs) -> str:
    """The research report of one cohort, internal edition, as Markdown.

    Parameters
    ----------
    inputs : ReportInputs
        From ``read_inputs``.

    Returns
    -------
    str
        It holds no clock: the same inputs give the same text. Pictures are named ``<name>.png``.
    """
    return _filled(PARTS, inputs)


def released_source(given: Known) -> str:
    """The release edition: the sections that can say what they say of what may be known, and no other.

    Parameters
    ----------
    given : Known
        From ``known(inputs, facts, rules)``, with facts of the release edition.
    """
    parts = tuple(
        Part(
            part.title,
            tuple(replace(one, context=one.released) for one in part.sections if one.released is not None),
        )
        for part in PARTS
    )
    absent = "; ".join(section.inside for section in SECTIONS if section.released is None)
    return f"{_filled(parts, given)}\n\n# What stays inside\n\n{LEFT_OUT}: {escaped(absent)}.\n"


def _filled(parts: Iterable[Part], inputs: Any) -> str:
    filled = []
    for part in parts:
        text = render_sections(part.sections, "research", inputs)
        filled.append(f"# {part.title}\n\n{text}" if part.title else text)
    return "\n\n".join(filled)


def research_report(inputs: ReportInputs) -> str:
    """The research report as one HTML document with its style and figures inside."""
    return research_documents(inputs, ("html",))["html"].decode("utf-8")


def research_documents(inputs: ReportInputs, formats: Iterable[Format] = FORMATS) -> dict[str, bytes]:
    """The research report in each format, internal edition."""
    return _documents(research_source(inputs), inputs, "internal", formats)


def released_documents(given: Known, formats: Iterable[Format] = FORMATS) -> dict[str, bytes]:
    """The research report in each format, release edition."""
    return _documents(released_source(given), given.inputs, "release", formats)


def _documents(
    source: str, inputs: ReportInputs, edition: str, formats: Iterable[Format]
) -> dict[str, bytes]:
    pictures, title = {name: picture.png for name, picture in inputs.pictures.items()}, inputs.cohort.title
    return documents(source, title, KIND, pictures, formats, foot=foot(title, edition))

"""The programme report: for a person who runs or evaluates programmes, not for a statistician."""

from __future__ import annotations

from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.page.render import html_page, render_sections
from alliance_modes.reports.research.account.section import ACCOUNT
from alliance_modes.reports.research.additions.section import ADDITIONS
from alliance_modes.reports.research.alliance.section import ALLIANCE
from alliance_modes.reports.research.answers.section import ANSWERS
from alliance_modes.reports.research.cannot_conclude.section import CANNOT_CONCLUDE
from alliance_modes.reports.research.completion.section import COMPLETION
from alliance_modes.reports.research.engagement.section import ENGAGEMENT
from alliance_modes.reports.research.findings.section import FINDINGS
from alliance_modes.reports.research.front.section import FRONT
from alliance_modes.reports.research.how_it_was_done.section import HOW_IT_WAS_DONE
from alliance_modes.reports.research.keys.section import KEYS
from alliance_modes.reports.research.measurement.section import MEASUREMENT
from alliance_modes.reports.research.measurement_error.section import MEASUREMENT_ERROR
from alliance_modes.reports.research.missing.section import MISSING
from alliance_modes.reports.research.models_and_checks.section import MODELS_AND_CHECKS
from alliance_modes.reports.research.moderation.section import MODERATION
from alliance_modes.reports.research.participants.section import PARTICIPANTS
from alliance_modes.reports.research.practitioners.section import PRACTITIONERS
from alliance_modes.reports.research.scoring.section import SCORING
from alliance_modes.reports.research.side_by_side.section import SIDE_BY_SIDE
from alliance_modes.reports.research.structure.section import STRUCTURE

SECTIONS = (
    FRONT,
    FINDINGS,
    PARTICIPANTS,
    PRACTITIONERS,
    ALLIANCE,
    ENGAGEMENT,
    COMPLETION,
    SIDE_BY_SIDE,
    MODERATION,
    ADDITIONS,
    CANNOT_CONCLUDE,
    MEASUREMENT,
    KEYS,
    ANSWERS,
    MEASUREMENT_ERROR,
    SCORING,
    STRUCTURE,
    ACCOUNT,
    MISSING,
    MODELS_AND_CHECKS,
    HOW_IT_WAS_DONE,
)
"""The sections in the order they stand in the report."""


def research_report(inputs: ReportInputs) -> str:
    """The programme report of one cohort, internal edition.

    Parameters
    ----------
    inputs : ReportInputs
        From ``read_inputs``.

    Returns
    -------
    str
        One HTML document with its style and figures inside. It holds no clock: the same inputs
        give the same text.
    """
    return html_page(
        render_sections(SECTIONS, "research", inputs),
        title=inputs.cohort.title,
        pictures={name: picture.png for name, picture in inputs.pictures.items()},
    )

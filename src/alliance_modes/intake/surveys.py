"""How many practitioners were surveyed in time for the plan, and what each of its choices leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from alliance_modes.derive.survey_times import SurveyTimes, survey_times
from alliance_modes.dictionary.named import PRACTITIONER_ID
from alliance_modes.intake.loss import LATE, Loss

if TYPE_CHECKING:
    from alliance_modes.ground.compact_table import CompactTable
    from alliance_modes.plan.plan import Exposure

SURVEY = "practitioner_survey"
CHOICES = (
    "waves: before_start keeps those surveyed before; waves: all takes every survey, and then exposure no "
    "longer precedes outcome, and the report says so"
)


def counted(number: int, thing: str) -> str:
    """``1 enrolment``, ``25 enrolments``."""
    return f"{number:,} {thing}{'s' * (number != 1)}"


def times_of(clean: Mapping[str, CompactTable], sources: Mapping[str, Any]) -> SurveyTimes | None:
    """When the practitioners were surveyed; None where no survey or no practitioner of an enrolment is known.

    Parameters
    ----------
    clean : mapping of CompactTable
        Clean tables, by canonical name.
    sources : mapping
        ``Ingested.sources``.
    """
    declared = bool(sources.get(SURVEY, {}).get("declared", False))
    if not (declared and clean["enrolments"].given(PRACTITIONER_ID).any()):
        return None
    return survey_times(clean[SURVEY].frame(), clean["enrolments"].frame())


def times_said(times: SurveyTimes) -> str:
    """``of 40 practitioners who lead an enrolment: 3 surveyed before their first enrolment started …``."""
    kinds = (
        (times.before, "surveyed before their first enrolment started"),
        (times.only_later, "only on that day or later"),
        (times.undated, "undated (the survey, or every start)"),
        (times.no_survey, "not surveyed"),
    )
    said = [
        f"{kind.practitioners:,} {what} ({counted(kind.enrolments, 'enrolment')})" for kind, what in kinds
    ]
    return f"of {counted(times.leading, 'practitioner')} who lead an enrolment: {', '.join(said)}"


def choice_said(times: SurveyTimes, exposure: Exposure) -> str:
    """What the plan makes of the times, and what its other choice would leave."""
    kept, every = times.before, times.surveyed
    before = f"{kept.practitioners:,} with {counted(kept.enrolments, 'enrolment')}"
    all_waves = f"{every.practitioners:,} with {counted(every.enrolments, 'enrolment')}"
    if exposure.waves == "all":
        return (
            f"the plan (exposure, waves: all) takes all {all_waves}; exposure does not precede outcome for "
            f"{times.not_before:,} of them, and the report says so; waves: before_start would keep {before}"
        )
    return (
        f"the plan (exposure, waves: before_start) keeps {before} in models of mode use; waves: all would "
        f"keep {all_waves}, and then exposure no longer precedes outcome, and the report says so"
    )


def survey_losses(
    table: str, clean: Mapping[str, CompactTable], sources: Mapping[str, Any], exposure: Exposure
) -> Iterator[Loss]:
    """Practitioners whose surveys do not count under the plan, of those surveyed who lead an enrolment.

    Yields
    ------
    Loss
        ``surveyed_late``, of the survey, where the plan takes only what precedes the first enrolment and some
        are known to be later; those without a date are counted with them. Surveys none of which has a date
        are no loss: what is not in the export cannot be put right, and ``times_said`` tells of it.
    """
    if table != SURVEY or exposure.waves == "all":
        return
    times = times_of(clean, sources)
    if times is None or not times.only_later.practitioners:
        return
    said = (
        f"who lead an enrolment have no survey before it started ({times.only_later.practitioners:,} only on "
        f"that day or later, {times.undated.practitioners:,} undated): models of mode use keep "
        f"{counted(times.before.enrolments, 'enrolment')} of {times.surveyed.enrolments:,}"
    )
    offer = f"The plan decides (exposure): {CHOICES}. See docs/late-surveys.md."
    yield Loss(SURVEY, LATE, times.not_before, times.surveyed.practitioners, said, offer=offer)

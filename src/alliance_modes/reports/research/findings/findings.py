"""What was found, in sentences: the first page of the programme report.

A sentence says an association only where the joint test of the three modes, adjusted over its
family, is below .05 and at least 25 practitioners entered the fit. Everything else says what the
interval allows and what it does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from alliance_modes.derive.survey_times import ONLY_LATER, UNDATED, unmeasured_said
from alliance_modes.dictionary.named import ENROLMENT_ID, PRACTITIONER_ID, PROGRAMME_ID, SESSION_NO
from alliance_modes.domain import MODES, PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.measurement.intervals import clustered_mean, clustered_share, groupings_of, shared
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.questions import Asked, for_a_reader, practitioners_fitted
from alliance_modes.reports.research.findings.claims import (
    is_clear,
    is_tested,
    question_sentences,
    single_witnesses,
)
from alliance_modes.tables import people
from alliance_modes.tables.outcomes import counted_enrolments
from alliance_modes.words.names import listed, mode_name, modes_said, sampled_said, with_shared_endings
from alliance_modes.words.rounding import number, percent, whole


@dataclass(frozen=True)
class Findings:
    """The first page: one headline, what it rests on, and sentences per question (its name first)."""

    headline: str
    basis: tuple[str, ...]
    told: tuple[tuple[str, tuple[str, ...]], ...]
    gated: bool
    estimated: bool


def findings(inputs: ReportInputs) -> Findings:
    """Write the findings of one cohort from its estimates."""
    entered = practitioners_fitted(one for one in inputs.questions if one.modes)
    gated = entered is not None and entered < PRACTITIONERS_FOR_A_CLAIM
    return told(inputs, gated, whole(entered), tuple(_basis(inputs, entered)))


def told(inputs: ReportInputs, gated: bool, entered: str, basis: tuple[str, ...]) -> Findings:
    """The findings with a given basis; ``entered`` says how many practitioners entered the models."""
    asked = [one for one in inputs.questions if one.modes]
    estimated = any(one.estimated for one in asked)
    clear = [] if gated else [one for question in asked for one in question.estimated if is_clear(one)]
    sentences = tuple(
        (question.planned.title, question_sentences(question, gated)) for question in for_a_reader(asked)
    )
    tested = any(is_tested(one) for question in asked for one in question.estimated)
    return Findings(
        _headline(estimated, tested, clear, entered if gated else None),
        basis,
        sentences,
        gated,
        estimated,
    )


def _headline(estimated: bool, tested: bool, clear: list[Asked], too_few: str | None) -> str:
    if not estimated:
        return (
            "This cohort cannot say how practitioners' modes of work go with the alliance, engagement or "
            "completion: no such model could be run on it. What it can show follows."
        )
    if too_few is not None:
        return (
            f"No claim is made about modes of practice: {too_few} practitioners entered the models, and "
            f"below {PRACTITIONERS_FOR_A_CLAIM} such estimates are too easily chance. They stand in the "
            "tables for the record."
        )
    if not tested:
        return (
            "No claim is made about modes of practice: the plan only explores the outcomes that could be "
            "estimated, or no test of them was possible. The estimates stand in the tables for the record."
        )
    if not clear:
        return (
            "Nothing in these data can be told apart from no association between how practitioners work and "
            "how their clients fare. That is not the same as showing that there is none: the intervals below "
            "say how large a difference remains possible."
        )
    own = list(dict.fromkeys(one.label for one in clear if one.same_source))
    other = list(dict.fromkeys(one.label for one in clear if not one.same_source))
    parts = []
    if other:
        parts.append(f"How practitioners work goes together with {with_shared_endings(other)}.")
    if own:
        opening = "It also goes together" if other else "How practitioners work goes together only"
        parts.append(
            f"{opening} with {with_shared_endings(own)}, where the rater of both is the same person."
        )
    parts += single_witnesses(clear)
    parts.append("These are associations, not effects: practitioners were not assigned to clients at random.")
    return " ".join(parts)


def _basis(inputs: ReportInputs, entered: int | None) -> list[str]:
    surveyed = people.surveyed(inputs.analysis["practitioner"])
    counted = counted_enrolments(inputs.analysis["enrolment"])
    parts = []
    if len(counted):
        kinds = counted["end_kind"]
        done, out = (
            clustered_share(kinds == kind, groupings_of(counted)) for kind in ("completed", "dropped_out")
        )
        parts.append(
            f"Of {whole(len(counted))} enrolments that started and whose planned end lies before data "
            f"lock, {percent(done.estimate)} completed [95 % interval {percent(done.low)} to "
            f"{percent(done.high)}] and {percent(out.estimate)} dropped out [{percent(out.low)} to "
            f"{percent(out.high)}]. {sampled_said(shared(counted))}{_unended(kinds)}"
        )
    if surveyed:
        parts.append(_mode_use(inputs.analysis["practitioner"], surveyed))
        parts += _fell_out(inputs, surveyed, entered)
    else:
        parts += _too_late(inputs.analysis["enrolment"])
    alliance = inputs.analysis["alliance"]
    if len(alliance):
        counts = alliance["rater"].value_counts().sort_index()
        raters = [f"{whole(count)} by {rater}s" for rater, count in counts.items()]
        told = f": {listed(raters)}" if len(counts) > 1 else f", by {counts.index[0]}s"
        parts.append(f"The alliance was rated {whole(len(alliance))} times{told}.")
        if not surveyed:
            parts += _arms(alliance)
    return parts


def _unended(kinds: pd.Series) -> str:
    """How many are still on the programme though their planned end is past: they may yet end either way."""
    going = int((kinds.isna() | (kinds == "ongoing")).sum())
    if not going:
        return ""
    return (
        f" {whole(going)} of them ({percent(going / len(kinds))}) have not ended by the data: they count "
        "as neither, and both percentages can still rise."
    )


def _mode_use(practitioners: pd.DataFrame, surveyed: int) -> str:
    """How often practitioners work in each mode that the survey tells of, and which it does not."""
    means = {mode: practitioners[mode].mean() for mode in MODES if practitioners[mode].notna().any()}
    order = sorted(means, key=lambda mode: -means[mode])
    shown = [f"the {mode_name(mode)} {number(means[mode], 1)}" for mode in order]
    absent = [mode for mode in MODES if mode not in means]
    lacking = f" Their use of {modes_said(absent)} is not known in this cohort." if absent else ""
    who = f"{whole(surveyed)} practitioner{'s' if surveyed > 1 else ''}"
    which, told = ("modes", "means are") if len(shown) > 1 else ("mode", "mean is")
    each = f"each of {len(shown)} {which}" if absent else "each mode"
    return (
        f"{who} said how often they work in {each}, from 1 (never) to 5 (always); the {told} {listed(shown)}."
        f"{lacking}"
    )


def _too_late(enrolments: pd.DataFrame) -> list[str]:
    """Why nobody has mode use though there was a survey: all of it too late, or without a date."""
    if "exposure" not in enrolments or not enrolments["exposure"].isin([ONLY_LATER, UNDATED]).any():
        return []
    return [f"Mode use cannot be used: {unmeasured_said(enrolments)}."]


def _fell_out(inputs: ReportInputs, surveyed: int, entered: int | None) -> list[str]:
    """Practitioners whom no model of modes holds: surveyed without clients, with clients and no survey."""
    practitioners, enrolments = inputs.analysis["practitioner"], inputs.analysis["enrolment"]
    known = set(practitioners.loc[people.with_modes(practitioners), PRACTITIONER_ID])
    leading = enrolments[PRACTITIONER_ID].dropna()
    said = []
    if entered is not None and entered < surveyed:
        alone = len(known - set(leading))
        left = surveyed - entered - alone
        why = [f"{whole(alone)} lead no enrolment that is analysed" if alone else ""]
        no_row = "no row that such a model is about with its outcome and every predictor"
        why += [f"{whole(left)} {'has' if left == 1 else 'have'} {no_row}" if left > 0 else ""]
        most = f"at most {whole(entered)} entered a model of the modes"
        said.append(f"Of these {whole(surveyed)}, {most}: {listed([one for one in why if one])}.")
    counted = counted_enrolments(enrolments)[PRACTITIONER_ID].dropna()
    without = counted[~counted.isin(known)]
    if len(without):
        many = without.nunique()
        who = f"{whole(many)} practitioner{'s' if many > 1 else ''}"
        said.append(
            f"{whole(len(without))} enrolments are led by {who} without a survey that counts, and are in no "
            "model of the modes."
        )
    return said


def _arms(alliance: pd.DataFrame) -> list[str]:
    """Mean client-rated alliance by programme or arm, where modes cannot be spoken of."""
    rated = alliance[
        (alliance["rater"] == "client") & alliance["total"].notna() & alliance[PROGRAMME_ID].notna()
    ]
    rated = rated.sort_values(SESSION_NO, kind="stable").drop_duplicates(ENROLMENT_ID)
    shown = []
    for arm, here in rated.groupby(PROGRAMME_ID, sort=True):
        mean = clustered_mean(here["total"], groupings_of(here))
        shown.append(
            f"{arm} {number(mean.estimate)} [95 % interval {number(mean.low)} to {number(mean.high)}] "
            f"(SD {number(here['total'].std())}, n = {whole(mean.n)})"
        )
    return (
        [f"Mean client-rated alliance at the first inventory, all items: {listed(shown)}."] if shown else []
    )

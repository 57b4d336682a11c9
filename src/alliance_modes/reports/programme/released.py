"""The programme reports of the release edition: what passed the gate, in the same words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from alliance_modes.disclosure.counts import ShownTable
from alliance_modes.disclosure.means import ShownMeans
from alliance_modes.disclosure.sizes import Sizes
from alliance_modes.domain import PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.reports.facts.asked.means import MeansAsked
from alliance_modes.reports.facts.facts import Facts, facts
from alliance_modes.reports.inputs import DrawnPicture, ReportInputs
from alliance_modes.reports.known import RATES
from alliance_modes.reports.page.documents import FORMATS, Format
from alliance_modes.reports.programme.report import made_of, programme_report
from alliance_modes.reports.programme.ways import could_be_found, left_open, practitioners_needed
from alliance_modes.reports.research.released import safe_inputs


@dataclass(frozen=True)
class ReleasedReport:
    """One document of a release: the name of its file, what it is, and the tables its numbers are of."""

    name: str
    suffix: Format
    what: str
    content: bytes
    tables: tuple[str, ...]


def released_facts(
    inputs: ReportInputs,
    counts: Mapping[str, ShownTable],
    asked: Iterable[MeansAsked],
    means: Mapping[str, ShownMeans],
    pictures: Mapping[str, DrawnPicture],
    sizes: Sizes,
) -> Facts:
    """The facts of the release edition.

    Parameters
    ----------
    inputs : ReportInputs
    counts : mapping
        ``requests(inputs)``, as the gate shows them.
    asked : iterable of MeansAsked
        ``means_asked(inputs)``.
    means : mapping
        The tables of ``asked``, as the gate shows them.
    pictures : mapping of DrawnPicture
        Those of the release edition, by the names of the internal ones.
    sizes : Sizes
        From ``sizes_told``.
    """
    safe = safe_inputs(inputs, inputs.plan.disclosure, sizes)
    return facts(inputs, counts, asked, means, "release", pictures, safe)


def released_reports(whole: Facts) -> Iterator[ReleasedReport]:
    """The report of the cohort, and of each programme and site of which enough may be shown."""
    scopes = (whole.scope, *whole.with_report)
    reports = [programme_report(replace(whole, scope=scope)) for scope in scopes]
    for scope, (report, made) in zip(scopes, made_of(reports), strict=True):
        name, about = ("report", "the cohort") if scope == whole.scope else (scope.file, scope.told)
        for form in FORMATS:
            what = f"{report.kind} of {about}"
            yield ReleasedReport(name, form, what, made[form], (*whole.counts, *whole.means))


def numbers_said(whole: Facts) -> frozenset[int]:
    """Numbers of people that the texts say and that are of no table: published ones, limits, and needs."""
    published = [number for rate in RATES for number in re.findall(r"\d[\d,]*", rate.where)]
    needed = [
        practitioners_needed(one, found, whole)
        for one in whole.outcomes
        if (found := could_be_found(left_open(one)))
    ]
    return frozenset(
        {
            PRACTITIONERS_FOR_A_CLAIM,
            whole.rules.threshold,
            *(int(number.replace(",", "")) for number in published),
            *(number for number in needed if number is not None),
        }
    )

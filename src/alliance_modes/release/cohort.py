"""The release of a cohort, put together of what its reports and figures say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from alliance_modes.disclosure.counts import CountTable
from alliance_modes.disclosure.earlier import EarlierRelease
from alliance_modes.disclosure.means import MeanTable
from alliance_modes.disclosure.release import Released, released
from alliance_modes.disclosure.rules import Disclosure
from alliance_modes.disclosure.sizes import Sizes
from alliance_modes.figures.declared import drawn, figures
from alliance_modes.figures.picture import OK, Picture, png_of
from alliance_modes.figures.release.models import released_models
from alliance_modes.figures.release.requests import FigureRequests, figure_requests
from alliance_modes.figures.released import RELEASED, tables_behind
from alliance_modes.instruments.model import Instrument
from alliance_modes.plan.parts import figures_part
from alliance_modes.plan.terms import PRACTITIONER
from alliance_modes.release import contents
from alliance_modes.release.contents import Document, Part, Release
from alliance_modes.release.estimates import COLUMNS, released_estimates
from alliance_modes.release.ledger import next_order
from alliance_modes.release.sharing import shared_set
from alliance_modes.reports.facts.asked.means import MeansAsked, means_asked
from alliance_modes.reports.facts.asked.nowhere import nowhere_known
from alliance_modes.reports.facts.asked.populations import populations
from alliance_modes.reports.facts.asked.requests import requests
from alliance_modes.reports.facts.asked.units import enrolment_units
from alliance_modes.reports.facts.sizes import rows_of, sizes_told
from alliance_modes.reports.inputs import DrawnPicture, ReportInputs
from alliance_modes.reports.page.documents import FORMATS
from alliance_modes.reports.programme.released import numbers_said as programme_numbers
from alliance_modes.reports.programme.released import released_facts, released_reports
from alliance_modes.reports.research.released import known
from alliance_modes.reports.research.released import numbers_said as research_numbers
from alliance_modes.reports.research.report import released_documents

RESEARCH = "The research report"


@dataclass(frozen=True)
class Asked:
    """Everything that one release of a cohort shows, before it is protected."""

    counted: tuple[CountTable, ...]
    averaged: tuple[MeanTable, ...]
    means: tuple[MeansAsked, ...]
    figures: FigureRequests


def release_of(
    inputs: ReportInputs,
    scores: pd.DataFrame,
    instruments: Mapping[str, Instrument],
    earlier: tuple[EarlierRelease, ...],
) -> Release:
    """Everything that is released of a cohort.

    Parameters
    ----------
    inputs : ReportInputs
        From ``read_inputs``.
    scores : DataFrame
        Long scores, for the figures.
    instruments : mapping of Instrument
    earlier : tuple of EarlierRelease
        All that was handed over before, in order.
    """
    asked = asked_of(inputs, scores, instruments)
    shown, order = protected(inputs, asked, earlier)
    sizes = sizes_told(inputs, asked.counted, shown.tables, shown.rules)
    pictures = _pictures(inputs, shown, asked.figures, sizes)
    made = {name: png_of(picture) for name, picture in pictures.items()}
    said = released_facts(inputs, shown.tables, asked.means, shown.means, _told(pictures, made), sizes)
    research = known(inputs, said, inputs.plan.disclosure, sizes)
    names = (*(table.name for table in asked.counted), *(table.name for table in asked.averaged))
    allowed, estimates = _estimates(inputs, shown.rules, sizes)
    return Release(
        cohort=inputs.cohort.cohort,
        title=inputs.cohort.title,
        data_lock=inputs.cohort.data_lock.isoformat(),
        counted=asked.counted,
        averaged=asked.averaged,
        released=shown,
        parts=(
            *_figure_files(pictures, made, names),
            *(Document(**vars(one)) for one in released_reports(said)),
            *_documents("research", RESEARCH, released_documents(research), names),
            estimates,
        ),
        said=frozenset(
            {
                *research_numbers(research),
                *programme_numbers(said),
                *_whole_numbers(inputs.plan.model_dump(mode="json")),
            }
        ),
        order=order,
        demonstration=inputs.cohort.demonstration,
        earlier=earlier[: order - 1],
        shared=shared_set(inputs, allowed, estimates, shown, order),
    )


def asked_of(inputs: ReportInputs, scores: pd.DataFrame, instruments: Mapping[str, Instrument]) -> Asked:
    """All that reports and figures of a release ask to be counted and averaged."""
    units = enrolment_units(inputs.analysis["enrolment"])
    drawn_from = figure_requests(units, inputs.analysis, scores, instruments, inputs.plan.disclosure)
    means = means_asked(inputs)
    averaged = (*(one.table for one in means), *drawn_from.means)
    return Asked((*requests(inputs), *drawn_from.counts), averaged, means, drawn_from)


def protected(
    inputs: ReportInputs, asked: Asked, earlier: tuple[EarlierRelease, ...]
) -> tuple[Released, int]:
    """All numbers as this release may show them; what was handed over last is not held against itself."""
    lock, rules = inputs.cohort.data_lock.isoformat(), inputs.plan.disclosure
    nowhere = nowhere_known(inputs.analysis["enrolment"], inputs.analysis["practitioner"])
    beforehand = populations(asked.counted, asked.averaged, nowhere)
    if earlier:
        again = released(asked.counted, rules, earlier[:-1], asked.averaged, beforehand)
        order = next_order(again.published(len(earlier), lock), earlier)
        if order == len(earlier):
            return again, order
    return released(asked.counted, rules, earlier, asked.averaged, beforehand), len(earlier) + 1


def _pictures(
    inputs: ReportInputs, shown: Released, asked: FigureRequests, sizes: Sizes
) -> dict[str, Picture]:
    """The figures of the release, from numbers that passed the gate."""
    plan = figures_part(inputs.plan)
    given = {
        "counts": shown.tables,
        "means": shown.means,
        "about": asked.about,
        "models": released_models(
            inputs.estimates, inputs.models, inputs.analysis["practitioner"], plan, shown.rules, sizes
        ),
        "rules": shown.rules,
        "plan": plan,
    }
    return drawn(figures(RELEASED, plan), given)


def _told(pictures: Mapping[str, Picture], made: Mapping[str, bytes]) -> dict[str, DrawnPicture]:
    """The figures as reports place them."""
    return {
        name: DrawnPicture(
            png=made[name],
            title=picture.title,
            caption=picture.caption,
            alt=picture.alt,
            status=picture.status,
            section=picture.section,
            numbers=picture.numbers,
        )
        for name, picture in pictures.items()
    }


def _figure_files(
    pictures: Mapping[str, Picture], made: Mapping[str, bytes], names: Iterable[str]
) -> Iterator[Part]:
    for name, picture in pictures.items():
        if picture.status == OK:
            what = f"{picture.title}. {picture.caption}"
            yield contents.Picture(name, what, made[name], tables_behind(name, names))


def _estimates(
    inputs: ReportInputs, rules: Disclosure, sizes: Sizes
) -> tuple[pd.DataFrame, contents.Numbers]:
    """Every estimate with residual degrees of freedom enough: with the sizes that are told, and as a part."""
    plan, practitioners = figures_part(inputs.plan), inputs.analysis["practitioner"]
    allowed = released_models(inputs.estimates, inputs.models, practitioners, plan, rules, sizes).estimates
    told = inputs.estimates.loc[allowed.index[allowed["df"].notna()]]
    rows = {name: rows_of(inputs, name) for name in inputs.models}
    least = released_estimates(told, rows, sizes)
    told, least = (one[least["df"] >= rules.residual_df] for one in (told, least))
    units = (
        told["clusters"]
        .astype("string")
        .str.extract(rf"\b{PRACTITIONER}=(\d+)", expand=False)
        .astype("float64")
        .fillna(told["n"])
    )
    shown = least.astype(object).where(least.notna(), None)
    return allowed.loc[told.index], contents.Numbers(
        "estimates",
        "Estimates of the models, with standard errors, p and confidence limits",
        COLUMNS,
        tuple(shown.itertuples(index=False, name=None)),
        tuple(least["df"]),
        tuple(units.astype(float)),
    )


def _documents(name: str, what: str, made: Mapping[str, bytes], names: tuple[str, ...]) -> Iterator[Document]:
    for suffix in FORMATS:
        yield Document(name, suffix, f"{what}, as {suffix}", made[suffix], names)


def _whole_numbers(value: Any) -> Iterator[int]:
    """Whole numbers of a plan: a text may say of people what the plan says, as its limits."""
    if isinstance(value, Mapping):
        for one in value.values():
            yield from _whole_numbers(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _whole_numbers(one)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield value

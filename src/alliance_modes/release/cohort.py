"""The release of a cohort, put together of what its reports say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from alliance_modes.disclosure.earlier import EarlierRelease
from alliance_modes.disclosure.release import Released, released
from alliance_modes.release.contents import Part, Release
from alliance_modes.release.ledger import next_order
from alliance_modes.reports.facts.populations import POPULATIONS
from alliance_modes.reports.facts.requests import requests
from alliance_modes.reports.inputs import ReportInputs


def release_of(inputs: ReportInputs, earlier: tuple[EarlierRelease, ...]) -> Release:
    """Everything that is released of a cohort.

    Parameters
    ----------
    inputs : ReportInputs
        From ``read_inputs``.
    earlier : tuple of EarlierRelease
        All that was handed over before, in order.
    """
    counted = requests(inputs)
    shown, order = protected(inputs, earlier)
    return Release(
        cohort=inputs.cohort.cohort,
        title=inputs.cohort.title,
        data_lock=inputs.cohort.data_lock.isoformat(),
        counted=counted,
        averaged=(),
        released=shown,
        parts=_parts(inputs, shown, order),
        said=frozenset(_whole_numbers(inputs.plan.model_dump(mode="json"))),
        order=order,
        demonstration=inputs.cohort.demonstration,
        earlier=earlier[: order - 1],
    )


def protected(inputs: ReportInputs, earlier: tuple[EarlierRelease, ...]) -> tuple[Released, int]:
    """The counts as this release may show them; what was handed over last is not held against itself."""
    lock = inputs.cohort.data_lock.isoformat()
    counted, rules = requests(inputs), inputs.plan.disclosure
    if earlier:
        again = released(counted, rules, earlier[:-1], populations=POPULATIONS)
        order = next_order(again.published(len(earlier), lock), earlier)
        if order == len(earlier):
            return again, order
    return released(counted, rules, earlier, populations=POPULATIONS), len(earlier) + 1


def _parts(inputs: ReportInputs, shown: Released, order: int) -> tuple[Part, ...]:
    return ()


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

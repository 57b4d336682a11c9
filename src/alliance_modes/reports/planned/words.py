"""A planned study in words and tables."""

from __future__ import annotations

import math
from collections.abc import Iterator

from alliance_modes.domain import PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.figures.planned_study import Series, series_of
from alliance_modes.models.design.design import PRACTITIONER, SITE
from alliance_modes.models.effects.detectable import POWER
from alliance_modes.models.families.registry import family_of
from alliance_modes.power.planned.assumed import BLOCKS, PRACTITIONERS, Assumed, shares_of
from alliance_modes.power.planned.found import Found, Planned
from alliance_modes.power.rates import Share
from alliance_modes.reports.measures import Measure, measures_of
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, listed
from alliance_modes.words.rounding import MISSING, number, percent, whole

HEADINGS = ("Outcome", "Size", "Could show", "Power", "Counted", "Claim", "Interval", "False alarms")
TIMES = "of 100 times"
LEAD = f"How many practitioners it takes to find a difference per SD of a mode {100 * POWER:.0f} {TIMES}:"


def measure_of(one: Assumed) -> Measure:
    """How effects on the outcome are told."""
    return measures_of(one.asked.model.family)[one.estimand]


def headlines(planned: Planned) -> Iterator[str]:
    """Per outcome how many practitioners it takes, and what the smallest and the largest study would find."""
    for one in planned.assumed:
        for series in series_of(planned, one):
            yield f"{capital(one.asked.outcome.label)}, {_takes(one, series)}"
    few = [one.size.practitioners for one in planned.found if not one.may_claim]
    if few:
        yield (
            f"Below {PRACTITIONERS_FOR_A_CLAIM} practitioners the plan makes no primary claim, whatever is "
            "found: the power of a claim is 0 there."
        )
    yield from _refused(planned)


def table(planned: Planned) -> DisplayTable:
    """One row per outcome and size."""
    rows = [_row(each) for each in planned.found]
    return display_table("What each study would find", HEADINGS, "l" + "r" * (len(HEADINGS) - 1), rows)


def notes(planned: Planned) -> Iterator[str]:
    """What the columns of the tables are."""
    named = [f"{count} {claim}" for claim, count in _tests(planned).items()]
    yield (
        "Size: practitioners × clients of each. Could show: the smallest difference that is found "
        f"{_hundred(POWER)}; power: the chance of finding the one named above; both from the standard "
        "errors of the simulated studies. Counted: the share of studies that found it (p < .05, this test "
        "alone), as a check. Claim: the share that found it after the correction for all tests of the plan "
        f"({listed(named)}), with no help of the others. Interval: half the width of the 95 % interval. "
        "False alarms: how often a mode without an effect was found (type-I error); 5 % is meant."
    )
    held = [one.rates.coverage for one in planned.found if one.rates is not None and one.rates.coverage]
    if held:
        low, high = (percent(limit(one.value for one in held), 0) for limit in (min, max))
        yield (
            f"±: Monte-Carlo standard error, of {planned.study.draws} studies of each size. 95 % intervals "
            f"held the truth in {low if low == high else f'{low} to {high}'}."
        )


def assumptions(planned: Planned, sources: tuple[str, ...]) -> Iterator[str]:
    """What was assumed, and where it comes from."""
    study, (completed, attended) = planned.study, planned.rates
    yield (
        f"{percent(completed, 0)} of those who start complete{_asked(study.completion)} and come to "
        f"{percent(attended, 0)} of sessions{_asked(study.attendance)}; all practitioners answer the survey "
        "in time; the rest is as in the truth file."
    )
    yield _variances(planned)
    yield (
        "One mode at a time has the effect, per SD of its survey score; nothing else about them goes with it."
    )
    yield from sources


def _takes(one: Assumed, series: Series) -> str:
    """How many practitioners the effect takes, and what the first and the last study would find."""
    first, last = series.curve.points[0], series.curve.points[-1]
    needed = series.curve.needed()
    if needed is None:
        takes = f"more than four times {whole(last.size.practitioners)}"
    elif needed <= first.size.practitioners:
        takes = f"{whole(first.size.practitioners)} or fewer"
    else:
        beyond = " (beyond what was simulated)" if needed > last.size.practitioners else ""
        takes = f"about {whole(math.ceil(needed))}{beyond}"
    found = f"{whole(first.size.practitioners)} find it {_power(first)}"
    if last is not first:
        found += f", {whole(last.size.practitioners)} find it {_power(last)}"
    return f"{_effect(one)}: {takes} with {series.label}; {found}."


def _power(one: Found) -> str:
    return MISSING if one.power is None else _hundred(one.power.value)


def _hundred(share: float) -> str:
    return f"{whole(100.0 * share)} {TIMES}"


def _effect(one: Assumed) -> str:
    """The stated effect: ``7.3 percentage points (odds ratio 1.50)``."""
    measure, family = measure_of(one), family_of(one.asked.model.family)
    said = f"{number(one.effect, measure.decimals)} {measure.long}"
    if measure.ratio:
        said = f"a {measure.unit} of {number(one.effect, measure.decimals)}"
    elif family.scale.ratio:
        ratio = measures_of(one.asked.model.family)[str(family.scale.estimand)]
        told = number(math.exp(one.coefficient), ratio.decimals)
        said += f" ({ratio.unit} {told})"
    return said


def _row(one: Found) -> tuple[str, ...]:
    size, measure = one.size, measure_of(one.assumed)
    head = (capital(one.assumed.asked.outcome.head), f"{size.practitioners} × {size.clients}")
    if one.rates is None:
        return (*head, *[MISSING] * (len(HEADINGS) - len(head)))
    claim = "0 %" if not one.may_claim else _share(one.rates.claim)
    return (
        *head,
        _amount(one.detectable, measure.decimals),
        _share(one.power),
        _share(one.rates.power),
        claim,
        _amount(one.half_width, measure.decimals),
        _share(one.rates.type_one),
    )


def _share(share: Share | None) -> str:
    return MISSING if share is None else f"{whole(100 * share.value)} % ± {whole(100 * share.error)}"


def _amount(share: Share | None, decimals: int) -> str:
    if share is None:
        return MISSING
    return f"{number(share.value, decimals)} ± {number(share.error, decimals)}"


def _refused(planned: Planned) -> Iterator[str]:
    reasons = dict.fromkeys(one.reason for one in planned.found if one.reason)
    for reason in reasons:
        sizes = dict.fromkeys(whole(one.size.practitioners) for one in planned.found if one.reason == reason)
        yield f"Not answered for {listed(list(sizes))} practitioners: {reason}."


def _asked(given: float | None) -> str:
    return "" if given is None else " (as asked)"


def _tests(planned: Planned) -> dict[str, int]:
    return {one.claim: one.tests for one in planned.families}


def _variances(planned: Planned) -> str:
    """How much of what predictors leave of each outcome lies between practitioners, groups and sites."""
    given, groupings = dict(planned.study.shares), (PRACTITIONER, "group", SITE)
    said = []
    for one in planned.assumed:
        shares = shares_of(one.injected, one.design)
        each = " / ".join(number(100 * shares[name], 1) if name in shares else MISSING for name in groupings)
        said.append(f"{one.asked.outcome.head} {each} %")
    asked = [f"{name}s" for name in groupings if name in given]
    source = f"the plan's fit of {BLOCKS * PRACTITIONERS} simulated practitioners"
    source += f"; between {listed(asked)} as asked" if asked else ""
    return (
        f"Of the variance that is left between practitioners / groups / sites: {'; '.join(said)} ({source})."
    )

"""A planned study as a table: one row per outcome and size, unrounded."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from alliance_modes.power.planned.found import Found, Planned
from alliance_modes.power.rates import Share

COUNTED = ("power", "claim", "type_one", "type_one_plain", "coverage")


def table_of(planned: Planned) -> pd.DataFrame:
    """Every number of a planned study.

    Returns
    -------
    DataFrame
        ``outcome`` (as ``model.outcome``), the size, ``estimand`` and ``effect`` (the number that is looked
        for, as the report tells it, and as ``coefficient``); from standard errors ``detectable``,
        ``calculated_power`` and ``half_width``; counted ``power``, ``claim``, ``type_one``,
        ``type_one_plain`` (by the engine's standard error and the normal distribution), ``coverage``, and
        ``bias`` of the coefficient; each with its Monte-Carlo standard error (``_error``). ``draws`` were
        made, of which ``estimated`` could be; ``reason`` says why there is nothing.
    """
    return pd.DataFrame([dict(_cells(one)) for one in planned.found])


def _cells(one: Found) -> Iterator[tuple[str, object]]:
    size, assumed = one.size, one.assumed
    yield "outcome", assumed.asked.name
    yield "sites", size.sites
    yield "practitioners_per_site", size.per_site
    yield "practitioners", size.practitioners
    yield "clients_per_practitioner", size.clients
    yield "clients", size.enrolments
    yield "estimand", assumed.estimand
    yield "effect", assumed.effect
    yield "coefficient", assumed.coefficient
    yield from _both("detectable", one.detectable)
    yield from _both("calculated_power", one.power)
    yield from _both("half_width", one.half_width)
    for name in COUNTED:
        share = None if one.rates is None else getattr(one.rates, name)
        if name == "claim" and share is not None and not one.may_claim:
            share = Share(0.0, 0.0, share.out_of)
        yield from _both(name, share)
    yield from _both("bias", None if one.rates is None else one.rates.bias)
    yield "draws", one.draws
    yield "estimated", one.estimated
    yield "reason", one.reason


def _both(name: str, share: Share | None) -> Iterator[tuple[str, object]]:
    yield name, None if share is None else share.value
    yield f"{name}_error", None if share is None else share.error

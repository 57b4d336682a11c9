"""Ruptures of the alliance, in the research report."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from alliance_modes.reports.research.relations.block import Block, Numbers
from alliance_modes.tables.measurement import block_name
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, plain, scale_name, uncapital
from alliance_modes.words.rounding import MISSING, is_missing, number, p_value, percent, percent_interval

ASKED = (
    "How often does the alliance break, in withdrawal or in confrontation, and is it repaired? How many "
    "clients' ratings fall by more than their error, beside what error alone gives? And who drops out after "
    "which kind?"
)
RECORDED = (
    "Sessions of which it is recorded whether there was a rupture [95 % interval, for new practitioners and "
    "sites like these, where there are several]. Repaired: of ruptures of which that is recorded."
)
FALLS = (
    "A fall is a drop from one rating to the next by more than 1.96 × √2 × the standard error of "
    "measurement. Noise: the same people at the same sessions without any change [range of 95 % of such "
    "cohorts]. One-SD rule: a drop by the person's own SD or more, the usual way. Back: no longer lower than "
    "before by more than the limit. Passing states of a session are no error of measurement, and count as "
    "change."
)
ENDS = (
    "Hazard ratios of drop-out after a last rupture of the kind, up to the session before, against none, "
    "by the plan's model of drop-out [95 % interval]; p not adjusted. Beside repair: with what that model "
    "tests. At any time: with later ruptures too, the usual way: who stays long has more sessions in which "
    "one can fall."
)
KINDS = {"any_kind": "Any", "withdrawal": "Withdrawal", "confrontation": "Confrontation"}
HAZARDS = {
    "hazard_ratio": "Up to the session before",
    "hazard_ratio_beside_repair": "Beside repair",
    "hazard_ratio_ever": "At any time",
}
FIGURE = "rupture_control_chart"
SHARES = ("share_of_clients", "share_repaired")
NOISE = "_by_noise"


def block(numbers: Numbers) -> Block:
    """The block of this analysis."""
    tables = (*_recorded(numbers), *_falls(numbers), *_ends(numbers))
    figure = "" if numbers.points.empty else FIGURE
    not_done = (*numbers.not_done(lambda term: _kind(term, numbers)), *_open(numbers))
    return Block("Ruptures", ASKED, tuple(_said(numbers)), tables, figure, not_done)


def _kind(term: str, numbers: Numbers) -> str:
    named = numbers.plan.predictors.get(term)
    said = KINDS.get(term) or (plain(term) if named is None else named.label)
    return f"{uncapital(said)} kind" if term == "any_kind" else uncapital(said)


def _said(numbers: Numbers) -> Iterator[str]:
    settings, checks = numbers.plan.relations.rupture, numbers.checks
    for one in checks[checks["check"] == "beyond_noise"].itertuples():
        name = block_name(settings.rater, settings.instrument)
        more = "More people fall than noise gives"
        if one.result != "pass":
            more = "How many people fall is within what noise alone gives"
        yield f"{more} ({name}, {scale_name(settings.scale, settings.instrument).lower()}: {one.detail})."
    apart = checks[(checks["check"] == "kinds_told_apart") & (checks["result"] == "fail")]
    if len(apart):
        yield f"The records do not tell the kinds of rupture apart: {apart['detail'].iloc[0]}."


def _open(numbers: Numbers) -> Iterator[str]:
    open_still = numbers.checks[numbers.checks["check"] == "agreement_of_coders"]
    yield from (f"Agreement of coders: {detail}." for detail in open_still["detail"].dropna())


def _recorded(numbers: Numbers) -> Iterator[DisplayTable]:
    lines = []
    for kind, name in KINDS.items():
        found = [
            numbers.row("recorded", kind, estimand)
            for estimand in ("events_per_client", "per_hundred_sessions", *SHARES)
        ]
        if found[0] is not None:
            lines.append((name, *(_amount(row, row_of in (2, 3)) for row_of, row in enumerate(found))))
    if lines:
        headings = ("Rupture", "Per client", "Per 100 sessions", "Clients with one", "Repaired")
        yield display_table("Ruptures as recorded", headings, "lllll", lines, RECORDED)


def _falls(numbers: Numbers) -> Iterator[DisplayTable]:
    rows = {
        "Clients with a fall": ("fall", "share_of_clients"),
        "Clients with one by the one-SD rule": ("fall_by_one_sd", "share_of_clients"),
        "Falls per 100 ratings": ("fall", "per_hundred_ratings"),
        "Mean size, points of the score": ("fall", "size"),
        "Sessions until back": ("fall", "sessions_until_back"),
        "Falls that came back": ("fall", "share_repaired"),
    }
    for part in dict.fromkeys(numbers.estimates["part"]):
        lines = []
        for name, (term, estimand) in rows.items():
            observed, noise = (numbers.row(part, term, estimand + end) for end in ("", NOISE))
            if noise is not None:
                shared = estimand in SHARES
                lines.append((name, _amount(observed, shared), _amount(noise, shared)))
        if lines:
            n = int(numbers.estimates.loc[numbers.estimates["part"] == part, "n"].max())
            caption = f"Falls of the rating by session ({n:,} people)"
            yield display_table(caption, ("", "Observed", "In pure noise"), "lll", lines, FALLS)


def _ends(numbers: Numbers) -> Iterator[DisplayTable]:
    for part, model, outcome in numbers.outcomes():
        named = {kind: KINDS[kind] for kind in KINDS if kind != "any_kind"}
        named |= {"confrontation_less_withdrawal": "Confrontation against withdrawal"}
        named |= {
            name: capital(numbers.plan.predictors[name].label)
            for name in model.tested
            if name in model.predictors
        }
        lines = []
        for term, name in named.items():
            cells = [_ratio(numbers, part, term, estimand) for estimand in HAZARDS]
            if set(cells) != {MISSING}:
                lines.append((name, *cells))
        if lines:
            caption = f"{capital(outcome.told)} after each kind of rupture"
            yield display_table(caption, ("Last rupture", *HAZARDS.values()), "llll", lines, ENDS)


def _ratio(numbers: Numbers, part: str, term: str, estimand: str) -> str:
    row = numbers.row(part, term, estimand)
    return MISSING if row is None else f"{_amount(row, False)}; p {p_value(row['p'])}"


def _amount(row: pd.Series | None, shared: bool) -> str:
    """A share in per cent or another number, with its interval where it has one."""
    if row is None:
        return MISSING
    low, high = row["ci_low"], row["ci_high"]
    if shared:
        limits = "" if is_missing(low) else f" {percent_interval(low, high)}"
        return f"{percent(row['estimate'])}{limits}"
    limits = "" if is_missing(low) else f" [{number(low)} to {number(high)}]"
    return f"{number(row['estimate'])}{limits}"

"""The course of the alliance that is expected of a client, and alerts below it, in the research report."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from alliance_modes.reports.research.relations.block import Block, Numbers, rating_name
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.rounding import MISSING, is_missing, number, percent, percent_interval

ASKED = (
    "Had an alert been given whenever a client's rating was lower than expected of it, how many would have "
    "been false, how many drop-outs would have been preceded by one, and how early? What is expected comes "
    "from other clients like this one, and from what this client rated before."
)
FROM_OTHERS = "The other clients are those of other practitioners of this cohort."
FROM_EARLIER = "The other clients are those of earlier cohorts."
NOTE = (
    "[95 % interval, for new practitioners and sites like these.] By chance: the same clients at the same "
    "sessions with errors drawn from everybody's, so that nothing happens to anyone (mean of 200 such "
    "cohorts). In time: with at least {left} left after it. Same band for all: without what the client rated "
    "before; it finds who is always low, again and again."
)
USED = " Fall of {fall}, below {concern}: rules that feedback systems use."
CHECKED = {
    "like_earlier_cohorts": (
        "No difference from earlier cohorts was found",
        "The cohort rates otherwise than earlier ones, so that there are too many alerts or too few for that "
        "alone",
        "Whether the cohort rates as earlier ones do cannot be told",
    ),
    "band_between_cohorts": (
        "The band allows for how much cohorts differ",
        "",
        "The band does not allow for how much cohorts differ, and holds what it should of cohorts like the "
        "earlier ones",
    ),
    "held_out_coverage": (
        "The band holds what it should of ratings that it was not made from",
        "The band does not hold what it should of ratings that it was not made from",
        "Whether the band holds what it should of ratings that it was not made from cannot be told",
    ),
    "hits_beyond_noise": (
        "Alerts come before dropping out more often than chance alone gives",
        "How often alerts come before dropping out is within what chance alone gives",
        "Whether alerts come before dropping out more often than chance gives cannot be told",
    ),
}
"""What is said of each check, passed, failed, and not made."""

RESULTS = ("pass", "fail", "not_checked")

NOISE = "_by_noise"
FIGURE = "expected_course"
COLUMNS = {
    "Alerts per rating": "alerts_per_rating",
    "Clients with one": "clients_alerted",
    "Clients, by chance": f"clients_alerted{NOISE}",
    "Drop-outs with one in time": "hit_rate",
    "In time, by chance": f"hit_rate{NOISE}",
}


def block(numbers: Numbers) -> Block:
    """The block of this analysis."""
    tables = tuple(_tables(numbers))
    return Block(
        "Expected course and alerts",
        _asked(numbers),
        tuple(_said(numbers)),
        tables,
        figure=FIGURE if tables else "",
        not_done=numbers.not_done(lambda rule: "", lambda part: rating_name(part, numbers)),
    )


def _asked(numbers: Numbers) -> str:
    if numbers.checks.empty:
        return ASKED
    earlier = numbers.checks["check"].eq("like_earlier_cohorts").any()
    return f"{ASKED} {FROM_EARLIER if earlier else FROM_OTHERS}"


def _said(numbers: Numbers) -> Iterator[str]:
    for one in numbers.checks.itertuples():
        said = CHECKED[one.check][RESULTS.index(one.result)]
        yield f"{rating_name(one.part, numbers)}: {said[0].lower()}{said[1:]} ({one.detail})."


def _tables(numbers: Numbers) -> Iterator[DisplayTable]:
    settings = numbers.plan.relations.course
    sessions = f"{settings.sessions_left} session{'' if settings.sessions_left == 1 else 's'}"
    for part in dict.fromkeys(numbers.estimates["part"]):
        rules = _rules(part, numbers)
        lines = [
            (name, *(_share(numbers.row(part, rule, estimand)) for estimand in COLUMNS.values()),
             _sessions(numbers.row(part, rule, "lead_sessions")))
            for rule, name in rules.items()
            if numbers.row(part, rule, "alerts_per_rating") is not None
        ]  # fmt: skip
        if lines:
            note = NOTE.format(left=sessions)
            if part in settings.concern:
                fall, concern = _points(settings.fall), number(settings.concern[part], 0)
                note += USED.format(fall=fall, concern=concern)
            headings = ("Rule", *COLUMNS, "Sessions left after it")
            caption = f"{rating_name(part, numbers)}: what alerts would have been worth"
            yield display_table(caption, headings, "l" * len(headings), lines, note)


def _rules(part: str, numbers: Numbers) -> dict[str, str]:
    settings = numbers.plan.relations.course
    rules = {
        "next_rating_band": "Below the band of the next rating",
        "same_band_for_all": "Same band for all",
    }
    if part in settings.concern:
        rules["fall_since_last"] = f"Fall of {_points(settings.fall)} since the last rating"
        rules["below_concern"] = f"Below {number(settings.concern[part], 0)}"
    return rules


def _points(fall: float) -> str:
    return "one point" if fall == 1.0 else f"{fall:g} points"


def _share(row: pd.Series | None) -> str:
    if row is None:
        return MISSING
    decimals = 1 if str(row["estimand"]) == "alerts_per_rating" else 0
    if str(row["estimand"]).endswith(NOISE) or is_missing(row["ci_low"]):
        return percent(row["estimate"], decimals)
    return f"{percent(row['estimate'], decimals)} {percent_interval(row['ci_low'], row['ci_high'])}"


def _sessions(row: pd.Series | None) -> str:
    if row is None:
        return MISSING
    limits = (
        "" if is_missing(row["ci_low"]) else f" [{number(row['ci_low'], 1)} to {number(row['ci_high'], 1)}]"
    )
    return f"{number(row['estimate'], 1)}{limits}"

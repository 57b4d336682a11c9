"""What a sheet says of its numbers."""

from __future__ import annotations

import math

from alliance_modes.domain import ALPHA
from alliance_modes.models.peers.own import OwnClient
from alliance_modes.reports.supervision.sheet import ModeUse, Sheet, Standing
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, listed, mode_name, uncapital
from alliance_modes.words.rounding import number, percent, whole

APART = "can be told apart"
NOT_APART = "cannot be told apart"


def standing_told(standing: Standing) -> tuple[str, ...]:
    """The estimate, whether it can be told apart from what is expected, and what it does not say."""
    size = number(abs(standing.estimate))
    side = "higher" if standing.estimate > 0 else "lower"
    seen = (
        f"Your clients' ratings are {size} points {side} than is expected of clients like them "
        f"(95\u00a0% interval {_from_expected(standing.low)} to {_from_expected(standing.high)})."
    )
    if standing.apart:
        return (
            seen,
            f"You {APART} from your peers in this rating.",
            "That is no judgement, and it does not say why: what nobody recorded about your clients, your "
            "site or your groups can be behind it as well as what you do.",
        )
    return (
        seen,
        f"You {NOT_APART} from your peers in this rating.",
        "A difference of this size can be chance. That is not proof that there is none: with more clients a "
        "smaller difference could be seen.",
    )


def _from_expected(limit: float) -> str:
    return f"{number(abs(limit))} {'higher' if limit > 0 else 'lower'}"


def by_chance(placed: int) -> str:
    """What the rule does where nobody differs, on one sheet and over those of the cohort."""
    most = math.ceil(ALPHA * placed)
    counted = "sheet of this cohort sets" if placed == 1 else "sheets of this cohort set"
    return (
        f"If practitioners did not differ at all, at most {percent(ALPHA, 0)} of sheets would still say "
        f"\u201c{APART}\u201d. {whole(placed)} {counted} a practitioner beside peers: at most about "
        f"{whole(most)} of them would."
    )


def comparable_told(sheet: Sheet) -> str:
    """By what clients are made comparable."""
    labels = [uncapital(label) for label in sheet.comparable_by]
    return (
        f"What is expected comes from clients of other practitioners, made comparable by {listed(labels)}; "
        "what is not recorded of a client counts as the mean."
    )


def changes_told(uses: ModeUse) -> str:
    """Whether a mode is used more or less than at the survey before, beyond what answers differ by anyhow."""
    if len(uses.surveys) < 2:
        return "After a second survey this shows how your use of each mode changes."
    if not uses.changed:
        return "Between your last two surveys no mode changed by more than answers differ by error."
    named = capital(listed([mode_name(mode) for mode in uses.changed]))
    return (
        f"{named}: changed between your last two surveys by more than answers differ by error in 95 of 100 "
        "cases."
    )


def ruptures_table(clients: tuple[OwnClient, ...], most: int) -> DisplayTable | None:
    """A row for each client with a rupture that is recorded as not repaired; None where there is none.

    Of more than ``most`` such clients the last.
    """
    rows = [
        (
            client.name,
            listed([str(one.session) for one in client.unrepaired]),
            whole(len(client.ruptures)),
            "not repaired" if client.left_unrepaired else "repaired or not recorded",
        )
        for client in clients
        if client.unrepaired
    ]
    if not rows:
        return None
    note = f"The {whole(most)} of {whole(len(rows))} who started last." if len(rows) > most else ""
    return display_table(
        "Ruptures recorded as not repaired, by client",
        ("Client", "In sessions", "Ruptures in all", "The last one"),
        "llrl",
        rows[-most:],
        note,
    )


def records_told(sheet: Sheet, shown: int) -> tuple[str, ...]:
    """How many clients there are, how many of them are shown, and what is known of ruptures."""
    led, rated = len(sheet.clients), sum(bool(client.rated) for client in sheet.clients)
    said = [f"You have led {whole(led)} enrolments; {whole(rated)} of them have a rating ({sheet.rating})."]
    if shown < rated:
        said.append(f"The {whole(shown)} of these who started last are shown.")
    if not any(client.ruptures for client in sheet.clients):
        said.append("No rupture is recorded with any of them.")
    elif not any(client.unrepaired for client in sheet.clients):
        said.append("No rupture is recorded as not repaired.")
    return tuple(said)

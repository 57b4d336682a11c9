"""The one question of a sheet: chosen by the first of four rules that applies, never by the standing."""

from __future__ import annotations

from datetime import date

from alliance_modes.models.peers.own import OwnClient
from alliance_modes.reports.supervision.sheet import Sheet
from alliance_modes.words.names import listed, mode_name
from alliance_modes.words.rounding import number

ANYBODY = "Which of your clients would you most like to think about together, and what would they say of it?"


def question_of(sheet: Sheet) -> str:
    """The question to discuss.

    Notes
    -----
    The first of these that applies. (1) A client whose last rupture is recorded as not repaired: of several
    the one with the latest. (2) A client whose last two ratings are lower than the band of such clients,
    where the practitioner has as many rated clients as the plan asks for: of several the one who started
    last. (3) A mode that the practitioner uses more or less than at the survey before, by more than the
    smallest detectable change. (4) An open question.
    """
    return _of_rupture(sheet) or _of_ratings(sheet) or _of_modes(sheet) or ANYBODY


def _of_rupture(sheet: Sheet) -> str:
    left = [client for client in sheet.clients if client.left_unrepaired]
    if not left:
        return ""
    client = max(left, key=_last_rupture)
    return (
        f"The rupture with client {client.name} in session {client.ruptures[-1].session} is recorded as not "
        "repaired. How do you see that session now, and what would you like to do with it?"
    )


def _last_rupture(client: OwnClient) -> tuple[date, int]:
    last = client.ruptures[-1]
    return last.held_on or date.min, last.session


def _of_ratings(sheet: Sheet) -> str:
    below = [client for client in sheet.clients if client.below_twice]
    if not below or sheet.rated < sheet.clients_at_least:
        return ""
    return (
        f"Client {below[-1].name} rated the last two times lower than most clients like this one do. What do "
        "you think the client would tell you about it?"
    )


def _of_modes(sheet: Sheet) -> str:
    if not sheet.mode_use.changed:
        return ""
    moved = [
        f"the {mode_name(mode)} from {number(before, 1)} to {number(after, 1)}"
        for mode in sheet.mode_use.changed
        for before, after in (sheet.mode_use.uses[mode][-2:],)
    ]
    return (
        f"Between your last two surveys your answers moved: {listed(moved)}. Was that meant, and what have "
        "your clients noticed of it?"
    )

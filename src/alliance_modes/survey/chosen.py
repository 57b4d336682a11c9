"""Which instruments a survey has, in which canonical table each is kept, and which forms that makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from alliance_modes.dictionary.canonical import ITEM_BLOCKS
from alliance_modes.domain import Rater
from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.instruments.model import Instrument
from alliance_modes.survey.wording import Part

AT = "@"
"""Between an instrument and the table that it is kept in, where that is not the usual one."""

ALLIANCE = "working alliance"
"""What an instrument measures whose forms stand in the alliance table."""

FORMS: Mapping[str, tuple[tuple[Rater, str], ...]] = {
    "practitioner_survey": (("practitioner", "practitioner_survey"),),
    "sessions": (("client", "sessions"), ("practitioner", "sessions")),
    "alliance": (("client", "alliance_client"), ("practitioner", "alliance_practitioner")),
    "group_climate": (("client", "group_climate"),),
}
"""The form in which each kind of person fills in the instruments of a table."""


@dataclass(frozen=True)
class Placed:
    """One instrument of one form: as whom it is filled in, and the table that it is kept in."""

    part: Part
    table: str
    form: str


def placed(asked: Sequence[str], instruments: Mapping[str, Instrument]) -> tuple[Placed, ...]:
    """Each instrument asked for, once for every form that it stands in.

    Parameters
    ----------
    asked : sequence of str
        Ids, each with ``@`` and a table where it is not kept in the usual one
        (``burnout@practitioner_survey``).
    instruments : mapping of str to Instrument
        Every known instrument.

    Raises
    ------
    ConfigurationError
        An instrument or table is not known, an instrument is asked for twice, or nobody fills it in who has
        a form of its table; every problem together.
    """
    found: list[Placed] = []
    problems: list[Problem] = []
    seen: set[str] = set()
    for one in asked:
        name, _, table = one.partition(AT)
        problem = _unknown(name, table, instruments) or _twice(name, seen)
        if problem:
            problems.append(problem)
            continue
        seen.add(name)
        instrument = instruments[name]
        forms = list(_forms(instrument, table or usual_table(instrument)))
        problems += [] if forms else [_nobody(instrument, table or usual_table(instrument))]
        found += forms
    if problems:
        raise ConfigurationError("survey", problems)
    return tuple(found)


def usual_table(instrument: Instrument) -> str:
    """The table of an instrument: the project's by name, alliance for any inventory of it, else sessions."""
    if instrument.measures == ALLIANCE:
        return "alliance"
    blocks = {name: table for table, blocks in ITEM_BLOCKS.items() for name, _ in blocks}
    return blocks.get(instrument.id, "sessions")


def _forms(instrument: Instrument, table: str) -> Iterator[Placed]:
    for rater, form in FORMS[table]:
        if rater in instrument.raters:
            yield Placed(Part(instrument, rater), table, form)
            if table == "sessions":  # one record of a session, whoever of the two fills in the part
                return


def _unknown(name: str, table: str, instruments: Mapping[str, Instrument]) -> Problem | None:
    if name not in instruments:
        hint = f"There are {', '.join(sorted(instruments))}. One of your own: docs/instruments.md."
        return Problem(f'there is no instrument "{name}"', hint)
    if table and table not in FORMS:
        return Problem(
            f'{name}: no form is kept in "{table}"', f"Write one of {', '.join(FORMS)} behind {AT}."
        )
    return None


def _twice(name: str, seen: set[str]) -> Problem | None:
    if name not in seen:
        return None
    return Problem(f"the instrument {name} is asked for twice", "Name each one once.")


def _nobody(instrument: Instrument, table: str) -> Problem:
    who = " and ".join(rater for rater, _ in FORMS[table])
    message = (
        f"{instrument.id} is filled in by the {' or '.join(instrument.raters)}, who has no form of {table}"
    )
    return Problem(
        message, f"Forms of {table} are for the {who}: leave it out, or keep it elsewhere ({AT}table)."
    )

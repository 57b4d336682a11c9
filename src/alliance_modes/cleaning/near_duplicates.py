"""Records that are probably one and the same though their keys differ: flagged, and nothing changed.

None of these rules can tell a double entry from two records that happen to agree, so no record is
left out for them; the list is there for a person to look up.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from alliance_modes.cleaning.careless import FEWEST_ITEMS
from alliance_modes.cleaning.dates import first_day
from alliance_modes.cleaning.inventories import INVENTORY_TABLES, item_columns
from alliance_modes.cleaning.ledger import Ledger
from alliance_modes.dictionary.canonical import dictionary
from alliance_modes.dictionary.named import (
    CLIENT_ID,
    COMPLETED_ON,
    ENDED_ON,
    ENROLMENT_ID,
    ENROLMENT_STATUS,
    GROUP_ID,
    PRACTITIONER_ID,
    PROGRAMME_ID,
    SESSION_NO,
    STARTED_ON,
)

FEWEST_FACTS = 3
SAME_ANSWERS = 0.85
"""Share of equal answers from which two records count as one entered twice."""
FEWEST_DIFFERENT = 3
"""Different answers that a repeated set of ratings must hold: equal rows of one same answer are common."""

FAR = pd.Timestamp("2200-01-01").as_unit("us")

PERSON = {"practitioner_survey": (PRACTITIONER_ID,), "alliance": (ENROLMENT_ID, "rater", "instrument")}


def flag_near_duplicates(ledger: Ledger) -> None:
    """Flag near-duplicates in every table, over the records that are kept."""
    _flag_two_ids(ledger)
    _flag_enrolled_twice(ledger)
    for name in INVENTORY_TABLES:
        _flag_entered_twice(ledger, name)
    _flag_repeated_ratings(ledger)


def _flag_two_ids(ledger: Ledger) -> None:
    """One person under two client ids.

    Notes
    -----
    Flagged are enrolments of different clients that start on the same day in the same programme
    and group and agree exactly in every number that describes a client, missing ones included, of
    which at least ``FEWEST_FACTS`` are recorded: exact agreement on quasi-identifiers, the strictest
    rule of deterministic record linkage. Of those without a start the day of referral counts.

    References
    ----------
    Fellegi, I. P., & Sunter, A. B. (1969). A theory for record linkage. Journal of the American
    Statistical Association, 64(328), 1183-1210.
    Christen, P. (2012). Data matching. Springer, ch. 5.
    """
    table = ledger["enrolments"].frame()
    facts = dictionary().enrolments.those(lambda column: column.describes == "client" and column.is_number)
    on = first_day(table)
    known = on.notna() & table[CLIENT_ID].notna() & (table[list(facts)].notna().sum(axis=1) >= FEWEST_FACTS)
    check = "two_client_ids"
    if not known.any():
        ledger.not_checked(
            "enrolments", check, f"not recorded: a day, or {FEWEST_FACTS} of {', '.join(facts)}"
        )
        return
    columns = [PROGRAMME_ID, GROUP_ID, *facts]
    alike = table.loc[known, [*columns, CLIENT_ID, "source_row"]].assign(on=on[known])
    by = alike.groupby([*columns, "on"], dropna=False, sort=False)
    found = (by[CLIENT_ID].transform("nunique") > 1).reindex(table.index, fill_value=False)
    first = by["source_row"].transform("min").reindex(table.index)
    meaning = "another client starts the same programme on the same day with the same age, risk and history"
    _report(ledger, "enrolments", check, known, found, f"{meaning} (first such row)", first)


def _flag_enrolled_twice(ledger: Ledger) -> None:
    """One client twice in one programme at the same time: the second start lies before the first end."""
    table = ledger["enrolments"].frame()
    columns = [CLIENT_ID, PROGRAMME_ID]
    known = table[columns].notna().all(axis=1) & table[STARTED_ON].notna()
    check = "enrolled_twice_at_once"
    if not known.any():
        ledger.not_checked("enrolments", check, "not recorded: client, programme or start")
        return
    rows = table.loc[known, [*columns, STARTED_ON, ENDED_ON, ENROLMENT_STATUS, "source_row"]]
    rows = rows.sort_values([*columns, STARTED_ON], kind="stable")
    by = rows.groupby(columns, sort=False)
    still_on = rows[STARTED_ON].mask((rows[ENROLMENT_STATUS] == "ongoing").fillna(False), FAR)
    end = rows[ENDED_ON].fillna(still_on)
    earlier = end.groupby([rows[column] for column in columns], sort=False)
    latest_before = earlier.cummax().groupby([rows[column] for column in columns], sort=False).shift()
    overlap = (rows[STARTED_ON] < latest_before) | (rows[STARTED_ON] == by[STARTED_ON].shift())
    found = overlap.fillna(False).reindex(table.index, fill_value=False)
    before = by["source_row"].shift().reindex(table.index)
    meaning = "starts a programme that the same client is on already (row of the enrolment before)"
    _report(ledger, "enrolments", check, known, found, meaning, before)


def _flag_entered_twice(ledger: Ledger, name: str) -> None:
    """One filled-in form entered twice, under two session numbers or waves.

    Notes
    -----
    Two records of one person, rater and instrument that carry the same date and agree in at least
    ``SAME_ANSWERS`` of the items answered in both (at least ``FEWEST_ITEMS``). The share is the
    per cent match of Kuriakose and Robbins, whose limit is .85. It is used within one person and
    one day alone, where a second form is not expected: across people a high match is common with
    few items, few answers and much agreement.

    References
    ----------
    Kuriakose, N., & Robbins, M. (2016). Don't get duped: Fraud through duplication in public
    opinion surveys. Statistical Journal of the IAOS, 32(3), 283-291.
    Simmons, K., Mercer, A., Schwarzer, S., & Kennedy, C. (2016). Evaluating a new proposal for
    detecting data falsification in surveys. Statistical Journal of the IAOS, 32(3), 327-338.
    """
    table, check = ledger[name], "entered_twice"
    columns = [column for block in item_columns(name, table).values() for column in block]
    if name == "group_climate":
        key = table[ENROLMENT_ID].fillna(table[GROUP_ID]).to_frame()
    else:
        key = table.frame(PERSON[name])
    dates = table[COMPLETED_ON]
    known = key.notna().all(axis=1) & dates.notna()
    if not known.any():
        if len(table):
            ledger.not_checked(name, check, "not recorded: the date of the form")
        return
    key = key[known].assign(**{COMPLETED_ON: dates[known]})
    code = key.groupby(list(key.columns), sort=False).ngroup()
    code = code[code.duplicated(keep=False)].sort_values(kind="stable")
    found = pd.Series(False, index=table.index)
    first = pd.Series(np.nan, index=table.index)
    places_of = table.index.get_indexer(code.index)
    answers = table.numbers(columns, places_of)
    for apart in range(1, int(code.value_counts().max()) if len(code) else 1):
        same_form = code.to_numpy()[apart:] == code.to_numpy()[:-apart]
        later, earlier = answers[apart:], answers[:-apart]
        both = (~np.isnan(later) & ~np.isnan(earlier)).sum(axis=1)
        equal = (later == earlier).sum(axis=1)
        hit = same_form & (both >= FEWEST_ITEMS) & (equal >= SAME_ANSWERS * both - 1e-9)
        places = code.index[apart:][hit]
        found.loc[places] = True
        origin = table.frame(["source_row"], places_of[:-apart][hit])["source_row"]
        first.loc[places] = origin.to_numpy(dtype="float64")
    meaning = "nearly the same answers as another form of the same person and day (row of that form)"
    _report(ledger, name, check, known, found, meaning, first)


def _flag_repeated_ratings(ledger: Ledger) -> None:
    """A session whose ratings are all those of the session before.

    Notes
    -----
    Consecutive session numbers of one enrolment, the same ratings given and each of them equal, at
    least ``FEWEST_ITEMS`` of them with at least ``FEWEST_DIFFERENT`` different values, so that a
    row of one same answer is not taken for a copied record.
    """
    table, check = ledger["sessions"], "ratings_repeated"
    blocks = item_columns("sessions", table)
    columns = [column for block in blocks.values() for column in block]
    columns += ["use_educative", "use_engagement", "use_therapeutic"]
    people = table.column(ENROLMENT_ID).numbered()
    numbers = table[SESSION_NO].to_numpy(dtype="float64", na_value=np.nan)
    order = np.lexsort((numbers, people))
    people, numbers = people[order], numbers[order]
    same = (people[1:] == people[:-1]) & (numbers[1:] - numbers[:-1] == 1)
    given = np.zeros(len(table), dtype="int16")
    for column in columns:
        rating = table.column(column).numbered()[order]
        same &= rating[1:] == rating[:-1]
        given += rating >= 0
    enough = given >= FEWEST_ITEMS
    if not enough.any():
        if len(table):
            ledger.not_checked("sessions", check, f"fewer than {FEWEST_ITEMS} ratings of a session")
        return
    hit = np.zeros(len(table), dtype=bool)
    hit[1:] = same & enough[1:]
    hit[hit] = _different(table.numbers(columns, order[hit])) >= FEWEST_DIFFERENT
    places = table.index[order]
    found = pd.Series(hit, index=places).reindex(table.index)
    before = table[SESSION_NO] - 1
    known = pd.Series(enough, index=places).reindex(table.index)
    meaning = "every rating is that of the session before (its number)"
    _report(ledger, "sessions", check, known, found, meaning, before)


def _different(ratings: np.ndarray) -> np.ndarray:
    """How many different values each row holds."""
    if not len(ratings):
        return np.zeros(0, dtype="int64")
    ordered = np.sort(ratings, axis=1)
    given = ~np.isnan(ordered)
    steps = (ordered[:, 1:] != ordered[:, :-1]) & given[:, 1:] & given[:, :-1]
    return steps.sum(axis=1) + given.any(axis=1)


def _report(
    ledger: Ledger,
    name: str,
    check: str,
    known: pd.Series,
    found: pd.Series,
    meaning: str,
    values: pd.Series,
) -> None:
    hit, shown = found.to_numpy(dtype=bool), values.astype("float64")
    applies = known.to_numpy(dtype=bool)
    ledger.check_and_flag(name, check, applies, hit, meaning, shown, kind="near_duplicate")

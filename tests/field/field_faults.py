"""Faults that are planted into tidy tables: which column, and what then stands in its cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from random import Random

import pandas as pd
from field_truth import ITEMS, WORDS, Truth

Cells = set[tuple[str, int, str]]
Write = Callable[[pd.DataFrame, Path, str], None]
"""Writes a table into a folder, under a name without its ending."""

TABLES = ("enrolments", "forms", "sessions")
FIRST_DAY = date(1899, 12, 30)


@dataclass(frozen=True)
class Planted:
    """Tables with a fault.

    ``lost`` are the cells (table, row, column) whose value no longer stands there; ``order`` says by table
    where each row stood, if the rows were sorted. ``written`` says of a table how its file is written, if not
    as a plain CSV; ``rater`` is whose forms are to be compared, if there are those of others as well.
    """

    tables: dict[str, pd.DataFrame]
    lost: Cells = field(default_factory=set)
    order: dict[str, list[int]] = field(default_factory=dict)
    written: dict[str, Write] = field(default_factory=dict)
    rater: str = ""

    def put(self, table: str, column: str, cells: list, lost: Cells | None = None) -> Planted:
        """With other cells in one column."""
        changed = self.tables[table].assign(**{column: pd.Series(cells, dtype=object).to_numpy()})
        return replace(self, tables={**self.tables, table: changed}, lost=self.lost | (lost or set()))


def tidy(truth: Truth) -> Planted:
    """The tables as they truly are."""
    return Planted({name: getattr(truth, name) for name in TABLES})


Fault = Callable[[Planted, str, str, Random], Planted]


def _cells(planted: Planted, table: str, column: str) -> list:
    return planted.tables[table][column].tolist()


def small_letters(planted: Planted, table: str, column: str, draw: Random) -> Planted:
    """Some ids in small letters."""
    return planted.put(
        table,
        column,
        [text.lower() if draw.random() < 0.4 else text for text in _cells(planted, table, column)],
    )


def without_zeros(planted: Planted, table: str, column: str, draw: Random) -> Planted:
    """Ids whose noughts have gone."""
    return planted.put(
        table, column, [text[0] + text[1:].lstrip("0") for text in _cells(planted, table, column)]
    )


def once_per_block(planted: Planted, table: str, column: str, draw: Random) -> Planted:
    """A value only where it changes."""
    rows = planted.tables[table].sort_values(column, kind="stable")
    order = rows.index.tolist()
    cells = rows[column].mask(rows[column].duplicated())
    lost = {(table, place, column) for place, gone in enumerate(cells.isna()) if gone}
    changed = rows.assign(**{column: cells}).reset_index(drop=True)
    return replace(
        planted,
        tables={**planted.tables, table: changed},
        lost=planted.lost | lost,
        order={**planted.order, table: order},
    )


def _some(planted: Planted, table: str, column: str, draw: Random, said: object, share: float) -> Planted:
    cells = _cells(planted, table, column)
    count = max(1, round(share * len(cells)))
    places = sorted(draw.sample(range(len(cells)), count))
    for place in places:
        cells[place] = said
    return planted.put(table, column, cells, {(table, place, column) for place in places})


def code_of_nines(planted: Planted, table: str, column: str, draw: Random) -> Planted:
    """9, 99 or 999 for what is not known."""
    top = max(_cells(planted, table, column))
    code = draw.choice([code for code in (9, 99, 999, -1, -9) if code > 1.5 * top or code < 0])
    return _some(planted, table, column, draw, code, 0.12)


def a_nine(planted: Planted, table: str, column: str, draw: Random) -> Planted:
    """99 where it is a possible value, but far from the others, or more often than any of them."""
    return _some(planted, table, column, draw, 99, 0.15)


def few_numbers(planted: Planted, table: str, column: str, draw: Random) -> Planted:
    """One or two different numbers, and 99 beside them."""
    low = min(_cells(planted, table, column))
    few = draw.choice([(low,), (low, low + 1)])
    cells = [few[place % len(few)] for place, _ in enumerate(_cells(planted, table, column))]
    plain = planted.put(table, column, cells)
    return _some(plain, table, column, draw, draw.choice([99, 999, 9 if low < 5 else 88]), 0.12)


def a_word(planted: Planted, table: str, column: str, draw: Random) -> Planted:
    """A remark where a value should be."""
    return _some(planted, table, column, draw, draw.choice(["awaiting transfer", "see file", "tbc"]), 0.01)


def yes_or_blank(planted: Planted, table: str, column: str, draw: Random) -> Planted:
    """Yes, or nothing."""
    mark = draw.choice(["yes", "x", "Y"])
    return planted.put(table, column, [mark if value else None for value in _cells(planted, table, column)])


def turned_words(planted: Planted, table: str, column: str, draw: Random) -> Planted:
    """Numbers with words, the numbers the other way round."""
    cells = [f"{6 - value} - {WORDS[value]}" for value in _cells(planted, table, column)]
    return planted.put(table, column, cells)


def turned_numbers_and_words(planted: Planted, table: str, column: str, draw: Random) -> Planted:
    """All numbers the other way round, words beside those of one item only."""
    for item in ITEMS:
        if item == column:
            planted = turned_words(planted, table, item, draw)
        else:
            planted = planted.put(table, item, [6 - value for value in _cells(planted, table, item)])
    return planted


def turned_items(planted: Planted, table: str, column: str, draw: Random) -> Planted:
    """All answers with words, the numbers the other way round."""
    for item in ITEMS:
        planted = turned_words(planted, table, item, draw)
    return planted


def from_nought(planted: Planted, table: str, column: str, draw: Random) -> Planted:
    """All answers counted from nought."""
    for item in ITEMS:
        planted = planted.put(table, item, [value - 1 for value in _cells(planted, table, item)])
    return planted


def _answers(change: Callable[[int], object]) -> Fault:
    def fault(planted: Planted, table: str, column: str, draw: Random) -> Planted:
        for item in ITEMS:
            planted = planted.put(table, item, [change(value) for value in _cells(planted, table, item)])
        return planted

    return fault


def bare_codes(planted: Planted, table: str, column: str, draw: Random) -> Planted:
    """Codes in place of words, in an order of their own."""
    words = sorted(set(_cells(planted, table, column)))
    draw.shuffle(words)
    first = draw.choice([0, 1])
    codes = {word: place for place, word in enumerate(words, first)}
    return planted.put(table, column, [codes[word] for word in _cells(planted, table, column)])


def _written(form: str) -> Fault:
    def fault(planted: Planted, table: str, column: str, draw: Random) -> Planted:
        days = [date.fromisoformat(text) for text in _cells(planted, table, column)]
        return planted.put(table, column, [day.strftime(form) for day in days])

    return fault


def serial_days(planted: Planted, table: str, column: str, draw: Random) -> Planted:
    """Days as the numbers that a spreadsheet keeps."""
    days = [date.fromisoformat(text) for text in _cells(planted, table, column)]
    return planted.put(table, column, [(day - FIRST_DAY).days for day in days])


def mixed_orders(planted: Planted, table: str, column: str, draw: Random) -> Planted:
    """Day first here, month first there."""
    days = [date.fromisoformat(text) for text in _cells(planted, table, column)]
    cells = [day.strftime("%d/%m/%Y" if place % 2 else "%m/%d/%Y") for place, day in enumerate(days)]
    return planted.put(table, column, cells)


def one_day(planted: Planted, table: str, column: str, draw: Random) -> Planted:
    """A day that stands for none, in every row or in most of them."""
    days = ["1970-01-01", "1900-01-01", "1960-01-01", "1899-12-30", "2024-06-28", "0001-01-01", "1753-01-01"]
    day = draw.choice([*days, "9999-12-31", "1582-10-14"])
    return _some(planted, table, column, draw, day, draw.choice([0.6, 0.8, 1.0]))


def occasion_words(planted: Planted, table: str, column: str, draw: Random) -> Planted:
    """Occasions by name."""
    first, *_ = sorted(set(_cells(planted, table, column)))
    words = draw.choice([("Pre", "Post"), ("T1", "T2"), ("Session 2", "Session 5")])
    return planted.put(
        table, column, [words[0] if value == first else words[1] for value in _cells(planted, table, column)]
    )


def totals(planted: Planted, table: str, column: str, draw: Random) -> Planted:
    """A line of totals at the end."""
    rows = planted.tables[table]
    last = dict.fromkeys(rows.columns) | {rows.columns[0]: "Total", column: len(rows)}
    longer = pd.concat([rows.astype(object), pd.DataFrame([last], dtype=object)], ignore_index=True)
    return replace(planted, tables={**planted.tables, table: longer})


def twice(planted: Planted, table: str, column: str, draw: Random) -> Planted:
    """A quarter of the rows once more, with another value in one column."""
    rows = planted.tables[table]
    again = rows.sample(frac=0.25, random_state=draw.randrange(1000))
    cells = rows[column].tolist()
    again = again.assign(**{column: [draw.choice(cells) for _ in range(len(again))]})
    longer = pd.concat([rows, again], ignore_index=True)
    return replace(planted, tables={**planted.tables, table: longer})


DATES = (("enrolments", "started_on"), ("enrolments", "ended_on"), ("sessions", "held_on"))
TRUTHS = (("enrolments", "mandated"), ("sessions", "attended"))
COUNTS = (("enrolments", "age_years"), ("enrolments", "risk_score"), ("forms", "wai_3"), ("forms", "wai_9"))
IDS = (("enrolments", "enrolment_id"), ("forms", "enrolment_id"), ("sessions", "enrolment_id"))
WORKERS = (("enrolments", "practitioner_id"), ("enrolments", "setting"))
FAULTS: dict[str, tuple[Fault, tuple[tuple[str, str], ...]]] = {
    "small letters": (small_letters, IDS),
    "without zeros": (without_zeros, IDS),
    "once per block": (
        once_per_block,
        (IDS[2], ("enrolments", "practitioner_id"), ("enrolments", "setting")),
    ),
    "nines": (code_of_nines, (*COUNTS, ("enrolments", "sessions_planned"), ("sessions", "attended"))),
    "possible nines": (a_nine, (("enrolments", "age_years"), ("enrolments", "risk_score"))),
    "few numbers": (few_numbers, (*COUNTS, ("enrolments", "sessions_planned"))),
    "bare codes": (bare_codes, (("enrolments", "status"), ("enrolments", "setting"))),
    "one item in words": (turned_words, (("forms", "wai_4"), ("forms", "wai_10"))),
    "one item in words, all turned": (turned_numbers_and_words, (("forms", "wai_4"),)),
    "a word": (a_word, (*DATES, *COUNTS, *TRUTHS, ("forms", "session_no"), ("enrolments", "status"))),
    "yes or blank": (yes_or_blank, TRUTHS),
    "items turned": (turned_items, (("forms", "wai_1"),)),
    "from nought": (from_nought, (("forms", "wai_1"),)),
    "from two": (_answers(lambda value: value + 1), (("forms", "wai_1"),)),
    "tens": (_answers(lambda value: 10 * value), (("forms", "wai_1"),)),
    "percents": (_answers(lambda value: 25 * (value - 1)), (("forms", "wai_1"),)),
    "fractions": (_answers(lambda value: value / 5), (("forms", "wai_1"),)),
    "from nought, never 0": (_answers(lambda value: max(value - 1, 1)), (("forms", "wai_1"),)),
    "day first": (_written("%d/%m/%Y"), DATES),
    "month first": (_written("%m/%d/%Y"), DATES),
    "names of months": (_written("%d %B %Y"), DATES),
    "short names of months": (_written("%d-%b-%y"), DATES),
    "zoned": (_written("%Y-%m-%dT23:30:00.000-05:00"), DATES),
    "in UTC": (_written("%Y-%m-%dT23:30:00Z"), DATES),
    "east": (_written("%Y-%m-%dT00:15:00+02:00"), DATES),
    "serial days": (serial_days, DATES),
    "mixed orders": (mixed_orders, DATES),
    "one day": (one_day, DATES),
    "occasions by name": (occasion_words, (("forms", "session_no"),)),
    "totals": (totals, (("enrolments", "sessions_planned"), ("forms", "wai_2"), ("sessions", "attended"))),
    "twice": (twice, (("enrolments", "started_on"), ("forms", "wai_5"), ("sessions", "attended"))),
}

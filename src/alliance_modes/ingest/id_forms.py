"""Ids that two exports write differently: another case, leading zeros, spaces or dashes, a digit mistyped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from alliance_modes.cleaning.identity import SAME_KIND, keyed_id
from alliance_modes.ingest.reading import Reading, refused
from alliance_modes.readers.raw_table import Cell

EXPONENT = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{1,3}")
EXACT_DIGITS = 15
"""Digits of a whole number that a spreadsheet keeps; those behind are zeros, whatever they were."""

LARGEST_WHOLE = 2**53
"""Above it, neighbouring whole numbers are the same double."""

LONG_FLOAT = re.compile(rf"[0-9]{{{EXACT_DIGITS + 1},}}[.,]0+")
LOST = "Export the ids as text (in a spreadsheet: format the column as text before the ids are put in)."

FEWEST_ZEROS = 3

SPACES = re.compile(r"[\s_./-]+")
ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")

FORMS: Mapping[str, Callable[[str], str]] = {
    "case": str.casefold,
    "zeros": lambda text: ZEROS.sub("", text),
    "spaces": lambda text: SPACES.sub("", text),
}
"""What is passed over, by name."""

OFFERS = {
    "case": "small and capital letters count as the same (fold_case: true on the id, in both sources)",
    "zeros": "leading zeros are passed over (pad: the width of the longer ids, on the column that lost them)",
    "spaces": "spaces and dashes are passed over (write the ids the same way in the files)",
    "any": "letters, zeros and spaces are passed over together",
    "digit": "one digit was otherwise (are they the same? if so, correct one of the files)",
    "digits": "two digits were otherwise (are they the same? if so, correct one of the files)",
}
"""What would make ids meet, in words, with the key of cohort.yaml where there is one."""


SLIPS = ("digit", "digits")
"""One and two digits that are other, more, fewer or in another order."""

MOST_SLIPS, MOST_DIGITS = 2000, 12
"""Ids of one column, and digits of one id, above which nobody types them one by one."""

MOST_PAIRS = 6
PLACE = ("id", "file", "row")


def lost_digits(cell: Cell, text: str) -> Reading | None:
    """A refusal, where the digits of an id are no longer there; None where they are.

    ``2.02E+13`` stands for ten million ids; a number of more than 15 digits has been rounded by the
    spreadsheet that holds it, and two people may have become one.
    """
    if isinstance(cell, str):
        if LONG_FLOAT.fullmatch(text):
            return refused("an id that was held as a number, whose last digits are lost", LOST)
        if EXPONENT.fullmatch(text) is None:
            return None
        return refused(f'"{text}" is a number whose digits are lost: it stands for many ids', LOST)
    if isinstance(cell, int | float) and abs(cell) >= min(10**EXACT_DIGITS, LARGEST_WHOLE):
        message = f"an id held as a number of more than {EXACT_DIGITS} digits, of which the last are lost"
        return refused(message, LOST)
    return None


def rounded_ids(texts: Iterable[str]) -> frozenset[str]:
    """Ids of more than 15 digits of a column in which all such end in zeros from there on; else none.

    A spreadsheet that holds an id as a number writes zeros for the digits that it has lost. By chance
    all end so with probability 10^-d, of d digits behind the 15th together: three and more are no chance.
    """
    long = frozenset(text for text in texts if len(text) > EXACT_DIGITS and text.isdigit())
    behind = "".join(text[EXACT_DIGITS:] for text in long)
    return long if len(behind) >= FEWEST_ZEROS and not behind.strip("0") else frozenset()


@dataclass(frozen=True)
class WrittenForm:
    """How ids of one column are brought to the form that the other tables have.

    ``pad`` fills digits with zeros in front up to this width; ``fold_case`` takes all letters as capitals.
    """

    pad: int | None = None
    fold_case: bool = False

    def of(self, text: str) -> str:
        """``text`` in this form; an id that holds other signs than digits is not padded."""
        text = text.upper() if self.fold_case else text
        return text.zfill(self.pad) if self.pad and text.isdigit() else text


AS_WRITTEN = WrittenForm()


def id_forms(table: str, column: str, first: Mapping[str, int], file: str, key: bytes) -> pd.DataFrame:
    """The ids of one column of one file, keyed, beside what they are where a difference is passed over.

    Parameters
    ----------
    table, column : str
        Canonical table and column.
    first : mapping of str to int
        Distinct ids as read, each with the first row of the file in which it stands.
    file : str
        Name of the file.
    key : bytes
        The secret of the ids.

    Returns
    -------
    DataFrame
        One row per id: table, kind, file, row, id, one column per name in ``FORMS`` and ``any`` (all of
        them), each as a number, and ``digit`` and ``digits``: the numbers of what is left where up to one or
        two digits are left out. Nothing in it can be read back without the key.

    Notes
    -----
    SipHash-2-4 of 64 bits, since the numbers are compared in this process and kept nowhere. Among a million
    ids two share a number with probability 3e-8. Digits are left out of at most ``MOST_SLIPS`` ids.
    """
    kind, ids = SAME_KIND.get(column, column), tuple(first)
    secret = keyed_id(key, column, "")

    def numbered(texts: Iterable[str]) -> np.ndarray:
        return pd.util.hash_array(np.array([*texts], dtype=object), hash_key=secret, categorize=False)

    forms: dict[str, Callable[[str], str]] = {"id": str, **FORMS, "any": _any_form}
    columns = {name: numbered(map(form, ids)) for name, form in forms.items()}
    few = len(ids) <= MOST_SLIPS
    slips = {
        name: [tuple(numbered(_without_digits(text, count))) if few else () for text in ids]
        for count, name in enumerate(SLIPS, 1)
    }
    rows = {"table": table, "kind": kind, "file": file, "row": [*first.values()]}
    return pd.DataFrame({**rows, **columns, **slips})


def _any_form(text: str) -> str:
    for form in FORMS.values():
        text = form(text)
    return text


def _without_digits(text: str, count: int) -> list[str]:
    """``text`` with up to ``count`` digits left out, where as many are left; none of ids with many digits."""
    text = SPACES.sub("", text.casefold())
    places = [at for at, sign in enumerate(text) if sign.isdigit()]
    if len(places) > MOST_DIGITS or len(places) <= 2 * count - 1:
        return []
    left_out = (out for fewer in range(count + 1) for out in combinations(places, fewer))
    return sorted({"".join(sign for at, sign in enumerate(text) if at not in out) for out in left_out})


def near_pairs(forms: pd.DataFrame, kind: str, one: str, other: str) -> pd.DataFrame:
    """Ids of ``one`` that stand in no row of ``other``, and the one id of it that each would meet.

    Parameters
    ----------
    forms : DataFrame
        From ``id_forms``, of every file.
    kind : str
        Kind of id (``enrolment_id``, ``practitioner_id``).
    one, other : str
        Canonical tables.

    Returns
    -------
    DataFrame
        One row per id: name (the first of ``FORMS``, ``any`` or ``SLIPS`` that makes them meet), file and
        row of the id, other_file and other_row. Only ids that then meet exactly one of the other table, so
        that no two people become one; digits are passed over only where that one stands alone as well.
    """
    own = forms[(forms["table"] == one) & (forms["kind"] == kind)].drop_duplicates("id")
    theirs = forms[(forms["table"] == other) & (forms["kind"] == kind)].drop_duplicates("id")
    lonely = own[~own["id"].isin(theirs["id"])]
    alone = theirs[~theirs["id"].isin(own["id"])]
    found = []
    for name in (*FORMS, "any", *SLIPS):
        if name in SLIPS:
            pairs = _met_by_slips(lonely[[*PLACE, name]], alone[[*PLACE, name]], name)
        else:
            single = theirs.loc[~theirs[name].duplicated(keep=False), [*PLACE, name]]
            mine = lonely.loc[~lonely[name].duplicated(keep=False), [*PLACE, name]]
            pairs = mine.merge(single, on=name, suffixes=("", "_other"))
        found.append(pairs.assign(name=name))
        lonely, alone = _rest(lonely, pairs, ""), _rest(alone, pairs, "_other")
    pairs = pd.concat(found, ignore_index=True)
    return pairs.rename(columns={"file_other": "other_file", "row_other": "other_row"})[
        ["name", "file", "row", "other_file", "other_row"]
    ]


def _rest(ids: pd.DataFrame, met: pd.DataFrame, end: str) -> pd.DataFrame:
    return ids[~ids["id"].isin(met[f"id{end}"])]


def _met_by_slips(mine: pd.DataFrame, theirs: pd.DataFrame, name: str) -> pd.DataFrame:
    """Ids that are the same with one or two digits left out, and are so with one id alone, both ways."""
    parts = [side.explode(name).dropna(subset=[name]) for side in (mine, theirs)]
    both = (
        parts[0]
        .astype({name: object})
        .merge(parts[1].astype({name: object}), on=name, suffixes=("", "_other"))
    )
    both = both.drop(columns=name).drop_duplicates()
    twice = both.duplicated("id", keep=False) | both.duplicated("id_other", keep=False)
    return both[~twice]


def near_links(forms: pd.DataFrame, kind: str, one: str, other: str) -> dict[str, int]:
    """How many ids of ``one`` that stand in no row of ``other`` would, by what has to be passed over.

    Parameters are those of ``near_pairs``, whose rows are counted by name.
    """
    counts = near_pairs(forms, kind, one, other)["name"].value_counts(sort=False)
    return {str(name): int(count) for name, count in counts.items()}


def near_said(found: Mapping[str, int]) -> str:
    """What would make ids meet, as a sentence; blank where nothing would."""
    parts = [f"{count:,} would meet one id each if {OFFERS[name]}" for name, count in found.items()]
    return f"{'; '.join(parts)}." if parts else ""


def pairs_said(pairs: pd.DataFrame) -> str:
    """Where the ids stand that would meet: ``survey.csv row 3 and enrolments.csv row 5``; the first few."""
    rows = [
        f"{pair.file} row {pair.row} and {pair.other_file} row {pair.other_row}"
        for pair in pairs.itertuples()
    ]
    more = len(rows) - MOST_PAIRS
    return "; ".join(rows[:MOST_PAIRS]) + (f"; and {more:,} more" if more > 0 else "")

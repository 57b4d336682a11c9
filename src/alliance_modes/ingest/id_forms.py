"""Ids that two exports write differently: in another case, without leading zeros, with spaces or dashes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

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

LOST = "Export the ids as text (in a spreadsheet: format the column as text before the ids are put in)."

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
}
"""What would make ids meet, in words, with the key of cohort.yaml where there is one."""


def lost_digits(cell: Cell, text: str) -> Reading | None:
    """A refusal, where the digits of an id are no longer there; None where they are.

    ``2.02E+13`` stands for ten million ids; a number of more than 15 digits has been rounded by the
    spreadsheet that holds it, and two people may have become one.
    """
    if isinstance(cell, str):
        if EXPONENT.fullmatch(text) is None:
            return None
        return refused(f'"{text}" is a number whose digits are lost: it stands for many ids', LOST)
    if isinstance(cell, int | float) and abs(cell) >= min(10**EXACT_DIGITS, LARGEST_WHOLE):
        message = f"an id held as a number of more than {EXACT_DIGITS} digits, of which the last are lost"
        return refused(message, LOST)
    return None


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


def id_forms(table: str, column: str, ids: Sequence[str], key: bytes) -> pd.DataFrame:
    """The ids of one column of one file, keyed, beside what they are where a difference is passed over.

    Parameters
    ----------
    table, column : str
        Canonical table and column.
    ids : sequence of str
        Distinct ids as read.
    key : bytes
        The secret of the ids.

    Returns
    -------
    DataFrame
        One row per id: table, kind, id, and one column per name in ``FORMS`` and ``any`` (all of them),
        each as a number. Nothing in it can be read back without the key.

    Notes
    -----
    SipHash-2-4 of 64 bits, since the numbers are compared in this process and kept nowhere. Among a million
    ids two share a number with probability 3e-8.
    """
    kind = SAME_KIND.get(column, column)
    secret = keyed_id(key, column, "")

    def numbered(form: Callable[[str], str]) -> np.ndarray:
        texts = np.array([form(text) for text in ids], dtype=object)
        return pd.util.hash_array(texts, hash_key=secret, categorize=False)

    forms: dict[str, Callable[[str], str]] = {"id": str, **FORMS, "any": _any_form}
    columns = {name: numbered(form) for name, form in forms.items()}
    return pd.DataFrame({"table": table, "kind": kind, **columns})


def _any_form(text: str) -> str:
    for form in FORMS.values():
        text = form(text)
    return text


def near_links(forms: pd.DataFrame, kind: str, one: str, other: str) -> dict[str, int]:
    """How many ids of ``one`` that stand in no row of ``other`` would, by what has to be passed over.

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
    dict
        The first of ``FORMS`` (else ``any``) that makes them meet, and how many; only ids that
        then meet exactly one of the other table count, so that no two people become one.
    """
    own = forms[(forms["table"] == one) & (forms["kind"] == kind)].drop_duplicates("id")
    theirs = forms[(forms["table"] == other) & (forms["kind"] == kind)].drop_duplicates("id")
    lonely = own[~own["id"].isin(theirs["id"])]
    found: dict[str, int] = {}
    for name in (*FORMS, "any"):
        single = theirs.loc[~theirs[name].duplicated(keep=False), name]
        met = lonely[name].isin(single) & ~lonely[name].duplicated(keep=False)
        if met.any():
            found[name] = int(met.sum())
            lonely = lonely[~met]
    return found


def near_said(found: Mapping[str, int]) -> str:
    """What would make ids meet, as a sentence; blank where nothing would."""
    parts = [f"{count:,} would meet one id each if {OFFERS[name]}" for name, count in found.items()]
    return f"{'; '.join(parts)}." if parts else ""

"""Forms of several occasions side by side: ``T1_WAI_1 … T2_WAI_12``, ``wai1_pre … wai12_post``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from alliance_modes.words.occasions import without_occasion

ITEM = re.compile(r"(.*?)([0-9]+)(\D*)")
LETTER = re.compile(r"[Ss][0-9]+")
FEWEST_ITEMS = 3
SHORT = 2
"""Signs of an occasion (t1) up to which it is believed only in the name of a form."""


@dataclass(frozen=True)
class WideBlock:
    """The items of one form on one occasion, in order."""

    prefix: str
    columns: tuple[str, ...]
    occasion: str


def wide_blocks(names: Sequence[str]) -> list[WideBlock]:
    """Blocks of columns whose names say an occasion, in the order in which they appear.

    Parameters
    ----------
    names : sequence of str
        Names of the columns of a file.

    Returns
    -------
    list of WideBlock
        Each has the items 1 … k (at least three). ``s3`` counts as an occasion only where the same form
        stands on another occasion as well, as it could be a subscale.
    """
    found: dict[tuple[str, str], dict[int, str]] = {}
    for name in names:
        for rest, occasion in without_occasion(name):
            item = ITEM.fullmatch(rest)
            if item and item[2]:
                form = f"{item[1]}{{item}}{item[3]}"
                found.setdefault((form, occasion), {}).setdefault(int(item[2]), name)
    whole = {
        key: items
        for key, items in found.items()
        if len(items) >= FEWEST_ITEMS and sorted(items) == list(range(1, len(items) + 1))
    }
    blocks: list[WideBlock] = []
    used: set[str] = set()
    for (form, occasion), items in whole.items():
        others = [key for key, other in whole.items() if key[0] == form and len(other) == len(items)]
        named = LETTER.fullmatch(occasion) is None and (_says_form(form) or len(occasion) > SHORT)
        columns = tuple(items[number] for number in sorted(items))
        if (len(others) > 1 or named) and not used & set(columns):
            used |= set(columns)
            blocks.append(WideBlock(_prefix(form), columns, occasion))
    return blocks


def _prefix(form: str) -> str:
    return form.replace("{occasion}", " ").replace("{item}", " ")


def _says_form(form: str) -> bool:
    return any(sign.isalpha() for sign in _prefix(form))


def of_other_occasions(names: Sequence[str], occasion: str) -> set[str]:
    """Columns whose names say another occasion than ``occasion``."""
    return {
        name
        for name in names
        if (said := {words.lower() for _, words in without_occasion(name)}) and occasion.lower() not in said
    }

"""Counts in sentences and shares: what a section of a report writes in place of a number."""

from __future__ import annotations

from alliance_modes.disclosure.counts import WITHHELD, Shown
from alliance_modes.disclosure.rules import Disclosure
from alliance_modes.words.rounding import percent


def said(shown: Shown, one: str, many: str) -> str:
    """A count with its noun: ``240 people``, ``about 240 people``, ``a withheld number of people``."""
    if shown.value is None:
        return f"a {WITHHELD} number of {many}"
    about = "about " if shown.near else ""
    return f"{about}{shown.text} {one if shown.value == 1 else many}"


def rounding_said(rules: Disclosure) -> str:
    """Of counts that are not withheld: they ``are rounded to the nearest 5``, or ``are as counted``."""
    return f"are rounded to the nearest {rules.base}" if rules.base > 1 else "are as counted"


def proportion(numerator: Shown, denominator: Shown, rules: Disclosure) -> float | None:
    """A share (0 to 1) of two counts as they are shown, so that it tells no more than they do.

    None where one of them is withheld or the denominator is 0, and in a release also where it would be
    taken of fewer than the threshold, or leave fewer than that out.
    """
    if numerator.value is None or not denominator.value:
        return None
    if "rounded" in (numerator.status, denominator.status):
        least = min(numerator.value, denominator.value - numerator.value)
        if least < rules.threshold:
            return None
    return numerator.value / denominator.value


def share(numerator: Shown, denominator: Shown, rules: Disclosure, decimals: int = 0) -> str:
    """``proportion`` as a percentage; the word for what is withheld where there is none."""
    found = proportion(numerator, denominator, rules)
    return WITHHELD if found is None else percent(found, decimals)

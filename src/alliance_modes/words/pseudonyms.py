"""Pseudonyms with a check character: a label that was mistyped is seen at once to be none.

A label is a letter that says whose it is, signs that were drawn at random, and a check character. The signs
are those that nobody mistakes for another (no 0 and O, no 1, I and l), without vowels, so that no word
comes about.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

Kind = Literal["client", "practitioner"]
KINDS: tuple[Kind, ...] = get_args(Kind)
FIRST: Mapping[Kind, str] = MappingProxyType({"client": "C", "practitioner": "P"})
"""The letter with which the labels of each kind begin."""

SIGNS = "23456789BCDFGHJKMNPQRSTVWXYZ"
"""Signs of a label."""

DRAWN = 6
"""Signs that are drawn: hundreds of millions of labels of a kind."""

LENGTH = 1 + DRAWN + 1
VALUES = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
"""Each character at the place of its value (ISO 7064)."""

MODULUS, RADIX = 37, 2


def check_character(body: str) -> str:
    """The character that makes a label of ``body``.

    Notes
    -----
    ISO 7064 MOD 37,2: the characters' values, each times 2 to the power of its place from the right (the
    check character at place 0), add up to 1 modulo 37. No single wrong character and no exchange of two
    neighbours keeps the sum, since 37 is prime and 2 is neither 0 nor 1 modulo 37.

    References
    ----------
    ISO/IEC 7064:2003, Check character systems.
    """
    total = 0
    for sign in body:
        total = (total + VALUES.index(sign)) * RADIX % MODULUS
    return VALUES[(1 - total) % MODULUS]


def weights() -> tuple[int, ...]:
    """What the value of each character counts, from the left, for forms that check labels themselves."""
    return tuple(pow(RADIX, LENGTH - 1 - place, MODULUS) for place in range(LENGTH))


def wrong(label: str, kind: Kind) -> str:
    """Why ``label``, in capitals, is no pseudonym of this kind, without naming it; '' where it is one."""
    if len(label) != LENGTH:
        return f"it has {len(label)} characters, not {LENGTH}"
    strange = [sign for sign in label if sign not in SIGNS]
    if strange:
        return "it has a sign that no pseudonym has"
    if check_character(label[:-1]) != label[-1]:
        return "its check character does not fit"
    if label[0] != FIRST[kind]:
        return f"it begins with {label[0]}, and those of a {kind} with {FIRST[kind]}"
    return ""

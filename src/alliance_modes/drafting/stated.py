"""What file and code book say that the codes of one column mean, together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alliance_modes.ingest.readings import code_text
from alliance_modes.readers.codebooks.book import CodedField
from alliance_modes.words.vocabulary import plain

SHORTEST_CUT = 8
"""Letters from which the beginning of a label is the label, cut off by the format of a file."""


@dataclass(frozen=True)
class Stated:
    """Labels by code, and the code book's labels of codes that the file itself labels otherwise."""

    labels: Mapping[str, str]
    contradicted: Mapping[str, str]


def stated_labels(own: Mapping[str, str], coded: CodedField | None) -> Stated:
    """The labels of a file and those of its code book.

    Parameters
    ----------
    own : mapping of str to str
        Label by code, as the file says it.
    coded : CodedField, optional
        What the code book says of the column.

    Notes
    -----
    Where both label a code and do not say the same, the label is that of the file, and nothing is taken from
    it without a question.
    """
    if coded is None:
        return Stated(own, {})
    labels = dict(own)
    contradicted: dict[str, str] = {}
    for written, label in coded.labels.items():
        code = code_text(written)
        if code not in own:
            labels[code] = label
        elif not _same(own[code], label):
            contradicted[code] = label
    for said, label in coded.also.items():
        labels.setdefault(code_text(said), label)
    return Stated(labels, contradicted)


def _same(one: str, other: str) -> bool:
    """Whether two labels are one, perhaps cut off at the end in one place."""
    short, long = sorted((plain(one), plain(other)), key=len)
    return short == long or (len(short) >= SHORTEST_CUT and long.startswith(short))

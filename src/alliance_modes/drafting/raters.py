"""Files in which several raters stand below one another, told apart by a column of words: one part each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from alliance_modes.drafting.decisions import ShapeLine
from alliance_modes.drafting.facts import column_facts
from alliance_modes.drafting.recognise import RatedRows, RawFile
from alliance_modes.readers.raw_table import cell_text
from alliance_modes.readers.row_filter import subset
from alliance_modes.words.vocabulary import plain, vocabulary

MOST_WORDS = 8


def rater_of(text: str) -> str | None:
    """The rater that the whole of ``text`` names, in one of the languages of the vocabulary."""
    said = plain(text)
    return next((rater for rater, words in vocabulary().raters.items() if said in words), None)


def by_rater(file: RawFile) -> Iterator[RawFile]:
    """The file, or where a column says who filled in each row, its rows of each rater.

    Such a column holds nothing but words for raters, of two or three of them, in every row.
    """
    column = next(
        (
            name
            for name, facts in file.facts.items()
            if 2 <= len(facts.counts) <= MOST_WORDS
            and facts.answered == file.rows
            and all(map(rater_of, facts.counts))
            and len(set(map(rater_of, facts.counts))) > 1
        ),
        None,
    )
    if column is None:
        yield file
        return
    for rater in vocabulary().raters:
        words = tuple(sorted(text for text in file.facts[column].counts if rater_of(text) == rater))
        if words:
            yield _rows_of(file, RatedRows(column, words, rater))


def _rows_of(file: RawFile, rated: RatedRows) -> RawFile:
    words = np.array(
        [cell_text(cell) in rated.words for cell in file.columns[rated.column].values], dtype=bool
    )
    keep: np.ndarray = words[file.columns[rated.column].codes]
    columns = {name: subset(column, keep) for name, column in file.columns.items()}
    decimal = str(file.settings.get("decimal", "."))
    facts = {
        name: column_facts(name, columns[name], decimal, old.value_labels, old.coded)
        for name, old in file.facts.items()
    }
    return replace(file, columns=columns, facts=facts, rows=int(keep.sum()), rated=rated)


def rated_lines(file: RawFile) -> tuple[ShapeLine, ...]:
    """``rows`` of a part that is the rows of one rater."""
    if file.rated is None:
        return ()
    words = ", ".join(f'"{word}"' for word in file.rated.words)
    why = f"sure: every row says who filled it in; {file.rows} rows of the {file.rated.rater}"
    return (ShapeLine(f'rows: {{"{file.rated.column}": [{words}]}}', why=why),)

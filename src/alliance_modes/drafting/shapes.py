"""Keys of a source that say what shape its files have: rows that are no records, columns that are rows."""

from __future__ import annotations

from alliance_modes.drafting.decisions import Asked, ShapeLine
from alliance_modes.drafting.raters import rated_lines
from alliance_modes.drafting.recognise import RawFile
from alliance_modes.drafting.registers import unpivot_lines
from alliance_modes.drafting.responses import responses_read
from alliance_modes.drafting.writing import quoted
from alliance_modes.ground.yaml_models import OPEN
from alliance_modes.readers.grid import HIDDEN_ROWS

MOST = 0.8
"""Share of the columns of a file that a code book names from which it is surely its own."""


def shape_lines(file: RawFile) -> tuple[ShapeLine, ...]:
    """All keys of the shape of a file."""
    return (
        *codebook_lines(file),
        *responses_read(file),
        *rows_left_out(file),
        *rated_lines(file),
        *unpivot_lines(file),
    )


def codebook_lines(file: RawFile) -> tuple[ShapeLine, ...]:
    """``codebook``: by which file the columns of a source are described, and what it said."""
    book = file.book
    if book is None:
        return ()
    named = len(book.known(file.facts))
    sure = "sure" if named >= MOST * len(file.facts) else "likely"
    why = f"{sure}: {book.kind}; it names {named} of the {len(file.facts)} columns"
    return (ShapeLine(f"codebook: {{file: {quoted(book.file)}, says: {quoted(book.digest)}}}", why=why),)


def rows_left_out(file: RawFile) -> tuple[ShapeLine, ...]:
    """``hidden_rows``, which is asked, and ``leave_out_rows``: any odd row but the header again is asked."""
    lines = []
    if HIDDEN_ROWS in file.detected:
        hidden = file.detected[HIDDEN_ROWS]
        question = f"{file.title}: hidden rows of the sheet: {hidden} of {file.rows}. Are they data?"
        lines.append(ShapeLine(f'{HIDDEN_ROWS}: "{OPEN}"', Asked(question, ("true", "false"))))
    if file.odd:
        lines.append(ShapeLine("leave_out_rows:"))
    for odd in file.odd:
        if odd.is_header:
            lines.append(ShapeLine(f"  {odd.row}: true", why=f"sure: {odd.why}"))
        else:
            lines.append(ShapeLine(f'  {odd.row}: "{OPEN}"', odd.asked(file.title)))
    return tuple(lines)

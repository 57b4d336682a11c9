"""Keys of a source that say what shape its files have: rows that are no records, columns that are rows."""

from __future__ import annotations

from alliance_modes.drafting.decisions import ShapeLine
from alliance_modes.drafting.recognise import RawFile
from alliance_modes.drafting.registers import unpivot_lines
from alliance_modes.ground.yaml_models import OPEN


def shape_lines(file: RawFile) -> tuple[ShapeLine, ...]:
    """All keys of the shape of a file."""
    return (*rows_left_out(file), *unpivot_lines(file))


def rows_left_out(file: RawFile) -> tuple[ShapeLine, ...]:
    """``leave_out_rows``: the header again is left out, of any other odd row a person is asked."""
    if not file.odd:
        return ()
    lines = [ShapeLine("leave_out_rows:")]
    for odd in file.odd:
        if odd.is_header:
            lines.append(ShapeLine(f"  {odd.row}: true", why=f"sure: {odd.why}"))
        else:
            lines.append(ShapeLine(f'  {odd.row}: "{OPEN}"', odd.asked(file.title)))
    return tuple(lines)

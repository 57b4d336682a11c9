"""Responses that a survey tool marks as unfinished or as previews: told, and asked whether they count."""

from __future__ import annotations

from alliance_modes.drafting.decisions import Asked, ShapeLine
from alliance_modes.drafting.recognise import RawFile
from alliance_modes.ground.yaml_models import OPEN
from alliance_modes.readers.formats import FORMATS


def responses_read(file: RawFile) -> tuple[ShapeLine, ...]:
    """``responses``, asked where rows are marked by the columns that the format declares; else nothing."""
    marked: set[int] = set()
    said = []
    for column, cells in FORMATS[file.format].unfinished.items():
        if column not in file.columns:
            continue
        rows = {row for row, text in enumerate(file.cells(column)) if text.lower() in cells}
        found = sorted({text for text in file.cells(column) if text.lower() in cells})
        if rows:
            values = " or ".join(f'"{text}"' if text else "empty" for text in found)
            said.append(f"{column} is {values} in {len(rows)}")
        marked |= rows
    if not marked or len(marked) == file.rows:
        return ()
    asked = Asked(
        f"{file.title}: {len(marked)} of {file.rows} responses are unfinished, previews or tests "
        f"({'; '.join(said)}). Do only the finished ones count",
        ("finished", "all"),
    )
    return (ShapeLine(f'responses: "{OPEN}"', asked),)

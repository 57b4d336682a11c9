"""Sources that may be empty and are: whether what they were to read stands in the file under another name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alliance_modes.cohort import Cohort
from alliance_modes.ground.errors import Problem, shown
from alliance_modes.readers import RawTable
from alliance_modes.readers.source import RawSource

SHOWN = 5


def unread_parts(empty: Sequence[tuple[str, RawTable]], cohort: Cohort) -> Iterator[Problem]:
    """Problems of sources without rows, in whose file an event or instrument has rows that no source reads.

    Parameters
    ----------
    empty : sequence of (str, RawTable)
        Canonical tables, and what was read for a source of them: no rows.
    cohort : Cohort
        Whose sources read the parts of the files.

    Notes
    -----
    A part that somebody has renamed in the survey tool looks like a form that nobody has filled in.
    """
    for table, raw in empty:
        read = {name for _, source in cohort.sources() if raw.file in source.files for name in _parts(source)}
        strange = [name for name in dict.fromkeys(raw.parts) if name and name not in read]
        if strange:
            named = ", ".join(map(shown, strange[:SHOWN]))
            message = f"this source has no rows, and no source reads those of {named}"
            hint = (
                "The same form under another name? Add it to repeat_instrument (or event) of this source."
                " If it is another form, take this source out of cohort.yaml until somebody has filled it in."
            )
            yield Problem(message, hint, file=raw.file, table=table)


def _parts(source: RawSource) -> tuple[str, ...]:
    return (*(source.event or ()), *(source.repeat_instrument or ()))

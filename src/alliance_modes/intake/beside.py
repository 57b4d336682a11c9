"""Files that lie among the raw files of a cohort, could be read, and are read by no source."""

from __future__ import annotations

from pathlib import Path

from alliance_modes.cohort import Cohort
from alliance_modes.readers.formats import known_suffixes

IN_USE = ("~$", ".")
"""How the names begin of files that a program keeps while another is open, and of hidden ones."""

ARCHIVE = ".zip"


def files_beside(folder: Path, cohort: Cohort) -> tuple[str, ...]:
    """Names of such files, relative to the folder of the raw files, in order.

    Parameters
    ----------
    folder : Path
        Holds ``cohort.yaml``.
    cohort : Cohort
        What is read, and what is left out on purpose.

    Notes
    -----
    Looked for in the folders from which a file is read, not below them: a second download of an export
    ("sessions (1).csv"), or one of another site that nobody has declared. None of a simulated cohort, beside
    whose exports lies what was planted in them.
    """
    if cohort.demonstration:
        return ()
    data = folder / cohort.data_folder
    read = {file for _, source in cohort.sources() for file in source.every_file()}
    places = sorted({(data / file).parent for file in read})
    endings = {*known_suffixes(), ARCHIVE}
    found = (
        path.relative_to(data).as_posix()
        for place in places
        if place.is_dir()
        for path in place.iterdir()
        if path.suffix.lower() in endings and not path.name.startswith(IN_USE) and path.is_file()
    )
    return tuple(sorted(set(found) - read - set(cohort.left_out)))

"""``alliance-modes pool``: what holders of several cohorts gave away, as tables, figures and a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from alliance_modes.dictionary.pooling import TABLES
from alliance_modes.ground.errors import Problem, SharingError
from alliance_modes.ground.files import whole_folder, write_bytes
from alliance_modes.ground.layout import POOLED
from alliance_modes.pooling.pool import pool
from alliance_modes.pooling.shared_set import load_shared

REPORT = "pooled"


def pool_folders(folders: Sequence[Path], to: Path | None, tell: Callable[[str], None]) -> Path:
    """Read what holders gave away, see whether it agrees, and write what it comes to.

    Parameters
    ----------
    folders : sequence of Path
        One per cohort, as ``alliance-modes share`` wrote it.
    to : Path, optional
        Default: ``reports/_pooled``. A folder of this name is replaced.
    tell : function of str
        Where lines for the person go.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    SharingError
        A folder holds no set, there are fewer than two, or two of one cohort; or results would replace a
        folder that holds something else.
    """
    from alliance_modes.figures.picture import write_picture
    from alliance_modes.figures.pooled_effects import pooled_pictures
    from alliance_modes.reports.pooled.page import pooled_documents
    from alliance_modes.reports.pooled.words import said

    target = to or POOLED
    _refuse_other(target)
    sets = [load_shared(folder) for folder in folders]
    found = pool(sets)
    with whole_folder(target) as place:
        for name, table in TABLES.items():
            table.write(getattr(found, name), place / f"{name}.csv")
        pictures = pooled_pictures(found)
        for suffix, content in pooled_documents(found, sets, pictures).items():
            write_bytes(content, place / f"{REPORT}.{suffix}")
        for name, picture in ((name, one) for of in pictures.values() for name, one in of.items()):
            write_picture(picture, place, name)
    for line in said(found, sets):
        tell(line)
    tell(f"written: {target / REPORT}.html (and .docx, .pdf; tables and figures beside it)")
    return target


def _refuse_other(target: Path) -> None:
    """See that no folder is replaced that holds something else."""
    if target.exists() and not (target / f"{REPORT}.csv").is_file():
        hint = "Give another folder with --to: this one is not replaced."
        raise SharingError(str(target), [Problem("it is there and holds no pooled effects", hint)])

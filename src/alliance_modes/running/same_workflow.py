"""Whether the workflow that runs is that of the installed package."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from alliance_modes import __version__
from alliance_modes.ground.errors import WorkflowError
from alliance_modes.ground.files import sha256
from alliance_modes.shipped import WORKFLOW

HOLDS = ("Snakefile", "rules/*.smk", "scripts/*.py")
"""Files of the workflow that decide what is made."""

NAMED = 3


def same_as_installed(path_of: Callable[[str], str], installed: Path = WORKFLOW) -> None:
    """See that rules and scripts are those of the package, which says what each rule depends on.

    Parameters
    ----------
    path_of : function
        Where a file of the workflow that runs is, by its name below ``workflow/``; fetched where it is far.
    installed : Path
        The workflow that came with the package.

    Raises
    ------
    WorkflowError
        It is another one.
    """
    running = Path(path_of("Snakefile"))
    if running.samefile(installed / "Snakefile"):
        return
    names = sorted(str(path.relative_to(installed)) for form in HOLDS for path in installed.glob(form))
    other = [name for name in names if not _is_same(path_of, name, installed)]
    if other:
        more = f" and {len(other) - NAMED} more" if len(other) > NAMED else ""
        raise WorkflowError(
            f"this is not the workflow of alliance-modes {__version__}, which is installed in {sys.prefix}:\n"
            f"    {', '.join(other[:NAMED])}{more} differ\n"
            "    -> Install the package of the same version into the environment that runs Snakemake."
        )


def _is_same(path_of: Callable[[str], str], name: str, installed: Path) -> bool:
    try:
        return sha256(path_of(name)) == sha256(installed / name)
    except OSError:
        return False

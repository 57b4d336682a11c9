"""``alliance-modes new-study``: a folder to work in, that uses the workflow of the installed package."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

from alliance_modes import __version__
from alliance_modes.ground.errors import WorkflowError
from alliance_modes.ground.files import whole_folder
from alliance_modes.ground.layout import PROCESSED, RAW, REPORTS, STUDY_INSTRUMENTS
from alliance_modes.running.config import CONFIG_FILE
from alliance_modes.running.jobs import OWNER_ALONE
from alliance_modes.shipped import FOLDER, TRUTH

HERE = Path(__file__).parent
DEMONSTRATION = "demo"
ENROLMENTS, PRACTITIONERS = 240, 20
"""Of the simulated cohort: enough for the models of the plan to be fitted."""

WRITTEN = {
    "Snakefile.txt": Path("Snakefile"),
    "README.txt": Path("README.md"),
    "gitignore.txt": Path(".gitignore"),
    "config.txt": CONFIG_FILE,
}
"""What is written into a study, by the file here that has the text."""

COPIED = (Path("config/plan.yaml"), Path("config/README.md"))
FOLDERS = (RAW, PROCESSED, REPORTS, STUDY_INSTRUMENTS)


def new_study(folder: Path) -> tuple[str, ...]:
    """Write a working folder with a small simulated cohort; return what to tell a person.

    Parameters
    ----------
    folder : Path
        A folder that does not exist yet, or is empty.

    Returns
    -------
    tuple of str
        Where it is, and what comes next.

    Raises
    ------
    WorkflowError
        The folder holds something, lies inside a study, or has a path in which Snakemake cannot work.
    """
    os.umask(OWNER_ALONE)
    _require_usable(folder)
    with whole_folder(folder.absolute()) as place:
        for name in FOLDERS:
            (place / name).mkdir(parents=True)
        for text, name in WRITTEN.items():
            written = (HERE / text).read_text(encoding="utf-8").replace("VERSION", __version__)
            (place / name).write_text(written, encoding="utf-8")
        for name in COPIED:
            shutil.copyfile(FOLDER / name, place / name)
        _simulate(place / RAW / DEMONSTRATION)
    return (
        f"new study: {folder}, for alliance-modes {__version__}",
        f"  cd {shlex.quote(str(folder))}",
        f"  alliance-modes run                       the simulated cohort {DEMONSTRATION}",
        "  alliance-modes new-cohort NAME FILES...  your own exports",
        "README.md there says more",
    )


def _require_usable(folder: Path) -> None:
    whole = folder.absolute()
    if whole.is_symlink() or (whole.exists() and (not whole.is_dir() or any(whole.iterdir()))):
        raise WorkflowError(
            f"{folder} exists and is not empty\n    -> Nothing is overwritten: name a new folder."
        )
    for above in whole.resolve().parents:
        if (above / "Snakefile").is_file() and (above / CONFIG_FILE).is_file():
            raise WorkflowError(
                f"{folder} lies inside a study, or another project of Snakemake: {above}\n"
                "    -> Name a folder outside it; one study can hold any number of cohorts (new-cohort)."
            )
    if "{" in str(whole) or "}" in str(whole):
        raise WorkflowError(
            f"Snakemake cannot work in a folder with braces in its path: {whole}\n    -> Name another folder."
        )


def _simulate(folder: Path) -> None:
    from alliance_modes.simulate import load_truth, write_cohort

    truth = load_truth(TRUTH).with_size(ENROLMENTS, practitioners=PRACTITIONERS)
    write_cohort(truth, folder, folder.name)

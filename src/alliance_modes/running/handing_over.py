"""``alliance-modes release``: a release is handed over, and kept for those that come after it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from alliance_modes.ground.errors import Problem, ReleaseError
from alliance_modes.release.finished import changed, folders, searched_again
from alliance_modes.release.folder import RECORD
from alliance_modes.release.ledger import record_release
from alliance_modes.release.people import keep_people, people_of_tables
from alliance_modes.running.config import choose_cohorts, load_config
from alliance_modes.running.jobs import OWNER_ALONE
from alliance_modes.running.launch import clear_after_killed_run, only_run_here
from alliance_modes.running.workflow import command

UP_TO_DATE = "Nothing to be done"
"""What Snakemake says where no file that was asked for has to be made again."""


def check_release(cohort: str) -> list[str]:
    """Look at the release folder of a cohort as it lies there: what is in it, a line each.

    Raises
    ------
    ReleaseError
        It is not what was made, or something stands in it that must not leave: each is listed.
    """
    (cohort,) = choose_cohorts(load_config(), [cohort])
    problems = changed(cohort) or searched_again(cohort)
    if problems:
        raise ReleaseError(f"release of {cohort}", problems)
    folder, _ = folders(cohort)
    files = [path for path in folder.iterdir() if path.is_file()]
    return [
        f"{folder}: {len(files)} files, each as it was made",
        "searched for ids, places of machines and numbers of people that are not released: none found",
    ]


def hand_over(cohort: str, tell: Callable[[str], None]) -> Path:
    """Record that the release folder of a cohort is handed over, and who was in the data it was made of.

    Parameters
    ----------
    cohort : str
        A cohort of the config.
    tell : function of str
        Where lines for the person go.

    Returns
    -------
    Path
        The entry of the ledger.

    Raises
    ------
    ReleaseError
        The folder is not what was made, holds what must not leave, is older than what it is made of, or was
        handed over before.
    """
    os.umask(OWNER_ALONE)
    (cohort,) = choose_cohorts(load_config(), [cohort])
    for line in check_release(cohort):
        tell(line)
    with only_run_here(Path()):
        clear_after_killed_run(Path(), tell)
        refuse_unless_up_to_date(cohort)
        return recorded(cohort)


def recorded(cohort: str) -> Path:
    """Record the release of a cohort as it lies there, with who was in its data; the entry of the ledger."""
    _, inside = folders(cohort)
    people = people_of_tables(cohort)
    entry = record_release(cohort, inside)
    keep_people(entry, people)
    return entry


def refuse_unless_up_to_date(cohort: str) -> None:
    """See that no rule behind the release of a cohort is to run.

    Raises
    ------
    ReleaseError
        One is, or Snakemake could not tell.
    """
    target, _ = folders(cohort)
    dry = subprocess.run(
        command("--dry-run", "--config", f"cohorts={cohort}", "--", str(target / RECORD)),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    said = dry.stdout + dry.stderr
    if dry.returncode or UP_TO_DATE not in said:
        known = "it is older than what it is made of" if not dry.returncode else "Snakemake could not tell"
        raise ReleaseError(
            f"release of {cohort}",
            [
                Problem(
                    f"whether the release is up to date: {known}",
                    f"Run alliance-modes run {cohort}, look at the release again, then hand it over.",
                )
            ],
        )

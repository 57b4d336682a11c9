"""Everything that can be wrong before the workflow starts, found and reported together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from alliance_modes.cohort import COHORT_FILE, check_name, load_cohort, raw_files
from alliance_modes.config import CONFIG_FILE, choose_cohorts, load_config
from alliance_modes.errors import CohortError, ConfigurationError, Problem, ProblemsError, WorkflowError
from alliance_modes.instruments.model import load_instruments
from alliance_modes.jobs import withdraw_reports
from alliance_modes.layout import REPORTS, STUDY_INSTRUMENTS
from alliance_modes.plan import load_plan
from alliance_modes.running.study import Study

PROJECT_FILES = (Path("Snakefile"), CONFIG_FILE)


def check_project(folder: Path) -> None:
    """Raise ``WorkflowError`` when ``folder`` is not a project folder."""
    missing = [str(name) for name in PROJECT_FILES if not (folder / name).is_file()]
    if missing:
        raise WorkflowError(
            f"this is not a project folder: {' and '.join(missing)} not found in {folder}\n"
            "    -> Change into the folder that holds the Snakefile and run the command there."
        )


def check_before_run(named: Sequence[str]) -> Study:
    """Read config, plan and each cohort; withdraw the reports of what cannot be run.

    Parameters
    ----------
    named : sequence of str
        Cohorts asked for; none means those of the config.

    Returns
    -------
    Study
        What is to be run.

    Raises
    ------
    ConfigurationError
        Every problem of names, config, plan and of all named cohorts, together.
    """
    found: list[ProblemsError] = []
    config = _collect(found, load_config, CONFIG_FILE)
    plan = _collect(found, load_plan, config.plan) if config else None
    cohorts = _collect(found, choose_cohorts, config, named) if config else None
    _collect(found, load_instruments, STUDY_INSTRUMENTS)
    if config is None or plan is None:
        _withdraw(named or (config.cohorts if config else ()))
    for cohort in cohorts or ():
        problems = check_cohort_files(config.folder(cohort), cohort)
        if problems:
            withdraw_reports(cohort)
            found.append(problems)
    if found:
        raise together(found)
    return Study(config, plan, cohorts)


def check_cohort_files(folder: Path, name: str) -> ProblemsError | None:
    """What is wrong with ``cohort.yaml``: its content, its name, raw files that do not exist.

    Where a raw file does not exist, the others are read as well, so that all is told at once.
    """
    try:
        cohort = load_cohort(folder)
    except ConfigurationError as error:
        return error
    problems = _wrong_name(cohort.cohort, name)
    if not all(path.is_file() for path in raw_files(folder, cohort)):
        problems += _wrong_data(folder)
    return CohortError(f"cohort {name}", problems) if problems else None


def check_data(name: str) -> list[str]:
    """Read all raw files of the cohort ``name``, keeping nothing; return what to tell a person.

    Raises
    ------
    ConfigurationError, CohortError
        Every problem of the config, or of ``cohort.yaml`` and the raw files.
    """
    config = load_config()
    (name,) = choose_cohorts(config, [name])
    folder = config.folder(name)
    cohort = load_cohort(folder)
    problems = [*_wrong_name(cohort.cohort, name), *_wrong_data(folder)]
    if problems:
        raise CohortError(f"cohort {name}", problems)
    return [f"cohort {name}: no problems; tables declared: {', '.join(cohort.declared())}"]


def _wrong_name(itself: str, name: str) -> list[Problem]:
    if itself == name:
        return []
    message = f'the cohort calls itself "{itself}" but is named {name} by its folder or the config'
    return [Problem(message, f"Write cohort: {name}, or use the other name.", file=COHORT_FILE)]


def _wrong_data(folder: Path) -> tuple[Problem, ...]:
    from alliance_modes.ingest import check_cohort

    return check_cohort(folder, load_instruments(STUDY_INSTRUMENTS))


def check_new_folder(folder: Path) -> None:
    """Raise ``WorkflowError`` when a cohort cannot be written to ``folder`` without harm."""
    check_name(folder.resolve().name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WorkflowError(f"{folder} exists and is not empty\n    -> Name a new folder.")


def together(found: Sequence[ProblemsError]) -> ProblemsError:
    """One error for several; a single one stays as it is."""
    if len(found) == 1:
        return found[0]
    subject = ", ".join(dict.fromkeys(error.subject for error in found))
    return ConfigurationError(subject, [problem for error in found for problem in error.problems])


def _collect(found: list[ProblemsError], read: Callable[..., Any], *given: Any) -> Any:
    try:
        return read(*given)
    except ProblemsError as error:
        found.append(error)
        return None


def _withdraw(named: Sequence[str]) -> None:
    """Reports made before the config or plan was broken are not current any more."""
    names = {path.parent.parent.name for path in REPORTS.glob("*/*/report.*")}
    for name in names & set(named) if named else names:
        withdraw_reports(name)

"""Everything that can be wrong before the workflow starts, found and reported together."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alliance_modes.cohort import COHORT_FILE, NAME, check_name, is_simulated, load_cohort, raw_files
from alliance_modes.ground.errors import (
    CohortError,
    ConfigurationError,
    Problem,
    ProblemsError,
    WorkflowError,
)
from alliance_modes.ground.files import sha256, write_text
from alliance_modes.ground.freed import give_back
from alliance_modes.ground.layout import REPORTS, STUDY_INSTRUMENTS
from alliance_modes.ingest.withdrawn import NOBODY, Withdrawn, withdrawn_file, withdrawn_of
from alliance_modes.instruments.model import Instrument, load_instruments
from alliance_modes.intake.agreements import LossRules
from alliance_modes.intake.tracked import tracked_problems
from alliance_modes.plan.additions import ADDITIONS_FILE, additions_file, cohort_plan
from alliance_modes.plan.plan import Plan, load_plan
from alliance_modes.plan.protocol import load_protocol
from alliance_modes.running.config import CONFIG_FILE, Config, choose_cohorts, load_config
from alliance_modes.running.jobs import OWNER_ALONE, withdraw_reports
from alliance_modes.running.rights import check_rights
from alliance_modes.running.study import Study
from alliance_modes.running.withdrawal.key import withdrawal_key
from alliance_modes.running.withdrawal.words import raw_lines

if TYPE_CHECKING:
    import pandas as pd

    from alliance_modes.cohort import Cohort
    from alliance_modes.ingest.stage import Ingested
    from alliance_modes.intake.view import View

LARGEST_HASHED = 512 << 20
"""Bytes of a raw file of which a check takes the SHA-256; a check is to answer within seconds."""

VERY_LARGE = 1 << 30
"""Bytes of a raw file from which a run reads the cohort before it starts."""

PROJECT_FILES = (Path("Snakefile"), CONFIG_FILE)

CHECKING_KEY = bytes(32)
"""Ids are keyed with it where nothing is kept."""

SHOWN_COLUMNS = 8
"""Columns that the page names for one reason of missing cells."""


def check_project(folder: Path) -> None:
    """Raise ``WorkflowError`` when ``folder`` is no project folder, or none in which Snakemake can work."""
    missing = [str(name) for name in PROJECT_FILES if not (folder / name).is_file()]
    if missing:
        raise WorkflowError(
            f"this is not a project folder: {' and '.join(missing)} not found in {folder}\n"
            "    -> Change into the folder that holds the Snakefile and run the command there, or make one:\n"
            "       alliance-modes new-study FOLDER"
        )
    here = os.getcwd() if folder == Path() else str(folder)
    if "{" in here or "}" in here:
        raise WorkflowError(
            f"Snakemake cannot work in a folder with braces in its path: {here}\n"
            "    -> Rename the folder, or move the project to another."
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
        Every problem of names, config, plan and of all named cohorts, what they add to the plan
        included, together.
    OtherKeyError
        Results of a cohort are there whose ids were made with another key.
    IdentityError
        The list of people who were taken out was.
    WorkflowError
        This account may not read and write where a run has to.
    """
    found: list[ProblemsError] = []
    config = _collect(found, load_config, CONFIG_FILE)
    instruments = _collect(found, load_instruments, STUDY_INSTRUMENTS)
    plan = _collect(found, load_plan, config.plan, instruments) if config and instruments else None
    cohorts = _collect(found, choose_cohorts, config, named) if config else None
    check_rights(cohorts or ())
    if config is None or plan is None:
        _withdraw(named or (config.cohorts if config else ()))
    for cohort in cohorts or ():
        problems = check_cohort_files(config.folder(cohort), cohort)
        if problems:
            withdraw_reports(cohort)
            found.append(problems)
        if plan and _collect(found, cohort_plan, plan, config.folder(cohort), instruments) is None:
            withdraw_reports(cohort)
    if found or config is None or plan is None or cohorts is None:
        raise together(found)
    for cohort in cohorts:
        apart = _protocols_apart(config, cohort)
        if apart:
            withdraw_reports(cohort)
            found.append(apart)
    if found:
        raise together(found)
    study = Study(config, plan, cohorts)
    for cohort in cohorts:
        study.key_fingerprint(cohort)
        _left_out(config, cohort, load_cohort(config.folder(cohort)))
    return study


def _left_out(config: Config, name: str, cohort: Cohort) -> Withdrawn:
    """Who was taken out of a cohort.

    Raises
    ------
    IdentityError
        The ids of the list were made with another key, so that nobody would be left out.
    """
    if withdrawn_file(config.folder(name)) is None:
        return NOBODY
    return withdrawn_of(config.folder(name), withdrawal_key(config, name, cohort))


def check_cohort_files(folder: Path, name: str) -> ProblemsError | None:
    """What is wrong with ``cohort.yaml``: its content, its name, raw files that do not exist.

    Where a raw file does not exist, the others are read as well, so that all is told at once. A
    cohort with a very large file is read too: one that cannot be used is so refused within
    seconds, and not after its SHA-256 was taken for the rules. Raw files whose names say who somebody
    is are refused before Snakemake writes down any name, and those that git tracks but for a demonstration;
    of files that are not those that were simulated, that word is taken for a copy.
    """
    try:
        cohort = load_cohort(folder)
    except ConfigurationError as error:
        return error
    named = _names_that_identify(folder, cohort)
    if named:
        return CohortError(f"cohort {name}", named)
    problems = _wrong_names(folder, cohort, name)
    files = raw_files(folder, cohort)
    copied = cohort.simulated and not is_simulated(folder, cohort)
    if copied or not cohort.demonstration:
        listed = withdrawn_file(folder)
        problems += tracked_problems([*files, *([listed] if listed else [])])
    if not all(path.is_file() for path in files) or any(path.stat().st_size > VERY_LARGE for path in files):
        problems += _wrong_data(folder)
    return CohortError(f"cohort {name}", problems) if problems else None


@dataclass(frozen=True)
class Checked:
    """What ``check_data`` found: lines for the terminal, and how many problems there are."""

    lines: tuple[str, ...]
    problems: int


def check_data(name: str, page: Path | None = None) -> Checked:
    """Read all raw files of the cohort ``name``, keeping nothing, and write the page of what was found.

    Parameters
    ----------
    name : str
        A cohort of the config or of ``data/raw``.
    page : Path, optional
        Where the page is written; default: ``reports/<name>/check.html``.

    Raises
    ------
    ConfigurationError
        The config or a study's instrument cannot be used, or there is no such cohort; no page is
        written then, and none is left from before.
    """
    from alliance_modes.intake.beside import files_beside
    from alliance_modes.intake.view import view_lines
    from alliance_modes.reports.check_page.problems import problem_lines, problems_page, read_page

    os.umask(OWNER_ALONE)
    if NAME.fullmatch(name):
        (page or check_page(name)).unlink(missing_ok=True)
    config = load_config()
    (name,) = choose_cohorts(config, [name])
    page = page or check_page(name)
    folder = config.folder(name)
    instruments = load_instruments(STUDY_INSTRUMENTS)
    cohort, problems, ingested = _read_all(config, name, instruments)
    plan, wrong = _plan_of(config.plan, folder, instruments)
    problems = (*problems, *wrong)
    view, reasons = None, [] if ingested is None else _reasons(ingested.missing)
    if cohort is not None and ingested is not None and plan is not None:
        ingested = _without_lists(ingested)
        view = replace(_view(cohort, ingested, plan, instruments), beside=files_beside(folder, cohort))
        problems = (*problems, *view.judged.problems)
    digests = _digests(folder, cohort)
    lines = [] if view is None else view_lines(view)
    if problems or ingested is None:
        write_text(problems_page(name, problems, digests, view), page)
        said = problem_lines(f"cohort {name}", problems, str(page))
        return Checked((*said, *(["what would be analysed:", *lines] if lines else [])), len(problems))
    write_text(read_page(name, reasons, digests, view), page)
    lines += raw_lines(ingested.left_out)
    declared = ", ".join(table for table, source in ingested.sources.items() if source["declared"])
    first = f"cohort {name}: no problems; tables declared: {declared}"
    return Checked((first, *lines, f"what was read: {page}"), 0)


def _without_lists(ingested: Ingested) -> Ingested:
    """What was read without its lists of cells, but those set missing, which count as a loss."""
    changes = ingested.changes
    blank = changes["new_value"].isna() | (changes["new_value"] == "")
    return replace(ingested, missing=ingested.missing.iloc[:0], changes=changes[blank])


def _view(cohort: Cohort, ingested: Ingested, plan: Plan, instruments: Mapping[str, Instrument]) -> View:
    """What would be analysed: the tables read, cleaned by the plan's rules, nothing written."""
    from alliance_modes.cleaning.clean import clean_cohort
    from alliance_modes.intake.view import view_of

    give_back()
    cleaned = clean_cohort(ingested.held, ingested.changes, plan.cleaning, cohort.data_lock, instruments)
    rules = LossRules(limits=plan.losses, accepted=cohort.accepted, exposure=plan.exposure)
    return view_of(ingested, cleaned, rules, instruments, cohort.left_out)


def _plan_of(
    plan_file: str, folder: Path, instruments: Mapping[str, Instrument]
) -> tuple[Plan | None, Sequence[Problem]]:
    """The plan with what the cohort adds to it, or what is wrong with either."""
    try:
        return cohort_plan(load_plan(plan_file, instruments), folder, instruments), ()
    except ConfigurationError as error:
        return None, error.problems


def check_page(name: str) -> Path:
    """Where the page of ``check`` is."""
    return REPORTS / name / "check.html"


def _read_all(
    config: Config, name: str, instruments: Mapping[str, Instrument]
) -> tuple[Cohort | None, Sequence[Problem], Ingested | None]:
    """The declaration, and problems, or what was read where there are none.

    Without the declaration where it is refused, or names files that must not be named.
    """
    from alliance_modes.ingest.file_names import naming_problems
    from alliance_modes.ingest.stage import ingest_cohort, problems_of_the_rest

    folder = config.folder(name)
    try:
        cohort = load_cohort(folder)
    except ConfigurationError as error:
        return None, (*error.problems, *problems_of_the_rest(folder, instruments)), None
    named = naming_problems(folder, cohort)
    if named:
        return None, named, None
    wrong = _wrong_names(folder, cohort, name)
    apart = _protocols_apart(config, name)
    wrong += apart.problems if apart else ()
    try:
        left_out = _left_out(config, name, cohort)
        ingested = ingest_cohort(folder, CHECKING_KEY, instruments, compare_ids=True, withdrawn=left_out)
    except ProblemsError as error:
        return cohort, (*wrong, *error.problems), None
    return (cohort, wrong, None) if wrong else (cohort, (), ingested)


def _digests(folder: Path, cohort: Cohort | None) -> dict[str, str]:
    """SHA-256 of ``cohort.yaml``, the additions to the plan and the raw files that are there."""
    paths = {COHORT_FILE: folder / COHORT_FILE}
    added = additions_file(folder)
    paths |= {ADDITIONS_FILE: added} if added else {}
    if cohort:
        for _, source in cohort.sources():
            paths |= {file: folder / cohort.data_folder / file for file in source.every_file()}
    return {name: _digest(path) for name, path in paths.items()}


def _digest(path: Path) -> str:
    try:
        if not path.is_file():
            return "the file does not exist"
        size = path.stat().st_size
        return sha256(path) if size <= LARGEST_HASHED else f"not taken: the file has {size >> 20:,} MB"
    except OSError as error:
        return f"the file cannot be read: {error.strerror}"


def _in_order(column: str) -> tuple[str, int]:
    """Items by their number."""
    prefix, _, number = column.rpartition("_")
    return (prefix, int(number)) if number.isdigit() else (column, 0)


def _reasons(missing: pd.DataFrame) -> list[tuple[str, str, str, int]]:
    """Cells by table and reason, with the columns that they stand in."""
    found = []
    for (table, reason), cells in missing.groupby(["table", "reason"], sort=True):
        columns = sorted(set(cells["column"]), key=_in_order)
        more = len(columns) - SHOWN_COLUMNS
        shown = ", ".join(columns[:SHOWN_COLUMNS]) + (f" and {more} more" if more > 0 else "")
        found.append((str(table), str(reason), shown, len(cells)))
    return found


def _wrong_names(folder: Path, cohort: Cohort, name: str) -> list[Problem]:
    """The cohort called other than it is declared, and folders or files that Snakemake cannot name."""
    from alliance_modes.ingest.file_names import braces_problems

    files = [file for _, source in cohort.sources() for file in source.every_file()]
    problems = braces_problems(folder / cohort.data_folder, files)
    if cohort.cohort == name:
        return problems
    message = f'the cohort calls itself "{cohort.cohort}" but is named {name} by its folder or the config'
    return [Problem(message, f"Write cohort: {name}, or use the other name.", file=COHORT_FILE), *problems]


def _protocols_apart(config: Config, name: str) -> ConfigurationError | None:
    """What is wrong with the protocol that the config names for a cohort.

    It is not what was written, or the forms of the cohort's study carry another.
    """
    folder = config.protocol_of(name)
    if folder is None:
        return None
    try:
        named = load_protocol(folder).sha256
    except ConfigurationError as error:
        return error
    carried = load_cohort(config.folder(name)).protocol
    if carried in ("", named):
        return None
    message = f"the forms of {name} carry the protocol {carried[:12]}…, and {folder} is {named[:12]}…"
    hint = "Name the protocol with which the survey was written: the reports list what departs from it."
    return ConfigurationError(str(CONFIG_FILE), [Problem(message, hint, file=str(CONFIG_FILE))])


def _wrong_data(folder: Path) -> tuple[Problem, ...]:
    from alliance_modes.ingest.stage import check_cohort

    return check_cohort(folder, load_instruments(STUDY_INSTRUMENTS))


def _names_that_identify(folder: Path, cohort: Cohort) -> list[Problem]:
    from alliance_modes.ingest.file_names import naming_problems

    return naming_problems(folder, cohort)


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

"""``alliance-modes verify`` and ``freeze``: published numbers against a run, and a run for a publication."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from alliance_modes import __version__
from alliance_modes.ground.errors import AllianceModesError, ConfigurationError, Problem
from alliance_modes.ground.files import sha256, write_bytes, write_csv, write_json, write_text
from alliance_modes.ground.layout import REPORTS, report
from alliance_modes.intake.origin import origin_of
from alliance_modes.published.differences import Moved, differences, made_from_at, manifest_of, reasons
from alliance_modes.published.expected import read_expected, write_expected
from alliance_modes.published.results import PRINTED, Results
from alliance_modes.published.study import STUDY_FILE, PublishedStudy, published_study
from alliance_modes.published.verdicts import Verdict, verdicts
from alliance_modes.reports.reproduction.page import reproduction_documents, summary
from alliance_modes.running.config import load_config
from alliance_modes.running.installed import check_installed
from alliance_modes.running.study import Study, load_study

PUBLISHED = Path("published")
EXPECTED, MADE_FROM = "expected.csv", "made_from.json"
NOT_KEPT = ("outputs", "sha256")
"""Of a run's manifest, what says nothing about what it was made from."""

FOLDER = REPORTS / "_verify"
MOST_TOLD = 20


def absent_files(study: Study, cohort: str) -> list[str]:
    """Raw files of a cohort that are not on this machine."""
    from alliance_modes.cohort import raw_files

    declared = study.cohort(cohort)
    folder = study.config.folder(cohort)
    return [str(path) for path in raw_files(folder, declared) if not path.is_file()] if declared else []


def studies_of(folders: Sequence[Path]) -> tuple[Path, ...]:
    """The folders of studies that are meant: those that are named, or all of ``published/``.

    Raises
    ------
    ConfigurationError
        One is not there, two would have one report, or there is none.
    """
    if not folders:
        folders = [path.parent for path in sorted(PUBLISHED.glob(f"*/{EXPECTED}"))]
        if not folders:
            hint = f"alliance-modes freeze COHORT {PUBLISHED / 'NAME'} writes one from a run."
            raise ConfigurationError(str(PUBLISHED), [Problem(f"no folder of it has an {EXPECTED}", hint)])
    by_name: dict[str, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            hint = f"Name a folder that has an {EXPECTED}."
            raise ConfigurationError(str(folder), [Problem("there is no such folder", hint)])
        other = by_name.setdefault(name_of(folder), folder)
        if other.resolve() != folder.resolve():
            said = f"it has the name of {other}, and so would the report on it"
            raise ConfigurationError(str(folder), [Problem(said, "Give them one after the other.")])
    return tuple(by_name.values())


def name_of(folder: Path) -> str:
    """The name of a study: that of its folder, by whatever path it is named."""
    return folder.resolve().name


def verify(folder: Path, cohort: str | None, run: Callable[[str], None], say: Callable[[str], None]) -> bool:
    """Compare published numbers with a run of their cohort, or a computation; write what became of each.

    Parameters
    ----------
    folder : Path
        Holds ``expected.csv``, and ``study.yaml`` where no cohort is named.
    cohort : str, optional
        In place of the one of ``study.yaml``.
    run : callable
        Makes what is not up to date of a cohort.
    say : callable
        Told what was found.

    Returns
    -------
    bool
        Whether every number came out again, or its data are not on this machine, which is said.

    Raises
    ------
    ConfigurationError
        The folder, or what a computation reads, does not hold what it should.
    WorkflowError
        A package is not as the lock says.
    """
    study, numbers = published_study(folder, cohort), read_expected(folder / EXPECTED)
    lacking = _lacking(study)
    if lacking:
        say(f"{name_of(folder)}: not run: {lacking}")
        return True
    if study.cohort:
        run(study.cohort)
    else:
        check_installed()
    found = verdicts(numbers, Results(study.cohort, computed=study.tables()))
    since = _since(folder, study.cohort)
    _write(study, found, since, FOLDER / name_of(folder))
    say(f"{name_of(folder)}: {summary(found)}")
    for reason in since:
        say(f"    since it was frozen: {reason}")
    other = [one for one in found if one.kind != "reproduced"]
    for one in other[:MOST_TOLD]:
        say(f"    {one.expected.quantity}: {one.text}")
    if len(other) > MOST_TOLD:
        say(f"    and {len(other) - MOST_TOLD} more")
    say(f"number by number: {FOLDER / name_of(folder) / 'reproduction.html'} (and .docx, .pdf, verdicts.csv)")
    return not other


def verify_each(
    folders: Sequence[Path], cohort: str | None, run: Callable[[str], None], say: Callable[[str], None]
) -> bool:
    """``verify`` of several studies; one that cannot be read, or whose cohort does not run, stops no other.

    Returns
    -------
    bool
        Whether ``verify`` returned True of every one.

    Raises
    ------
    AllianceModesError
        The only one that was asked for cannot be verified.
    """
    if len(folders) == 1:
        return verify(folders[0], cohort, run, say)
    came_again = True
    for folder in folders:
        try:
            came_again &= verify(folder, cohort, run, say)
        except AllianceModesError as error:
            say(f"{name_of(folder)}: not verified: {error}")
            came_again = False
    return came_again


def _lacking(study: PublishedStudy) -> str:
    """What the numbers are made from and this machine does not have; empty where it does."""
    absent = absent_files(load_study(study.cohort), study.cohort) if study.cohort else []
    return f"data not present ({absent[0]})" if absent else study.lacking()


def _since(folder: Path, cohort: str) -> list[str]:
    """What of data, plan, code and software is not as when the numbers were frozen, where that is known."""
    path = folder / MADE_FROM
    if not (cohort and path.is_file()):
        return []
    return list(reasons(made_from_at(path), manifest_of(report(cohort, "internal"))))


def _write(study: PublishedStudy, found: Sequence[Verdict], since: Sequence[str], folder: Path) -> None:
    made_from = [*(_made_from(study.cohort) if study.cohort else ()), *study.made_from()]
    made_from += [f"Since it was frozen: {one}" for one in since]
    for suffix, content in reproduction_documents(study.title, study.source, made_from, found).items():
        write_bytes(content, folder / f"reproduction.{suffix}")
    rows = [
        {
            "quantity": str(one.expected.quantity),
            "published": one.expected.value,
            "found": one.found,
            "reach": one.expected.reach,
            "verdict": one.kind,
            "why": one.why,
            "where": one.expected.where,
        }
        for one in found
    ]
    write_csv(pd.DataFrame(rows), folder / "verdicts.csv")


def _made_from(cohort: str) -> list[str]:
    origin, plan = origin_of(cohort), Path(load_config().plan)
    told = [f"Cohort {cohort}, run with Alliance Modes {__version__} and the plan {plan}."]
    told += [f"{name}: SHA-256 {digest}." for name, digest in origin.get("files", ())]
    return told


def freeze(cohort: str, folder: Path, tables: Sequence[str], say: Callable[[str], None]) -> None:
    """Write ``expected.csv``, ``study.yaml`` and ``made_from.json`` from a run that is going to be published.

    Parameters
    ----------
    cohort : str
    folder : Path
        Must not hold an ``expected.csv``: what was published once is not written over.
    tables : sequence of str
        Tables whose numbers are taken; none means those of which a paper prints numbers.
    say : callable

    Raises
    ------
    ConfigurationError
        There is one already, it is of another cohort, or a table is not there, or not as the run made it.
    """
    if (folder / EXPECTED).exists():
        hint = "Give another folder; numbers that were published stay as they were."
        raise ConfigurationError(str(folder), [Problem(f"there is an {EXPECTED} already", hint)])
    if (folder / STUDY_FILE).exists() and published_study(folder).cohort != cohort:
        hint = f"Give another folder, or name cohort: {cohort} there."
        said = f"its {STUDY_FILE} is not of the cohort {cohort}"
        raise ConfigurationError(str(folder), [Problem(said, hint)])
    results = Results(cohort)
    try:
        numbers = list(results.printed(tables or PRINTED))
    except LookupError as error:
        hint = f"Run alliance-modes run {cohort} first; docs/tables.md names the tables."
        raise ConfigurationError(f"cohort {cohort}", [Problem(str(error.args[0]), hint)]) from None
    made_from = manifest_of(report(cohort, "internal"))
    _refuse_others(cohort, results.files(tables or PRINTED), made_from)
    write_json({key: made_from[key] for key in made_from if key not in NOT_KEPT}, folder / MADE_FROM)
    if not (folder / STUDY_FILE).exists():
        title, named = (json.dumps(text, ensure_ascii=False) for text in (name_of(folder), cohort))
        write_text(f"title: {title}\ncohort: {named}\n", folder / STUDY_FILE)
    write_expected(numbers, folder / EXPECTED)
    say(
        f"{len(numbers):,} numbers written to {folder / EXPECTED}; say in {folder / STUDY_FILE} what they are"
    )


def _refuse_others(cohort: str, files: Iterable[Path], made_from: Mapping[str, Any]) -> None:
    """See that tables are those of the run whose manifest is kept beside their numbers."""
    outputs = made_from.get("outputs", {})
    problems = [
        Problem(
            f"{path} is not what the run made",
            "It was changed since, or a later run was not finished. "
            f"Run alliance-modes run {cohort}, then freeze.",
        )
        for path in files
        if outputs.get(str(path)) != sha256(path)
    ]
    if problems:
        raise ConfigurationError(f"cohort {cohort}", problems)


def compare_runs(before: Path, after: Path, to: Path | None, say: Callable[[str], None]) -> None:
    """Say what differs between two runs, and write every number that moved where a file is named.

    Raises
    ------
    ConfigurationError
        A folder is not one of a run.
    """
    found = differences(before, after)
    for reason in found.reasons or ("Nothing changed of data, plan, code and software.",):
        say(reason)
    say(f"{len(found.moved):,} of {found.compared:,} numbers differ.")
    for one in found.moved[:MOST_TOLD]:
        say(f"    {one.quantity}: {_number(one.before)} to {_number(one.after)}{_in_se(one)}")
    if len(found.moved) > MOST_TOLD:
        say(f"    and {len(found.moved) - MOST_TOLD:,} more")
    if to is not None:
        rows = [
            {"quantity": str(one.quantity), "before": one.before, "after": one.after, "in_se": one.in_se}
            for one in found.moved
        ]
        columns = ["quantity", "before", "after", "in_se"]
        write_csv(pd.DataFrame(rows, columns=columns), to)
        say(f"every one of them: {to}")


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.6g}"


def _in_se(one: Moved) -> str:
    return "" if one.in_se is None else f" ({one.in_se:+.2g} SE)"

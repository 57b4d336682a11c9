"""A new cohort's folder: raw files copied or referred to, and the draft beside them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from alliance_modes.cohort import COHORT_FILE, check_name, load_cohort
from alliance_modes.drafting.answers import open_answers
from alliance_modes.drafting.book_questions import book_questions
from alliance_modes.drafting.decisions import Draft
from alliance_modes.drafting.draft import draft_cohort
from alliance_modes.drafting.joining import join_equal_forms
from alliance_modes.drafting.raters import by_rater
from alliance_modes.drafting.recognise import RawFile, recognise_parts
from alliance_modes.drafting.registers import with_register
from alliance_modes.drafting.writing import draft_yaml
from alliance_modes.ground.errors import CohortError, ConfigurationError, Problem, WorkflowError, shown
from alliance_modes.ground.files import whole_file, write_text
from alliance_modes.ground.layout import RAW, STUDY_INSTRUMENTS
from alliance_modes.ground.yaml_models import OPEN, STILL_OPEN
from alliance_modes.ingest.file_names import (
    RENAME,
    Said,
    braces_problems,
    identifies_person,
    personal_kind,
    what_names_say,
)
from alliance_modes.instruments.model import load_instruments
from alliance_modes.readers.codebooks.book import CodeBook
from alliance_modes.readers.codebooks.recognise import SURVEYS, code_book
from alliance_modes.readers.files import unreadable
from alliance_modes.readers.formats import format_of_suffix, known_suffixes
from alliance_modes.readers.not_read import unknown_kind
from alliance_modes.readers.zipped import ENDING
from alliance_modes.running.config import CONFIG_FILE, load_config


@dataclass(frozen=True)
class Drafted:
    """What to tell of a draft: files, questions, and what comes next."""

    files: tuple[str, ...]
    questions: tuple[str, ...]
    next: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """All of it, for a person who answers in the file."""
        head = f"questions ({len(self.questions)}; they stand at the top of the draft as well):"
        numbered = (f"  {number}. {question}" for number, question in enumerate(self.questions, 1))
        return (*self.files, head, *numbered, *self.next)


def new_cohort(name: str, files: Sequence[Path], in_place: Path | None = None) -> Drafted:
    """Draft ``data/raw/<name>/cohort.yaml``; return what to tell a person.

    Parameters
    ----------
    name : str
        Name of the cohort.
    files : sequence of Path
        Raw exports, or folders of them. With ``in_place`` they lie in that folder; none means all
        of its files.
    in_place : Path, optional
        Folder in which the files stay; ``data_folder`` then points to it, and nothing is copied.

    Raises
    ------
    WorkflowError
        The cohort exists already.
    CohortError
        Files that do not exist or cannot be read, every one of them; nothing is written then.
    """
    check_name(name)
    folder = RAW / name
    _require_new(name, folder)
    chosen = _chosen(name, files, in_place)
    books = [book for file, path in chosen.items() if (book := code_book(path, file)) is not None]
    exports = {file: path for file, path in chosen.items() if file not in {book.file for book in books}}
    if not exports:
        hint = "Name the exports that they describe with them."
        raise CohortError(f"new cohort {name}", [Problem("only code books were named", hint)])
    found: list[RawFile] = []
    problems: list[Problem] = []
    for file, path in exports.items():
        try:
            found += recognise_parts(path, file, books)
        except CohortError as error:
            problems += error.problems
        except OSError as error:
            problems.append(unreadable(error, file))
    if problems:
        raise CohortError(f"new cohort {name}", problems)
    kept_at = os.path.relpath(in_place.resolve(), folder.resolve()) if in_place else None
    joined = join_equal_forms(
        [part for file in found for rated in by_rater(file) for part in with_register(rated)]
    )
    draft = draft_cohort(name, joined, load_instruments(STUDY_INSTRUMENTS), kept_at)
    skipped = tuple(f"Not read: {file}" for file in _passed_over(files, in_place))
    draft = replace(draft, questions=(*draft.questions, *book_questions(books, joined), *skipped))
    _require_neutral_names(name, chosen, joined, draft)
    _write(folder, draft, {} if in_place else chosen)
    return _told(folder, draft, joined, books)


def _require_new(name: str, folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WorkflowError(
            f"the cohort {name} exists already ({folder} is not empty)\n"
            "    -> Nothing is overwritten: take another name, or move that folder away."
        )
    elsewhere = load_config().cohorts.get(name)
    if elsewhere:
        raise WorkflowError(
            f"{CONFIG_FILE} says that the cohort {name} is in {elsewhere}\n    -> Take another name."
        )


def _chosen(name: str, files: Sequence[Path], in_place: Path | None) -> dict[str, Path]:
    """Paths of the raw files by the name that ``cohort.yaml`` gives them."""
    problems: list[Problem] = []
    if in_place is not None and not in_place.is_dir():
        raise CohortError(
            f"new cohort {name}", [Problem(f"there is no folder {in_place}", "Correct its name.")]
        )
    given = list(files) or ([in_place] if in_place else [])
    paths: list[Path] = []
    for path in given:
        at = in_place / path if in_place and not path.exists() else path
        inside = sorted(entry for entry in at.iterdir() if _is_export(entry)) if at.is_dir() else [at]
        paths += inside
        if not inside:
            hint = "Name the files themselves, or the folder that they are in."
            problems.append(Problem("there are no exports in this folder", hint, file=str(path)))
    chosen: dict[str, Path] = {}
    for path in paths:
        file = path.name
        if in_place is not None:
            if not path.resolve().is_relative_to(in_place.resolve()):
                hint = "With --in-place every file lies in that folder."
                problems.append(Problem(f"this file is not in {in_place}", hint, file=str(path)))
                continue
            file = path.resolve().relative_to(in_place.resolve()).as_posix()
        if file in chosen and chosen[file].resolve() != path.resolve():
            hint = "Rename one of them: in the cohort's folder they would be the same file."
            problems.append(Problem("two files have this name", hint, file=file))
        chosen[file] = path
    problems += braces_problems(in_place or Path(), chosen)
    if not chosen and not problems:
        problems.append(Problem("no raw files were named", "Name the exports: new-cohort NAME FILE FILE ..."))
    if problems:
        raise CohortError(f"new cohort {name}", problems)
    return chosen


def _is_export(path: Path) -> bool:
    """Whether a file of a folder is an export or a code book."""
    ending = path.suffix.lower()
    known = format_of_suffix(ending) is not None or ending == ENDING
    known = known or (ending in SURVEYS and code_book(path, path.name) is not None)
    return path.is_file() and known and not path.name.startswith((".", "~"))


def _passed_over(files: Sequence[Path], in_place: Path | None) -> list[str]:
    """What stands in the folders that were named and is not read, each with what to do about it."""
    said = []
    for folder in files or ([in_place] if in_place else []):
        at = in_place / folder if in_place and not folder.exists() else folder
        for entry in sorted(at.iterdir()) if at.is_dir() else ():
            if entry.name.startswith((".", "~")) or entry.name == COHORT_FILE or _is_export(entry):
                continue
            if entry.is_dir():
                said.append(f"{shown(entry.name)}, a folder in this one. Name it too if it holds exports.")
            else:
                problem = unknown_kind(entry.name, entry.suffix, known_suffixes())
                said.append(f"{shown(entry.name)}: {problem.message}. {problem.hint}")
    return said


def _require_neutral_names(
    name: str, chosen: dict[str, Path], files: Sequence[RawFile], draft: Draft
) -> None:
    """Refuse files whose names say who somebody is: names of files stand in everything that is made."""
    said = []
    for file in files:
        ids = {
            column.raw
            for source in draft.sources
            if source.key == file.key
            for canonical, column in source.columns.items()
            if identifies_person(source.table, canonical)
        }
        for raw, facts in file.facts.items():
            if raw in ids or facts.not_kept:
                said.append(Said(raw, "id" if raw in ids else personal_kind(raw), facts.counts))
    problems = [
        Problem(f"the name of this file holds {what}", RENAME, file=file)
        for file, what in what_names_say(chosen, said).items()
    ]
    if problems:
        raise CohortError(f"new cohort {name}", problems)


def _write(folder: Path, draft: Draft, copied: dict[str, Path]) -> None:
    """Copy the files, then write the draft; leave nothing behind where that fails."""
    try:
        for file, path in copied.items():
            with whole_file(folder / file) as temporary:
                shutil.copyfile(path, temporary)
        write_text(draft_yaml(draft), folder / COHORT_FILE)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise WorkflowError(
            f"{folder} cannot be written: {error.strerror}\n    -> Is the disk full?"
        ) from None


def _told(folder: Path, draft: Draft, found: Sequence[RawFile], books: Sequence[CodeBook]) -> Drafted:
    lines = [f"{folder / COHORT_FILE}: a draft"]
    for file in found:
        tables = [source.table for source in draft.sources if source.key == file.key]
        held = " and ".join(dict.fromkeys(tables)) or "not recognised"
        part = file.settings.get("sheet") or file.settings.get("repeat_instrument")
        of = f" ({part})" if part else ""
        lines.append(
            f"  {', '.join((file.name, *file.further))}{of}: {file.format}, {file.rows:,} rows: {held}"
        )
    for book in books:
        described = ", ".join(dict.fromkeys(file.name for file in found if file.book is book))
        lines.append(f"  {book.file}: {book.kind}: {f'describes {described}' if described else 'not used'}")
    return Drafted(tuple(lines), draft.questions, _coming(folder, draft.cohort))


def _coming(folder: Path, name: str) -> tuple[str, ...]:
    """What comes next; what cannot be used though nothing is left to answer there is told."""
    left = len(open_answers(folder / COHORT_FILE))
    stand = f' ({left} stand there as "{OPEN}"), or give alliance-modes answer {name}' if left else ""
    coming = [f"next: answer them in the draft{stand}, then alliance-modes check {name}"]
    try:
        load_cohort(folder)
    except ConfigurationError as error:
        wrong = [f"  {problem}" for problem in error.problems if STILL_OPEN not in problem.message]
        coming = [*(["what else the draft needs:"] if wrong else []), *wrong, *coming]
    return tuple(coming)

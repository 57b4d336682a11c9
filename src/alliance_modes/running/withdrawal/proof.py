"""What is left of people who were taken out: in every file of the project, in raw files, in releases."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from alliance_modes.ground.files import read_json, sha256, write_json
from alliance_modes.ground.layout import (
    LOGS,
    OF_ALL_COHORTS,
    POOLED,
    PRIVATE,
    PROCESSED,
    RAW,
    RELEASED,
    REPORTS,
    processed,
)
from alliance_modes.ingest.withdrawn import WITHDRAWN_FILE
from alliance_modes.intake.origin import origin_of
from alliance_modes.running.held import MARK_OF_FOLDER, made_files, noted_files
from alliance_modes.running.manifest import FILE as MANIFEST
from alliance_modes.running.withdrawal.search import Searched, search

CERTIFICATE = "withdrawal.txt"
NOT_MADE_BY_JOBS = frozenset({MANIFEST, "check.html", CERTIFICATE, MARK_OF_FOLDER})
"""Files of a cohort's results that commands and Snakemake write, and no rule."""

PASSED_OVER = frozenset({".git", ".venv", "conda", "__pycache__"})
"""Folders of programs, not of results; ``conda`` is Snakemake's."""

BEFORE = PRIVATE / "withdrawn"
"""The digests of results that were removed, by cohort, until a search found no copy of them."""

ON_REQUEST = (REPORTS / "_verify", POOLED, REPORTS / "overview.html")
"""What is made of the results of several cohorts, and by no run: it is removed, and asked for again."""

BY_COHORT = (PROCESSED, REPORTS, LOGS, RELEASED)


@dataclass(frozen=True)
class Left:
    """What a search of the project found after the results were made again.

    Parameters
    ----------
    searched : Searched
        How many files were read, and what could not be; ``found`` are those with an id of theirs.
    elsewhere : mapping of str to int
        Other cohorts in whose results the same ids stand, and in how many files.
    older : list of str
        Results that were not made without them, or that no rule made.
    copies : list of str
        Files of the project that are results of before, by digest or by their manifest.
    notebooks : list of str
        Notebooks with outputs, of which nobody can tell when they were made.
    """

    searched: Searched
    elsewhere: Mapping[str, int]
    older: Sequence[str]
    copies: Sequence[str]
    notebooks: Sequence[str]

    @property
    def nothing(self) -> bool:
        """Whether nothing that was made of their rows was found."""
        return not (self.searched.found or self.older or self.copies)


def results_of(cohort: str) -> list[Path]:
    """The folders of everything that is made of a cohort, those over all cohorts included."""
    names = (cohort, OF_ALL_COHORTS)
    return [folder / name for name in names for folder in (PROCESSED, REPORTS, LOGS)]


def digests_of_results(cohort: str) -> frozenset[str]:
    """SHA-256 of every file that is made of a cohort and is not empty, logs left out."""
    folders = [folder for folder in results_of(cohort) if not folder.is_relative_to(LOGS)]
    files = [path for folder in (*folders, *ON_REQUEST) for path in (folder, *_files(folder))]
    return frozenset(sha256(path) for path in files if path.is_file() and path.stat().st_size)


def keep_before(cohort: str) -> None:
    """Note the digests of results that are about to be removed, beside those of an earlier removal."""
    write_json(sorted(digests_of_results(cohort) | before_of(cohort)), BEFORE / f"{cohort}.json")


def before_of(cohort: str) -> frozenset[str]:
    """The digests of results that were removed and of which copies may be left."""
    path = BEFORE / f"{cohort}.json"
    return frozenset(read_json(path)) if path.is_file() else frozenset()


def forget_before(cohort: str) -> None:
    """Let go of these digests: no copy was found."""
    (BEFORE / f"{cohort}.json").unlink(missing_ok=True)


def left_of(
    cohort: str, listed: Path, raw: Collection[Path], ids: Collection[str], cohorts: Collection[str]
) -> Left:
    """Search the project, which is the working directory.

    Parameters
    ----------
    cohort : str
    listed : Path
        Its ``withdrawn.yaml``.
    raw : collection of Path
        Folders of raw files, which are not searched.
    ids : collection of str
        Keyed ids of everybody on it.
    cohorts : collection of str
        Every cohort that there is. A folder of results with another name is a copy that somebody made.
    """
    known = {*cohorts, cohort, OF_ALL_COHORTS}
    paths = [path for path in _files(Path()) if not _is_raw(path, raw)]
    searched = search(paths, ids)
    of_others = {name: _cohort_of(name, known) for name in searched.found}
    elsewhere: dict[str, int] = {}
    for other in of_others.values():
        if other not in ("", cohort, OF_ALL_COHORTS):
            elsewhere[other] = elsewhere.get(other, 0) + 1
    searched.found = [name for name in searched.found if of_others[name] not in elsewhere]
    gone = before_of(cohort) - digests_of_results(cohort)
    noted, own = noted_files(), (cohort, OF_ALL_COHORTS)
    outside = [path for path in paths if not _is_result(path, _cohort_of(str(path), known), own, noted)]
    copies = [str(path) for path in outside if _is_copy(path, cohort, listed, gone)]
    notebooks = [str(path) for path in outside if path.suffix == ".ipynb" and _has_outputs(path)]
    return Left(searched, dict(sorted(elsewhere.items())), _older(cohort, listed), copies, notebooks)


def _files(folder: Path) -> Iterator[Path]:
    """Every file below a folder, in order; folders of programs are passed over."""
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in PASSED_OVER)
        yield from (Path(here) / name for name in sorted(names))


def _is_raw(path: Path, folders: Collection[Path]) -> bool:
    return path.is_relative_to(RAW) or any(
        path.absolute().is_relative_to(folder.absolute()) for folder in folders
    )


def _cohort_of(name: str, known: Collection[str]) -> str:
    """The cohort in whose results, or releases, a file is; blank elsewhere."""
    path = Path(name)
    for folder in BY_COHORT:
        if path.is_relative_to(folder) and len(path.relative_to(folder).parts) > 1:
            found = path.relative_to(folder).parts[0]
            return found if found in known or folder == RELEASED else ""
    return ""


def _is_result(path: Path, of: str, own: Collection[str], noted: Mapping[str, str]) -> bool:
    """Whether a file in the folders of a cohort is what was made for it: of others as their scripts noted."""
    if not of or of in own or path.is_relative_to(LOGS) or path.is_relative_to(RELEASED):
        return bool(of)
    return path.name in NOT_MADE_BY_JOBS or (str(path) in noted and noted[str(path)] == sha256(path))


def _older(cohort: str, listed: Path) -> list[str]:
    """Results that are not what a rule made of the raw files without the people of the list."""
    if origin_of(cohort).get("withdrawn") != sha256(listed):
        return [str(processed(cohort))]
    made = made_files(cohort)
    found = []
    for folder in (PROCESSED / cohort, REPORTS / cohort):
        for path in _files(folder):
            if path.name not in NOT_MADE_BY_JOBS and made.get(str(path)) != sha256(path):
                found.append(str(path))
    return found


def _is_copy(path: Path, cohort: str, listed: Path, gone: Collection[str]) -> bool:
    """Whether a file is a result of before, or the manifest of results that were made with them."""
    if path.is_symlink() or not path.is_file():
        return False
    if path.name == MANIFEST and _manifest_of(path, cohort):
        inputs = read_json(path).get("inputs", {})
        return sha256(listed) not in [inputs[name] for name in inputs if Path(name).name == WITHDRAWN_FILE]
    return bool(gone) and path.stat().st_size > 0 and sha256(path) in gone


def _manifest_of(path: Path, cohort: str) -> bool:
    try:
        found = read_json(path)
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("cohort") == cohort


def _has_outputs(path: Path) -> bool:
    try:
        cells = json.loads(path.read_text(encoding="utf-8")).get("cells", [])
    except (ValueError, AttributeError):
        return True
    return any(cell.get("outputs") for cell in cells if isinstance(cell, dict))

"""Names of raw files that say who somebody is, or cannot be used: refused before anything is written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Literal

from alliance_modes.cohort import COHORT_FILE, Cohort, Source
from alliance_modes.dictionary.canonical import TABLES, dictionary, names_in_exports
from alliance_modes.ground.errors import CohortError, Problem
from alliance_modes.ground.yaml_models import Located, read_yaml
from alliance_modes.readers import read
from alliance_modes.readers.raw_table import cell_text, tidy_text
from alliance_modes.words.vocabulary import has_words, plain, vocabulary

LARGEST_READ = 64 << 20
"""Bytes of a raw file that is read for its identifiers before the cohort is."""

EMAIL = re.compile(r"[^@\s/]+@[^@\s/]+\.[^@\s/]+")
DATE_LIKE = re.compile(r"(?:19|20)[0-9]{2}(?:[0-9]{2}){0,2}|[0-9]{4}(?:19|20)[0-9]{2}")
SHORTEST_NAME, SHORTEST_ID, MOST_WORDS = 3, 5, 4
RENAME = (
    "Rename the file, to person_01.csv for example, and correct cohort.yaml: the names of raw files stand in "
    "every table, in logs and in the report."
)

BRACES = frozenset("{}<>")
RENAME_BRACES = "Rename it without them, and correct its name where it is declared."

Kind = Literal["id", "personal", "dropped"]


@dataclass(frozen=True)
class Said:
    """The distinct cells of one column that says who somebody is.

    Parameters
    ----------
    column : str
        Its name.
    kind : {'id', 'personal', 'dropped'}
        An id of a person; dropped and named like a direct identifier; dropped for another reason.
    values : iterable of str
        The cells, as text.
    """

    column: str
    kind: Kind
    values: Iterable[str]


def braces_problems(folder: Path, files: Iterable[str]) -> list[Problem]:
    """Problems of the folder of raw files and of those whose name has a brace or an angle bracket.

    Snakemake (9.27) takes what stands in braces for the name of a wildcard, and in angle brackets for a path.
    """
    at = str(folder)
    named = [*([at] if BRACES & set(at) else []), *(file for file in files if BRACES & set(file))]
    return [
        Problem(
            "the name has braces or angle brackets, with which the workflow cannot work",
            RENAME_BRACES,
            file=name,
        )
        for name in dict.fromkeys(named)
    ]


def naming_problems(folder: Path, cohort: Cohort, located: Located | None = None) -> list[Problem]:
    """Problems of raw files whose name says who somebody is, without saying the name.

    Parameters
    ----------
    folder : Path
        Holds ``cohort.yaml``.
    cohort : Cohort
        Its content.
    located : Located, optional
        The lines of its sources; default: as the file has them.

    Notes
    -----
    A name is refused where it holds an e-mail address, or what a cell of an id or of a dropped column
    says: see ``what_names_say``. Cells are looked at only where a name has words beyond those that
    name tables, instruments, raters and occasions; files of more than 64 MB are not. A name of whose
    person the files say nothing cannot be noticed.
    """
    files = list(dict.fromkeys(file for _, source in cohort.sources() for file in source.every_file()))
    if not any(EMAIL.search(file) or _telling(file) for file in files):
        return []
    data = folder / cohort.data_folder
    said = [one for table, source in cohort.sources() for one in _cells(data, table, source)]
    found = what_names_say(files, said)
    located = located or read_yaml(folder / COHORT_FILE)
    return [_problem(located, cohort, file, what) for file, what in found.items()]


def what_names_say(files: Iterable[str], said: Iterable[Said]) -> dict[str, str]:
    """Which files are called after somebody, and by which column that is known.

    Parameters
    ----------
    files : iterable of str
        Names of the files, folders included.
    said : iterable of Said
        What the cells of columns say that identify people.

    Notes
    -----
    Compared without case and with every other sign taken as a space. A cell with digits counts from 5
    letters and digits on, if they are no date; a name of two to four words if all of them stand in the
    file's name, in any order; a single word only from a column that is named like a direct identifier,
    from 3 letters on, or from an id, from 5 on. Words that name tables, instruments or occasions do not
    count.
    """
    names = {file: plain(str(PurePosixPath(file).with_suffix(""))) for file in files}
    found = {file: "an e-mail address" for file in names if EMAIL.search(file)}
    names = {file: name for file, name in names.items() if file not in found and _telling(file)}
    words = frozenset(word for name in names.values() for word in name.split())
    for column in said:
        for value in column.values:
            phrase = plain(value)
            if words.issuperset(phrase.split()) and _counts(phrase.split(), column.kind):
                for file, name in names.items():
                    if _stands_in(phrase, name):
                        found.setdefault(file, f'what a cell of the column "{column.column}" says')
    return found


def identifies_person(table: str, column: str) -> bool:
    """Whether a canonical column is the id of a person, not of a site or a group."""
    declared = dictionary().table(table).columns.get(column)
    return declared is not None and declared.person


def personal_kind(column: str) -> Kind:
    """Whether a dropped column is named like a direct identifier."""
    return "personal" if any(has_words(column, word) for word in vocabulary().personal) else "dropped"


def _stands_in(phrase: str, name: str) -> bool:
    """Whether a file's name holds a cell: one with digits as it is, the words of a name in any order."""
    if any(sign.isdigit() for sign in phrase):
        return f" {phrase} " in f" {name} "
    return set(phrase.split()) <= set(name.split())


def _counts(parts: list[str], kind: Kind) -> bool:
    """Whether the words of a cell say who somebody is."""
    if not parts:
        return False
    joined = "".join(parts)
    if any(sign.isdigit() for sign in joined):
        return kind != "dropped" and len(joined) >= SHORTEST_ID and not DATE_LIKE.fullmatch(joined)
    if all(word in _ordinary() for word in parts):
        return False
    if len(parts) == 1:
        shortest = {"id": SHORTEST_ID, "personal": SHORTEST_NAME}.get(kind)
        return shortest is not None and len(joined) >= shortest
    return len(parts) <= MOST_WORDS and all(len(word) > 1 for word in parts)


def _telling(file: str) -> bool:
    """Whether a file's name has words that could name somebody."""
    words = plain(str(PurePosixPath(file).with_suffix(""))).split()
    strange = [word for word in words if not {word, word.rstrip("0123456789")} & _ordinary()]
    numbered = sum(len(word) for word in strange if not (word.isalpha() or DATE_LIKE.fullmatch(word)))
    return numbered >= SHORTEST_ID or any(word.isalpha() and len(word) >= SHORTEST_NAME for word in strange)


@cache
def _ordinary() -> frozenset[str]:
    """Words of file names that name no one."""
    known = vocabulary()
    named = [*known.ordinary, *TABLES, *known.instruments, *known.raters, *names_in_exports()]
    for names in (known.instruments, known.raters, names_in_exports()):
        named += [synonym for synonyms in names.values() for synonym in synonyms]
    return frozenset(word for name in named for word in plain(name).split())


def _cells(data: Path, table: str, source: Source) -> list[Said]:
    """What the columns of one source say of people; nothing of a file that cannot be read."""
    ids = {
        raw: name
        for name, origin in source.columns.items()
        if identifies_person(table, name)
        for raw in origin.raw_names
    }
    dropped = [tidy_text(name) for name in source.drop]
    found = []
    for file in source.files:
        path = data / file
        for wanted in (frozenset((*ids, *dropped)), frozenset(ids)):
            try:
                small = path.stat().st_size <= LARGEST_READ
                columns = read(source, path, file, wanted).columns if small else {}
            except (CohortError, OSError):
                continue
            for name, cells in columns.items():
                texts = [cell_text(value) for value in cells.values]
                found.append(Said(name, "id" if name in ids else personal_kind(name), texts))
            break
    return found


def _problem(located: Located, cohort: Cohort, file: str, what: str) -> Problem:
    """The problem by the file's place in ``cohort.yaml``: its name must not stand in a page or a log."""
    table, number, source = next(
        (table, number, source)
        for table in cohort.declared()
        for number, source in enumerate(getattr(cohort.tables, table))
        if file in source.every_file()
    )
    place: tuple[str | int, ...] = ("tables", table)
    place = (*place, number) if (*place, number) in located.lines else place
    if file in source.files:
        count = source.files.index(file)
        which = f"file {count + 1} of this source" if len(source.files) > 1 else "this raw file"
        line = located.line((*place, "files", count))
    else:
        which, line = "the code book", located.line((*place, "codebook"))
    return Problem(f"the name of {which} holds {what}", RENAME, file=COHORT_FILE, table=table, line=line)

"""One raw file: its export format by suffix and content, and every column of it looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from alliance_modes.drafting.code_books import answers_apart, book_for
from alliance_modes.drafting.facts import Facts, column_facts
from alliance_modes.drafting.odd_rows import OddRow, odd_rows, without
from alliance_modes.ground.errors import CohortError, Problem
from alliance_modes.ingest.readings import code_text
from alliance_modes.readers import RawColumn, read
from alliance_modes.readers.codebooks.book import CodeBook
from alliance_modes.readers.declaration import Format, Parts, PartSetting
from alliance_modes.readers.files import require_file
from alliance_modes.readers.formats import FORMATS, format_of_suffix, known_suffixes
from alliance_modes.readers.grid import HIDDEN_ROWS, UNSEEN_ROWS
from alliance_modes.readers.not_read import unknown_kind
from alliance_modes.readers.raw_table import RawTable, cell_text
from alliance_modes.readers.source import Unpivot, tried
from alliance_modes.readers.statistical import UNSEEN_REASONS
from alliance_modes.readers.zipped import unpacked

NOTHING: Mapping[str, PartSetting] = MappingProxyType({})
FEWEST_COLUMNS = 3
PASSED_OVER = (
    ("hidden_sheets", "hidden sheets, not read"),
    (HIDDEN_ROWS, "hidden rows, not read"),
    (UNSEEN_ROWS, "whether rows are hidden"),
    (UNSEEN_REASONS, "reasons of missing numbers"),
)
"""Notes of a reader on what is no data unless somebody says so."""


@dataclass(frozen=True)
class RatedRows:
    """The rows of one rater: those whose ``column`` has one of ``words``."""

    column: str
    words: tuple[str, ...]
    rater: str


@dataclass(frozen=True)
class RawFile:
    """One raw file as it was found.

    Parameters
    ----------
    name : str
        Its name in ``cohort.yaml``.
    format, why : str
        The export format, and what it was recognised by.
    settings : mapping
        Keys of the source that the format needs (sheet, delimiter, decimal).
    facts : mapping of str to Facts
        Every column by its name, in the order of the file.
    columns : mapping of str to RawColumn
        Its cells.
    rows : int
        Rows of data.
    repeated : tuple of str
        Names that stand more than once in the header, so that no one can say which is meant.
    detected : mapping
        Settings that were found out by the reader.
    further : tuple of str
        Names of files of equal form whose rows follow (``joining``).
    odd : tuple of OddRow
        Rows that seem to be no records, and are not among ``columns`` and ``facts``.
    events : tuple of str
        REDCap's events whose rows these are; none where the file is not divided by them.
    unpivot : Unpivot, optional
        How columns of the file became the rows that ``columns`` and ``facts`` are of.
    rated : RatedRows, optional
        The rater whose rows these are.
    book : CodeBook, optional
        The code book that describes its columns.
    """

    name: str
    format: str
    why: str
    settings: Mapping[str, str]
    facts: Mapping[str, Facts]
    columns: Mapping[str, RawColumn]
    rows: int
    repeated: tuple[str, ...] = ()
    detected: Mapping[str, str] = field(default_factory=dict)
    further: tuple[str, ...] = ()
    odd: tuple[OddRow, ...] = ()
    events: tuple[str, ...] = ()
    unpivot: Unpivot | None = None
    rated: RatedRows | None = None
    book: CodeBook | None = None

    @property
    def title(self) -> str:
        """Its name, and how many files of equal form are read with it."""
        count = len(self.further)
        return f"{self.name} and {count} more file{'s' * (count > 1)}" if count else self.name

    @property
    def title_of_part(self) -> str:
        """Its name, and which part of it this is."""
        sheet = "" if "sheet" in self.detected else self.settings.get("sheet", "")
        parts = (sheet, self.settings.get("repeat_instrument", ""), *self.events)
        rater = "" if self.rated is None else self.rated.rater
        return ", ".join((self.title, *filter(None, (*parts, rater))))

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it from other parts of the same file: sheet, repeating instrument, events, shape."""
        turned = "" if self.unpivot is None else "rows"
        rater = "" if self.rated is None else self.rated.rater
        return (*part_key(self.name, self.settings, self.events), turned, rater)

    def cells(self, name: str) -> list[str]:
        """One column row by row, as text."""
        column = self.columns[name]
        texts = [code_text(cell_text(value)) for value in column.values]
        return [texts[code] for code in column.codes]


def part_key(name: str, settings: Mapping[str, str], events: Sequence[str] = ()) -> tuple[str, ...]:
    """File, sheet, repeating instrument and events."""
    return name, settings.get("sheet", ""), settings.get("repeat_instrument", ""), *events


def recognise_parts(path: Path, name: str, books: Sequence[CodeBook] = ()) -> list[RawFile]:
    """Every part of a raw file that can be a source of its own; ``books`` are the code books at hand.

    Parts are the sheets of a workbook that look like a table (three columns or more, where there
    are several sheets) and REDCap's repeating instruments, each beside the rows of none.

    Raises
    ------
    CohortError
        No part of the file can be read.
    """
    if not path.is_file():
        return [recognise(path, name, books)]
    with unpacked(path, name) as inside:
        kind = format_of_suffix(inside.suffix)
        if kind is not None:
            for form in (kind, *_inside(kind)):
                settings = form.parts.find(inside, name) if form.parts else ()
                if form.parts and settings:
                    return _parts(inside, name, form, form.parts, settings, books)
        return [recognise(inside, name, books)]


def _parts(
    path: Path,
    name: str,
    form: Format,
    parts: Parts,
    settings: Sequence[Mapping[str, PartSetting]],
    books: Sequence[CodeBook],
) -> list[RawFile]:
    if not parts.any_table:
        return [_look(path, name, form, parts.why, books, part) for part in settings]
    found: list[RawFile] = []
    problems: list[Problem] = []
    for part in settings:
        try:
            header = read(tried(form.name, **part), path, name, frozenset()).names
            if len(header) >= FEWEST_COLUMNS:
                inside, why = _marked(form, path, name, header) or (form, parts.why)
                found.append(_look(path, name, inside, why, books, part))
        except CohortError as error:
            problems += error.problems
    if not found:
        raise CohortError(name, problems or [Problem("no sheet holds a table", "Check the file.", file=name)])
    return found


def recognise(path: Path, name: str, books: Sequence[CodeBook] = ()) -> RawFile:
    """Find out what the file ``path`` is and look at every column of it, with the code book that fits it.

    Raises
    ------
    CohortError
        The file is not of a format that can be read, or is damaged.
    """
    require_file(path, name)
    kind = format_of_suffix(path.suffix)
    if kind is None:
        raise CohortError(name, [unknown_kind(name, path.suffix, known_suffixes())])
    try:
        marked = _marked(kind, path, name, read(tried(kind.name), path, name, frozenset()).names)
    except CohortError:  # two header rows of another width, say, which only its own format can read
        marked = _marked(kind, path, name, ())
        if marked is None:
            raise
    if marked is None:
        return _look(path, name, kind, kind.why.format(suffix=path.suffix.lower()), books)
    form, why = marked
    try:
        return _look(path, name, form, why, books)
    except CohortError:
        return _look(path, name, kind, f"{why}, but it cannot be read as {form.name}", books)


def _inside(kind: Format) -> Iterator[Format]:
    """Formats that come in files whose suffix is that of another."""
    return (form for form in FORMATS.values() if kind.name in form.marks)


def _marked(kind: Format, path: Path, name: str, header: tuple[str, ...]) -> tuple[Format, str] | None:
    """The format whose mark a file has, and the mark."""
    for form in _inside(kind):
        why = form.marks[kind.name](path, name, header)
        if why:
            return form, why
    return None


def _look(
    path: Path,
    name: str,
    form: Format,
    why: str,
    books: Sequence[CodeBook],
    part: Mapping[str, PartSetting] = NOTHING,
) -> RawFile:
    source = tried(form.name, **part)
    header = (*read(source, path, name, frozenset()).names, *form.names_above(source, path, name))
    repeated = tuple(sorted(column for column, times in Counter(header).items() if column and times > 1))
    wanted = frozenset(column for column in header if column and column not in repeated)
    table = read(source, path, name, wanted)
    book = book_for(books, [column for column in header if column])
    if book is not None and form.answers_apart and (apart := answers_apart(table, book)):
        header = (*header, *apart)
        table = read(source, path, name, wanted.union(apart))
    odd = odd_rows(table) if "leave_out_rows" in form.options else ()
    table = without(table, odd)
    settings = _settings(form, table, part)
    why += "".join(
        f"; {words}: {table.detected[note]}" for note, words in PASSED_OVER if note in table.detected
    )
    facts = _facts(form, path, table, header, settings.get("decimal", "."), book)
    if source.event:  # what only other events fill in is nothing of this part
        facts = {column: found for column, found in facts.items() if found.answered or found.missing}
    return RawFile(
        name, form.name, why, settings, facts, table.columns, len(table.rows), repeated,
        dict(table.detected), odd=odd, events=source.event or (), book=book,
    )  # fmt: skip


def _settings(form: Format, table: RawTable, part: Mapping[str, PartSetting]) -> dict[str, str]:
    """Keys of the source that the file needs."""
    settings = {key: value for key, value in part.items() if isinstance(value, str)}
    if form.decimal_comma and _decimal_comma(table.columns):
        settings["decimal"] = ","
    for key in ("sheet", "header_row"):
        if key in table.detected:
            settings[key] = table.detected[key]
    if table.detected.get("delimiter", ",") != ",":
        settings["delimiter"] = table.detected["delimiter"]
    return settings


def _facts(
    form: Format, path: Path, table: RawTable, header: Sequence[str], decimal: str, book: CodeBook | None
) -> dict[str, Facts]:
    """Every column, with what file and code book say its codes mean."""
    labels = {
        column: {code_text(str(code)): str(label) for code, label in said.items()}
        for column, said in form.value_labels(path).items()
    }
    texts = form.column_texts(path)
    return {
        column: column_facts(
            column,
            table.columns[column],
            decimal,
            labels.get(column, {}),
            book.of(column) if book else None,
            texts.get(column, ""),
        )
        for column in header
        if column in table.columns
    }


def _decimal_comma(columns: Mapping[str, RawColumn]) -> bool:
    """Whether numbers of the file have a comma and none has a point."""
    comma = point = 0
    for column in columns.values():
        for value in column.values:
            if isinstance(value, str) and len(value) < 12:
                comma += _has_sign(value, ",")
                point += _has_sign(value, ".")
    return comma > 0 and point == 0


def _has_sign(text: str, sign: str) -> bool:
    whole, _, rest = text.partition(sign)
    return whole.lstrip("-").isdigit() and rest.isdigit()

"""``cohort.yaml``: what the raw files of one cohort are, as a frozen, closed model."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from alliance_modes.dictionary.canonical import TABLES, Table, dictionary
from alliance_modes.dictionary.named import ENROLMENT_ID, GROUP_ID
from alliance_modes.domain import LossReason, Rater
from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.ground.files import sha256
from alliance_modes.ground.yaml_models import OPEN, Closed, ContradictionError, Location, load_model
from alliance_modes.readers.declaration import PARENT, Option
from alliance_modes.readers.formats import FORMATS
from alliance_modes.readers.raw_table import tidy_text
from alliance_modes.readers.source import NamedCodeBook, RawSource, as_tuple, text_keys
from alliance_modes.words.date_forms import known_form, known_zone
from alliance_modes.words.pseudonyms import Kind

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
STAYS_EMPTY = "missing"
"""Answer to ``empty``: an empty cell is missing, as it is without the key."""

REAL_VALUE = "a real value"
"""Answer to a missing code: it is none, and the cell is read."""

LEFT_OUT = "none"
"""Answer to which raw column a canonical one is: none, though a name is known."""

COHORT_FILE = "cohort.yaml"
ITEM_NUMBER = re.compile(r"\{item(?::0([1-9]))?\}")


def check_name(name: str) -> str:
    """Return ``name`` if it can name a cohort.

    Raises
    ------
    ConfigurationError
        The name is not a letter followed by up to 63 letters, digits, ``_`` or ``-``; ``..``,
        slashes and spaces are so refused before any path is made from it.
    """
    if not NAME.fullmatch(name):
        problem = Problem(
            f'"{name}" cannot be the name of a cohort',
            "Use a letter followed by letters, digits, _ or - (at most 64), e.g. north_2026.",
        )
        raise ConfigurationError("cohort name", [problem])
    return name


def _name_in_file(name: str) -> str:
    try:
        return check_name(name)
    except ConfigurationError as error:
        raise ValueError(f"{error.problems[0].message}. {error.problems[0].hint}") from None


Scalar = str | int | float | bool
DateFormats = Annotated[tuple[Annotated[str, AfterValidator(known_form)], ...], BeforeValidator(as_tuple)]


class ColumnSource(Closed):
    """Where one canonical column comes from.

    One of ``column``, ``columns`` and ``constant`` is given. ``labels`` maps raw text to the
    canonical value; ``missing`` maps raw codes to the reason why the value is missing. Both are compared
    with the raw value as text, with surrounding spaces removed. Of an id, ``pad`` fills its digits
    with zeros in front up to this width, and ``fold_case`` takes its letters as capitals, so that it
    meets the same id of another export; ``columns`` are raw columns that make up one id, in place of
    ``column``; ``pseudonyms`` says whose labels with a check character they are, each of which is checked.
    ``empty`` is what an empty cell stands for; ``fill_down`` gives it the value of the row
    above, within a file. Of a number, ``unit`` is a word or sign behind it ("12 sessions"), and ``times``
    what it is multiplied by (100 for shares). Of a date, ``time_zone`` is the zone whose day is meant
    where a time says its own zone. ``looked_up`` confirms a guess of a draft: what codes mean, or which of
    several columns this is.
    """

    column: str | None = None
    left_out: bool = False
    constant: Scalar | None = None
    labels: Annotated[dict[str, Scalar], BeforeValidator(text_keys)] = Field(default_factory=dict)
    missing: Annotated[dict[str, str], BeforeValidator(text_keys)] = Field(default_factory=dict)
    date_formats: DateFormats = ()
    pad: Annotated[int, Field(ge=1, le=40)] | None = None
    fold_case: bool = False
    pseudonyms: Kind | None = None
    empty: Scalar | None = None
    unit: Annotated[str, Field(min_length=1, pattern=r"^[^0-9?]+$")] | None = None
    times: Annotated[float, Field(gt=0)] | None = None
    columns: Annotated[tuple[str, ...], Field(min_length=2)] | None = None
    fill_down: bool = False
    time_zone: Annotated[str, AfterValidator(known_zone)] = ""
    looked_up: bool = True

    @model_validator(mode="after")
    def _one_origin(self) -> ColumnSource:
        given = (self.column, self.columns, self.constant, self.left_out or None)
        if sum(one is not None for one in given) != 1:
            raise ValueError("give either column (a raw column's name) or constant (one value for every row)")
        if not self.looked_up:
            message = "look up what the export does not say, correct the entry, then write true"
            raise ContradictionError([(("looked_up",), message)])
        if self.constant is not None and (self.empty is not None or self.fill_down):
            raise ValueError("a constant has no empty cells; leave empty and fill_down out")
        return self

    @property
    def raw_names(self) -> tuple[str, ...]:
        """The raw columns that are read, as they are compared."""
        return tuple(map(tidy_text, self.columns or ((self.column,) if self.column is not None else ())))


def _column_source(value: Any) -> Any:
    if value in (LEFT_OUT, OPEN):
        return {"left_out": True}
    return {"column": value} if isinstance(value, str) else value


def _numbered(parts: list[str | None], item: int) -> str:
    """Texts and widths, in turn, as ``ITEM_NUMBER.split`` gives them, with the item's number in."""
    return "".join(
        str(item).zfill(int(part or 0)) if place % 2 else str(part) for place, part in enumerate(parts)
    )


def _item_numbers(value: Any) -> Any:
    """Items as a list, as one number, as "4 and 10", or "none"."""
    if isinstance(value, str):
        parts = [] if value == "none" else value.split(" and ")
        return [int(part) if part.isdigit() else part for part in parts]
    return [value] if isinstance(value, int) else value


class Inventory(Closed):
    """A block of item columns that hold one instrument.

    ``starts_at`` is the number of the lowest answer where the form counts from another one than the
    instrument (0 to 4 in place of 1 to 5). ``already_reversed`` are the items that the file holds
    reversed, which are turned back before anything is scored. A form that only one kind of person fills
    in needs no ``rater``.
    ``items`` is a pattern with ``{item}`` for the item number ("wai_{item}"), ``{item:03}`` for
    one of three digits ("W[SQ{item:03}]" names W[SQ001]), or the raw column names in item order.
    ``in_item_order`` confirms that a list that was taken from the file's order is in item order.
    ``labels_rising`` false turns the numbers of ``labels`` round within the instrument's range.
    """

    instrument: str
    rater: Rater | None = None
    items: str | tuple[str, ...]
    starts_at: float | None = None
    already_reversed: Annotated[tuple[int, ...], BeforeValidator(_item_numbers)] = ()
    labels: Annotated[dict[str, float], BeforeValidator(text_keys)] = Field(default_factory=dict)
    missing: Annotated[dict[str, str], BeforeValidator(text_keys)] = Field(default_factory=dict)
    in_item_order: bool = True
    labels_rising: bool = True

    @field_validator("items")
    @classmethod
    def _has_place_for_item(cls, items: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if isinstance(items, str) and not ITEM_NUMBER.search(items):
            raise ValueError(
                "the pattern must contain {item}, e.g. wai_{item}; or list the columns in item order"
            )
        return items

    @model_validator(mode="after")
    def _is_in_item_order(self) -> Inventory:
        if not self.in_item_order:
            message = "list the columns under items in the order of the instrument, then write true"
            raise ContradictionError([(("in_item_order",), message)])
        return self

    def columns(self, count: int) -> tuple[str, ...]:
        """Raw column names of items 1 to ``count``."""
        if isinstance(self.items, str):
            before_after = ITEM_NUMBER.split(self.items)
            return tuple(_numbered(before_after, item) for item in range(1, count + 1))
        return self.items


def _known_format(name: Any) -> Any:
    if not isinstance(name, str) or name not in FORMATS:
        *others, last = map(repr, FORMATS)
        raise ValueError(f"must be {', '.join(others)} or {last}")
    return name


class Source(RawSource):
    """One export, and how its columns become canonical ones."""

    format: Annotated[str, BeforeValidator(_known_format)]
    columns: dict[str, Annotated[ColumnSource, BeforeValidator(_column_source)]]
    inventories: tuple[Inventory, ...] = ()
    missing: Annotated[dict[str, str], BeforeValidator(text_keys)] = Field(default_factory=dict)
    date_formats: DateFormats = ("%Y-%m-%d",)
    drop: tuple[str, ...] = ()
    codebook: NamedCodeBook | None = None

    def filled_down(self) -> frozenset[str]:
        """Raw columns whose empty cells hold what the row above holds."""
        return frozenset(
            name for origin in self.columns.values() if origin.fill_down for name in origin.raw_names
        )

    def joined(self) -> tuple[tuple[str, ...], ...]:
        """Raw columns whose cells make up one id, for each such id."""
        return tuple(origin.raw_names for origin in self.columns.values() if origin.columns is not None)

    def every_file(self) -> tuple[str, ...]:
        """Its raw files and its code book."""
        return (*self.files, *((self.codebook.file,) if self.codebook else ()))


Sources = Annotated[tuple[Source, ...], BeforeValidator(as_tuple)]


class CohortTables(Closed):
    """The sources of each canonical table; a table that is not declared is absent."""

    practitioners: Sources = ()
    practitioner_survey: Sources = ()
    enrolments: Sources = ()
    sessions: Sources = ()
    alliance: Sources = ()
    group_climate: Sources = ()


def _table_name(name: str) -> str:
    if name not in TABLES:
        raise ValueError(f"must be one of {', '.join(TABLES)}")
    return name


class Agreement(Closed):
    """A loss that the holder of the data knows of and accepts.

    ``reason`` is as ``check`` names it; ``column`` and ``file`` where it is of one column or file.
    ``rows`` is the number that was agreed to: with any other number the agreement is void.
    """

    table: Annotated[str, AfterValidator(_table_name)]
    reason: LossReason
    rows: Annotated[int, Field(ge=1)]
    why: Annotated[str, Field(min_length=8)]
    column: str = ""
    file: str = ""


class Cohort(Closed):
    """One cohort.

    ``data_folder`` is where the raw files are, relative to ``cohort.yaml`` (default: beside it).
    Nobody in ``demonstration`` cohorts exists; their ids are made with a public key where ``simulated`` is
    the digest of their raw files (``raw_seal``). ``readable_ids`` names
    id columns that are not personal (a site's name, say) and are kept as they are. ``accepted`` are the
    losses between the raw files and the analysis that somebody has agreed to, with the reason. ``left_out``
    are files, or columns of one, that are known and not read, each with the reason. ``protocol`` is the
    SHA-256 of the protocol that the study's forms carry, '' where they carry none.
    """

    cohort: Annotated[str, AfterValidator(_name_in_file)]
    title: str
    description: str = ""
    data_lock: date
    demonstration: bool = False
    simulated: str = ""
    data_folder: str = "."
    readable_ids: tuple[Literal["site_id", "group_id"], ...] = ()
    accepted: tuple[Agreement, ...] = ()
    left_out: dict[str, Annotated[str, Field(min_length=3)]] = Field(default_factory=dict)
    protocol: str = ""
    tables: CohortTables

    @field_validator("data_lock", mode="before")
    @classmethod
    def _date_from_text(cls, value: Any) -> Any:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            raise ValueError("write the date as year-month-day, e.g. 2024-12-31") from None

    @model_validator(mode="after")
    def _complete(self) -> Cohort:
        found = list(_table_messages(self.tables))
        read = {file for _, source in self.sources() for file in source.files}
        found += [
            (("left_out", file), "this file is read by a table; remove it from left_out or from there")
            for file in sorted(read & set(self.left_out))
        ]
        if found:
            raise ContradictionError(found)
        return self

    def sources(self) -> Iterator[tuple[str, Source]]:
        """Every declared source with the name of its table, in the order of ``TABLES``."""
        for name in TABLES:
            for source in getattr(self.tables, name):
                yield name, source

    def declared(self) -> tuple[str, ...]:
        """Names of the tables that have at least one source."""
        return tuple(name for name in TABLES if getattr(self.tables, name))


def _table_messages(tables: CohortTables) -> Iterator[tuple[Location, str]]:
    if not tables.enrolments:
        yield ("tables",), "the table enrolments is required"
    if not (tables.alliance or tables.practitioner_survey):
        yield ("tables",), "at least one of the tables alliance and practitioner_survey is required"
    for name in TABLES:
        for number, source in enumerate(getattr(tables, name)):
            for place, message in source_messages(name, source):
                yield ("tables", name, number, *place), message


def source_messages(name: str, source: Source) -> Iterator[tuple[Location, str]]:
    """What contradicts itself in one source of table ``name``: the place below it, and what is wrong."""
    yield from _column_messages(name, source, dictionary().table(name))
    yield from _format_messages(source)


def _column_messages(name: str, source: Source, table: Table) -> Iterator[tuple[Location, str]]:
    known = set(table.columns)
    supplied = {column for column, origin in source.columns.items() if not origin.left_out}
    if name == "alliance":
        if len(source.inventories) != 1:
            message = "each source holds exactly one inventory, with its instrument and rater"
            yield ("inventories",), f"{message} (use several sources for several)"
        supplied |= {"rater", "instrument"}
        for column in sorted({"rater", "instrument"} & set(source.columns)):
            yield ("columns", column), "this is said by the inventory; remove it from columns"
    if name == "group_climate" and not supplied & {GROUP_ID, ENROLMENT_ID}:
        yield ("columns",), f"map {GROUP_ID}, or {ENROLMENT_ID} where clients rate"
    for column in sorted(set(source.columns) - known):
        near = difflib.get_close_matches(column, known, n=1)
        meant = f'did you mean "{near[0]}"?' if near else f"its columns: {', '.join(table.columns)}"
        yield ("columns", column), f'"{column}" is not a column of {name}; {meant}'
    for column, declared in table.columns.items():
        if declared.need == "required" and column not in supplied:
            yield ("columns",), f"the required column {column} is not mapped"
    for column, origin in source.columns.items():
        of_ids = origin.pad or origin.fold_case or origin.pseudonyms
        if of_ids and column in known and table.columns[column].type != "identifier":
            yield ("columns", column), "pad, fold_case and pseudonyms are for ids"
        yield from _number_messages(column, origin, table)
        if origin.columns and column in known and table.columns[column].type != "identifier":
            yield ("columns", column), "several columns can make up an id only"
        for raw in sorted({*origin.raw_names} & {*map(tidy_text, source.drop)}):
            yield ("columns", column), f'the raw column "{raw}" is both mapped and dropped'


def _number_messages(column: str, origin: ColumnSource, table: Table) -> Iterator[tuple[Location, str]]:
    kind = table.columns[column].type if column in table.columns else ""
    if (origin.unit or origin.times) and kind not in ("number", "integer", ""):
        yield ("columns", column), "unit and times are for numbers"
    if origin.empty is not None and kind in ("identifier", "date"):
        yield ("columns", column, "empty"), f"an empty {kind} stands for nothing; leave this out"


def _takers(key: Option) -> str:
    """The formats that take a key of a source, in words."""
    if key == "delimiter":
        return "text files"
    if key in ("header_row", "leave_out_rows"):
        return "text files and sheets"
    return f"the format {' or '.join(form.name for form in FORMATS.values() if key in form.options)}"


def _format_messages(source: Source) -> Iterator[tuple[Location, str]]:
    declared = FORMATS[source.format]
    for key in get_args(Option):
        if getattr(source, key) is not None and key not in declared.options:
            yield (key,), f"{key} belongs to {_takers(key)}, not {source.format}"
    if not declared.parents or source.sheet is None:
        named = " or ".join(form.name for form in FORMATS.values() if form.parents)
        for column, origin in source.columns.items():
            if (origin.column or "").startswith(PARENT):
                yield ("columns", column), f"{PARENT} needs the format {named} and a repeat under sheet"
    for file in sorted({file for file in source.files if source.files.count(file) > 1}):
        yield ("files",), f'the file "{file}" is listed twice'
    blocks: list[tuple[Location, ColumnSource | Inventory]] = [
        (("columns", column), origin) for column, origin in source.columns.items()
    ]
    blocks += [(("inventories", place), inventory) for place, inventory in enumerate(source.inventories)]
    for place, block in blocks:
        for code in sorted(set(block.labels) & set(block.missing)):
            yield (*place, "missing"), f'"{code}" is declared both as a label and as a missing code'


def load_cohort(folder: str | Path) -> Cohort:
    """Read ``folder/cohort.yaml``.

    Raises
    ------
    ConfigurationError
        Every problem of the file at once, each with its line.
    """
    return load_model(Path(folder) / COHORT_FILE, Cohort, subject=f"cohort {Path(folder).name}")


def raw_seal(folder: str | Path, cohort: Cohort) -> str:
    """SHA-256 over names and contents of the raw files, in the order of their names."""
    digests = sorted((path.name, sha256(path)) for path in raw_files(folder, cohort) if path.is_file())
    return hashlib.sha256("".join(f"{digest}  {name}\n" for name, digest in digests).encode()).hexdigest()


def is_simulated(folder: str | Path, cohort: Cohort) -> bool:
    """Whether a cohort is a demonstration, and holds the raw files that were simulated for it.

    A declaration that was copied for other data is not believed.
    """
    return cohort.demonstration and cohort.simulated == raw_seal(folder, cohort)


def raw_files(folder: str | Path, cohort: Cohort) -> tuple[Path, ...]:
    """Every raw file that ``cohort`` declares, each once, in order of first mention."""
    base = Path(folder) / cohort.data_folder
    return tuple(dict.fromkeys(base / name for _, source in cohort.sources() for name in source.every_file()))

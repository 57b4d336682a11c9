"""What ``cohort.yaml`` says of a raw file that its reader needs to know."""

from __future__ import annotations

import codecs
import io
from pathlib import PurePosixPath
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from alliance_modes.ground.yaml_models import Closed

LONGEST_NAME = 255


def as_tuple(value: Any) -> Any:
    """A list of one where the file gives its only entry without the list."""
    return (value,) if isinstance(value, str | dict) else value


def text_keys(value: Any) -> Any:
    """A mapping with its keys as text: YAML makes numbers and truth values of some."""
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else value


def _file_inside_folder(name: str) -> str:
    path = PurePosixPath(name)
    if not name.isprintable():
        raise ValueError("a file name must not hold control characters")
    if any(len(part.encode()) > LONGEST_NAME for part in path.parts):
        raise ValueError(f"no file can have a name of more than {LONGEST_NAME} bytes")
    if path.is_absolute() or ".." in path.parts or "\\" in name or not path.name or name.startswith("~"):
        raise ValueError("a raw file must be named relative to the data folder, without '..'")
    return name


def _kept_values(value: Any) -> Any:
    """Values of one column as text: one or a list of them."""
    values = value if isinstance(value, list | tuple) else (value,)
    return tuple(_text(item) for item in values)


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _delimiter(value: str | None) -> str | None:
    if value is None or value in ("tab", "\\t"):
        return value and "\t"
    if len(value) != 1 or value in '"\r\n':
        raise ValueError('the delimiter is one character such as ";", or the word tab')
    return value


def _encoding(value: str | None) -> str | None:
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=value or "utf-8")
        return value and codecs.lookup(value).name
    except LookupError:
        raise ValueError("no encoding of this name is known; try utf-8, cp1252, latin-1 or utf-16") from None


FileName = Annotated[str, AfterValidator(_file_inside_folder)]
KeptValues = Annotated[tuple[str, ...], BeforeValidator(_kept_values), Field(min_length=1)]


class Unpivot(Closed):
    """Columns that are rows: an attendance register with one column per session, say.

    ``columns`` gives the number of each; ``number`` and ``value`` name the columns that are made, with
    the number and the cell, ``heading`` one with the column's name. ``leave_out_empty`` makes no row
    of an empty cell.
    """

    columns: Annotated[dict[str, int], BeforeValidator(text_keys)] = Field(min_length=2)
    number: str = "session_no"
    value: str
    heading: str | None = None
    leave_out_empty: bool = False

    @model_validator(mode="after")
    def _apart(self) -> Unpivot:
        if len(set(self.made())) < len(self.made()) or set(self.made()) & set(self.columns):
            raise ValueError("number, value and heading need names that no other column has")
        if len(set(self.columns.values())) < len(self.columns):
            raise ValueError("two columns have the same number")
        return self

    def made(self) -> tuple[str, ...]:
        """Names of the columns that are made."""
        return (self.number, self.value, *((self.heading,) if self.heading is not None else ()))


class NamedCodeBook(Closed):
    """The code book of an export, and a digest of what it said when the source was declared.

    ``check`` and ``run`` compare: the digest with the code book as it is now, and every cell of the columns
    that the source reads with the answers and limits that it knows.
    """

    file: FileName
    says: Annotated[str, Field(min_length=1)]


class RawSource(Closed):
    """File(s) of one format, and which of their rows are read.

    ``rows`` keeps the rows whose raw column has one of the values ('' empty, ``*`` not empty);
    ``event`` does the same with REDCap's event, ``repeat_instrument`` with its repeating instrument (one, by
    all the names that an export may give it). Rows left out are counted in ``sources.json``.
    ``responses: finished`` leaves out what the survey tool itself marks as unfinished, a preview or a test.
    ``header_row`` is the row of the names of the columns, ``leave_out_rows`` says of rows below it that
    they are no records (``{34: true}``), both as a spreadsheet numbers them. ``hidden_rows`` says whether
    the hidden rows of a workbook are data. ``headings`` says which column each header is that an export may
    have in place of its name (the text of the question, in any language). ``may_be_empty`` reads a file with
    a header and no rows, or without a row of the event or repeating instrument, as one that has none yet.
    ``second_entry`` is the sheet into which a second person entered the same forms, each in the same row.
    ``carries`` says of a raw column which values its cells have, where they hold anything: a row with another
    one was answered in another version of the form.
    """

    tried: ClassVar[bool] = False
    """Whether a draft only tries the file: the header is looked for, short rows are padded."""

    files: Annotated[tuple[FileName, ...], BeforeValidator(as_tuple)] = Field(min_length=1)
    format: str
    sheet: str | None = None
    delimiter: Annotated[str | None, AfterValidator(_delimiter)] = None
    decimal: Literal[".", ","] = "."
    encoding: Annotated[str | None, AfterValidator(_encoding)] = None
    repeat_instrument: KeptValues | None = None
    responses: Literal["all", "finished"] | None = None
    event: KeptValues | None = None
    rows: Annotated[dict[str, KeptValues], BeforeValidator(text_keys)] = Field(default_factory=dict)
    header_row: Annotated[int, Field(ge=1)] | None = None
    leave_out_rows: dict[Annotated[int, Field(ge=1)], bool] | None = None
    hidden_rows: bool | None = None
    unpivot: Unpivot | None = None
    headings: Annotated[dict[str, str], BeforeValidator(text_keys)] = Field(default_factory=dict)
    may_be_empty: bool = False
    second_entry: str | None = None
    carries: Annotated[dict[str, KeptValues], BeforeValidator(text_keys)] = Field(default_factory=dict)

    def filled_down(self) -> frozenset[str]:
        """Raw columns whose empty cells hold what the row above holds."""
        return frozenset()

    def joined(self) -> tuple[tuple[str, ...], ...]:
        """Raw columns whose cells make up one id, for each such id."""
        return ()


class TriedSource(RawSource):
    """A file that a draft looks at, before anything of it is declared."""

    tried: ClassVar[bool] = True


def undeclared(form: str, **settings: str) -> RawSource:
    """A file of which nothing is declared yet but what a draft tries; readers are given its name apart."""
    return RawSource.model_validate({"files": "x", "format": form, **settings})


def tried(form: str, **settings: str | tuple[str, ...]) -> RawSource:
    """A file that a draft looks at: as ``undeclared``, its header looked for and short rows padded."""
    return TriedSource.model_validate({"files": "x", "format": form, **settings})

"""Whether ids stand in any file below a folder, however they are packed in it."""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

DEPTH = 4
"""How often something packed is unpacked that was packed inside something else."""

CODED = re.compile(rb"[A-Za-z0-9+/_-]{24,}={0,2}")
STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", flags=re.DOTALL)
PNG_TEXTS = (b"tEXt", b"zTXt", b"iTXt", b"eXIf")
LARGEST = 1 << 31
"""Bytes of the largest file that is read whole."""


@dataclass
class Searched:
    """What a search read and found.

    Parameters
    ----------
    files : Counter
        How many files were read, by suffix.
    found : list of str
        Files in which an id stands, or in whose name.
    unread : dict of str to str
        Files that could not be searched, or not wholly, and why.
    """

    files: Counter[str] = field(default_factory=Counter)
    found: list[str] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)


def search(paths: Iterable[Path], ids: Iterable[str]) -> Searched:
    """Look for ids in files: in their names, their bytes, and what is packed inside.

    Parameters
    ----------
    paths : iterable of Path
        Files. A link is not followed.
    ids : iterable of str
        Keyed ids, which nothing else is likely to spell.

    Notes
    -----
    Tables (Parquet, SPSS, Stata) are read cell by cell, PDF by its text and its streams, zip (Word, Excel)
    and gzip by what they hold, texts in base64 by what they stand for. Of a picture its texts are read; what
    is drawn in it is not.
    """
    sought = tuple(one.encode(form) for one in sorted(set(ids)) for form in ("utf-8", "utf-16-le"))
    done = Searched()
    for path in paths:
        name = str(path)
        try:
            if _holds(name.encode(), sought):
                done.found.append(name)
            elif path.is_symlink():
                done.unread[name] = "a link, which is not followed"
                continue
            elif path.stat().st_size > LARGEST:
                done.unread[name] = f"the file has more than {LARGEST >> 30} GB"
                continue
            elif _in_file(path, sought):
                done.found.append(name)
            done.files[path.suffix.lower() or "no suffix"] += 1
        except (OSError, ValueError, zipfile.BadZipFile, zlib.error, EOFError) as error:
            done.unread[name] = f"it cannot be read as what its name says: {type(error).__name__}"
    return done


def _in_file(path: Path, sought: tuple[bytes, ...]) -> bool:
    reader = CELLS.get(path.suffix.lower())
    content = path.read_bytes()
    if _holds(content, sought):
        return True
    return bool(content) and reader is not None and _holds(reader(path), sought)


def _holds(content: bytes, sought: tuple[bytes, ...], depth: int = 0) -> bool:
    lowered = content.lower()
    if any(one in lowered for one in sought):
        return True
    return depth < DEPTH and any(_holds(part, sought, depth + 1) for part in _inside(content))


def _inside(content: bytes) -> Iterator[bytes]:
    """What is packed in some bytes."""
    if content[:2] == b"PK" and zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield from (archive.read(name) for name in archive.namelist())
            yield "\n".join(archive.namelist()).encode()
    elif content[:2] == b"\x1f\x8b":
        yield gzip.decompress(content)
    elif content[:4] == b"%PDF":
        yield from (plain for stream in STREAM.findall(content) if (plain := _inflated(stream)))
    elif content[:8] == b"\x89PNG\r\n\x1a\n":
        yield from _png_texts(content)
    elif content[:4] != b"PAR1":
        yield from _decoded(content)


def _inflated(packed: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed)
    except zlib.error:
        return b""


def _png_texts(content: bytes) -> Iterator[bytes]:
    place = 8
    while place + 8 <= len(content):
        length, kind = int.from_bytes(content[place : place + 4], "big"), content[place + 4 : place + 8]
        body = content[place + 8 : place + 8 + length]
        if kind in PNG_TEXTS:
            yield body
            yield from (_inflated(body[at.end() :]) or b"" for at in re.finditer(rb"\0", body))
        place += 12 + length


def _decoded(content: bytes) -> Iterator[bytes]:
    """What the texts in base64 of a file stand for."""
    for run in set(CODED.findall(content)):
        text = run.rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
        try:
            plain = base64.b64decode(text + b"=" * (-len(text) % 4))
        except binascii.Error:
            continue
        yield plain
        yield _inflated(plain)


def _parquet_cells(path: Path) -> bytes:
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path) as stored:
        parts = [str(stored.schema_arrow), str(stored.metadata.metadata)]
        for batch in stored.iter_batches():
            parts += [str(value) for column in batch.columns for value in column.unique().to_pylist()]
    return "\n".join(parts).encode()


def _labelled_cells(path: Path) -> bytes:
    """The cells of an SPSS or Stata file, and what it says of its columns."""
    import pyreadstat

    reading = pyreadstat.read_dta if path.suffix.lower() == ".dta" else pyreadstat.read_sav
    try:
        table, about = reading(path)
    except pyreadstat.ReadstatError as error:
        raise ValueError(f"{path}: no table") from error
    texts = [str(value) for name in table.columns for value in table[name].unique()]
    return "\n".join([*texts, str(vars(about))]).encode()


def _pdf_text(path: Path) -> bytes:
    """The text of all pages, without spaces and ends of lines, at which an id could be broken."""
    import pypdfium2 as pdfium

    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        raise ValueError("the document is no PDF") from error
    with document:
        text = "".join(page.get_textpage().get_text_bounded() for page in document)
    return "".join(text.split()).encode()


CELLS: Mapping[str, Callable[[Path], bytes]] = MappingProxyType(
    {
        ".parquet": _parquet_cells,
        **dict.fromkeys((".sav", ".zsav", ".dta"), _labelled_cells),
        ".pdf": _pdf_text,
    }
)
"""Files whose bytes do not show their texts, and what reads them."""

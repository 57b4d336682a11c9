"""Look for given texts in any file that the line can write, however the text is wrapped in it."""

from __future__ import annotations

import base64
import binascii
import gzip
import html
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from urllib.parse import quote, quote_plus

DEPTH = 4
BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{40,}={0,2}")
STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", flags=re.DOTALL)
SHOWN = re.compile(rb"\[((?:[^\]\\]|\\.)*)\]\s*TJ", flags=re.DOTALL)
LITERAL = re.compile(rb"\(((?:\\.|[^()\\])*)\)", flags=re.DOTALL)
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def forms(text: str) -> set[bytes]:
    """How ``text`` can stand in a file: other order of a date, other case, and common encodings."""
    texts = {text}
    if ISO_DATE.fullmatch(text):
        day = date.fromisoformat(text)
        written = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y%m%d", "%d%m%Y")
        texts |= {day.strftime(form) for form in written}
    found = set()
    for one in texts:
        plain = one.encode()
        found |= {plain, plain[::-1], one.encode("utf-16-le"), quote(one).encode(), quote_plus(one).encode()}
        found |= {html.escape(one).encode(), json.dumps(one)[1:-1].encode(), plain.hex().encode()}
        for variant in (one, one.lower(), one.upper()):
            found |= set(_base64_forms(variant.encode()))
    return {form.lower() for form in found if len(form) >= 6}


def _base64_forms(plain: bytes) -> Iterator[bytes]:
    """The part of a base64 text that is the same whatever stands before and after ``plain``."""
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + plain)
        start = (0, 2, 3)[before]
        end = (len(plain) + before) * 8 // 6
        yield coded[start:end]
        yield coded[start:end].replace(b"+", b"-").replace(b"/", b"_")


class Scanner:
    """Finds ``texts`` in files and folders; ``find`` names each place where one stands."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._forms = {text: sorted(forms(text)) for text in texts}
        self._seen: dict[bytes, list[str]] = {}

    def find(self, folder: Path) -> list[str]:
        """``<path>: <text>`` for every text in a file of ``folder``, or in its name."""
        found = []
        for path in sorted(folder.rglob("*")):
            shown = str(path.relative_to(folder))
            found += [f"{shown} (name): {text}" for text in self.in_bytes(shown.encode())]
            if path.is_file() and not path.is_symlink():
                found += [f"{shown}: {text}" for text in self.in_file(path)]
        return found

    def in_file(self, path: Path) -> list[str]:
        """The texts that stand in one file."""
        content = path.read_bytes()
        found = self.in_bytes(content)
        if content[:4] == b"PAR1":
            found += self.in_bytes(_parquet_text(path))
        return sorted(set(found))

    def in_bytes(self, content: bytes, depth: int = 0) -> list[str]:
        """The texts that stand in ``content``, or in anything packed inside it."""
        if content not in self._seen:
            lowered = content.lower()
            found = {text for text, forms in self._forms.items() if any(form in lowered for form in forms)}
            if depth < DEPTH:
                for part in _inside(content):
                    found |= set(self.in_bytes(part, depth + 1))
            self._seen[content] = sorted(found)
        return self._seen[content]


def _inside(content: bytes) -> Iterator[bytes]:
    if content[:2] == b"PK" and zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield "\n".join(archive.namelist()).encode()
            yield from (archive.read(name) for name in archive.namelist())
    elif content[:2] == b"\x1f\x8b":
        yield gzip.decompress(content)
    elif content[:4] == b"%PDF":
        for stream in STREAM.findall(content):
            plain = _inflated(stream) or stream
            yield plain
            yield b"\n".join(b"".join(LITERAL.findall(line)) for line in SHOWN.findall(plain))
    elif content[:8] == b"\x89PNG\r\n\x1a\n":
        yield from _png_texts(content)
    elif content[:4] != b"PAR1":
        for run in set(BASE64.findall(content)):
            yield from _decoded(run)


def _inflated(packed: bytes) -> bytes | None:
    try:
        return zlib.decompressobj().decompress(packed)
    except zlib.error:
        return None


def _png_texts(content: bytes) -> Iterator[bytes]:
    place = 8
    while place + 8 <= len(content):
        length, kind = int.from_bytes(content[place : place + 4], "big"), content[place + 4 : place + 8]
        body = content[place + 8 : place + 8 + length]
        if kind in (b"zTXt", b"iTXt", b"iCCP"):
            for start in (match.end() for match in re.finditer(rb"\0", body)):
                for skipped in (start, start + 1):
                    plain = _inflated(body[skipped:])
                    if plain:
                        yield plain
        place += 12 + length


def _decoded(run: bytes) -> Iterator[bytes]:
    text = run.rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
    try:
        plain = base64.b64decode(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        return
    yield plain
    inflated = _inflated(plain)
    if inflated:
        yield inflated


def _parquet_text(path: Path) -> bytes:
    """Every cell of every column, and every metadata entry, as text."""
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    metadata = dict(table.schema.metadata or {})
    for field in table.schema:
        metadata |= field.metadata or {}
    parts = [str(path.name), *table.column_names, *(f"{key}={value}" for key, value in metadata.items())]
    for column in table.columns:
        parts += [str(value) for value in column.unique().to_pylist()]
    return "\n".join(parts).encode()

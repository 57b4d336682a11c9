"""R's serialisation (``saveRDS``, ``save``) as plain values: vectors, lists and their attributes.

Versions 2 and 3 in XDR form, as the manual "R Internals" describes it under "Serialization Formats".
"""

from __future__ import annotations

import array
import bz2
import gzip
import lzma
import struct
import sys
from dataclasses import dataclass, field
from typing import Any

GZIP, BZIP2, XZ = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00"
XDR = b"X\n"
SAVED = (b"RDX2\n", b"RDX3\n")
"""What ``save`` writes before the serialisation of a list of all objects."""

SYMBOL, PAIRLIST, ENVIRONMENT, CHARACTERS, LOGICAL, INTEGER, DOUBLE = 1, 2, 4, 9, 10, 13, 14
COMPLEX, STRINGS, LIST, EXPRESSION, POINTER, WEAK, RAW, S4 = 15, 16, 19, 20, 22, 23, 24, 25
PAIRS = (PAIRLIST, 3, 5, 6, 17, 239, 240)
"""Pairlists, closures, promises, calls and dots: all of head and tail."""

BUILTIN = (7, 8)
ALTERNATIVE, REFERENCE, NOTHING = 238, 255, 254
NAMED_SPACES = (247, 248, 249)
BARE = (NOTHING, 241, 242, 250, 251, 252, 253)
HAS_ATTRIBUTES, HAS_TAG = 1 << 9, 1 << 10
LATIN1, UTF8, ASCII = 1 << 2, 1 << 3, 1 << 6
WINDOWS = "cp1252"


class NotReadError(Exception):
    """What the file holds that is no data."""


@dataclass
class RValue:
    """One object of R.

    Parameters
    ----------
    kind : int
        Its type, as the serialisation numbers them.
    value : object
        Numbers as an array, texts and lists as a list (NA of a text is None), else None.
    attributes : mapping of str to RValue
        Names, class, levels, and so on.
    """

    kind: int
    value: Any = None
    attributes: dict[str, RValue] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Names of its elements; none where it has none."""
        found = self.attributes.get("names")
        return [name or "" for name in found.value] if found is not None else []

    @property
    def classes(self) -> list[str]:
        """Its class attribute."""
        found = self.attributes.get("class")
        return [name or "" for name in found.value] if found is not None else []

    def named(self) -> dict[str, RValue]:
        """The elements of a list by name."""
        return dict(zip(self.names, self.value, strict=False)) if isinstance(self.value, list) else {}


def unserialised(content: bytes, encoding: str | None = None) -> RValue:
    """What a file of ``saveRDS`` or ``save`` holds; of ``save`` a list of all objects by name.

    Parameters
    ----------
    content : bytes
        The file.
    encoding : str, optional
        Of texts that say neither UTF-8 nor Latin-1; default: what the file says, else UTF-8, else
        Windows-1252.

    Raises
    ------
    NotReadError
        It holds what is no data (functions as byte code), or is of another form (ASCII).
    EOFError, ValueError, OSError, struct.error, lzma.LZMAError, IndexError, KeyError
        It is damaged.
    """
    content = _unpacked(content)
    for start in SAVED:
        content = content.removeprefix(start)
    if not content.startswith(XDR):
        form = "its ASCII or native form" if content[:2] in (b"A\n", b"B\n") else "no form of R that is known"
        raise NotReadError(f"it is written in {form}")
    stream = _Stream(content, len(XDR), encoding)
    version, _, _ = (stream.integer() for _ in range(3))
    if version not in (2, 3):
        raise NotReadError(f"it is of version {version} of R's serialisation")
    if version == 3:
        stream.native = stream.take(stream.integer()).decode("ascii")
    return stream.item()


def _unpacked(content: bytes) -> bytes:
    if content.startswith(GZIP):
        return gzip.decompress(content)
    if content.startswith(BZIP2):
        return bz2.decompress(content)
    return lzma.decompress(content) if content.startswith(XZ) else content


class _Stream:
    """The bytes of one serialisation, read from front to back."""

    def __init__(self, content: bytes, place: int, encoding: str | None) -> None:
        self.content, self.place, self.encoding, self.native = content, place, encoding, ""
        self.seen: list[RValue] = []

    def take(self, count: int) -> bytes:
        """The next bytes."""
        if count < 0 or self.place + count > len(self.content):
            raise EOFError("it ends too early")
        self.place += count
        return self.content[self.place - count : self.place]

    def integer(self) -> int:
        """The next 32-bit number."""
        return int(struct.unpack(">i", self.take(4))[0])

    def length(self) -> int:
        """The length of a vector; long ones have two numbers."""
        short = self.integer()
        return short if short >= 0 else (self.integer() << 32) + self.integer()

    def numbers(self, code: str) -> array.array:
        """A vector of numbers of one width."""
        found = array.array(code)
        found.frombytes(self.take(self.length() * found.itemsize))
        if sys.byteorder == "little":
            found.byteswap()
        return found

    def item(self) -> RValue:
        """The next object."""
        flags = self.integer()
        kind = flags & 0xFF
        if kind in BARE:
            return RValue(NOTHING)
        if kind == REFERENCE:
            return self.seen[((flags >> 8) or self.integer()) - 1]
        if kind in PAIRS:
            return self._pairs(kind, flags)
        if kind == ALTERNATIVE:
            return _plain(self.item(), self.item(), self.item())
        if kind in (SYMBOL, ENVIRONMENT, POINTER, WEAK, *NAMED_SPACES):
            return self._remembered(kind, flags)
        found = RValue(kind, self._content(kind, flags))
        if flags & HAS_ATTRIBUTES:
            found.attributes = self.item().attributes
        return found

    def _content(self, kind: int, flags: int) -> Any:
        if kind == CHARACTERS:
            return self._text(flags >> 12)
        if kind in (LOGICAL, INTEGER):
            return self.numbers("i")
        if kind == DOUBLE:
            return self.numbers("d")
        if kind == STRINGS:
            return [self.item().value for _ in range(self.length())]
        if kind in (LIST, EXPRESSION):
            return [self.item() for _ in range(self.length())]
        if kind in (COMPLEX, RAW):
            return self.take(self.length() * (16 if kind == COMPLEX else 1))
        if kind in BUILTIN:
            return self.take(self.integer())
        if kind == S4:
            return None
        raise NotReadError(
            f"it holds a function or a fitted model (an object of type {kind}), not data alone"
        )

    def _remembered(self, kind: int, flags: int) -> RValue:
        """What later parts of the file refer to."""
        found = RValue(kind)
        if kind == SYMBOL:
            found.value = self.item().value
            self.seen.append(found)
            return found
        self.seen.append(found)
        if kind == ENVIRONMENT:
            self.integer()
            for _ in range(4):
                self.item()
        elif kind in NAMED_SPACES:
            self.integer()
            for _ in range(self.integer()):
                self.item()
        else:
            if kind == POINTER:
                self.item(), self.item()
            if flags & HAS_ATTRIBUTES:
                self.item()
        return found

    def _pairs(self, kind: int, flags: int) -> RValue:
        """A pairlist as a list; its tags are its names, and its elements by tag its attributes."""
        heads: list[RValue] = []
        tags: list[str | None] = []
        while flags & 0xFF in PAIRS:
            if flags & HAS_ATTRIBUTES:
                self.item()
            tags.append(_symbol(self.item()) if flags & HAS_TAG else None)
            heads.append(self.item())
            flags = self.integer()
        self.place -= 4
        self.item()
        found = RValue(kind, heads, {tag: head for tag, head in zip(tags, heads, strict=True) if tag})
        return found

    def _text(self, levels: int) -> str | None:
        length = self.integer()
        if length == -1:
            return None
        said = self.take(length)
        if levels & (UTF8 | ASCII):
            return said.decode("utf-8")
        names = (
            (WINDOWS, "latin-1") if levels & LATIN1 else (self.encoding or self.native or "utf-8", WINDOWS)
        )
        for name in names:
            try:
                return said.decode(name)
            except (UnicodeDecodeError, LookupError):
                continue
        return said.decode("latin-1")


def _symbol(tag: RValue) -> str:
    if tag.kind != SYMBOL or not isinstance(tag.value, str):
        raise ValueError("a name is no name")
    return tag.value


def _plain(about: RValue, state: RValue, attributes: RValue) -> RValue:
    """A vector that R keeps in another form: a sequence, numbers as texts, or one wrapped."""
    name = str(about.value[0].value)
    parts = state.value if state.kind in (LIST, PAIRLIST) else []
    if name in ("compact_intseq", "compact_realseq"):
        count, first, step = state.value
        values = [first + step * place for place in range(int(count))]
        whole = name == "compact_intseq"
        found = (
            RValue(INTEGER, array.array("i", map(int, values)))
            if whole
            else RValue(DOUBLE, array.array("d", values))
        )
    elif name == "deferred_string" and parts:
        found = RValue(STRINGS, [_deferred(parts[0].kind, value) for value in parts[0].value])
    elif name.startswith("wrap_") and parts:
        found = RValue(parts[0].kind, parts[0].value)
    else:
        raise NotReadError(f"it holds a vector in a form of its own ({name})")
    found.attributes = {} if attributes.kind == NOTHING else attributes.attributes
    return found


def _deferred(kind: int, value: float) -> str | None:
    """A number that R had not yet written as text."""
    if value != value or (kind == INTEGER and value == -(1 << 31)):
        return None
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else f"{value:.15g}"

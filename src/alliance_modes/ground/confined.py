"""The side of a child process that decodes a file: its limits, its request and its answer.

The libraries that decode binary files are written in C, and some damaged files crash them or make them
ask for any amount of memory. So a child decodes; it imports nothing of the package but this module, so
that it starts fast, and says on standard output: one line of JSON, then what may follow as bytes.
"""

from __future__ import annotations

import array
import json
import math
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

MEMORY = 1 << 30
"""Bytes of address space for any file; and ``MEMORY_PER_BYTE`` more for each byte of it."""
MEMORY_PER_BYTE = 64

Decoded = tuple[dict[str, Any], list[array.array]]
"""What is said as JSON, and the codes of each column.

Or ``problem``, why the file cannot be read; with ``column`` and ``hint`` where one column is the cause.
"""


def answer(decode: Callable[[Mapping[str, Any]], Decoded]) -> None:
    """Decode the file that the request on standard input names; say what it holds, or why it cannot be read.

    What the decoding itself says goes to standard error.
    """
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    request = json.loads(sys.stdin.buffer.read())
    limit(request)
    try:
        head, codes = decode(request)
    except MemoryError:
        head, codes = {"problem": "it asks for more memory than a file of its size can need"}, []
    head["codes"] = [column.typecode for column in codes]
    answers.write(json.dumps(head).encode() + b"\n")
    for column in codes:
        answers.write(column.tobytes())
    answers.close()


def limit(request: Mapping[str, Any]) -> None:
    """No more memory or time than a file of this size can need, and no core file."""
    memory = MEMORY + MEMORY_PER_BYTE * os.stat(request["path"]).st_size
    for kind, allowed in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, request["seconds"]),
        (resource.RLIMIT_CORE, 0),
    ):
        most = resource.getrlimit(kind)[1]
        if most == resource.RLIM_INFINITY or allowed < most:
            resource.setrlimit(kind, (allowed, most))
    signal.alarm(request["wait"])


def distinct(cells: Iterable[Any]) -> tuple[list[Any], array.array]:
    """The distinct cells in order of first appearance, and the place among them of each cell."""
    places: dict[Any, int] = {}
    codes = array.array("i", (places.setdefault(cell, len(places)) for cell in cells))
    return list(places), smallest(codes, len(places))


def smallest(codes: array.array, values: int) -> array.array:
    """Codes of so many values in as few bytes as hold them."""
    return array.array("b" if values <= 1 << 7 else "h" if values <= 1 << 15 else "i", codes)


def written(cell: Any) -> Any:
    """A cell in JSON; dates and times as {kind: ISO text}."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, int | float):
        return float(cell) if math.isfinite(cell) else str(cell)
    return {type(cell).__name__: cell.isoformat()}

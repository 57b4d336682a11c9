"""Drawing pseudonyms: labels that nobody can guess and that are given once."""

from __future__ import annotations

import random
import secrets
from pathlib import Path

from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.ground.files import write_text
from alliance_modes.words.pseudonyms import DRAWN, FIRST, SIGNS, Kind, check_character

FEWEST_FREE = 0.5
"""Share of all labels of a kind that must be free: drawing goes on until a free one is found."""


def new_labels(
    number: int, kind: Kind, issued: Path | None = None, seed: int | None = None
) -> tuple[str, ...]:
    """``number`` labels, each once.

    Parameters
    ----------
    number : int
        At least 1.
    kind : Kind
        Whose labels.
    issued : Path, optional
        A file of labels given before, one a line: none of them is given again, and the new ones are added
        to it.
    seed : int, optional
        For a test: the same labels each time. Without it they are drawn from the machine's source of secrets.

    Raises
    ------
    ConfigurationError
        Too few labels are left, or the file of those given before cannot be read.
    """
    before = _issued(issued)
    if len(before) + number > FEWEST_FREE * len(SIGNS) ** DRAWN:
        hint = "Ask for fewer."
        raise ConfigurationError("pseudonyms", [Problem(f"there are not {number:,} labels left", hint)])
    source = secrets.SystemRandom() if seed is None else random.Random(seed)
    taken = set(before)
    found: list[str] = []
    while len(found) < number:
        body = FIRST[kind] + "".join(source.choice(SIGNS) for _ in range(DRAWN))
        label = body + check_character(body)
        if label[-1] in SIGNS and label not in taken:
            taken.add(label)
            found.append(label)
    if issued is not None:
        write_text("".join(f"{label}\n" for label in (*before, *found)), issued)
    return tuple(found)


def _issued(path: Path | None) -> tuple[str, ...]:
    if path is None or not path.exists():
        return ()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        message = "the file of the labels given before cannot be read"
        hint = "Name a text file with one label a line, or a new one."
        raise ConfigurationError("pseudonyms", [Problem(message, hint, file=str(path))]) from None
    return tuple(line.strip() for line in text.splitlines() if line.strip())

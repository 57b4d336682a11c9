"""Answers to what a draft leaves open, written where its ``?`` stands and nowhere else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.ground.files import write_text
from alliance_modes.ground.yaml_models import OPEN, OpenAnswer, read_yaml

CHOICES = re.compile(r"[;,.?]?\s*one of:\s*(?P<choices>.+)$")
QUESTION = re.compile(r"question [0-9]+: ")
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
TRUTHS = ("true", "false")
MARK = f'"{OPEN}"'


def open_answers(path: Path) -> tuple[OpenAnswer, ...]:
    """What ``cohort.yaml`` still asks, from its first line to its last."""
    return tuple(sorted(read_yaml(path).open, key=lambda answer: answer.line))


def choices(question: str) -> tuple[str, tuple[str, ...]]:
    """A question without its choices, and the choices as ``cohort.yaml`` writes them."""
    found = CHOICES.search(question)
    if found is None:
        return question, ()
    offered = tuple(choice.strip() for choice in found["choices"].split(", "))
    return question[: found.start()].strip(), tuple(choice for choice in offered if choice)


def write_answer(path: Path, answer: OpenAnswer, text: str) -> None:
    """Put an answer in the place of its ``?``; every other sign of the file stays.

    Parameters
    ----------
    path : Path
        A ``cohort.yaml`` that can be read.
    answer : OpenAnswer
        One of ``open_answers(path)``.
    text : str
        As a person types it: ``true`` and ``false``, a number, a list in brackets, or words.

    Raises
    ------
    ConfigurationError
        The answer cannot stand there; the file is then as before.
    """
    lines = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    before = lines[answer.line - 1]
    same_line = [other for other in open_answers(path) if other.line == answer.line]
    place = _nth(before, same_line.index(answer))
    if place < 0:
        raise _cannot(path, answer, text)
    lines[answer.line - 1] = before[:place] + as_yaml(text) + before[place + len(MARK) :]
    kept = path.read_text(encoding="utf-8")
    write_text("".join(lines), path)
    try:
        still = {other.location for other in open_answers(path)}
    except ConfigurationError:
        write_text(kept, path)
        raise
    if answer.location in still:
        write_text(kept, path)
        raise _cannot(path, answer, text)


def as_yaml(text: str) -> str:
    """A typed answer as YAML: truths, numbers and lists as they are, everything else quoted."""
    said = " ".join(text.split())
    if said.lower() in TRUTHS:
        return said.lower()
    if NUMBER.fullmatch(said) or _is_list(said):
        return said
    return json.dumps(said, ensure_ascii=False)


def _is_list(text: str) -> bool:
    if not (text.startswith("[") and text.endswith("]")):
        return False
    try:
        return isinstance(yaml.safe_load(text), list)
    except yaml.YAMLError:
        return False


def _nth(line: str, number: int) -> int:
    place = -1
    for _ in range(number + 1):
        place = line.find(MARK, place + 1)
    return place


def _cannot(path: Path, answer: OpenAnswer, text: str) -> ConfigurationError:
    key = ".".join(map(str, answer.location))
    problem = Problem(
        f"{text} cannot stand at {key}",
        "Write the answer into the file by hand.",
        path.name,
        line=answer.line,
    )
    return ConfigurationError(str(path), [problem])

"""The questions that every draft opens with: title, data lock, and ids that may be read."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from alliance_modes.dictionary.named import GROUP_ID, SITE_ID
from alliance_modes.ground.files import write_text
from alliance_modes.ground.yaml_models import read_yaml

TITLE_MARK = "  # question: give it a title"
LOCK_MARK = "  # guess: see the question"
READABLE = (SITE_ID, GROUP_ID)
NONE = "none"
OPENS = ("What is the data lock", "What are title and description", "May the names of sites or groups")
"""How the questions of a draft begin that are asked here."""

NUMBERED = re.compile(r"#  (?P<number>[0-9]+)\. (?P<text>.*)")
CONFIRM = "guessed"
RIGHT, NOT_RIGHT = "right", "not right"
MARKS = {RIGHT: "  [looked up: right]", NOT_RIGHT: "  [not right: mend it below]"}


@dataclass(frozen=True)
class Opening:
    """One opening question; ``line`` is where its answer stands, or the line that it goes above."""

    key: str
    text: str
    line: int
    default: str = ""
    choices: tuple[str, ...] = ()

    def write(self, path: Path, answer: str) -> None:
        """Put the answer into the file; the mark that it was open goes."""
        lines = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
        if self.key == "readable_ids":
            names = [] if answer == NONE else answer.split(" and ")
            lines.insert(self.line - 1, f"readable_ids: [{', '.join(names)}]\n")
        elif self.key == CONFIRM:
            lines[self.line - 1] = f"{lines[self.line - 1].rstrip()}{MARKS[answer]}\n"
        else:
            lines[self.line - 1] = f"{self.key}: {json.dumps(answer, ensure_ascii=False)}\n"
        write_text("".join(lines), path)


def opening_questions(path: Path) -> tuple[Opening, ...]:
    """The opening questions of a draft that have no answer yet."""
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    content = read_yaml(path).value
    asked = []
    for number, line in enumerate(lines, 1):
        if line.startswith("title:") and line.endswith(TITLE_MARK):
            asked.append(Opening("title", "What is the title of the report?", number, str(content["title"])))
        elif line.startswith("data_lock:") and line.endswith(LOCK_MARK):
            text = "What is the data lock, the last day that the data can speak of (YYYY-MM-DD)?"
            latest = str(content["data_lock"])
            if latest != "1900-01-01":
                text += f" The latest day in the files is {latest}."
            asked.append(Opening("data_lock", text, number, "" if "latest" not in text else latest))
        elif line.startswith("tables:") and "readable_ids" not in content:
            names = tuple(name for name in READABLE if _maps(lines, name))
            both = (" and ".join(names),) if len(names) > 1 else ()
            text = (
                "May the names of sites or groups be read as they are in what is made? The draft hashes them."
            )
            if names:
                asked.append(Opening("readable_ids", text, number, NONE, (NONE, *names, *both)))
    return tuple(asked)


def guesses(path: Path) -> tuple[Opening, ...]:
    """The numbered questions that no open value stands for: a guess stands in the draft, to be confirmed.

    What was confirmed or called wrong is marked where its question stands, and not asked again.
    """
    text = path.read_text(encoding="utf-8-sig")
    lines = text.splitlines()
    found = []
    for place, line in enumerate(lines):
        match = NUMBERED.fullmatch(line)
        if match is None or f"# question {match['number']}: " in text:
            continue
        last = place
        while last + 1 < len(lines) and lines[last + 1].startswith("#     "):
            last += 1
        whole = " ".join([match["text"], *(below.lstrip("# ") for below in lines[place + 1 : last + 1])])
        if not whole.startswith(OPENS) and not lines[last].endswith(tuple(MARKS.values())):
            found.append(Opening(CONFIRM, whole, last + 1, choices=(RIGHT, NOT_RIGHT)))
    return tuple(found)


def not_right(path: Path) -> int:
    """How many guesses were called wrong, and are to be mended by hand."""
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return sum(line.endswith(MARKS[NOT_RIGHT]) for line in lines)


def _maps(lines: list[str], name: str) -> bool:
    return any(re.match(rf"\s+{name}:", line) for line in lines)

"""The questions that every draft opens with: title, data lock, and ids that may be read."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from alliance_modes.ground.files import write_text
from alliance_modes.ground.yaml_models import read_yaml

TITLE_MARK = "  # question: give it a title"
LOCK_MARK = "  # guess: see the question"
READABLE = ("site_id", "group_id")
NONE = "none"
OPENS = ("What is the data lock", "What are title and description", "May the names of sites or groups")
"""How the questions of a draft begin that are asked here."""


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


def _maps(lines: list[str], name: str) -> bool:
    return any(re.match(rf"\s+{name}:", line) for line in lines)

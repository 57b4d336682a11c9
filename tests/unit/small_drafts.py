"""Drafts of a few small files, written into a folder of the test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyreadstat

from alliance_modes.drafting.draft import draft_cohort
from alliance_modes.drafting.joining import join_equal_forms
from alliance_modes.drafting.recognise import recognise_parts
from alliance_modes.drafting.writing import draft_yaml
from alliance_modes.ground.yaml_models import read_yaml
from alliance_modes.instruments.model import load_instruments

PEOPLE = 24
SESSIONS = (3, 12)


@dataclass(frozen=True)
class SmallDraft:
    """A draft on disk: its text, its questions, and its open answers by where they stand."""

    folder: Path
    text: str
    questions: tuple[str, ...]
    open: Mapping[tuple, str]

    def asked(self, *end: str | int) -> str:
        """The question of the one open answer whose place ends so."""
        (question,) = [said for place, said in self.open.items() if place[-len(end) :] == end]
        return question

    def answered(self, **answers: str) -> Path:
        """The folder, with each open answer of a key replaced; all of the key alike."""
        lines = []
        for line in self.text.splitlines():
            key = line.strip().partition(":")[0].strip('"')
            lines.append(line.replace('"?"', answers.get(key, '"?"'), 1) if key in answers else line)
        (self.folder / "cohort.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return self.folder


def enrolments(**cells: Sequence) -> str:
    """A CSV of 24 people with further columns, the cells of each given once and repeated."""
    columns = {
        "case no": [f"K{row:03}" for row in range(PEOPLE)],
        "started": [f"2024-0{row % 9 + 1}-11" for row in range(PEOPLE)],
        "group": [f"g{row % 4}" for row in range(PEOPLE)],
        **{name: [values[row % len(values)] for row in range(PEOPLE)] for name, values in cells.items()},
    }
    lines = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    return "\n".join(lines) + "\n"


def answers(items: int = 12, low: int = 1, high: int = 5) -> pd.DataFrame:
    """Forms of 24 people at two sessions whose answers rise and fall together, item by item."""
    rows = [(person, session) for person in range(PEOPLE) for session in SESSIONS]
    frame = pd.DataFrame({"case no": [f"K{p:03}" for p, _ in rows], "session": [s for _, s in rows]})
    for item in range(1, items + 1):
        level = [low + ((p * 7 + s) % (high - low + 1)) for p, s in rows]
        moved = [(p + item) % 3 - 1 for p, _ in rows]
        frame[f"wai_{item}"] = [min(high, max(low, a + b)) for a, b in zip(level, moved, strict=True)]
    return frame


def draft_of(folder: Path, **files: str | pd.DataFrame | tuple[pd.DataFrame, dict]) -> SmallDraft:
    """Draft from texts and tables (CSV), and from tables with their value labels (SPSS)."""
    found = []
    for name, content in sorted(files.items()):
        if isinstance(content, tuple):
            path = folder / f"{name}.sav"
            frame, labels = content
            frame = frame.rename(columns=lambda column: column.replace(" ", "_"))
            pyreadstat.write_sav(frame, path, variable_value_labels=labels)
        else:
            path = folder / f"{name}.csv"
            text = content if isinstance(content, str) else content.to_csv(index=False)
            path.write_text(text, encoding="utf-8")
        found += recognise_parts(path, path.name)
    draft = draft_cohort("north", join_equal_forms(found), load_instruments())
    text = draft_yaml(draft)
    (folder / "cohort.yaml").write_text(text, encoding="utf-8")
    located = read_yaml(folder / "cohort.yaml")
    return SmallDraft(
        folder, text, draft.questions, {answer.location: answer.question for answer in located.open}
    )

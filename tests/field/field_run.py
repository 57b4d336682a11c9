"""One export through ``new-cohort``, its answers and ``check``, and the numbers that come of it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from field_truth import ITEMS, Case, Numbers, Truth

from alliance_modes.cleaning.clean import clean_cohort
from alliance_modes.cohort import load_cohort
from alliance_modes.drafting.answers import open_answers, write_answer
from alliance_modes.drafting.folder import new_cohort
from alliance_modes.ground.errors import AllianceModesError
from alliance_modes.ingest.stage import ingest_cohort
from alliance_modes.instruments.model import load_instruments
from alliance_modes.plan.plan import CleaningRules
from alliance_modes.running.checks import check_data

HERE = Path(__file__).resolve().parents[2]
NAME = "field"
KEY = bytes(32)
LATER = ((r'^data_lock: "[^"]*"', 'data_lock: "2025-06-30"'),)
"""The data lock lies after the last day, so that no open course is cut off."""


@dataclass(frozen=True)
class Ended:
    """How a case ended: right, asked, refused, or ``WRONG`` where nothing was said of other numbers."""

    outcome: str
    said: str
    numbers: Numbers


def project(folder: Path) -> Path:
    """A project folder with the shipped configuration and no cohort."""
    shutil.copytree(HERE / "config", folder / "config")
    shutil.copy(HERE / "Snakefile", folder)
    return folder


def run_case(case: Case, files: Path, truth: Truth, agreed: str = "") -> Ended:
    """Draft, check, answer, check again, and analyse; the current folder is a project.

    ``agreed`` names a column whose cells that are set missing the person accepts, where ``check`` says so.
    """
    try:
        drafted = "\n".join(new_cohort(NAME, [files]).lines)
    except AllianceModesError as error:
        return Ended("refused", str(error), {})
    path = Path("data/raw") / NAME / "cohort.yaml"
    edit(path, LATER)
    first, still_open = check_data(NAME), open_answers(path)
    if agreed and not any("accepted" in text for _, text in case.then):
        _answered(case, path, truth)
        _agree(path, agreed)
        first = first if still_open else check_data(NAME)
    said = "\n".join((drafted, *first.lines))
    outcome = "right"
    if first.problems:
        outcome = "asked" if still_open else "refused"
        _answered(case, path, truth)
        edit(path, case.then)
        second = check_data(NAME)
        if second.problems:
            said += "\nAFTER THE ANSWERS:\n" + "\n".join(second.lines) + "\n" + _left(path)
            return Ended("refused", said, {})
    return Ended(outcome, said, numbers(path.parent))


def _answered(case: Case, path: Path, truth: Truth) -> None:
    first, second = truth.occasions
    while True:
        for answer in open_answers(path):
            key = ".".join(map(str, answer.location)) + " " + answer.question
            given = next((text for pattern, text in case.answers if re.search(pattern, key)), None)
            if given is not None:
                write_answer(path, answer, given.format(first=first, second=second))
                break
        else:
            return


def _agree(path: Path, column: str) -> None:
    """Agree, as ``check`` offers it, to the cells of one column that are set missing."""
    said = "\n".join(check_data(NAME).lines)
    offered = re.search(rf'accepted: (\{{[^}}]*column: "{column}"[^}}]*why: )', said)
    if offered:
        edit(path, [(r"^tables:", f"accepted: [{offered[1]}known and looked at}}]\ntables:")])


def _left(path: Path) -> str:
    left = (f"OPEN {'.'.join(map(str, answer.location))}: {answer.question}" for answer in open_answers(path))
    return "\n".join(left)


def edit(path: Path, changes: Sequence[tuple[str, str]]) -> None:
    """Change a draft as a person would by hand; a pattern that matches nothing is a mistake of the test."""
    text = path.read_text(encoding="utf-8")
    for pattern, replacement in changes:
        text, count = re.subn(pattern, replacement, text, flags=re.MULTILINE)
        if not count:
            raise LookupError(f"nothing in the draft matches {pattern}")
    path.write_text(text, encoding="utf-8")


def numbers(folder: Path) -> Numbers:
    """What ingest and cleaning make of a cohort."""
    instruments = load_instruments()
    ingested = ingest_cohort(folder, KEY, instruments)
    cleaned = clean_cohort(
        ingested.tables, ingested.changes, CleaningRules(), load_cohort(folder).data_lock, instruments
    )
    return numbers_of(cleaned.tables)


def numbers_of(tables: Mapping[str, pd.DataFrame]) -> Numbers:
    """What clean tables hold, in the terms of ``Truth.numbers``."""
    enrolments, forms, sessions = tables["enrolments"], tables["alliance"], tables["sessions"]
    started = enrolments["started_on"].dropna()
    answers = forms[[f"item_{number}" for number in range(1, len(ITEMS) + 1)]].to_numpy(dtype=float)
    return {
        "enrolments": len(enrolments),
        "completed": int((enrolments["status"] == "completed").sum()),
        "started": (_day(started.min()), _day(started.max()), len(started)),
        "age": _mean(enrolments["age_years"]),
        "mandated": int(enrolments["mandated"].sum()),
        "forms": len(forms),
        "occasions": tuple(int(number) for number in sorted(forms["session_no"].dropna().unique())),
        "answer": round(float(pd.Series(answers.ravel()).mean()), 6),
        "sessions": len(sessions),
        "attended": int(sessions["attended"].sum()),
    }


def _day(moment: pd.Timestamp) -> str:
    return "" if pd.isna(moment) else moment.date().isoformat()


def _mean(values: pd.Series) -> float:
    return round(float(values.astype(float).mean()), 6)

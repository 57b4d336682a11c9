"""Simulated answers to a survey, tool by tool the same: what was answered, and the typed tables that it
must become.

Answers are neutral: one table of texts for each form, a column for each question, the code of the choice, a
number, an ISO date or a pseudonym in each cell, and nothing where nothing was answered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from alliance_modes.cleaning.clean import clean_cohort
from alliance_modes.cleaning.identity import DEMONSTRATION_KEY, keyed_id
from alliance_modes.cohort import load_cohort
from alliance_modes.dictionary.canonical import TABLES, table_columns
from alliance_modes.ground.errors import Problem
from alliance_modes.ingest.stage import Ingested, ingest_cohort
from alliance_modes.instruments.model import Instrument, load_instruments
from alliance_modes.intake.agreements import LossRules
from alliance_modes.intake.view import view_of
from alliance_modes.plan.plan import Plan
from alliance_modes.readers import NO_ROWS
from alliance_modes.simulate import load_truth, simulate_tables
from alliance_modes.survey.chosen import placed
from alliance_modes.survey.declaration import cohort_text
from alliance_modes.survey.form import Feeds, Form, Question, Survey
from alliance_modes.survey.forms import Study, survey_of
from alliance_modes.survey.inventories import Wording
from alliance_modes.survey.labels import new_labels
from alliance_modes.survey.languages import load_languages
from alliance_modes.survey.questions import Words
from alliance_modes.survey.target import Target
from alliance_modes.survey.wording import Wordings

TRUTH = Path(__file__).parents[2] / "data/raw/demo_2024/truth.yaml"
INSTRUMENTS = ("modes_of_practice", "session_engagement", "srs", "wai_sr", "wai_36", "gcq_s")
REFUSED, LEFT_OUT = 0.04, 0.05
"""Forms without consent, for each with it, and the share of questions that need no answer and have none."""

Answers = Mapping[str, pd.DataFrame]


def survey(
    *languages: str,
    instruments: Sequence[str] = INSTRUMENTS,
    wordings: Wordings | None = None,
    known: Mapping[str, Instrument] | None = None,
    **study: Any,
) -> Survey:
    """A survey of all the project's tables, in ``languages`` (default: English)."""
    words = Words(load_languages(languages or ("en",)))
    lock = load_truth(TRUTH).calendar.data_lock
    asked = Study("north", "North", lock, **{"attention": True, **study})
    chosen = placed(instruments, known or load_instruments())
    return survey_of(asked, chosen, Wording(words, wordings or {}))


@cache
def _simulated() -> Mapping[str, pd.DataFrame]:
    truth = load_truth(TRUTH).tidy()
    sizes = truth.sizes.model_copy(update={"sites": 3, "practitioners": 12, "groups": 14, "enrolments": 90})
    return simulate_tables(truth.model_copy(update={"sizes": sizes})).tables


def draw_answers(asked: Survey, seed: int = 1) -> Answers:
    """Answers of simulated people to every form: over a thousand; some say no, and some leave out."""
    rng = np.random.default_rng(seed)
    people = _People()
    drawn = {}
    for form in asked.forms:
        rows = [_answers(form, row, rng, people) for row in _rows(form)]
        refused = max(1, round(REFUSED * len(rows)))
        for place in sorted(rng.choice(len(rows), refused, replace=False)):
            rows.insert(int(place), {"consent": "0"})
        columns = [one.name for one in form.questions() if one.answered]
        drawn[form.name] = pd.DataFrame(rows, columns=columns, dtype="str").fillna("")
    return drawn


class _People:
    """The pseudonym of each simulated person."""

    def __init__(self) -> None:
        self.labels = {
            "client": iter(new_labels(2000, "client", seed=2)),
            "practitioner": iter(new_labels(500, "practitioner", seed=3)),
        }
        self.known: dict[str, str] = {}

    def label(self, kind: str, name: str) -> str:
        if name not in self.known:
            self.known[name] = next(self.labels[kind])
        return self.known[name]


def _rows(form: Form) -> list[dict[str, Any]]:
    """What the simulated people would say: rows of the canonical table that the form becomes."""
    table = form.feeds[0].table
    if table == "group_climate":  # not simulated: answered at the end of a programme
        rows = _simulated()["alliance"].query("rater == 'client'")[
            ["enrolment_id", "session_no", "completed_on"]
        ]
        return rows.to_dict("records")
    rows = _simulated()[table]
    raters = {items.rater for feeds in form.feeds for items in feeds.items}
    if table == "alliance":
        rows = rows[rows["rater"].isin(raters)]
        (instrument,) = rows["instrument"].unique()
        rows = rows.rename(columns=lambda name: name.replace("item_", f"{instrument}_"))
    return rows.to_dict("records")


def _answers(form: Form, row: Mapping[str, Any], rng: np.random.Generator, people: _People) -> dict[str, str]:
    columns = {name: column for feeds in form.feeds for column, name in feeds.columns.items()}
    given: dict[str, str] = {}
    for section in form.sections:
        for question in section.questions:
            asked = all(
                condition is None or given.get(condition.question, "") in condition.codes
                for condition in (section.only_if, question.only_if)
            )
            if asked and question.answered:
                said = row.get(columns.get(question.name, question.name))
                given[question.name] = _answer(question, said, rng, people)
    return given


def _answer(question: Question, said: Any, rng: np.random.Generator, people: _People) -> str:
    if question.kind == "fixed":
        return question.fixed
    if question.name == "consent":
        return "1"
    if question.expected:
        return question.expected
    if not question.required and rng.random() < LEFT_OUT:
        return ""
    if question.pseudonym:
        return "" if pd.isna(said) else people.label(question.pseudonym, str(said))
    if question.choices:
        return _code(question, said, rng)
    if said is None or (not isinstance(said, str) and pd.isna(said)):
        return _some(question, rng) if said is None else ""
    if question.kind == "date":
        return f"{said:%Y-%m-%d}"
    return f"{said:g}" if question.kind == "number" else str(said)


def _code(question: Question, said: Any, rng: np.random.Generator) -> str:
    right = [choice.code for choice in question.choices if choice.value is True]
    if said is None and question.kind == "scale" and right:  # an attention check, which most people pass
        return right[0] if rng.random() > LEFT_OUT else question.choices[0].code
    if said is None:  # nothing is simulated of it
        return str(rng.choice([choice.code for choice in question.choices]))
    unknown = next((choice.code for choice in question.choices if choice.missing), "")
    if pd.isna(said):
        return unknown
    return next(
        choice.code for choice in question.choices if choice.value is not None and choice.value == said
    )


def _some(question: Question, rng: np.random.Generator) -> str:
    """An answer about which the simulation knows nothing: a number of the range."""
    if question.low is None or question.high is None:
        return ""
    return str(rng.integers(int(question.low), int(question.high) + 1))


def expected(asked: Survey, answers: Answers) -> dict[str, pd.DataFrame]:
    """The typed tables that the answers must become, without where each row stood."""
    found: dict[str, list[pd.DataFrame]] = {table: [] for table in TABLES}
    for form in asked.forms:
        for feeds in form.feeds:
            found[feeds.table].append(_typed(form, feeds, _kept(form, answers[form.name])))
    return {table: _complete(table, pieces) for table, pieces in found.items()}


def _kept(form: Form, answers: pd.DataFrame) -> pd.DataFrame:
    for condition in form.keeps:
        answers = answers[answers[condition.question].isin(condition.codes)]
    return answers.reset_index(drop=True)


def _typed(form: Form, feeds: Feeds, answers: pd.DataFrame) -> pd.DataFrame:
    alliance = feeds.table == "alliance"
    columns = {
        column: _values(form.question(name), column, answers[name]) for column, name in feeds.columns.items()
    }
    for items in feeds.items:
        for number, name in enumerate(items.questions, 1):
            column = f"item_{number}" if alliance else f"{items.instrument}_{number}"
            columns[column] = pd.to_numeric(answers[name].replace("", np.nan)).astype("float64")
        if alliance:
            columns["rater"] = pd.Series(items.rater, index=answers.index, dtype="str")
            columns["instrument"] = pd.Series(items.instrument, index=answers.index, dtype="str")
    return pd.DataFrame(columns)


def _values(question: Question, column: str, cells: pd.Series) -> pd.Series:
    if question.choices:
        values = {choice.code: choice.value for choice in question.choices}
        return cells.map(lambda code: values.get(code))
    if question.kind == "identifier" and column != "programme_id":
        upper = cells.str.upper()
        if column == "site_id":  # shown as it is
            return upper.map(lambda text: text or None)
        return upper.map(lambda text: keyed_id(DEMONSTRATION_KEY, column, text) if text else None)
    return cells.map(lambda text: text or None)


def _complete(table: str, pieces: Sequence[pd.DataFrame]) -> pd.DataFrame:
    joined = pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame()
    types = {name: dtype for name, dtype in table_columns(table).items() if not name.startswith("source_")}
    columns = {}
    for name, dtype in types.items():
        values = joined[name] if name in joined else pd.Series([None] * len(joined))
        if dtype.startswith("datetime"):
            columns[name] = pd.to_datetime(values).astype(dtype)
        elif dtype in ("Int64", "float64"):
            columns[name] = pd.to_numeric(values.where(values.notna(), None)).astype(dtype)
        else:
            columns[name] = pd.Series(values.where(values.notna(), None).tolist(), dtype=dtype)
    return pd.DataFrame(columns)


Write = Callable[[Path, Survey, Answers], None]
"""Lays answers out as the export of a tool, in a folder."""


def come_back(folder: Path, asked: Survey, target: Target, answers: Answers, write: Write) -> Ingested:
    """What the generated ``cohort.yaml`` reads of the answers, once they went through the tool's export."""
    folder.mkdir(exist_ok=True)
    (folder / "cohort.yaml").write_text(cohort_text(asked, target, load_instruments()), encoding="utf-8")
    write(folder, asked, answers)
    return ingest_cohort(folder, DEMONSTRATION_KEY, load_instruments(), compare_ids=True)


def assert_same(read: Ingested, wanted: Mapping[str, pd.DataFrame]) -> None:
    """Every typed table is what was answered, cell by cell."""
    for table, right in wanted.items():
        found = read.tables[table].drop(columns=["source_file", "source_row"])
        pd.testing.assert_frame_equal(found[list(right.columns)], right, obj=table)
        assert set(found.columns) == set(right.columns)


def problems_of(folder: Path, read: Ingested) -> tuple[Problem, ...]:
    """What ``check`` would find in what was read: losses that nobody agreed to."""
    plan, cohort, instruments = Plan(), load_cohort(folder), load_instruments()
    clean = clean_cohort(read.tables, read.changes, plan.cleaning, cohort.data_lock, instruments)
    rules = LossRules(limits=plan.losses, accepted=cohort.accepted, exposure=plan.exposure)
    view = view_of(read, clean, rules, instruments, cohort.left_out)
    unread = [file for table in view.tables for file in table.files if file.known_unread]
    assert unread == []
    return tuple(view.judged.problems)


def answered(answers: Answers) -> int:
    """Forms that were filled in."""
    return sum(len(table) for table in answers.values())


def assert_none_yet(folder: Path, asked: Survey, target: Target, write: Write, answers: Answers) -> None:
    """Forms that nobody has filled in are read as such, and the others as they were given."""
    bare = {"alliance_practitioner", "group_climate", "sessions"}
    given = {name: rows.head(0 if name in bare else 30) for name, rows in answers.items()}
    read = come_back(folder, asked, target, given, write)
    assert_same(read, {table: rows for table, rows in expected(asked, given).items() if len(rows)})
    assert len(read.tables["sessions"]) == len(read.tables["group_climate"]) == 0
    said = [file["detected"].get(NO_ROWS, "") for file in read.sources["sessions"]["files"]]
    assert all(said)

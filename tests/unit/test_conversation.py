"""What ``new-cohort --ask`` asks, what it takes for an answer, and what it writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alliance_modes.cohort import load_cohort
from alliance_modes.drafting.answers import as_yaml, choices, open_answers, write_answer
from alliance_modes.drafting.conversation import converse, open_questions
from alliance_modes.drafting.opening import not_right
from alliance_modes.ground.errors import ConfigurationError

DRAFT = """\
# Draft of cohort.yaml for north
cohort: north
title: north  # question: give it a title
data_lock: "2024-12-31"  # guess: see the question
tables:
  enrolments:
    - files: e.csv
      format: csv
      columns:
        enrolment_id: id  # sure: its name
        group_id: group
        mandated:
          column: ordered
          labels:
            "x": "?"  # question 4: what does x mean? 12 of 40 cells; one of: true, false
          empty: "?"  # question 5: does an empty cell mean false? 28 of 40 are empty; one of: false, missing
  alliance:
    - files: a.csv
      format: csv
      columns:
        enrolment_id: id
        session_no:
          column: time
          labels:
            "Pre": "?"  # question 6: which session is Pre? 40 forms
      inventories:
        - {instrument: wai_sr, rater: client, items: "w{item}"}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    at = tmp_path / "cohort.yaml"
    at.write_text(DRAFT, encoding="utf-8")
    return at


def typing(*lines: str) -> Callable[[str], str]:
    """A person who types these lines and then has no more."""
    left: Iterator[str] = iter(lines)

    def ask(prompt: str) -> str:
        try:
            return next(left)
        except StopIteration:
            raise EOFError from None

    return ask


def test_every_open_question_is_asked_once_and_the_file_loads(path: Path) -> None:
    said: list[str] = []
    given = converse(path, typing("North", "", "", "1", "2", "3"), said.append)
    assert given == 6
    assert open_questions(path) == ()
    cohort = load_cohort(path.parent)
    assert (cohort.title, cohort.data_lock.isoformat(), cohort.readable_ids) == ("North", "2024-12-31", ())
    source = cohort.tables.enrolments[0]
    assert source.columns["mandated"].labels == {"x": True}
    assert source.columns["mandated"].empty == "missing"
    assert cohort.tables.alliance[0].columns["session_no"].labels == {"Pre": 3}
    assert "what does x mean? 12 of 40 cells" in said
    assert "[4 of 6] enrolments · mandated · labels · x" in said


def test_all_but_the_answers_stays_as_it_was(path: Path) -> None:
    converse(path, typing("north", "", "", "true", "false", "3"), lambda line: None)
    before, after = DRAFT.splitlines(), path.read_text(encoding="utf-8").splitlines()
    after.remove("readable_ids: []")
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert [new.split(":")[0].strip() for _, new in changed] == [
        "title",
        "data_lock",
        '"x"',
        "empty",
        '"Pre"',
    ]
    for old, new in changed[2:]:
        assert old.partition("# ")[2] == new.partition("# ")[2]


def test_back_takes_the_last_answer_back_and_may_be_repeated(path: Path) -> None:
    typed = ("back", "A", "", "back", "back", "B", "", "group_id", "true", "false", "3")
    converse(path, typing(*typed), lambda line: None)
    assert load_cohort(path.parent).title == "B"
    assert load_cohort(path.parent).readable_ids == ("group_id",)


def test_what_is_no_choice_is_not_taken_and_nothing_is_written(path: Path) -> None:
    said: list[str] = []
    with pytest.raises(EOFError):
        converse(path, typing("N", "", "", "perhaps", "", "9", "?"), said.append)
    assert sum("type one of 1, 2" in line for line in said) == 3
    assert any("back" in line for line in said)
    assert len(open_answers(path)) == 3


def test_an_answer_that_cannot_stand_there_is_told_and_asked_again(path: Path) -> None:
    said: list[str] = []
    converse(path, typing("N", "31.12.2024", "2024-12-31", "", "1", "1", "3"), said.append)
    assert any("that cannot stand here" in line for line in said)
    assert load_cohort(path.parent).data_lock.isoformat() == "2024-12-31"


def test_what_was_answered_stays_when_it_is_stopped(path: Path) -> None:
    with pytest.raises(EOFError):
        converse(path, typing("Kept", "", "", "1"), lambda line: None)
    assert 'title: "Kept"' in path.read_text(encoding="utf-8")
    assert len(open_answers(path)) == 2
    assert converse(path, typing("1", "3"), lambda line: None) == 2


def test_choices_that_are_numbers_are_lettered(path: Path) -> None:
    path.write_text(DRAFT.replace("40 forms", "40 forms; one of: 3, 1"), encoding="utf-8")
    (question,) = (q for q in open_questions(path) if q.place.endswith("Pre"))
    assert question.signs == ("a", "b")
    assert (question.chosen("3"), question.chosen("b"), question.chosen("= 7")) == ("3", "1", "7")
    assert question.chosen("2") is None


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("true", "true"),
        ("False", "false"),
        ("12", "12"),
        ("-0.5", "-0.5"),
        ("012", '"012"'),
        ("2024-12-31", '"2024-12-31"'),
        ("dropped_out", '"dropped_out"'),
        ("%d/%m/%Y", '"%d/%m/%Y"'),
        ('say "so": #1', '"say \\"so\\": #1"'),
        ("[w1, w2]", "[w1, w2]"),
        ("[w1", '"[w1"'),
        ("null", '"null"'),
    ],
)
def test_an_answer_reads_back_as_it_was_typed(path: Path, typed: str, written: str) -> None:
    assert as_yaml(typed) == written
    answer = open_answers(path)[-1]
    write_answer(path, answer, typed)
    assert f'"Pre": {written}  # question 6' in path.read_text(encoding="utf-8")


def test_a_question_mark_is_no_answer_and_the_file_stays(path: Path) -> None:
    with pytest.raises(ConfigurationError):
        write_answer(path, open_answers(path)[0], "?")
    assert path.read_text(encoding="utf-8") == DRAFT


def test_choices_stand_after_one_of() -> None:
    assert choices("does it? 3 of 4; one of: true, false") == ("does it? 3 of 4", ("true", "false"))
    assert choices("which day?") == ("which day?", ())


GUESSES = """\
# What could not be decided:
#  1. What is the data lock, the last day that the data can speak of? The draft says 2024-12-31.
#  2. e.csv, column "setting": what do the codes stand for? The draft assumes the order of its
#     values; look it up.
#  3. e.csv: is this the order?
#  4. what does x mean?
"""


def test_a_guess_is_confirmed_or_marked_and_not_asked_again(path: Path) -> None:
    path.write_text(GUESSES + DRAFT, encoding="utf-8")
    asked = [question for question in open_questions(path) if question.place == "guessed"]
    assert [question.text.split(",")[0].split(":")[0] for question in asked] == ["e.csv", "e.csv"]
    assert asked[0].text.endswith("the order of its values; look it up.")
    typed = ("N", "", "", "right", "2", "true", "false", "3")
    assert converse(path, typing(*typed), lambda line: None) == 8
    text = path.read_text(encoding="utf-8")
    assert "#     values; look it up.  [looked up: right]\n" in text
    assert "#  3. e.csv: is this the order?  [not right: mend it below]\n" in text
    assert not_right(path) == 1
    assert open_questions(path) == ()

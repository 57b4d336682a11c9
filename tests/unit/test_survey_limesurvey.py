"""A survey as LimeSurvey structures, and its answers back through the CSV exports of LimeSurvey."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import pytest
from survey_answers import (
    Answers,
    answered,
    assert_none_yet,
    assert_same,
    come_back,
    draw_answers,
    expected,
    problems_of,
    survey,
)

from alliance_modes.survey.form import Form, Survey
from alliance_modes.survey.labels import new_labels
from alliance_modes.survey.targets import limesurvey
from alliance_modes.survey.targets.limesurvey_structure import problems_in
from alliance_modes.words.pseudonyms import SIGNS, wrong

OWN = {
    "en": {
        "id": "Response ID",
        "submitdate": "Date submitted",
        "lastpage": "Last page",
        "startlanguage": "Start language",
        "seed": "Seed",
    },
    "de": {
        "id": "Antwort ID",
        "submitdate": "Datum Abgeschickt",
        "lastpage": "Letzte Seite",
        "startlanguage": "Start-Sprache",
        "seed": "Zufallsstartwert",
    },
}


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter="\t"))


def asked_of(structure: list[dict[str, str]], language: str) -> list[tuple[str, str, dict[str, str]]]:
    """What the structure that was written asks, as LimeSurvey knows it: the code and the text of each
    column, and the answers that it has.
    """
    found: list[tuple[str, str, dict[str, str]]] = []
    grid: list[int] = []
    for row in structure:
        if row["language"] != language or row["class"] not in ("Q", "SQ", "A"):
            continue
        text = row["text"].replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
        if row["class"] == "Q":
            question = (row["name"], text)
            grid = []
            if row["type/scale"] not in "XF":
                found.append((row["name"], text, {}))
                grid = [len(found) - 1]
        elif row["class"] == "SQ":
            found.append((f"{question[0]}[{row['name']}]", f"{question[1]} [{text}]", {}))
            grid.append(len(found) - 1)
        else:
            for place in grid:
                found[place][2][row["name"]] = text
    return found


def stored(form: Form, name: str, text: str) -> str:
    """As LimeSurvey keeps an answer: days with a time."""
    return f"{text} 00:00:00" if text and form.question(name).kind == "date" else text


def csv_export(headings: str, answers_as: str, language: str):
    """Writes the export of every form, with a response among them that was not completed."""

    def write(folder: Path, asked: Survey, answers: Answers) -> None:
        structures = limesurvey.write(asked)
        for form in asked.forms:
            columns = asked_of(rows_of(structures[f"form_{form.name}.txt"]), language)
            own = OWN[language]
            heads = [*own.items(), *((code, text) for code, text, _ in columns)]
            header = {
                "code": [code for code, _ in heads],
                "expression": [code.replace("[", "_").replace("]", "") for code, _ in heads],
                "full": [text for _, text in heads],
                "both": [f"{code}. {text}" for code, text in heads],
            }[headings]
            lines = []
            table = answers[form.name]
            assert len(table.columns) == len(columns)
            for number, row in enumerate(table.itertuples(index=False), 1):
                cells = [stored(form, str(name), text) for name, text in zip(table.columns, row, strict=True)]
                if answers_as == "texts":
                    cells = [
                        choices.get(cell, cell) or ("N/A" if choices and number % 2 else "")
                        for cell, (_, _, choices) in zip(cells, columns, strict=True)
                    ]
                lines.append([str(number), "1980-01-01 00:00:00", "5", language, "814", *cells])
                if number == 3:
                    lines.append(["9999", "", "1", language, "815", *cells])
            with (folder / f"{form.name}.csv").open("w", encoding="utf-8-sig", newline="") as stream:
                csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([header, *lines])

    return write


EXPORTS = [
    ("code", "codes", "en"),
    ("expression", "codes", "de"),
    ("full", "texts", "en"),
    ("full", "texts", "de"),
    ("both", "texts", "de"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("headings", "answers_as", "language"), EXPORTS)
def test_a_thousand_answers_come_back_as_they_were_given(headings, answers_as, language, tmp_path):
    asked = survey("de", "en", protocol="5e1f" * 16)
    answers = draw_answers(asked)
    assert answered(answers) > 1000
    write = csv_export(headings, answers_as, language)
    read = come_back(tmp_path, asked, limesurvey.TARGET, answers, write)
    assert_same(read, expected(asked, answers))
    assert problems_of(tmp_path, read) == ()


def test_forms_that_nobody_has_filled_in_are_read_as_none(tmp_path):
    asked = survey()
    write = csv_export("full", "code", "en")
    assert_none_yet(tmp_path, asked, limesurvey.TARGET, write, draw_answers(asked))


def structure(*languages: str) -> list[dict[str, str]]:
    return rows_of(limesurvey.write(survey(*languages))["form_practitioner_survey.txt"])


def test_what_is_written_is_as_the_manual_says_and_the_same_each_time():
    asked = survey("en", "de")
    written = limesurvey.write(asked)
    assert written == limesurvey.write(asked)
    for name, content in written.items():
        assert list(problems_in(rows_of(content), name)) == []


def test_items_are_the_rows_of_one_grid_and_none_must_be_answered():
    rows = [row for row in structure("en") if row["class"] in ("Q", "SQ", "A")]
    start = next(place for place, row in enumerate(rows) if row["name"] == "modesofpractice")
    assert rows[start]["type/scale"] == "F" and rows[start]["mandatory"] == "N"
    below = []
    for row in rows[start + 1 :]:
        if row["class"] == "Q":
            break
        below.append((row["class"], row["name"]))
    assert ("SQ", "1") in below and ("SQ", "attentioncheck") in below
    assert [name for kind, name in below if kind == "A"] == ["1", "2", "3", "4", "5"]


def test_texts_are_texts_whatever_signs_they_hold():
    asked = survey("en")
    (form,) = [one for one in asked.forms if one.name == "practitioner_survey"]
    row = limesurvey._InLanguage(asked, form, "en")._row("Q", "S", "a", {"en": "{x} < 3 & more"})
    assert row["text"] == "&#123;x} &lt; 3 &amp; more"


def test_the_rule_of_a_label_lets_labels_through_and_no_slip():
    rule = limesurvey.check_rule().replace("self.NAOK", "answer")
    functions = {
        "is_empty": lambda text: text == "",
        "strtoupper": str.upper,
        "strpos": str.index,
        "substr": lambda text, start, length: text[start : start + length],
        "floor": math.floor,
        "__builtins__": {},
    }

    def holds(answer: str) -> bool:
        return eval(rule, functions, {"answer": answer})

    (label,) = new_labels(1, "client", seed=1)
    assert holds(label) and holds(label.lower()) and holds("")
    slips = {label[:place] + sign + label[place + 1 :] for place in range(1, 8) for sign in SIGNS} - {label}
    swaps = {
        label[:place] + label[place + 1] + label[place] + label[place + 2 :] for place in range(1, 7)
    } - {label}
    for slip in slips | swaps:
        assert wrong(slip, "client") and not holds(slip)


FAULTS = {
    "class": (("Q", 0), {"class": "QQ"}, "no class"),
    "type": (("Q", 0), {"type/scale": "Z"}, "no type of question"),
    "code of a question with a line": (("Q", 0), {"name": "a_b"}, "no code of a question"),
    "code of a question that begins with a digit": (("Q", 0), {"name": "1a"}, "no code of a question"),
    "code of a question of 21 signs": (("Q", 0), {"name": "a" * 21}, "no code of a question"),
    "reserved code": (("Q", 0), {"name": "time"}, "no code of a question"),
    "code of a row": (("SQ", 0), {"name": "a-b"}, "no code of a row"),
    "code of an answer of 6 signs": (("A", 0), {"name": "123456"}, "no code of an answer"),
    "row twice": (("SQ", 1), {"name": "1"}, "stands twice in the question"),
    "answer twice": (("A", 1), {"name": "1"}, "stands twice in the question"),
    "question twice": (("Q", 1), {"name": "consent"}, "stands twice"),
    "tab": (("Q", 0), {"text": "a\tb"}, "a tab or a line break"),
    "quotation marks around": (("Q", 0), {"text": '"all of it"'}, "takes away"),
    "backslash": (("Q", 0), {"help": 'a \\"b'}, "ends the cell"),
    "brace": (("Q", 0), {"text": "a {b}"}, "reads as a formula"),
    "no text": (("A", 0), {"text": ""}, "no text"),
    "no language": (("G", 0), {"language": ""}, "no language"),
    "unknown column": (("Q", 0), {"colour": "red"}, "no columns colour"),
    "rule of a question that is not there": (("G", 1), {"relevance": "nobody.NAOK == 1"}, "not asked before"),
    "list without answers": (("Q", 1), {"type/scale": "L"}, "not A"),
    "answers below a text": (("Q", 0), {"type/scale": "S"}, "not nothing"),
    "a mandatory question in one language": (("Q", 2), {"mandatory": "x"}, "are not those in"),
    "no title": (("SL", 0), {"text": ""}, "no title"),
    "language that is not named": (("S", 1), {"text": ""}, "stand in the order"),
    "setting at the end": (("A", -1), {"class": "S"}, "behind the questions"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_limesurvey_would_not_take_is_found(fault):
    (kind, place), cells, message = FAULTS[fault]
    rows = structure("en", "de")
    row = [row for row in rows if row["class"] == kind][place]
    assert list(problems_in(rows, "form.txt")) == []
    row.update(cells)
    assert any(message in problem.message for problem in problems_in(rows, "form.txt"))

"""A survey as a REDCap project, and its answers back through REDCap's exports."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from redcap_project import Answered, Project, rows_of, write_eav, write_flat
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

from alliance_modes.ground.errors import ConfigurationError
from alliance_modes.survey.form import Form, Survey
from alliance_modes.survey.redcap.project import MISSING_CODES, whose
from alliance_modes.survey.redcap.rules import faults
from alliance_modes.survey.targets.redcap import REDCAP
from alliance_modes.survey.wording import Worded
from alliance_modes.words.pseudonyms import KINDS, SIGNS, wrong

REFUSED = "refused"
CODED = 0.3
"""Share of the empty answers that somebody gave a missing data code."""


def by_record(asked: Survey, answers: Answers) -> Answers:
    """The same answers, those of each form in the order of the records."""
    return {
        form.name: answers[form.name]
        .sort_values(whose(form).name, kind="stable", key=lambda labels: labels.replace("", REFUSED))
        .reset_index(drop=True)
        for form in asked.forms
    }


def filled(asked: Survey, answers: Answers, coded: bool) -> list[Answered]:
    """Every form that was filled in, by variables; ``coded``: missing data codes in some empty fields."""
    rng = np.random.default_rng(5)
    given = []
    for form in asked.forms:
        columns, times = REDCAP.export(asked, form).columns, Counter[str]()
        for row in answers[form.name].to_dict("records"):
            record = str(row[whose(form).name]) or REFUSED
            times[record] += 1
            cells = {columns[str(name)]: str(cell) for name, cell in row.items()}
            if coded and row["consent"] == "1":
                empty = [columns[name] for name in free(form) if not row[name] and rng.random() < CODED]
                cells |= {name: str(rng.choice(list(MISSING_CODES))) for name in empty}
            given.append(Answered(record, form.name, times[record], cells))
    return given


def free(form: Form) -> list[str]:
    """Questions that need no answer."""
    return [one.name for one in form.questions() if one.answered and not one.required and one.kind != "fixed"]


def flat(language: str, values: bool, heads: bool, delimiter: str = ","):
    """Writes the project's one CSV."""

    def write(folder: Path, asked: Survey, answers: Answers) -> None:
        project = Project(REDCAP.write(asked), language)
        given = filled(asked, answers, coded=True)
        write_flat(folder / "redcap.csv", project, given, values, heads, delimiter)

    return write


def eav(folder: Path, asked: Survey, answers: Answers) -> None:
    project = Project(REDCAP.write(asked), asked.first)
    write_eav(folder / "redcap.csv", project, filled(asked, answers, coded=True))


EXPORTS = {
    "raw": flat("de", values=False, heads=False),
    "raw with semicolons": flat("de", values=False, heads=False, delimiter=";"),
    "labels": flat("en", values=True, heads=True),
    "labels in German": flat("de", values=True, heads=True),
    "labels under variables": flat("en", values=True, heads=False),
    "one value a row": eav,
}


@pytest.mark.slow
@pytest.mark.parametrize("export", EXPORTS)
def test_a_thousand_answers_come_back_as_they_were_given(export, tmp_path):
    asked = survey("de", "en", protocol="5a" * 32)
    answers = by_record(asked, draw_answers(asked))
    assert answered(answers) > 1000
    read = come_back(tmp_path, asked, REDCAP, answers, EXPORTS[export])
    assert_same(read, expected(asked, answers))
    assert problems_of(tmp_path, read) == ()


@pytest.mark.parametrize("export", ["labels", "labels under variables", "one value a row"])
def test_forms_that_nobody_has_filled_in_are_read_as_none(export, tmp_path):
    asked = survey()
    assert_none_yet(tmp_path, asked, REDCAP, EXPORTS[export], by_record(asked, draw_answers(asked)))


def dictionary(asked: Survey, language: str = "en") -> dict[str, dict[str, str]]:
    """The data dictionary of a survey, by variable."""
    rows = rows_of(REDCAP.write(asked)[f"data_dictionary_{language}.csv"])
    return {row["Variable / Field Name"]: row for row in rows}


def test_items_stand_in_matrices_and_need_no_answer():
    asked = survey("en")
    rows = dictionary(asked)
    for form in asked.forms:
        columns = REDCAP.export(asked, form).columns
        for feeds in form.feeds:
            for items in feeds.items:
                found = [rows[columns[name]] for name in items.questions]
                assert {row["Required Field?"] for row in found} == {""}
                scales = [row for row in found if row["Field Type"] == "radio"]
                assert len({row["Matrix Group Name"] for row in scales}) == bool(scales)
                assert all(row["Matrix Group Name"] for row in scales)


def test_labels_are_marked_as_identifiers_and_start_as_the_record():
    rows = dictionary(survey("en"))
    marked = {name for name, row in rows.items() if row["Identifier?"]}
    assert {"record_id", "e_enrolment_id", "client_id", "co_practitioner_id", "ac_enrolment_id"} <= marked
    assert "group_id" not in marked
    assert rows["s_enrolment_id"]["Field Annotation"] == "@DEFAULT='[record-name]'"
    assert rows["e_practitioner_id"]["Field Annotation"] == ""


def test_a_form_goes_on_for_its_rater_with_consent_alone():
    rows = dictionary(survey("en"))
    assert rows["ac_rater"]["Branching Logic (Show field only if...)"] == "[ac_consent] = '1'"
    assert rows["wai_sr_1"]["Branching Logic (Show field only if...)"] == (
        "[ac_consent] = '1' and [ac_rater] = '1'"
    )
    assert rows["rupture_resolved"]["Branching Logic (Show field only if...)"] == (
        "[s_consent] = '1' and ([rupture] = '2' or [rupture] = '3')"
    )


def test_the_protocol_is_hidden_in_every_form():
    rows = dictionary(survey("en", protocol="5a" * 32))
    hidden = [row for row in rows.values() if row["Field Annotation"].startswith("@HIDDEN")]
    assert len(hidden) == 7
    assert {row["Field Annotation"] for row in hidden} == {f"@HIDDEN @READONLY @DEFAULT='{'5a' * 32}'"}


def shown(logic: str, label: str) -> bool:
    """Whether branching logic with one variable shows a field: REDCap's functions, in Python."""
    means = {
        "length": len,
        "mid": lambda text, start, count: text[start - 1 : start - 1 + count],
        "find": lambda part, text: text.lower().find(part.lower()) + 1,
        "mod": lambda number, by: number % by,
    }
    python = logic.replace("<>", "!=").replace(" = ", " == ")
    for name in ("[p_practitioner_id]", "[s_enrolment_id]"):
        python = python.replace(name, repr(label))
    return bool(eval(python, {"__builtins__": {}}, means))


@pytest.mark.parametrize(
    ("variable", "kind"), [("p_practitioner_id", "practitioner"), ("s_enrolment_id", "client")]
)
def test_a_mistyped_label_is_told_where_the_pseudonyms_say_it_is_none(variable, kind):
    from alliance_modes.survey.labels import new_labels

    row = dictionary(survey("en"))[f"{variable}_told"]
    consent, _, logic = row["Branching Logic (Show field only if...)"].partition(" and ")
    assert consent.endswith("_consent] = '1'") and row["Field Type"] == "descriptive"
    assert not shown(logic, "")
    for label in new_labels(3, kind, seed=8):
        assert not shown(logic, label) and not shown(logic, label.lower())
        exchanged = [label[:at] + label[at + 1] + label[at] + label[at + 2 :] for at in range(len(label) - 1)]
        changed = [
            label[:at] + sign + label[at + 1 :] for at in range(len(label)) for sign in (*SIGNS, "0", "-")
        ]
        for typed in (*exchanged, *changed, label[:-1], f"{label}2"):
            assert shown(logic, typed) == bool(wrong(typed, kind)), typed
    other = next(one for one in KINDS if one != kind)
    assert all(shown(logic, label) for label in new_labels(3, other, seed=8))


def test_numbers_that_do_not_add_up_are_told_where_all_are_given():
    row = dictionary(survey("en"))["time_therapeutic_told"]
    assert row["Branching Logic (Show field only if...)"] == (
        "[ps_consent] = '1' and [time_educative] <> '' and [time_engagement] <> '' and "
        "[time_therapeutic] <> '' and [time_educative] + [time_engagement] + [time_therapeutic] <> 100"
    )


def test_every_language_is_a_dictionary_with_the_same_variables_and_codes():
    files = REDCAP.write(survey("en", "de"))
    english, german = (rows_of(files[f"data_dictionary_{code}.csv"]) for code in ("en", "de"))
    same = ("Variable / Field Name", "Field Type", "Matrix Group Name", "Field Annotation")
    assert [[row[key] for key in same] for row in english] == [[row[key] for key in same] for row in german]
    for file in ("data_dictionary_en.csv", "data_dictionary_de.csv"):
        assert faults(files[file], file, tuple(MISSING_CODES)) == []


def test_forms_and_events_are_those_of_the_dictionary():
    files = REDCAP.write(survey("en"))
    forms = {row["Form Name"] for row in rows_of(files["data_dictionary_en.csv"])}
    designated = rows_of(files["instrument_designations.csv"])
    assert {row["form"] for row in designated} == forms and len(designated) == len(forms)
    events = {row["unique_event_name"] for row in rows_of(files["events.csv"])}
    assert {row["unique_event_name"] for row in designated} == events
    repeating = {row["form_name"]: row["event_name"] for row in rows_of(files["repeating_instruments.csv"])}
    assert set(repeating) == forms - {"practitioners", "enrolments"}
    assert repeating["sessions"] == "occasions_arm_1"


def test_wording_that_no_dictionary_can_hold_is_refused():
    worded = Worded(
        instructions="",
        items={item: f"Sentence {item}" for item in range(1, 20)},
        responses={number: "often | always" if number == 5 else f"answer {number}" for number in range(1, 6)},
    )
    wordings = {("en", "modes_of_practice", "practitioner"): worded}
    asked = survey("en", instruments=("modes_of_practice",), wordings=wordings)
    with pytest.raises(ConfigurationError, match=r'1 problem\n.*"often \| always" has a "\|"'):
        REDCAP.write(asked)

"""What canonical columns know of themselves, and values of the enrolments for other tables."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

import alliance_modes
from alliance_modes.dictionary.analysis import derived_columns
from alliance_modes.dictionary.canonical import TABLES, dictionary, names_in_exports
from alliance_modes.dictionary.enrolments import for_each_row, of_enrolments

PACKAGE = Path(alliance_modes.__file__).parent
SURVEY = PACKAGE / "survey"
EVERY = [
    (table, name, column) for table in TABLES for name, column in dictionary().table(table).columns.items()
]
PLANNED = {"mandated", "readiness", "risk_score", "setting"}
"""Names that are also those of predictors of the plan, of latent truths of the simulator, or plain words."""

DESCRIBING = [name for _, name, column in EVERY if column.describes and name not in PLANNED]


def test_the_own_name_of_a_column_comes_first_among_its_names():
    names = names_in_exports()
    assert names["held_on"][:2] == ("held on", "date")
    assert all(given[0] == name.replace("_", " ") for name, given in names.items())
    assert all(len(set(given)) == len(given) for given in names.values())


def test_names_of_a_column_stand_in_one_table():
    given = [name for _, name, column in EVERY if column.names]
    assert sorted(given) == sorted(set(given))


def test_numbers_and_truth_values_that_describe_people_have_a_label():
    for table, name, column in EVERY:
        if column.describes:
            assert bool(column.label) == (column.is_number or column.type == "boolean"), (table, name)
        else:
            assert not column.label, (table, name)


def test_what_is_standardised_or_split_is_a_number_or_a_truth_value():
    for table, name, column in EVERY:
        assert not column.standardised or column.is_number, (table, name)
        assert not column.split or column.is_number or column.type == "boolean", (table, name)


def test_only_ids_are_ids_of_persons():
    assert all(column.type == "identifier" for _, _, column in EVERY if column.person)


def test_a_plan_may_name_what_derive_makes_of_a_column():
    told = derived_columns()["session"]
    assert told["age_years_z_within"] == told["supervision_hours_month"] == "records"
    assert told["readiness_z"] is None and told["stance"] == "practitioner"
    assert {"use_educative_between", "mandated_within", "risk_score_z"} <= set(told)
    assert not {"started_on", "client_id", "age_years_between", "mandated_z"} & set(told)


@pytest.mark.parametrize("column", DESCRIBING)
def test_a_column_that_describes_people_is_named_in_few_files(column):
    """So that it can be renamed: its own entry, the simulator, and what uses it by its meaning.

    What a survey asks stands under the name of its column: in the list of questions, once in each language,
    and nowhere else in that room.
    """
    word = re.compile(rf"(?<![a-z_]){column}(?:_z)?(?![a-z_]|=\")")
    files = [file for file in PACKAGE.rglob("*") if file.suffix in (".py", ".yaml", ".j2")]
    named = [file for file in files if word.search(file.read_text(encoding="utf-8"))]
    assert PACKAGE / "dictionary" / "canonical.yaml" in named
    asked = {file for file in named if file.is_relative_to(SURVEY)}
    assert asked <= {SURVEY / "forms.yaml", *(SURVEY / "languages").glob("*.yaml")}
    assert len(set(named) - asked) <= 6, sorted(map(str, named))


ENROLMENTS = pd.DataFrame(
    {
        "enrolment_id": ["a", "b", "a", pd.NA],
        "sessions_planned": pd.array([8, pd.NA, 9, 7], dtype="Int64"),
    }
).astype({"enrolment_id": "str"})


def test_one_value_per_enrolment_is_that_of_its_first_row():
    found = of_enrolments(ENROLMENTS, "sessions_planned")
    assert found.index.tolist() == ["a", "b"] and found["a"] == 8 and found.isna().tolist() == [False, True]
    assert found.dtype == "Int64" and of_enrolments(ENROLMENTS, "client_id").empty


def test_the_enrolment_of_each_row_gives_its_value_and_strangers_have_none():
    rows = pd.DataFrame(
        {"enrolment_id": pd.array(["b", "a", "x", None, "a"], dtype="str")}, index=[5, 3, 9, 1, 2]
    )
    found = for_each_row(rows, ENROLMENTS, "sessions_planned")
    assert found.index.tolist() == [5, 3, 9, 1, 2] and found.dtype == "Int64"
    assert found.to_list() == [pd.NA, 8, pd.NA, pd.NA, 8]
    assert for_each_row(rows, ENROLMENTS, "client_id").isna().all()


def test_spellings_stand_for_values_of_the_list():
    spelt = [(name, column) for _, name, column in EVERY if column.spellings]
    assert {name for name, _ in spelt} == {"setting", "status", "rupture"}
    assert all(set(column.spellings.values()) <= set(column.values) for _, column in spelt)


def test_groups_that_are_compared_have_names():
    compared = dictionary().enrolments.compared()
    assert list(compared) == ["setting", "mandated"]
    for column in compared.values():
        assert column.values or set(column.called) == {"true", "false"}

"""Scores placed in the rows that they belong to: the mean of several forms, and nothing of anybody else's."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alliance_modes.derive.instrument_scores import (
    NOWHERE,
    facet_columns,
    of_table,
    placed_scores,
    scored_inventories,
    scored_sessions,
    scored_waves,
)

NAN = float("nan")


def long(*rows: tuple, columns: tuple[str, ...]) -> pd.DataFrame:
    """Long scores of the SRS in the sessions table, unless a column says otherwise."""
    table = pd.DataFrame(rows, columns=list(columns))
    for column, value in (
        ("table", "sessions"),
        ("instrument", "srs"),
        ("scale", "total"),
        ("kind", "total"),
    ):
        if column not in table:
            table[column] = value
    texts = [name for name in table if name in ("table", "instrument", "scale", "kind", "enrolment_id")]
    return table.astype(dict.fromkeys(texts, "str"))


def values(column: np.ndarray | pd.Series) -> list:
    return [None if pd.isna(value) else float(value) for value in column]


def test_several_forms_of_one_row_count_as_their_mean_and_a_missing_score_not_at_all() -> None:
    scores = long((1.0,), (2.0,), (6.0,), (8.0,), (NAN,), (9.0,), columns=("score",))
    forms = np.array([5, 5, 5, 7, 7, NOWHERE])
    placed = placed_scores(scores, forms, np.array([7, 5, 6, NOWHERE]))
    assert list(placed) == ["srs_total"]
    assert values(placed["srs_total"]) == [8.0, 3.0, None, None]


def test_each_scale_of_each_instrument_has_a_column_in_the_order_scored() -> None:
    scores = long(
        ("wai_s", "task", 1.0),
        ("wai_s", "bond", 2.0),
        ("srs", "task", 3.0),
        columns=("instrument", "scale", "score"),
    )
    placed = placed_scores(scores, np.zeros(3, dtype=int), np.array([0]))
    assert {name: values(column) for name, column in placed.items()} == {
        "wai_s_task": [1.0],
        "wai_s_bond": [2.0],
        "srs_task": [3.0],
    }
    assert list(placed) == ["wai_s_task", "wai_s_bond", "srs_task"]


def test_scores_are_those_of_one_table_and_facets_those_of_the_survey() -> None:
    scores = long(
        ("practitioner_survey", "modes", "educative", "subscale", 1.0),
        ("practitioner_survey", "modes", "educative_goal", "facet", 2.0),
        ("practitioner_survey", "modes", "educative_goal", "facet", 3.0),
        ("alliance", "wai_s", "odd", "facet", 4.0),
        columns=("table", "instrument", "scale", "kind", "score"),
    )
    assert of_table(scores, "alliance")["score"].tolist() == [4.0]
    assert facet_columns(scores) == ["modes_educative_goal"]


def test_a_wave_is_that_of_its_practitioner() -> None:
    columns = ("table", "practitioner_id", "wave", "score")
    rows = (("p2", 1, 1.0), ("p1", 1, 2.0), ("p1", 2, 3.0))
    scores = long(*(("practitioner_survey", *row) for row in rows), columns=columns)
    waves = pd.DataFrame(
        {"practitioner_id": ["p1", "p1", "p2", "p3"], "wave": [2, 1, 1, 1]}, index=[4, 5, 6, 7]
    )
    found = scored_waves(scores, waves)
    assert found.index.tolist() == [4, 5, 6, 7]
    assert values(found["srs_total"]) == [3.0, 2.0, 1.0, None]


def test_inventories_stand_in_the_order_scored() -> None:
    scores = long(("b", 1.0), ("a", 2.0), ("b", 3.0), columns=("enrolment_id", "score"))
    assert values(scored_inventories(scores, ["enrolment_id"])["srs_total"]) == [2.0, 2.0]
    assert scored_inventories(scores.iloc[:0], ["enrolment_id"]).empty


ENROLMENTS = pd.DataFrame({"enrolment_id": ["e1", "e2", "e3"], "group_id": ["g1", "g1", None]}).astype("str")
PERIODS = pd.DataFrame(
    {"place": [0, 0, 1, 2], "session_no": pd.array([1, 2, 1, 1], dtype="Int64")}, index=[3, 4, 5, 6]
)


def test_a_score_is_placed_by_enrolment_and_session_number() -> None:
    rows = (
        ("e1", 2, 1.0),
        ("e2", 1, 2.0),
        ("gone", 1, 3.0),
        (None, 1, 4.0),
        ("e1", None, 5.0),
        ("e1", 1, 6.0),
    )
    scores = long(*rows, columns=("enrolment_id", "session_no", "score")).astype({"session_no": "Int64"})
    found = scored_sessions(PERIODS, scores, ENROLMENTS, None)
    assert found.index.tolist() == [3, 4, 5, 6]
    assert values(found["srs_total"]) == [6.0, 1.0, 2.0, None]


def test_a_form_of_the_group_is_everybodys_in_it_unless_they_filled_in_their_own() -> None:
    rows = (("e1", 1, 2, 1.0), (None, 1, 3, 2.0), (None, 2, 4, 3.0), (None, 1, 5, 4.0))
    columns = ("enrolment_id", "session_no", "source_row", "score")
    scores = long(*rows, columns=columns).assign(table="group_climate", source_file="c.csv")
    scores = scores.astype({"session_no": "Int64", "table": "str"})
    forms = pd.DataFrame(
        {"source_file": "c.csv", "source_row": [2, 3, 4, 5], "group_id": ["g1", "g1", "g1", "g9"]}
    )
    found = scored_sessions(PERIODS, scores, ENROLMENTS, forms.astype({"group_id": "str"}))
    assert values(found["srs_total"]) == [1.0, 3.0, 2.0, None]
    without = scored_sessions(PERIODS, scores, ENROLMENTS, None)
    assert values(without["srs_total"]) == [1.0, None, None, None]


def test_rows_of_one_number_in_two_files_are_forms_of_two_groups() -> None:
    rows = ((None, 1, "a.csv", 2, 1.0), (None, 1, "b.csv", 2, 5.0))
    columns = ("enrolment_id", "session_no", "source_file", "source_row", "score")
    scores = long(*rows, columns=columns).assign(table="group_climate")
    scores = scores.astype({"session_no": "Int64", "table": "str"})
    forms = pd.DataFrame({"source_file": ["b.csv", "a.csv"], "source_row": [2, 2], "group_id": ["g1", "g2"]})
    enrolments = pd.DataFrame({"enrolment_id": ["e1", "e2", "e3"], "group_id": ["g1", "g2", "g2"]})
    found = scored_sessions(PERIODS, scores, enrolments.astype("str"), forms.astype({"group_id": "str"}))
    assert values(found["srs_total"]) == [5.0, None, 1.0, 1.0]

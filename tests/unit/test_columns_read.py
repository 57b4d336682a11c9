"""Analyses read the columns that their part of the plan can mean, and find in them what they find in all."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from alliance_modes.cleaning.clean import clean_cohort
from alliance_modes.derive import derive_cohort
from alliance_modes.dictionary.derive import TABLES
from alliance_modes.imputation.analysis import imputed_estimates
from alliance_modes.imputation.tipping import tipping_points
from alliance_modes.instruments.model import load_instruments
from alliance_modes.measurement.tables import measurement_tables
from alliance_modes.models.fitting import fit_model
from alliance_modes.plan.parts import imputation_task, model_task, relation_task
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.reading import columns_read, files_read
from alliance_modes.plan.relations.plasmode import Plasmode
from alliance_modes.plan.relations.relations import Relations
from alliance_modes.relations.registry import analyse
from alliance_modes.relations.specifications.analysis import analyse as analyse_specifications
from alliance_modes.relations.specifications.data import columns_wanted, wanted_tables
from alliance_modes.scoring.scores import score_cohort
from alliance_modes.simulate import load_truth, simulate_tables

DRAWN = Plasmode(claim="exploratory", outcomes=("completion.completed",), cohorts=20)
PLAN = Plan(relations=Relations(plasmode=DRAWN))
OF_TYPED = {"specifications"}
"""Those that go back to the typed tables, which have other columns."""


@cache
def cohort() -> dict[str, pd.DataFrame]:
    """The tables that models and relational analyses are given of a demonstration cohort."""
    truth = load_truth(Path(__file__).parents[2] / "data" / "raw" / "demo_2024" / "truth.yaml")
    lock, instruments = truth.calendar.data_lock, load_instruments()
    clean = clean_cohort(simulate_tables(truth.tidy()).tables, None, PLAN.cleaning, lock, instruments)
    scores = score_cohort(clean.tables, instruments)
    derived = derive_cohort(clean.tables, scores, clean.account, PLAN.exposure, lock)
    measured = measurement_tables(clean.tables, scores, instruments)
    return {name: vars(derived)[name] for name in TABLES if name in vars(derived)} | {
        name: measured[name] for name in ("scales", "centiles")
    }


def narrowed(columns: Mapping[str, Collection[str]]) -> dict[str, pd.DataFrame]:
    """The tables that are named with these columns alone, and what is known of scales."""
    read = {
        name: cohort()[name][TABLES[name].chosen(cohort()[name], only)] if only else cohort()[name]
        for name, only in columns.items()
    }
    return read | {name: cohort()[name] for name in ("scales", "centiles")}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(PLAN.relations.made) - OF_TYPED))
def test_a_relational_analysis_finds_the_same_in_the_columns_that_it_reads(name):
    task = relation_task(PLAN, name)
    tables = narrowed(columns_read(task))
    for read in ("session", "enrolment", "alliance"):
        assert read not in tables or len(tables[read].columns) < 0.6 * len(cohort()[read].columns)
    found = analyse(task, tables)
    assert found.status == "ok" and found == analyse(task, cohort())


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(PLAN.models))
def test_a_model_finds_the_same_in_the_columns_that_it_reads(name):
    task = model_task(PLAN, name)
    table = narrowed(columns_read(task))[task.model.table]
    assert len(table.columns) < len(cohort()[task.model.table].columns)
    assert fit_model(task, {task.model.table: table}) == fit_model(task, cohort())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alliance", "attendance"])
def test_what_is_imputed_is_found_in_the_columns_that_are_read(name):
    task = imputation_task(PLAN, name)
    columns = columns_read(task)
    tables = {one: table for one, table in narrowed(columns).items() if one in columns}
    assert set(tables) == {"enrolment", task.models[name].table}
    assert len(tables["enrolment"].columns) == len(cohort()["enrolment"].columns)
    for read in set(tables) - {"enrolment"}:
        assert len(tables[read].columns) < 0.6 * len(cohort()[read].columns)
    pd.testing.assert_frame_equal(imputed_estimates(task, tables), imputed_estimates(task, cohort()))
    pd.testing.assert_frame_equal(tipping_points(task, tables), tipping_points(task, cohort()))


@pytest.mark.slow
def test_specifications_find_the_same_in_the_tables_and_columns_that_they_want():
    task = relation_task(PLAN, "specifications")
    whole: dict[str, Collection[str]] = dict.fromkeys(wanted_tables(task), ())
    tables = narrowed({**whole, **columns_wanted(task)})
    assert set(tables) == {"practitioner", "enrolment", "alliance", "scales", "centiles"}
    assert len(tables["alliance"].columns) < 0.7 * len(cohort()["alliance"].columns)
    found = analyse_specifications(task, tables)
    assert found.status == "ok" and found == analyse_specifications(task, cohort())


def test_what_a_column_in_sds_was_made_from_is_read_whatever_the_predictor_is_called():
    task = relation_task(PLAN, "course")
    other = {f"other_{name}": one for name, one in task.predictors.items()}
    models = {
        name: one.model_copy(update={"formula": re.sub(r"\b(?=\w)", "other_", one.formula), "tested": ()})
        for name, one in task.models.items()
    }
    read = columns_read(task.model_copy(update={"predictors": other, "models": models}))["session"]
    assert {"risk_score", "risk_score_z", "readiness"} <= read


def test_tables_and_predictors_that_an_analysis_does_not_use_are_not_read():
    task = relation_task(PLAN, "lagged")
    read = columns_read(task)
    assert set(read) == {"session"} and files_read(task, ["a/session.parquet", "a/flow.csv"]) == [
        "a/session.parquet"
    ]
    engagement = task.models["engagement"].model_copy(update={"formula": "educative_in_session"})
    few = columns_read(task.model_copy(update={"models": {"engagement": engagement}}))["session"]
    assert "risk_score_z_within" in read["session"] and "risk_score_z_within" not in few


def test_only_some_columns_of_a_file_are_read(tmp_path):
    whole = cohort()["session"]
    TABLES["session"].write(whole, tmp_path / "session.parquet")
    asked = {"session_no", "client_goal_first", "enrolment_id", "no such column"}
    some = TABLES["session"].read(tmp_path / "session.parquet", asked)
    assert set(some.columns) == asked - {"no such column"}
    pd.testing.assert_frame_equal(some, whole[list(some.columns)])

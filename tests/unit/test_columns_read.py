"""Analyses read the columns that their part of the plan can mean, and find in them what they find in all."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from alliance_modes.dictionary.derive import TABLES
from alliance_modes.models.fitting import fit_model
from alliance_modes.plan.parts import model_task, relation_task
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.reading import columns_read
from alliance_modes.plan.relations.plasmode import Plasmode
from alliance_modes.plan.relations.relations import Relations
from alliance_modes.recovery.cohorts import simulated_cohort
from alliance_modes.relations.registry import ANALYSES, analyse
from alliance_modes.simulate import load_truth

DRAWN = Plasmode(claim="exploratory", outcomes=("completion.completed",), cohorts=20)
PLAN = Plan(relations=Relations(plasmode=DRAWN))
OF_TYPED = {"specifications"}
"""Those that go back to the typed tables, which have other columns."""


@cache
def cohort() -> dict[str, pd.DataFrame]:
    truth = load_truth(Path(__file__).parents[2] / "data" / "raw" / "demo_2024" / "truth.yaml")
    return dict(simulated_cohort(truth.tidy(), PLAN).tables)


def narrowed(columns: frozenset[str]) -> dict[str, pd.DataFrame]:
    """The analysis tables with these columns alone; the others as they are."""
    return {
        name: table[[column for column in table if column in columns]] if name in TABLES else table
        for name, table in cohort().items()
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(ANALYSES) - OF_TYPED))
def test_a_relational_analysis_finds_the_same_in_the_columns_that_it_reads(name):
    task = relation_task(PLAN, name)
    tables = narrowed(columns_read(task))
    assert len(tables["session"].columns) < 0.7 * len(cohort()["session"].columns)
    assert analyse(task, tables) == analyse(task, cohort())


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(PLAN.models))
def test_a_model_finds_the_same_in_the_columns_that_it_reads(name):
    task = model_task(PLAN, name)
    table = {task.model.table: narrowed(columns_read(task))[task.model.table]}
    assert fit_model(task, table) == fit_model(task, cohort())


def test_only_some_columns_of_a_file_are_read(tmp_path):
    whole = TABLES["session"].typed(cohort()["session"])
    TABLES["session"].write(whole, tmp_path / "session.parquet")
    asked = {"session_no", "client_goal_first", "enrolment_id", "no such column"}
    some = TABLES["session"].read(tmp_path / "session.parquet", asked)
    assert set(some.columns) == asked - {"no such column"}
    pd.testing.assert_frame_equal(some, whole[list(some.columns)])

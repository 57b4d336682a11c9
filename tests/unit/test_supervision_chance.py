"""The short version of benchmarks/supervision.py: whom sheets call different where nobody is, or many are."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pandas as pd
import pytest

from alliance_modes.domain import ALPHA
from alliance_modes.plan.parts import supervision_task
from alliance_modes.plan.plan import Plan

ROOT = Path(__file__).parents[2]
COHORTS = 12


@pytest.fixture(scope="module")
def study():
    spec = importlib.util.spec_from_file_location("supervision_study", ROOT / "benchmarks" / "supervision.py")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def called(study, name: str) -> float:
    task = supervision_task(Plan())
    return pd.concat(study.sheets(name, number, task) for number in range(COHORTS))["called"].mean()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["15_identical", "15_case_mix"])
def test_hardly_a_sheet_calls_anybody_different_where_practitioners_are_not(study, name):
    assert called(study, name) <= ALPHA


@pytest.mark.slow
def test_some_sheets_do_where_practitioners_differ_much(study):
    assert called(study, "15_sd_50") > 2 * ALPHA


def test_as_committed_no_kind_of_cohort_without_a_difference_passes_five_in_a_hundred():
    rows = pd.read_csv(ROOT / "benchmarks" / "supervision.csv")
    assert (rows.loc[rows["spread"].eq(0), "called"] <= ALPHA).all()
    assert (rows.loc[rows["spread"].eq(0.5), "called"] > 2 * ALPHA).all()

"""Balance of the modes is what evenness has beyond a quadratic in their levels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from relation_tables import one_grouping, sessions_of_practitioners, task_of

from alliance_modes.domain import MODES
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.relations.balance import Balance
from alliance_modes.plan.relations.relations import Relations
from alliance_modes.relations.balance.analysis import LINEAR, analyse, quadratic, told_by_levels
from alliance_modes.relations.collect import collect

FORMULA = "educative + engagement + therapeutic"
PLAN = one_grouping(Plan(), "engagement", FORMULA, tuple(MODES))
COLUMNS = tuple(f"{mode}_z" for mode in MODES)
PART = "engagement.session_engagement"


def found_in(table: pd.DataFrame) -> pd.DataFrame:
    result = analyse(task_of("balance", PLAN, models=("engagement",)), {"session": table})
    return collect([result])["relations"].set_index(["term", "estimand"])


def test_balance_equals_the_coefficient_of_a_second_engine_with_the_quadratic_written_out():
    table = sessions_of_practitioners(1, 40)
    ours = found_in(table).loc[("balance", "coefficient")]
    levels = table[list(COLUMNS)].to_numpy()
    even = table.drop_duplicates("practitioner_id")["balance"]
    design = np.column_stack(
        [np.ones(len(table)), levels, quadratic(levels), (table["balance"] - even.mean()) / even.std()]
    )
    theirs = sm.MixedLM(table["session_engagement"], design, groups=table["practitioner_id"]).fit(reml=True)
    assert ours["estimate"] == pytest.approx(theirs.fe_params.iloc[-1], abs=1e-4 * ours["se"])
    assert ours["se"] == pytest.approx(theirs.bse_fe.iloc[-1], rel=1e-3)


def test_how_much_levels_tell_of_balance_is_the_adjusted_r2_of_least_squares():
    people = sessions_of_practitioners(2, 60).drop_duplicates("practitioner_id")
    levels = people[list(COLUMNS)].to_numpy()
    theirs = sm.OLS(people["balance"], sm.add_constant(np.column_stack([levels, quadratic(levels)]))).fit()
    assert told_by_levels(people, COLUMNS) == pytest.approx(theirs.rsquared_adj, abs=1e-10)
    assert told_by_levels(people.iloc[:20], COLUMNS) is None


def test_curvature_of_one_mode_is_balance_beside_levels_alone_and_not_beyond_their_quadratic():
    people = sessions_of_practitioners(3, 60).drop_duplicates("practitioner_id")
    rows = found_in(sessions_of_practitioners(3, 60, -1.0 * people["educative_z"].to_numpy() ** 2))
    assert rows.loc[("balance", LINEAR), "p"] < 0.01
    assert rows.loc[("balance", "coefficient"), "p"] > 0.1


def test_an_effect_of_evenness_beyond_the_quadratic_is_found():
    people = sessions_of_practitioners(4, 60).drop_duplicates("practitioner_id")
    levels = people[list(COLUMNS)].to_numpy()
    design = sm.add_constant(np.column_stack([levels, quadratic(levels)]))
    left = sm.OLS(people["balance"], design).fit().resid
    row = found_in(sessions_of_practitioners(4, 60, (2.0 * left / left.std()).to_numpy()))
    assert row.loc[("balance", "coefficient"), "ci_low"] > 0


def test_fifteen_practitioners_and_no_mode_use_by_session_are_refused_with_the_reason():
    rows = found_in(sessions_of_practitioners(5, 15))
    refused = rows.loc[("balance", "coefficient")]
    assert refused["status"] == "not_estimated" and "practitioners" in refused["reason"]
    flexible = rows.loc[("flexibility_variation", "coefficient")]
    assert flexible["status"] == "not_run" and "mode use recorded" in flexible["reason"]


def test_an_analysis_that_is_off_is_not_made():
    assert "balance" not in Relations(balance=Balance(claim="off")).made
    assert "balance" in Relations().made

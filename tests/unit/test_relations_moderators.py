"""Moderators of the modes: products with a random slope where they cross levels, and what is refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from relation_tables import one_grouping, sessions_of_practitioners, task_of

from alliance_modes.domain import MODES
from alliance_modes.models.design.design import Refusal
from alliance_modes.plan.parts import relation_task
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.relations.moderators import Moderators
from alliance_modes.plan.relations.relations import Relations
from alliance_modes.relations.collect import collect
from alliance_modes.relations.moderators.analysis import WITHOUT_SLOPE, analyse
from alliance_modes.relations.moderators.columns import moderator_of
from alliance_modes.reports.research.relations.block import numbers_of
from alliance_modes.reports.research.relations.section import BLOCKS
from alliance_modes.words.rounding import MISSING

PLAN = one_grouping(Plan(), "engagement", " + ".join(MODES), tuple(MODES))
OUTCOMES = ("session_engagement",)


def sessions(seed: int, practitioners: int = 40) -> pd.DataFrame:
    """Ten sessions of each practitioner, each of another client, with a column of each."""
    rng = np.random.default_rng(seed)
    rows = sessions_of_practitioners(seed, practitioners)
    rows["enrolment_id"] = [f"e{one:04d}" for one in range(len(rows))]
    rows["coerced"] = rng.standard_normal(len(rows))
    rows["stance"] = np.repeat(rng.integers(1, 6, practitioners), 10)
    return rows


def found_in(table: pd.DataFrame, *moderators: str) -> pd.DataFrame:
    task = task_of("moderators", PLAN, models=("engagement",), outcomes=OUTCOMES, moderators=moderators)
    found = collect([analyse(task, {"session": table})])
    return found["relations"].set_index(["term", "estimand"]).sort_index()


def test_products_with_a_practitioners_column_are_those_of_a_second_engine():
    table = sessions(1)
    ours = found_in(table, "stance").loc[("educative:stance", "coefficient")]
    people = table.drop_duplicates("practitioner_id")["stance"]
    stance = (table["stance"] - people.mean()) / people.std()
    modes = table[[f"{mode}_z" for mode in MODES]]
    products = modes.mul(stance, axis=0).add_suffix("_by")
    design = sm.add_constant(pd.concat([modes, stance, products], axis=1))
    theirs = sm.MixedLM(table["session_engagement"], design, groups=table["practitioner_id"]).fit(reml=True)
    assert ours["estimate"] == pytest.approx(theirs.fe_params["educative_z_by"], abs=1e-3 * ours["se"])
    assert ours["se"] == pytest.approx(theirs.bse_fe["educative_z_by"], rel=2e-3)
    assert WITHOUT_SLOPE not in found_in(table, "stance").index.get_level_values("estimand")


def test_a_planted_product_is_found_and_nothing_else():
    table = sessions(2)
    within = table["coerced"] - table.groupby("practitioner_id")["coerced"].transform("mean")
    table["session_engagement"] += 0.3 * table["engagement_z"] * within
    found = found_in(table, "coerced", "stance")
    assert found.loc[("engagement:coerced", "coefficient"), "ci_low"] > 0.1
    assert found.loc[("modes:coerced (joint)", "joint_test"), "p"] < 1e-4
    assert found.loc[("modes:stance (joint)", "joint_test"), "p"] > 0.01


def test_practitioners_who_differ_in_what_a_client_brings_make_the_test_without_slope_too_sure():
    table = sessions(3)
    rng = np.random.default_rng(3)
    own = dict(zip(table["practitioner_id"].unique(), 0.6 * rng.standard_normal(40), strict=True))
    table["session_engagement"] += table["practitioner_id"].map(own) * table["coerced"]
    found = found_in(table, "coerced").xs("modes:coerced (joint)", level="term")
    assert found.loc["joint_test", "statistic"] < 0.7 * found.loc[WITHOUT_SLOPE, "statistic"]
    assert found.loc["joint_test", "df"] < 60 < found.loc[WITHOUT_SLOPE, "df"]


def test_what_is_not_recorded_not_a_number_or_the_same_for_all_is_refused():
    table = sessions(4).assign(place="here", same=1.0, empty=np.nan)
    found = found_in(table, "third_party_goals", "place", "same", "empty")
    reasons = found["reason"].to_dict()
    assert "third party goals is not recorded" in reasons["modes:third_party_goals (joint)", "joint_test"]
    assert "empty is not recorded" in reasons["modes:empty (joint)", "joint_test"]
    assert "neither a number" in reasons["modes:place (joint)", "joint_test"]
    assert "one value" in reasons["modes:same (joint)", "joint_test"]
    assert set(found["status"]) == {"not_run"}


def test_fifteen_practitioners_are_too_few_for_products_of_theirs():
    found = found_in(sessions(5, practitioners=14), "stance")
    refused = found.loc[("modes:stance (joint)", "joint_test")]
    assert refused["status"] == "not_estimated" and "practitioners" in refused["reason"]


def test_a_clients_column_is_split_with_each_enrolment_counted_once():
    table = sessions(6, practitioners=3)
    twice = pd.concat([table, table.iloc[:1]], ignore_index=True)
    made = moderator_of("coerced", task_of("moderators", PLAN), twice)
    assert not isinstance(made, Refusal)
    wider, predictor = made
    first = table[table["practitioner_id"] == table["practitioner_id"].iloc[0]]
    assert predictor.split
    assert wider["coerced_between"].iloc[-1] == pytest.approx(first["coerced"].mean())
    assert (wider["coerced_between"] + wider["coerced_within"]).to_numpy() == pytest.approx(twice["coerced"])


def test_the_report_tells_each_moderator_in_a_line_and_how_many_tests_chance_would_give():
    asked = Moderators(models=("engagement",), outcomes=OUTCOMES, moderators=("stance", "coerced", "goals"))
    plan = PLAN.model_copy(update={"relations": Relations(moderators=asked), "draws": 200})
    found = analyse(relation_task(plan, "moderators"), {"session": sessions(7)})
    inputs: Any = SimpleNamespace(plan=plan, **collect([found]))
    block = BLOCKS["moderators"](numbers_of("moderators", inputs))
    (table,) = block.tables
    lines = {row[1]: row for row in table.rows}
    assert set(lines) == {"Stance", "Coerced"}
    assert table.headings[2:5] == ("Educative", "Engagement", "Therapeutic")
    assert all(cell.count("[") == 1 for cell in lines["Stance"][2:5])
    assert lines["Stance"][6] == MISSING != lines["Coerced"][6]
    assert block.said[0].startswith("Of 2 joint tests") and "about 0.1 would" in block.said[0]
    assert any("goals is not recorded" in one for one in block.not_done)

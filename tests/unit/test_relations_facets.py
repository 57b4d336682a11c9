"""Facets of the modes with goal, task and bond together, and techniques beside each other."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from relation_facets import TECHNIQUES, faceted, facets_plan
from relation_tables import task_of
from statsmodels.stats.multitest import multipletests

from alliance_modes.domain import COMPONENTS, MODES
from alliance_modes.plan.parts import relation_task
from alliance_modes.plan.relations.facets import Facets
from alliance_modes.plan.relations.relations import Relations
from alliance_modes.relations.collect import collect
from alliance_modes.relations.facets.analysis import AS_INDEPENDENT, EVERY, OWN_LESS_OTHERS, analyse
from alliance_modes.relations.facets.components import CELLS
from alliance_modes.relations.facets.techniques import ADJUSTED, JOINT, SHRUNKEN, shrunken_effects
from alliance_modes.reports.research.relations.block import numbers_of
from alliance_modes.reports.research.relations.section import BLOCKS

PLAN = facets_plan()
PART, OUTCOME = "alliance.client", "alliance.client_total"
SETTINGS: dict[str, object] = {"models": ("alliance",), "outcomes": ("client_total",)}


def tables_of(given: dict[str, pd.DataFrame], **settings: object) -> dict[str, pd.DataFrame]:
    return collect([analyse(task_of("facets", PLAN, **{**SETTINGS, **settings}), given)])


def found_in(given: dict[str, pd.DataFrame], **settings: object) -> pd.DataFrame:
    return tables_of(given, **settings)["relations"].set_index(["part", "term", "estimand"]).sort_index()


def by_difference_scores(given: dict[str, pd.DataFrame], cell: str) -> tuple[float, float]:
    """The contrast of one facet, and its error, by least squares of practitioners' mean difference scores."""
    table, people = given["alliance"], given["practitioner"].set_index("practitioner_id")[list(CELLS)]
    own = COMPONENTS[CELLS[cell][1]]
    others = [one for one in COMPONENTS if one != own]
    score = table[own] - table[others].mean(axis=1)
    means = score.groupby(table["practitioner_id"]).mean()
    fit = sm.OLS(means, sm.add_constant((people - people.mean()) / people.std())).fit()
    return float(fit.params[cell]), float(fit.bse[cell])


@pytest.mark.parametrize("cell", ["educative_goal", "engagement_task", "therapeutic_bond"])
def test_own_less_others_is_the_regression_of_difference_scores_where_everything_is_balanced(cell: str):
    given = faceted(1, own=0.1)
    found, (estimate, se) = found_in(given), by_difference_scores(given, cell)
    ours = found.loc[(PART, cell, OWN_LESS_OTHERS)]
    assert ours["estimate"] == pytest.approx(estimate, abs=1e-6)
    assert ours["se"] == pytest.approx(se, rel=0.02)
    assert found.at[(PART, cell, AS_INDEPENDENT), "estimate"] == pytest.approx(estimate, abs=1e-9)


def test_what_a_facet_goes_with_on_the_three_components_sums_to_none_and_gives_own_less_others():
    found = found_in(faceted(2, own=0.1))["estimate"]
    for cell, (_, place) in CELLS.items():
        each = np.array([found[PART, cell, f"on_{component}"] for component in COMPONENTS])
        assert each.sum() == pytest.approx(0.0, abs=1e-9)
        assert found[PART, cell, OWN_LESS_OTHERS] == pytest.approx(1.5 * each[place])
    modes = [found[PART, mode, OWN_LESS_OTHERS] for mode in MODES]
    assert found[PART, EVERY, OWN_LESS_OTHERS] == pytest.approx(np.mean(modes))


def test_facets_that_go_with_their_own_component_are_found_and_profiles_make_the_usual_test_too_sure():
    found = found_in(faceted(3, own=0.12))
    row = found.loc[(PART, EVERY, OWN_LESS_OTHERS)]
    assert row["ci_low"] > 0.05 and row["df"] == 40 - 9 - 1
    flat = found_in(faceted(4))
    ours, usual = (flat.xs(one, level="estimand")["p"].dropna() for one in (OWN_LESS_OTHERS, AS_INDEPENDENT))
    assert (usual < ours).mean() > 0.8


def test_sixteen_practitioners_are_too_few_for_nine_facets_and_say_so():
    found = found_in(faceted(5, practitioners=16))
    for term, estimand in ((EVERY, OWN_LESS_OTHERS),):
        row = found.loc[(PART, term, estimand)]
        assert row["status"] == "not_estimated" and "16 practitioners for 9 predictors" in row["reason"]
    row = found.loc[(OUTCOME, JOINT, "joint_test")]
    assert row["status"] == "not_estimated" and "at least 17" in row["reason"]


def test_what_the_plan_or_the_cohort_lacks_is_refused_with_the_reason():
    given = faceted(6)
    by_nobody = found_in(given, rater="observer").loc[("alliance.observer", EVERY, OWN_LESS_OTHERS)]
    assert "no model alliance with goal, task and bond by the observer" in by_nobody["reason"]
    unasked = {**given, "practitioner": given["practitioner"].assign(**dict.fromkeys(CELLS, np.nan))}
    assert "no values of" in found_in(unasked).loc[(PART, EVERY, OWN_LESS_OTHERS), "reason"]
    own = found_in(given, techniques=("of_another_survey",)).loc[(OUTCOME, JOINT, "joint_test")]
    assert own["status"] == "not_run" and "no of_another_survey is recorded" in own["reason"]
    nothing = {"practitioner": given["practitioner"]}
    assert "no inventories" in found_in(nothing).loc[(PART, EVERY, OWN_LESS_OTHERS), "reason"]


def test_techniques_are_those_of_practitioners_means_with_holm_after_the_joint_test():
    given = faceted(7)
    table, people = given["alliance"], given["practitioner"].set_index("practitioner_id")[list(TECHNIQUES)]
    table["total"] += 0.3 * table["practitioner_id"].map(people[TECHNIQUES[3]])
    found = found_in(given).loc[OUTCOME]
    means = table.groupby("practitioner_id")["total"].mean()
    theirs = sm.OLS(means, sm.add_constant((people - people.mean()) / people.std())).fit()
    ours = found.xs("coefficient", level="estimand").reindex(TECHNIQUES)
    assert ours["estimate"].to_numpy() == pytest.approx(theirs.params[1:].to_numpy(), abs=1e-6)
    assert ours["p"].to_numpy() == pytest.approx(theirs.pvalues[1:].to_numpy(), abs=1e-3)
    joint = found.loc[(JOINT, "joint_test"), "p"]
    assert joint == pytest.approx(theirs.f_pvalue, abs=1e-3)
    holm = multipletests(ours["p"], method="holm")[1]
    adjusted = found.xs(ADJUSTED, level="estimand")["p"].reindex(TECHNIQUES)
    assert adjusted.to_numpy() == pytest.approx(np.maximum(holm, joint))
    assert adjusted[TECHNIQUES[3]] < 0.01 < adjusted.drop(TECHNIQUES[3]).min()


def test_shrunken_effects_are_nearer_none_and_their_reliability_says_whether_an_order_can_be_read():
    rng = np.random.default_rng(8)
    given = faceted(18)
    noise = tables_of(given)
    row = noise["relation_checks"].set_index("check").loc["reliability"]
    assert row["result"] == "fail" and row["part"] == OUTCOME
    people = given["practitioner"].set_index("practitioner_id")[list(TECHNIQUES)]
    effects = people @ rng.normal(0.0, 0.4, len(TECHNIQUES))
    given["alliance"]["total"] += given["alliance"]["practitioner_id"].map(effects)
    found = tables_of(given)
    assert (found["relation_checks"].set_index("check").at["reliability", "result"]) == "pass"
    rows = found["relations"].set_index(["term", "estimand"])["estimate"]
    plain, shrunken = (
        rows.xs(one, level="estimand").reindex(TECHNIQUES) for one in ("coefficient", SHRUNKEN)
    )
    assert np.linalg.norm(shrunken) < np.linalg.norm(plain)
    assert np.corrcoef(plain, shrunken)[0, 1] > 0.95


def test_shrinking_by_hand_of_independent_estimates():
    """b of 3, -3, 1, -1 with error variance 1: t2 = 5 - 1 = 4, so that four fifths of each are left."""
    inference = SimpleNamespace(
        beta=np.array([3.0, -3.0, 1.0, -1.0]), vcov=np.eye(4), place=lambda name: "abcd".index(name)
    )
    found: Any = SimpleNamespace(inference=inference)
    effects, reliability = shrunken_effects(found, list("abcd"))
    assert effects == pytest.approx([2.4, -2.4, 0.8, -0.8]) and reliability == pytest.approx(0.8)


def test_the_report_tells_own_less_others_beside_the_usual_way_and_each_technique():
    asked = Facets.model_validate(SETTINGS)
    plan = PLAN.model_copy(update={"relations": Relations(facets=asked), "draws": 200})
    found = analyse(relation_task(plan, "facets"), faceted(9, own=0.1))
    inputs: Any = SimpleNamespace(plan=plan, **collect([found]))
    block = BLOCKS["facets"](numbers_of("facets", inputs))
    facets, techniques = block.tables
    assert len(facets.rows) == 9 + 3 + 1 and facets.rows[0][0] == "Educative: goal"
    assert facets.rows[-1][0] == "All facets" and "[" in facets.rows[-1][4]
    assert [row[0] for row in techniques.rows][:2] == ["Educative: content", "Educative: rules"]
    assert block.said[0].startswith("Over all facets, a facet goes with 0.1")
    assert any("nine techniques together: p" in said for said in block.said)
    refused = analyse(relation_task(plan, "facets"), faceted(9, practitioners=16))
    few: Any = SimpleNamespace(plan=plan, **collect([refused]))
    told = BLOCKS["facets"](numbers_of("facets", few))
    assert not told.tables and any("16 practitioners" in one for one in told.not_done)

"""The research report tells dyads and ruptures by their numbers, and says what was not done and why."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from relation_dyads import SCALE, dyads
from relation_ruptures import ruptured, scales
from test_relations_dyad import PLAN, task
from test_relations_rupture import task as rupture_task

from alliance_modes.plan.plan import Plan
from alliance_modes.relations.collect import collect
from alliance_modes.relations.dyad.analysis import analyse as analyse_dyad
from alliance_modes.relations.result import Relation
from alliance_modes.relations.rupture.analysis import analyse as analyse_rupture
from alliance_modes.reports.research.relations.block import Block, numbers_of
from alliance_modes.reports.research.relations.section import BLOCKS
from alliance_modes.words.display import DisplayTable


def told(found: Relation, plan: Plan) -> Block:
    inputs: Any = SimpleNamespace(plan=plan, **collect([found]))
    return BLOCKS[found.analysis](numbers_of(found.analysis, inputs))


def table(block: Block, caption: str) -> DisplayTable:
    return next(one for one in block.tables if one.caption.startswith(caption))


def cells(found: DisplayTable) -> dict[str, tuple[str, ...]]:
    return {row[0]: row[1:] for row in found.rows}


def test_bias_stands_beside_what_own_mean_centring_leaves_of_it_and_the_forms_are_named():
    block = told(analyse_dyad(task(), dyads(2, 40, bias=1.0)), PLAN)
    bias, own, *_ = cells(table(block, "Bias"))[SCALE.capitalize()]
    assert bias.startswith("1.") or bias.startswith("0.9")
    assert own in {"0.00", "0.01", "−0.01", "0.02", "−0.02", "0.03", "−0.03"}
    assert any("WAI-SR (12 to 60)" in said and "WAI-36 (36 to 252)" in said for said in block.said)
    assert block.title == "Client and practitioner on the same session"


def test_agreement_is_said_with_each_of_its_conditions():
    block = told(analyse_dyad(task(), dyads(7, 60, lambda x, y: -0.15 * (x - y) ** 2, bias=0.0)), PLAN)
    said = next(one for one in block.said if "may go with agreement" in one)
    assert all(
        condition in said for condition in ("a4 < 0: yes", "a3 = 0: not", "p10 = 0: not", "p11 = 1: not")
    )
    surface = cells(table(block, "The surface"))
    assert surface["a4"][0].startswith("−0.") and "p < .001" in surface["a4"][0]
    assert "Client at 1, practitioner at −1" in surface


def test_a_surface_that_few_practitioners_do_not_carry_is_told_as_not_done():
    block = told(analyse_dyad(task(), dyads(5, 15)), PLAN)
    (why,) = [said for said in block.not_done if "15 practitioners for a surface" in said]
    outcomes = [outcome.label for model in PLAN.models.values() for outcome in model.outcomes]
    assert any(why.startswith(label) for label in outcomes), "which outcome it is of is said"
    assert any(said.startswith("Hints only: 15 practitioners") for said in block.said)
    assert not any(one.caption.startswith("The surface") for one in block.tables)


def test_ruptures_are_told_beside_noise_and_beside_the_usual_way():
    sessions = ruptured(12, 20)
    block = told(analyse_rupture(rupture_task(), {"session": sessions, "scales": scales()}), Plan())
    rates = cells(table(block, "Ruptures as recorded"))
    confronted = 100 * (sessions["rupture"] == "confrontation").mean()
    assert rates["Confrontation"][1].startswith(f"{confronted:.2f} [")
    observed, noise = cells(table(block, "Falls of the rating"))["Clients with a fall"]
    assert observed.endswith("%]") and noise.endswith("%]")
    assert any(
        said.startswith("How many people fall is within what noise alone gives") for said in block.said
    )
    hazards = cells(table(block, "Drop-out after"))
    assert set(hazards) == {
        "Withdrawal",
        "Confrontation",
        "Confrontation against withdrawal",
        "Unrepaired rupture",
    }
    assert hazards["Unrepaired rupture"][0] == "–" and hazards["Confrontation"][2] != "–"
    assert block.not_done == (
        "Agreement of coders: a session has one record of ruptures, so that no two coders can be compared.",
    )


def test_a_cohort_without_sessions_is_told_in_one_sentence():
    block = told(analyse_rupture(rupture_task(), {}), Plan())
    assert block.not_done == ("Not made: no sessions.",) and not block.tables

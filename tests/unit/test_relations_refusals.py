"""What real cohorts bring: each relational analysis has numbers, or one plain reason for what it lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from relation_courses import SCALE, by_time_alone, rated_cohort
from relation_dyads import centiles, dyads
from relation_tables import one_grouping, sessions_of_practitioners, task_of

from alliance_modes.cleaning.clean import clean_cohort
from alliance_modes.derive import derive_cohort
from alliance_modes.instruments.model import load_instruments
from alliance_modes.measurement.tables import measurement_tables
from alliance_modes.plan.parts import RelationTask, relation_task
from alliance_modes.plan.plan import Plan
from alliance_modes.relations.collect import collect
from alliance_modes.relations.registry import analyse
from alliance_modes.relations.result import Relation, RelationEstimate
from alliance_modes.reports.research.relations.block import Block, numbers_of
from alliance_modes.reports.research.relations.section import BLOCKS
from alliance_modes.scoring.scores import score_cohort
from alliance_modes.simulate import load_truth, simulate_tables

PLAN = Plan()
Tables = dict[str, pd.DataFrame]
ANALYSES = [name for name in PLAN.relations.made if name != "specifications"]
ANSWERED = ("ok", "singular")


def told(found: Relation, plan: Plan = PLAN) -> Block:
    inputs: Any = SimpleNamespace(plan=plan, **collect([found]))
    return BLOCKS[found.analysis](numbers_of(found.analysis, inputs))


@cache
def canonical(practitioners: int, enrolments: int) -> tuple[Mapping[str, pd.DataFrame], Any]:
    truth = load_truth("data/raw/demo_2024/truth.yaml").tidy()
    sizes = {
        "sites": 4,
        "practitioners": practitioners,
        "groups": 2 * practitioners,
        "enrolments": enrolments,
    }
    truth = truth.model_copy(update={"sizes": truth.sizes.model_copy(update=sizes)})
    return simulate_tables(truth).tables, truth.calendar.data_lock


def analysed(change: Callable[[Tables], None], practitioners: int = 14, enrolments: int = 110) -> Tables:
    """The analysis tables of a small simulated cohort, changed before it is cleaned."""
    simulated, lock = canonical(practitioners, enrolments)
    tables, instruments = {name: table.copy() for name, table in simulated.items()}, load_instruments()
    change(tables)
    clean = clean_cohort(tables, None, PLAN.cleaning, lock, instruments)
    scores = score_cohort(clean.tables, instruments)
    derived = derive_cohort(clean.tables, scores, clean.account, PLAN.exposure, lock)
    measured = measurement_tables(clean.tables, scores, instruments)
    return {
        **{name: getattr(derived, name) for name in ("practitioner", "alliance", "session", "enrolment")},
        **{name: measured[name] for name in ("scales", "centiles")},
    }


def filled_with(table: str, value: object, *columns: str) -> Callable[[Tables], None]:
    """Every row has ``value`` in these columns (or those that begin so)."""

    def change(tables: Tables) -> None:
        found = tables[table]
        for name in found:
            if str(name).startswith(columns):
                found[name] = pd.Series([value] * len(found), index=found.index).astype(found[name].dtype)

    return change


def emptied(table: str) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        tables[table] = tables[table].iloc[:0]

    return change


def rows_of(table: str, column: str, value: object) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        tables[table] = tables[table][tables[table][column] == value].reset_index(drop=True)

    return change


def odd_names(tables: Tables) -> None:
    for table in tables.values():
        for name in ("practitioner_id", "site_id", "group_id"):
            if name in table:
                odd = '=É | `x`, "q" & <b> ' + table[name].astype("str")
                table[name] = odd.where(table[name].notna()).astype(table[name].dtype)


def lead_and_second_are_one(tables: Tables) -> None:
    tables["enrolments"]["co_practitioner_id"] = tables["enrolments"]["practitioner_id"]


REAL: dict[str, Callable[[Tables], None]] = {
    "no session ratings": filled_with("sessions", None, "srs_"),
    "session ratings alike": filled_with("sessions", 9, "srs_"),
    "client alone": rows_of("alliance", "rater", "client"),
    "practitioner alone": rows_of("alliance", "rater", "practitioner"),
    "one occasion": rows_of("alliance", "session_no", 3),
    "inventories without session": filled_with("alliance", None, "session_no"),
    "everybody completed": filled_with("enrolments", "completed", "status"),
    "everybody mandated": filled_with("enrolments", True, "mandated"),
    "no practitioner survey": emptied("practitioner_survey"),
    "a constant mode": filled_with(
        "practitioner_survey", 3, *(f"modes_of_practice_{one}" for one in range(1, 7))
    ),
    "one wave": rows_of("practitioner_survey", "wave", 1),
    "no modes by session": filled_with("sessions", None, "use_", "mode_"),
    "no sessions": emptied("sessions"),
    "no inventories": emptied("alliance"),
    "lead and second are one": lead_and_second_are_one,
    "odd names": odd_names,
}


@pytest.mark.slow
@pytest.mark.parametrize("change", REAL.values(), ids=[name.replace(" ", "_") for name in REAL])
def test_each_analysis_has_numbers_or_a_reason_for_each_that_it_lacks(change: Callable[[Tables], None]):
    tables = analysed(change)
    for name in ANALYSES:
        found = analyse(relation_task(PLAN, name), tables)
        block = told(found)
        assert found.status in ANSWERED or found.reason, name
        assert all(one.reason for one in found.estimates if one.status not in ANSWERED), name
        assert block.tables or block.not_done, name
        assert all(said.endswith(".") and said[0] == said[0].upper() for said in block.not_done), name
        assert found.status in ANSWERED or not block.tables, name


@pytest.mark.slow
def test_twelve_people_get_reasons_alone_but_for_what_they_rated():
    tables = analysed(lambda _: None, 4, 12)
    refused = {
        name: analyse(relation_task(PLAN, name), tables)
        for name in ANALYSES
        if name not in ("dyad", "rupture")
    }
    assert all(found.status not in ANSWERED and found.reason for found in refused.values())


def test_the_outcome_and_the_term_of_what_is_not_done_are_named_in_words():
    reason = "too few"

    def row(part: str, term: str, why: str = reason) -> RelationEstimate:
        return RelationEstimate(part=part, term=term, estimand="coefficient", status="not_run", reason=why)

    parts = ("engagement.session_engagement", "completion.completed")
    rows = [row(part, f"modes:{one} (joint)") for part in parts for one in ("role_induction", "needs")]
    block = told(Relation(analysis="moderators", status="not_run", estimates=tuple(rows)))
    assert block.not_done == (
        "Engagement in sessions, practitioner-rated; Programme completion (role induction, responsivity "
        "needs): too few.",
    )
    rows = [row(parts[0], "balance"), row(parts[1], "flexibility_match"), row(parts[1], "balance", "another")]
    block = told(Relation(analysis="balance", status="not_run", estimates=tuple(rows)))
    assert block.not_done == (
        "Engagement in sessions, practitioner-rated (balance); Programme completion (follows ruptures): too "
        "few.",
        "Programme completion (balance): another.",
    )
    assert not block.tables


def test_what_is_added_to_a_model_is_not_to_blame_for_what_the_plan_itself_lacks():
    table = sessions_of_practitioners(1, 20).assign(educative_z=np.nan)
    found = analyse(_balance(), {"session": table})
    reasons = {one.reason for one in found.estimates if one.term == "balance"}
    assert reasons == {"no values of educative_z in this cohort"}


def test_one_practitioner_has_no_difference_between_practitioners():
    table = sessions_of_practitioners(2, 1).assign(flexibility_variation=1.0)
    found = analyse(_balance(), {"session": table})
    reasons = {one.term: one.reason for one in found.estimates}
    assert reasons["balance"] == "one practitioner alone has a value of balance"
    assert reasons["flexibility_variation"] == "one practitioner alone has a value of flexibility variation"
    assert "ruptures" in reasons["flexibility_match"]


def _balance() -> RelationTask:
    formula = "educative + engagement + therapeutic"
    return task_of(
        "balance", one_grouping(PLAN, "engagement", formula, ("educative", "engagement", "therapeutic"))
    )


def test_an_empty_table_is_not_said_to_lack_a_moderator():
    found = analyse(task_of("moderators"), {"session": sessions_of_practitioners(3, 20).iloc[:0]})
    assert {one.reason for one in found.estimates} == {"its analysis table has no rows in this cohort"}


def test_inventories_that_do_not_say_when_are_not_called_incommensurable():
    tables = {**dyads(1, 20), "centiles": centiles()}
    whenever = tables["alliance"].assign(session_no=np.nan)
    found = analyse(task_of("dyad"), {**tables, "alliance": whenever})
    assert found.reason == "inventories rated by the client do not say at which session"


def test_inventories_of_one_session_leave_the_expected_course_its_numbers():
    """Time is then the same for all, and its column says nothing."""
    tables = rated_cohort(4, 20)
    once = tables["session"].assign(time=0.2)
    found = analyse(task_of("course", by_time_alone(), outcomes=()), {**tables, "session": once})
    assert found.status == "ok"
    coverage = next(one for one in found.estimates if one.estimand == "coverage")
    assert coverage.estimate == pytest.approx(0.95, abs=0.02)


def test_a_scale_that_no_instrument_has_is_refused_by_each_analysis_that_names_it():
    tables = rated_cohort(5, 12)
    named: dict[str, dict[str, Any]] = {
        "course": {"scales": (SCALE, "no_such")},
        "lagged": {"rating": "no_such"},
    }
    for name, settings in named.items():
        found = analyse(task_of(name, **settings), tables)
        assert any("no_such" in one.reason for one in found.estimates), name

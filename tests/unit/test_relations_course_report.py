"""The research report and the figure tell alerts beside what chance gives, and say why there are none."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from relation_courses import SCALE
from relation_tables import task_of

from alliance_modes.figures.expected_course import expected_course
from alliance_modes.plan.parts import figures_part
from alliance_modes.plan.plan import Plan
from alliance_modes.relations.collect import collect
from alliance_modes.relations.course.analysis import analyse
from alliance_modes.relations.result import (
    Relation,
    RelationCheck,
    RelationEstimate,
    RelationPoint,
)
from alliance_modes.reports.research.relations.block import Block, numbers_of
from alliance_modes.reports.research.relations.section import BLOCKS

PLAN = Plan()


def told(found: Relation) -> Block:
    inputs: Any = SimpleNamespace(plan=PLAN, **collect([found]))
    return BLOCKS["course"](numbers_of("course", inputs))


def row(term: str, estimand: str, estimate: float, low: float = 0.1, high: float = 0.4) -> RelationEstimate:
    return RelationEstimate(
        part=SCALE, term=term, estimand=estimand, estimate=estimate, ci_low=low, ci_high=high, n=100
    )


def found_with(result: str) -> Relation:
    rows = [
        row("next_rating_band", "alerts_per_rating", 0.025, 0.02, 0.03),
        row("next_rating_band", "clients_alerted", 0.28),
        row("next_rating_band", "clients_alerted_by_noise", 0.31),
        row("next_rating_band", "hit_rate", 0.23),
        row("next_rating_band", "hit_rate_by_noise", 0.16),
        row("next_rating_band", "lead_sessions", 7.3, 5.5, 9.1),
        row("fall_since_last", "alerts_per_rating", 0.3),
    ]
    check = RelationCheck.model_validate(
        {"part": SCALE, "check": "hits_beyond_noise", "result": result, "detail": "23 % of drop-outs"}
    )
    points = [
        RelationPoint(part=SCALE, series="expected", x=x, estimate=30.0 + x, ci_low=25.0, ci_high=36.0)
        for x in (1.0, 2.0)
    ]
    for name, height in (("next_rating_band", 0.23), ("next_rating_band_by_noise", 0.16)):
        points.append(RelationPoint(part=SCALE, series=name, x=0.0, estimate=height))
    return Relation(
        analysis="course", status="ok", estimates=tuple(rows), checks=(check,), points=tuple(points)
    )


def test_alerts_stand_beside_chance_and_rules_in_use():
    block = told(found_with("pass"))
    (table,) = block.tables
    cells = {one[0]: one[1:] for one in table.rows}
    assert cells["Below the band of the next rating"] == (
        "2.5\u00a0% [2.0\u00a0%, 3.0\u00a0%]",
        "28\u00a0% [10.0\u00a0%, 40.0\u00a0%]",
        "31\u00a0%",
        "23\u00a0% [10.0\u00a0%, 40.0\u00a0%]",
        "16\u00a0%",
        "7.3 [5.5 to 9.1]",
    )
    assert cells["Fall of one point since the last rating"][1:] == ("–",) * 5
    assert table.caption.startswith("Session Rating Scale by the client")
    assert "at least 1 session left" in table.note and "below 36" in table.note
    assert block.figure == "expected_course"


def test_hits_that_chance_alone_gives_are_called_so():
    assert "more often than chance" in told(found_with("pass")).said[0]
    assert "is within what chance alone gives" in told(found_with("fail")).said[0]
    assert "cannot be told (23 % of drop-outs)" in told(found_with("not_checked")).said[0]


def test_the_figure_says_what_was_expected_and_how_many_had_an_alert():
    picture = expected_course(collect([found_with("pass")])["relation_points"], figures_part(PLAN))
    assert picture.status == "ok"
    assert picture.alt.startswith("Expected: 31.0 at session 1, 32.0 at session 2.")
    assert "23\u00a0% of drop-outs had an alert, by chance 16\u00a0%" in picture.alt
    assert [axes.get_title(loc="left") for axes in picture.figure.axes] == [
        "a  Expected",
        "b  Before dropping out",
    ]


def test_a_cohort_without_ratings_has_a_reason_in_the_report_and_in_the_figure():
    found = analyse(task_of("course"), {})
    block = told(found)
    assert block.not_done == ("Not made: the cohort has none of these ratings over sessions.",)
    assert not block.tables and not block.figure
    picture = expected_course(collect([found])["relation_points"], figures_part(PLAN))
    assert picture.status == "not_run: the cohort has no expected course"


def test_what_comes_from_earlier_cohorts_says_so_and_what_it_does_not_know():
    found = found_with("pass")
    before = [
        RelationCheck(part=SCALE, check="like_earlier_cohorts", result="fail", detail="1.2 points lower"),
        RelationCheck(part=SCALE, check="band_between_cohorts", result="not_checked", detail="1 cohort"),
    ]
    points = [one.model_copy(update={"series": "expected_from_earlier"}) for one in found.points[:2]]
    found = found.model_copy(update={"checks": tuple(before), "points": (*points, *found.points[2:])})
    block = told(found)
    assert "those of earlier cohorts" in block.asked
    assert block.said[0].endswith(
        "the cohort rates otherwise than earlier ones, so that there are too many alerts or too few for that "
        "alone (1.2 points lower)."
    )
    assert "does not allow for how much cohorts differ" in block.said[1]
    picture = expected_course(collect([found])["relation_points"], figures_part(PLAN))
    assert "clients like them of earlier cohorts" in picture.caption

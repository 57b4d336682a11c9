"""What ``alliance-modes status`` says of steps that would run again, in a person's words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alliance_modes.plan.changes import changes
from alliance_modes.running.causes import Known, Why, causes, change_said, source_said
from alliance_modes.running.foreseen import Foreseen
from alliance_modes.running.held import Differing
from alliance_modes.running.looking import looking, only_looking
from alliance_modes.running.status import RESULTS, Cause, Status, told

PROJECT = Path(__file__).parents[2]
PLAN = "config/plan.yaml"


def step(rule="derive", **given):
    job = {
        "cohort": "north", "step": rule, "log": f"logs/north/{rule}.log", "outputs": ("a.csv", "b.csv"),
        "missing": (), "made": f"{rule}.north", "needed": True,
    }  # fmt: skip
    return Foreseen(rule=rule, **(job | given))


@pytest.fixture
def ran(tmp_path, monkeypatch):
    """A folder in which ``derive`` of north was made once."""
    monkeypatch.chdir(tmp_path)
    made = tmp_path / ".alliance_modes/made"
    made.mkdir(parents=True)
    (made / "derive.north.json").write_text("{}")
    return tmp_path


@pytest.mark.parametrize(
    ("given", "known", "said"),
    [
        ({"missing": ("a.csv",)}, {}, "a.csv is not there any more"),
        ({"missing": ("a.csv",), "made": "other.north"}, {}, "it was never made yet"),
        (
            {"missing": ("a.csv",)},
            {"failed": frozenset({"north · derive"})},
            "it failed last time (see logs/north/derive.log)",
        ),
        ({"unfinished": True}, {}, "it was cut off while it was at work"),
        (
            {},
            {"differing": {"derive.north": (Differing("a.csv", "changed", "derive.north"),)}},
            "a.csv was changed since it was made",
        ),
        ({"now": {"data_lock": "'2024-06-30'"}}, {}, "the data lock is 2024-06-30 now"),
        ({"now": {"key": "'abc'"}}, {}, "the key of the ids is another one"),
        ({"now": {"held": "'x'"}}, {}, "it was marked to be made again"),
        (
            {"now": {"environment": "'aa Python 3.12.1'"}, "before": ("'aa Python 3.11.7'",)},
            {},
            "Python is 3.12.1 now, and was 3.11.7",
        ),
        (
            {"now": {"raw": "'0'"}},
            {"sources": (("raw", "the raw file s.csv is new"), ("plan", "other"))},
            "the raw file s.csv is new",
        ),
        ({"updated": ("data/raw/north/s.csv",)}, {}, "the raw file s.csv changed"),
    ],
)  # fmt: skip
def test_a_reason_is_said_as_a_person_would(ran, given, known, said):
    (why,) = causes(step(**given), Known(PLAN, **known))
    assert said in why.text


def test_reports_taken_away_by_a_run_that_stopped_are_not_called_lost(ran):
    (ran / ".alliance_modes/made/report.north.json").write_text("{}")
    (why,) = causes(step("report", missing=("a.csv", "b.csv")), Known(PLAN))
    assert why == Why("it was taken away as the last run began, and not made again")


def test_what_follows_from_another_step_has_no_reason_of_its_own(ran):
    assert causes(step(after=True), Known(PLAN)) == []


def test_a_part_of_the_plan_is_named_by_what_changed_in_it(ran):
    task = {"name": "completion", "model": {"formula": "a + b", "claim": "primary"}, "seed": 1}
    other = {**task, "model": {"formula": "b + c", "claim": "primary"}}
    found = causes(step(now={"plan": repr(other)}, before=("'text'", repr(task))), Known(PLAN))
    assert found == [
        Why(f"{PLAN} changed", "model completion: predictors in the formula: a taken out"),
        Why(f"{PLAN} changed", "model completion: predictors in the formula: c put in"),
    ]


def test_versions_of_the_lock_are_named(ran):
    given = {"now": {"environment": "'bb Python 3.11.7'"}, "before": ("'aa Python 3.11.7'",)}
    found = causes(step(**given), Known(PLAN, packages=("numpy 2.0, now 2.1",)))
    assert found == [Why("the lock names other versions", "numpy 2.0, now 2.1")]


@pytest.mark.parametrize(
    ("path", "kind", "said"),
    [
        (PLAN, "plan", PLAN),
        ("data/raw/north/plan_additions.yaml", "plan", "plan_additions.yaml"),
        ("data/raw/north/cohort.yaml", "raw", "cohort.yaml"),
        ("/elsewhere/sessions.csv", "raw", "the raw file sessions.csv"),
        (
            "/elsewhere/withdrawn.yaml",
            "raw",
            "the list of people who were taken out, withdrawn.yaml,",
        ),
        ("config/instruments/ours.yaml", "instruments", "the instrument file ours.yaml"),
        ("data/released/north/001.json", "released", "the handed-over release 001.json"),
    ],
)
def test_a_source_is_called_by_what_it_is(path, kind, said):
    assert source_said(path, PLAN) == (kind, said)


def test_numbers_and_settings_that_appear_are_told():
    before, now = {"imputation": {"m": 20}}, {"imputation": {"m": 5, "donors": 3}}
    assert [change_said(one) for one in changes(before, now)] == [
        "imputation: completed data sets at most (m): 20, now 5",
        "imputation: donors: new",
    ]


def test_every_rule_is_part_of_something_that_a_person_relies_on():
    text = "".join(path.read_text() for path in sorted((PROJECT / "workflow/rules").glob("*.smk")))
    rules = set(re.findall(r"^rule (\w+):", text, flags=re.MULTILINE))
    assert rules == {rule for of in RESULTS.values() for rule in of}


def test_all_is_told_in_the_order_that_a_person_asks():
    cause = Cause(
        f"{PLAN} changed", ("model a: claim",), ("model a", "estimates", "report", "research", "release")
    )
    found = [
        Status(
            "north",
            40,
            5,
            (cause,),
            ("clean tables",),
            ("programme report",),
            ("no release was handed over",),
        ),
        Status("south", 40),
        Status("east", refused="cohort.yaml is a draft with 2 open questions: alliance-modes answer east"),
    ]
    assert list(told(found)) == [
        "north: 5 of 40 steps would run again",
        f"    because {PLAN} changed (model a: claim): model a, estimates, report, research and 1 more",
        "    may be relied on now: clean tables",
        "    not to be relied on until alliance-modes run north: programme report",
        "    no release was handed over",
        "south: up to date (40 steps)",
        "east: cannot be run: cohort.yaml is a draft with 2 open questions: alliance-modes answer east",
    ]
    assert [one.up_to_date for one in found] == [False, True, False]


def test_looking_lasts_as_long_as_it_is_asked_for():
    with only_looking():
        assert looking()
    assert not looking()

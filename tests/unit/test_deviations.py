"""Which edits of a plan are deviations from what was registered, which are wording, and which are none."""

from __future__ import annotations

import copy
import json

import pytest

from alliance_modes.plan.deviations import deviations
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.protocol import instrument_of


@pytest.fixture
def plan():
    return json.loads(Plan().model_dump_json())


def edited(plan, edit):
    other = copy.deepcopy(plan)
    edit(other)
    return other


def only(plan, edit):
    (found,) = deviations(plan, edited(plan, edit))
    return found.kind, found.where, found.registered, found.used


def test_the_same_plan_departs_in_nothing(plan):
    assert deviations(plan, copy.deepcopy(plan)) == ()


def test_another_order_is_no_deviation(plan):
    def turned(other):
        for part in ("models", "predictors"):
            other[part] = dict(reversed(other[part].items()))
        alliance = other["models"]["alliance"]
        alliance["outcomes"].reverse()
        for key in ("tested", "random"):
            alliance[key].reverse()
        alliance["formula"] = " + ".join(reversed(alliance["formula"].split(" + ")))
        other["influence"]["models"].reverse()

    assert deviations(plan, edited(plan, turned)) == ()


def test_another_order_that_decides_numbers_is_one(plan):
    plan["models"]["completion_moderation"]["slopes"]["practitioner"] = ["mandated", "risk_score"]
    kind, where, registered, used = only(
        plan,
        lambda other: other["models"]["completion_moderation"]["slopes"]["practitioner"].reverse(),
    )
    assert (kind, where) == ("analysis", "model completion_moderation: slopes, practitioner")
    assert (registered, used) == ("mandated, risk_score", "risk_score, mandated")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("imputation", "m"), 5, ("imputation: completed data sets at most (m)", "20", "5")),
        (
            ("disclosure", "threshold"),
            5,
            ("what a release withholds: smallest count that is shown (threshold)", "10", "5"),
        ),
        (
            ("models", "completion", "claim"),
            "exploratory",
            ("model completion: claim", "primary", "exploratory"),
        ),
        (
            ("models", "completion", "estimand", "time_zero"),
            "referral",
            ("model completion: estimand, time zero", "the first session", "referral"),
        ),
        (("predictors", "needs", "split"), False, ("predictor needs: split", "yes", "no")),
        (("bootstrap", "draws"), 0, ("bootstrap: draws at most", "199", "0")),
    ],
)  # fmt: skip
def test_a_setting_is_told_by_its_place_and_both_values(plan, path, value, said):
    def edit(other):
        for key in path[:-1]:
            other = other[key]
        other[path[-1]] = value

    assert only(plan, edit) == ("analysis", *said)


def test_a_covariate_that_is_added_or_left_out_is_one_line_each(plan):
    def edit(other):
        model = other["models"]["completion"]
        model["formula"] = model["formula"].replace(" + needs", " + time")

    found = [(one.where, one.registered, one.used) for one in deviations(plan, edited(plan, edit))]
    assert found == [
        ("model completion: predictors in the formula: needs", "listed", "not listed"),
        ("model completion: predictors in the formula: time", "not listed", "listed"),
    ]


def test_a_whole_model_or_outcome_is_one_line(plan):
    found = only(plan, lambda other: other["models"].pop("dropout"))
    assert found == ("analysis", "model dropout", "planned (primary)", "not in the plan")
    kind, where, registered, used = only(plan, lambda other: other["models"]["alliance"]["outcomes"].pop())
    assert (kind, where) == ("analysis", "model alliance, outcome practitioner_total")
    assert (registered, used) == ("planned (secondary)", "not in the plan")


def test_wording_is_told_as_such_and_last(plan):
    def edit(other):
        other["models"]["alliance"]["title"] = "Another title"
        other["predictors"]["needs"]["label"] = "Needs"
        other["seed"] = 1

    found = deviations(plan, edited(plan, edit))
    assert [one.kind for one in found] == ["analysis", "wording", "wording"]


def test_parts_under_another_name_are_the_same_wherever_they_are_named(plan):
    def edit(other):
        text = json.dumps(other).replace("risk_score", "risk").replace('"risk_z"', '"risk_score_z"')
        other.clear()
        other.update(json.loads(text))
        other["models"] = {
            "finishing" if name == "completion" else name: one for name, one in other["models"].items()
        }
        for part, key in (("bootstrap", "models"), ("influence", "models"), ("imputation", "models")):
            other[part][key] = ["finishing" if one == "completion" else one for one in other[part][key]]
        for one in other["relations"].values():
            if "models" in one:
                one["models"] = ["finishing" if each == "completion" else each for each in one["models"]]
        for name in ("specifications", "plasmode"):
            one = other["relations"][name]
            one["outcomes"] = [each.replace("completion.", "finishing.") for each in one["outcomes"]]

    found = [(one.kind, one.where, one.used) for one in deviations(plan, edited(plan, edit))]
    assert found == [
        ("wording", "name of the predictor risk_score", "risk"),
        ("wording", "name of the model completion", "finishing"),
    ]


def test_a_name_that_stands_for_something_else_now_is_no_new_name(plan):
    def edit(other):
        model = other["models"].pop("completion")
        other["models"]["finishing"] = {**model, "claim": "secondary"}

    found = {(one.where, one.used) for one in deviations(plan, edited(plan, edit))}
    assert found == {("model completion", "not in the plan"), ("model finishing", "planned (secondary)")}


def test_an_outcome_under_another_name(plan):
    def edit(other):
        other["models"]["alliance"]["outcomes"][0]["name"] = "goal_by_client"

    assert only(plan, edit) == (
        "wording", "name of the model alliance, outcome client_goal", "client_goal", "goal_by_client",
    )  # fmt: skip


def test_a_setting_that_one_version_alone_knows_is_told(plan):
    assert only(plan, lambda other: other["imputation"].update(new=1))[2:] == ("no such setting", "1")
    assert only(plan, lambda other: other["imputation"].pop("m"))[2:] == ("20", "no such setting")


def test_an_instrument_is_registered_without_its_wording():
    from alliance_modes.instruments.model import load_instruments

    found = instrument_of(load_instruments()["wai_sr"])
    assert found["items"] == 12 and len(found["sha256"]) == 64
    assert not {"wording", "responses"} & found.keys()

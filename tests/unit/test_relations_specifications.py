"""The specification curve: what is listed, shared and fitted once, and which choice moves the estimates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from relation_tables import one_grouping, task_of
from scipy import stats

from alliance_modes.domain import MODES
from alliance_modes.models.inference.estimated import Estimated
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.plan.parts import RelationTask, specifications_task
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.relations.specifications import PLANNED, Choices, Specifications
from alliance_modes.relations.collect import collect
from alliance_modes.relations.specifications.analysis import analyse, curve, distinct_of, table_of
from alliance_modes.relations.specifications.data import AsPlanned, OfCleaned, as_given, read_as_planned
from alliance_modes.relations.specifications.listed import listed, options_of, outcomes_of
from alliance_modes.relations.specifications.moved import moved
from alliance_modes.relations.specifications.outlying import outlying
from alliance_modes.relations.specifications.part import specifications_part
from alliance_modes.relations.specifications.permuted import permuted
from alliance_modes.relations.specifications.result import Fitted, SpecificationsPart
from alliance_modes.relations.specifications.varied import varied, with_administrative_ends, with_pair

FORMULA = "educative + engagement + therapeutic + time"
PLAN = one_grouping(Plan(), "alliance", FORMULA, tuple(MODES))
PART = "alliance.client_total"
TESTED = ("inventories", "practitioners", "form", "rater")
NOTHING: dict[str, object] = {**{name: () for name in Choices.model_fields}, "careless": {}, "scoring": {}}
OUTCOME = next(one for one in PLAN.models["alliance"].outcomes if one.name == "client_total")


def choices(**wanted: object) -> Choices:
    """These choices alone."""
    return Choices.model_validate({**NOTHING, **wanted})


FOUR = choices(**{name: getattr(Choices(), name) for name in TESTED})


def inventories(seed: int, practitioners: int = 30, **planted: float) -> pd.DataFrame:
    """Two inventories by both raters of six clients of each practitioner; ``engagement`` counts .3.

    ``leaving``: clients' change to the second, who leave before it where it is a fall and the practitioner is
    low in engagement.
    """
    rng = np.random.default_rng(seed)
    modes = rng.standard_normal((practitioners, 3))
    own = 0.3 * modes[:, 1] + 0.2 * rng.standard_normal(practitioners)
    own += planted.get("curved", 0.0) * modes[:, 1] ** 2
    own[0] += planted.get("outlier", 0.0)
    lead = np.repeat(np.arange(practitioners), 12)
    parts = []
    for rater in ("client", "practitioner"):
        extra = planted.get("same_rater", 0.0) * modes[lead, 1] * (rater == "practitioner")
        parts.append(
            pd.DataFrame({f"{mode}_z": modes[lead, k] for k, mode in enumerate(MODES)}).assign(
                rater=rater,
                total=3.5 + own[lead] + extra + 0.5 * rng.standard_normal(len(lead)),
                practitioner_id=[f"p{one:02d}" for one in lead],
                co_practitioner_id=[f"p{(one + 1) % practitioners:02d}" for one in lead],
                enrolment_id=[f"e{one // 2:04d}" for one in range(len(lead))],
                session_no=np.tile([3, 12], len(lead) // 2),
                time=np.tile([0.2, 1.1], len(lead) // 2),
            )
        )
    return _leaving(pd.concat(parts, ignore_index=True), seed, planted.get("leaving", 0.0))


def _leaving(table: pd.DataFrame, seed: int, spread: float) -> pd.DataFrame:
    people = table["enrolment_id"].unique()
    drawn = np.random.default_rng([seed, 1]).standard_normal(len(people))
    change = spread * table["enrolment_id"].map(pd.Series(drawn, index=people))
    second = table["session_no"] == 12
    gone = second & (change < 0.0) & (table["engagement_z"] < 0.0) & (spread > 0.0)
    return table.assign(total=table["total"] + change * second)[~gone].reset_index(drop=True)


def fits_of(
    table: pd.DataFrame, asked: Choices = FOUR, **settings: object
) -> tuple[RelationTask, tuple[Fitted, ...]]:
    task = task_of("specifications", PLAN, outcomes=(PART,), choices=asked, **settings)
    return task, specifications_part(task, PLANNED, as_given({"alliance": table})).fits


def part_of(fits: Sequence[Fitted]) -> SpecificationsPart:
    return SpecificationsPart(careless=PLANNED, fits=tuple(fits))


def alarms(table: pd.DataFrame) -> dict[str, float | None]:
    _, fits = fits_of(table, at_most=2)
    return {one.choice: one.p_adjusted for one in moved(fits[0], fits[1:])}


def test_the_first_are_the_plan_and_each_choice_alone_and_no_combination_comes_twice():
    task = task_of("specifications", at_most=60)
    for one in outcomes_of(task):
        found = listed(one, task)
        options = options_of(one, task)
        alone = sum(len(each) - 1 for each in options.values())
        assert (
            found[0].otherwise == () and [len(each.otherwise) for each in found[1 : alone + 1]] == [1] * alone
        )
        assert all(len(each.otherwise) > 1 for each in found[alone + 1 :])
        assert len(found) == len({tuple(each.options.items()) for each in found}) == 60
        assert found == listed(one, task), "drawn from the seed of the plan"


def test_a_choice_that_cannot_concern_an_outcome_is_not_varied():
    task = task_of("specifications")
    alliance, completion = (options_of(one, task) for one in outcomes_of(task))
    assert "administrative_end" not in alliance and alliance["rater"] == (PLANNED, "practitioner")
    assert not {"rater", "inventories"} & set(completion) and completion["random"][1:] == (
        "practitioners_alone",
    )


def test_fewer_combinations_than_asked_for_are_all_made():
    _, fits = fits_of(inventories(1), choices(form=("with_squares",), rater=("practitioner",)), at_most=100)
    assert [one.options for one in fits] == [
        {"form": form, "rater": rater}
        for form, rater in (
            (PLANNED, PLANNED),
            ("with_squares", PLANNED),
            (PLANNED, "practitioner"),
            ("with_squares", "practitioner"),
        )
    ]


def test_each_specification_is_what_the_engine_alone_says_of_its_model_and_table():
    table = inventories(2)
    task, fits = fits_of(table, at_most=16)
    (one,) = outcomes_of(task)
    for fit in fits:
        asked = varied(one, fit.options, task, {"alliance": table})
        alone = estimate_outcome(asked.predictors, asked.model, asked.outcome, asked.table)
        assert isinstance(alone, Estimated)
        for row in fit.terms:
            place = alone.inference.place(f"{row.term}_z")
            assert row.estimate == pytest.approx(alone.inference.beta[place], abs=1e-4 * row.se)
            assert row.se == pytest.approx(alone.inference.se[place], rel=1e-3)
            assert row.p == pytest.approx(alone.inference.p[place], rel=1e-2, abs=1e-12)


def test_specifications_that_come_to_the_same_fit_are_fitted_once_and_named():
    _, fits = fits_of(
        inventories(3), choices(practitioners=("without_outlying",), exposure=("mean_of_pair",))
    )
    table = table_of([part_of(fits)])
    same = table.drop_duplicates("specification").set_index("specification")["same_as"]
    first = {fit.number: next(one.number for one in fits if one.content == fit.content) for fit in fits}
    repeated = {number: of for number, of in first.items() if of != number}
    assert repeated and same[same.notna()].to_dict() == repeated
    assert len(distinct_of(fits)) == len(fits) - len(repeated)


def test_the_curve_is_the_same_in_whatever_order_its_parts_come():
    _, fits = fits_of(inventories(4), at_most=12)
    parts = [part_of(fits[place::3]) for place in range(3)]
    first, other = (collect([curve(each)])["relations"] for each in (parts, parts[::-1]))
    pd.testing.assert_frame_equal(first, other)
    pd.testing.assert_frame_equal(table_of(parts), table_of(parts[::-1]))


def test_median_range_and_shares_are_those_of_the_table():
    table = inventories(5)
    task = task_of("specifications", PLAN, outcomes=(PART,), choices=FOUR, at_most=16)
    rows = collect([analyse(task, {"alliance": table})])["relations"].set_index(["term", "estimand"])[
        "estimate"
    ]
    _, fits = fits_of(table, at_most=16)
    all_rows = table_of([part_of(fits)])
    own = all_rows[(all_rows["term"] == "engagement") & all_rows["same_as"].isna()]
    assert rows["engagement", "median"] == pytest.approx(own["estimate"].median())
    assert rows["engagement", "lowest"] == own["estimate"].min()
    assert rows["engagement", "share_below_level"] == (own["p"] < 0.05).mean()
    assert rows["engagement", "coefficient"] == own["estimate"].iloc[0]


@pytest.mark.parametrize(
    ("planted", "choice"),
    [
        ({"same_rater": 0.5}, "rater"),
        ({"outlier": 3.0}, "practitioners"),
        ({"curved": 0.4}, "form"),
    ],
)
def test_a_planted_threat_is_found_by_the_choice_that_concerns_it(planted: dict, choice: str):
    found = alarms(inventories(6, 40, **planted))
    assert found[choice] is not None and found[choice] < 0.01
    clean = alarms(inventories(6, 40))
    assert all(p is None or p > 0.05 for p in clean.values())


def test_clients_who_leave_when_the_alliance_falls_are_found_by_the_first_inventories():
    found, clean = alarms(inventories(7, 120, leaving=1.0)), alarms(inventories(7, 120))
    assert found["inventories"] < 0.01 < 0.05 < clean["inventories"]
    assert found["rater"] > 0.05


def test_the_error_of_a_shift_is_the_jackknife_of_refits_without_each_practitioner():
    """Brute force: both models fitted again without each practitioner, variances free."""
    table = inventories(7, 20)
    asked = choices(rater=("practitioner",))
    task, (planned, other) = fits_of(table, asked)
    (one,) = outcomes_of(task)
    left = []
    for gone in sorted(table["practitioner_id"].unique()):
        kept = {"alliance": table[table["practitioner_id"] != gone]}
        both = []
        for fit in (planned, other):
            made = varied(one, fit.options, task, kept)
            found = estimate_outcome(made.predictors, made.model, made.outcome, made.table)
            assert isinstance(found, Estimated)
            both.append(found.inference.beta[found.inference.place("engagement_z")])
        left.append(both[1] - both[0])
    brute = np.sqrt(19 / 20 * ((np.array(left) - np.mean(left)) ** 2).sum())
    shift = next(each for each in moved(planned, [other])[0].shifts if each.term == "engagement")
    assert shift.se == pytest.approx(brute, rel=0.1)


def test_outlying_is_the_deletion_residual_of_weighted_least_squares():
    people = pd.DataFrame(np.random.default_rng(8).standard_normal((30, 3)), columns=list("abc"))
    people["total"] = people["a"] + 0.5 * np.random.default_rng(9).standard_normal(30)
    people.loc[4, "total"] += 4.0
    rows = people.assign(practitioner_id=[f"p{one:02d}" for one in range(30)], rater="client")
    rows = pd.concat([rows.assign(total=rows["total"] + noise) for noise in (-0.1, 0.1)], ignore_index=True)
    found = outlying(rows, OUTCOME, list("abc"))
    theirs = sm.OLS(people["total"], sm.add_constant(people[list("abc")])).fit().get_influence()
    p = 30 * 2 * stats.t.sf(np.abs(theirs.resid_studentized_external), 25)
    assert found.left_out == ("p04",) and found.p == pytest.approx(p.min(), rel=1e-6)
    assert outlying(rows.iloc[:6], OUTCOME, list("abc")).p is None


def test_the_mean_of_a_pair_is_that_of_both_where_the_second_is_known():
    table = pd.DataFrame(
        {"practitioner_id": ["a", "b", "c"], "co_practitioner_id": ["b", None, "z"], "x": [1.0, 3.0, 5.0]}
    )
    assert with_pair(table, table, ["x"])["x"].tolist() == [2.0, 3.0, 5.0]


def test_administrative_ends_count_within_the_denominator_alone():
    table = pd.DataFrame(
        {
            "end_kind": ["administrative", "administrative", "completed"],
            "denominator": pd.array([True, False, True], dtype="boolean"),
            "completed": pd.array([pd.NA, pd.NA, 1], dtype="Int64"),
        }
    )
    assert with_administrative_ends(table, completed=False)["completed"].tolist() == [0, pd.NA, 1]


def test_a_permutation_keeps_scores_together_and_is_the_same_for_every_table():
    table = inventories(10, 12)
    task, _ = fits_of(table, at_most=2)
    (one,) = outcomes_of(task)
    first, again, other = (permuted(one, task, {"alliance": table}, draw)["alliance"] for draw in (0, 0, 1))
    columns = [f"{mode}_z" for mode in MODES]
    pd.testing.assert_frame_equal(first, again)
    assert not first[columns].equals(other[columns])
    before = set(map(tuple, table[columns].to_numpy()))
    assert set(map(tuple, first[columns].to_numpy())) == before
    assert (first.groupby("practitioner_id")[columns].nunique() == 1).all(axis=None)


def test_a_true_effect_stands_out_from_permuted_scores_and_their_p_has_the_draws_that_were_asked_for():
    asked = choices(rater=("practitioner",))
    task = task_of("specifications", PLAN, outcomes=(PART,), choices=asked, null_draws=19)
    table = inventories(11, 24)
    some = table[table["enrolment_id"].str[1:].astype(int) % 6 < 2]
    rows = collect([analyse(task, {"alliance": some})])["relations"]
    rows = rows.set_index(["term", "estimand"])["p"]
    assert rows["engagement", "median"] == rows["engagement", "share_below_level"] == 1 / 20
    assert rows["educative", "median"] > 0.05


def test_too_few_practitioners_and_no_rows_are_refused_with_the_reason():
    task = task_of("specifications", PLAN, outcomes=(PART,), choices=FOUR)
    few = collect([analyse(task, {"alliance": inventories(12, 9)})])["relations"]
    assert few["status"].tolist() == ["not_estimated"] and "9 practitioners" in few["reason"].iloc[0]
    none = collect([analyse(task, {"alliance": inventories(12).iloc[:0]})])["relations"]
    assert none["status"].tolist() == ["not_run"] and "no rows" in none["reason"].iloc[0]
    unknown = task_of("specifications", PLAN, outcomes=("alliance.client_none",))
    assert analyse(unknown, {"alliance": inventories(12)}).status == "not_run"


def test_an_option_may_not_be_called_planned_and_none_listed_is_not_varied():
    with pytest.raises(ValueError, match="planned"):
        Choices(scoring={PLANNED: 1.0})
    assert Specifications(choices=choices()).choices.options == {}
    assert Specifications(choices=choices()).parts == (PLANNED,)


def test_with_one_specification_there_is_nothing_to_compare():
    _, fits = fits_of(inventories(13), choices())
    assert len(fits) == 1 and moved(fits[0], []) == ()


def test_what_the_line_made_by_the_plans_own_rules_is_not_made_again() -> None:
    derived, none = {"alliance": inventories(3)}, pd.DataFrame()
    line = AsPlanned(tables={}, account=none, flags=none, scores=none, derived=derived)
    task = specifications_task(Plan())

    def of_cleaned(careless: str) -> OfCleaned:
        return OfCleaned(task, careless, line, date(2024, 1, 1), {})

    assert of_cleaned(PLANNED).tables_of({"form": "with_squares"}) is derived
    assert of_cleaned(PLANNED).tables_of({"careless": "every_flag"}) is None
    assert of_cleaned("every_flag").tables_of({}) is None
    assert read_as_planned(task, []) is None

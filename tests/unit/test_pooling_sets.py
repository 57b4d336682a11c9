"""Sets that holders gave away: read as written, refused where they do not agree, with what differs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from shared_sets import MODEL, OUTCOME, PLAN, asked, fit, several, shared, terms

from alliance_modes.ground.errors import SharingError
from alliance_modes.pooling.agreement import agreed, check_sets
from alliance_modes.pooling.shared_set import FILE, load_shared

FIRST = (0.31, 0.12, -0.08)


def written(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / FILE).write_text(text, encoding="utf-8")
    return folder


def test_a_set_is_read_as_it_was_written(tmp_path):
    one = shared("north", fit(FIRST))
    assert load_shared(written(tmp_path / "north", one.text())) == one
    errors = np.array([term.se for term in one.fits[0].terms])
    assert np.sqrt(np.diag(one.fits[0].covariance)) == pytest.approx(errors)
    assert one.fits[0].covariance[0, 1] == pytest.approx(-0.13 * 0.2 * 0.18)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda found: found["fits"][0]["terms"][0].update(estimate=9.0), "SHA-256 is another one"),
        (lambda found: found.update(form=2), "of form 2"),
        (lambda found: found.update(extra=1), "extra: Extra inputs"),
        (lambda found: found["fits"][0]["correlation"][0].__setitem__(1, 0.5), "not symmetric"),
        (lambda found: found["fits"][0]["terms"].pop(), "a row and a column for each term"),
        (lambda found: found["fits"][0].update(model="other"), "models that are not in asked: other"),
        (lambda found: found["fits"].append(found["fits"][0]), "an outcome stands twice"),
        (lambda found: found["asked"]["predictors"].pop("educative"), "names predictors that are not there"),
        (lambda found: found.update(cohort="north\x1b[2J"), "cohort: String should match"),
        (
            lambda found: found["asked"]["models"].update(
                {"../../up": found["asked"]["models"]["completion"]}
            ),
            "up",
        ),
    ],
)
def test_a_set_that_was_changed_or_is_none_is_refused_with_why(tmp_path, change, said):
    found = json.loads(shared("north", fit(FIRST)).text())
    change(found)
    with pytest.raises(SharingError, match=said):
        load_shared(written(tmp_path / "north", json.dumps(found)))


def test_estimates_that_no_matrix_can_correlate_so_are_refused(tmp_path):
    found = json.loads(shared("north", fit(FIRST)).text())
    found["fits"][0]["correlation"] = [[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]]
    text = json.dumps(found)
    with pytest.raises(SharingError, match="no estimates can have this one"):
        load_shared(written(tmp_path / "north", text))


def test_what_is_no_set_at_all_is_told_in_one_message(tmp_path):
    with pytest.raises(SharingError, match=r"there is no shared\.json"):
        load_shared(written(tmp_path / "a", "").parent)
    for text in ("", "[]", "nan"):
        with pytest.raises(SharingError):
            load_shared(written(tmp_path / "b", text))


def test_one_set_or_two_of_one_cohort_are_refused():
    one, other = several(2)
    check_sets([one, other])
    with pytest.raises(SharingError, match="nothing to pool"):
        check_sets([one])
    for again, said in (
        (one, "give the same estimates"),
        (shared("south", *one.fits), "give the same estimates"),
        (shared("c1", *other.fits), "two sets are called c1"),
    ):
        with pytest.raises(SharingError, match=said):
            check_sets([one, again])


def refused(*sets) -> str:
    return next(one.refused for one in agreed(sets) if (one.model, one.outcome) == (MODEL, OUTCOME))


def with_model(**changed):
    models = {**PLAN.models, MODEL: PLAN.models[MODEL].model_copy(update=changed)}
    return asked(PLAN.model_copy(update={"models": models}))


def with_predictor(name: str, **changed):
    predictors = {**PLAN.predictors, name: PLAN.predictors[name].model_copy(update=changed)}
    return asked(PLAN.model_copy(update={"predictors": predictors}))


def test_what_differs_between_plans_instruments_and_codings_is_said():
    one = shared("north", fit(FIRST))
    assert not refused(one, shared("south", fit((0.2, 0.1, 0.0))))
    of_formula = shared("south", fit((0.2, 0.1, 0.0)), asked=with_model(formula="educative + engagement"))
    assert refused(one, of_formula).startswith("north and south differ: ")
    assert "predictors in the formula" in refused(one, of_formula)
    coded = shared("south", fit((0.2, 0.1, 0.0)), asked=with_predictor("mandated", column="ordered"))
    assert "predictor mandated: column" in refused(one, coded)
    relabelled = shared("south", fit((0.2, 0.1, 0.0)), asked=with_predictor("mandated", label="Ordered"))
    assert not refused(one, relabelled), "wording decides no number"
    waves = PLAN.model_copy(update={"exposure": PLAN.exposure.model_copy(update={"waves": "all"})})
    assert "exposure" in refused(one, shared("south", fit((0.2, 0.1, 0.0)), asked=asked(waves)))
    keyed = shared("south", fit((0.2, 0.1, 0.0)), instruments={"modes_of_practice": "bbbb"})
    assert "modes_of_practice has other items, keys or ranges in north and south" in refused(one, keyed)
    told = shared("south", fit((0.2, 0.1, 0.0), instruments=("srs",)))
    other = shared("north", fit(FIRST, instruments=("wai_sr",)))
    assert "told by different instruments (north: wai_sr; south: srs)" in refused(other, told)


def test_a_predictor_that_the_model_has_not_may_differ():
    one = shared("north", fit(FIRST))
    other = shared("south", fit((0.2, 0.1, 0.0)), asked=with_predictor("time", unit="5", smooth=2))
    assert not refused(one, other)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"withheld": "too few", "terms": (), "correlation": ()}, "too few"),
        ({"status": "not_converged", "terms": (), "correlation": ()}, r"not estimated \(not converged\)"),
        ({"reduced": ("risk_score",)}, "lacks risk_score"),
    ],
)
def test_a_cohort_that_cannot_be_pooled_is_left_out_and_the_others_are_not(changed, said):
    sets = [*several(2), shared("north", fit(FIRST, **changed))]
    (one,) = [one for one in agreed(sets) if one.outcome == OUTCOME]
    assert not one.refused and set(one.fits) == {"c1", "c2"}
    (left,) = one.left
    assert left.cohort == "north"
    assert re.search(said, left.reason)


def test_where_one_alone_is_left_nothing_is_pooled():
    lacking = fit(FIRST, withheld="too few", terms=(), correlation=())
    assert refused(shared("north", fit(FIRST)), shared("south", lacking)) == (
        "1 of 2 cohorts give estimates of it"
    )
    assert len(terms(FIRST)) == 3

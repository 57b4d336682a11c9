"""A key that does not fit the answers is found, the key that fits is named, and sound keys are left alone."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alliance_modes.dictionary.measurement import TABLES
from alliance_modes.instruments.model import Instrument, load_instruments
from alliance_modes.measurement.cohort import measure_cohort
from alliance_modes.measurement.keys.audit import audit_keys
from alliance_modes.measurement.keys.keying import alpha_of, fit_key, noise_edge
from alliance_modes.measurement.reliability.alpha import cronbach_alpha

SPEC = importlib.util.spec_from_file_location(
    "keying_study", Path(__file__).parents[2] / "benchmarks" / "keying.py"
)
STUDY = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(STUDY)
answers_of, planted_errors = STUDY.answers_of, STUDY.planted_errors

INSTRUMENTS = load_instruments()
WAI = INSTRUMENTS["wai_36"]


def inventory(name: str, people: int = 150, seed: int = 1, sharper: float = 1.0) -> pd.DataFrame:
    """Answers as people tick them, in the shape of the clean alliance table."""
    instrument = INSTRUMENTS[name]
    answers = answers_of(instrument, people, np.random.default_rng(seed), sharper)
    table = pd.DataFrame(answers, columns=list(instrument.item_columns("item")))
    return table.assign(
        enrolment_id=[f"e{number}" for number in range(people)],
        session_no=3,
        rater="client",
        instrument=name,
        source_file="a.csv",
        source_row=range(2, people + 2),
    )


def turned(table: pd.DataFrame, items, name: str = "wai_36") -> pd.DataFrame:
    """The same forms with some items turned round in the export."""
    both = INSTRUMENTS[name].range.low + INSTRUMENTS[name].range.high
    columns = [f"item_{item}" for item in items]
    return table.assign(**{column: both - table[column] for column in columns})


def verdicts(found: pd.DataFrame) -> dict[int, str]:
    return found[found["source_file"] == ""].drop_duplicates("item").set_index("item")["verdict"].to_dict()


def wrong(found: pd.DataFrame) -> dict[int, str]:
    return {item: verdict for item, verdict in verdicts(found).items() if verdict.startswith("fits")}


def test_a_clean_cohort_fits_its_key_and_says_so_of_every_item():
    found = audit_keys({"alliance": inventory("wai_36")}, INSTRUMENTS)
    assert TABLES["key_audit"].validate(found) is found
    assert set(verdicts(found).values()) == {"as_declared"} and len(verdicts(found)) == 36
    assert found["reference"].value_counts().to_dict() == {"total": 36, "goal": 12, "task": 12, "bond": 12}
    assert (found["ci_low"] > 0).all() and (found["loading"] > 0).all()


def test_the_published_error_of_28_in_place_of_29_is_found_and_the_right_key_named():
    """A published data set was scored with bond items 1, 20, 28 reversed in place of 1, 20, 29."""
    key = tuple(sorted({*WAI.reversed} - {29} | {28}))
    instruments = {"wai_36": WAI.model_copy(update={"reversed": key})}
    found = audit_keys({"alliance": inventory("wai_36")}, instruments)
    assert wrong(found) == {28: "fits_not_reversed", 29: "fits_reversed"}
    bond = found[found["reference"] == "bond"].set_index("item")
    assert (bond.loc[[28, 29], "item_rest"] < -0.4).all()
    assert (bond.loc[[28, 29], "item_rest_alternative"] > 0.5).all()
    assert (bond["alpha_alternative"] - bond["alpha"]).min() > 0.1
    assert (found["version"] == "").all()


def test_item_rest_correlations_are_those_of_the_table_of_items():
    table = turned(inventory("wai_36", seed=3), [5, 28])
    _, items = measure_cohort({"alliance": table}, INSTRUMENTS)
    found = audit_keys({"alliance": table}, INSTRUMENTS)
    both = found.merge(items, left_on=["reference", "item"], right_on=["scale", "item"])
    assert len(both) == 72
    np.testing.assert_allclose(both["item_rest_x"], both["item_rest_y"], atol=1e-12)
    right = turned(table, [5, 28])
    _, items = measure_cohort({"alliance": right}, INSTRUMENTS)
    both = found.merge(items, left_on=["reference", "item"], right_on=["scale", "item"])
    np.testing.assert_allclose(both["item_rest_alternative"], both["item_rest_y"], atol=1e-12)


def test_an_export_that_was_already_reversed_is_recognised_though_half_of_the_goal_items_are():
    found = audit_keys({"alliance": turned(inventory("wai_36"), WAI.reversed)}, INSTRUMENTS)
    assert wrong(found) == dict.fromkeys(WAI.reversed, "fits_not_reversed")


def test_a_whole_subscale_turned_round_is_seen_in_the_total():
    found = audit_keys({"alliance": turned(inventory("wai_36"), WAI.subscales["bond"])}, INSTRUMENTS)
    assert sorted(wrong(found)) == sorted(WAI.subscales["bond"])


def test_wrong_items_do_not_drag_sound_ones_along():
    """Five of the twelve bond items turned: no other item is called wrong or unclear."""
    planted = [5, 8, 17, 19, 36]
    found = audit_keys({"alliance": turned(inventory("wai_36"), planted)}, INSTRUMENTS)
    assert wrong(found) == dict.fromkeys(planted, "fits_reversed")
    assert sum(verdict == "as_declared" for verdict in verdicts(found).values()) == 31


def test_the_version_whose_key_fits_is_named():
    """WAI-SR has nothing reversed; its answers declared as WAI-S look as if 4 and 10 were not."""
    table = inventory("wai_sr").assign(instrument="wai_s")
    found = audit_keys({"alliance": table}, INSTRUMENTS)
    assert wrong(found) == {4: "fits_not_reversed", 10: "fits_not_reversed"}
    assert found["version"].unique().tolist() == ["wai_sr"]


def test_one_of_two_sites_that_reversed_its_export_is_found_though_the_whole_looks_weak_only():
    north, south = inventory("wai_36", seed=5), inventory("wai_36", seed=6)
    south = turned(south, WAI.reversed).assign(
        source_file="south.csv", enrolment_id=lambda t: "s" + t["enrolment_id"]
    )
    found = audit_keys({"alliance": pd.concat([north, south], ignore_index=True)}, INSTRUMENTS)
    by_file = found[found["verdict"] == "fits_not_reversed"].groupby("source_file")["item"].unique()
    assert sorted(by_file["south.csv"]) == list(WAI.reversed)
    assert "a.csv" not in by_file
    assert sorted(found["source_file"].unique()) == ["", "a.csv", "south.csv"]


def small(items: int, subscales: dict, reversed_: list[int], **more) -> Instrument:
    return Instrument.model_validate(
        {
            "id": "own", "title": "Own", "measures": "own", "raters": ["client"], "items": items,
            "range": {"low": 1, "high": 5}, "subscales": subscales, "reversed": reversed_,
            "scoring": {"method": "mean"}, "source": "own", "rights": "own", "verified": "no", **more,
        }
    )  # fmt: skip


def own(instrument: Instrument, people: int, seed: int = 2, sharper: float = 1.0) -> pd.DataFrame:
    answers = answers_of(instrument, people, np.random.default_rng(seed), sharper)
    table = pd.DataFrame(answers, columns=list(instrument.item_columns()))
    return table.assign(enrolment_id=[f"e{i}" for i in range(people)], session_no=1)


@pytest.mark.parametrize(
    ("people", "subscales", "reason"),
    [
        (29, {"one": [1, 2, 3, 4]}, "29 complete respondents; at least 30 are needed"),
        (80, {"one": [1, 2], "two": [3, 4]}, "2 items that vary; at least 3 are needed"),
    ],
)
def test_what_cannot_be_judged_says_why_and_gives_no_number(people, subscales, reason):
    instrument = small(4, subscales, [2])
    found = audit_keys({"sessions": own(instrument, people)}, {"own": instrument})
    assert (found["verdict"] == "not_estimated").all() and (found["reason"] == reason).all()
    assert found[["item_rest", "ci_low", "loading", "alpha"]].isna().all().all()


def test_items_that_share_nothing_are_not_judged():
    instrument = small(6, {"one": [1, 2, 3, 4, 5, 6]}, [2])
    rng = np.random.default_rng(8)
    table = own(instrument, 200)
    table[list(instrument.item_columns())] = rng.integers(1, 6, size=(200, 6)).astype(float)
    found = audit_keys({"sessions": table}, {"own": instrument})
    assert (found["verdict"] == "not_estimated").all()
    assert found["reason"].str.contains("no more than unrelated items").all()


def test_an_item_answered_alike_by_everyone_is_not_judged_and_the_others_are():
    instrument = small(6, {"one": [1, 2, 3, 4, 5, 6]}, [2])
    table = own(instrument, 200).assign(own_4=3.0)
    found = audit_keys({"sessions": table}, {"own": instrument})
    assert verdicts(found) == {**dict.fromkeys(range(1, 7), "as_declared"), 4: "not_estimated"}


def test_of_two_halves_the_one_with_the_reversed_items_is_named_and_the_doubt_is_told():
    instrument = small(6, {"one": [1, 2, 3, 4, 5, 6]}, [2, 4, 6])
    table = own(instrument, 200)
    columns = ["own_2", "own_4", "own_6"]
    table = table.assign(**{column: 6 - table[column] for column in columns})
    found = audit_keys({"sessions": table}, {"own": instrument})
    assert wrong(found) == dict.fromkeys([2, 4, 6], "fits_not_reversed")
    assert found["reason"].str.contains("half of the items").all()


def test_subscales_that_oppose_each_other_are_sound_where_there_is_no_total():
    """Engaged and conflict in the group climate form run against each other by design."""
    climate = INSTRUMENTS["gcq_s"]
    opposed = climate.model_copy(update={"reversed": climate.subscales["conflict"]})
    answers = answers_of(opposed, 200, np.random.default_rng(4), 1.0)
    table = pd.DataFrame(answers, columns=list(climate.item_columns()))
    table = table.assign(group_id=[f"g{i}" for i in range(200)], session_no=1)
    assert wrong(audit_keys({"group_climate": table}, INSTRUMENTS)) == {}


def test_a_cohort_without_inventories_gives_an_empty_typed_table():
    found = audit_keys({}, INSTRUMENTS)
    assert found.empty and TABLES["key_audit"].validate(found) is found


def test_the_edge_of_noise_holds_its_level():
    """Unrelated items exceed it in 5 % of samples (3 Monte-Carlo errors; the limit is asymptotic)."""
    rng, samples = np.random.default_rng(30), 1000
    for n, items in ((60, 6), (150, 12), (150, 36)):
        largest = [np.linalg.eigvalsh(np.corrcoef(rng.normal(size=(items, n))))[-1] for _ in range(samples)]
        share = np.mean(np.array(largest) > noise_edge(n, items))
        assert share < 0.05 + 3 * np.sqrt(0.05 * 0.95 / samples)


def test_intervals_are_fishers():
    answers = answers_of(WAI, 150, np.random.default_rng(7), 1.0)
    fit = fit_key(answers[:, [5, 13, 21]], 1.96)
    assert np.arctanh(fit.high) - np.arctanh(fit.low) == pytest.approx(2 * 1.96 / np.sqrt(147))


def test_alpha_is_that_of_the_table_of_reliability():
    answers = answers_of(small(6, {"one": [1, 2, 3, 4, 5, 6]}, []), 80, np.random.default_rng(7), 1.0)
    assert alpha_of(answers) == pytest.approx(cronbach_alpha(pd.DataFrame(answers)).alpha, abs=1e-12)


@pytest.mark.parametrize("sharper", [1.0, 0.5])
def test_every_planted_error_is_found_and_no_sound_item_called_wrong(sharper):
    """The short version of benchmarks/keying.py: each item of WAI-36 in turn, 150 respondents."""
    caught, alarms = planted_errors(WAI, sharper, cohorts=2, seed=77)
    assert caught.shape == (2, 36) and caught.all()
    assert alarms.sum() == 0

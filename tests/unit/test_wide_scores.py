"""Wide scores hold what the long ones hold, and prorated scores are counted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alliance_modes.ground.files import write_parquet
from alliance_modes.instruments.model import load_instruments
from alliance_modes.scoring.scores import score_cohort
from alliance_modes.scoring.wide import ADMINISTRATION, scoring_counts, wide_scores

INSTRUMENTS = load_instruments()
NAN = float("nan")


def scores() -> pd.DataFrame:
    """Two client WAI-SR, one with gaps; one practitioner WAI-36; a session with two inventories."""
    items = {f"item_{item}": [4.0, NAN if item in (1, 4) else 4.0, 3.0] for item in range(1, 13)}
    items |= {f"item_{item}": [NAN, NAN, 3.0] for item in range(13, 37)}
    alliance = pd.DataFrame(items).assign(
        enrolment_id=["e1", "e2", "e1"], session_no=[3, 3, 3], rater=["client", "client", "practitioner"],
        instrument=["wai_sr", "wai_sr", "wai_36"], source_file="a.csv", source_row=[2, 3, 4],
    )  # fmt: skip
    rated = {f"session_engagement_{item}": [5.0] for item in range(1, 6)}
    lines = {f"srs_{item}": [9.0 if item < 4 else NAN] for item in range(1, 5)}
    sessions = pd.DataFrame({**rated, **lines}).assign(
        enrolment_id="e1", session_no=1, source_file="s.csv", source_row=2
    )
    return score_cohort({"alliance": alliance, "sessions": sessions}, INSTRUMENTS)


def test_one_row_per_administration_with_the_scores_of_its_own_instrument():
    wide = wide_scores(scores(), INSTRUMENTS)
    assert wide[["rater", "instrument"]].to_numpy().tolist() == [
        ["practitioner", "session_engagement"], ["client", "srs"], ["client", "wai_sr"], ["client", "wai_sr"],
        ["practitioner", "wai_36"],
    ]  # fmt: skip
    assert wide["session_engagement"].fillna(-1).tolist() == [5, -1, -1, -1, -1]
    assert wide["total"].iloc[[2, 4]].tolist() == [48, 36 * 3 + 14 * 2]
    assert wide["total_items_valid"].iloc[2:].tolist() == [12, 10, 36]
    assert wide["total_prorated"].iloc[2:].tolist() == [False, True, False]
    assert wide.loc[1, ["goal", "total"]].isna().all() and np.isnan(wide.loc[1, "srs_total"])


def test_wide_and_long_hold_the_same_values():
    long = scores()
    wide = wide_scores(long, INSTRUMENTS)
    where = ["table", "source_file", "source_row", "session_no", "rater", "instrument"]
    for suffix, name in (("", "score"), ("_item_mean", "item_mean"), ("_items_valid", "items_valid")):
        scales = list(dict.fromkeys(long["scale"]))
        melted = wide.rename(columns={scale + suffix: f"of {scale}" for scale in scales})
        melted = melted.melt(where, [f"of {scale}" for scale in scales], "scale", "value")
        melted["scale"] = melted["scale"].str.removeprefix("of ")
        both = long.merge(melted, on=[*where, "scale"], how="left", validate="one_to_one")
        assert len(both) == len(long)
        np.testing.assert_array_equal(both[name].astype(float), both["value"].astype(float))


@pytest.mark.slow
def test_columns_and_bytes_depend_on_the_study_alone(tmp_path):
    wide, empty = wide_scores(scores(), INSTRUMENTS), wide_scores(scores().iloc[:0], INSTRUMENTS)
    assert empty.empty and empty.dtypes.to_dict() == wide.dtypes.to_dict()
    assert tuple(wide.columns[: len(ADMINISTRATION)]) == ADMINISTRATION
    for name in ("one", "two"):
        write_parquet(wide_scores(scores(), INSTRUMENTS), tmp_path / f"{name}.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


@pytest.mark.slow
def test_prorated_and_missing_scores_are_counted():
    counts = scoring_counts(scores()).set_index(["instrument", "scale"])
    assert counts.index.tolist() == [
        ("session_engagement", "session_engagement"),
        ("srs", "srs_total"),
        *((name, scale) for name in ("wai_sr", "wai_36") for scale in INSTRUMENTS[name].scales()),
    ]
    assert counts.loc[("wai_36", "bond"), ["kind", "items"]].tolist() == ["subscale", 12]
    found = counts[["administrations", "scored", "prorated", "not_scored"]]
    assert found.loc[("wai_sr", "total")].tolist() == [2, 2, 1, 0]
    assert found.loc[("srs", "srs_total")].tolist() == [1, 0, 0, 1]
    assert found.loc[("wai_36", "bond")].tolist() == [1, 1, 0, 0]
    assert scoring_counts(scores().iloc[:0]).empty


def test_surveys_which_name_no_rater_are_counted_and_made_wide_too():
    columns = list(INSTRUMENTS["modes_of_practice"].item_columns())
    survey = pd.DataFrame([[3.0] * len(columns)] * 2, columns=columns).assign(
        practitioner_id=["p1", "p2"], wave=1, source_file="p.csv", source_row=[2, 3]
    )
    long = score_cohort({"practitioner_survey": survey}, INSTRUMENTS).assign(rater=None)
    counts = scoring_counts(long.astype({"rater": "str"})).set_index("scale")
    assert counts.loc["educative", ["administrations", "scored"]].tolist() == [2, 2]
    assert wide_scores(long.astype({"rater": "str"}), INSTRUMENTS)["educative"].tolist() == [3.0, 3.0]

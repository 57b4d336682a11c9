"""The first form of each person is the same however many rows are looked at together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alliance_modes.dictionary.scoring import TABLES
from alliance_modes.ground.files import parquet_parts, write_parquet
from alliance_modes.scoring.first_forms import READ, first_forms

pytestmark = pytest.mark.quick

PERSON = ["rater", "instrument", "scale", "population", "person"]


@pytest.fixture(scope="module")
def scores():
    rng, n = np.random.default_rng(20), 4_000
    of_enrolments = rng.random(n) < 0.8
    table = pd.DataFrame(
        {
            "rater": rng.choice(["client", "practitioner"], n),
            "instrument": rng.choice(["wai_sr", "srs"], n),
            "scale": rng.choice(["goal", "bond"], n),
            "kind": rng.choice(["scale", "facet"], n, p=[0.9, 0.1]),
            "score": np.where(rng.random(n) < 0.1, np.nan, rng.random(n)),
            "enrolment_id": np.where(of_enrolments, rng.integers(0, 60, n).astype(str), None),
            "practitioner_id": rng.integers(0, 9, n).astype(str),
            "wave": pd.array(rng.integers(1, 3, n), dtype="Int64"),
            "session_no": pd.array(rng.integers(1, 6, n), dtype="Int64"),
        }
    )
    table.loc[rng.random(n) < 0.3, "session_no"] = pd.NA
    return table


def _one_by_one(scores: pd.DataFrame) -> dict[tuple, float]:
    """The same by a loop over the rows in the order of waves and sessions, those without a session last."""
    found: dict[tuple, float] = {}
    rows = [
        row for row in scores.to_dict("records") if row["kind"] != "facet" and row["score"] == row["score"]
    ]
    for row in sorted(rows, key=lambda one: (one["wave"], pd.isna(one["session_no"]), one["session_no"])):
        enrolment = row["enrolment_id"]
        whom = ("practitioners", row["practitioner_id"]) if pd.isna(enrolment) else ("enrolments", enrolment)
        found.setdefault((row["rater"], row["instrument"], row["scale"], *whom), row["score"])
    return found


@pytest.mark.parametrize("at_once", [1, 7, 1_000, 10_000])
def test_the_first_form_of_each_person_however_many_rows_at_once(scores, at_once, tmp_path):
    write_parquet(scores if at_once > 1 else scores.iloc[:150], tmp_path / "scores.parquet")
    parts = list(parquet_parts(tmp_path / "scores.parquet", READ, at_once))
    assert max(len(part) for part in parts) <= at_once
    found = first_forms(parts)
    expected = _one_by_one(pd.concat(parts, ignore_index=True))
    assert (
        dict(zip(found[PERSON].itertuples(index=False, name=None), found["score"], strict=True)) == expected
    )
    pd.testing.assert_frame_equal(first_forms([found]), found)


def test_a_table_without_rows_is_one_part_with_its_types(tmp_path):
    none = TABLES["scores"].empty()
    TABLES["scores"].write(none, tmp_path / "scores.parquet")
    (part,) = TABLES["scores"].read_parts(tmp_path / "scores.parquet", READ)
    assert part.dtypes.to_dict() == none[list(part.columns)].dtypes.to_dict()
    assert len(first_forms([part])) == 0

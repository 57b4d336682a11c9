"""The cohorts that come with the project are read whole."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from alliance_modes.cleaning.identity import DEMONSTRATION_KEY, keyed_id
from alliance_modes.ingest.stage import check_cohort, ingest_cohort

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[2]
RAW = PROJECT / "data" / "raw"
MEYER = PROJECT.parent / "shared" / "data" / "meyer-waisr"


@pytest.mark.skipif(not MEYER.is_dir(), reason=f"not run: data not present ({MEYER.name})")
def test_meyer_waisr():
    ingested = ingest_cohort(RAW / "meyer_waisr", DEMONSTRATION_KEY)
    enrolments, alliance = ingested.tables["enrolments"], ingested.tables["alliance"]
    assert len(enrolments) == len(alliance) == 163
    assert int(alliance["attention_check"].sum()) == 157
    assert enrolments["programme_id"].value_counts().to_dict() == {"framework": 82, "no_system": 81}
    first = alliance[alliance["enrolment_id"] == keyed_id(DEMONSTRATION_KEY, "enrolment_id", "P001")]
    assert first["source_row"].tolist() == [2]
    assert first[[f"item_{item}" for item in range(1, 13)]].to_numpy().tolist() == [
        [3, 2, 1, 3, 3, 3, 4, 4, 3, 3, 4, 4]
    ]
    passed = alliance[alliance["attention_check"]].merge(enrolments, on="enrolment_id")
    means = passed[[f"item_{item}" for item in range(1, 13)]].mean(axis=1).groupby(passed["programme_id"])
    assert means.mean().round(6).to_dict() == {"framework": 2.340717, "no_system": 2.727564}
    assert means.size().to_dict() == {"framework": 79, "no_system": 78}
    declared = [name for name, source in ingested.sources.items() if source["declared"]]
    assert declared == ["enrolments", "alliance"]


def test_meyer_waisr_without_its_data_is_one_clear_problem(tmp_path):
    folder = tmp_path / "project" / "data" / "raw" / "meyer_waisr"  # as deep as it is shipped
    folder.mkdir(parents=True)
    (folder / "cohort.yaml").write_bytes((RAW / "meyer_waisr" / "cohort.yaml").read_bytes())
    (found,) = check_cohort(folder)
    assert "the folder of the raw files does not exist" in found.message


@pytest.mark.parametrize("cohort", ["demo_2024", "demo_2025"])
def test_demonstration_cohort(cohort):
    folder = RAW / cohort
    ingested = ingest_cohort(folder, DEMONSTRATION_KEY)
    planted = pd.read_csv(folder / "planted.csv", dtype={"value": "str"}, keep_default_na=False)
    codes = planted[planted["kind"] == "missing_code"]
    found = ingested.missing[ingested.missing["reason"] != "system missing"]
    per_row = codes.groupby(["file", "row"]).size().to_dict()
    assert found.groupby(["source_file", "source_row"]).size().to_dict() == per_row
    labels = planted[planted["kind"] == "typed_label"].groupby("file").size()
    typed = ingested.changes[
        (ingested.changes["rule"] == "label")
        & ~ingested.changes["column"].isin(["attention_check", "setting", "status"])
    ]
    assert typed.groupby("source_file").size().to_dict() == labels.to_dict()
    unused = {
        name
        for source in ingested.sources.values()
        for file in source["files"]
        for name in file["columns_unused"]
    }
    assert not unused & {"full_name", "date_of_birth", "Name", "RecipientEmail"}

"""The walk-through of docs/instruments.md, executed: a study's own instrument from raw file to export."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from small_cohorts import COHORT, write_cohort

from alliance_modes.cleaning.clean import clean_cohort
from alliance_modes.cleaning.identity import DEMONSTRATION_KEY
from alliance_modes.export.codebook import codebook
from alliance_modes.export.records import scored_tables
from alliance_modes.ground.errors import CohortError
from alliance_modes.ingest.stage import ingest_cohort
from alliance_modes.instruments.model import load_instruments
from alliance_modes.measurement.cohort import measure_cohort
from alliance_modes.measurement.keys.audit import audit_keys
from alliance_modes.plan.plan import Plan
from alliance_modes.scoring.scores import score_cohort
from alliance_modes.scoring.wide import wide_scores

TEXT = (Path(__file__).parents[2] / "docs" / "instruments.md").read_text(encoding="utf-8")
PEOPLE = 60


def blocks() -> tuple[str, str]:
    """The two pieces of YAML that the walk-through tells a person to write."""
    found = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    instrument = next(text for text in found if text.startswith("id: safety_in_group"))
    inventories = next(text for text in found if text.startswith("inventories:"))
    return instrument, inventories


def sessions() -> pd.DataFrame:
    """The first form as in the text (3, 2, 0, 1), the others of people who feel more or less safe."""
    rng = np.random.default_rng(5)
    safe = np.clip(np.rint(1.5 + rng.normal(size=(PEOPLE, 1)) + 0.4 * rng.normal(size=(PEOPLE, 4))), 0, 3)
    safe[:, 2] = 3 - safe[:, 2]
    safe[0] = [3, 2, 0, 1]
    table = pd.DataFrame(safe.astype(int), columns=[f"safe_{item}" for item in range(1, 5)])
    return table.assign(enrolment=[f"E{person}" for person in range(PEOPLE)], session=1)


@pytest.fixture
def study(tmp_path) -> tuple[Path, dict]:
    instrument, inventories = blocks()
    own = tmp_path / "instruments"
    own.mkdir()
    (own / "safety_in_group.yaml").write_text(instrument, encoding="utf-8")
    declared = yaml.safe_load(COHORT)
    source: dict[str, object] = {"files": "sessions.csv", "format": "csv"}
    source["columns"] = {"enrolment_id": "enrolment", "session_no": "session"}
    declared["tables"]["sessions"] = source | yaml.safe_load(inventories)
    folder = tmp_path / "small"
    folder.mkdir()
    people = "enrolment,client,started\n"
    people += "".join(f"E{person},C{person},2024-01-08\n" for person in range(PEOPLE))
    exports = {"sessions__csv": sessions().to_csv(index=False), "enrolments__csv": people}
    exports["alliance__csv"] = (
        "enrolment," + ",".join(f"w{i}" for i in range(1, 13)) + "\nE1" + ",3" * 12 + "\n"
    )
    write_cohort(folder, yaml.safe_dump(declared), **exports)
    return folder, dict(load_instruments(own))


def clean(folder: Path, instruments: dict) -> Mapping[str, pd.DataFrame]:
    ingested = ingest_cohort(folder, DEMONSTRATION_KEY, instruments)
    rules, lock = Plan().cleaning, date(2024, 12, 31)
    return clean_cohort(ingested.tables, ingested.changes, rules, lock, instruments).tables


@pytest.mark.slow
def test_from_the_raw_file_to_scores_reliability_audit_and_export(study):
    folder, instruments = study
    tables = clean(folder, instruments)
    scores = score_cohort(tables, instruments)
    own = scores[scores["instrument"] == "safety_in_group"]
    assert len(own) == PEOPLE and own["score"].iloc[0] == 2.25 and "= 2.25" in TEXT
    wide = wide_scores(scores, instruments)
    assert wide.loc[wide["instrument"] == "safety_in_group", "safety"].tolist() == own["score"].tolist()
    reliability, _ = measure_cohort(tables, instruments)
    found = reliability[reliability["instrument"] == "safety_in_group"].iloc[0]
    assert found["n"] == PEOPLE and found["alpha"] > 0.8
    audit = audit_keys(tables, instruments)
    assert set(audit.loc[audit["instrument"] == "safety_in_group", "verdict"]) == {"as_declared"}
    scored = {one.name: one for one in scored_tables(tables, instruments)}
    assert scored["sessions"].records["safety"].iloc[0] == 2.25
    labels = codebook([one.counted() for one in scored.values()]).set_index("variable")["label"]
    assert labels["safety_in_group_3"].startswith(
        "safety_in_group 3, as answered (reversed when scored): I was"
    )


@pytest.mark.slow
def test_a_wrong_key_in_the_study_s_own_file_is_noticed(study):
    folder, instruments = study
    tables = clean(folder, instruments)
    instruments["safety_in_group"] = instruments["safety_in_group"].model_copy(update={"reversed": ()})
    audit = audit_keys(tables, instruments)
    own = audit[audit["instrument"] == "safety_in_group"].set_index("item")
    assert own["verdict"].to_dict() == {
        1: "as_declared", 2: "as_declared", 3: "fits_reversed", 4: "as_declared",
    }  # fmt: skip


def test_an_answer_outside_its_range_stops_the_cohort(study):
    folder, instruments = study
    table = sessions().assign(safe_2=4)
    table.to_csv(folder / "sessions.csv", index=False)
    with pytest.raises(CohortError, match="safe_2"):
        ingest_cohort(folder, DEMONSTRATION_KEY, instruments)

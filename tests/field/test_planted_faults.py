"""No planted fault leads to "no problems" with other numbers: equal, or a question, or a refusal."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pandas as pd
import pytest
from field_faults import FAULTS, TABLES, Cells, Planted, tidy
from field_file_faults import FILE_FAULTS
from field_run import KEY, LATER, NAME, edit, project
from field_truth import small_truth
from hypothesis import given, settings
from hypothesis import strategies as st

from alliance_modes.cleaning.clean import clean_cohort
from alliance_modes.cohort import load_cohort
from alliance_modes.drafting.folder import new_cohort
from alliance_modes.ground.errors import AllianceModesError
from alliance_modes.ingest.stage import ingest_cohort
from alliance_modes.instruments.model import load_instruments
from alliance_modes.plan.plan import CleaningRules
from alliance_modes.running.checks import check_data
from alliance_modes.scoring.scores import score_cohort

FILES = {"enrolments": "enrolments", "forms": "client_forms", "sessions": "sessions"}
ALL = FAULTS | FILE_FAULTS
EVERY = tuple((name, table, column) for name, (_, places) in ALL.items() for table, column in places)
CANONICAL = {"enrolments": "enrolments", "forms": "alliance", "sessions": "sessions"}
LINKS = ("enrolment_id", "practitioner_id")
SOURCE = ("source_file", "source_row")
NOT_COMPARED = (*LINKS, *SOURCE, "client_id", "group_id", "site_id", "co_practitioner_id", "programme_id")


def clean_tables(planted: Planted, folder: Path) -> dict[str, pd.DataFrame] | None:
    """The clean tables and scores of a cohort with these exports; none where something was said."""
    exports = folder / "exports"
    exports.mkdir(parents=True)
    for name in TABLES:
        write = planted.written.get(name, _plainly)
        write(planted.tables[name], exports, FILES[name])
    (folder / "project").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project(folder / "project"))
        try:
            new_cohort(NAME, [exports])
        except AllianceModesError:
            return None
        path = Path("data/raw") / NAME / "cohort.yaml"
        edit(path, LATER)
        if check_data(NAME).problems:
            return None
        instruments = load_instruments()
        ingested = ingest_cohort(path.parent, KEY, instruments)
        lock = load_cohort(path.parent).data_lock
        cleaned = clean_cohort(ingested.tables, ingested.changes, CleaningRules(), lock, instruments)
        tables = {name: _in_order(cleaned.tables[canonical]) for name, canonical in CANONICAL.items()}
        scores = score_cohort(cleaned.tables, instruments)
        if planted.rater:
            tables["forms"] = _of_rater(tables["forms"], planted.rater)
            scores = _of_rater(scores, planted.rater)
        return tables | {"scores": scores[["scale", "score"]].reset_index(drop=True)}


def _plainly(rows: pd.DataFrame, folder: Path, name: str) -> None:
    rows.to_csv(folder / f"{name}.csv", index=False)


def _of_rater(rows: pd.DataFrame, rater: str) -> pd.DataFrame:
    return rows[rows["rater"] == rater].reset_index(drop=True)


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values(list(SOURCE), kind="stable").reset_index(drop=True)


def _comparable(table: pd.DataFrame) -> pd.DataFrame:
    """Ids as numbers in the order of their first row, without what says where a row is from."""
    numbered = {name: pd.factorize(table[name])[0] for name in LINKS if name in table}
    return table.drop(columns=[name for name in NOT_COMPARED if name in table]).assign(**numbered)


def _differences(found: pd.DataFrame, truth: pd.DataFrame, lost: set[tuple[int, str]]) -> list[str]:
    """Cells that differ, but for those that the export has lost and that are missing now."""
    if len(found) != len(truth):
        return [f"{len(found)} rows and not {len(truth)}"]
    here, there = _comparable(found), _comparable(truth)
    differing = []
    for name in there:
        equal = (here[name] == there[name]) | (here[name].isna() & there[name].isna())
        for place in (~equal.fillna(False)).to_numpy().nonzero()[0].tolist():
            now, then = here[name].iloc[place], there[name].iloc[place]
            if not ((place, name) in lost and pd.isna(now)):
                differing.append(f"{name}, row {place}: {now} for {then}")
    return differing


def silent_differences(untouched: dict[str, pd.DataFrame], planted: Planted, folder: Path) -> list[str]:
    """What came out otherwise although ``check`` found no problem."""
    found = clean_tables(planted, folder)
    if found is None:
        return []
    items: Cells = {(table, place, name.replace("wai_", "item_")) for table, place, name in planted.lost}
    said = []
    for name in TABLES:
        here = {(place, column) for table, place, column in items if table == name}
        truth = untouched[name].iloc[planted.order.get(name, slice(None))].reset_index(drop=True)
        said += [f"{name}: {one}" for one in _differences(found[name], truth, here)]
    if not planted.lost and not planted.order and not found["scores"].equals(untouched["scores"]):
        said.append("scores")
    return said


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    tables = clean_tables(tidy(small_truth()), tmp_path_factory.mktemp("untouched") / "at")
    assert tables is not None
    return tables


@pytest.mark.slow
@settings(max_examples=40)
@given(place=st.sampled_from(EVERY), seed=st.integers(0, 2**16))
def test_no_fault_changes_numbers_unsaid(
    untouched: dict[str, pd.DataFrame],
    tmp_path_factory: pytest.TempPathFactory,
    place: tuple[str, str, str],
    seed: int,
) -> None:
    name, table, column = place
    planted = ALL[name][0](tidy(small_truth()), table, column, Random(seed))
    assert silent_differences(untouched, planted, tmp_path_factory.mktemp("fault") / "at") == []

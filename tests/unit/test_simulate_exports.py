"""The demonstration cohorts: made again byte for byte, as untidy as declared, and never otherwise."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alliance_modes.cohort import load_cohort, raw_files
from alliance_modes.domain import MODES
from alliance_modes.ground.errors import ConfigurationError
from alliance_modes.instruments.model import load_instruments
from alliance_modes.readers.codebooks.recognise import code_book
from alliance_modes.simulate import load_truth, simulate_tables, write_cohort
from alliance_modes.simulate.identifiers import FIRST_NAMES, LAST_NAMES

pytestmark = pytest.mark.slow

RAW = Path(__file__).parents[2] / "data" / "raw"
DEMOS = ("demo_2024", "demo_2025")
LARGEST = 3_000_000
WRITTEN_APART = {"known_effects.csv", "known_effects.json"}
CODES = "enrolments_redcap_dictionary.csv"
SITE_FILE = "sessions_S06.csv"


def text_table(path: Path, **options) -> pd.DataFrame:
    return pd.read_csv(path, dtype="str", keep_default_na=False, **options)


def all_sessions(folder: Path) -> pd.DataFrame:
    """Both session files with real dates and points, in one table."""
    tables = [text_table(folder / "sessions.csv"), text_table(folder / SITE_FILE, sep=";")]
    rows = pd.concat(tables, ignore_index=True)
    iso = pd.to_datetime(rows["date"], format="%Y-%m-%d", errors="coerce")
    return rows.assign(day=iso.fillna(pd.to_datetime(rows["date"], format="%d.%m.%Y", errors="coerce")))


def spss(path: Path) -> pd.DataFrame:
    import pyreadstat

    return pyreadstat.read_sav(path, user_missing=True)[0]


def planted(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "planted.csv", keep_default_na=False)


@pytest.mark.parametrize("name", DEMOS)
def test_committed_cohorts_are_made_again_byte_for_byte(tmp_path, name):
    write_cohort(load_truth(RAW / name / "truth.yaml"), tmp_path / name, name)
    committed = sorted(path.name for path in (RAW / name).iterdir() if path.name not in WRITTEN_APART)
    assert sorted(path.name for path in (tmp_path / name).iterdir()) == committed
    differing = [
        file
        for file in committed
        if (tmp_path / name / file).read_bytes() != (RAW / name / file).read_bytes()
    ]
    assert differing == [], (
        f"{name} is not what its truth.yaml makes; write it again with `alliance-modes simulate`"
    )


@pytest.mark.parametrize("name", DEMOS)
def test_a_demonstration_cohort_is_small_and_its_declaration_is_accepted(name):
    assert sum(path.stat().st_size for path in (RAW / name).iterdir()) <= LARGEST
    cohort = load_cohort(RAW / name)
    assert cohort.demonstration
    assert cohort.declared() == ("practitioners", "practitioner_survey", "enrolments", "sessions", "alliance")
    assert all(path.is_file() for path in raw_files(RAW / name, cohort))


def test_the_two_cohorts_differ_in_people_years_and_practitioners_inventory():
    first, second = (load_cohort(RAW / name) for name in DEMOS)
    assert second.data_lock.year == first.data_lock.year + 1
    instruments = [
        [source.inventories[0].instrument for source in cohort.tables.alliance] for cohort in (first, second)
    ]
    assert instruments == [["wai_sr", "wai_36"], ["wai_sr", "wai_s"]]


@pytest.mark.parametrize("name", DEMOS)
def test_every_kind_of_untidiness_is_planted_as_often_as_declared(name):
    declared = load_truth(RAW / name / "truth.yaml").untidy
    counts = planted(RAW / name).groupby(["table", "kind"]).size().to_dict()
    expected = {
        ("enrolments", "exact_duplicate"): declared.duplicates.enrolments,
        ("sessions", "exact_duplicate"): declared.duplicates.sessions,
        ("practitioner_survey", "exact_duplicate"): declared.duplicates.survey,
        ("alliance", "exact_duplicate"): declared.duplicates.client_inventories
        + declared.duplicates.practitioner_inventories,
        ("sessions", "orphan"): declared.orphans.sessions,
        ("alliance", "orphan"): declared.orphans.client_inventories,
        ("practitioner_survey", "typed_label"): declared.typed_labels_survey,
        ("sessions", "typed_label"): declared.typed_labels_attended,
        ("sessions", "session_after_end"): declared.contradictions.session_after_end,
    }
    for entry in ("first", "second"):
        for table in ("enrolments", "sessions"):
            expected[table, f"corrected_{entry}_entry"] = getattr(declared.corrected, table)
        expected["alliance", f"corrected_{entry}_entry"] = declared.corrected.client_inventories
    for kind in type(declared.careless_client).model_fields:
        expected["practitioner_survey", f"careless_{kind}"] = getattr(declared.careless_survey, kind)
        expected["alliance", f"careless_{kind}"] = getattr(declared.careless_client, kind)
    for kind in type(declared.contradictions).model_fields:
        if kind != "session_after_end":
            expected["enrolments", kind] = getattr(declared.contradictions, kind)
    assert {key: count for key, count in counts.items() if key[1] != "missing_code"} == expected


def test_enrolments_hold_what_was_planted():
    folder = RAW / "demo_2024"
    declared = load_truth(folder / "truth.yaml").untidy
    rows = text_table(folder / "enrolments_redcap.csv")
    assert rows.duplicated().sum() == declared.duplicates.enrolments
    near = rows.drop_duplicates()["record_id"].duplicated().sum()
    assert near == declared.corrected.enrolments
    assert len(rows) == 800 + declared.duplicates.enrolments + declared.corrected.enrolments
    start, end = pd.to_datetime(rows["start_date"]), pd.to_datetime(rows["end_date"])
    assert (end < start).sum() == declared.contradictions.end_before_start
    never = rows["outcome"] == "1"
    assert (never & (rows["start_date"] != "") & (rows["end_date"] == "")).sum() == 5
    sessions = all_sessions(folder)
    attended = sessions[sessions["attended"].isin(["1", "yes"])].drop_duplicates(["enrolment", "session"])
    count = attended.groupby("enrolment").size().reindex(rows["record_id"]).fillna(0).to_numpy()
    assert (
        count > rows["planned_sessions"].astype(int)
    ).sum() == declared.contradictions.attended_over_planned
    assert (count[never.to_numpy()] > 0).sum() == declared.contradictions.attended_not_started


def test_sessions_hold_what_was_planted():
    folder = RAW / "demo_2024"
    declared = load_truth(folder / "truth.yaml").untidy
    rows = all_sessions(folder)
    assert rows["day"].notna().all()
    assert rows.drop(columns="day").duplicated().sum() == declared.duplicates.sessions
    near = rows.drop_duplicates().duplicated(["enrolment", "session"]).sum()
    assert near == declared.corrected.sessions
    enrolments = (
        text_table(folder / "enrolments_redcap.csv").drop_duplicates("record_id").set_index("record_id")
    )
    assert (~rows["enrolment"].isin(enrolments.index)).sum() == declared.orphans.sessions
    assert rows["attended"].isin(["yes", "no"]).sum() == declared.typed_labels_attended
    wrong = planted(folder).query("kind == 'end_before_start'")["row"].to_numpy() - 2
    early = text_table(folder / "enrolments_redcap.csv")["record_id"].iloc[wrong]
    ends = pd.to_datetime(enrolments["end_date"]).reindex(rows["enrolment"]).to_numpy()
    late = (rows["day"].to_numpy() > ends) & ~rows["enrolment"].isin(early).to_numpy()
    assert late.sum() == declared.contradictions.session_after_end


def test_dates_are_written_in_two_ways_that_cannot_be_confused():
    folder = RAW / "demo_2024"
    main = text_table(folder / "sessions.csv")["date"]
    own = text_table(folder / SITE_FILE, sep=";")
    day_first = main.str.fullmatch(r"\d\d\.\d\d\.\d{4}")
    assert (day_first | main.str.fullmatch(r"\d{4}-\d\d-\d\d")).all()
    assert 0.03 < day_first.mean() < 0.3
    assert own["date"].str.fullmatch(r"\d\d\.\d\d\.\d{4}").all()
    assert own["sr_overall"].str.fullmatch(r"\d+,\d|-99|").all()


def test_client_inventories_hold_what_was_planted():
    folder = RAW / "demo_2024"
    declared = load_truth(folder / "truth.yaml").untidy
    rows = spss(folder / "alliance_client.sav")
    items = [f"wai_{item}" for item in range(1, 13)]
    assert (rows["check"] != 1).sum() == declared.careless_client.failed_check
    assert (rows["seconds"] < len(items)).sum() == declared.careless_client.fast
    assert rows.duplicated().sum() == declared.duplicates.client_inventories
    known = set(text_table(folder / "enrolments_redcap.csv")["record_id"])
    assert (~rows["enrolment"].isin(known)).sum() == declared.orphans.client_inventories
    noted = (
        planted(folder).query("file == 'alliance_client.sav' and kind == 'careless_longstring'")["row"] - 1
    )
    assert (rows.iloc[noted][items].nunique(axis=1) == 1).all()
    assert set(np.unique(rows[items].stack().dropna())) == {1, 2, 3, 4, 5, -99, -98}


@pytest.mark.parametrize("name", DEMOS)
def test_spss_files_hold_only_valid_answers_and_declared_codes(name):
    cohort = load_cohort(RAW / name)
    for source in cohort.tables.alliance:
        instrument = load_instruments()[source.inventories[0].instrument]
        rows = spss(RAW / name / source.files[0])
        answers = rows[list(source.inventories[0].columns(instrument.items))].stack().dropna()
        codes = {float(code) for code in source.missing}
        assert set(answers) == set(range(int(instrument.range.low), int(instrument.range.high) + 1)) | codes


def test_missing_cells_are_coded_in_the_declared_shares(tmp_path):
    folder = RAW / "demo_2024"
    truth = load_truth(folder / "truth.yaml")
    write_cohort(truth.tidy(), tmp_path / "tidy", "tidy")
    columns = ["age", "risk_score", "prior_convictions", "readiness"]
    empty = text_table(tmp_path / "tidy" / "enrolments_redcap.csv")[columns].eq("").sum(axis=None)
    coded = (
        text_table(folder / "enrolments_redcap.csv")[columns].isin(["-99", "refused", "n/a"]).sum(axis=None)
    )
    assert coded == pytest.approx(truth.untidy.missing_codes.enrolments * empty, abs=3)
    noted = planted(folder).query("kind == 'missing_code' and table == 'enrolments'")
    assert coded == len(noted)


def test_planted_rows_are_where_the_account_says():
    folder = RAW / "demo_2024"
    account = planted(folder)
    tables = {
        "enrolments_redcap.csv": (text_table(folder / "enrolments_redcap.csv"), 2),
        "sessions.csv": (text_table(folder / "sessions.csv"), 2),
        "survey_wave1_qualtrics.csv": (text_table(folder / "survey_wave1_qualtrics.csv", skiprows=[1, 2]), 4),
    }
    cells = account[account["file"].isin(tables) & (account["column"] != "") & (account["column"] != "date")]
    assert len(cells) > 100
    for cell in cells.itertuples():
        table, first = tables[cell.file]
        assert table.iloc[cell.row - first][cell.column] == cell.value


def test_the_survey_is_a_qualtrics_export():
    lines = (RAW / "demo_2024" / "survey_wave1_qualtrics.csv").read_text(encoding="utf-8-sig").splitlines()
    header = lines[0].split(",")
    assert header[:2] == ["StartDate", "EndDate"]
    assert '{""ImportId"":""QID1_1""}' in lines[2]
    rows = text_table(RAW / "demo_2024" / "survey_wave1_qualtrics.csv", skiprows=[1, 2], encoding="utf-8-sig")
    taken = pd.to_datetime(rows["EndDate"]) - pd.to_datetime(rows["StartDate"])
    fast = rows["Duration (in seconds)"].astype(int) < 18
    assert (taken[~fast].dt.total_seconds() == rows.loc[~fast, "Duration (in seconds)"].astype(int)).all()


@pytest.mark.parametrize("name", DEMOS)
def test_the_data_dictionary_describes_every_column_of_the_enrolments_in_their_order(name):
    book = code_book(RAW / name / CODES, CODES)
    assert book is not None
    rows = text_table(RAW / name / "enrolments_redcap.csv")
    assert list(book.fields) == list(rows)
    assert text_table(RAW / name / CODES).shape == (22, 18)
    missing = {"", "-99", "refused", "n/a"}
    for column, described in book.fields.items():
        for cell in set(rows[column]) - missing:
            assert described.knows(cell), (column, cell)
            numeric = cell.removeprefix("-").isdigit()
            assert not (numeric and described.outside(float(cell))), (column, cell)
    assert {column for column in rows if book.fields[column].identifies} == {
        "full_name", "date_of_birth", "notes"
    }  # fmt: skip
    assert rows.loc[rows["start_date"] == "", "end_date"].eq("").all(), "the branching logic hides the end"


@pytest.mark.parametrize("name", DEMOS)
def test_the_survey_says_which_mode_each_share_of_time_is(name):
    for survey in ("survey_wave1_qualtrics.csv", "survey_wave2_qualtrics.csv"):
        said = text_table(RAW / name / survey, nrows=1, encoding="utf-8-sig").iloc[0]
        for place, mode in enumerate(MODES, 1):
            question, _, choice = said[f"time_{place}"].partition(" - ")
            assert question == said["time_1"].partition(" - ")[0]
            assert choice.lower().startswith(f"{mode}: ")


@pytest.mark.parametrize("name", DEMOS)
def test_planted_names_stand_only_in_columns_that_are_declared_to_be_dropped(name):
    named = re.compile("|".join(re.escape(last) for last in (*LAST_NAMES, *FIRST_NAMES)), re.IGNORECASE)
    folder, cohort = RAW / name, load_cohort(RAW / name)
    found = 0
    for table, source in cohort.sources():
        path = folder / source.files[0]
        if table in ("practitioner_survey", "enrolments", "sessions"):
            rows = text_table(path, sep=source.delimiter or ",")
        elif table == "practitioners":
            rows = pd.read_excel(path, dtype="str")
        else:
            rows = spss(path)
        holding = {column for column in rows if rows[column].astype("str").str.contains(named).any()}
        assert holding <= set(source.drop), (table, holding)
        assert not holding & {column.column for column in source.columns.values()}
        found += len(holding)
    assert found >= 6


def test_with_untidiness_off_the_exports_are_clean(tmp_path):
    truth = load_truth(RAW / "demo_2024" / "truth.yaml").tidy()
    write_cohort(truth, tmp_path, "tidy")
    tables = simulate_tables(truth).tables
    assert len(planted(tmp_path)) == 0
    assert len(load_cohort(tmp_path).tables.sessions) == 1
    enrolments, sessions = (
        text_table(tmp_path / "enrolments_redcap.csv"),
        text_table(tmp_path / "sessions.csv"),
    )
    assert enrolments["record_id"].is_unique
    assert list(enrolments["record_id"]) == list(tables["enrolments"]["enrolment_id"])
    assert len(sessions) == len(tables["sessions"])
    assert not sessions.duplicated(["enrolment", "session"]).any()
    assert sessions["date"].str.fullmatch(r"\d{4}-\d\d-\d\d").all()
    assert set(sessions["attended"]) == {"0", "1"}
    assert (enrolments[["full_name", "date_of_birth", "notes"]] == "").all(axis=None)
    inventories = pd.concat(
        [spss(tmp_path / f"alliance_{rater}.sav") for rater in ("client", "practitioner")]
    )
    assert (inventories.filter(like="wai_").stack().dropna() > 0).all()
    assert len(inventories) == len(tables["alliance"])


def test_untidiness_does_not_change_what_is_simulated():
    truth = load_truth(RAW / "demo_2024" / "truth.yaml")
    untidy, tidy = simulate_tables(truth), simulate_tables(truth.tidy())
    pd.testing.assert_frame_equal(untidy.tables["sessions"], tidy.tables["sessions"])


def test_more_untidiness_than_records_is_refused(tmp_path):
    truth = load_truth(RAW / "demo_2024" / "truth.yaml")
    many = truth.untidy.duplicates.model_copy(update={"survey": 500})
    untidy = truth.untidy.model_copy(update={"duplicates": many})
    with pytest.raises(ConfigurationError, match="practitioner_survey: 500 records with 'exact_duplicate'"):
        write_cohort(truth.model_copy(update={"untidy": untidy}), tmp_path, "demo")
    assert list(tmp_path.iterdir()) == []


def test_a_cohort_too_small_for_its_exports_is_refused(tmp_path):
    truth = load_truth(RAW / "demo_2024" / "truth.yaml")
    unanswered = truth.responses.model_copy(update={"client_answers": 0.0})
    with pytest.raises(ConfigurationError, match="clients' inventories would have no rows"):
        write_cohort(
            truth.with_size(30).model_copy(update={"responses": unanswered}).tidy(), tmp_path, "tiny"
        )
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_a_path_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be the name of a cohort"):
        write_cohort(load_truth(RAW / "demo_2024" / "truth.yaml"), tmp_path / "x", "../x")
    assert not (tmp_path / "x").exists()


def test_a_small_cohort_can_be_written_from_the_same_truth(tmp_path):
    truth = load_truth(RAW / "demo_2024" / "truth.yaml").with_size(120)
    write_cohort(truth, tmp_path, "small")
    assert load_cohort(tmp_path).cohort == "small"
    assert load_truth(tmp_path / "truth.yaml") == truth

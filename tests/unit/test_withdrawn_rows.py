"""Rows of people who were taken out: left out of every table as if no file had ever held them."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from raw_exports import read_export, written
from withdrawn_cohorts import RAW, keyed, take_out, write

from alliance_modes.cleaning.identity import DEMONSTRATION_KEY
from alliance_modes.cohort import load_cohort
from alliance_modes.dictionary.canonical import TABLES
from alliance_modes.ground.errors import CohortError, ConfigurationError, IdentityError
from alliance_modes.ingest.stage import Ingested, ingest_cohort
from alliance_modes.ingest.whereabouts import Whereabouts, whereabouts
from alliance_modes.ingest.withdrawn import WithdrawnPerson, read_withdrawn
from alliance_modes.instruments.model import load_instruments
from alliance_modes.intake.origin import origin
from alliance_modes.readers.row_filter import leave_out

DAY = date(2026, 11, 30)


def ingest(folder) -> Ingested:
    return ingest_cohort(folder, DEMONSTRATION_KEY)


def client(name: str, *enrolments: str) -> WithdrawnPerson:
    ids = tuple(keyed("enrolment_id", one) for one in enrolments)
    return WithdrawnPerson(withdrawn_on=DAY, client=keyed("client_id", name), enrolments=ids)


def same(one: Ingested, other: Ingested) -> None:
    """Everything that was read is equal, but for the numbers of rows, which count lines of other files."""
    for table in TABLES:
        pd.testing.assert_frame_equal(
            one.tables[table].drop(columns="source_row"), other.tables[table].drop(columns="source_row")
        )
    for name in ("missing", "changes"):
        pd.testing.assert_frame_equal(
            getattr(one, name).drop(columns="source_row"), getattr(other, name).drop(columns="source_row")
        )
    assert one.sources == other.sources
    assert [(seen.file, seen.column, seen.codes) for seen in one.seen] == [
        (seen.file, seen.column, seen.codes) for seen in other.seen
    ]


def test_a_client_with_two_enrolments_is_left_out_of_every_table(tmp_path):
    """With the enrolments go sessions, inventories of both raters, and ratings of the climate."""
    folder = write(tmp_path / "all")
    take_out(folder, client("C1", "E1", "E3"))
    left = ingest(folder)
    same(left, ingest(write(tmp_path / "by_hand", {"C1", "E1", "E3"})))
    assert len(left.tables["enrolments"]) == 2 and len(left.tables["alliance"]) == 3
    assert left.left_out == {
        "enrolments.csv": 2, "sessions.csv": 3, "client.csv": 2, "practitioner.csv": 2, "climate.csv": 1,
    }  # fmt: skip


def test_an_enrolment_that_the_list_does_not_name_goes_with_its_client(tmp_path):
    """A later export brings a further enrolment of the client, whose sessions say no client."""
    folder = write(tmp_path / "all")
    take_out(folder, client("C1"))
    same(ingest(folder), ingest(write(tmp_path / "by_hand", {"C1", "E1", "E3"})))


def test_rows_without_their_enrolment_are_left_out_too(tmp_path):
    """The office deleted the enrolment and forgot its sessions."""
    raw = RAW | {"enrolments.csv": [row for row in RAW["enrolments.csv"] if ",C1," not in row]}
    folder = write(tmp_path / "all", raw=raw)
    take_out(folder, client("C1", "E1", "E3"))
    same(ingest(folder), ingest(write(tmp_path / "by_hand", {"C1", "E1", "E3"})))


def test_one_enrolment_alone_leaves_the_others_of_its_client(tmp_path):
    folder = write(tmp_path / "all")
    take_out(folder, WithdrawnPerson(withdrawn_on=DAY, enrolments=(keyed("enrolment_id", "E1"),)))
    left = ingest(folder)
    same(left, ingest(write(tmp_path / "by_hand", {"E1"})))
    assert keyed("client_id", "C1") in set(left.tables["enrolments"]["client_id"])


def test_a_practitioner_goes_and_the_records_of_clients_stay_without_the_id(tmp_path):
    folder = write(tmp_path / "all")
    take_out(folder, WithdrawnPerson(withdrawn_on=DAY, practitioner=keyed("practitioner_id", "P1")))
    raw = RAW | {"enrolments.csv": [row.replace("P1", "") for row in RAW["enrolments.csv"]]}
    left = ingest(folder)
    same(left, ingest(write(tmp_path / "by_hand", {"P1"}, raw)))
    assert len(left.tables["enrolments"]) == 4 and len(left.tables["practitioner_survey"]) == 1
    assert left.tables["enrolments"]["practitioner_id"].notna().sum() == 2
    assert left.tables["enrolments"]["co_practitioner_id"].notna().sum() == 1


def test_cells_that_cannot_be_read_in_rows_that_are_left_out_stop_nobody(tmp_path):
    raw = RAW | {"sessions.csv": [*RAW["sessions.csv"], "E1,three,true"]}
    folder = write(tmp_path, raw=raw)
    with pytest.raises(CohortError):
        ingest(folder)
    take_out(folder, client("C1", "E1", "E3"))
    assert len(ingest(folder).tables["sessions"]) == 2


def test_a_file_of_one_person_can_be_left_out_whole(tmp_path):
    raw = RAW | {"practitioner.csv": RAW["practitioner.csv"][:2]}
    folder = write(tmp_path, raw=raw)
    take_out(folder, client("C1", "E1", "E3"))
    left = ingest(folder)
    assert set(left.tables["alliance"]["rater"]) == {"client"}
    (file,) = [one for one in left.sources["alliance"]["files"] if one["file"] == "practitioner.csv"]
    assert file["rows"] == 0


def test_a_list_of_another_key_is_refused_and_leaves_nobody_in_by_mistake(tmp_path):
    folder = write(tmp_path)
    take_out(folder, client("C1"), key=bytes(range(32)))
    with pytest.raises(IdentityError, match="nobody on it would be left out"):
        ingest(folder)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('key: "a"\npeople:\n- withdrawn_on: "2026-11-30"\n', "give a client, enrolments, or a practitioner"),
        ('key: "a"\npeople:\n- {withdrawn_on: "2026-11-30", client: "C1"}\n', "client"),
        ('key: "a"\nwho: []\npeople: []\n', "who"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_with_its_line(text, said, tmp_path):
    folder = write(tmp_path)
    (folder / "withdrawn.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match=said):
        read_withdrawn(folder)


def test_a_list_is_read_as_it_was_written(tmp_path):
    digits = WithdrawnPerson(withdrawn_on=DAY, client="1234567890123456", enrolments=("12e4567890123456",))
    path = take_out(tmp_path, digits, WithdrawnPerson(withdrawn_on=DAY, practitioner="0" * 16))
    listed = read_withdrawn(tmp_path)
    assert listed.people[0] == digits and listed.people[1].practitioner == "0" * 16
    before = path.read_bytes()
    assert take_out(tmp_path, *listed.people).read_bytes() == before


def test_reports_are_not_told_that_there_is_a_list(tmp_path):
    folder = write(tmp_path)
    listed = take_out(folder, client("C1"))
    noted = origin([folder / "cohort.yaml", folder / "staff.csv", listed], DEMONSTRATION_KEY)
    assert [name for name, _ in noted["files"]] == ["cohort.yaml", "staff.csv"]
    assert len(noted["withdrawn"]) == 64


def where(folder) -> Whereabouts:
    return whereabouts(folder, load_cohort(folder), DEMONSTRATION_KEY, load_instruments())


def test_raw_files_are_told_with_the_rows_that_they_still_hold(tmp_path):
    folder = write(tmp_path)
    found = where(folder).rows_left([client("C1")])
    assert found == {
        "client.csv": 2, "climate.csv": 1, "enrolments.csv": 2, "practitioner.csv": 2, "sessions.csv": 3,
    }  # fmt: skip
    leader = WithdrawnPerson(withdrawn_on=DAY, practitioner=keyed("practitioner_id", "P1"))
    assert where(folder).rows_left([leader]) == {"enrolments.csv": 3, "staff.csv": 1, "survey.csv": 1}
    assert where(write(tmp_path / "other", {"C1", "E1", "E3"})).rows_left([client("C1", "E1", "E3")]) == {}


def test_rows_that_a_source_does_not_keep_are_told_without_theirs(tmp_path):
    """How many rows a filter left out would tell, beside an earlier number, that one was the person's."""
    rows = [f"{row},{'kind' if row.startswith('enr') else 'draft'}" for row in RAW["sessions.csv"]]
    raw = RAW | {"sessions.csv": [*rows, "E2,9,true,final"]}
    folders = write(tmp_path / "all", raw=raw), write(tmp_path / "by_hand", {"C1", "E1", "E3"}, raw)
    for folder in folders:
        text = (folder / "cohort.yaml").read_text()
        kept = "    files: sessions.csv\n    rows: {kind: final}\n"
        (folder / "cohort.yaml").write_text(text.replace("    files: sessions.csv\n", kept))
    take_out(folders[0], client("C1", "E1", "E3"))
    left = ingest(folders[0])
    same(left, ingest(folders[1]))
    (file,) = left.sources["sessions"]["files"]
    assert file["detected"]["rows_left_out"].endswith(": 2")
    assert left.left_out["sessions.csv"] == 3


def test_unfinished_responses_are_told_without_theirs(tmp_path):
    path = written(tmp_path / "staff.csv", "worker,done\nP1,no\nP2,yes\nP3,no\n")
    table = read_export(path, "csv", ("worker", "done"))
    left = leave_out(table, {"done": frozenset({"no"})}, {2})
    assert left.detected["rows_left_out"].endswith(": 1") and list(left.rows) == [3]

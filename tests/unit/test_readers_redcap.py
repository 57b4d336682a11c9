"""REDCap exports: raw and label headers, repeating instruments, events, checkboxes."""

from __future__ import annotations

from raw_exports import read_export, refusal, texts, written

RAW = """\
record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,started,needs___1,needs___2,score
E1,intake_arm_1,,,2024-01-08,1,0,
E1,group_arm_1,sessions,1,,0,0,7
E1,group_arm_1,sessions,2,,0,0,8
E2,intake_arm_1,,,2024-01-09,0,0,
E2,exit_arm_1,sessions,1,,0,0,9
"""

LABELS = """\
"Record ID","Event Name","Repeat Instrument","Repeat Instance","Started","Needs (choice=Literacy)","Score"
E1,Intake,,,2024-01-08,Checked,
E1,Group,Session rating,1,,Unchecked,7
E1,Group,Session rating,2,,Unchecked,8
E2,Exit,Session rating,1,,Unchecked,9
"""


def test_rows_of_one_event_are_kept_and_the_others_counted(tmp_path):
    path = written(tmp_path / "x.csv", RAW)
    table = read_export(path, "redcap", ("score",), repeat_instrument="sessions", event="group_arm_1")
    assert texts(table, "score") == ["7", "8"] and list(table.rows) == [3, 4]
    assert table.detected["rows_left_out"] == (
        'redcap_repeat_instrument is not "sessions": 2; redcap_event_name is not "group_arm_1": 1'
    )
    assert {"redcap_event_name", "redcap_repeat_instrument"} <= set(table.used)


def test_several_events_can_be_kept(tmp_path):
    path = written(tmp_path / "x.csv", RAW)
    events = ["group_arm_1", "exit_arm_1"]
    table = read_export(path, "redcap", ("score",), repeat_instrument="sessions", event=events)
    assert texts(table, "score") == ["7", "8", "9"]
    assert table.detected["rows_left_out"] == 'redcap_repeat_instrument is not "sessions": 2'


def test_without_a_declared_event_all_are_read_and_named(tmp_path):
    table = read_export(written(tmp_path / "x.csv", RAW), "redcap", ("score",), repeat_instrument="sessions")
    assert texts(table, "score") == ["7", "8", "9"]
    assert table.detected["events"] == "all read: group_arm_1, exit_arm_1"
    assert "redcap_event_name" in table.used


def test_an_event_that_no_row_has_is_refused(tmp_path):
    path = written(tmp_path / "x.csv", RAW)
    problem = refusal(path, "redcap", ("score",), repeat_instrument="sessions", event="Group")
    assert 'redcap_event_name is not "Group": 3' in problem.message


def test_an_event_where_the_file_has_none_is_refused(tmp_path):
    path = written(tmp_path / "x.csv", "record_id,score\nE1,7\n")
    assert "to which event" in refusal(path, "redcap", ("score",), event="x").message


def test_checkboxes_come_with_a_warning(tmp_path):
    path = written(tmp_path / "x.csv", RAW)
    table = read_export(path, "redcap", ("record_id", "needs___1", "needs___2"))
    assert texts(table, "needs___1") == ["1", "0"]
    assert table.detected["checkboxes"].startswith("needs___1, needs___2: not ticked and not seen")
    assert "checkboxes" not in read_export(path, "redcap", ("record_id",)).detected


def test_values_of_other_instruments_are_not_values_of_this_one(tmp_path):
    table = read_export(written(tmp_path / "x.csv", RAW), "redcap", ("score", "started"))
    assert table.columns["score"].values == ("",)
    assert table.columns["started"].values == ("2024-01-08", "2024-01-09")


def test_labels_as_headers_do_not_mix_the_instruments(tmp_path):
    path = written(tmp_path / "x.csv", LABELS)
    base = read_export(path, "redcap", ("Record ID", "Started"))
    assert texts(base, "Started") == ["2024-01-08"]
    assert base.detected["rows_left_out"] == "Repeat Instrument is not empty: 3"
    sessions = read_export(path, "redcap", ("Score",), repeat_instrument="Session rating", event=["Group"])
    assert texts(sessions, "Score") == ["7", "8"]
    assert sessions.detected["rows_left_out"] == (
        'Repeat Instrument is not "Session rating": 1; Event Name is not "Group": 1'
    )


def test_labelled_checkboxes_come_with_the_same_warning(tmp_path):
    box = "Needs (choice=Literacy)"
    table = read_export(written(tmp_path / "x.csv", LABELS), "redcap", (box,))
    assert texts(table, box) == ["Checked"] and box in table.detected["checkboxes"]


def test_an_instrument_is_known_by_any_of_its_names(tmp_path):
    names = ["sessions", "Session rating"]
    raw = read_export(written(tmp_path / "raw.csv", RAW), "redcap", ("score",), repeat_instrument=names)
    assert texts(raw, "score") == ["7", "8", "9"]
    path = written(tmp_path / "labels.csv", LABELS)
    assert texts(read_export(path, "redcap", ("Score",), repeat_instrument=names), "Score") == ["7", "8", "9"]
    problem = refusal(path, "redcap", ("Score",), repeat_instrument=["visits", "Visit"])
    assert 'Repeat Instrument is not "visits" or "Visit": 4' in problem.message
    problem = refusal(tmp_path / "raw.csv", "redcap", ("score",), repeat_instrument=["visits", "Visit"])
    assert problem.message == "no row belongs to the repeating instrument visits or Visit"

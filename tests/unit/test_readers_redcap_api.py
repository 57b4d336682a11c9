"""CSV of REDCap's API: the EAV form is the flat form again."""

from __future__ import annotations

import csv
import io

import pytest
from raw_exports import read_export, refusal, texts, written

from alliance_modes.drafting.recognise import recognise_parts

FLAT = """\
record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,started,needs___1,needs___2,needs____9,intake_complete,held,score
F7,intake_arm_1,,,2024-03-04,1,1,0,2,,
F7,group_arm_1,sessions,1,,,,,,2024-03-11,6
F7,group_arm_1,sessions,2,,,,,,2024-03-18,
F12,intake_arm_1,,,2024-03-05,0,0,0,1,,
F12,group_arm_1,sessions,1,,,,,,,4
F13,intake_arm_1,,,,0,0,1,0,,
"""
KEYS = ("redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance")


def eav(flat: str, *keys: str, own: bool = True) -> str:
    """The rows of a flat export one value at a time, as the API sends them: boxes by their codes."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow(["record", *keys, "field_name", "value"])
    for row in csv.DictReader(io.StringIO(flat)):
        start = [row["record_id"], *(row[key] for key in keys)]
        if own:
            write.writerow([*start, "record_id", row["record_id"]])
        for name, value in row.items():
            field, box, code = name.partition("___")
            if name in ("record_id", *KEYS) or (value in ("", "0") and box):
                continue
            if value:
                write.writerow([*start, field, code.replace("_", "-") if box else value])
    return out.getvalue()


@pytest.mark.parametrize("repeat", [None, "sessions"])
@pytest.mark.parametrize("form", ["redcap", "redcap_csv"])
def test_eav_is_read_as_the_flat_form(tmp_path, repeat, form):
    flat = written(tmp_path / "flat.csv", FLAT)
    long = written(tmp_path / "long.csv", eav(FLAT, *KEYS))
    wanted = ("record_id", "started", "needs___1", "needs___2", "needs____9", "held", "score")
    settings = {"repeat_instrument": repeat} if repeat else {}
    one = read_export(flat, form, wanted, **settings)
    other = read_export(long, form, wanted, **settings)
    for name in wanted:
        assert texts(one, name) == texts(other, name), name
    assert other.detected["form"] == "EAV: 18 values in 6 rows"
    assert list(other.rows) == ([2, 12, 17] if repeat is None else [7, 10, 15])


def test_without_repeats_and_events_a_box_that_is_asked_for_is_made(tmp_path):
    rows = "record_id,needs___1,needs___2,age\nA,1,0,30\nB,0,1,41\nC,0,0,52\n"
    path = written(tmp_path / "long.csv", eav(rows))
    table = read_export(path, "redcap", ("record_id", "needs___1", "needs___2", "age"))
    assert texts(table, "needs___1") == ["1", "0", "0"]
    assert texts(table, "needs___2") == ["0", "1", "0"]
    assert texts(table, "age") == ["30", "41", "52"]
    assert texts(read_export(path, "redcap", ("needs",)), "needs") == ["1", "2", ""]


def test_where_no_field_repeats_the_record_it_is_called_record(tmp_path):
    path = written(tmp_path / "long.csv", eav("record_id,age\nA,30\nB,41\n", own=False))
    assert texts(read_export(path, "redcap", ("record", "age")), "record") == ["A", "B"]


def test_a_draft_knows_the_eav_form_and_its_parts(tmp_path):
    written(tmp_path / "long.csv", eav(FLAT, *KEYS))
    parts = recognise_parts(tmp_path / "long.csv", "long.csv")
    assert [(part.format, part.settings.get("repeat_instrument"), part.rows) for part in parts] == [
        ("redcap", None, 3),
        ("redcap", "sessions", 3),
    ]
    assert {"record_id", "started", "needs___1"} <= set(parts[0].facts)


def test_a_repeating_instrument_that_eav_does_not_have_is_refused(tmp_path):
    path = written(tmp_path / "long.csv", eav(FLAT, *KEYS))
    assert "no row belongs" in refusal(path, "redcap", ("score",), repeat_instrument="other").message

"""The draft of ``cohort.yaml``: what is recognised, what is asked, and what is never guessed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from alliance_modes.cohort import load_cohort
from alliance_modes.drafting.blocks import numbered_blocks
from alliance_modes.drafting.date_cells import dates_of
from alliance_modes.drafting.draft import draft_cohort
from alliance_modes.drafting.facts import column_facts
from alliance_modes.drafting.fits import instrument_fits
from alliance_modes.drafting.joining import join_equal_forms
from alliance_modes.drafting.recognise import recognise, recognise_parts
from alliance_modes.drafting.response_words import word_labels
from alliance_modes.drafting.writing import draft_yaml, quoted
from alliance_modes.ground.errors import CohortError
from alliance_modes.ground.yaml_models import read_yaml
from alliance_modes.ingest.stage import check_cohort
from alliance_modes.instruments.model import load_instruments
from alliance_modes.readers import RawColumn

KNOWN = load_instruments()
WAI = ",".join(f"wai{item}" for item in range(1, 13))


def facts_of(name: str, cells: list, decimal: str = "."):
    distinct = list(dict.fromkeys(cells))
    codes = np.array([distinct.index(cell) for cell in cells], dtype="int32")
    return column_facts(name, RawColumn(tuple(distinct), codes), decimal, {})


def drafted(folder: Path, **texts: str) -> tuple[str, tuple[str, ...]]:
    """Write each text to ``<name>.csv``; return the draft's YAML (also on disk) and its questions."""
    files = []
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        files.append(recognise(folder / f"{name}.csv", f"{name}.csv"))
    draft = draft_cohort("north", join_equal_forms(files), KNOWN)
    (folder / "cohort.yaml").write_text(draft_yaml(draft), encoding="utf-8")
    return draft_yaml(draft), draft.questions


def people(*columns: str, rows: int = 12, **cells: list[str]) -> str:
    lines = [",".join(("case no", *columns, *cells))]
    for row in range(rows):
        values = [
            f"k{row:02}",
            *(f"x{row}" for _ in columns),
            *(cell[row % len(cell)] for cell in cells.values()),
        ]
        lines.append(",".join(values))
    return "\n".join(lines) + "\n"


def ratings(answers: list[str], rows: int = 12, key: str = "case no") -> str:
    lines = [f"{key},session,{WAI}"]
    for row in range(rows):
        items = [answers[(row + item) % len(answers)] for item in range(12)]
        lines.append(f"k{row:02},{row % 3 + 1},{','.join(items)}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("texts", "formats"),
    [
        (["2024-01-31", "2024-02-01"], ("%Y-%m-%d",)),
        (["31/01/2024", "02/03/2024"], ("%d/%m/%Y",)),
        (["01/31/2024", "02/03/2024"], ("%m/%d/%Y",)),
        (["31.01.2024", "01.02.2024", "2024-02-01"], ("%d.%m.%Y", "%Y-%m-%d")),
        (["2023-08-08 14:59:49.246355"], ("%Y-%m-%d %H:%M:%S.%f",)),
    ],
)
def test_formats_that_the_dates_decide_are_found(texts, formats):
    found = dates_of(dict.fromkeys(texts, 1))
    assert set(found.formats) == set(formats)
    assert found.choices == ()


def test_day_and_month_that_cannot_be_told_apart_are_never_guessed():
    found = dates_of({"01/02/2024": 1, "03/04/2024": 1})
    assert found.formats == ()
    assert found.choices == ("day first", "month first")


def test_two_orders_of_day_and_month_in_one_column_are_asked_about():
    found = dates_of({"31/01/2024": 1, "02/25/2024": 1, "03/04/2024": 1})
    assert found.choices == ("day first", "month first") and "mixes orders" in found.evidence


def test_the_same_day_either_way_is_no_question():
    assert dates_of({"05/05/2024": 1, "07/07/2024": 1}).choices == ()


def test_missing_codes_are_told_from_answers():
    facts = facts_of("score", ["1", "2", "-99", "n/a", "refused", "", "3"])
    assert dict(facts.missing) == {"n/a": "not applicable", "refused": "refused", "-99": ""}
    assert set(facts.counts) == {"1", "2", "3"}
    assert dict(facts_of("change", ["-3", "-9", "2"]).missing) == {}


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("Surname", ["A", "B"]),
        ("date_of_birth", ["1980-01-01", "1990-02-02"]),
        ("contact", ["a.b@mail.example", "c@mail.example", ""]),
        ("reach", ["01632 960900", "+44 1632 960305"]),
        ("q_17", [f"I told them on day {n} that it would be hard" for n in range(20)]),
    ],
)
def test_what_says_who_somebody_is_is_noticed_by_name_or_content(name, cells):
    assert facts_of(name, cells).personal


@pytest.mark.parametrize(
    ("name", "cells"), [("programme name", ["core", "x"]), ("case", ["P001", "P002"]), ("mop_1", ["1", "5"])]
)
def test_what_does_not_is_left_alone(name, cells):
    assert facts_of(name, cells).personal == ""


@pytest.mark.parametrize(
    ("prefix", "count", "answers", "rater", "expected"),
    [
        ("wai_", 12, ["1", "3", "5"], "client", "wai_sr"),
        ("wai_", 12, ["1", "4", "7"], "client", "wai_s"),
        ("wai_", 12, ["1", "4", "5"], "practitioner", "wai_sr_t"),
        ("WAI", 36, ["1", "4", "7"], None, "wai_36"),
        ("gcq_", 12, ["0", "6", "3"], None, "gcq_s"),
        ("mop_", 18, ["1", "5", "3"], None, "modes_of_practice"),
        ("eng", 5, ["1", "5", "3"], None, "session_engagement"),
        ("wai_sr_", 12, ["selten", "manchmal", "öfters", "sehr oft", "immer"], None, "wai_sr"),
    ],
)
def test_the_instrument_that_fits_by_items_range_and_name(prefix, count, answers, rater, expected):
    facts = {f"{prefix}{item}": facts_of(f"{prefix}{item}", answers) for item in range(1, count + 1)}
    (block,) = numbered_blocks(tuple(facts))
    fits = instrument_fits(block, facts, KNOWN, rater)
    assert fits[0].instrument.id == expected
    assert fits[0].sure == "likely"


def test_a_block_without_a_telling_name_is_a_guess_and_one_out_of_range_is_nothing():
    facts = {f"q{item}": facts_of(f"q{item}", ["1", "5"]) for item in range(1, 19)}
    (block,) = numbered_blocks(tuple(facts))
    assert [fit.sure for fit in instrument_fits(block, facts, KNOWN, None)] == ["guess"]
    facts = {f"mop_{item}": facts_of(f"mop_{item}", ["1", "7"]) for item in range(1, 19)}
    (block,) = numbered_blocks(tuple(facts))
    assert instrument_fits(block, facts, KNOWN, None) == []


def test_columns_are_one_block_only_where_no_number_is_missing():
    assert numbered_blocks(("a_1", "a_2", "b_1", "b_2", "b_4")) == []
    (block,) = numbered_blocks(("a_2", "a_10", *(f"a_{n}" for n in (1, 3, 4, 5, 6, 7, 8, 9))))
    assert block.columns == tuple(f"a_{n}" for n in range(1, 11))


def test_words_get_numbers_from_the_file_the_instrument_or_everyday_order_and_else_none():
    survey, wai = KNOWN["modes_of_practice"], KNOWN["wai_sr"]
    assert word_labels(["often"], survey, {})[0]["often"] == 4
    five = ["immer", "selten", "sehr oft", "manchmal", "öfters"]
    labels, left, said = word_labels(five, wai, {})
    assert list(labels) == ["selten", "manchmal", "öfters", "sehr oft", "immer"]
    assert list(labels.values()) == [1, 2, 3, 4, 5]
    assert left == []
    assert said
    assert word_labels(["ei", "aina"], wai, {"ei": 1, "aina": 5})[0] == {"ei": 1, "aina": 5}
    assert word_labels(["ei koskaan", "aina"], wai, {}) == (
        {},
        ["ei koskaan", "aina"],
        "not every answer is known",
    )
    assert word_labels(["selten", "immer"], wai, {})[1] == ["selten", "immer"]


def test_ambiguous_dates_are_open_and_asked_and_refused_until_answered(tmp_path):
    text, questions = drafted(
        tmp_path,
        people=people(status=["completed", "dropped out"], first_session=["01/02/2024", "03/04/2024"]),
        wai_client=ratings(["1", "3", "5"]),
    )
    (answer,) = read_yaml(tmp_path / "cohort.yaml").open
    assert answer.location[-2:] == ("started_on", "date_formats")
    assert answer.question.endswith("one of: day first, month first")
    assert any("first_session" in question and "2 can be either" in question for question in questions)
    assert len(check_cohort(tmp_path)) == 1
    answered = text.replace('date_formats: "?"', "date_formats: day first")
    (tmp_path / "cohort.yaml").write_text(answered, encoding="utf-8")
    cohort = load_cohort(tmp_path)
    assert dict(cohort.tables.enrolments[0].columns["status"].labels) == {"dropped out": "dropped_out"}
    assert check_cohort(tmp_path) == ()


def test_an_id_with_a_name_that_says_nothing_is_found_by_its_values(tmp_path):
    _, _ = drafted(
        tmp_path,
        people=people(status=["completed", "removed"], setting=["custody"]),
        wai_client=ratings(["1", "3", "5"], key="zzz"),
    )
    assert load_cohort(tmp_path).tables.alliance[0].columns["enrolment_id"].column == "zzz"


def test_unknown_words_and_codes_are_asked_and_refused_by_check_until_answered(tmp_path):
    text, questions = drafted(
        tmp_path,
        people=people(status=["fertig", "weg"], setting=["1", "2"]),
        wai_client=ratings(["ei koskaan", "aina", "joskus"]),
    )
    asked = " ".join(questions)
    assert '"fertig"' in asked
    assert '"aina"' in asked
    assert "1 = custody, 2 = community" in asked
    assert "look them up" in text
    open_labels = {
        str(answer.location[-1]): answer.question for answer in read_yaml(tmp_path / "cohort.yaml").open
    }
    assert {"ei koskaan", "aina", "joskus"} <= set(open_labels)
    assert open_labels["aina"].endswith("one of: 1, 2, 3, 4, 5")
    assert any(open_labels["aina"] == f"question {n}: {asked}" for n, asked in enumerate(questions, 1))
    refused = " ".join(f"{problem.message} {problem.hint}" for problem in check_cohort(tmp_path))
    assert all(word in refused for word in open_labels)


def test_direct_identifiers_are_dropped_and_no_value_of_them_stands_in_the_draft(tmp_path):
    text, _ = drafted(
        tmp_path,
        people=people(status=["completed"], surname=["Quillfeather"], contact=["q@mail.example"]),
        wai_client=ratings(["1", "3", "5"]),
    )
    assert set(load_cohort(tmp_path).tables.enrolments[0].drop) == {"surname", "contact"}
    for value in ("Quillfeather", "q@mail.example", "k01"):
        assert value not in text


def test_a_cohort_without_enrolments_says_so_first(tmp_path):
    _, questions = drafted(tmp_path, wai_client=ratings(["1", "3", "5"]))
    assert questions[0].startswith("Which file holds the enrolments")


def test_a_column_that_is_named_twice_is_asked_about(tmp_path):
    text = people(status=["completed"], setting=["custody"]).replace("case no", "case no,case no", 1)
    text = "\n".join(
        line if place == 0 else f"{line.split(',')[0]},{line}" for place, line in enumerate(text.splitlines())
    )
    _, questions = drafted(tmp_path, people=text + "\n", wai_client=ratings(["1", "3", "5"]))
    assert any('two columns are called "case no"' in question for question in questions)


def test_decimal_comma_and_delimiter_are_found(tmp_path):
    (tmp_path / "a.csv").write_text("case;score\nk1;1,5\nk2;2,25\n", encoding="utf-8")
    found = recognise(tmp_path / "a.csv", "a.csv")
    assert found.settings == {"decimal": ",", "delimiter": ";"}


def test_a_file_that_is_no_export_is_refused_with_what_can_be_read(tmp_path):
    (tmp_path / "notes.docx").write_bytes(b"PK")
    with pytest.raises(CohortError, match=r"\.csv or \.xlsx"):
        recognise(tmp_path / "notes.docx", "notes.docx")


@pytest.mark.parametrize(
    "value", ["yes", "no", "-99", "öfters", 'a"b', "a: b", "# x", "", "n/a", "null", "1", "{x}"]
)
def test_written_text_reads_back_as_it_was(tmp_path, value):
    import yaml

    assert yaml.safe_load(quoted(value)) == value


def test_sheets_and_repeating_instruments_are_parts_of_their_own(tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "About"
    book.active.append(["exported from the register"])
    for title in ("North", "South"):
        sheet = book.create_sheet(title)
        sheet.append(["Staff no", "Role", "Years of experience"])
        sheet.append([f"{title}1", "psychologist", 3])
    book.save(tmp_path / "staff.xlsx")
    parts = recognise_parts(tmp_path / "staff.xlsx", "staff.xlsx")
    assert [part.settings["sheet"] for part in parts] == ["North", "South"]

    items = [f"wai_{item}" for item in range(1, 13)]
    head = [
        "record_id",
        "redcap_repeat_instrument",
        "redcap_repeat_instance",
        "outcome",
        "start_date",
        *items,
    ]
    lines = [",".join(head)]
    for row in range(1, 9):
        lines.append(f"r{row},,,completed,2024-01-{row + 12}" + "," * 12)
        lines += [f"r{row},alliance_client,{n},,," + ",".join("123455432135") for n in (1, 2)]
    (tmp_path / "redcap.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    parts = recognise_parts(tmp_path / "redcap.csv", "redcap.csv")
    draft = draft_yaml(draft_cohort("north", parts, KNOWN))
    assert 'session_no: "?"  # question' in draft, "two forms of each person, and no session is told"
    told = draft.replace('session_no: "?"', "session_no: redcap_repeat_instance")
    told = told.replace('instrument: "?"', "instrument: wai_sr").replace('rater: "?"', "rater: client")
    (tmp_path / "cohort.yaml").write_text(told, encoding="utf-8")
    cohort = load_cohort(tmp_path)
    assert cohort.tables.enrolments[0].repeat_instrument is None
    assert cohort.tables.alliance[0].repeat_instrument == ("alliance_client",)
    assert cohort.tables.alliance[0].inventories[0].instrument == "wai_sr"
    assert check_cohort(tmp_path) == ()


def test_headers_of_limesurvey_and_kobo_are_understood(tmp_path):
    block = numbered_blocks(tuple(f"wai[SQ{item:03}]" for item in range(1, 13)))
    assert len(block[0].columns) == 12
    head = [
        "id",
        "submitdate",
        "lastpage",
        "startlanguage",
        "case",
        *(f"wai[SQ{n:03}]" for n in range(1, 13)),
    ]
    rows = [
        ",".join([str(row), "2024-01-20 10:00:00", "3", "en", f"k{row:02}", *"123455432135"])
        for row in range(12)
    ]
    (tmp_path / "lime_client.csv").write_text("\n".join([",".join(head), *rows]) + "\n", encoding="utf-8")
    (tmp_path / "people.csv").write_text(people(status=["completed"], setting=["custody"]), encoding="utf-8")
    files = [recognise(tmp_path / name, name) for name in ("lime_client.csv", "people.csv")]
    assert files[0].format == "limesurvey"
    (tmp_path / "cohort.yaml").write_text(draft_yaml(draft_cohort("north", files, KNOWN)), encoding="utf-8")
    source = load_cohort(tmp_path).tables.alliance[0]
    assert source.columns["enrolment_id"].column == "case"
    assert source.columns["completed_on"].column == "submitdate"
    assert check_cohort(tmp_path) == ()
    form = "_uuid,_submission_time,_index,intake/case_no,intake/outcome,intake/start_date\n"
    (tmp_path / "kobo.csv").write_text(form + "u1,2024-01-20,1,k1,completed,2024-01-13\n", encoding="utf-8")
    found = recognise(tmp_path / "kobo.csv", "kobo.csv")
    assert found.format == "kobo"
    columns = draft_cohort("north", [found], KNOWN).sources[0].columns
    assert columns["started_on"].raw == "intake/start_date"
    assert columns["enrolment_id"].raw == "intake/case_no"


def test_the_wave_of_a_survey_is_asked_only_where_no_column_says_it(tmp_path):
    items = ",".join(f"mop_{item}" for item in range(1, 19))
    answers = [",".join(str(1 + (row + item) % 5) for item in range(18)) for row in range(12)]
    without = "\n".join([f"facilitator,{items}", *(f"p{row},{cells}" for row, cells in enumerate(answers))])
    waves = [f"p{row % 6},{1 + row // 6},{cells}" for row, cells in enumerate(answers)]
    with_wave = "\n".join([f"facilitator,wave,{items}", *waves])
    for name, text, asked in (("without", without, 1), ("with_wave", with_wave, 0)):
        (tmp_path / name).mkdir()
        _, questions = drafted(tmp_path / name, staff=text + "\n")
        assert sum("which survey wave" in question for question in questions) == asked, name

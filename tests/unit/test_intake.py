"""A loss must be agreed to: what counts as one, when it stands in the way, and what would mend it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from alliance_modes.cleaning.clean import clean_cohort
from alliance_modes.cohort import Agreement, load_cohort
from alliance_modes.ground.errors import CohortError, ConfigurationError
from alliance_modes.ingest.id_forms import id_forms, near_pairs
from alliance_modes.ingest.stage import ingest_cohort
from alliance_modes.instruments.model import load_instruments
from alliance_modes.intake.agreements import LossRules, judge
from alliance_modes.intake.loss import Loss
from alliance_modes.intake.view import View, view_lines, view_of
from alliance_modes.plan.plan import CleaningRules, Exposure, Losses

COHORT = """
cohort: small
title: Small
data_lock: "2024-12-31"
{more}
tables:
  enrolments:
    files: e.csv
    format: csv
    columns: {{enrolment_id: id, client_id: id, started_on: start, ended_on: end, practitioner_id: staff}}
  alliance:
    files: [a.csv, b.csv]
    format: csv
    columns: {{enrolment_id: {alliance_id}, session_no: session}}
    inventories: [{{instrument: wai_sr, rater: client, items: "w{{item}}"}}]
{tables}
"""
ITEMS = [f"w{item}" for item in range(1, 13)]


def write(folder: Path, ids: list[str], forms: dict[str, list[tuple[str, str]]], **said: str) -> Path:
    """A cohort of enrolments ``ids`` and, per file, forms as (id, session)."""
    rows = [f"{name},2024-01-0{place % 8 + 2},2024-06-0{place % 8 + 1},P1" for place, name in enumerate(ids)]
    (folder / "e.csv").write_text("\n".join(["id,start,end,staff", *rows]) + "\n")
    for file, given in forms.items():
        lines = [
            f"{name},{session},{','.join('12345'[(i + len(name)) % 5] for i in range(12))}"
            for name, session in given
        ]
        (folder / file).write_text("\n".join([f"id,session,{','.join(ITEMS)}", *lines]) + "\n")
    text = COHORT.format(**{"more": "", "tables": "", "alliance_id": "id", **said})
    (folder / "cohort.yaml").write_text(text)
    return folder


def seen(folder: Path, limits: Losses | None = None, exposure: Exposure | None = None) -> View:
    """What ``check`` sees of a cohort folder."""
    instruments = load_instruments()
    ingested = ingest_cohort(folder, bytes(32), instruments, compare_ids=True)
    cleaned = clean_cohort(
        ingested.tables, ingested.changes, CleaningRules(), date(2024, 12, 31), instruments
    )
    cohort = load_cohort(folder)
    rules = LossRules(limits=limits or Losses(), accepted=cohort.accepted, exposure=exposure or Exposure())
    return view_of(ingested, cleaned, rules, instruments, cohort.left_out)


IDS = [f"E{number:03}" for number in range(1, 51)]
BOTH = {"a.csv": [(name, "3") for name in IDS], "b.csv": [(name, "12") for name in IDS]}


def test_nothing_lost_is_nothing_to_agree_to(tmp_path: Path) -> None:
    view = seen(write(tmp_path, IDS, BOTH))
    assert not (view.judged.problems or view.judged.small or view.judged.agreed)
    text = "\n".join(view_lines(view))
    assert "alliance · a.csv: 50 rows, 50 kept" in text
    assert "client: session 3 (50)" in text and "client: session 12 (50)" in text
    assert "50 of 50 of enrolments stand in alliance, 50 of 50 of alliance in enrolments" in text


def test_a_second_file_without_its_occasion_is_a_problem_and_not_half_the_data(tmp_path: Path) -> None:
    forms = {"a.csv": [(name, "") for name in IDS], "b.csv": [(name, "") for name in IDS]}
    view = seen(write(tmp_path, IDS, forms))
    found = {problem.message for problem in view.judged.problems}
    assert any("50 of 100 rows (50%) left out" in message for message in found) or any(
        "every row of the file" in message for message in found
    )


def test_ids_that_lost_their_zeros_or_case_are_told_with_what_would_join_them(tmp_path: Path) -> None:
    ids = [f"000{number}" for number in range(10, 60)]
    bare = {"a.csv": [(name.lstrip("0"), "3") for name in ids], "b.csv": [(ids[0], "12")]}
    (problem,) = (p for p in seen(write(tmp_path, ids, bare)).judged.problems if "orphan" in p.message)
    assert "50 of 51 rows" in problem.message and "pad:" in problem.hint
    small = {"a.csv": [(name.lower(), "3") for name in IDS], "b.csv": [(IDS[0], "12")]}
    (problem,) = (p for p in seen(write(tmp_path, IDS, small)).judged.problems if "orphan" in p.message)
    assert "fold_case" in problem.hint


def test_declared_forms_of_ids_join_them(tmp_path: Path) -> None:
    ids = [f"000{number}" for number in range(10, 60)]
    bare = {"a.csv": [(name.lstrip("0"), "3") for name in ids], "b.csv": [(ids[0], "12")]}
    view = seen(write(tmp_path, ids, bare, alliance_id="{column: id, pad: 5}"))
    assert view.judged.problems == ()


def test_two_ids_that_would_become_one_person_are_never_offered(tmp_path: Path) -> None:
    forms = {"a.csv": [("e1", "3"), ("E01", "3")], "b.csv": [("X", "3")]}
    view = seen(write(tmp_path, ["E1", "E001", "X"], forms), Losses(rows=0.0))
    (problem,) = (p for p in view.judged.problems if "orphan" in p.message)
    assert "fold_case" in problem.hint or "would meet" not in problem.hint
    assert "2 would meet" not in problem.hint


@pytest.mark.parametrize("written", ["1.2E+15", "2,024E+13", "9e15"])
def test_ids_whose_digits_are_lost_are_refused(tmp_path: Path, written: str) -> None:
    quoted = f'"{written}"'
    write(tmp_path, [quoted, "E2"], {"a.csv": [("E2", "3")], "b.csv": [("E2", "12")]})
    with pytest.raises(CohortError, match="digits are lost"):
        ingest_cohort(tmp_path, bytes(32), load_instruments())


def test_an_agreement_holds_for_its_number_and_no_other(tmp_path: Path) -> None:
    forms = {
        "a.csv": [*((name, "3") for name in IDS), *((f"Z{n}", "3") for n in range(10))],
        "b.csv": [(IDS[0], "12")],
    }
    said = 'accepted: [{{table: alliance, reason: orphan, rows: {rows}, why: "withdrew their consent"}}]'
    agreed = seen(write(tmp_path, IDS, forms, more=said.format(rows=10)))
    assert agreed.judged.problems == ()
    ((loss, agreement),) = agreed.judged.agreed
    assert (loss.count, agreement.why) == (10, "withdrew their consent")
    (problem,) = seen(write(tmp_path, IDS, forms, more=said.format(rows=9))).judged.problems
    assert "void" in problem.message
    (idle,) = seen(write(tmp_path, IDS, BOTH, more=said.format(rows=9))).judged.problems
    assert "there is not" in idle.message


def test_an_agreement_needs_a_reason_and_a_known_loss(tmp_path: Path) -> None:
    for wrong in ("reason: orphans, rows: 1, why: withdrew consent", "reason: orphan, rows: 1, why: x"):
        write(tmp_path, IDS, BOTH, more=f"accepted: [{{table: alliance, {wrong}}}]")
        with pytest.raises(ConfigurationError):
            load_cohort(tmp_path)


def test_a_column_of_a_known_name_that_is_not_read_is_told_with_its_cells(tmp_path: Path) -> None:
    write(tmp_path, IDS, BOTH)
    text = (tmp_path / "e.csv").read_text().splitlines()
    lines = [text[0] + ",Status,empty", *(f"{line},completed," for line in text[1:])]
    (tmp_path / "e.csv").write_text("\n".join(lines) + "\n")
    (problem,) = seen(tmp_path).judged.problems
    assert (problem.table, problem.column) == ("enrolments", "Status")
    assert "50 of 50 cells" in problem.message and "reason: unread" in problem.hint


LOSS = Loss("alliance", "repeat", 1, 100, "left out")


@pytest.mark.parametrize(
    ("loss", "stands_in_the_way"),
    [
        (LOSS, False),
        (replace(LOSS, count=2), False),
        (replace(LOSS, count=3), True),
        (replace(LOSS, count=1, of=1), True),
        (replace(LOSS, reason="set_missing", count=3), True),
        (replace(LOSS, reason="careless", count=40), False),
        (replace(LOSS, reason="careless", count=100), True),
        (replace(LOSS, reason="unlinked", count=5), False),
        (replace(LOSS, reason="unlinked", count=6), True),
    ],
)
def test_limits_are_shares_and_all_of_them_is_never_small(loss: Loss, stands_in_the_way: bool) -> None:
    assert bool(judge([loss], Losses(), []).problems) is stands_in_the_way
    said = {"table": loss.table, "reason": loss.reason, "rows": loss.count, "why": "known and checked"}
    agreement = Agreement.model_validate(said)
    assert judge([loss], Losses(), [agreement]).problems == ()


SURVEYED = """  practitioner_survey:
    files: s.csv
    format: csv
    columns: {{practitioner_id: staff, wave: {{constant: 1}}, completed_on: day}}
    inventories: [{{instrument: modes_of_practice, items: "m{{item}}"}}]
"""


def surveyed(folder: Path, days: dict[str, str], **said: str) -> Path:
    """Twenty practitioners lead 50 enrolments that start in January 2024; ``days`` are of their surveys."""
    write(folder, IDS, BOTH, tables=SURVEYED.replace("{{", "{").replace("}}", "}"), **said)
    starts = "\n".join(
        f"{name},2024-01-{10 + at // 20},2024-06-{10 + at // 20},P{at % 20:02}" for at, name in enumerate(IDS)
    )
    (folder / "e.csv").write_text(f"id,start,end,staff\n{starts}\n")
    head = ",".join(f"m{item}" for item in range(1, 19))
    rows = [f"{name},{day},{','.join('1234512345'[:9] * 2)}" for name, day in days.items()]
    (folder / "s.csv").write_text("\n".join([f"staff,day,{head}", *rows]) + "\n")
    return folder


PEOPLE = [f"P{number:02}" for number in range(20)]


def test_surveys_that_are_all_too_late_are_a_problem_with_the_choices_of_the_plan(tmp_path: Path) -> None:
    late = {name: "2024-03-01" for name in PEOPLE[:18]} | {PEOPLE[18]: "", PEOPLE[19]: "2024-01-10"}
    view = seen(surveyed(tmp_path, late), Losses(cells=1.0))
    (problem,) = [problem for problem in view.judged.problems if "survey before" in problem.message]
    assert "20 of 20 practitioners surveyed" in problem.message
    assert "19 only on that day or later, 1 undated" in problem.message
    assert "keep 0 enrolments of 50" in problem.message
    assert "waves: all takes every survey, and then exposure no longer precedes" in problem.hint
    assert "reason: surveyed_late, rows: 20" in problem.hint


def test_a_few_late_surveys_are_counted_and_more_than_the_plan_lets_go_are_a_problem(tmp_path: Path) -> None:
    few = {name: f"2023-11-{name[1:]}" for name in PEOPLE[1:18]}
    few |= {PEOPLE[0]: "2023-11-30", PEOPLE[18]: "2024-03-01"}
    view = seen(surveyed(tmp_path, few), Losses(surveys=0.06, links=0.1, cells=1.0))
    assert view.judged.problems == ()
    assert [
        (loss.reason, loss.count) for loss in view.judged.small if loss.table == "practitioner_survey"
    ] == [("surveyed_late", 1)]
    text = "\n".join(view_lines(view))
    assert "18 surveyed before their first enrolment started (46 enrolments)" in text
    assert "1 only on that day or later (2 enrolments), 0 undated" in text and "1 not surveyed (2" in text
    assert "keeps 18 with 46 enrolments in models of mode use; waves: all would keep 19 with 48" in text
    strict = seen(tmp_path, Losses(surveys=0.05, links=0.1, cells=1.0))
    assert ["1 of 19 practitioners surveyed" in one.message for one in strict.judged.problems] == [True]
    undated = seen(surveyed(tmp_path, dict.fromkeys(PEOPLE, "")), Losses(cells=1.0))
    assert undated.judged.problems == ()
    assert "20 undated (the survey, or every start) (50 enrolments)" in undated.surveys[0]
    surveyed(tmp_path, few)
    every = seen(tmp_path, Losses(surveys=0.0, links=0.1, cells=1.0), Exposure(waves="all"))
    assert every.judged.problems == ()
    assert any("does not precede outcome for 1 of them" in said for said in every.surveys)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"P07": "p07"}, "small and capital letters"),
        ({"P07": "P7"}, "leading zeros"),
        ({"P07": "P 07"}, "spaces and dashes"),
        ({"P07": "p 7"}, "together"),
        ({"P07": "P37"}, "one digit was otherwise"),
        ({"P07": "P007"}, "leading zeros"),
        ({"P19": "P91"}, "one digit was otherwise"),
        ({"P07": "P077"}, "one digit was otherwise"),
    ],
)
def test_survey_codes_that_differ_from_one_of_the_enrolments_are_named_however_few(
    tmp_path: Path, written: dict[str, str], said: str
) -> None:
    days = {written.get(name, name): f"2023-11-{at + 1:02}" for at, name in enumerate(PEOPLE)}
    view = seen(surveyed(tmp_path, days), Losses(links=0.1))
    text = "\n".join(view_lines(view))
    place = PEOPLE.index(next(iter(written))) + 2
    assert text.count("written otherwise?") == 1 and said in text
    assert (
        f"s.csv row {place} and e.csv row {place}" in text
        or f"e.csv row {place} and s.csv row {place}" in text
    )
    assert not any(code in text for code in (*written, *written.values()))


def test_codes_with_two_other_digits_are_named_and_one_that_could_be_two_people_is_not(
    tmp_path: Path,
) -> None:
    def forms(table: str, codes: list[str]) -> pd.DataFrame:
        first = {code: row for row, code in enumerate(codes, 2)}
        return id_forms(table, "practitioner_id", first, f"{table}.csv", bytes(32))

    found = pd.concat(
        [
            forms("practitioner_survey", ["4711", "8123", "6000", "12"]),
            forms("enrolments", ["4171", "8945", "6001", "6002", "12"]),
        ]
    )
    pairs = near_pairs(found, "practitioner_id", "practitioner_survey", "enrolments")
    assert [(pair.name, pair.row, pair.other_row) for pair in pairs.itertuples()] == [("digit", 2, 2)]
    two = pd.concat(
        [forms("practitioner_survey", ["48123"]), forms("enrolments", ["48999", "48132", "40993"])]
    )
    back = near_pairs(two, "practitioner_id", "enrolments", "practitioner_survey")
    assert back["name"].tolist() == ["digit"] and back["row"].tolist() == [3]
    pair = pd.concat([forms("practitioner_survey", ["48123"]), forms("enrolments", ["48173 ", "48923"])])
    assert near_pairs(pair, "practitioner_id", "practitioner_survey", "enrolments").empty
    wide = pd.concat([forms("practitioner_survey", ["48123"]), forms("enrolments", ["49128"])])
    assert near_pairs(wide, "practitioner_id", "practitioner_survey", "enrolments")["name"].tolist() == [
        "digits"
    ]

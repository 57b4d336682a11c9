"""What ``check`` tells: grouped, counted, with first rows, in the terminal and as a page."""

from __future__ import annotations

from alliance_modes.cohort import Agreement
from alliance_modes.ground.errors import Problem
from alliance_modes.ingest.seen import SeenCode, SeenColumn
from alliance_modes.intake.agreements import Judged
from alliance_modes.intake.losses import Loss
from alliance_modes.intake.view import FileView, FormsView, Link, TableView, View
from alliance_modes.reports.check_page.problems import grouped, problem_lines, problems_page, read_page

RANGE = "Correct it, or declare it under missing."
PROBLEMS = (
    Problem("9 is out of range", RANGE, "b.csv", "sessions", "eng1", "9", tuple(range(2, 3001))),
    Problem("8 is out of range", RANGE, "b.csv", "sessions", "eng2", "8", (7,)),
    Problem("no such column", "The file has: <case>.", "a.csv", "enrolments", "case & no"),
    Problem("unknown key", "Remove it.", "cohort.yaml", line=12),
)


def test_problems_are_grouped_by_table_in_the_order_of_the_tables_the_declaration_first():
    assert [group.title for group in grouped(PROBLEMS)] == [
        "the declaration · cohort.yaml",
        "enrolments · a.csv",
        "sessions · b.csv",
    ]
    assert grouped(PROBLEMS)[2].size == "2 problems in 3,000 places"


def test_the_terminal_has_counts_first_rows_and_each_advice_once():
    lines = problem_lines("cohort north", PROBLEMS, "reports/north/check.html")
    text = "\n".join(lines)
    assert lines[0] == "cohort north: 4 problems"
    assert 'column "eng1", rows 2, 3, 4, 5, 6 and 2,994 more: 9 is out of range' in text
    assert 'column "eng2", row 7: 8 is out of range' in text
    assert text.count(RANGE) == 1
    assert "line 12: unknown key" in text
    assert lines[-1].endswith("reports/north/check.html")


def test_many_problems_of_one_file_are_condensed_in_the_terminal_and_whole_on_the_page():
    many = [Problem(f"{n} is wrong", RANGE, "b.csv", "sessions", f"eng{n}", rows=(n,)) for n in range(1, 41)]
    lines = problem_lines("cohort north", many, "check.html")
    assert len(lines) < 12
    assert any("34 further problems" in line for line in lines)
    alike = [Problem("-99 is wrong", RANGE, "b.csv", "sessions", f"eng{n}", rows=(n, 9)) for n in (1, 2, 3)]
    (_, _, said, advice, _) = problem_lines("cohort north", alike, "check.html")
    assert said == '  column "eng1", rows 1, 9: -99 is wrong; likewise "eng2", "eng3" (6 places in all)'
    assert RANGE in advice
    page = problems_page("north", many, {})
    assert all(f"{n} is wrong" in page for n in range(1, 41))


def test_a_mistake_in_one_column_does_not_hide_those_in_the_others():
    dates = [Problem(f"{n} is no date", RANGE, "b.csv", "sessions", "date", rows=(n,)) for n in range(1, 9)]
    other = Problem("9 is out of range", RANGE, "b.csv", "sessions", "eng1", rows=(4,))
    lines = problem_lines("cohort north", [*dates, other], "check.html")
    assert [line for line in lines if "is no date" in line] == [
        f'  column "date", row {row}: {row} is no date' for row in (1, 2)
    ]
    assert '  column "eng1", row 4: 9 is out of range' in lines
    assert "  and 6 further problems (see the page)" in lines


def test_the_page_of_problems_stands_alone_and_escapes_what_comes_from_files():
    page = problems_page("north", PROBLEMS, {"cohort.yaml": "abc"})
    assert "north: 4 problems" in page
    assert "The file has: &lt;case&gt;." in page
    assert "case &amp; no" in page
    assert "2, 3, 4, 5, 6 and 2,994 more" in page
    assert "2,999" in page
    for outside in ("http:", "https:", "<link", "<script", "src="):
        assert outside not in page


FOUND = {"encoding": "utf-8"}
FILE = FileView(
    "a.csv",
    "csv",
    1200,
    1190,
    {"orphan": 10},
    {"Status": 1100},
    ("Status", "shoe size"),
    {"encoding": "utf-8"},
)
CODES = (SeenCode("1 <m>", "custody", "", 900, "In prison"), SeenCode("99", "", "not known", 300))
SEEN = SeenColumn("enrolments", "a.csv", "setting", "Where & how", 7, CODES)
FORMS = FormsView("a.csv", "wai_sr", "client", 96, "3 (48), 12 (48)", "1 to 5, mean 3.56", "1 to 5")
LOSS = Loss("enrolments", "orphan", 10, 1200, "left out: orphan")
AGREED = Agreement(table="enrolments", reason="orphan", rows=10, why="they withdrew <consent>")
VIEW = View(
    tables=(
        TableView("enrolments", True, (FILE,), (), (SEEN,), (FORMS,)),
        TableView("sessions", False, (), (), (), ()),
    ),
    links=(Link("enrolments", "alliance", "enrolment_id", 1200, 1100, 1150, 1100),),
    judged=Judged((), ((LOSS, AGREED),), ()),
)


def test_the_page_without_problems_says_what_would_be_analysed():
    page = read_page("north", [("enrolments", "refused", "risk_score", 1500)], {"a.csv": "abc"}, VIEW)
    for said in (
        *(
            "no problems",
            "1,200 rows read, 1,190 would be analysed",
            "10 orphan",
            "shoe size",
            "encoding: utf-8",
        ),
        *("<strong>Status</strong> (a known name; 1,100 cells)", "refused", "1,500", "abc", "Not declared"),
        *(
            "&ldquo;1 &lt;m&gt;&rdquo; (In prison) &rarr; custody (900)",
            "&rarr; missing: not known (300)",
            "Where &amp; how",
        ),
        *("3 (48), 12 (48)", "1 to 5, mean 3.56", "they withdrew &lt;consent&gt;", "10 of 1,200 rows (1%)"),
    ):
        assert said in page, said


def test_the_same_problems_give_the_same_bytes():
    assert problems_page("north", PROBLEMS, {}) == problems_page("north", PROBLEMS, {})

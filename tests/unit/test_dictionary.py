"""The dictionary of result tables is consistent, and the page of the documentation is made from it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import alliance_modes
from alliance_modes.dictionary.analysis import ANALYSIS_TABLES
from alliance_modes.dictionary.canonical import TABLES
from alliance_modes.dictionary.every import dictionary_table, every_table, reported_tables
from alliance_modes.dictionary.page import PAGE, tables_page
from alliance_modes.running.outputs import table

ROOT = Path(__file__).parents[2]
RULES = {
    name: body
    for path in (ROOT / "workflow/rules").glob("*.smk")
    for name, body in re.findall(r"^rule (\w+):\n(.*?)(?=^rule |\Z)", path.read_text(), flags=re.M | re.S)
}


def test_every_entry_is_consistent_and_of_a_rule():
    files = [declared.file for declared in every_table()]
    assert len(files) == len(set(files)) > 35
    for declared in every_table():
        assert declared.rule in RULES and declared.meaning.endswith(".") and declared.title, declared.file
        assert set(declared.key) <= set(declared.fixed), declared.file
        for name, column in declared.columns.items():
            assert column.meaning, (declared.file, name)
            assert (column.type == "category") == bool(column.values), (declared.file, name)
            limits = [limit for limit in (column.low, column.high) if limit is not None]
            assert limits == sorted(limits) and (not limits or column.type in ("integer", "number"))


def test_every_table_of_results_is_declared_by_its_rule():
    for declared in reported_tables():
        assert f'table("{declared.name}")' in RULES[declared.rule], declared.file


FILES = frozenset({"to_csv", "to_parquet", "to_excel", "to_feather", "to_pickle", "to_json"}) | {
    *("read_csv", "read_parquet", "read_pickle", "read_feather"),
    *("write_csv", "write_parquet", "read_typed_csv"),
}
"""What reads or writes a table past the dictionary."""

MAY = {
    "ground/files.py": "how a table becomes a file, whatever it holds",
    "ground/csv_bytes.py": "the same for CSV of many rows, a column at a time",
    "dictionary/result_table.py": "a table of results, typed and validated",
    "export/files.py": "scored data for other programs, with the codebook beside them",
    "simulate/cohort_folder.py": "raw exports of a simulated cohort",
    "models/second_engines/lme4.py": "rows for R, in a temporary folder",
    "release/folder.py": "what may leave, as a reader sees it: texts, counts withheld",
    "running/planning.py": "a planned study, which no rule makes (docs/planning.md says what it holds)",
    "published/computed/odds_ratios.py": "counts of published studies, which are no results of ours",
    "published/computed/programmes.py": "clean enrolments, which are canonical tables",
    "running/verifying.py": "verdicts on published numbers, which no rule makes (docs/verify.md)",
    "release/people.py": "keyed ids of whom a release counted, private and beside what was handed over",
    "survey/rehearsal.py": "answers as the sheet of a survey on paper would hold them, which are raw data",
    "running/withdrawal/command.py": "ids of people in tables of any stage, whatever else they hold",
    "release/ledger.py": "the list of files of a release, read again when it is handed over",
}

FILES_OF_A_RELEASE = (
    "reports/{cohort}/release/outputs.csv",
    "reports/{cohort}/internal/release_record/files.csv",
)
"""Lists of files, not results: docs/release.md says what they hold."""


def tables_written(body: str) -> Iterator[str]:
    """Files of tables among the outputs of a rule, patterns of names filled in."""
    outputs = re.search(r"^    output:\n(.*?)(?=^    \w|\Z)", body, flags=re.M | re.S)
    for path in re.findall(r'"([^"]+\.(?:csv|parquet))"', outputs[1] if outputs else ""):
        names = ANALYSIS_TABLES if "/analysis/" in path else TABLES
        whole = path.replace("{{cohort}}", "{cohort}")
        yield from {whole.replace("{table}", name) for name in names}


def past_the_dictionary(source: str) -> frozenset[str]:
    """Functions of ``FILES`` that a module calls or imports."""
    nodes = list(ast.walk(ast.parse(source)))
    called = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    imported = {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    return FILES & (called | imported)


def test_every_table_that_a_rule_writes_is_in_the_dictionary():
    known = {declared.file: declared.rule for declared in every_table()}
    known |= {
        f"data/processed/{{cohort}}/{folder}/{name}.parquet": rule
        for folder, rule in (("typed", "ingest"), ("clean", "clean"))
        for name in TABLES
    }
    # one model's part each of the tables that the rule imputation puts together
    known |= {
        f"data/processed/{{cohort}}/imputation/{{model}}/{name}.csv": "impute"
        for name in ("imputed", "tipping")
    }
    known |= dict.fromkeys(FILES_OF_A_RELEASE, "release")
    written = {path: rule for rule, body in RULES.items() for path in tables_written(body)}
    assert len(written) > 20
    assert {path: rule for path, rule in written.items() if known.get(path) != rule} == {}


def test_no_table_is_read_or_written_past_the_dictionary():
    package = Path(alliance_modes.__file__).parent
    files = {str(path.relative_to(package)): path for path in package.rglob("*.py")}
    files |= {f"scripts/{path.name}": path for path in (ROOT / "workflow/scripts").glob("*.py")}
    found = {name: past_the_dictionary(path.read_text(encoding="utf-8")) for name, path in files.items()}
    assert {name for name, functions in found.items() if functions} == set(MAY)


def test_a_rule_and_a_script_that_pass_by_the_dictionary_are_found():
    outputs = '    output:\n        sums="data/{cohort}/sums.csv",\n'
    body = f'    input:\n        "a.csv",\n{outputs}    log:\n        "b.csv",\n'
    assert list(tables_written(body)) == ["data/{cohort}/sums.csv"]
    assert past_the_dictionary("sums.to_csv(path)") == {"to_csv"}
    assert past_the_dictionary("from alliance_modes.ground.files import write_csv as keep") == {"write_csv"}


def test_the_page_of_tables_is_made_from_the_dictionary():
    command = ".venv/bin/python -m alliance_modes.dictionary.page"
    assert (ROOT / PAGE).read_text(encoding="utf-8") == tables_page(), f"run {command}"


def test_the_dictionary_as_a_table_is_valid_by_itself():
    declared = next(one for one in reported_tables() if one.name == "dictionary")
    listed = declared.validate(dictionary_table(reported_tables()))
    assert listed.loc[listed["table"] == "bootstrap", "column"].tolist()[:4] == [
        "model",
        "outcome",
        "term",
        "level",
    ]
    assert set(listed.loc[listed["column"] == "result", "values"]) == {"pass; fail; not_checked"}


def test_a_table_of_a_rule_carries_what_snakemake_shows_of_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = table("reliability")
    shown = made.flags["report"]
    assert made == "reports/{cohort}/internal/tables/reliability.csv"
    assert shown.category == "{cohort}" and shown.labels == {"content": "reliability", "kind": "table"}
    assert Path(shown.caption).read_text(encoding="utf-8").startswith("Cronbach's alpha and McDonald's omega")
    assert table("invariance_cohorts").flags["report"].category == "All cohorts"

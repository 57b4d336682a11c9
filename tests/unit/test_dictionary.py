"""The dictionary of result tables is consistent, and the page of the documentation is made from it."""

from __future__ import annotations

import re
from pathlib import Path

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

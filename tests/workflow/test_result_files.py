"""Every table that a run writes is in the dictionary, and is what the dictionary says."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
from projects import COHORT

from alliance_modes.dictionary.canonical import TABLES, validate
from alliance_modes.dictionary.every import every_table, reported_tables
from alliance_modes.dictionary.imputation import TABLES as IMPUTATION
from alliance_modes.ground.files import read_json, sha256, write_json

CANONICAL = {
    f"data/processed/{COHORT}/{stage}/{name}.parquet" for stage in ("typed", "clean") for name in TABLES
}
DECLARED = {table.file.format(cohort=COHORT): table for table in every_table()}
IMPUTED = ("alliance", "attendance", "completion", "dropout")
PARTS = {
    f"data/processed/{COHORT}/imputation/{model}/{name}.csv"
    for model in IMPUTED
    for name in ("imputed", "tipping")
}
"""One model's part each of two tables, which are put together from them."""

OF_SEVERAL_COHORTS = {
    "reports/_cohorts/internal/tables/invariance.csv",
    "reports/_cohorts/internal/tables/effects.csv",
}


def tables_on_disk(root: Path) -> set[str]:
    """Tables of results; exported data are described by their codebook."""
    files = [*(root / "data/processed").rglob("*"), *(root / "reports").rglob("tables/*")]
    internal = root / f"reports/{COHORT}/internal"
    files += [internal / "data/codebook.csv", internal / "checklist.csv"]
    return {str(path.relative_to(root)) for path in files if path.suffix in (".csv", ".parquet")}


def test_every_table_on_disk_is_declared_valid_and_written_by_the_rule_that_says_so(finished):
    found = tables_on_disk(finished.root)
    assert found == (set(DECLARED) | CANONICAL | PARTS) - OF_SEVERAL_COHORTS
    for path in sorted(found & CANONICAL):
        validate(Path(path).stem, pd.read_parquet(finished.root / path))
    for part in sorted(PARTS):
        IMPUTATION[Path(part).stem].read(finished.root / part)
    for path in sorted(found - CANONICAL - PARTS):
        table = DECLARED[path].read(finished.root / path)
        written = finished.root / "again" / Path(path).name
        DECLARED[path].write(table, written)
        assert written.read_bytes() == (finished.root / path).read_bytes(), path
    summary = finished.snakemake("--summary").stdout.splitlines()
    rules = {line.split("\t")[0]: line.split("\t")[2] for line in summary if line.count("\t") >= 3}
    assert {path: table.rule for path, table in DECLARED.items() if path in found}.items() <= rules.items()


def test_the_release_folder_is_what_its_list_its_record_and_the_digests_inside_say(finished):
    folder = finished.root / f"reports/{COHORT}/release"
    inside = finished.root / f"reports/{COHORT}/internal/release_record"
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    digests = pd.read_csv(inside / "files.csv").set_index("file")["sha256"]
    assert digests.to_dict() == {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()
    }
    outputs = {name for name in files if "/" not in name} - {"results.json", "config.json"}
    assert set(pd.read_csv(folder / "outputs.csv")["file"]) == outputs
    record = json.loads((folder / "results.json").read_text(encoding="utf-8"))["results"]
    assert set(record) == outputs
    assert {
        f"{report}.{suffix}" for report in ("report", "research") for suffix in ("html", "docx", "pdf")
    } <= outputs
    counts = {name for name, output in record.items() if output["properties"].get("method") == "crosstab"}
    assert counts and {path.name for path in inside.glob("*.csv")} >= counts


def test_the_checklists_lead_into_the_reports_that_were_made(finished):
    folder = finished.root / f"reports/{COHORT}/internal"
    table = pd.read_csv(folder / "checklist.csv", dtype="str")
    assert set(table["checklist"]) == {"jars_quant", "strobe", "registry"}
    links = {link for each in table["link"].dropna() for link in each.split("; ")}
    pages = {name: (folder / name).read_text(encoding="utf-8") for name in ("research.html", "report.html")}
    assert len(links) > 30
    for link in links:
        name, _, identity = link.partition("#")
        assert f'id="{identity}"' in pages[name], link
    assert table["where"].dropna().str.contains("p\\.\u00a0\\d+").all()


def test_folders_that_people_open_hold_no_file_of_snakemake(finished):
    parts = finished.root / f"reports/{COHORT}/internal/parts"
    assert parts.is_dir() and not list((finished.root / "reports").rglob(".*"))
    assert finished.rules_to_run() == set()


def test_the_dictionary_beside_the_tables_names_every_column_of_them(finished):
    folder = finished.root / f"reports/{COHORT}/internal/tables"
    listed = pd.read_csv(folder / "dictionary.csv")
    assert set(listed["table"]) == {path.stem for path in folder.glob("*.csv")}
    for name, columns in listed.groupby("table", sort=False)["column"]:
        assert columns.tolist() == list(pd.read_csv(folder / f"{name}.csv", nrows=0).columns)
    assert len(listed) == sum(len(table.columns) for table in reported_tables())


def test_a_file_that_is_not_as_the_dictionary_says_stops_the_rule_that_reads_it(finished):
    """Changed by hand it would be made again: here the note of its digest says that it was made so."""
    name = f"data/processed/{COHORT}/clean/account.csv"
    path, note = finished.root / name, finished.root / f".alliance_modes/made/clean.{COHORT}.json"
    lines = path.read_text().splitlines()
    lines[1] = lines[1].replace(",read,", ",seen,")
    path.write_text("\n".join(lines) + "\n")
    made = read_json(note)
    made["files"][name] = sha256(path)
    write_json(made, note)
    done = finished.snakemake("--cores", "1", "--forcerun", "derive", "--until", "derive")
    assert done.returncode != 0
    assert (
        'clean/account.csv, row 2, column "step": values break the rule one of' in done.stderr + done.stdout
    )
    assert "(seen)" in done.stderr + done.stdout

"""No name, number, address, birth date or free text of a person is in anything that a run writes."""

from __future__ import annotations

import base64
import gzip
import zipfile

import nbformat
import pandas as pd
import pytest
from identity_plants import NAME, OFFICIAL_NUMBER, PLANTED, plant
from identity_scanner import Scanner
from nbclient import NotebookClient
from projects import COHORT, HERE

from alliance_modes.ground.files import read_json

NOTEBOOKS = sorted((HERE / "notebooks").glob("*.ipynb"))


def _scan(project, said: str) -> list[str]:
    """Every planted text in what the commands said and wrote; the raw files are not searched."""
    scanner = Scanner(PLANTED.values())
    raw = project.root / "data/raw"
    raw.rename(project.root.parent / "raw")
    try:
        found = scanner.find(project.root)
    finally:
        (project.root.parent / "raw").rename(raw)
    return [f"terminal: {text}" for text in scanner.in_bytes(said.encode())] + found


def _say(*done) -> str:
    return "\n".join(one.stdout + one.stderr for one in done)


@pytest.fixture
def planted(fresh):
    """The simulated cohort with planted people, no demonstration any more, and a key of its own."""
    plant(fresh.root / "data/raw" / COHORT)
    keys = fresh.root.parent / "keys"
    keys.mkdir()
    fresh.edit("config/config.yaml", f"key_file: {keys / 'identity.key'}\n")
    return fresh


def test_every_planted_text_is_in_the_raw_files(planted):
    found = Scanner(PLANTED.values()).find(planted.root / "data/raw")
    assert {text for line in found for text in PLANTED.values() if line.endswith(f": {text}")} == set(
        PLANTED.values()
    )


def test_nothing_that_identifies_is_in_anything_a_run_writes(planted):
    run = planted.alliance_modes("run")
    assert run.returncode == 0, run.stdout + run.stderr
    collected = planted.snakemake("--report", "overview.html")
    assert collected.returncode == 0, collected.stderr
    packed = planted.alliance_modes("crate", COHORT)
    assert packed.returncode == 0, packed.stderr
    for path in NOTEBOOKS:
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            cell.source = cell.source.replace('COHORT = "demo_2024"', f'COHORT = "{COHORT}"')
        NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(planted.root)}}).execute()
        nbformat.write(notebook, planted.root / f"executed_{path.name}")

    written = [path for path in planted.root.rglob("*") if path.is_file()]
    assert {path.suffix for path in written} >= {".parquet", ".csv", ".json", ".html", ".pdf", ".png", ".log"}
    assert (planted.root / "overview.html").stat().st_size > 100_000
    assert any(".snakemake" in path.parts for path in written)
    assert _scan(planted, _say(run, collected, packed)) == []

    processed = planted.root / "data/processed" / COHORT
    enrolments = pd.read_parquet(processed / "clean/enrolments.parquet")
    ids = enrolments[["enrolment_id", "client_id", "practitioner_id"]].stack()
    assert ids.str.fullmatch("[0-9a-f]{16}").all()
    sources = read_json(processed / "typed/sources.json")
    unused = [name for file in sources["sessions"]["files"] for name in file["columns_unused"]]
    assert "remarks" in unused


def test_nothing_that_identifies_is_said_or_kept_when_the_data_are_refused(planted):
    """The message names file, row, column and the one value that is wrong, and nothing else of the row."""
    path = planted.root / "data/raw" / COHORT / "enrolments_redcap.csv"
    lines = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    row = next(number for number, line in enumerate(lines) if line.startswith(OFFICIAL_NUMBER))
    cells = lines[row].split(",")
    cells[lines[0].split(",").index("setting")] = "7"
    lines[row] = ",".join(cells)
    lines.append(lines[row].replace("2022-", "1822-").replace(OFFICIAL_NUMBER, f"{OFFICIAL_NUMBER} "))
    path.write_text("".join(lines), encoding="utf-8")
    checked = planted.alliance_modes("check", COHORT)
    run = planted.alliance_modes("run")
    plain = planted.snakemake("--cores", "1")
    said = _say(checked, run, plain)
    assert checked.returncode == run.returncode == plain.returncode == 1
    assert "enrolments_redcap.csv" in said and '"7"' in said
    assert _scan(planted, said) == []


def test_a_raw_file_that_is_called_after_somebody_is_refused_and_its_name_is_nowhere(planted):
    raw = planted.root / "data/raw" / COHORT
    (raw / "alliance_client.sav").rename(raw / "Grimsthorpe-Vane_Ottoline.sav")
    planted.replace(
        f"data/raw/{COHORT}/cohort.yaml", '"alliance_client.sav"', '"Grimsthorpe-Vane_Ottoline.sav"'
    )
    checked = planted.alliance_modes("check", COHORT)
    run = planted.alliance_modes("run")
    said = _say(checked, run)
    assert checked.returncode == run.returncode == 1
    assert said.count("the name of this raw file holds") == 2 and "Rename the file" in said
    assert (planted.root / "reports" / COHORT / "check.html").is_file()
    assert _scan(planted, said) == []


def test_nothing_that_identifies_is_in_the_traceback_of_a_defect(planted):
    planted.break_derive('raise RuntimeError(f"defect: {recorded.tables}")')
    run = planted.alliance_modes("run")
    assert run.returncode == 1
    log = (planted.root / "logs" / COHORT / "derive.log").read_text(encoding="utf-8")
    assert "Traceback" in log and "defect:" in log
    assert _scan(planted, _say(run)) == []


def _leak(folder, how: str) -> None:
    """Write ``NAME`` into a file of ``folder`` in one of the ways a leak could happen."""
    from matplotlib.figure import Figure

    if how == "parquet cell":
        pd.DataFrame({"a": ["x"] * 500 + [NAME]}).to_parquet(folder / "t.parquet", compression="zstd")
    elif how == "parquet metadata":
        table = pd.DataFrame({"a": [1]})
        table.attrs["by"] = NAME
        table.to_parquet(folder / "t.parquet")
    elif how == "parquet column name":
        pd.DataFrame({NAME: [1]}).to_parquet(folder / "t.parquet")
    elif how == "zip":
        with zipfile.ZipFile(folder / "t.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inner.txt", f"by {NAME.upper()}\n" * 50)
    elif how == "gzip":
        (folder / "t.gz").write_bytes(gzip.compress(NAME.encode() * 20))
    elif how == "figure as PDF":
        figure = Figure()
        figure.text(0.1, 0.5, NAME)
        figure.savefig(folder / "t.pdf")
    elif how == "PDF title":
        Figure().savefig(folder / "t.pdf", metadata={"Title": NAME})
    elif how == "PNG text":
        Figure().savefig(folder / "t.png", metadata={"Description": NAME})
    elif how == "page with a packed file":
        packed = base64.b64encode(gzip.compress(f'{{"by": "{NAME}"}}'.encode())).decode()
        (folder / "t.html").write_text(f'<a href="data:application/gzip;base64,{packed}">file</a>')
    elif how == "base64 file name":
        (folder / base64.urlsafe_b64encode(f"data/{NAME}.csv".encode()).decode()).write_text("")
    elif how == "address":
        (folder / "t.txt").write_text("file=Ottoline%20Grimsthorpe-Vane")
    else:
        day = "23.11.1961" if how == "date in another order" else "19611123"
        (folder / "t.txt").write_text(f"born {day}")


@pytest.mark.parametrize(
    "how",
    [
        "parquet cell", "parquet metadata", "parquet column name", "zip", "gzip", "figure as PDF",
        "PDF title", "PNG text", "page with a packed file", "base64 file name", "address",
        "date in another order", "date without signs",
    ],
)  # fmt: skip
def test_the_scanner_finds_a_leak(how, tmp_path):
    _leak(tmp_path, how)
    assert Scanner(PLANTED.values()).find(tmp_path)


def test_the_scanner_finds_nothing_where_there_is_nothing(tmp_path):
    pd.DataFrame({"a": ["ordinary", "words"], "b": [1.5, 2.5]}).to_parquet(tmp_path / "t.parquet")
    (tmp_path / "t.txt").write_text("1961-11-24 and 01632 960418")
    assert Scanner(PLANTED.values()).find(tmp_path) == []

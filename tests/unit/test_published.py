"""Published numbers: read, compared as precisely as they were told, and said one by one."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from documents_read import html_text, pdf_pages, word_paragraphs

from alliance_modes.dictionary.derive import TABLES as DERIVE
from alliance_modes.ground.errors import ConfigurationError
from alliance_modes.ground.files import read_json, read_typed_csv, sha256, write_json
from alliance_modes.published.expected import Expected, quantity_of, read_expected, write_expected
from alliance_modes.published.results import Results
from alliance_modes.published.study import published_study
from alliance_modes.published.verdicts import Verdict, verdicts
from alliance_modes.reports.reproduction.page import reproduction_documents, summary
from alliance_modes.running.verifying import absent_files, freeze, studies_of, verify, verify_each

ROOT = Path(__file__).parents[2]
FLOW = "data/processed/north/analysis/flow.csv"
MANIFEST: dict = {
    "cohort": "north",
    "origin": {"files": [["sessions.csv", "b"]], "key": "0a1b2c3d"},
    "inputs": {"config/plan.yaml": "c", "data/raw/north/sessions.csv": "b"},
    "software": {
        "alliance-modes": "0.1.0", "commit": "abc", "python": "3.11.7", "platform": "Linux x86_64",
        "packages": {"numpy": "2.4.0", "pandas": "3.0.0"},
    },
    "seeds": {"seed": 1},
    "agreements": [],
    "outputs": {"flow.csv": "d"},
    "sha256": "e",
}  # fmt: skip
HEAD = "quantity,value,digits,tolerance,where\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with the flow of one cohort, of whom 240 were enrolled and 200 started."""
    monkeypatch.chdir(tmp_path)
    columns = DERIVE["flow"].columns
    rows = [
        {"step": "enrolled", "label": "Enrolled", "n": 240},
        {"step": "started", "label": "Started", "n": 200},
    ]
    table = DERIVE["flow"].typed(pd.DataFrame(rows).reindex(columns=list(columns)))
    (tmp_path / FLOW).parent.mkdir(parents=True)
    table.to_csv(tmp_path / FLOW, index=False)
    made = MANIFEST | {"outputs": {FLOW: sha256(FLOW)}}
    write_json(made, tmp_path / "reports/north/internal/manifest.json")
    return tmp_path


@pytest.mark.parametrize(
    ("value", "digits", "tolerance", "found", "met"),
    [
        (0.88, 2, None, 0.8758, True),
        (0.88, 2, None, 0.885, True),
        (0.88, 2, None, 0.8851, False),
        (0.88, 2, None, 0.8749, False),
        (200.0, 0, None, 200.4, True),
        (1.5, None, 0.01, 1.51, True),
        (1.5, None, 0.01, 1.5101, False),
        (200.0, None, None, 200.0, True),
        (200.0, None, None, 200.1, False),
        (-0.0, 3, None, 0.0004, True),
        (-0.0, None, None, 0.0, True),
        (1e-300, None, None, 1e-300, True),
        (1e-300, None, None, 1e-13, False),
        (1.2e-20, 21, None, 1.24e-20, True),
        (1.2e-20, 21, None, 1.3e-20, False),
        (12300.0, -2, None, 12349.0, True),
    ],
)
def test_a_number_is_reproduced_as_precisely_as_it_was_told(value, digits, tolerance, found, met):
    expected = Expected(quantity_of("flow.n{step=started}"), value, digits, tolerance)
    assert expected.is_met_by(found) == met


def test_a_quantity_reads_back_with_commas_and_nothing_in_its_keys():
    text = "scales.mean{rater=, instrument=a, b and c, scale=goal}"
    assert dict(quantity_of(text).keys) == {"rater": "", "instrument": "a, b and c", "scale": "goal"}
    assert str(quantity_of(text)) == text
    assert str(quantity_of(" flow.n ")) == "flow.n"


def test_every_row_that_cannot_be_read_is_told(tmp_path):
    path = tmp_path / "expected.csv"
    path.write_text(
        f"{HEAD}flow,1,,,\nflow.n{{step}},1,,,\nflow.n,much,,,\nflow.n,nan,,,\nflow.n,1,2,0.1,\nflow.n,1,,-1,\n"
    )
    with pytest.raises(ConfigurationError) as error:
        read_expected(path)
    assert [one.message.partition(":")[0] for one in error.value.problems] == [
        f"row {n}" for n in range(2, 8)
    ]
    refused = {
        "a,b\n1,2\n": "its columns must be",
        HEAD.replace(",", ";"): "Cells are separated by commas",
        HEAD: "it names no number",
        f'{HEAD}flow.n,"17,570",,,\n': 'value "17,570" is no number: .* nothing between thousands',
        f"{HEAD}flow.n,17_570,,,\n": "is no number",
        f"{HEAD}flow.n\n": 'value "" is no number',
        f"{HEAD}flow.n{{step=a, step=b}},1,,,\n": "a quantity with commas stands in quotes",
        f'{HEAD}"flow.n{{step=a, step=b}}",1,,,\n': "a key is given twice",
        f"{HEAD}flow.n,1,,inf,\n": 'tolerance "inf" is no number',
        f"{HEAD}flow.n,1,-400,,\n": 'digits "-400" is no whole number from -9 to 30',
        f"{HEAD}flow.n,1,2.0,,\n": 'digits "2.0" is no whole number',
        f'{HEAD}flow.n,"1,,,\n': "it is not CSV",
    }
    for content, said in refused.items():
        path.write_text(content)
        with pytest.raises(ConfigurationError, match=said):
            read_expected(path)
    path.write_bytes(f"{HEAD}flow.n,1,,,Tabelle für alle\n".encode("latin-1"))
    with pytest.raises(ConfigurationError, match="the file is not UTF-8 text"):
        read_expected(path)
    with pytest.raises(ConfigurationError, match="there is no such file"):
        read_expected(tmp_path / "none.csv")


def test_numbers_are_read_as_a_spreadsheet_saves_them(tmp_path):
    path = tmp_path / "expected.csv"
    rows = '"flow.n{step = started, label=Started }", 200 ,0,,Table 1\r\n\r\nflow.n,-1.5e-7,,.5,\r\n'
    path.write_bytes(("\ufeff" + HEAD.replace("\n", "\r\n") + rows).encode())
    first, second = read_expected(path)
    assert (first.quantity.keys, first.value, first.digits, first.where) == (
        {"step": "started", "label": "Started"}, 200.0, 0, "Table 1",
    )  # fmt: skip
    assert (second.value, second.tolerance) == (-1.5e-7, 0.5)


@pytest.mark.parametrize("name", ["2024", "north: final", "no", "it's #1"])
def test_a_study_may_have_any_name(name, project):
    freeze("north", project / "published" / name, ["flow"], print)
    found = published_study(project / "published" / name)
    assert (found.title, found.cohort) == (name, "north")


def test_a_study_without_a_title_is_refused(project):
    Path("study.yaml").write_text('title: " "\ncohort: north\n')
    with pytest.raises(ConfigurationError, match="it is empty: say what was published"):
        published_study(project)


def test_what_is_not_of_the_run_is_not_frozen(project):
    folder = project / "published/ours"
    folder.mkdir(parents=True)
    (folder / "study.yaml").write_text("title: Ours\ncohort: south\n")
    with pytest.raises(ConfigurationError, match=r"its study.yaml is not of the cohort north"):
        freeze("north", folder, ["flow"], print)
    (project / FLOW).write_text((project / FLOW).read_text().replace("200", "201"))
    with pytest.raises(ConfigurationError, match=r"flow.csv is not what the run made"):
        freeze("north", project / "published/other", ["flow"], print)
    write_json({"cohort": "north"}, project / "reports/north/internal/manifest.json")
    with pytest.raises(ConfigurationError, match="it does not say what a run was made from"):
        freeze("north", project / "published/other", ["flow"], print)
    assert not (project / "published/other").exists()


def test_the_studies_that_are_meant_are_there_and_have_a_report_each(project):
    with pytest.raises(ConfigurationError, match=r"no folder of it has an expected.csv"):
        studies_of([])
    for folder in ("published/ours", "published/theirs", "kept/ours"):
        freeze("north", project / folder, ["flow"], print)
    assert studies_of([]) == (Path("published/ours"), Path("published/theirs"))
    assert studies_of([Path("published/ours"), project / "published/ours"]) == (Path("published/ours"),)
    with pytest.raises(ConfigurationError, match="it has the name of published/ours"):
        studies_of([Path("published/ours"), Path("kept/ours")])
    with pytest.raises(ConfigurationError, match="there is no such folder"):
        studies_of([Path("published/our")])


def test_each_number_has_its_verdict(project):
    wanted = {
        "flow.n{step=started}": (200, "reproduced"),
        "flow.n{step=enrolled}": (241, "differs by -1"),
        "flow.n{step=left}": (1, "not computable: no row has these keys"),
        "flow.n": (1, "not computable: 2 rows have these keys"),
        "flow.much{step=started}": (1, "not computable: the table flow has no column much"),
        "flow.step{step=started}": (1, "not computable: the cell is empty"),
        "flows.n": (1, "not computable: there is no table flows"),
        "estimates.p": (1, "not computable: reports/north/internal/tables/estimates.csv is not there"),
    }
    numbers = [Expected(quantity_of(text), float(value)) for text, (value, _) in wanted.items()]
    found = verdicts(numbers, Results("north"))
    assert [one.text for one in found] == [said for _, said in wanted.values()]
    assert summary(found) == ("Of 8 published numbers 1 came out again, 1 differs, 6 could not be computed.")
    assert summary(found[:1]) == "All 1 published numbers came out again."


def test_what_a_run_froze_it_gives_again_and_a_changed_number_is_named(project, monkeypatch):
    said: list[str] = []
    folder = project / "published/ours"
    freeze("north", folder, ["flow"], said.append)
    numbers = read_expected(folder / "expected.csv")
    assert {str(one.quantity): one.value for one in numbers} == {
        "flow.n{step=enrolled}": 240.0,
        "flow.n{step=started}": 200.0,
    }
    with pytest.raises(ConfigurationError, match=r"there is an expected.csv already"):
        freeze("north", folder, ["flow"], said.append)
    with pytest.raises(ConfigurationError, match="there is no table flows"):
        freeze("north", project / "published/other", ["flows"], said.append)
    monkeypatch.setattr("alliance_modes.running.verifying.load_study", lambda _: None)
    monkeypatch.setattr("alliance_modes.running.verifying.absent_files", lambda *_: [])
    monkeypatch.setattr("alliance_modes.running.verifying._made_from", lambda _: ["Cohort north."])
    runs: list[str] = []
    assert verify(folder, None, runs.append, said.append)
    assert runs == ["north"] and "ours: All 2 published numbers came out again." in said
    write_expected([numbers[0], Expected(numbers[1].quantity, 201.0)], folder / "expected.csv")
    assert not verify(folder, None, runs.append, said.append)
    assert "    flow.n{step=started}: differs by -1" in said
    written = read_typed_csv(project / "reports/_verify/ours/verdicts.csv", {"quantity": "str"})
    assert written["verdict"].tolist() == ["reproduced", "differs"]
    kept = read_json(folder / "made_from.json")
    assert set(kept) == set(MANIFEST) - {"outputs", "sha256"}
    kept["inputs"] |= {"config/plan.yaml": "other"}
    kept["origin"] = {"files": [["sessions.csv", "other"]], "key": "0a1b2c3d"}
    kept["software"]["packages"]["pandas"] = "2.2.0"
    write_json(kept, folder / "made_from.json")
    said.clear()
    verify(folder, None, runs.append, said.append)
    assert [one for one in said if "since it was frozen" in one] == [
        "    since it was frozen: Data: sessions.csv.",
        "    since it was frozen: Plan and settings: config/plan.yaml.",
        "    since it was frozen: Packages: pandas 2.2.0 to 3.0.0.",
    ]
    monkeypatch.setattr("alliance_modes.running.verifying.absent_files", lambda *_: ["raw/a.csv"])
    assert verify(folder, None, runs.append, said.append)
    assert said[-1] == "ours: not run: data not present (raw/a.csv)" and len(runs) == 3


def test_a_study_that_cannot_be_read_does_not_stop_the_others(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("alliance_modes.running.verifying.load_study", lambda _: None)
    monkeypatch.setattr("alliance_modes.running.verifying.absent_files", lambda *_: ["raw/a.csv"])
    folders = [Path("broken"), Path("whole")]
    for folder in folders:
        folder.mkdir()
        write_expected([Expected(quantity_of("flow.n{step=started}"), 1.0)], folder / "expected.csv")
    (folders[0] / "expected.csv").write_text("no table\n")
    said: list[str] = []
    assert not verify_each(folders, "north", pytest.fail, said.append)
    assert said[0].startswith("broken: not verified: ") and said[1].startswith("whole: not run: ")
    assert verify_each(folders[1:], "north", pytest.fail, said.append)
    with pytest.raises(ConfigurationError):
        verify_each(folders[:1], "north", pytest.fail, said.append)


def test_the_report_says_what_differs_in_three_formats():
    quantity = quantity_of("flow.n{step=started}")
    found = [
        Verdict(Expected(quantity, 0.88, 2, None, "Table 2"), "reproduced", 0.8758),
        Verdict(Expected(quantity, 201.0, None, 0.5), "differs", 200.0),
        Verdict(Expected(quantity, 7.0), "not computable", why="no row has these keys"),
    ]
    made = reproduction_documents("Ours <2024>", "A paper.", ["Cohort north."], found)
    texts = [
        html_text(made["html"]),
        " ".join(text for _, text in word_paragraphs(made["docx"])),
        " ".join(pdf_pages(made["pdf"])),
    ]
    for text in texts:
        flat = " ".join(text.split())
        assert "Of 3 published numbers 1 came out again, 1 differs, 1 could not be computed." in flat
        assert "Ours <2024>" in flat and "A paper." in flat


def test_files_that_are_not_on_this_machine_are_named():
    from alliance_modes.running.study import load_study

    assert absent_files(load_study("demo_2024"), "demo_2024") == []


def test_the_studies_that_are_shipped_can_be_read():
    folders = sorted(path.parent for path in (ROOT / "published").glob("*/expected.csv"))
    assert len(folders) >= 2
    for folder in folders:
        assert published_study(folder).source and read_expected(folder / "expected.csv")

"""Two runs side by side: what changed between them, and which numbers moved by how much."""

from __future__ import annotations

import copy
import math

import pandas as pd
import pytest
from click.testing import CliRunner

from alliance_modes.cli import main
from alliance_modes.dictionary.models import TABLES as MODELS
from alliance_modes.ground.errors import ConfigurationError
from alliance_modes.ground.files import read_typed_csv, write_csv, write_json
from alliance_modes.intake.origin import named_so, told_apart
from alliance_modes.published.differences import differences, reasons

MANIFEST: dict = {
    "cohort": "north",
    "origin": {"files": [["cohort.yaml", "a"], ["sessions.csv", "b"]], "key": "0a1b2c3d"},
    "inputs": {
        "config/plan.yaml": "c", "data/raw/north/cohort.yaml": "a", "data/raw/north/sessions.csv": "b"
    },
    "software": {
        "alliance-modes": "0.1.0", "commit": "abc", "python": "3.11.7", "platform": "Linux x86_64",
        "packages": {"numpy": "2.4.0", "pandas": "3.0.0"},
    },
    "seeds": {"imputation.seed": 1},
    "agreements": [],
}  # fmt: skip


def run_of(folder, manifest, **estimates):
    """A run with estimates of one model by term, each with a standard error of 0.1."""
    rows = [
        {
            "model": "completion", "outcome": "completed", "term": term, "level": "between",
            "estimand": "log_odds", "estimate": value, "se": 0.1, "n": 200,
            "family": "primary", "engine": "glmm", "status": "ok",
        }
        for term, value in estimates.items()
    ]  # fmt: skip
    declared = MODELS["estimates"]
    table = declared.typed(pd.DataFrame(rows).reindex(columns=list(declared.columns)))
    write_csv(table, folder / "tables/estimates.csv")
    write_json(manifest, folder / "manifest.json")
    return folder


@pytest.fixture
def before(tmp_path):
    return run_of(tmp_path / "before", MANIFEST, educative=0.2, engagement=0.4, therapeutic=0.1)


def test_numbers_that_moved_are_told_the_largest_first(before, tmp_path):
    after = run_of(tmp_path / "after", MANIFEST, educative=0.25, engagement=0.2, directive=1.0)
    found = differences(before, after)
    told = [(one.quantity.keys["term"], one.quantity.column, one.before, one.after) for one in found.moved]
    assert {one for one in told if None in one} == {
        *(
            ("therapeutic", name, value, None)
            for name, value in (("estimate", 0.1), ("se", 0.1), ("n", 200.0))
        ),
        *(("directive", name, None, value) for name, value in (("estimate", 1.0), ("se", 0.1), ("n", 200.0))),
    }
    assert told[6:] == [("engagement", "estimate", 0.4, 0.2), ("educative", "estimate", 0.2, 0.25)]
    assert [round(one.in_se, 9) for one in found.moved[6:]] == [-2.0, 0.5]
    assert found.compared == 12 and found.reasons == ()


def test_the_last_digits_of_another_machine_are_no_difference(before, tmp_path):
    after = run_of(tmp_path / "after", MANIFEST, educative=0.2 + 1e-8, engagement=0.4, therapeutic=0.1)
    assert differences(before, after).moved == ()


def test_a_number_that_was_infinite_and_is_not_any_more_has_moved(before, tmp_path):
    infinite = run_of(tmp_path / "infinite", MANIFEST, educative=math.inf, engagement=0.4, therapeutic=0.1)
    for first, second in ((infinite, before), (before, infinite)):
        assert [one.quantity.keys["term"] for one in differences(first, second).moved] == ["educative"]
    assert differences(infinite, infinite).moved == ()


@pytest.mark.parametrize("content", ["{}", "[]", '{"cohort": "north"', '{"cohort": 1}'])
def test_a_manifest_that_is_not_as_a_run_writes_it_is_refused(content, before, tmp_path):
    (tmp_path / "before/manifest.json").write_text(content)
    with pytest.raises(ConfigurationError, match="it does not say what a run was made from"):
        differences(before, before)


def test_what_changed_is_told_of_data_plan_code_and_software(before, tmp_path):
    other = copy.deepcopy(MANIFEST)
    other["origin"] |= {
        "files": [["cohort.yaml", "a"], ["sessions.csv", "x"], ["more.csv", "y"]],
        "key": "ffff0000",
    }
    other["inputs"] |= {
        "config/plan.yaml": "x",
        "data/raw/north/sessions.csv": "x",
        "data/raw/north/more.csv": "y",
    }
    other["software"] |= {"commit": "def-dirty", "python": "3.12.1"}
    other["software"]["packages"] = {"numpy": "2.4.0", "pandas": "3.0.1", "glmm": "1.0"}
    other["seeds"] = {"imputation.seed": 2}
    same = {"educative": 0.2, "engagement": 0.4, "therapeutic": 0.1}
    assert differences(before, run_of(tmp_path / "after", other, **same)).reasons == (
        "Data: sessions.csv, more.csv (new).",
        "Plan and settings: config/plan.yaml.",
        "Key of the ids: another one, so that no id is as before.",
        "Seeds: changed.",
        "Code: Alliance Modes 0.1.0 (abc), then 0.1.0 (def-dirty).",
        "Python: 3.11.7, then 3.12.1.",
        "Packages: pandas 3.0.0 to 3.0.1, glmm (new).",
    )


def test_the_command_says_it_and_writes_every_number_that_moved(before, tmp_path, monkeypatch):
    after = run_of(tmp_path / "after", MANIFEST, educative=0.3, engagement=0.4, therapeutic=0.1)
    done = CliRunner().invoke(main, ["diff", str(before), str(after), "--to", str(tmp_path / "moved.csv")])
    assert done.exit_code == 0, done.output
    assert "Nothing changed of data, plan, code and software.\n1 of 9 numbers differ." in done.output
    assert ": 0.2 to 0.3 (+1 SE)" in done.output
    (row,) = read_typed_csv(tmp_path / "moved.csv", {"quantity": "str"}).to_dict("records")
    assert (row["before"], row["after"]) == (0.2, 0.3) and "term=educative" in row["quantity"]


def test_a_folder_that_is_none_of_a_run_is_refused(before, tmp_path):
    with pytest.raises(ConfigurationError, match=r"there is no manifest.json"):
        differences(before, tmp_path)


def test_raw_files_of_one_name_in_two_folders_are_told_apart():
    paths = ["raw/cohort.yaml", "raw/2023/sessions.csv", "raw/2024/sessions.csv", "raw/2024/staff.csv"]
    names = told_apart(paths)
    assert names == ["cohort.yaml", "2023/sessions.csv", "2024/sessions.csv", "staff.csv"]
    assert [named_so(names, path) for path in [*paths, "config/sessions.csv"]] == [*names, None]
    before = {**MANIFEST, "origin": {"files": [[name, "a"] for name in names], "key": "0a1b2c3d"}}
    before["inputs"] = {path: "a" for path in paths}
    after = {**before, "origin": {"files": [[name, "b" if "2023" in name else "a"] for name in names]}}
    after["origin"]["key"] = "0a1b2c3d"
    after["inputs"] = {**before["inputs"], "raw/2023/sessions.csv": "b"}
    assert list(reasons(before, after)) == ["Data: 2023/sessions.csv."]

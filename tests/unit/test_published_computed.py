"""Published numbers that no table of a run has: computed again, or not run where data are not there."""

from __future__ import annotations

import math
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import pytest
from scipy.stats import shapiro

from alliance_modes.dictionary.scoring import TABLES as SCORING
from alliance_modes.ground.errors import ConfigurationError
from alliance_modes.ground.files import read_typed_csv, write_parquet
from alliance_modes.published.computed import registry
from alliance_modes.published.computed.computation import Source
from alliance_modes.published.computed.odds_ratios import COUNTS, odds_ratios_pooled
from alliance_modes.published.computed.programmes import scores_by_programme
from alliance_modes.published.study import published_study
from alliance_modes.running import verifying
from alliance_modes.running.installed import check_installed
from alliance_modes.running.verifying import verify

ROOT = Path(__file__).parents[2]
STUDIES = "n.cbt.non,n.cbt.rec,n.ctrl.non,n.ctrl.rec\n30,10,20,20\n60,20,40,40\n"
"""Two studies of odds ratio 3 with variances 1/30 + 1/10 + 1/20 + 1/20 and half of that."""

VARIANCE = 1 / (1 / (7 / 30) + 1 / (7 / 60))
QUANTITIES = {
    "pooled.estimate{estimator=dl, test=z}": math.log(3.0),
    "pooled.se{estimator=dl, test=z}": math.sqrt(VARIANCE),
    "pooled.odds_ratio_high{estimator=dl, test=z}": 3.0 * math.exp(1.959963984540054 * math.sqrt(VARIANCE)),
    "pooled.q{estimator=dl, test=z}": 0.0,
    "pooled.studies{estimator=dl, test=z}": 2.0,
}


def write_study(folder, text, numbers):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.yaml").write_text(f"title: Ours\n{text}")
    rows = [f'"{name}",{value!r},,1e-9,Table 1\n' for name, value in numbers.items()]
    (folder / "expected.csv").write_text("quantity,value,digits,tolerance,where\n" + "".join(rows))


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study of two studies pooled, beside the file that it reads."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "studies.csv").write_text(STUDIES)
    folder = tmp_path / "published/ours"
    write_study(folder, "computation: odds_ratios_pooled\ndata: studies.csv\n", QUANTITIES)
    return folder


def verified(folder):
    said: list[str] = []
    ok = verify(folder, None, lambda name: pytest.fail(f"{name} was run"), said.append)
    return ok, said


def test_computed_numbers_come_again_and_an_altered_one_or_an_altered_cell_is_named(study):
    assert verified(study) == (True, verified(study)[1])
    assert verified(study)[1][0] == "ours: All 5 published numbers came out again."
    write_study(study, "computation: odds_ratios_pooled\ndata: studies.csv\n", QUANTITIES | {
        "pooled.q{estimator=dl, test=z}": 0.5, "pooled.much{estimator=pm, test=z}": 1.0, "flow.n": 3.0,
    })  # fmt: skip
    ok, said = verified(study)
    assert not ok and said[1:4] == [
        "    pooled.q{estimator=dl, test=z}: differs by -0.5",
        "    pooled.much{estimator=pm, test=z}: not computable: the table pooled has no column much",
        "    flow.n: not computable: there is no table flow",
    ]
    written = read_typed_csv("reports/_verify/ours/verdicts.csv", {"quantity": "str"})
    assert written["verdict"].value_counts().to_dict() == {"reproduced": 4, "not computable": 2, "differs": 1}
    write_study(study, "computation: odds_ratios_pooled\ndata: studies.csv\n", QUANTITIES)
    Path("studies.csv").write_text(STUDIES.replace("30,10", "31,10"))
    ok, said = verified(study)
    assert not ok and any(
        one.startswith("    pooled.estimate{estimator=dl, test=z}: differs by") for one in said
    )


def test_the_report_says_by_what_and_from_what_numbers_were_computed(study):
    verified(study)
    page = Path("reports/_verify/ours/reproduction.html").read_text()
    assert "Computation odds_ratios_pooled" in page and "studies.csv: SHA-256" in page


def test_what_is_not_on_this_machine_is_said_and_is_no_failure(study, monkeypatch):
    Path("studies.csv").unlink()
    assert verified(study) == (True, ["ours: not run: data not present (studies.csv)"])
    rearrest = replace(registry.COMPUTATIONS["rearrest"], package="no-such-package")
    monkeypatch.setitem(registry.COMPUTATIONS, "rearrest", rearrest)
    write_study(study, "computation: rearrest\n", {"cox_fit.people": 1445.0})
    assert verified(study) == (True, ["ours: not run: the package no-such-package is not installed"])


def test_a_package_of_another_version_than_the_lock_names_is_named(study, monkeypatch):
    lock = Path("requirements.lock")
    lock.write_text("scipy==0.1\n")
    monkeypatch.setattr(verifying, "check_installed", lambda: check_installed(lock))
    with pytest.raises(Exception, match=rf"scipy {version('scipy')} is installed in place of 0\.1"):
        verified(study)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it names neither a cohort nor a computation"),
        ("computation: guess\n", 'there is no computation "guess"; there are scores_by_programme'),
        ("computation: odds_ratios_pooled\n", "odds_ratios_pooled reads a file: name it by data"),
        ("computation: scores_by_programme\n", "scores_by_programme is of a cohort: name it by cohort"),
        ("computation: rearrest\ndata: a.csv\n", "no computation reads it: rearrest has its data"),
        ("cohort: north\ndata: a.csv\n", "no computation reads it: a cohort has its data"),
    ],
)
def test_a_study_whose_parts_do_not_fit_is_refused(study, text, said):
    write_study(study, text, QUANTITIES)
    with pytest.raises(ConfigurationError, match=said):
        published_study(study)


def test_a_study_of_no_cohort_is_not_compared_with_one(study):
    with pytest.raises(ConfigurationError, match="its numbers are of no cohort"):
        published_study(study, "north")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (STUDIES.replace("30,10", "30,0"), "study 1: n.cbt.rec is no count of one or more"),
        (STUDIES.replace("40\n", "many\n"), "study 2: n.ctrl.rec is no count of one or more"),
        (STUDIES.replace("n.cbt.non", "n"), "it has no column n.cbt.non"),
        (STUDIES.rpartition("60")[0], "fewer than two studies"),
        ("", "it is no table"),
    ],
)
def test_studies_that_cannot_be_pooled_are_refused_by_row_and_column(study, content, said):
    path = Path("studies.csv")
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=said):
        odds_ratios_pooled(Source(data=path))


SCORES = {"A": [2.0, 3.0, 4.0, 4.5], "B": [1.0, 1.0]}
"""Item means by programme."""


def write_run(root, scores=SCORES):
    """What a run leaves of scores: a first and a later form of each client."""
    forms = [
        {
            "table": "alliance", "source_file": "a.csv", "source_row": 2 * number + wave, "wave": wave,
            "enrolment_id": f"e{number}", "rater": "client", "instrument": "wai_sr", "scale": "total",
            "kind": "total", "score": 12 * value + wave - 1, "item_mean": value + wave - 1,
            "items_valid": 12, "items": 12, "prorated": False,
        }
        for number, value in enumerate(value for values in scores.values() for value in values)
        for wave in (2, 1)
    ]  # fmt: skip
    declared = SCORING["scores"]
    table = declared.typed(pd.DataFrame(forms).reindex(columns=list(declared.columns)))
    programmes = [name for name, values in scores.items() for _ in values]
    of = {"enrolment_id": [f"e{n}" for n in range(len(programmes))], "programme_id": programmes}
    folder = root / "data/processed/north"
    write_parquet(table, folder / "scores.parquet")
    write_parquet(pd.DataFrame(of).astype("str"), folder / "clean/enrolments.parquet")


def test_scores_by_programme_are_of_the_first_form_of_each_client(tmp_path):
    write_run(tmp_path)
    found = scores_by_programme(Source("north", root=tmp_path))["scores_by_programme"].set_index(
        "programme_id"
    )
    first = pd.Series(SCORES["A"])
    assert found.loc["A", ["n", "mean", "sd"]].tolist() == pytest.approx([4, first.mean(), first.std()])
    assert found.loc["A", ["shapiro_w", "shapiro_p"]].tolist() == pytest.approx(list(shapiro(first)))
    assert (found.loc["B", "n"], found.loc["B", "sd"]) == (2, 0.0)
    assert pd.isna(found.loc["B", "shapiro_w"]) and "3 to 5,000 people who differ" in found.loc["B", "reason"]


def test_a_cohort_without_programmes_is_told_so(tmp_path):
    write_run(tmp_path)
    path = tmp_path / "data/processed/north/clean/enrolments.parquet"
    write_parquet(pd.DataFrame({"enrolment_id": ["e0"]}, dtype="str"), path)
    with pytest.raises(ConfigurationError, match="it has no programmes"):
        scores_by_programme(Source("north", root=tmp_path))


def test_the_page_names_every_computation_with_its_tables_and_columns(tmp_path):
    page = (ROOT / "docs/verify.md").read_text(encoding="utf-8")
    (tmp_path / "studies.csv").write_text(STUDIES)
    write_run(tmp_path)
    source = Source("north", tmp_path / "studies.csv", tmp_path)
    for name, one in registry.COMPUTATIONS.items():
        assert f"`{name}`" in page
        if one.package:
            pytest.importorskip(one.package)
        tables = one.compute(source)
        assert set(tables) == set(one.keys)
        for table, rows in tables.items():
            assert f"`{table}`" in page
            keys = list(one.keys[table])
            assert not rows.duplicated(keys or None).any()
            assert [column for column in rows if f"`{column}`" not in page] == []
    assert set(COUNTS) <= set(STUDIES.splitlines()[0].split(","))

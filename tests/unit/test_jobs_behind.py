"""Which scripts are behind a result, from what each noted of itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from alliance_modes.running.held import held, jobs_behind, keep_made


@pytest.fixture
def _folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _made(rule: str, inputs: Sequence[str], outputs: Sequence[str], cohort: str = "north") -> None:
    wildcards = {"cohort": cohort}
    held(rule)(wildcards)
    for output in outputs:
        Path(output).write_text(rule, encoding="utf-8")
    keep_made(rule, wildcards, inputs, outputs)


def test_each_is_told_once_and_after_those_that_it_took_from(_folder):
    _made("report", ["scores", "clean", "plan.yaml"], ["page"])
    _made("score", ["clean"], ["scores"])
    _made("clean", ["raw.csv"], ["clean", "account"])
    _made("export", ["clean"], ["data.sav"])
    found = jobs_behind(["page"])
    assert [one.rule for one in found] == ["clean", "score", "report"]
    assert found[0].job == "clean.north" and found[0].inputs == ("raw.csv",)
    assert set(found[0].outputs) == set(found[0].files) == {"clean", "account"}


def test_what_nobody_noted_to_have_made_has_nothing_behind_it(_folder):
    _made("clean", ["raw.csv"], ["clean"])
    assert jobs_behind(["raw.csv"]) == []


def test_a_script_whose_results_are_gone_is_behind_nothing(_folder):
    _made("clean", ["raw.csv"], ["clean"])
    _made("score", ["clean"], ["scores"])
    Path("clean").unlink()
    assert [one.rule for one in jobs_behind(["scores"])] == ["score"]

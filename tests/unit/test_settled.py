"""What is written while a run is under way, and by none of its scripts, keeps it from being settled."""

from __future__ import annotations

from typing import Any

import pytest

from alliance_modes.ground.files import sha256, write_json
from alliance_modes.running import settled
from alliance_modes.running.config import Engines


class Ran:
    """A study of one cohort that was run; only what ``settled`` asks of one."""

    class config:  # noqa: N801 an attribute
        engines = Engines()

    cohorts = ("north",)
    environment = "lock"
    stayed = True

    def key_fingerprint(self, cohort):
        return "0000"

    def source_digests(self):
        return {"config/plan.yaml": "1"}

    def sources_stayed(self):
        return self.stayed


def ran() -> Any:
    return Ran()


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A project in which a run made one result."""
    monkeypatch.chdir(tmp_path)
    for folder in ("config", "reports/north/internal", ".alliance_modes/made"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "config/plan.yaml").write_text("draws: 1\n")
    before = settled.world()
    result = tmp_path / "reports/north/internal/table.csv"
    result.write_text("1\n")
    (tmp_path / ".alliance_modes/made/report.north.again").write_text("x")
    note = {"outputs": [], "files": {"reports/north/internal/table.csv": sha256(result)}}
    write_json(note, tmp_path / ".alliance_modes/made/report.north.json")
    return before, result


def test_what_scripts_made_settles_a_run(made):
    before, result = made
    settled.keep_settled(ran(), before)
    assert settled.is_settled(ran())
    result.write_text("2\n")
    assert not settled.is_settled(ran())


def test_what_was_written_meanwhile_does_not(made, tmp_path):
    before, _ = made
    (tmp_path / "config/plan.yaml").write_text("draws: 2\n")
    settled.keep_settled(ran(), before)
    assert not settled.SETTLED.exists()


def test_a_result_that_was_edited_meanwhile_does_not(made):
    before, result = made
    result.write_text("3\n")
    settled.keep_settled(ran(), before)
    assert not settled.SETTLED.exists()


def test_neither_a_source_elsewhere_nor_another_engine_does(made, monkeypatch):
    before, _ = made
    monkeypatch.setattr(Ran, "stayed", False)
    settled.keep_settled(ran(), before)
    monkeypatch.setattr(Ran, "stayed", True)
    monkeypatch.setattr(Ran.config, "engines", Engines(lme4="auto"))
    settled.keep_settled(ran(), before)
    assert not settled.SETTLED.exists()


@pytest.mark.parametrize(("name", "value"), [("cohorts", ("north", "south")), ("environment", "other")])
def test_a_run_of_other_cohorts_or_in_another_environment_is_not_settled(made, monkeypatch, name, value):
    settled.keep_settled(ran(), made[0])
    monkeypatch.setattr(Ran, name, value)
    assert not settled.is_settled(ran())

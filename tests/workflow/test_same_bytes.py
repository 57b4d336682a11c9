"""A run somewhere else gives the same bytes: benchmarks/same_bytes.py has the long version."""

from __future__ import annotations

import pytest
from projects import COHORT, Project
from surroundings import GERMAN, OTHER_SUM, TURKISH, differing, every_digest


@pytest.fixture
def _elsewhere(_fresh, tmp_path) -> Project:
    return _fresh.copy(tmp_path / GERMAN.folder)


def test_another_folder_language_zone_user_and_sum_give_the_same_bytes(_elsewhere, finished, tmp_path):
    GERMAN.run(_elsewhere, tmp_path / "home", "run", "--cores", str(GERMAN.cores))
    found, expected = every_digest(_elsewhere.root), every_digest(finished.root)
    assert f"reports/{COHORT}/internal/manifest.json" in expected and len(expected) > 300
    assert differing(expected, found) == []


def test_a_terminal_is_told_from_none_and_nothing_is_made_again_for_it(finished, tmp_path):
    before = every_digest(finished.root)
    said = TURKISH.run(finished, tmp_path / "home", "run")
    assert "nothing to do: up to date" in said
    assert differing(before, every_digest(finished.root)) == []


def test_what_differs_is_named():
    before = {"a": "1", "b": "2", "c": "3"}
    assert differing(before, {"a": "1", "b": "9", "d": "4"}) == ["b", "c", "d"]


def test_the_other_sum_is_another_one(monkeypatch):
    import builtins

    plain, drifts = builtins.sum, [0.1] * 10
    monkeypatch.setattr(builtins, "sum", plain)  # put back at the end
    exec(OTHER_SUM, {"__name__": "other"})
    assert sum(drifts) != plain(drifts)
    assert sum([1, 2]) == 3 and sum([True, True]) == 2

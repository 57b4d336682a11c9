"""A release of a finished cohort: looked at, handed over once, and made again the same."""

from __future__ import annotations

import stat

from projects import COHORT, Project

from alliance_modes.disclosure.earlier import EarlierRelease
from alliance_modes.release.ledger import read_ledger


def ledger(project: Project) -> tuple[EarlierRelease, ...]:
    return read_ledger([str(path) for path in (project.root / "data/released" / COHORT).glob("*.json")])


def test_a_release_is_recorded_once_and_made_again_it_is_the_same(finished):
    folder = finished.root / "reports" / COHORT / "release"
    looked = finished.alliance_modes("release", COHORT, "--check")
    assert looked.returncode == 0, looked.stdout + looked.stderr
    assert "each as it was made" in looked.stdout and not (finished.root / "data/released").exists()

    done = finished.alliance_modes("release", COHORT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"recorded as handed over: data/released/{COHORT}/001.json" in done.stdout
    entry = finished.root / "data/released" / COHORT / "001.json"
    assert stat.S_IMODE(entry.stat().st_mode) == 0o600
    handed = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}

    assert finished.rules_to_run() == {"release"}
    older = finished.alliance_modes("release", COHORT)
    assert older.returncode == 1 and "older than what it is made of" in older.stderr
    assert finished.alliance_modes("run").returncode == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == handed
    again = finished.alliance_modes("release", COHORT)
    assert again.returncode == 1 and "was handed over before, and nothing is new since" in again.stderr
    assert [(one.order, one.rules.threshold) for one in ledger(finished)] == [(1, 10)]


def test_a_release_folder_that_was_changed_by_hand_is_not_handed_over(finished):
    page = finished.root / "reports" / COHORT / "release" / "report.html"
    page.write_text(page.read_text(encoding="utf-8").replace("Edition: release", "Edition: for all"))
    done = finished.alliance_modes("release", COHORT)
    assert done.returncode == 1
    assert "report.html: the file is not what was made" in done.stderr
    assert not (finished.root / "data/released").exists()

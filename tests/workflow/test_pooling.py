"""A finished cohort is given away through the gate of its release, and pooled with another one."""

from __future__ import annotations

from pathlib import Path

from projects import COHORT, Project

from alliance_modes.dictionary.pooling import TABLES
from alliance_modes.pooling.shared_set import SharedSet, load_shared
from alliance_modes.release.ledger import read_ledger


def of_another(one: SharedSet, folder: Path) -> Path:
    """The same as if another holder gave it, with estimates of their own."""
    fits = [
        fit.model_copy(
            update={
                "terms": tuple(
                    term.model_copy(update={"estimate": term.estimate + term.se}) for term in fit.terms
                )
            }
        )
        for fit in one.fits
    ]
    folder.mkdir()
    other = one.model_copy(update={"cohort": "south", "fits": tuple(fits)}).sealed()
    (folder / "shared.json").write_text(other.text(), encoding="utf-8")
    return folder


def ledger(project: Project) -> int:
    return len(read_ledger([str(path) for path in (project.root / "data/released" / COHORT).glob("*.json")]))


def test_a_cohort_is_given_away_once_it_is_recorded_and_pooled_with_another(finished, tmp_path):
    done = finished.alliance_modes("share", COHORT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "recorded as handed over" in done.stdout and ledger(finished) == 1
    folder = finished.root / "reports" / COHORT / "shared"
    one = load_shared(folder)
    assert one.sha256 in (folder / "README.txt").read_text(encoding="utf-8")
    given = [fit for fit in one.fits if fit.terms]
    assert given and all(fit.rows and fit.people for fit in given)
    inside = finished.root / "reports" / COHORT / "internal/release_record"
    assert load_shared(inside) == one

    older = finished.alliance_modes("share", COHORT)
    assert older.returncode == 1 and "older than what it is made of" in older.stderr
    alone = finished.alliance_modes("pool", str(folder))
    assert alone.returncode == 1 and "there is nothing to pool" in alone.stderr
    both = finished.alliance_modes("pool", str(folder), str(of_another(one, tmp_path / "south")))
    assert both.returncode == 0, both.stdout + both.stderr
    assert "2 cohorts are too few to say anything of cohorts like these" in both.stdout
    found = TABLES["pooled"].read(finished.root / "reports/_pooled/pooled.csv")
    means = found[(found["way"] == "these") & (found["status"] == "ok")]
    assert len(means) == sum(len(fit.terms) for fit in given)

    assert finished.alliance_modes("run").returncode == 0
    assert not folder.exists(), "what is made of a release goes with it"
    again = finished.alliance_modes("share", COHORT)
    assert again.returncode == 0 and "recorded" not in again.stdout and ledger(finished) == 1
    assert load_shared(folder) == one


def test_nothing_is_given_away_of_a_release_that_was_changed_by_hand(finished):
    page = finished.root / "reports" / COHORT / "release" / "report.html"
    page.write_text(page.read_text(encoding="utf-8").replace("Edition: release", "Edition: for all"))
    done = finished.alliance_modes("share", COHORT)
    assert done.returncode == 1 and "report.html: the file is not what was made" in done.stderr
    assert not (finished.root / "reports" / COHORT / "shared").exists()
    assert not (finished.root / "data/released").exists()

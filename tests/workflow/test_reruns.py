"""Re-runs are honest: what changed is run again, with all that follows from it, and nothing else."""

from __future__ import annotations

import os

import pytest
from projects import AFTER_RAW, AFTER_SCORE, ALL_RULES, COHORT

RAW = f"data/raw/{COHORT}"
PACKAGE = "src/alliance_modes"
REPORTS = ("report", "research", "checklist", "release")
AFTER_MEASURE = frozenset({"figures_measurement", "relation", "relations", "figures_relations", *REPORTS})
AFTER_EXPOSURE = frozenset(
    {"exposure_reliability", "model", "bootstrap", "influence", "estimates", "figures_effects", *REPORTS}
)


def test_plain_snakemake_on_an_empty_tree_makes_the_same_files(fresh, reference_digests):
    done = fresh.snakemake("--cores", "2")
    assert done.returncode == 0, done.stderr
    assert fresh.digests() == reference_digests
    assert {path for path in reference_digests if COHORT in path} >= {
        f"data/processed/{COHORT}/scores.parquet",
        f"reports/{COHORT}/internal/tables/estimates.csv",
        f"reports/{COHORT}/internal/report.html",
    }


def test_second_run_does_nothing_and_says_so(finished, reference_digests):
    done = finished.alliance_modes("run")
    assert done.returncode == 0, done.stdout
    assert "nothing to do: up to date" in done.stdout
    assert f"reports/{COHORT}/internal/report.html" in done.stdout
    assert finished.digests() == reference_digests


@pytest.mark.parametrize(
    ("path", "rules"),
    [
        (f"{PACKAGE}/scoring/scores.py", AFTER_SCORE | {"score", "export"}),
        (f"{PACKAGE}/export/files.py", {"export"}),
        (f"{PACKAGE}/cleaning/careless.py", AFTER_RAW - {"ingest", "dictionary"}),
        (
            f"{PACKAGE}/measurement/reliability/alpha.py",
            AFTER_EXPOSURE | AFTER_MEASURE | {"measure", "key_audit"},
        ),
        (f"{PACKAGE}/measurement/reliability/exposure.py", AFTER_EXPOSURE),
        (f"{PACKAGE}/measurement/factors/invariance.py", {"factors", "figures_factors", *REPORTS}),
        (f"{PACKAGE}/figures/rater_agreement.py", {"figures_measurement", *REPORTS}),
        (f"{PACKAGE}/figures/factor_loadings.py", {"figures_factors", *REPORTS}),
        (f"{PACKAGE}/measurement/keys/keying.py", {"key_audit", *REPORTS}),
        (f"{PACKAGE}/models/fitting.py", AFTER_EXPOSURE - {"exposure_reliability"}),
        (f"{PACKAGE}/models/refitting/bootstrap.py", {"bootstrap", "estimates", "figures_effects", *REPORTS}),
        (f"{PACKAGE}/models/refitting/influence.py", {"influence", "estimates", "figures_effects", *REPORTS}),
        (f"{PACKAGE}/missingness/planned.py", {"missingness", "figures_cohort", *REPORTS}),
        (f"{PACKAGE}/figures/missing_data.py", {"figures_cohort", *REPORTS}),
        (f"{PACKAGE}/figures/mode_use.py", {"figures_cohort", *REPORTS}),
        (f"{PACKAGE}/figures/effects_forest.py", {"figures_effects", *REPORTS}),
        (f"{PACKAGE}/reports/research/findings/findings.md.j2", {*REPORTS}),
        (f"{PACKAGE}/reports/checklist/lists/strobe.yaml", {"checklist"}),
        (
            f"{PACKAGE}/dictionary/factors/tables.yaml",
            {"factors", "figures_factors", "dictionary", *REPORTS},
        ),
        ("workflow/scripts/measure.py", {"measure", *AFTER_MEASURE}),
        ("requirements.lock", ALL_RULES),
        (f"{PACKAGE}/simulate/truth.py", set()),
        (f"{PACKAGE}/running/launch.py", set()),
    ],
)
def test_editing_one_file_runs_exactly_what_follows_from_it(finished, path, rules):
    finished.edit(path)
    assert finished.rules_to_run() == rules


def test_touching_any_input_runs_nothing(finished):
    touched = [*finished.root.glob("src/**/*.*"), *finished.root.glob("workflow/**/*.*")]
    touched += [*finished.root.glob(f"{RAW}/*"), *finished.root.glob("config/*.yaml")]
    assert len(touched) > 50
    for path in touched:
        os.utime(path)
    assert finished.rules_to_run() == set()


def test_changed_raw_file_runs_everything_even_when_it_is_older(finished):
    path = finished.root / RAW / "sessions.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), encoding="utf-8")
    os.utime(path, (0, 0))
    assert finished.rules_to_run() == AFTER_RAW


def test_code_replaced_by_an_older_version_is_noticed(finished):
    finished.edit(f"{PACKAGE}/scoring/scores.py")
    os.utime(finished.root / PACKAGE / "scoring" / "scores.py", (0, 0))
    assert finished.rules_to_run() == AFTER_SCORE | {"score", "export"}


def test_a_deleted_raw_file_is_not_overlooked(finished):
    (finished.root / RAW / "sessions.csv").unlink()
    assert finished.rules_to_run() == AFTER_RAW


def test_which_surveys_count_is_judged_when_cleaning(finished):
    """Which surveys count decides whether too many come too late, and that is judged when cleaning."""
    plan = finished.root / "config/plan.yaml"
    text = plan.read_text(encoding="utf-8")
    assert "waves: before_start" in text
    plan.write_text(text.replace("waves: before_start", "waves: all"), encoding="utf-8")
    assert finished.rules_to_run() == AFTER_RAW - {"ingest", "dictionary"}


def test_a_deleted_table_is_made_again(finished):
    (finished.root / f"reports/{COHORT}/internal/tables/items.csv").unlink()
    assert finished.rules_to_run() == {"measure", *AFTER_MEASURE}

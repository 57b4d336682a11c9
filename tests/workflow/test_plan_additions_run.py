"""A cohort that adds to the plan gets one model more, and everything else stays as it was."""

from __future__ import annotations

import csv
import io

from projects import COHORT

ADDITION = f"data/raw/{COHORT}/plan_additions.yaml"
ESTIMATES = f"reports/{COHORT}/internal/tables/estimates.csv"
ADDED = "completion_adjusted"
TEXT = (
    "predictors:\n"
    "  age: {label: Age, column: age_years_z, unit: 1 SD of clients, split: true}\n"
    "covariates:\n"
    "  completion: [age]\n"
)


def test_an_addition_gives_one_more_model_and_changes_no_other_row(finished, reference_digests):
    before = (finished.root / ESTIMATES).read_text(encoding="utf-8")
    (finished.root / ADDITION).write_text(TEXT, encoding="utf-8")
    done = finished.alliance_modes("run", timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    after = (finished.root / ESTIMATES).read_text(encoding="utf-8")
    kept = [line for line in after.splitlines() if not line.startswith(f"{ADDED},")]
    assert kept == before.splitlines()
    added = [row for row in csv.DictReader(io.StringIO(after)) if row["model"] == ADDED]
    assert {row["term"] for row in added} >= {"age", "educative", "engagement", "therapeutic"}
    # the cohort is too small for claims, so that no family is called exploratory either
    assert {row["family"] for row in added} == {"descriptive", "covariate"}
    now = finished.digests()
    changed = {path for path in now if now[path] != reference_digests.get(path)}
    folder = f"data/processed/{COHORT}/models/"
    assert {path for path in changed if path.startswith("data/")} == {f"{folder}{ADDED}.json"}
    assert not [path for path in changed if "/figures/" in path]
    report = finished.report().with_name("research.html").read_text(encoding="utf-8")
    assert "This cohort adds a model to the plan" in report and "plan_additions.yaml" in report
    assert finished.rules_to_run() == set()
    (finished.root / ADDITION).write_text(TEXT.replace("label: Age", "label: Age in years"), encoding="utf-8")
    assert finished.rules_to_run() == {
        "estimates",
        "figures_effects",
        "report",
        "research",
        "checklist",
        "release",
    }
    (finished.root / ADDITION).write_text(TEXT + "models: {completion: {}}\n", encoding="utf-8")
    for command in ("check", "run"):
        refused = finished.alliance_modes(command, COHORT)
        told = refused.stdout + refused.stderr
        assert refused.returncode == 1 and "Traceback" not in told and "plan_additions.yaml" in told
        assert "line 5: models.completion: the plan has a model of this name" in told
    assert not finished.report().exists()

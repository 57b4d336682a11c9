"""``alliance-modes status`` says what a run would do and why, and leaves every file as it is."""

from __future__ import annotations

import hashlib
import re
import shutil

from projects import COHORT

LEVELS = "src/alliance_modes/derive/levels.py"
FLOW = f"data/processed/{COHORT}/analysis/flow.csv"


def everything(root):
    """Every file and folder, hidden ones included: its content and when it was written."""
    return {
        str(path.relative_to(root)): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in sorted(root.rglob("*"))
    }


def looked(project, *arguments):
    """What is said, after it was seen that nothing in the project was written."""
    before = everything(project.root)
    done = project.alliance_modes("status", *arguments)
    assert everything(project.root) == before
    return done


def test_a_cohort_that_was_never_run(fresh):
    done = looked(fresh, "--check")
    assert done.returncode == 1
    assert "steps would run again" in done.stdout and "because it was never made yet: ingest" in done.stdout
    assert not (fresh.root / ".snakemake").exists()


def test_what_is_up_to_date_and_what_is_not(finished):
    done = looked(finished, "--check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"{COHORT}: up to date (")
    assert "no release was handed over" in done.stdout

    finished.edit(LEVELS)
    finished.replace("config/plan.yaml", "  most_practitioners: 300\n", "  most_practitioners: 299\n")
    path = finished.root / FLOW
    path.write_text(path.read_text().replace("1", "2", 1))
    done = looked(finished)
    assert done.returncode == 0
    for said in (
        f"{FLOW} was changed since it was made: derive",
        "the code was edited (module derive/levels.py)",
        "config/plan.yaml changed (bootstrap: most practitioners: 300, now 299)",
        "may be relied on now: ",
    ):
        assert said in done.stdout, done.stdout
    assert finished.rules_to_run() >= {"derive", "bootstrap", "report"}
    assert looked(finished, "--check").returncode == 1


def test_a_step_that_failed_is_named_with_its_log(finished):
    finished.break_derive("raise AllianceModesError('out of order')")
    assert finished.alliance_modes("run").returncode == 1
    done = looked(finished)
    assert f"it failed last time (see logs/{COHORT}/derive.log): derive" in done.stdout
    assert "it was taken away as the last run began, and not made again" in done.stdout
    assert "not to be relied on" in done.stdout


def test_a_draft_says_that_it_has_questions(fresh):
    path = fresh.root / f"data/raw/{COHORT}/cohort.yaml"
    text = re.sub(r"^data_lock: .*$", 'data_lock: "?"  # until when?', path.read_text(), flags=re.MULTILINE)
    path.write_text(text)
    done = looked(fresh)
    assert f"{COHORT}: cannot be run: cohort.yaml is a draft with 1 open question" in done.stdout


def test_results_without_a_record_of_how_they_were_made_are_said(finished):
    shutil.rmtree(finished.root / ".snakemake/metadata")
    assert "is not on record any more: a run makes them again" in looked(finished).stdout


def test_a_cohort_that_is_added_runs_alone_and_what_is_over_cohorts(finished):
    """By Snakemake's own list of jobs: nothing of the cohort that was there is run again."""
    raw = finished.root / "data/raw"
    shutil.copytree(raw / COHORT, raw / "added")
    finished.replace("data/raw/added/cohort.yaml", f"cohort: {COHORT}\n", "cohort: added\n")
    finished.replace("config/config.yaml", f"[{COHORT}]", f"[{COHORT}, added]")
    listed = finished.snakemake("-n", "--workflow-profile", "workflow/profiles/default")
    assert listed.returncode == 0, listed.stdout + listed.stderr
    jobs = re.findall(r"^(?:local)?rule (\w+):\n((?:    .*\n)*)", listed.stdout + listed.stderr, flags=re.M)
    cohorts: dict[str, set[str]] = {}
    for rule, said in jobs:
        cohorts.setdefault(rule, set()).update(re.findall(r"wildcards: cohort=(\w+)", said))
    assert len(jobs) > 40
    over = {rule for rule, named in cohorts.items() if not named} - {"default", "all"}
    assert over == {"invariance_cohorts", "over_cohorts", "cohorts_page"}
    assert set().union(*cohorts.values()) == {"added"}

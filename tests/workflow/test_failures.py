"""A run that fails leaves no report that looks current, makes what it still can, and says one thing."""

from __future__ import annotations

from projects import COHORT, DERIVE

REFUSED = 'raise AllianceModesError("the planted error")'
BROKEN = 'raise RuntimeError("the planted defect")'


def _failed(project, said: str) -> list[str]:
    """The steps in whose log it stands: ``derive``, and those that derive anew for other specifications."""
    logs = (project.root / "logs" / COHORT).glob("*.log")
    found = [log.stem for log in logs if said in log.read_text(encoding="utf-8")]
    assert "derive" in found
    return found


def test_middle_rule_failing_over_a_report_is_seen_now_and_again(finished, reference_digests):
    whole = (finished.root / DERIVE).read_bytes()
    assert finished.report().exists()
    finished.break_derive(REFUSED)
    first = finished.alliance_modes("run")
    assert first.returncode == 1
    assert not finished.report().exists()
    said = first.stdout + first.stderr
    assert said.count("the planted error") == len(_failed(finished, "the planted error"))
    assert f"logs/{COHORT}/derive.log" in said
    assert "Traceback" not in said

    second = finished.alliance_modes("run")
    assert second.returncode == 1
    assert "the planted error" in second.stderr
    assert not finished.report().exists()

    (finished.root / DERIVE).write_bytes(whole)
    mended = finished.alliance_modes("run")
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert finished.digests() == reference_digests


def test_defect_leaves_its_traceback_in_the_log_alone(finished):
    finished.break_derive(BROKEN)
    done = finished.alliance_modes("run")
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert "Traceback" not in said
    failed = _failed(finished, "the planted defect")
    assert said.count("an unexpected error stopped this step (RuntimeError)") == len(failed)
    log = (finished.root / "logs" / COHORT / "derive.log").read_text(encoding="utf-8")
    assert log.count("Traceback") == 1
    assert "the planted defect" in log


def test_plain_snakemake_that_fails_leaves_no_report_either(finished):
    finished.break_derive(REFUSED)
    done = finished.snakemake("--cores", "2")
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert said.count("the planted error") == len(_failed(finished, "the planted error"))
    assert not finished.report().exists()
    assert finished.snakemake("--cores", "2").returncode == 1


def test_a_report_is_withdrawn_when_its_configuration_breaks(finished):
    finished.edit("config/plan.yaml", "\nbranches: {}\n")
    done = finished.alliance_modes("run")
    assert done.returncode == 1
    assert 'unknown key "branches"' in done.stderr
    assert not finished.report().exists()


def _release_is_gone_and_the_reports_are_there(project) -> None:
    here = project.root / "reports" / COHORT
    assert project.report().exists() and (here / "internal/research.pdf").exists()
    assert not (here / "release").exists() and not (here / "internal/release_record").exists()
    assert not list(here.rglob(".*.part*"))


def test_a_release_that_its_search_refuses_leaves_the_reports_and_says_what_to_do(finished):
    """A title happens to say a number of people: a false alarm, and one that a person can mend."""
    declared = finished.root / "data/raw" / COHORT / "cohort.yaml"
    lines = declared.read_text(encoding="utf-8").splitlines()
    title = next(line for line in lines if line.startswith("title:"))
    finished.replace(str(declared), title, "title: The course for 7 clients at a time")
    done = finished.alliance_modes("run")
    said = done.stdout + done.stderr
    assert done.returncode == 1
    _release_is_gone_and_the_reports_are_there(finished)
    assert f"report of {COHORT}: reports/{COHORT}/internal/report.html" in done.stdout
    assert "what may leave" not in said and "Traceback" not in said
    assert f"{COHORT} · release: what does not need it goes on" in done.stdout
    assert "report.docx: " in done.stderr and "says 7 of people, which is no released number" in done.stderr
    assert done.stderr.count("change the label or the title that it comes from") == 1
    assert f"logs/{COHORT}/release.log" in done.stderr
    assert "there is no release" in finished.alliance_modes("release", COHORT, "--check").stderr

    again = finished.alliance_modes("run")
    assert again.returncode == 1 and "says 7 of people" in again.stderr
    steps = [line for line in again.stdout.splitlines() if " s  " in line]
    assert len(steps) == 1 and "release" in steps[0]


def test_a_defect_of_the_release_leaves_the_reports(finished):
    finished.replace(
        "workflow/scripts/release.py", "    written = write_release(release)\n", f"    {BROKEN}\n"
    )
    done = finished.alliance_modes("run")
    assert done.returncode == 1
    assert done.stderr.count("an unexpected error stopped this step (RuntimeError)") == 1
    _release_is_gone_and_the_reports_are_there(finished)

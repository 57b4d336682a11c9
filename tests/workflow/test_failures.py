"""A run that fails leaves no report that looks current, says one thing, and fails again."""

from __future__ import annotations

from projects import COHORT

DERIVE = "src/alliance_modes/derive/cohort.py"
REFUSED = 'raise AllianceModesError("the planted error")'
BROKEN = 'raise RuntimeError("the planted defect")'


def _break(project, statement: str) -> None:
    """Let the middle rule ``derive`` fail while everything before it works."""
    project.replace(DERIVE, "    clean = complete_tables(tables)\n", f"    {statement}\n")
    project.edit(DERIVE, "\n\nfrom alliance_modes.ground.errors import AllianceModesError  # noqa: E402\n")


def test_middle_rule_failing_over_a_report_is_seen_now_and_again(finished, reference_digests):
    whole = (finished.root / DERIVE).read_bytes()
    assert finished.report().exists()
    _break(finished, REFUSED)
    first = finished.alliance_modes("run")
    assert first.returncode == 1
    assert not finished.report().exists()
    said = first.stdout + first.stderr
    assert said.count("the planted error") == 1
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
    _break(finished, BROKEN)
    done = finished.alliance_modes("run")
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert "Traceback" not in said
    assert said.count("an unexpected error stopped this step (RuntimeError)") == 1
    log = (finished.root / "logs" / COHORT / "derive.log").read_text(encoding="utf-8")
    assert log.count("Traceback") == 1
    assert "the planted defect" in log


def test_plain_snakemake_that_fails_leaves_no_report_either(finished):
    _break(finished, REFUSED)
    done = finished.snakemake("--cores", "2")
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert said.count("the planted error") == 1
    assert not finished.report().exists()
    assert finished.snakemake("--cores", "2").returncode == 1


def test_a_report_is_withdrawn_when_its_configuration_breaks(finished):
    finished.edit("config/plan.yaml", "\nbranches: {}\n")
    done = finished.alliance_modes("run")
    assert done.returncode == 1
    assert 'unknown key "branches"' in done.stderr
    assert not finished.report().exists()

"""Runs on a real Slurm of one node: the same files, nothing left behind, and failures by Slurm's word."""

from __future__ import annotations

import re
import signal

import psutil
import pytest
from projects import COHORT, HERE, Project, new_project, wait_for, write_short_plan
from slurm_cluster import NotRunError, OnCluster, one_node

from alliance_modes.running.cluster.left_behind import has_jobs
from alliance_modes.simulate import load_truth, write_cohort

FIRST_STEPS = ("ingest", "clean", "score", "dictionary")
"""Every job on a cluster starts Snakemake twice: the whole line would take minutes."""

AT_WORK = """
import time
from pathlib import Path

from alliance_modes.running.jobs import Job

with Job(snakemake):
    Path("at_work").touch()
    {body}
    time.sleep(90)
    Path("late").touch()
"""


@pytest.fixture(scope="module")
def cluster():
    try:
        with one_node() as environment:
            yield environment
    except NotRunError as why:
        pytest.skip(f"not run: {why}")


@pytest.fixture(scope="module")
def _first_steps(tmp_path_factory) -> Project:
    project = new_project(tmp_path_factory.mktemp("first") / "project")
    write_short_plan(project.root / "config/plan.yaml")
    truth = load_truth(HERE / "data/raw/demo_2024/truth.yaml").with_size(240, practitioners=20)
    write_cohort(truth, project.root / "data/raw" / COHORT, COHORT)
    snakefile = project.root / "workflow/Snakefile"
    wanted = "".join(f"        *rules.{name}.output,\n" for name in FIRST_STEPS)
    targets = f"TARGETS = expand(\n    [\n{wanted}    ],\n    cohort=study.cohorts,\n)\n"
    text, changed = re.subn(
        r"^TARGETS = \[\n.*?^\]\n", targets, snakefile.read_text(encoding="utf-8"), flags=re.M | re.S
    )
    assert changed == 1
    snakefile.write_text(text, encoding="utf-8")
    shipped = (HERE / "workflow/profiles/slurm/config.yaml").read_text(encoding="utf-8")
    quick = shipped.replace("status-checks: 20", "status-checks: 3")
    (project.root / "quick").mkdir()
    (project.root / "quick/config.yaml").write_text(quick, encoding="utf-8")
    return project


@pytest.fixture
def project(cluster, _first_steps, tmp_path) -> OnCluster:
    """A project on the cluster without results."""
    return OnCluster(_first_steps.copy(tmp_path / "project").root, cluster)


@pytest.fixture
def slow(project) -> OnCluster:
    """The same, whose first step does not end."""
    _script(project).write_text(AT_WORK.format(body=""), encoding="utf-8")
    return project


def _script(project: Project):
    return project.root / "workflow/scripts/ingest.py"


def _at_work(project: OnCluster):
    run = project.start("run", "--profile", "quick")
    wait_for((project.root / "at_work").exists, seconds=120, what="the first job")
    return run


def test_a_run_whose_job_was_cancelled_goes_on_and_ends_in_the_files_of_one_machine(
    project, _first_steps, tmp_path
):
    here = _first_steps.copy(tmp_path / "here")
    assert here.alliance_modes("run").returncode == 0
    expected = here.digests()
    assert len(expected) > 10

    run = project.start("run", "--profile", "quick")
    wait_for(lambda: project.jobs("score"), seconds=240, what="the job of score")
    project.slurm("scancel", *project.jobs("score"))
    said, _ = run.communicate(timeout=240)
    assert run.returncode == 1, said
    assert "whose queue (squeue) says when they end, since accounting does not answer" in said
    assert f"{COHORT} · clean" in said  # a line of progress, from the log of a job
    assert re.search(rf"{COHORT} · score was cancelled; Slurm says CANCELLED \(Slurm job \d+\)", said)

    again = project.alliance_modes("run", "--profile", "quick")
    assert again.returncode == 0, again.stdout + again.stderr
    assert f"{COHORT} · ingest" not in again.stdout
    assert project.digests() == expected
    assert "nothing to do: up to date" in project.alliance_modes("run").stdout

    second = OnCluster(_first_steps.copy(tmp_path / "second").root, project.cluster)
    done = second.alliance_modes("run", "--profile", "quick")
    assert done.returncode == 0, done.stdout + done.stderr
    assert second.digests() == expected
    assert list(second.root.glob(".snakemake/slurm_logs/**/*.log")) == []


def test_a_job_that_takes_too_much_memory_is_told_so_with_what_it_asked_for(project):
    _script(project).write_text(AT_WORK.format(body="taken = bytearray(1500 << 20)"), encoding="utf-8")
    done = project.alliance_modes("run", "--profile", "quick")
    assert done.returncode == 1
    told = re.search(
        rf"{COHORT} · ingest ended for lack of memory \((\d+) MB asked for, (\d+) MB used\)", done.stderr
    )
    assert told, done.stdout + done.stderr
    assert 800 <= int(told[1]) < 1000 and int(told[2]) > int(told[1])  # it is killed while it grows
    assert "set-resources: {ingest: {mem_mb: " in done.stderr


def test_ctrl_c_waits_until_the_jobs_are_gone(slow):
    run = _at_work(slow)
    run.send_signal(signal.SIGINT)
    said, _ = run.communicate(timeout=120)
    assert run.returncode == 130, said
    assert slow.jobs() == [] and not has_jobs(slow.root)
    assert not (slow.root / "late").exists()


def test_what_a_killed_run_left_on_the_cluster_is_named_and_cancelled_by_the_next_on_this_machine(slow):
    run = _at_work(slow)
    for process in [*psutil.Process(run.pid).children(recursive=True), psutil.Process(run.pid)]:
        process.kill()
    run.wait()
    assert len(slow.jobs("ingest")) == 1 and has_jobs(slow.root)
    _script(slow).write_bytes((HERE / "workflow/scripts/ingest.py").read_bytes())
    done = slow.alliance_modes("run")
    assert done.returncode == 0, done.stdout + done.stderr
    told = f"cancelling 1 job that an earlier, killed run left on the cluster: {COHORT} · ingest"
    assert told in done.stdout
    assert slow.jobs() == [] and not has_jobs(slow.root)
    assert not (slow.root / "late").exists()


def test_a_node_that_was_set_down_leaves_nothing_that_holds_up_the_next_run(slow):
    run = _at_work(slow)
    (node,) = slow.slurm("sinfo", "-h", "-o", "%n").split()
    slow.slurm("scontrol", "update", f"nodename={node}", "state=down", "reason=test")
    try:
        said, _ = run.communicate(timeout=120)
    finally:
        slow.slurm("scontrol", "update", f"nodename={node}", "state=idle")
    assert run.returncode == 1
    assert re.search(rf"{COHORT} · ingest lost its node; Slurm says NODE_FAIL", said)
    _script(slow).write_bytes((HERE / "workflow/scripts/ingest.py").read_bytes())
    done = slow.alliance_modes("run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (slow.root / "late").exists()

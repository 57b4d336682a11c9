"""A run may be killed at any moment: the next one clears up and ends in the same bytes."""

from __future__ import annotations

import os
import signal

import psutil
from projects import COHORT, wait_for

from alliance_modes.running.warm.owner import SERVER

SLOW = """
import os
import time
from pathlib import Path

from alliance_modes.running.jobs import Job

with Job(snakemake):
    Path("at_work").write_text(str(os.getpid()))
    time.sleep(60)
    Path("late").touch()
"""


def _said(project) -> str:
    log = project.root / "logs/snakemake.log"
    return log.read_text(encoding="utf-8") if log.exists() else ""


def _kill_without_workers(run) -> None:
    """``kill -9`` of the command and of Snakemake, not of scripts."""
    command = psutil.Process(run.pid)
    snakemake = [child for child in command.children() if SERVER not in child.cmdline()]
    assert len(snakemake) == 1
    for process in [command, *snakemake]:
        process.kill()
    run.wait()


def _ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def _start_slow_run(project):
    (project.root / "workflow/scripts/ingest.py").write_text(SLOW, encoding="utf-8")
    run = project.start("run")
    wait_for((project.root / "at_work").exists, what="the first job")
    wait_for(lambda: (project.root / "at_work").read_text(), what="the process id")
    return run, psutil.Process(int((project.root / "at_work").read_text()))


def test_killed_at_several_moments_it_ends_in_the_same_bytes(fresh, reference_digests):
    script = fresh.root / "workflow/scripts/ingest.py"
    whole = script.read_bytes()
    run, worker = _start_slow_run(fresh)
    _kill_without_workers(run)
    wait_for(lambda: _ended(worker), seconds=10, what="the end of the script, which was killed with its run")
    half = fresh.root / f"data/processed/{COHORT}/typed/.sessions.{worker.pid}.part.parquet"
    half.parent.mkdir(parents=True, exist_ok=True)
    half.write_bytes(b"half")
    script.write_bytes(whole)

    for moment in ("score: begin", "model alliance: begin", "report: begin"):
        run = fresh.start("run")
        wait_for(lambda: f"{COHORT} · {moment}" in _said(fresh), what=moment)  # noqa: B023
        _kill_without_workers(run)
    done = fresh.alliance_modes("run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (fresh.root / "late").exists()
    assert fresh.digests() == reference_digests


def test_killed_while_replacing_results_it_ends_in_the_same_bytes(finished, reference_digests):
    plan = finished.root / "config/plan.yaml"
    before = plan.read_text(encoding="utf-8")
    plan.write_text(before.replace("waves: before_start", "waves: all"), encoding="utf-8")
    (finished.root / "logs/snakemake.log").unlink()
    run = finished.start("run")
    wait_for(lambda: "estimates: begin" in _said(finished), what="estimates")
    _kill_without_workers(run)
    assert not finished.report().exists()
    plan.write_text(before, encoding="utf-8")
    done = finished.alliance_modes("run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert finished.digests() == reference_digests


def test_a_run_whose_command_alone_is_killed_keeps_neither_its_script_nor_the_lock(fresh):
    script = fresh.root / "workflow/scripts/ingest.py"
    whole = script.read_bytes()
    run, worker = _start_slow_run(fresh)
    run.kill()
    run.wait()
    wait_for(lambda: _ended(worker), seconds=30, what="the end of the script")
    script.write_bytes(whole)
    (fresh.root / "logs/snakemake.log").unlink()
    again = fresh.start("run")
    wait_for(lambda: f"{COHORT} · ingest: begin" in _said(fresh), what="the next run")
    os.kill(again.pid, signal.SIGINT)
    assert again.wait(timeout=120) == 130
    assert not (fresh.root / "late").exists()


def test_a_script_that_a_killed_run_left_at_work_is_ended_by_the_next(fresh):
    """Where no script can be forked, each is a process of its own, and outlives a run that is killed."""
    script = fresh.root / "workflow/scripts/ingest.py"
    whole = script.read_bytes()
    script.write_text(SLOW, encoding="utf-8")
    arguments = ["--workflow-profile", "workflow/profiles/default", "--cores", "1"]
    by_hand = psutil.Popen(
        fresh.command(*arguments, module="snakemake"),
        cwd=fresh.root,
        env=fresh.environment(),
        stderr=-3,
        stdout=-3,
    )
    wait_for((fresh.root / "at_work").exists, what="the first job")
    wait_for(lambda: (fresh.root / "at_work").read_text(), what="the process id")
    worker = psutil.Process(int((fresh.root / "at_work").read_text()))
    by_hand.kill()
    by_hand.wait()
    assert worker.is_running()
    script.write_bytes(whole)
    run = fresh.start("run")
    wait_for(lambda: f"{COHORT} · ingest: begin" in _said(fresh), what="the next run")
    assert not worker.is_running()
    os.kill(run.pid, signal.SIGINT)
    run.wait(timeout=60)
    assert not (fresh.root / "late").exists()


def test_second_run_at_the_same_time_is_told_so_and_harms_nothing(fresh):
    run, worker = _start_slow_run(fresh)
    try:
        second = fresh.alliance_modes("run", timeout=30)
        assert second.returncode == 1
        assert second.stderr.count("another run is under way in this folder") == 1
        assert worker.is_running()
        assert run.poll() is None
    finally:
        os.kill(run.pid, signal.SIGINT)
        run.wait(timeout=30)


def test_ctrl_c_ends_every_process_and_leaves_nothing_half_written(fresh):
    run, worker = _start_slow_run(fresh)
    os.kill(run.pid, signal.SIGINT)
    said, _ = run.communicate(timeout=30)
    assert run.returncode == 130
    assert "stopped; the same command goes on from here" in said
    assert "Traceback" not in said
    wait_for(lambda: not worker.is_running(), seconds=10, what="the end of the worker")
    assert fresh.digests() == {}


def test_a_job_killed_from_outside_is_named(fresh):
    run, worker = _start_slow_run(fresh)
    worker.kill()
    said, _ = run.communicate(timeout=60)
    assert run.returncode == 1
    assert f"{COHORT} · ingest (log: logs/{COHORT}/ingest.log)" in said
    assert said.count("ended from outside") == 1
    assert "Traceback" not in said


def test_snakemake_started_by_hand_is_not_touched(fresh):
    (fresh.root / "workflow/scripts/ingest.py").write_text(SLOW, encoding="utf-8")
    command = fresh.command("--cores", "1", module="snakemake")
    by_hand = psutil.Popen(command, cwd=fresh.root, env=fresh.environment(), stderr=-3, stdout=-3)
    try:
        wait_for((fresh.root / "at_work").exists, what="the first job")
        done = fresh.alliance_modes("run", timeout=30)
        assert done.returncode == 1
        assert f"Snakemake (process {by_hand.pid}) is at work in this folder" in done.stderr
        assert by_hand.is_running()
    finally:
        for child in by_hand.children(recursive=True):
            child.kill()
        by_hand.kill()
        by_hand.wait()

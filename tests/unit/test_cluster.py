"""A run on Slurm: what is chosen, told and cancelled by what its commands say; here they are scripts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alliance_modes.ground.errors import WorkflowError
from alliance_modes.running.cluster import left_behind
from alliance_modes.running.cluster.ended import FallenJobs
from alliance_modes.running.cluster.job_logs import JobLogs
from alliance_modes.running.cluster.left_behind import RECORD, cancel_all, has_jobs, remember
from alliance_modes.running.cluster.profile import ClusterProfile, cluster_profile
from alliance_modes.running.cluster.slurm import end_of
from alliance_modes.running.cluster.status_command import needed_memory, status_command
from alliance_modes.running.jobs import EVENT_MARK
from alliance_modes.running.progress import AtWork

OF_JOB = (
    "JobId={number} JobName=x JobState={state} Reason={reason} "
    "TimeLimit=01:00:00 TRES=cpu=1,mem={asked},node=1"
)


class Slurm:
    """Commands in a folder that is first on the path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def says(self, command: str, body: str) -> None:
        """Let ``command`` be a shell script."""
        path = self.folder / command
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(0o755)

    def prints(self, command: str, text: str) -> None:
        self.says(command, f"cat <<'END'\n{text}\nEND")

    def fails(self, command: str, text: str) -> None:
        self.says(command, f"echo '{text}' >&2; exit 1")


@pytest.fixture
def slurm(tmp_path, monkeypatch) -> Slurm:
    commands = tmp_path / "commands"
    commands.mkdir()
    monkeypatch.setenv("PATH", f"{commands}:/usr/bin:/bin")
    study = tmp_path / "study"
    study.mkdir()
    monkeypatch.chdir(study)
    made = Slurm(commands)
    made.says("squeue", "")
    made.fails("sacct", "Slurm accounting storage is disabled")
    made.prints("scontrol", "MinJobAge               = 300 sec")
    return made


def profile(looks_every: int = 20, command: str = "") -> ClusterProfile:
    return ClusterProfile(Path("p"), 50, looks_every, command)


def test_accounting_is_taken_where_it_answers(slurm):
    slurm.says("sacct", "")
    chosen = status_command(profile())
    assert chosen.command == "sacct"
    assert "accounting (sacct)" in chosen.sentence and "\n" not in chosen.sentence


def test_where_accounting_is_disabled_the_queue_is_taken_and_the_sentence_says_why(slurm):
    chosen = status_command(profile())
    assert chosen.command == "squeue"
    assert "Slurm accounting storage is disabled" in chosen.sentence and "300 s" in chosen.sentence


def test_a_queue_that_forgets_too_soon_is_refused_with_what_to_ask_for(slurm):
    slurm.prints("scontrol", "MinJobAge               = 120 sec")
    with pytest.raises(
        WorkflowError, match=r"120 s only, where 200 s are needed(?s:.*)MinJobAge=200 or more"
    ):
        status_command(profile())


def test_the_queue_has_to_remember_for_three_looks_and_for_the_longest_wait():
    assert needed_memory(20) == 200
    assert needed_memory(120) == 360


def test_what_the_profile_names_is_taken_if_it_can_be(slurm):
    slurm.says("sacct", "")
    assert status_command(profile(command="squeue")).command == "squeue"
    slurm.fails("sacct", "no database")
    with pytest.raises(WorkflowError, match=r"sacct, which does not answer .*no database"):
        status_command(profile(command="sacct"))


def test_where_slurm_does_not_answer_nothing_else_is_tried(slurm):
    slurm.fails("squeue", "squeue: error: Unable to contact slurm controller")
    with pytest.raises(WorkflowError, match=r"does not answer here: .*Unable to contact slurm controller"):
        status_command(profile())


def test_profiles_are_found_by_name_and_by_folder_and_are_for_slurm(tmp_path, monkeypatch):
    assert cluster_profile("slurm").jobs == 50
    monkeypatch.chdir(tmp_path)
    own = Path("ours/config.yaml")
    own.parent.mkdir()
    own.write_text("executor: slurm\njobs: 7\nslurm_init_seconds_before_status_checks: 30\n")
    found = cluster_profile("ours")
    assert (found.folder, found.jobs, found.looks_every) == (Path("ours"), 7, 30)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("executor: local\njobs: 2\n", "does not say executor: slurm"),
        ("executor: slurm\n", "jobs is to be a whole number"),
        ("executor: slurm\njobs: true\n", "jobs is to be a whole number"),
        ("- executor\n", "cannot be read as settings"),
        ("executor: [\n", "cannot be read as settings"),
        (None, "there is no profile ours"),
    ],
)
def test_a_profile_that_cannot_be_used_is_refused(tmp_path, monkeypatch, text, told):
    monkeypatch.chdir(tmp_path)
    if text is not None:
        Path("ours").mkdir()
        Path("ours/config.yaml").write_text(text)
    with pytest.raises(WorkflowError, match=told):
        cluster_profile("ours")


def _event(kind: str) -> str:
    return EVENT_MARK + json.dumps({"event": kind, "cohort": "north", "step": "clean"}) + "\n"


def test_logs_are_read_on_from_where_they_ended_and_only_whole_events(tmp_path):
    log, other = tmp_path / "7.log", tmp_path / "8.log"
    logs = JobLogs()
    for path in (log, other):
        logs.notice(f"Job 1 has been submitted with SLURM jobid {path.stem} (log: {path}).\n")
    assert list(logs.news()) == []
    end = _event("end")
    log.write_text(f"Building DAG\n{_event('begin')}total 3\n{end[:9]}")
    assert list(logs.news()) == [_event("begin")]
    with log.open("a") as stream:
        stream.write(end[9:])
    other.write_text(_event("begin"))
    assert list(logs.news()) == [end, _event("begin")]
    assert list(logs.news()) == []
    logs.clear()
    assert not log.exists() and other.exists()


def _fallen(message: str, *more: str) -> FallenJobs:
    fallen = FallenJobs()
    block = [
        "Error in rule score:",
        f"    message: {message}",
        "    jobid: 4",
        *more,
        "Exiting because",
        "    log: no",
    ]
    for line in "\n".join(block).split("\n"):
        fallen.read(f"{line}\n")
    return fallen


def _ran(log: Path) -> FallenJobs:
    return _fallen(
        "SLURM-job '58' failed, SLURM status is: 'FAILED'. For further error details see the log",
        f"    log: logs/north/score.log, {log} (check log file(s) for error details)",
        "    external_jobid: 58",
    )


BEGAN = {"north · score": AtWork("logs/north/score.log", 0.0)}


@pytest.mark.parametrize(
    ("state", "written", "told"),
    [
        (
            "FAILED",
            "slurmstepd-n1: error: StepId=58.0 exceeded memory limit (327897088 > 230686720), being killed",
            "ended for lack of memory (700 MB asked for, 313 MB used); Slurm says FAILED (Slurm job 58)",
        ),
        (
            "FAILED",
            "slurmstepd: error: Detected 1 oom-kill event(s) in StepId=58.0",
            "ended for lack of memory (700 MB asked for); Slurm says FAILED (Slurm job 58)",
        ),
        ("OUT_OF_MEMORY", "", "ended for lack of memory (700 MB asked for); Slurm says OUT_OF_MEMORY"),
        ("TIMEOUT", "", "took longer than it was given (01:00:00); Slurm says TIMEOUT"),
        ("CANCELLED", "", "was cancelled; Slurm says CANCELLED"),
        ("NODE_FAIL", "", "lost its node; Slurm says NODE_FAIL"),
        (
            "FAILED",
            "Traceback: no such module",
            "ended before it could say why; Slurm says FAILED, NonZeroExitCode",
        ),
    ],
)
def test_a_job_that_slurm_ended_is_told_by_its_word_its_log_and_what_was_asked_for(
    slurm, state, written, told
):
    slurm.prints("scontrol", OF_JOB.format(number=58, state=state, reason="NonZeroExitCode", asked="700M"))
    log = Path("58.log").absolute()
    log.write_text(f"Building DAG\n{written}\n")
    (message,) = _ran(log).told(BEGAN, ())
    assert message.startswith("north · score ") and told in message
    assert str(log) in message and f"| {written or 'Building DAG'}" in message


def test_a_job_that_said_itself_why_it_failed_is_told_once(slurm):
    assert list(_ran(Path("58.log")).told({}, {"logs/north/score.log"})) == []


def test_jobs_that_slurm_does_not_take_are_told_once_with_its_reason(slurm):
    refusal = (
        "SLURM sbatch failed. The error message was 'sbatch: error: invalid partition specified: nowhere\n"
        "sbatch: error: Batch job submission failed'.\n    sbatch call:\n        sbatch --parsable"
    )
    fallen = _fallen(refusal, "    log: logs/north/score.log (check log file(s) for error details)")
    (message,) = fallen.told({}, ())
    assert message.startswith(
        "Slurm does not take north · score: invalid partition specified: nowhere; Batch"
    )
    assert "sbatch call" not in message and "profile" in message


def test_what_the_scheduler_has_forgotten_the_accounting_may_know(slurm):
    slurm.fails("scontrol", "Invalid job id specified")
    slurm.prints("sacct", "OUT_OF_MEMORY|01:00:00|billing=1,cpu=1,mem=1.50G,node=1")
    found = end_of("58")
    assert (found.state, found.asked) == ("OUT_OF_MEMORY", 1536.0)
    slurm.fails("sacct", "no")
    assert end_of("58").state == ""


def _row(number: int, name: str, folder: Path, state: str = "RUNNING") -> str:
    return f"{number}|{state}|{name}_uuid|n1|rule_clean_wildcards_north|{folder}"


def test_only_jobs_of_this_folder_and_run_are_cancelled_and_forgotten_when_gone(slurm):
    name, here = remember(Path()), Path.cwd()
    queue = [_row(1, name, here), _row(2, "alliance-modes-other", here), _row(3, name, here.parent)]
    Path("queue").write_text("\n".join([*queue, ""]))
    slurm.says("squeue", "cat queue")
    slurm.says("scancel", 'echo "$@" >> cancelled; sed -i "/^$1|/d" queue')
    lines: list[str] = []
    cancel_all(Path(), lines.append, "of this run")
    assert lines == ["cancelling 1 job of this run: north · clean (1)"]
    assert Path("cancelled").read_text() == "1\n"
    assert not has_jobs(Path())
    cancel_all(Path(), lines.append, "of this run")
    assert len(lines) == 1


def test_while_slurm_does_not_say_whether_jobs_have_ended_no_other_run_begins(slurm):
    remember(Path())
    slurm.fails("squeue", "squeue: error: no controller")
    with pytest.raises(WorkflowError, match=f"no controller(?s:.*)remove {RECORD}"):
        cancel_all(Path(), print, "of this run")
    assert has_jobs(Path())


@pytest.mark.parametrize("command", ["says", "fails"])
def test_a_job_that_does_not_end_is_named_with_how_to_end_it(slurm, monkeypatch, command):
    monkeypatch.setattr(left_behind, "UNTIL_GONE", 0.0)
    slurm.prints("squeue", _row(1, remember(Path()), Path.cwd()))
    getattr(slurm, command)("scancel", "")
    with pytest.raises(WorkflowError, match=r"does not end 1 job of this run(?s:.*)scancel 1"):
        cancel_all(Path(), lambda line: None, "of this run")
    assert has_jobs(Path())


def test_a_node_that_does_not_answer_holds_up_no_run(slurm, monkeypatch):
    monkeypatch.setattr(left_behind, "UNTIL_GONE", 0.0)
    slurm.prints("squeue", _row(1, remember(Path()), Path.cwd(), "COMPLETING"))
    slurm.says("scancel", "")
    lines: list[str] = []
    cancel_all(Path(), lines.append, "of this run")
    assert "n1 has not said yet that north · clean (1) ended" in lines[-1]
    assert not has_jobs(Path())


def test_with_a_record_that_cannot_be_read_every_job_of_ours_in_this_folder_is_found(slurm):
    name = remember(Path())
    RECORD.write_text("{")
    Path("queue").write_text(_row(1, name, Path.cwd()) + "\n")
    slurm.says("squeue", "cat queue")
    slurm.says("scancel", ": > queue")
    cancel_all(Path(), lambda line: None, "of this run")
    assert Path("queue").read_text() == ""

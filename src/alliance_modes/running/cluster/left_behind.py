"""Jobs that a run has with Slurm, remembered in its folder, so that none outlives it unseen."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from alliance_modes.ground.errors import WorkflowError
from alliance_modes.ground.files import read_json, write_json
from alliance_modes.ground.layout import PRIVATE
from alliance_modes.running.cluster.slurm import COMPLETING, Queued, cancel, queued

RECORD = PRIVATE / "cluster.json"
"""There while a run has jobs with Slurm: how their names begin."""

NAMED = "alliance-modes"
UNTIL_GONE = 60.0
"""Seconds that cancelled jobs may take: Slurm asks them to stop, and after half of that makes them."""

LOOKS_EVERY = 0.5


def remember(root: Path) -> str:
    """Note that a run begins to hand jobs to Slurm; how the names of its jobs are to begin."""
    name = f"{NAMED}-{uuid.uuid4().hex[:12]}"
    write_json({"name": name}, root / RECORD)
    return name


def has_jobs(root: Path) -> bool:
    """Whether a run of this folder had jobs with Slurm and did not come to its end."""
    return (root / RECORD).is_file()


def cancel_all(root: Path, tell: Callable[[str], None], whose: str) -> None:
    """Cancel every job that a run of this folder still has with Slurm, wait for their end, and forget it.

    Parameters
    ----------
    root : Path
        The folder of the run.
    tell : function of str
        Is told which jobs are cancelled.
    whose : str
        Whose jobs they are, as in "cancelling 2 jobs of this run".

    Raises
    ------
    WorkflowError
        Slurm does not say which jobs there are, or does not end one: it could write a result again after
        another run has made it.
    """
    if not has_jobs(root):
        return
    jobs: Sequence[Queued] = _jobs_of(root)
    if jobs:
        tell(f"cancelling {_counted(jobs)} {whose}: {', '.join(job.told for job in jobs)}")
        jobs = _until_gone(root, jobs)
    at_work = [job for job in jobs if job.state != COMPLETING]
    if at_work:
        raise WorkflowError(
            f"Slurm does not end {_counted(at_work)} {whose}: {', '.join(job.told for job in at_work)}\n"
            f"    -> End them: scancel {' '.join(job.number for job in at_work)}\n"
            "       Then run the same command again."
        )
    for job in jobs:
        tell(
            f"{job.nodes} has not said yet that {job.told} ended: "
            "should it still be at work, the next run sees what it wrote and makes it again"
        )
    (root / RECORD).unlink(missing_ok=True)


def numbers_under_way() -> frozenset[str]:
    """Of this user's jobs, those that Slurm has not ended; none where it does not answer."""
    found = queued()
    return frozenset() if isinstance(found, str) else frozenset(job.number for job in found)


def _jobs_of(root: Path) -> list[Queued]:
    found = queued()
    if isinstance(found, str):
        raise WorkflowError(
            f"a run of this folder had jobs on a cluster, and whether they have ended is not told ({found})\n"
            f"    -> Run this where Slurm answers. If none of them is at work any more, remove {RECORD}."
        )
    name = _name(root)
    return [job for job in found if job.name.startswith(name) and _is_here(job, root)]


def _name(root: Path) -> str:
    """How the names of the jobs begin; of a record that cannot be read, as all of this project do."""
    try:
        return str(read_json(root / RECORD)["name"])
    except (OSError, ValueError, KeyError, TypeError):
        return NAMED


def _is_here(job: Queued, root: Path) -> bool:
    """Whether a job works in this folder, and not in one that this is a copy of."""
    try:
        return os.path.samefile(job.folder, root)
    except OSError:
        return True  # it was moved since, or is called otherwise on this machine


def _until_gone(root: Path, jobs: Sequence[Queued]) -> Sequence[Queued]:
    """Cancel jobs and wait for their end; those of which it did not come."""
    problem = cancel(jobs)
    end = time.monotonic() + (0.0 if problem else UNTIL_GONE)
    while (jobs := _jobs_of(root)) and time.monotonic() < end:
        time.sleep(LOOKS_EVERY)
    return jobs


def _counted(jobs: Iterable[Queued]) -> str:
    count = len(list(jobs))
    return f"{count} job{'s' if count != 1 else ''}"

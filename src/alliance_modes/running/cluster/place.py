"""Slurm as the place where the jobs of a run are at work."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from alliance_modes.ground.errors import WorkflowError
from alliance_modes.running.cluster.ended import FallenJobs
from alliance_modes.running.cluster.job_logs import JobLogs
from alliance_modes.running.cluster.left_behind import cancel_all, remember
from alliance_modes.running.cluster.profile import STATUS_COMMAND, ClusterProfile
from alliance_modes.running.cluster.status_command import status_command
from alliance_modes.running.place import Ready, nothing
from alliance_modes.running.progress import ERROR, AtWork
from alliance_modes.shipped import CLUSTER_LOCK

PLUGIN = "snakemake_executor_plugin_slurm"
SLURM_LOGS = Path(".snakemake/slurm_logs")
ENDS = ("Finished jobid:", ERROR)
"""How Snakemake begins to say that a job has ended."""

BETWEEN_LOOKS = 1.0
"""Seconds between two looks at the logs of jobs."""


class OnSlurm:
    """Hands jobs to Slurm, passes on what their logs tell, and leaves none behind.

    Parameters
    ----------
    profile : ClusterProfile
        What Snakemake is started with.
    tell : function of str
        Where lines for the person go.
    """

    patience = 30.0

    def __init__(self, profile: ClusterProfile, tell: Callable[[str], None]) -> None:
        self._profile, self._tell = profile, tell
        self._logs, self._fallen = JobLogs(), FallenJobs()
        self._looked = float("-inf")
        self.at_once = profile.jobs

    @contextmanager
    def at_work(self, environment: Mapping[str, str], likely: bool) -> Iterator[Ready]:
        """Choose how ended jobs are noticed, before the first; afterwards cancel what is still there.

        Raises
        ------
        WorkflowError
            The plugin of Snakemake is not installed, or Slurm cannot say when a job has ended.
        """
        _require_plugin()
        chosen = status_command(self._profile)
        self._tell(chosen.sentence)
        shutil.rmtree(SLURM_LOGS, ignore_errors=True)
        root = Path()
        arguments = [
            *("--workflow-profile", str(self._profile.folder)),
            *(f"--{STATUS_COMMAND}", chosen.command),
            *("--slurm-jobname-prefix", remember(root)),
            "--slurm-keep-successful-logs",
        ]
        try:
            yield Ready(arguments, environment, nothing)
        finally:
            cancel_all(root, self._tell, "of this run")
            self._logs.clear()

    def heard(self, line: str) -> Iterator[str]:
        """What the logs of jobs tell that comes before ``line`` of Snakemake; it may be empty."""
        self._logs.notice(line)
        self._fallen.read(line)
        now = time.monotonic()
        if line.startswith(ENDS) or now - self._looked >= BETWEEN_LOOKS:
            self._looked = now
            yield from self._logs.news()

    def ended(self, killed: Mapping[str, AtWork], said_why: Collection[str]) -> list[str]:
        """What is told of jobs that failed without a word of their own, by Slurm's."""
        return list(self._fallen.told(killed, said_why))


def _require_plugin() -> None:
    if find_spec(PLUGIN) is None:
        raise WorkflowError(
            "Snakemake's plugin for Slurm is not installed in this environment\n"
            "    -> Install it with uv, or the same with pip (docs/cluster.md):\n"
            f"       uv pip install --python {sys.executable} --no-deps --require-hashes -r {CLUSTER_LOCK}"
        )

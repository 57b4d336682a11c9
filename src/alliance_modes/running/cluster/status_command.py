"""Which command of Slurm tells that a job has ended, chosen before the first job."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import NamedTuple

from alliance_modes.ground.errors import WorkflowError
from alliance_modes.running.cluster.profile import FILE, STATUS_COMMAND, ClusterProfile
from alliance_modes.running.cluster.slurm import ask, queued, settings

LONGEST_WAIT = 180
"""Seconds that the plugin (2.8) lets pass at most between two looks; it waits longer while nothing ends."""

LOOKS = 3
"""Looks for which Slurm has to remember a job that has ended, or the plugin does not take ``squeue``."""

SECONDS = re.compile(r"(\d+)\s*(h|hour|hours)?")


class Chosen(NamedTuple):
    """The command, and one sentence that says why it is that."""

    command: str
    sentence: str


def status_command(profile: ClusterProfile) -> Chosen:
    """Choose by trying: accounting where it answers, else the queue where it remembers for long enough.

    Raises
    ------
    WorkflowError
        Slurm does not answer, or neither can be used: a run would wait for ever for jobs that have ended.

    Notes
    -----
    The plugin takes ``sacct`` wherever such a program is installed. Where there is no accounting behind it,
    each of its failures is told at debug level alone, and a run never notices that a job has ended.
    """
    if isinstance(problem := queued(), str):
        raise WorkflowError(
            f"Slurm does not answer here: {problem}\n"
            "    -> Run this on a machine of the cluster from which jobs are submitted."
        )
    accounting = _accounting()
    if profile.status_command != "squeue" and not accounting:
        return Chosen("sacct", "jobs run on Slurm, whose accounting (sacct) says when they end")
    if profile.status_command == "sacct":
        raise WorkflowError(
            f"{STATUS_COMMAND} is sacct, which does not answer ({accounting})\n"
            f"    -> Take {STATUS_COMMAND} out of {profile.folder / FILE}: a run chooses what answers."
        )
    remembered, needed = _remembered(), needed_memory(profile.looks_every)
    if remembered >= needed:
        why = f"accounting does not answer ({accounting})" if accounting else "the profile says so"
        return Chosen(
            "squeue",
            f"jobs run on Slurm, whose queue (squeue) says when they end, since {why}; "
            f"it remembers a job for {remembered} s",
        )
    raise WorkflowError(
        f"neither command of Slurm can say when a job has ended: accounting does not answer ({accounting}), "
        f"and the queue remembers a job for {remembered} s only, where {needed} s are needed\n"
        f"    -> Ask who runs the cluster for accounting (slurmdbd), or for MinJobAge={needed} or more."
    )


def needed_memory(looks_every: int) -> int:
    """Seconds for which Slurm has to remember a job that has ended, that no look misses it."""
    return max(LOOKS * looks_every, LONGEST_WAIT + looks_every)


def _accounting() -> str:
    """Why the plugin's own question to the accounting has no answer; empty where it has one."""
    since = date.today() - timedelta(days=1)
    question = ["--clusters", "all", "--noheader", "--format=JobIdRaw,State", "--starttime", f"{since}T00:00"]
    return ask("sacct", "-X", "--parsable2", *question, "--endtime", "now", "--name", "none").problem


def _remembered() -> int:
    """Seconds that the cluster remembers a job after its end (``MinJobAge``); 0 where it does not say."""
    found = SECONDS.match(settings().get("MinJobAge", ""))
    return int(found[1]) * (3600 if found[2] else 1) if found else 0

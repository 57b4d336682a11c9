"""Processes that an earlier run of this folder left alive, found and ended."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alliance_modes.ground.files import write_json
from alliance_modes.ground.layout import PRIVATE
from alliance_modes.running.warm.owner import SERVER

if TYPE_CHECKING:
    import psutil

RECORD = PRIVATE / "snakemake.json"
SCRIPTS = ".snakemake/scripts/"
OF_ONE_JOB = "--target-jobs"
"""In the command of a Snakemake that was started for one job of another, on a node of a cluster."""

PATIENCE = 5.0
"""Seconds that a process is given to end by itself before it is made to."""


@dataclass(frozen=True)
class Found:
    """Processes that work in one folder.

    ``ours`` is the Snakemake that an earlier ``alliance-modes run`` started, ``foreign`` one that
    somebody started by hand, ``workers`` the running scripts of either, and the process that scripts
    are forked from. ``of_jobs`` are those that were started each for one job on a cluster, where this machine
    is a node of it.
    """

    ours: tuple[psutil.Process, ...]
    foreign: tuple[psutil.Process, ...]
    workers: tuple[psutil.Process, ...]
    of_jobs: tuple[psutil.Process, ...] = ()


def record_snakemake(root: Path, pid: int) -> None:
    """Note that process ``pid`` is the Snakemake of the present run, and when it began.

    The moment tells it from a later process that merely got the same id.
    """
    import psutil

    write_json({"pid": pid, "began": psutil.Process(pid).create_time()}, root / RECORD)


def find_processes(root: Path) -> Found:
    """Every Snakemake and every script of Snakemake whose working directory is ``root``."""
    import psutil

    recorded = _recorded(root)
    ours: list[psutil.Process] = []
    foreign: list[psutil.Process] = []
    workers: list[psutil.Process] = []
    of_jobs: list[psutil.Process] = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        words = process.info["cmdline"] or []
        is_worker = any(SCRIPTS in word or word == SERVER for word in words)
        is_snakemake = "snakemake" in [Path(word).name for word in words[:5]]
        is_ours = recorded is not None and recorded[0] == process.pid
        if process.pid == os.getpid() or not (is_worker or is_snakemake or is_ours):
            continue
        if not _works_in(process, root):
            continue
        if is_worker:
            workers.append(process)
        elif recorded == (process.pid, process.create_time()):
            ours.append(process)
        elif is_snakemake:
            (of_jobs if OF_ONE_JOB in words else foreign).append(process)
    return Found(tuple(ours), tuple(foreign), tuple(workers), tuple(of_jobs))


def job_of(process: psutil.Process) -> str:
    """The number of the job on a cluster that a process belongs to; empty where it is of none."""
    import psutil

    try:
        return process.environ().get("SLURM_JOB_ID", "") if process.is_running() else ""
    except (psutil.Error, OSError):
        return ""


def end_processes(processes: tuple[psutil.Process, ...]) -> None:
    """End each process and everything below it, by force where asking is not enough."""
    import psutil

    family: dict[int, psutil.Process] = {}
    for process in processes:
        family[process.pid] = process
        try:
            family |= {child.pid: child for child in process.children(recursive=True)}
        except psutil.NoSuchProcess:
            continue
    for member in family.values():
        _unless_gone(member.terminate)
    _, alive = psutil.wait_procs(family.values(), timeout=PATIENCE)
    for member in alive:
        _unless_gone(member.kill)
    psutil.wait_procs(alive, timeout=PATIENCE)


def _recorded(root: Path) -> tuple[int, float] | None:
    try:
        noted = json.loads((root / RECORD).read_text(encoding="utf-8"))
        return int(noted["pid"]), float(noted["began"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _works_in(process: psutil.Process, root: Path) -> bool:
    import psutil

    try:
        return process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == root.resolve()
    except (psutil.Error, OSError):
        return False


def _unless_gone(action: Callable[[], None]) -> None:
    import psutil

    try:
        action()
    except psutil.NoSuchProcess:
        return

"""``alliance-modes run``: one Snakemake at a time in a folder, watched, and cleared up after."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from alliance_modes.ground.errors import WorkflowError
from alliance_modes.ground.layout import LOGS, PRIVATE, PROCESSED, RELEASE, REPORTS, report
from alliance_modes.ground.machine import full_disk
from alliance_modes.running.cluster.left_behind import cancel_all, numbers_under_way
from alliance_modes.running.config import CONFIG_FILE
from alliance_modes.running.held import UNFINISHED
from alliance_modes.running.installed import packages_stay
from alliance_modes.running.jobs import EVENTS, JOB_ENVIRONMENT, OWNER_ALONE, crashed, remove
from alliance_modes.running.manifest import changed_sources, write_manifest
from alliance_modes.running.modes import keep_way_open, make_private
from alliance_modes.running.place import Place, named
from alliance_modes.running.processes import (
    end_processes,
    find_processes,
    job_of,
    record_snakemake,
)
from alliance_modes.running.progress import Progress
from alliance_modes.running.screen import Screen, screen
from alliance_modes.running.settled import forget_settled, is_settled, keep_settled, world
from alliance_modes.running.study import Study
from alliance_modes.running.used import keep_used, last_seconds
from alliance_modes.running.workflow import Running, Start, command

if TYPE_CHECKING:
    import psutil

UNTIL_GONE = 3.0
"""Seconds that a run which was killed may take to be gone, with all its memory, before it is one at work."""

LOG = LOGS / "snakemake.log"
UP_TO_DATE = "nothing to do: up to date"


def run(
    study: Study,
    tell: Callable[[str], None],
    start: Start,
    place: Place,
) -> tuple[Path, ...]:
    """Make everything of the study's cohorts that is not up to date.

    Parameters
    ----------
    study : Study
        What to run; the working directory is the project.
    tell : function of str
        Where lines for the person go.
    start : function
        Starts Snakemake (``workflow.snakemake``).
    place : Place
        Where its jobs are at work.

    Returns
    -------
    tuple of Path
        The reports of the cohorts.

    Raises
    ------
    WorkflowError
        Another run is under way, or a job failed.
    """
    os.umask(OWNER_ALONE)
    with only_run_here(Path()), packages_stay(tell):
        for folder in (PROCESSED, REPORTS, LOGS):
            folder.mkdir(parents=True, exist_ok=True)
        make_private()
        for cohort in study.cohorts:
            keep_way_open(cohort)
        clear_after_killed_run(Path(), tell)
        if is_settled(study):
            tell(UP_TO_DATE)
            return _told(study, tell)
        forget_settled()
        before = world()
        environment = {**os.environ, **JOB_ENVIRONMENT, EVENTS: "1", **cache_folders()}
        with place.at_work(environment, work_is_likely(study)) as ready:
            watched = screen(tell, place.at_once)
            progress = Progress(watched.tell, ready.started, last_seconds())
            for cohort in study.cohorts:
                for path in changed_sources(study, cohort):
                    tell(f"{path} is not what the results of {cohort} were made from")
            arguments = [*ready.arguments, *_arguments(study)]
            process = start(arguments, ready.environment, lambda pid: record_snakemake(Path(), pid))
            status = _watch(process, progress, watched, place)
        if status:
            remove_unfinished(Path())
            for cohort in study.cohorts if progress.begun else ():
                for line in where_they_are(cohort):
                    tell(line)
            raise WorkflowError(failure(progress, place))
        if progress.nothing_to_do:
            tell(UP_TO_DATE)
        for cohort in study.cohorts:
            write_manifest(study, cohort)
        keep_settled(study, before)
    return _told(study, tell)


def _told(study: Study, tell: Callable[[str], None]) -> tuple[Path, ...]:
    """The reports, after a line for each place where something lies."""
    for cohort in study.cohorts:
        for line in where_they_are(cohort):
            tell(line)
    return tuple(path for cohort in study.cohorts for path in _reports(cohort))


def cache_folders() -> dict[str, str]:
    """Where libraries keep what they find out again: in the project where this user's own place is none.

    Snakemake (9.27) ends with a traceback where it cannot make its folder there.
    """
    try:
        own = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        own.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.access(own, os.W_OK | os.X_OK):
            return {}
    except (OSError, RuntimeError):
        pass  # no home folder, or none that this user may write to
    return dict.fromkeys(("XDG_CACHE_HOME", "MPLCONFIGDIR"), str((PRIVATE / "cache").absolute()))


def where_they_are(cohort: str) -> Iterator[str]:
    """Where the report of a cohort is, and its release with what is to be done as it is handed over."""
    yield from (f"report of {cohort}: {path}" for path in _reports(cohort))
    folder = report(cohort, RELEASE)
    if folder.is_dir():
        yield (
            f"what may leave of {cohort}: {folder} (when it is handed over, "
            f"record it: alliance-modes release {cohort})"
        )


def _reports(cohort: str) -> list[Path]:
    return sorted(report(cohort, "internal").glob("report.html"))


def work_is_likely(study: Study) -> bool:
    """A guess before Snakemake knows: a report is missing, or what it is made from was written since.

    It is looked at by time stamps alone. Where it is wrong, imports begin too late, or for nothing.
    """
    reports = [_reports(cohort) for cohort in study.cohorts]
    if not all(reports):
        return True
    made = min(path.stat().st_mtime for paths in reports for path in paths)
    sources: list[str | Path] = [CONFIG_FILE, *study.instrument_files()]
    for cohort in study.cohorts:
        sources += [study.cohort_file(cohort), *study.raw_files(cohort), *study.plan_files(cohort)]
    return any(Path(path).stat().st_mtime > made for path in sources)


@contextmanager
def only_run_here(root: Path) -> Iterator[None]:
    """Hold the folder's lock, which the system gives up when this process dies in whatever way.

    Raises
    ------
    WorkflowError
        Another run holds it.
    """
    from filelock import FileLock, Timeout

    (root / PRIVATE).mkdir(exist_ok=True)
    lock = FileLock(root / PRIVATE / "lock", timeout=UNTIL_GONE)
    try:
        lock.acquire()
    except Timeout:
        raise WorkflowError(
            "another run is under way in this folder\n"
            "    -> Wait until it has finished, or stop it (Ctrl-C in its terminal), and start again."
        ) from None
    try:
        yield
    finally:
        lock.release()


def clear_after_killed_run(root: Path, tell: Callable[[str], None]) -> None:
    """End what a killed run left alive here or on a cluster, remove half-written files, and unlock Snakemake.

    Raises
    ------
    WorkflowError
        Snakemake was started by hand in this folder and is at work, or jobs on a cluster cannot be ended.
    """
    found = find_processes(root)
    _refuse_beside(found.foreign)
    end_processes(found.ours)
    cancel_all(root, tell, "that an earlier, killed run left on the cluster")
    under_way = numbers_under_way() if found.of_jobs else frozenset()
    _refuse_beside(tuple(one for one in found.of_jobs if job_of(one) in under_way))
    if count := len((*found.ours, *found.workers, *found.of_jobs)):
        tell(f"ending {count} process{'es' if count > 1 else ''} that an earlier, killed run left at work")
    end_processes((*found.workers, *found.of_jobs, *find_processes(root).workers))
    remove_unfinished(root)
    if any((root / ".snakemake/locks").glob("*")):
        subprocess.run(command("--unlock"), cwd=root, capture_output=True, check=False)


def _refuse_beside(processes: tuple[psutil.Process, ...]) -> None:
    if processes:
        raise WorkflowError(
            f"Snakemake (process {processes[0].pid}) is at work in this folder\n"
            "    -> Wait until it has finished, or stop it, and start again."
        )


def remove_unfinished(root: Path) -> None:
    """Remove what a job was writing as it was killed."""
    for folder in (PROCESSED, REPORTS):
        for path in sorted((root / folder).rglob(".*")):
            if UNFINISHED.match(path.name):
                remove(path)


def failure(progress: Progress, place: Place) -> str:
    """What a person is told when Snakemake ended with an error."""
    told, silent = list(progress.failures), progress.killed | progress.running
    if (full := full_disk()) and full not in "".join(told):
        told.append(full)
    fell = {job: work for job, work in silent.items() if crashed(Path(work.log))}
    if fell:
        told.append(
            "a compiled library crashed, which is a defect of the software, not of the data:\n"
            f"{named(fell)}\n"
            "    -> The log says in which line; run the same command again, and report it if it stays."
        )
    said_why = {*progress.logs, *(work.log for work in fell.values())}
    told += place.ended({job: work for job, work in silent.items() if job not in fell}, said_why)
    if told:
        logs = f"log: {', '.join(progress.logs)} (Snakemake's own: {LOG})"
        return "\n\n".join([*told, *([logs] if progress.logs else [])])
    lines = [line for line in LOG.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    said = "\n".join(lines[-3:])
    return f"Snakemake could not finish; its last lines, from {LOG}:\n{said}"


def _arguments(study: Study) -> list[str]:
    first = [
        f"{PROCESSED}/{cohort}/bootstrap/{model}.json"
        for cohort in study.cohorts
        for model in study.bootstrapped
    ]
    return [
        *(["--prioritize", *first] if first else []),
        "--config",
        f"cohorts={','.join(study.cohorts)}",
    ]


def _watch(process: Running, progress: Progress, watched: Screen, place: Place) -> int:
    """Follow ``process`` to its end; an interruption of this process is passed on to it."""
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_read_lines, args=(process.stdout, lines), daemon=True).start()
    LOGS.mkdir(exist_ok=True)
    try:
        with LOG.open("w", encoding="utf-8") as log, _stop_on_signal():
            while (line := _next_line(lines)) is not None:
                for each in (*place.heard(line), *([line] if line else [])):
                    log.write(progress.read(each))
                    log.flush()
                watched.show(progress)
        return process.wait()
    except BaseException:
        _interrupt(process, place.patience)
        raise
    finally:
        watched.close()
        keep_used(progress.took)


def _read_lines(output: Iterable[bytes], lines: queue.Queue) -> None:
    for line in output:
        lines.put(line.decode(errors="replace"))
    lines.put(None)


def _next_line(lines: queue.Queue) -> str | None:
    try:
        return lines.get(timeout=1.0)
    except queue.Empty:
        return ""


@contextmanager
def _stop_on_signal() -> Iterator[None]:
    """Let a request to terminate interrupt the run as Ctrl-C does."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(process: Running, patience: float) -> None:
    """Stop Snakemake and its scripts as Ctrl-C in a terminal would; by force after a while."""
    import psutil

    try:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=patience)
    except (ProcessLookupError, subprocess.TimeoutExpired):
        pass
    if psutil.pid_exists(process.pid):
        end_processes((psutil.Process(process.pid),))

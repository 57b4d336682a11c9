"""What surrounds the body of every script: its log, its progress lines, its one message on failure."""

from __future__ import annotations

import faulthandler
import json
import math
import os
import resource
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any

from alliance_modes.ground.errors import AllianceModesError
from alliance_modes.ground.files import read_json, write_json
from alliance_modes.ground.layout import CRATE, PRIVATE, RELEASE, RELEASE_RECORD, REPORTS, SHARED
from alliance_modes.ground.machine import machine_problem
from alliance_modes.running.held import MARK_OF_FOLDER, WHOLE, is_run_under_way, keep_made
from alliance_modes.running.inputs import Inputs

EVENTS = "ALLIANCE_MODES_EVENTS"
"""Environment variable: when it is 1, progress is written as marked JSON for ``alliance-modes run``."""

EVENT_MARK = "\x1e"

CRASHED = b"Fatal Python error: "
"""How Python's fault handler begins."""

GATHERING = ("all", "default")
"""Rules that only name targets: they have no script."""

JOB_ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "NUMEXPR_NUM_THREADS": "1",
        "VECLIB_MAXIMUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": "946684800",
        "MPLBACKEND": "Agg",
        "MALLOC_MMAP_THRESHOLD_": f"{32 * 2**20}",
        "MALLOC_TRIM_THRESHOLD_": f"{128 * 2**20}",
    }
)
"""What every job sees, so that the same inputs give the same bytes on any number of cores.

The C library keeps the memory of arrays that were let go (glibc alone heeds it): a model makes thousands, and
the system would empty the pages of each anew, a twentieth of the time of a run.
"""


MOST_NAMED = 3
"""Files that a message names one by one."""

OWNER_ALONE = 0o077
"""What others may not do with a file that a job makes: anything."""


def set_job_environment() -> None:
    """Give this process, and so every job it starts, the environment of jobs; its files are its owner's."""
    os.environ.update(JOB_ENVIRONMENT)
    os.umask(OWNER_ALONE)


FOR_READERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "report": ("*/report.*", "*/parts"),
        "research": ("*/research.*",),
        "checklist": ("*/checklist.*",),
        "release": (RELEASE, CRATE, SHARED, f"*/{RELEASE_RECORD}"),
        "supervision": ("*/supervision",),
    }
)
"""Rules whose outputs are read by people, who must not meet one that is older than what it is made of; and
these outputs below the folder of their cohort in ``reports/``."""

REPORT_RULES = ("report", "research", "checklist", "release")
"""Of these the ones that hang on all that is analysed."""

AMONG_READERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"report": ("checklist",), "research": ("checklist",), "release": ("release",)}
)
"""Of these the ones that one of them withdraws; a release is more than what its rule declares."""

BESIDE_REPORTS = frozenset({"export", "dictionary", "invariance_cohorts", "over_cohorts", "cohorts_page"})
"""Rules of which no output enters a report."""

BEFORE_SHEETS = frozenset({"ingest", "clean", "score", "derive", "measure"})
"""Rules of which outputs enter the sheets of supervision."""

PLANNED = PRIVATE / "planned.json"
"""Of the run under way: which cohorts have sheets, and by cohort the others that learn from it."""


def withdraw_outputs(jobs: Iterable[Any]) -> None:
    """Remove what these jobs of Snakemake make again for readers; a release with what is made of it."""
    for job in jobs:
        for output in job.output if job.rule.name in FOR_READERS else ():
            path = Path(str(output))
            remove(path.parent if path.parent.name in WHOLE else path)
            if path.parent.name == RELEASE:
                for made_of_it in (CRATE, SHARED):
                    remove(path.parent.with_name(made_of_it))


def make_way(jobs: Iterable[Any]) -> None:
    """Remove a folder that lies where jobs of Snakemake write a file, and a file where they make one."""
    for output in (output for job in jobs for output in job.output):
        path = Path(str(output))
        if os.path.lexists(path) and (path.is_dir() and not path.is_symlink()) != bool(output.is_directory):
            remove(path)


def withdraw_reports(cohort: str, root: Path = Path()) -> None:
    """Remove the reports of ``cohort`` and its release, which cannot be made of what it declares now.

    Tables and figures stay; reports are written last of all and are made again from them.
    """
    _withdraw(cohort, tuple(FOR_READERS), root)


def _withdraw(cohort: str, rules: Iterable[str], root: Path = Path()) -> None:
    for pattern in (pattern for rule in rules for pattern in FOR_READERS[rule]):
        for path in sorted((root / REPORTS / cohort).glob(pattern)):
            remove(path)


def keep_planned(supervised: Iterable[str], followers: Mapping[str, Iterable[str]]) -> None:
    """Note for the jobs of a run what each is to withdraw before it begins.

    Parameters
    ----------
    supervised : iterable of str
        Cohorts of which the plan asks for sheets.
    followers : mapping of iterable of str
        By cohort, the others of the run of which an analysis learns from it.
    """
    noted = {name: sorted(others) for name, others in followers.items()}
    write_json({"supervised": sorted(supervised), "followers": noted}, PLANNED)


def withdraw_before(rule: str, cohort: str) -> None:
    """Remove what a job of ``rule`` makes out of date as it begins: reports that hang on what it makes.

    Whatever happens to this job, or to those between, leaves no report that is older than what it is made of.
    Handlers of the workflow withdraw all of them as a run begins; Snakemake (9.27) calls none where the
    workflow is a module of another.
    """
    planned = read_json(PLANNED) if PLANNED.is_file() else {}
    if rule in FOR_READERS:
        _withdraw(cohort, AMONG_READERS.get(rule, ()))
    elif rule not in BESIDE_REPORTS:
        for each in (cohort, *planned.get("followers", {}).get(cohort, ())):
            _withdraw(each, REPORT_RULES)
    if rule in BEFORE_SHEETS or cohort not in planned.get("supervised", [cohort]):
        withdraw_sheets(cohort)


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it; nothing where there is none."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def remove_marks(root: Path = Path()) -> None:
    """Take Snakemake's own files out of the folders of reports, which people open; not from a run at work."""
    if is_run_under_way(root):
        return
    for mark in sorted((root / REPORTS).rglob(MARK_OF_FOLDER)):
        remove(mark)


def withdraw_sheets(cohort: str, root: Path = Path()) -> None:
    """Remove the supervision sheets of ``cohort``, of which the plan asks for none."""
    remove(root / REPORTS / cohort / "internal" / "supervision")


def announce_start(jobs: Iterable[Any], rules: Iterable[Any]) -> None:
    """Tell ``alliance-modes run``, where it listens, which jobs will be run, and their rules in order.

    Both as Snakemake knows them.
    """
    if os.environ.get(EVENTS) == "1":
        made = [job for job in jobs if job.rule.name not in GATHERING]
        needed = {job.rule.name for job in made}
        record = {
            "event": "start",
            "rules": [rule.name for rule in rules if rule.name in needed],
            "jobs": sorted(" · ".join(name_of(job.rule.name, job.wildcards)) for job in made),
        }
        print(EVENT_MARK + json.dumps(record, ensure_ascii=False), flush=True)


def tell_again(text: str) -> None:
    """Tell ``alliance-modes run``, or the person who started Snakemake, what is made again and why."""
    if os.environ.get(EVENTS) == "1":
        print(EVENT_MARK + json.dumps({"event": "again", "text": text}, ensure_ascii=False), flush=True)
    else:
        print(text, file=sys.stderr, flush=True)


def name_of(rule: str, wildcards: Mapping[str, str]) -> tuple[str, str]:
    """Cohort and step of a job, as a person is told; without ``cohort`` it is one of all together."""
    values = dict(wildcards.items())
    cohort = values.pop("cohort", "all cohorts")
    return cohort, " ".join([rule, *values.values()])


def own_name(snakemake: Any) -> str:
    """The name of a job's rule in this workflow, whatever a workflow calls it of which this is a module.

    The list of the code of a rule has its name (``running.code.code_list``).
    """
    code = getattr(snakemake.input, "code", None)
    return Path(str(code)).stem if code else str(snakemake.rule)


class Job:
    """Run the body of a script: ``with Job(snakemake) as say:``.

    Everything the body prints, compiled code included, goes to the log. ``say("…")`` puts one
    short line of progress on the terminal as well. An error that a person can mend is shown once,
    in full; any other leaves its traceback in the log and one line on the terminal that names the
    log. Both end the script with status 1. Where compiled code ends the process itself, the log says
    at which line of the script (``crashed``).

    What the body made is noted by its digests. A file that people wrote and that is not, at the beginning or
    at the end, what it was as the run was planned, is an error that a person can mend.

    Parameters
    ----------
    snakemake : Script
        What Snakemake gives to a script: of it ``rule``, ``wildcards`` (without ``cohort`` it is a job of all
        cohorts together), ``input``, ``output`` and ``log``, of which the first is used.
    """

    def __init__(self, snakemake: Any) -> None:
        self._job, self._rule = snakemake, own_name(snakemake)
        self.cohort, self.step = name_of(self._rule, snakemake.wildcards)
        self.log = Path(str(snakemake.log[0]))

    def __enter__(self) -> Any:
        signal.signal(signal.SIGTERM, _stop)
        os.umask(OWNER_ALONE)
        self._began = time.monotonic()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        sys.stdout.flush()
        sys.stderr.flush()
        self._saved = (os.dup(1), os.dup(2))
        with self.log.open("wb") as stream:
            os.dup2(stream.fileno(), 1)
            os.dup2(stream.fileno(), 2)
        faulthandler.enable(2)
        self._event("begin")
        try:
            if cohort := dict(self._job.wildcards.items()).get("cohort"):
                withdraw_before(self._rule, cohort)
            self._inputs = Inputs(self._job.input)
        except AllianceModesError as error:
            self.__exit__(type(error), error, None)
        return self.say

    def say(self, text: str) -> None:
        """Put one short line of progress on the terminal and into the log."""
        print(text, flush=True)
        self._event("say", text)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        error = error or self._not_kept()
        message = "" if error is None else self._failure(error)
        with suppress(OSError):  # a full disk
            sys.stdout.flush()
            sys.stderr.flush()
        if message:
            self._event("fail", message, self._logged(f"{message}\n".encode()))
        elif error is None:
            self._event("end")
        os.dup2(self._saved[0], 1)
        os.dup2(self._saved[1], 2)
        os.close(self._saved[0])
        os.close(self._saved[1])
        if message:
            sys.exit(1)

    def _logged(self, message: bytes) -> int | None:
        """Write a message into the log; where it begins there, or None where a full disk does not take it."""
        start = self.log.stat().st_size
        with suppress(OSError):
            return start if os.write(2, message) == len(message) else None
        return None

    def _not_kept(self) -> Exception | None:
        """Note what was made; the error where that cannot be, or where a source did not stay as it was."""
        try:
            self._inputs.stayed()
            keep_made(self._rule, self._job.wildcards, self._job.input, self._job.output)
        except (AllianceModesError, OSError) as error:
            return error
        return None

    def _failure(self, error: BaseException) -> str:
        """The one message for ``error``; empty when the job was told to stop."""
        if isinstance(error, SystemExit | KeyboardInterrupt):
            print("stopped before the end", file=sys.stderr)
            return ""
        if isinstance(error, AllianceModesError):
            return str(error)
        with suppress(OSError):
            traceback.print_exception(error)
        if told := machine_problem(error) or self._gone():
            return told
        return (
            f"an unexpected error stopped this step ({type(error).__name__}). "
            f"This is a defect of the software, not of the data; the traceback is in {self.log}"
        )

    def _gone(self) -> str:
        """What a person is told where somebody took away what the script reads."""
        gone = sorted({str(path) for path in self._job.input if not os.path.exists(str(path))})
        if not gone:
            return ""
        more = f" and {len(gone) - MOST_NAMED} more" if len(gone) > MOST_NAMED else ""
        return (
            f"{', '.join(gone[:MOST_NAMED])}{more}: taken away while the run was under way\n"
            "    -> Run the same command again: what is not there is made again."
        )

    def _event(self, event: str, text: str = "", start: int | None = None) -> None:
        if os.environ.get(EVENTS) == "1":
            record: dict[str, object] = {
                "event": event,
                "cohort": self.cohort,
                "step": self.step,
                "log": str(self.log),
            }
            record["seconds"] = round(time.monotonic() - self._began, 1)
            record |= _used() if event == "end" else {}
            record |= {"text": text[:500]} if start is None else {"start": start}
            line = EVENT_MARK + json.dumps(record, ensure_ascii=False)
        elif text:
            line = f"{self.cohort} · {self.step}: {text}"
        else:
            return
        os.write(self._saved[1], f"{line}\n".encode())


def crashed(log: Path) -> bool:
    """Whether compiled code ended the process of a job, by what the system or Python left in its log."""
    try:
        with log.open("rb") as stream:
            return any(line.startswith(CRASHED) for line in stream)
    except OSError:
        return False


def _used() -> dict[str, float]:
    """Processor seconds of this process and of what it started, and the largest resident memory of either."""
    of = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "pid": os.getpid(),
        "processor": round(math.fsum(each.ru_utime + each.ru_stime for each in of), 2),
        "peak_mib": round(max(each.ru_maxrss for each in of) * unit / 2**20),
    }


def _stop(*_: object) -> None:
    sys.exit(143)

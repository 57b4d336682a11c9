"""What is known of a run while it is under way, from Snakemake's output and the events of the jobs."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from alliance_modes.running.jobs import EVENT_MARK, GATHERING

COUNTED = re.compile(r"^(\w+)\s+(\d+)$")
"""A row of the table of jobs that Snakemake prints before it starts."""

EVENTS_OF_JOBS = ("again", "start", "begin", "say", "end", "fail")
MEASURED = ("seconds", "processor", "peak_mib", "pid")
"""Of a job that has ended, what is kept."""

NOTHING = "Nothing to be done"
ERROR, LOG_OF_JOB = "Error in rule ", re.compile(r"^\s+log: ([^\s,]+)")
"""How Snakemake begins what it says of a job that failed, and its line there with the log of that job."""


@dataclass(frozen=True)
class AtWork:
    """A job that has begun: its log, and when (seconds of a clock that only goes on)."""

    log: str
    began: float


@dataclass
class Progress:
    """Reads Snakemake's output line by line and tells a person what matters of it.

    Parameters
    ----------
    tell : function of str
        Where a line for the person goes.
    started : function of sequence of str
        Called once with the rules that will be run, before the first job.
    last : mapping of float
        Seconds that each job took when it was run last.
    now : function
        The clock.

    Notes
    -----
    ``running`` are the jobs at work, ``waiting`` those that have not ended; ``took`` has the seconds, and
    what else is measured, of those that have. ``failures`` are messages, ``logs`` their logs; ``killed``
    are jobs that ended without a word. ``begun`` is whether jobs were named, and so what they make withdrawn.
    """

    tell: Callable[[str], None]
    started: Callable[[Sequence[str]], None] = lambda rules: None
    last: Mapping[str, float] = field(default_factory=dict)
    now: Callable[[], float] = time.monotonic
    total: int = 0
    gathering: int = 0
    done: int = 0
    nothing_to_do: bool = False
    running: dict[str, AtWork] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    took: dict[str, dict[str, float]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    killed: dict[str, AtWork] = field(default_factory=dict)
    begun: bool = False
    said: dict[str, str] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    told_of_error: bool = False

    def read(self, line: str) -> str:
        """Take one line; return it as it should stand in the complete log."""
        mark, event = line.find(EVENT_MARK), None
        if mark >= 0:
            event = _decode(line[mark + len(EVENT_MARK) :])
        if event is None:
            self._snakemake(line)
            return line
        if event["event"] == "start":
            self.waiting, self.begun = set(event["jobs"]), True
            self.started(event["rules"])
            return f"{line[:mark]}to be run: {', '.join(event['jobs'])}\n"
        if event["event"] == "again":
            self.tell(event["text"])
            return f"{line[:mark]}{event['text']}\n"
        job = f"{event['cohort']} · {event['step']}"
        told = {"begin": self._begin, "say": self._say, "end": self._end, "fail": self._fail}
        told[event["event"]](job, event)
        text = event.get("text", "")
        return f"{line[:mark]}{job}: {event['event']}{' ' + text if text else ''}\n"

    def name_silent(self) -> None:
        """Say which jobs are at work, each once, when nothing else was said for a while."""
        silent = [job for job in self.running if job not in self.named]
        if silent:
            self.named.update(silent)
            self.tell(f"        at work: {', '.join(silent)}")

    def seconds_left(self, at_once: int) -> float | None:
        """About how long the rest takes, by what it took last; None where that is not known of most of it.

        Parameters
        ----------
        at_once : int
            Jobs that run side by side.
        """
        known = {job: self.last[job] for job in self.waiting if job in self.last}
        if not known or 2 * len(known) < len(self.waiting):
            return None
        typical = sum(known.values()) / len(known)
        rest = {job: known.get(job, typical) - self._spent(job) for job in self.waiting}
        longest = max(max(seconds, 0.0) for seconds in rest.values())
        return max(longest, sum(max(seconds, 0.0) for seconds in rest.values()) / at_once)

    def _spent(self, job: str) -> float:
        return self.now() - self.running[job].began if job in self.running else 0.0

    def _snakemake(self, line: str) -> None:
        if NOTHING in line:
            self.nothing_to_do = True
        counted = COUNTED.match(line.strip())
        if counted and counted[1] == "total":
            self.total = int(counted[2]) - self.gathering
        elif counted and counted[1] in GATHERING:
            self.gathering += int(counted[2])
        self._error(line)

    def _error(self, line: str) -> None:
        """Notice a job that Snakemake says has failed and that did not say so itself."""
        self.told_of_error = line.startswith(ERROR) or (self.told_of_error and bool(line.strip()))
        of = LOG_OF_JOB.match(line) if self.told_of_error else None
        for job in [job for job, work in self.running.items() if of and work.log == of[1]]:
            self.killed[job] = self.running[job]
            self._stopped(job, self.now() - self.killed[job].began)

    def _stopped(self, job: str, seconds: float) -> None:
        self.running.pop(job, None)
        self.said.pop(job, None)
        self.waiting.discard(job)
        self.tell(f"{'failed':>7} {seconds:5.1f} s  {job}: what does not need it goes on")

    def _begin(self, job: str, event: dict) -> None:
        self.running[job] = AtWork(event["log"], self.now())

    def _say(self, job: str, event: dict) -> None:
        earlier = self.said.get(job)
        if earlier:
            self.tell(f"        {job}: {earlier}")
        self.said[job] = event["text"]

    def _end(self, job: str, event: dict) -> None:
        self.done += 1
        self.running.pop(job, None)
        self.waiting.discard(job)
        self.took[job] = {key: event[key] for key in MEASURED if key in event}
        said = self.said.pop(job, "")
        count = f"{self.done}/{self.total or '?'}"
        self.tell(f"{count:>7} {event['seconds']:5.1f} s  {job}{': ' + said if said else ''}")

    def _fail(self, job: str, event: dict) -> None:
        message = event.get("text", "")
        if "start" in event:
            with Path(event["log"]).open("rb") as stream:
                stream.seek(event["start"])
                message = stream.read().decode(errors="replace").rstrip()
        self.failures.append(f"{job} failed\n{message}")
        self.logs.append(event["log"])
        self._stopped(job, event["seconds"])


def _decode(text: str) -> dict | None:
    try:
        event = json.loads(text)
    except ValueError:
        return None
    return event if isinstance(event, dict) and event.get("event") in EVENTS_OF_JOBS else None

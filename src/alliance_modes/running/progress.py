"""The terminal side of a run: one line per finished job, made from the events of the jobs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from alliance_modes.running.jobs import EVENT_MARK, GATHERING

COUNTED = re.compile(r"^(\w+)\s+(\d+)$")
"""A row of the table of jobs that Snakemake prints before it starts."""

EVENTS_OF_JOBS = ("start", "begin", "say", "end", "fail")
NOTHING = "Nothing to be done"


@dataclass
class Progress:
    """Reads Snakemake's output line by line and tells a person what matters of it.

    Parameters
    ----------
    tell : function of str
        Where a line for the person goes.

    Notes
    -----
    ``running`` maps each job at work to its log; ``failures`` are messages, ``logs`` their logs.
    """

    tell: Callable[[str], None]
    started: Callable[[Sequence[str]], None] = lambda rules: None
    total: int = 0
    gathering: int = 0
    done: int = 0
    nothing_to_do: bool = False
    running: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)

    def read(self, line: str) -> str:
        """Take one line; return it as it should stand in the complete log."""
        mark, event = line.find(EVENT_MARK), None
        if mark >= 0:
            event = _decode(line[mark + len(EVENT_MARK) :])
        if event is None:
            self._snakemake(line)
            return line
        if event["event"] == "start":
            self.started(event["rules"])
            return f"{line[:mark]}to be run: {', '.join(event['rules'])}\n"
        job = f"{event['cohort']} · {event['step']}"
        told = {"begin": self._begin, "say": self._say, "end": self._end, "fail": self._fail}
        told[event["event"]](job, event)
        text = event.get("text", "")
        return f"{line[:mark]}{job}: {event['event']}{' ' + text if text else ''}\n"

    def still_running(self) -> None:
        """Say which jobs are at work, when nothing else was said for a while."""
        if self.running:
            self.tell(f"        still at work: {', '.join(self.running)}")

    def _snakemake(self, line: str) -> None:
        if NOTHING in line:
            self.nothing_to_do = True
        counted = COUNTED.match(line.strip())
        if counted and counted[1] == "total":
            self.total = int(counted[2]) - self.gathering
        elif counted and counted[1] in GATHERING:
            self.gathering += int(counted[2])

    def _begin(self, job: str, event: dict) -> None:
        self.running[job] = event["log"]

    def _say(self, job: str, event: dict) -> None:
        earlier = self.said.get(job)
        if earlier:
            self.tell(f"        {job}: {earlier}")
        self.said[job] = event["text"]

    def _end(self, job: str, event: dict) -> None:
        self.done += 1
        self.running.pop(job, None)
        said = self.said.pop(job, "")
        count = f"{self.done}/{self.total or '?'}"
        self.tell(f"{count:>7} {event['seconds']:5.1f} s  {job}{': ' + said if said else ''}")

    def _fail(self, job: str, event: dict) -> None:
        self.running.pop(job, None)
        self.said.pop(job, None)
        with Path(event["log"]).open("rb") as stream:
            stream.seek(event["start"])
            message = stream.read().decode(errors="replace").rstrip()
        self.failures.append(f"{job} failed\n{message}")
        self.logs.append(event["log"])


def _decode(text: str) -> dict | None:
    try:
        event = json.loads(text)
    except ValueError:
        return None
    return event if isinstance(event, dict) and event.get("event") in EVENTS_OF_JOBS else None

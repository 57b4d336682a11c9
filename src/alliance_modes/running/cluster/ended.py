"""What a person is told of a job that Slurm ended, or that never began: by Slurm's word and by its log."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from alliance_modes.running.cluster.slurm import End, end_of
from alliance_modes.running.progress import ERROR, AtWork

KEY = re.compile(r"^    (\w+): ?(.*)$")
OVER = re.compile(r"exceeded (?:job )?memory limit \((\d+) > (\d+)\)")
KILLED_FOR_MEMORY = re.compile(r"oom[-_ ]?kill|out of memory|exceeded (?:job )?memory limit", re.IGNORECASE)
MEGABYTE = 1024**2
LAST_LINES = 3
MESSAGE, EXTERNAL, LOG_KEY = "message", "external_jobid", "log"
SBATCH = re.compile(r"sbatch: error: (.+)")
ADDED = "For further error details"
"""How Snakemake begins what it adds to every message."""

SETTINGS = "Account, partition and limits are settings of a profile of your own (docs/cluster.md)."


@dataclass
class Fallen:
    """A job of which Snakemake says that it failed: its rule, and the block of lines by key."""

    rule: str
    said: dict[str, str] = field(default_factory=dict)

    @property
    def logs(self) -> list[str]:
        """The log of its script and the one of Slurm, where there was one."""
        return [name.strip() for name in self.said.get(LOG_KEY, "").partition(" (check")[0].split(",")]

    @property
    def name(self) -> str:
        """As progress calls it, as far as the name of its log tells."""
        log = Path(self.logs[0])
        return f"{log.parent.name} · {log.stem.replace('_', ' ')}" if log.name else self.rule


class FallenJobs:
    """Gathers what Snakemake says of jobs that failed, line by line."""

    def __init__(self) -> None:
        self._found: list[Fallen] = []
        self._key = ""
        self._inside = False

    def read(self, line: str) -> None:
        """Take one line of Snakemake."""
        if line.startswith(ERROR):
            self._found.append(Fallen(line.removeprefix(ERROR).strip().rstrip(":")))
            self._inside, self._key = True, ""
        elif not line.startswith(" ") and self._key != MESSAGE:
            self._inside = False
        elif self._inside and (found := KEY.match(line)):
            self._key = found[1]
            self._found[-1].said[self._key] = found[2].strip()
        elif self._inside and self._key:
            self._found[-1].said[self._key] += f"\n{line.rstrip()}"

    def told(self, killed: Mapping[str, AtWork], said_why: Collection[str]) -> Iterator[str]:
        """One message for each job that did not say itself why it failed.

        Parameters
        ----------
        killed : mapping of AtWork
            By name, jobs that had begun and ended without a word.
        said_why : collection of str
            Logs of jobs that did say why.
        """
        names = {work.log: name for name, work in killed.items()}
        refused: dict[str, list[str]] = {}
        for job in self._found:
            name = names.get(job.logs[0], job.name)
            if job.logs[0] in said_why:
                continue
            if job.said.get(EXTERNAL):
                yield message(job, name)
            else:
                refused.setdefault(_refusal(job.said.get(MESSAGE, "")), []).append(name)
        for why, jobs in refused.items():
            yield f"Slurm does not take {', '.join(jobs)}: {why}\n    -> {SETTINGS}"


def _refusal(said: str) -> str:
    """Why ``sbatch`` did not take a job, in its own words."""
    errors = [line.strip(" '.") for line in SBATCH.findall(said)]
    lines = errors or [line.strip() for line in said.partition(ADDED)[0].splitlines() if line.strip()]
    return "; ".join(lines[:LAST_LINES]) or "no reason was given"


def message(job: Fallen, name: str) -> str:
    """What happened to a job that Slurm ran, and what to do, with its log."""
    number, slurm_log = job.said[EXTERNAL], job.logs[-1] if len(job.logs) > 1 else ""
    written = _written(slurm_log)
    what, hint = _why(end_of(number), job, written)
    lines = [f"{name} {what} (Slurm job {number})", f"    -> {hint}", f"    log: {slurm_log or job.logs[0]}"]
    return "\n".join([*lines, *(f"    | {line}" for line in _last(written))])


def _why(end: End, job: Fallen, written: str) -> tuple[str, str]:
    """What ended a job, and what to do about it."""
    state = end.state or next(iter(re.findall(r"status is: '(\w+)", job.said.get(MESSAGE, ""))), "unknown")
    if state == "OUT_OF_MEMORY" or KILLED_FOR_MEMORY.search(written):
        hint = f"Give it more, in your own profile: set-resources: {{{job.rule}: {{mem_mb: …}}}}"
        return f"ended for lack of memory{_amounts(end, written)}; Slurm says {state}", hint
    if state == "TIMEOUT":
        hint = f"Give it more minutes, in your own profile: set-resources: {{{job.rule}: {{runtime: …}}}}"
        return f"took longer than it was given ({end.limit}); Slurm says {state}", hint
    again = "Run the same command again: what is not done goes on from here."
    if state == "CANCELLED":
        return f"was cancelled; Slurm says {state}", again
    if state in ("NODE_FAIL", "BOOT_FAIL"):
        return f"lost its node; Slurm says {state}", again
    reason = f", {end.reason}" if end.reason not in ("", "None") else ""
    return f"ended before it could say why; Slurm says {state}{reason}", f"Its log may tell. {again}"


def _amounts(end: End, written: str) -> str:
    """MB asked for and used, as far as they are known."""
    over = OVER.search(written)
    asked = end.asked if end.asked is not None else int(over[2]) / MEGABYTE if over else None
    known = [f"{asked:.0f} MB asked for"] if asked is not None else []
    known += [f"{int(over[1]) / MEGABYTE:.0f} MB used"] if over else []
    return f" ({', '.join(known)})" if known else ""


def _written(log: str) -> str:
    try:
        return Path(log).read_text(encoding="utf-8", errors="replace") if log else ""
    except OSError:
        return ""


def _last(written: str) -> list[str]:
    """What Slurm itself wrote last, else the last lines."""
    lines = [line for line in written.splitlines() if line.strip()]
    of_slurm = [line for line in lines if line.startswith(("slurmstepd", "srun:"))]
    return (of_slurm or lines)[-LAST_LINES:]

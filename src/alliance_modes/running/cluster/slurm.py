"""Slurm, asked by its own commands; their answers as values."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from typing import NamedTuple

PATIENCE = 30.0
"""Seconds that a command of Slurm may take: its scheduler answers late where it is busy."""

COMPLETING = "COMPLETING"
"""The state of a job that has ended, or was ended, and that its node has not yet said so of."""

FIELDS = ("%i", "%T", "%j", "%N", "%k", "%Z")
"""Number, state, name, nodes, comment and folder of a job, as ``squeue`` calls them."""

UNITS = {"K": 1 / 1024, "M": 1.0, "G": 1024.0, "T": 1024.0**2}
MEMORY = re.compile(r"(?:^|,)mem=([\d.]+)([KMGT])")


class Answer(NamedTuple):
    """What a command said; ``problem`` tells why it said nothing, and is empty where it answered."""

    text: str
    problem: str = ""


class Queued(NamedTuple):
    """A job that Slurm has yet to end: its number, state, name, nodes, comment and folder."""

    number: str
    state: str
    name: str
    nodes: str
    comment: str
    folder: str

    @property
    def told(self) -> str:
        """The rule and its wildcards, as Snakemake's plugin notes them, with the number."""
        rule, _, wildcards = self.comment.removeprefix("rule_").partition("_wildcards_")
        return f"{wildcards.replace('_', ' · ') + ' · ' if wildcards else ''}{rule} ({self.number})"


class End(NamedTuple):
    """How a job ended: Slurm's word, the reason, minutes it was given, and MB of memory asked for.

    What is not known is empty, or None.
    """

    state: str = ""
    reason: str = ""
    limit: str = ""
    asked: float | None = None


def ask(*words: str) -> Answer:
    """Run a command of Slurm, and say what it answered or why it did not."""
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except OSError:
        return Answer("", f"{words[0]} is not there")
    except subprocess.TimeoutExpired:
        return Answer("", f"{words[0]} gave no answer within {PATIENCE:.0f} s")
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        return Answer("", f"{words[0]}: {said[-1] if said else f'ended with status {done.returncode}'}")
    return Answer(done.stdout)


def settings() -> dict[str, str]:
    """The configuration of the cluster by name, such as ``MinJobAge``; nothing where it is not told."""
    lines = (line.partition("=") for line in ask("scontrol", "show", "config").text.splitlines())
    return {name.strip(): value.strip() for name, _, value in lines if value}


def queued() -> tuple[Queued, ...] | str:
    """Every job of this user that has not ended; text where Slurm does not say, which tells why."""
    answer = ask("squeue", "--noheader", f"--user={os.getuid()}", f"--format={'|'.join(FIELDS)}")
    if answer.problem:
        return answer.problem
    rows = (line.split("|", len(FIELDS) - 1) for line in answer.text.splitlines())
    return tuple(Queued(*(cell.strip() for cell in row)) for row in rows if len(row) == len(FIELDS))


def cancel(jobs: Iterable[Queued]) -> str:
    """Ask Slurm to end jobs; why it does not, empty where it does."""
    numbers = [job.number for job in jobs]
    return ask("scancel", *numbers).problem if numbers else ""


def end_of(number: str) -> End:
    """How a job ended, by the scheduler while it remembers, else by the accounting."""
    answer = ask("scontrol", "--oneliner", "show", "job", number)
    if answer.problem:
        return _accounted(number)
    said = dict(word.split("=", 1) for word in answer.text.split() if "=" in word)
    return End(said.get("JobState", ""), said.get("Reason", ""), said.get("TimeLimit", ""), _memory(said))


def _memory(said: dict[str, str]) -> float | None:
    """MB in what was asked for, as Slurm 22 and 24 call it."""
    found = MEMORY.search(said.get("ReqTRES") or said.get("TRES") or "")
    return float(found[1]) * UNITS[found[2]] if found else None


def _accounted(number: str) -> End:
    fields = "State,Timelimit,ReqTRES"
    rows = ask("sacct", "-X", "-n", "-P", "-j", number, f"--format={fields}").text.splitlines()
    cells: Sequence[str] = rows[0].split("|") if rows else ()
    if len(cells) != 3:
        return End()
    return End(cells[0].split()[0] if cells[0] else "", "", cells[1], _memory({"TRES": cells[2]}))

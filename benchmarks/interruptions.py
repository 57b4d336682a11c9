"""Whether a run that is killed again and again ends in the bytes of one that is not.

    .venv/bin/python benchmarks/interruptions.py [--moments 25] [--seed 20261130] [--write]

A small simulated cohort is run to its end once. In a second project with the same raw files runs are
killed with ``kill -9`` at random moments: all processes, or the command and Snakemake alone, in turn.
Each run goes on where the one before was killed; where one ends before its moment, a table of the first
stage is removed, so that everything is made again. After each kill it is noted what was at work, and how
many results there are, whole and half-written. At the end a plain run must give the same bytes.
``--write`` writes ``benchmarks/interruptions.csv``. Ends with status 1 where the bytes are others.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "tests/workflow")]

from projects import COHORT, Project, new_project  # noqa: E402

from breaks import finished  # noqa: E402

TABLE = Path(__file__).with_suffix(".csv")
PLANNING, LATEST = 0.2, 10.0
"""The share of runs that are killed while they plan; seconds after its plan within which another one is."""

EVENT = re.compile(rf"^{COHORT} · (?P<job>[^:]+): (?P<event>begin|end|fail)", re.MULTILINE)
PLANNED = "to be run: "
FIRST = f"data/processed/{COHORT}/typed/origin.json"


def main() -> None:
    """Kill, note, run to the end, compare."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--moments", type=int, default=25)
    parser.add_argument("--seed", type=int, default=20_261_130)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        whole = finished(Path(place))
        reference = whole.digests()
        project = _raw_alone(whole, Path(place) / "killed")
        rows = []
        for row in _kills(project, asked.moments, random.Random(asked.seed)):
            print(row, flush=True)
            rows.append(row)
        done = project.alliance_modes("run")
        same = not done.returncode and project.digests() == reference
    print("the same bytes" if same else f"other bytes: {done.stdout[-500:]}{done.stderr[-500:]}")
    if asked.write:
        table = pd.DataFrame(rows).assign(same_bytes_in_the_end=same)
        table.to_csv(TABLE, index=False, lineterminator="\n")
    if not same:
        sys.exit(1)


def _raw_alone(whole: Project, folder: Path) -> Project:
    """A project with the same raw files and no results."""
    project = new_project(folder)
    shutil.copytree(whole.root / "data/raw" / COHORT, project.root / "data/raw" / COHORT)
    return project


def _kills(project: Project, moments: int, draws: random.Random) -> Iterator[dict[str, object]]:
    number = 0
    while number < moments:
        plans, after = draws.random() < PLANNING, draws.uniform(0.0, LATEST)
        began, run = time.time(), project.start("run")
        while run.poll() is None and not plans and PLANNED not in _said(project, began):
            time.sleep(0.01)
        planned = time.time()
        while run.poll() is None and time.time() - planned < after:
            time.sleep(0.01)
        if run.poll() is not None:
            said = run.communicate()[0]
            if run.returncode:
                sys.exit(f"a run failed after {number} kills: {said[-1000:]}")
            (project.root / FIRST).unlink()
            continue
        scripts_too = number % 2 == 0
        _kill(psutil.Process(run.pid), scripts_too)
        killed = time.time()
        run.communicate()
        number += 1
        now = project.digests()
        yield {
            "kill": number,
            "seconds": round(killed - began, 2),
            "killed": "all processes" if scripts_too else "command and Snakemake",
            "at_work": ", ".join(_at_work(project, began)) or "planning",
            "results": len(now),
            "half_written": sum(".part" in name for name in now),
        }


def _kill(command: psutil.Process, scripts_too: bool) -> None:
    """The command and Snakemake, which is its first child, or everything that they started as well."""
    below = command.children(recursive=True) if scripts_too else command.children()[:1]
    for process in [command, *below]:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue


def _said(project: Project, since: float) -> str:
    """The log of the run that began at ``since``; empty where it has none yet."""
    log = project.root / "logs/snakemake.log"
    if not log.is_file() or log.stat().st_mtime < since:
        return ""
    return log.read_text(encoding="utf-8", errors="replace")


def _at_work(project: Project, since: float) -> list[str]:
    """Jobs that had begun and not ended, by the log of the run that began at ``since``."""
    jobs: dict[str, None] = {}
    for found in EVENT.finditer(_said(project, since)):
        if found["event"] == "begin":
            jobs[found["job"]] = None
        else:
            jobs.pop(found["job"], None)
    return list(jobs)


if __name__ == "__main__":
    main()

"""Where the time and the memory of a run go, rule by rule.

    .venv/bin/python benchmarks/profile.py [--cohort NAME | --enrolments 60000] [--memory 11] [--plain]
        [--keep] [--write]

Copies the project without results to a temporary folder, runs one cohort there from its raw exports to its
report, and prints a row per rule; with --write they replace those of the same cohort and way in
benchmarks/profile.csv. With --enrolments the cohort of data/raw/demo_2024/truth.yaml is simulated in that
size. With --memory its jobs take so many GB together, as with `alliance-modes run --memory`. With --plain
every script is a process of its own, as Snakemake alone runs it. See benchmarks/README.md for the columns.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from alliance_modes.running.used import KEPT
from process_tree import peaks

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "benchmarks" / "profile.csv"
COPIED = ("Snakefile", "workflow", "config", "src", "requirements.lock", "environment.yml", "pyproject.toml")
NODE = re.compile(r'^\s*(\d+)\[label = "(.*?)"')
EDGE = re.compile(r"^\s*(\d+) -> (\d+)")
ALL = "(whole run)"


@dataclass(frozen=True)
class Measured:
    """One job: what it took, and the seconds of imports among its processor seconds."""

    rule: str
    seconds: float
    processor: float
    imports: float
    peak_mib: float


def main() -> None:
    """Run once, print the table, keep it where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cohort", default="demo_2024", help="a cohort of data/raw")
    parser.add_argument("--enrolments", type=int, help="a simulated cohort of this size instead")
    parser.add_argument("--memory", metavar="GB", help="what jobs side by side may take together")
    parser.add_argument("--plain", action="store_true", help="each script a process of its own")
    parser.add_argument("--write", action="store_true", help="keep the rows in benchmarks/profile.csv")
    parser.add_argument("--keep", action="store_true", help="leave the folder of the run where it is")
    asked = parser.parse_args()
    project = Path(tempfile.mkdtemp())
    print(f"in {project}" if asked.keep else f"in {project}, which stays where the run fails", flush=True)
    cohort = _prepare(project, asked.cohort, asked.enrolments)
    more = ["--memory", asked.memory] if asked.memory else []
    rows = list(_rows(project, cohort, asked.plain, more))
    if not asked.keep:
        shutil.rmtree(project)
    for row in rows:
        print("".join(f"{value!s:>{14 if number else 24}}" for number, value in enumerate(row.values())))
    if asked.write:
        _keep(rows)


def _prepare(project: Path, cohort: str, enrolments: int | None) -> str:
    """Copy the project without results, with one cohort; its name."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, project / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, project / name)
    if enrolments:
        cohort = f"simulated_{enrolments}"
        truth, folder = ROOT / "data/raw/demo_2024/truth.yaml", project / "data/raw" / cohort
        subprocess.run(
            [*_python("alliance_modes.cli"), "simulate", truth, folder, "--enrolments", str(enrolments)],
            cwd=project, check=True, env=_environment(project),
        )  # fmt: skip
    else:
        shutil.copytree(ROOT / "data/raw" / cohort, project / "data/raw" / cohort)
    (project / "config/config.yaml").write_text(f"cohorts: [{cohort}]\nplan: config/plan.yaml\n")
    return cohort


def _rows(project: Path, cohort: str, plain: bool, more: list[str]) -> Iterator[dict[str, object]]:
    """The rows of the table: those of rules by processor time, then that of the whole run."""
    load, pace = os.getloadavg()[0], _pace()
    wall, processor, peak = _run(project, cohort, plain, more)
    jobs = _jobs(project)
    path = _critical_path(project, cohort, {name: job.seconds for name, job in jobs.items()})
    by_rule: dict[str, list[Measured]] = defaultdict(list)
    for job in jobs.values():
        by_rule[job.rule].append(job)
    of = {"cohort": cohort, "way": "plain" if plain else "forked"}
    about = {
        "load": round(load, 1),
        "cores": len(os.sched_getaffinity(0)),
        "pace": pace,
        "date": date.today().isoformat(),
    }
    for rule, found in sorted(by_rule.items(), key=lambda item: -sum(job.processor for job in item[1])):
        on_path = sum(jobs[name].seconds for name in path if jobs[name].rule == rule)
        yield {
            "rule": rule,
            **of,
            "jobs": len(found),
            **_sums(found),
            "path_seconds": round(on_path, 1),
            **about,
        }
    every = list(jobs.values())
    whole = {**_sums(every), "seconds": wall, "processor_seconds": processor, "peak_mib": peak}
    on_path = sum(jobs[name].seconds for name in path)
    yield {"rule": ALL, **of, "jobs": len(every), **whole, "path_seconds": round(on_path, 1), **about}


def _sums(jobs: list[Measured]) -> dict[str, float]:
    return {
        "seconds": round(sum(job.seconds for job in jobs), 1),
        "processor_seconds": round(sum(job.processor for job in jobs), 1),
        "import_seconds": round(sum(job.imports for job in jobs), 1),
        "peak_mib": round(max(job.peak_mib for job in jobs)),
    }


def _run(project: Path, cohort: str, plain: bool, more: list[str]) -> tuple[float, float, int]:
    """Seconds of a run by the clock and of the processor, and its memory, with all that it starts."""
    (project / "imports").mkdir()
    environment = {**_environment(project), "ALLIANCE_MODES_IMPORTS": str(project / "imports")}
    environment |= {"ALLIANCE_MODES_PLAIN": "1"} if plain else {}
    before, began = _children(), time.monotonic()
    command = [*_python("alliance_modes.cli"), "run", cohort, *more]
    _, peak = peaks(subprocess.Popen(command, cwd=project, env=environment))
    return round(time.monotonic() - began, 1), round(_children() - before, 1), peak


def _pace() -> float:
    """Processor seconds of a fixed plain loop, the least of three: what this machine is compared by."""
    taken = []
    for _ in range(3):
        began = time.process_time()
        sum(number * number for number in range(10_000_000))
        taken.append(time.process_time() - began)
    return round(min(taken), 3)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _jobs(project: Path) -> dict[str, Measured]:
    """What each job took, by cohort and step."""
    found = {}
    for name, used in json.loads((project / KEPT).read_text(encoding="utf-8")).items():
        imports = project / "imports" / f"{used['pid']:.0f}.json"
        seconds = json.loads(imports.read_text()) if imports.is_file() else 0.0
        rule = name.partition(" · ")[2].partition(" ")[0]
        found[name] = Measured(rule, used["seconds"], used["processor"], seconds, used["peak_mib"])
    return found


def _critical_path(project: Path, cohort: str, seconds: Mapping[str, float]) -> list[str]:
    """The chain of jobs, each waiting for the one before, that takes longest."""
    done = subprocess.run(
        [*_python("snakemake"), "--dag", "dot", "--config", f"cohorts={cohort}"],
        cwd=project, check=True, env=_environment(project), capture_output=True, text=True,
    )  # fmt: skip
    names, before = {}, defaultdict(list)
    for line in done.stdout.splitlines():
        if node := NODE.match(line):
            rule, *wildcards = node[2].split("\\n")
            values = dict(each.split(": ", 1) for each in wildcards)
            values.pop("cohort", None)
            names[node[1]] = " · ".join([cohort, " ".join([rule, *values.values()])])
        elif edge := EDGE.match(line):
            before[edge[2]].append(edge[1])
    longest: dict[str, list[str]] = {}

    def chain(node: str) -> list[str]:
        if node not in longest:
            earlier = max(
                (chain(each) for each in before[node]), key=lambda jobs: _sum(jobs, seconds), default=[]
            )
            longest[node] = [*earlier, *([names[node]] if names[node] in seconds else [])]
        return longest[node]

    return max((chain(node) for node in names), key=lambda jobs: _sum(jobs, seconds))


def _sum(jobs: list[str], seconds: Mapping[str, float]) -> float:
    return sum(seconds[job] for job in jobs)


def _python(module: str) -> list[str]:
    return [sys.executable, "-P", "-m", module]


def _environment(project: Path) -> dict[str, str]:
    path = os.pathsep.join([str(ROOT / "benchmarks/imports"), str(project / "src")])
    return {**os.environ, "PYTHONPATH": path}


def _keep(rows: list[dict[str, object]]) -> None:
    """Replace the rows of the same cohort and way."""
    kept: list[dict[str, object]] = []
    if TABLE.exists():
        with TABLE.open(newline="", encoding="utf-8") as stream:
            of = (rows[0]["cohort"], rows[0]["way"])
            kept = [row for row in csv.DictReader(stream) if (row["cohort"], row["way"]) != of]
    with TABLE.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows([*kept, *rows])


if __name__ == "__main__":
    main()

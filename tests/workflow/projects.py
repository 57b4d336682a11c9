"""A copy of the project in a folder of its own, and the commands that a person would give there."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parents[2]
COPIED = (
    "Snakefile", "workflow", "config", "src", "requirements.lock", "environment.yml", "pyproject.toml",
    "LICENSE", "CITATION.cff",
)  # fmt: skip
NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.egg-info", ".ipynb_checkpoints")
COHORT = "small"
DERIVE = "src/alliance_modes/derive/cohort.py"
OTHER_DERIVING = """

from alliance_modes.ground.errors import AllianceModesError  # noqa: E402


def derived_in_turn(recorded, *_):
    {statement}
"""
ALL_RULES = frozenset(
    {
        "ingest", "clean", "missingness", "score", "export", "derive", "measure", "key_audit",
        "exposure_reliability", "impute", "imputation", "relation", "relations", "model", "estimates",
        "bootstrap", "influence", "factors", "figures_cohort", "figures_effects", "figures_measurement",
        "figures_factors", "report", "research", "checklist", "release", "dictionary", "specification",
        "specifications", "figures_relations",
    }
)  # fmt: skip
AFTER_RAW = ALL_RULES
AFTER_SCORE = ALL_RULES - {
    "ingest", "clean", "missingness", "score", "export", "key_audit", "factors", "figures_factors",
    "dictionary",
}  # fmt: skip


A_WHOLE_RUN = 1_500
"""Seconds that a run of a small cohort is waited for: a minute on an idle machine, and many on a busy one."""


@dataclass(frozen=True)
class Project:
    """One project folder."""

    root: Path

    def environment(self) -> dict[str, str]:
        """The copy's own package comes first, and nothing is left of an outer run."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ALLIANCE_MODES")}
        return {**kept, "PYTHONPATH": str(self.root / "src"), "PYTHONDONTWRITEBYTECODE": "1"}

    def command(self, *arguments: str, module: str = "alliance_modes.cli") -> list[str]:
        return [sys.executable, "-P", "-m", module, *arguments]

    def alliance_modes(
        self, *arguments: str, timeout: float = A_WHOLE_RUN, typed: str = ""
    ) -> subprocess.CompletedProcess:
        return self._finish(self.command(*arguments), timeout, typed)

    def snakemake(self, *arguments: str) -> subprocess.CompletedProcess:
        return self._finish(self.command(*arguments, module="snakemake"), A_WHOLE_RUN)

    def start(self, *arguments: str) -> subprocess.Popen:
        """``alliance-modes`` in a process group of its own, not waited for."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.root,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=_heed_interrupts,
        )

    def rules_to_run(self) -> set[str]:
        """Names of the rules that a run would run now."""
        dry = self.snakemake("-n", "--workflow-profile", "workflow/profiles/default")
        if dry.returncode:
            raise RuntimeError(dry.stdout + dry.stderr)
        text = dry.stdout + dry.stderr
        rows = text.partition("Job stats:")[2].partition("total")[0]
        return set(re.findall(r"^(\w+)\s+\d+$", rows, flags=re.MULTILINE)) - {"default", "all"}

    def digests(self) -> dict[str, str]:
        """SHA-256 of every file of the results, hidden and half-written ones included.

        The page of ``check`` is no result: it says what is wrong, and is written when something is. Nor is
        the manifest, which tells of results, and which ``alliance-modes run`` writes after them.
        """
        files = (
            path
            for folder in ("data/processed", "reports")
            for path in sorted((self.root / folder).rglob("*"))
            if path.is_file() and path.name not in ("check.html", "manifest.json")
        )
        return {
            str(path.relative_to(self.root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
        }

    def report(self, cohort: str = COHORT) -> Path:
        return self.root / "reports" / cohort / "internal" / "report.html"

    def edit(self, path: str, text: str = "\n# a line more\n") -> None:
        """Append ``text`` to a file of the project."""
        with (self.root / path).open("a", encoding="utf-8") as stream:
            stream.write(text)

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace ``old`` by ``new`` in a file of the project, where it stands exactly once."""
        text = (self.root / path).read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise ValueError(f"{path}: {old!r} stands there {text.count(old)} times")
        (self.root / path).write_text(text.replace(old, new), encoding="utf-8")

    def break_derive(self, statement: str) -> None:
        """Let the middle rule ``derive`` fail with ``statement`` while everything before it works."""
        self.edit(DERIVE, OTHER_DERIVING.format(statement=statement))

    def copy(self, folder: Path) -> Project:
        """The same project elsewhere, modification times and Snakemake's records included."""
        shutil.copytree(self.root, folder, symlinks=True)
        return Project(folder)

    def _finish(self, command: list[str], timeout: float, typed: str = "") -> subprocess.CompletedProcess:
        return subprocess.run(
            command, cwd=self.root, env=self.environment(), input=typed, capture_output=True, text=True,
            timeout=timeout,
        )  # fmt: skip


def _heed_interrupts() -> None:
    """A shell starts background commands, and so perhaps these tests, with Ctrl-C ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def new_project(folder: Path, cohorts: str = f"[{COHORT}]") -> Project:
    """A project with code, config and plan of this one, and no data."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        source = HERE / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=NOT_COPIED)
        else:
            shutil.copy2(source, folder / name)
    (folder / "config/config.yaml").write_text(f"cohorts: {cohorts}\nplan: config/plan.yaml\n")
    for name in ("data/raw", "data/processed", "reports"):
        (folder / name).mkdir(parents=True)
    return Project(folder)


def write_short_plan(path: Path) -> None:
    """The plan of this project with one model and without checks that take long: a run of seconds."""
    plan = yaml.safe_load((HERE / "config/plan.yaml").read_text(encoding="utf-8"))
    for analysis in plan["relations"].values():
        analysis["claim"] = "off"
    plan["bootstrap"]["draws"] = 0
    plan["influence"]["models"], plan["imputation"]["claims"] = [], []
    plan["models"] = {"completion": plan["models"]["completion"]}
    path.write_text(yaml.safe_dump(plan, sort_keys=False), encoding="utf-8")


def wait_for(condition, seconds: float = A_WHOLE_RUN, what: str = "it") -> None:
    """Wait until ``condition()`` is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise TimeoutError(f"{what} did not happen within {seconds} s")

"""Mutants of the modules that decide numbers, each put to the tests that execute its line.

    .venv/bin/python tests/mutants/run.py [--cover] [--seconds S] [module or folder …]

Modules are given below ``src/alliance_modes``; without any, those of ``ROOMS``. A mutant is put to the
tests that execute its line, of the files that import something of its folder. Which test executes which
line is noted in ``.mutants/`` once (``--cover``: anew; test files that changed are noted anew by
themselves), and so is each mutant's end, so that a run that was stopped goes on where it was. A killed
mutant is not tried again while its module stays as it is, a survivor only on test files that changed. At
the end ``mutants.csv`` and ``survivors.csv`` are written, beside this file. Never part of the gate: the
first run takes an hour or more.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Collection, Iterable
from pathlib import Path

import pytest
from covering import Covering, digest, record
from forking import Suite
from mutations import Mutant, mutants_of
from survivors import write_tables
from verdicts import Verdicts

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src/alliance_modes"
NOTES = ROOT / ".mutants"
TESTS = "tests/unit"
"""Not those of ``tests/reference``, which need data that are not in the project."""
ROOMS = (
    "cleaning",
    "scoring",
    "derive",
    "models/inference",
    "models/families",
    "models/multiplicity.py",
    "imputation/pooling.py",
)
SECONDS = 40.0
"""Seconds of tests that a mutant is put to, beside those that killed mutants of its function, quick ones
first; the slow rest of a long list is left out."""
QUICK, WARM_UP = 1.0, 25
"""Seconds of a quick test, and how many of these are run once without any fault before the first fork."""
SLACK = 10.0
TIMES_LONGER = 4.0


def main() -> None:
    """Try every mutant of the modules asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("modules", nargs="*", default=ROOMS)
    parser.add_argument("--cover", action="store_true", help="note anew which test executes which line")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="seconds of tests for each mutant")
    parser.add_argument("--every", type=int, default=1, help="one mutant of so many alone")
    parser.add_argument("--tests", nargs="+", default=(), type=Path, help="these test files alone")
    parser.add_argument("--kinds", nargs="+", default=(), help="comparison, constant ... alone")
    asked = parser.parse_args()
    os.chdir(ROOT)
    NOTES.mkdir(exist_ok=True)
    modules = _modules(asked.modules)
    files = asked.tests or _test_files(modules)
    covering = record(NOTES / "covering.json", files, _modules((*ROOMS, *modules)), asked.cover)
    verdicts = Verdicts(NOTES / "verdicts.jsonl")

    def work(suite: Suite) -> None:
        _Run(suite, covering, verdicts, asked.seconds).modules(modules, asked.kinds, asked.every)

    wanted = sorted({test.split("::")[0] for path in modules for test in covering.tests(path, ())})
    sys.exit(pytest.main(["-q", "-s", "--tb=native", "-p", "no:cacheprovider", *wanted], [Suite(work)]))


def _modules(names: Iterable[str | Path]) -> list[Path]:
    found: list[Path] = []
    for name in names:
        path = PACKAGE / name
        found += [path] if path.suffix else sorted(path.rglob("*.py"))
    return sorted(set(found))


def _test_files(modules: list[Path]) -> list[Path]:
    """The test files that import something of a module's folder, or of itself if that holds other folders."""
    folders = set()
    for path in modules:
        alone = any((folder / "__init__.py").exists() for folder in path.parent.iterdir())
        room = path.with_suffix("") if alone else path.parent
        folders.add(".".join(room.relative_to(PACKAGE).parts))
    imported = re.compile(rf"alliance_modes\.(?:{'|'.join(sorted(folders))})\b")
    files = sorted(Path(TESTS).glob("test_*.py"))
    return [path for path in files if imported.search(path.read_text(encoding="utf-8"))]


class _Run:
    def __init__(self, suite: Suite, covering: Covering, verdicts: Verdicts, seconds: float) -> None:
        self._suite, self._covering, self._verdicts = suite, covering, verdicts
        self._seconds = seconds

    def modules(self, paths: list[Path], kinds: Collection[str], every: int) -> None:
        """Try the mutants of these kinds (none given: of all), or every second, third ... of them."""
        self._warm_up(paths)
        for path in paths:
            name, version = str(path.relative_to(PACKAGE)), digest(path)
            mutants = mutants_of(path.read_text(encoding="utf-8"))
            results: dict[tuple[str, ...], str] = {
                (name, *mutant.named): self._verdict(path, name, version, mutant)
                for mutant in mutants[::every]
                if not kinds or mutant.kind in kinds
            }
            survived = list(results.values()).count("survived")
            print(f"{name}: {len(results)} mutants, {survived} survived", flush=True)
            write_tables(name, len(mutants), results)

    def _warm_up(self, paths: list[Path]) -> None:
        tests = {test: None for path in paths for test in self._covering.tests(path, ())}
        known = [test for test in tests if self._suite.knows(test)]
        self._suite.warm_up([test for test in known if self._covering.cost(test) < QUICK][:WARM_UP])

    def _verdict(self, path: Path, name: str, version: str, mutant: Mutant) -> str:
        result, under = self._verdicts.known(name, version, mutant.key)
        tests = self._tests(path, mutant, under if result == "survived" else {})
        if result and (result != "survived" or not tests):
            return result
        expected = sum(self._covering.cost(test) for test in tests)
        verdict = self._suite.put(path, mutant, tests, SLACK + TIMES_LONGER * expected)
        self._verdicts.add(name, version, mutant, self._covering.files(), verdict)
        if verdict.result != "killed":
            print(f"  {verdict.result} {name}:{mutant.line} {mutant.key} ({len(tests)} tests)", flush=True)
        return verdict.result

    def _tests(self, path: Path, mutant: Mutant, under: dict[str, str]) -> list[str]:
        """The tests to try: those that killed mutants of the same function, then quick ones.

        Those of files under which the mutant survived before are left out.
        """
        files = self._covering.files()
        of_line = [
            test
            for test in self._covering.tests(path, mutant.lines)
            if self._suite.knows(test) and under.get(test.split("::")[0]) != files[test.split("::")[0]]
        ]
        killed = self._verdicts.killers(str(path.relative_to(PACKAGE)), mutant.function)
        chosen = sorted((test for test in of_line if killed[test]), key=lambda test: -killed[test])
        total = 0.0
        for test in (test for test in of_line if not killed[test]):
            total += self._covering.cost(test)
            if chosen and total > self._seconds:
                break
            chosen.append(test)
        return chosen


if __name__ == "__main__":
    main()

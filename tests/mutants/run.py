"""Mutants of the modules that decide numbers, each put to the tests that execute its line.

    .venv/bin/python tests/mutants/run.py [--cover] [--seconds S] [module or folder …]

Modules are given below ``src/alliance_modes``; without any, those of ``ROOMS``. A mutant is put to the
tests that execute its line, of the files that import something of its room. Which test executes which
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
from collections.abc import Iterable
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
TESTS = ("tests/unit", "tests/reference")
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
"""Seconds of tests that a mutant is put to, quick ones first; the slow rest of a long list is left out."""
QUICK = 2.0
"""Seconds below which a test is run once without any fault before the first fork."""
SLACK = 10.0
TIMES_LONGER = 5.0


def main() -> None:
    """Try every mutant of the modules asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("modules", nargs="*", default=ROOMS)
    parser.add_argument("--cover", action="store_true", help="note anew which test executes which line")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="seconds of tests for each mutant")
    asked = parser.parse_args()
    os.chdir(ROOT)
    NOTES.mkdir(exist_ok=True)
    modules = _modules(asked.modules)
    files = _test_files({path.relative_to(PACKAGE).parts[0] for path in modules})
    covering = record(NOTES / "covering.json", files, _modules((*ROOMS, *modules)), asked.cover)
    verdicts = Verdicts(NOTES / "verdicts.jsonl")

    def work(suite: Suite) -> None:
        _Run(suite, covering, verdicts, asked.seconds).modules(modules)

    wanted = sorted({test.split("::")[0] for path in modules for test in covering.tests(path, ())})
    sys.exit(pytest.main(["-q", "-s", "--tb=native", "-p", "no:cacheprovider", *wanted], [Suite(work)]))


def _modules(names: Iterable[str | Path]) -> list[Path]:
    found: list[Path] = []
    for name in names:
        path = PACKAGE / name
        found += [path] if path.suffix else sorted(path.rglob("*.py"))
    return sorted(set(found))


def _test_files(rooms: set[str]) -> list[Path]:
    """The test files that import something of one of the rooms."""
    imported = re.compile(rf"alliance_modes\.(?:{'|'.join(sorted(rooms))})\b")
    files = sorted(path for folder in TESTS for path in Path(folder).glob("test_*.py"))
    return [path for path in files if imported.search(path.read_text(encoding="utf-8"))]


class _Run:
    def __init__(self, suite: Suite, covering: Covering, verdicts: Verdicts, seconds: float) -> None:
        self._suite, self._covering, self._verdicts = suite, covering, verdicts
        self._seconds = seconds

    def modules(self, paths: list[Path]) -> None:
        self._warm_up(paths)
        results = {}
        for path in paths:
            name, source = str(path.relative_to(PACKAGE)), path.read_text(encoding="utf-8")
            mutants = mutants_of(source)
            for mutant in mutants:
                key = (
                    name,
                    mutant.function,
                    mutant.kind,
                    mutant.before,
                    mutant.after,
                    str(mutant.occurrence),
                )
                results[key] = self._verdict(path, name, digest(path), mutant)
            own = [result for key, result in results.items() if key[0] == name]
            print(f"{name}: {len(own)} mutants, {own.count('survived')} survived", flush=True)
            write_tables([name], {key: result for key, result in results.items() if key[0] == name})

    def _warm_up(self, paths: list[Path]) -> None:
        tests = {test: None for path in paths for test in self._covering.tests(path, ())}
        self._suite.warm_up([test for test in tests if self._suite.knows(test) and self._quick(test)])

    def _quick(self, test: str) -> bool:
        return self._covering.cost(test) < QUICK

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
        """The tests to try, without those of files under which the mutant survived before."""
        files = self._covering.files()
        chosen: list[str] = []
        total = 0.0
        for test in self._covering.tests(path, mutant.lines):
            file = test.split("::")[0]
            if not self._suite.knows(test) or under.get(file) == files[file]:
                continue
            total += self._covering.cost(test)
            if chosen and total > self._seconds:
                break
            chosen.append(test)
        return chosen


if __name__ == "__main__":
    main()

"""What became of each mutant, noted as it is known, so that a run can go on."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path

from forking import Verdict
from mutations import Mutant


class Verdicts:
    """The notes of all runs, one line of JSON per mutant tried.

    Parameters
    ----------
    path : Path
        File that is added to.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[tuple[str, str, str], dict] = {}
        self._killers: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                self._take(json.loads(line))

    def _take(self, row: dict) -> None:
        self._known[row["module"], row["version"], row["key"]] = row
        if row["result"] == "killed":
            self._killers[row["module"], row["key"].split("|")[0]][row["by"]] += 1

    def killers(self, module: str, function: str) -> Counter[str]:
        """The tests that killed mutants of a function, by how many."""
        return self._killers[module, function]

    def known(self, module: str, version: str, key: str) -> tuple[str, dict[str, str]]:
        """What became of a mutant of this version of its module, and under which test files (by digest)."""
        row = self._known.get((module, version, key), {})
        return row.get("result", ""), row.get("tests", {})

    def add(self, module: str, version: str, mutant: Mutant, tests: dict[str, str], verdict: Verdict) -> None:
        """Note what became of a mutant."""
        row = {
            "module": module,
            "version": version,
            "key": mutant.key,
            "line": mutant.line,
            "result": verdict.result,
            "by": verdict.by,
            "seconds": verdict.seconds,
            "tests": tests if verdict.result == "survived" else {},
        }
        self._take(row)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")

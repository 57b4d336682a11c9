"""Which tests execute which lines of the modules, and how long each takes."""

from __future__ import annotations

import functools
import gc
import hashlib
import json
import os
import time
from collections import defaultdict
from collections.abc import Collection, Generator, Iterable, Sequence
from contextlib import redirect_stdout
from pathlib import Path

import coverage
import pytest

FIXTURE = "fixture "


class Recorder:
    """A pytest plugin that notes the lines of ``modules`` that each test executes.

    What a fixture that several tests share executes counts for each test that uses it. Functions of the
    tests that remember their results forget them before each test, so that each is seen to execute what it
    needs.
    """

    def __init__(self, modules: Iterable[Path]) -> None:
        self._coverage = coverage.Coverage(data_file=None, include=[str(path) for path in modules])
        self._coverage.set_option("run:disable_warnings", ["no-data-collected"])
        self.seconds: dict[str, float] = {}
        self.fixtures: dict[str, set[str]] = defaultdict(set)
        self.failed: set[str] = set()
        self._remembering: list = []

    def pytest_collection_finish(self) -> None:
        """Find the functions that remember, and begin to record."""
        kind = type(functools.lru_cache(len))
        remembering = [found for found in gc.get_objects() if isinstance(found, kind)]
        self._remembering = [
            found for found in remembering if str(found.__module__).startswith(("test_", "contract_"))
        ]
        self._coverage.start()

    def pytest_sessionfinish(self) -> None:
        """End recording."""
        self._coverage.stop()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Record one test under its own name."""
        for function in self._remembering:
            function.cache_clear()
        self._coverage.switch_context(item.nodeid)
        began = time.process_time()
        result = yield
        self.seconds[item.nodeid] = time.process_time() - began
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef, request) -> Generator[None, object, object]:
        """Record a fixture that tests share under a name of its own."""
        if fixturedef.scope == "function":
            return (yield)
        item = request._pyfuncitem
        name = f"{FIXTURE}{fixturedef.baseid}::{fixturedef.argname}"
        self._coverage.switch_context(name)
        began = time.process_time()
        try:
            return (yield)
        finally:
            self.seconds[name] = self.seconds.get(name, 0) + time.process_time() - began
            self._coverage.switch_context(item.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note tests that fail without any fault: they say nothing of a mutant."""
        if report.failed:
            self.failed.add(report.nodeid)

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Note which shared fixtures a test uses."""
        for name, definitions in item._fixtureinfo.name2fixturedefs.items():  # type: ignore[attr-defined]
            for one in definitions:
                if one.scope != "function":
                    self.fixtures[item.nodeid].add(f"{FIXTURE}{one.baseid}::{name}")

    def lines(self) -> dict[str, dict[str, set[int]]]:
        """By module path and test: the lines executed, those of its shared fixtures included."""
        data = self._coverage.get_data()
        found: dict[str, dict[str, set[int]]] = {}
        for path in data.measured_files():
            by_context: dict[str, set[int]] = defaultdict(set)
            for line, contexts in data.contexts_by_lineno(path).items():
                for context in contexts:
                    by_context[context].add(line)
            of_tests = {name: set(lines) for name, lines in by_context.items() if "::" in name}
            for test, names in self.fixtures.items():
                shared: set[int] = set().union(*(by_context.get(name, set()) for name in names))
                if shared:
                    of_tests[test] = of_tests.get(test, set()) | shared
            found[path] = {test: lines for test, lines in of_tests.items() if not test.startswith(FIXTURE)}
        return found

    def cost(self, test: str) -> float:
        """Seconds of a test on its own, its shared fixtures included."""
        shared = sum(self.seconds.get(name, 0) for name in self.fixtures.get(test, ()))
        return max(self.seconds.get(test, 0), shared)


class Covering:
    """Which tests execute a line, quick ones first.

    Parameters
    ----------
    notes : dict
        By test file: ``digest``, ``versions`` (of the modules) and ``tests`` (``seconds``, and ``lines`` by
        module).
    """

    def __init__(self, notes: dict) -> None:
        self._notes = notes
        self._seconds = {
            test: seen["seconds"] for note in notes.values() for test, seen in note["tests"].items()
        }

    def files(self) -> dict[str, str]:
        """The digest of each test file."""
        return {file: note["digest"] for file, note in self._notes.items()}

    def cost(self, test: str) -> float:
        """Seconds of a test on its own."""
        return self._seconds[test]

    def tests(self, path: Path, lines: Collection[int]) -> list[str]:
        """The tests that execute one of the lines (none given: any line) of a module, by what they cost.

        Tests of one file that are about as quick follow each other, since they share fixtures. A line
        of a module that changed since is taken to be executed by all tests of the module.
        """
        found = []
        for note in self._notes.values():
            same = note["versions"].get(str(path)) == digest(path)
            for test, seen in note["tests"].items():
                executed = seen["lines"].get(str(path), ())
                if executed and (not lines or not same or not set(lines).isdisjoint(executed)):
                    found.append(test)
        return sorted(found, key=lambda test: (_magnitude(self.cost(test)), test))


def record(path: Path, files: Iterable[Path], modules: Sequence[Path], anew: bool) -> Covering:
    """The notes of ``path``, with test files that are new or changed run and noted, one by one."""
    notes = json.loads(path.read_text(encoding="utf-8")) if path.exists() and not anew else {}
    present = {str(file): digest(file) for file in files}
    missing = [file for file in present if notes.get(file, {}).get("digest") != present[file]]
    if missing:
        _load(missing)
    for done, file in enumerate(missing, start=1):
        notes[file] = {"digest": present[file], **_recorded(file, modules)}
        path.write_text(json.dumps(notes), encoding="utf-8")
        print(f"recorded {done} of {len(missing)}: {file}", flush=True)
    return Covering({file: notes[file] for file in present})


def _load(files: Sequence[str]) -> None:
    """Load what tests need before the forks, so that each does not load it for itself."""
    import matplotlib.pyplot  # noqa: F401
    import pingouin  # noqa: F401
    import scipy.stats  # noqa: F401
    import semopy  # noqa: F401
    import statsmodels.api  # noqa: F401

    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        pytest.main(["-q", "--collect-only", "-p", "no:cacheprovider", *files])


def _recorded(file: str, modules: Sequence[Path]) -> dict:
    """The notes of one test file, run in a fork of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        with os.fdopen(writing, "w", encoding="utf-8") as pipe:
            json.dump(_record(file, modules), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return json.loads(told)


def _record(file: str, modules: Sequence[Path]) -> dict:
    recorder = Recorder(modules)
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        pytest.main(["-q", "--tb=line", "-p", "no:cacheprovider", file], [recorder])
    lines = recorder.lines()
    tests: dict[str, dict] = {}
    for test in sorted(set(recorder.seconds) - recorder.failed):
        if test.startswith(FIXTURE):
            continue
        own = {module: sorted(of_tests.get(test, ())) for module, of_tests in lines.items()}
        tests[test] = {
            "seconds": round(recorder.cost(test), 3),
            "lines": {module: numbers for module, numbers in own.items() if numbers},
        }
    return {"versions": {str(module): digest(module) for module in modules}, "tests": tests}


def digest(path: Path) -> str:
    """A short digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _magnitude(seconds: float) -> int:
    return sum(seconds > limit for limit in (0.03, 0.1, 0.3, 1.0, 3.0, 10.0))

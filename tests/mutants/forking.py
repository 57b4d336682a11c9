"""Trying one mutant in a fork of a process that has every module and every test loaded."""

from __future__ import annotations

import ast
import functools
import gc
import json
import math
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import pytest
from mutations import Mutant

TESTS = ("test_", "contract_")
WALL = 20.0
"""Times the processor seconds that a mutant may take by the clock, on a machine that others use as well."""
PACKAGES = ("alliance_modes", *TESTS)
NEVER_REPLACED = (FunctionType, ModuleType, type)


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant: ``killed``, ``survived`` or ``timeout``; by which test; seconds."""

    result: str
    by: str
    seconds: float


class Suite:
    """A pytest plugin that, in place of running the collected tests, hands itself to ``work``.

    Parameters
    ----------
    work : callable
        Called once with the suite, when every test is collected.
    """

    def __init__(self, work: Callable[[Suite], None]) -> None:
        self._work = work
        self._items: dict[str, pytest.Item] = {}
        self._functions: dict[tuple[str, str], list[FunctionType]] = defaultdict(list)
        self._remembering: list = []
        self._failed: list[str] = []

    def pytest_collection(self) -> None:
        """Let property tests stop at the first failure, without looking for the smallest one."""
        from hypothesis import Phase, settings

        settings.register_profile(
            "mutants", phases=[Phase.explicit, Phase.generate], derandomize=True, deadline=None
        )
        settings.load_profile("mutants")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Work with the tests in place of running them."""
        self._items = {item.nodeid: item for item in session.items}
        remembering = type(functools.lru_cache(len))
        for found in gc.get_objects():
            if isinstance(found, FunctionType):
                self._functions[found.__code__.co_filename, found.__code__.co_qualname].append(found)
            elif isinstance(found, remembering) and str(found.__module__).startswith(TESTS):
                self._remembering.append(found)
        self._work(self)
        return True

    def warm_up(self, tests: Sequence[str]) -> None:
        """Run tests without a fault, so that forks find loaded what is loaded on first use.

        Tests that fail so are forgotten: they say nothing of a mutant.
        """
        items = [self._items[test] for test in tests]
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        for test in self._failed:
            self._items.pop(test, None)
        self._failed.clear()
        gc.collect()
        gc.freeze()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note failures, in the fork."""
        if report.failed:
            self._failed.append(report.nodeid)

    def knows(self, test: str) -> bool:
        """Whether a test was collected."""
        return test in self._items

    def put(self, path: Path, mutant: Mutant, tests: Sequence[str], limit: float) -> Verdict:
        """Run ``tests`` on a mutant, in that order, until one fails or ``limit`` seconds are over."""
        folder, (reading, writing) = tempfile.mkdtemp(prefix="mutant"), os.pipe()
        began = time.monotonic()
        child = os.fork()
        if not child:
            resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(limit), math.ceil(limit) + 1))
            self._run(path, mutant, tests, Path(folder), writing)
        os.close(writing)
        ready = select.select([reading], [], [], WALL * limit)[0]
        told = os.read(reading, 65_536) if ready else b""
        os.close(reading)
        if not ready:
            os.killpg(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
        shutil.rmtree(folder, ignore_errors=True)
        seconds = round(time.monotonic() - began, 2)
        if not ready or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU):
            return Verdict("timeout", "", seconds)
        by = json.loads(told) if told else "the process ended"
        return Verdict("killed" if by else "survived", by, seconds)

    def _run(self, path: Path, mutant: Mutant, tests: Sequence[str], folder: Path, writing: int) -> None:
        """The fork: apply the fault, run tests, tell which one failed, end."""
        os.setpgid(0, 0)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        try:
            gc.disable()
            self._mutate(path, mutant)
            by = self._first_failure(tests, folder)
        except BaseException as error:
            by = f"not loaded: {type(error).__name__}"
        os.write(writing, json.dumps(by).encode())
        os._exit(0)

    def _first_failure(self, tests: Sequence[str], folder: Path) -> str:
        for function in self._remembering:
            function.cache_clear()
        items = [self._items[test] for test in tests]
        if items:
            items[0].config._tmp_path_factory._basetemp = folder  # type: ignore[attr-defined]
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
            if self._failed:
                return self._failed[0]
        return ""

    def _mutate(self, path: Path, mutant: Mutant) -> None:
        """Put the mutant's code into the functions that exist, or its constants into every module."""
        code = compile(mutant.tree, str(path), "exec")
        module = next(
            one for one in list(sys.modules.values()) if getattr(one, "__file__", None) == str(path)
        )
        if not mutant.function:
            _replace_constants(module, code)
            return
        new = _code_of(code, mutant.function)
        for function in self._functions[str(path), mutant.function]:
            function.__code__ = new
            _replace_defaults(function, mutant, module)


def _code_of(code: CodeType, qualified_name: str) -> CodeType:
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    for one in inner:
        if one.co_qualname == qualified_name:
            return one
    holder = next(one for one in inner if qualified_name.startswith(f"{one.co_qualname}."))
    return _code_of(holder, qualified_name)


def _replace_defaults(function: FunctionType, mutant: Mutant, module: ModuleType) -> None:
    body: list[ast.stmt] = mutant.tree.body
    for name in mutant.function.split("."):
        definition = next(node for node in body if getattr(node, "name", None) == name)
        body = definition.body  # type: ignore[attr-defined]
    arguments: ast.arguments = definition.args  # type: ignore[attr-defined]

    def value(expression: ast.expr) -> object:
        return eval(compile(ast.Expression(expression), "default", "eval"), vars(module))

    if arguments.defaults:
        function.__defaults__ = tuple(value(one) for one in arguments.defaults)
    named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    given = {argument.arg: value(one) for argument, one in named if one is not None}
    if given:
        function.__kwdefaults__ = given


def _replace_constants(module: ModuleType, code: CodeType) -> None:
    """Give every module that imported a constant the one of the mutant."""
    space = {"__name__": module.__name__, "__file__": module.__file__, "__package__": module.__package__}
    exec(code, space)
    for name, new in space.items():
        old = vars(module).get(name)
        if name.startswith("__") or isinstance(new, NEVER_REPLACED) or repr(old) == repr(new):
            continue
        for other in list(sys.modules.values()):
            if other.__name__.startswith(PACKAGES) and vars(other).get(name) is old:
                setattr(other, name, new)

"""Snakemake as a process of a run: forked where that is safe, so that nothing is imported twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import BinaryIO, Protocol

from alliance_modes.running.jobs import JOB_ENVIRONMENT
from alliance_modes.running.program import Program
from alliance_modes.shipped import PROFILE

COMPARES = "_serialize_param"
"""What Snakemake (9.27) calls for each param that it compares or keeps."""

LOOKS_EVERY = 0.02
"""Seconds between two looks whether a forked process has ended."""


class Running(Protocol):
    """A process that was started, with what it says."""

    pid: int

    @property
    def stdout(self) -> Iterable[bytes] | None:
        """Its lines."""

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status; ``TimeoutExpired`` where it has not ended within ``timeout`` seconds."""


Start = Callable[[Iterable[str], Mapping[str, str], Callable[[int], None]], Running]
"""Starts Snakemake with arguments and an environment; a function is given its process id before it begins."""


class Forked:
    """A process that was forked from this one."""

    def __init__(self, pid: int, stdout: BinaryIO) -> None:
        self.pid, self._stdout = pid, stdout
        self._status: int | None = None

    @property
    def stdout(self) -> Iterable[bytes]:
        """Its lines."""
        return self._stdout

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status, negative for the signal that ended it.

        Raises
        ------
        subprocess.TimeoutExpired
            It has not ended within ``timeout`` seconds.
        """
        end = None if timeout is None else time.monotonic() + timeout
        while self._status is None:
            ended, status = os.waitpid(self.pid, 0 if end is None else os.WNOHANG)
            if ended:
                self._status = os.waitstatus_to_exitcode(status)
            elif end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired("snakemake", timeout or 0.0)
            else:
                time.sleep(LOOKS_EVERY)
        return self._status


def command(*arguments: str) -> list[str]:
    """Snakemake with the profile of runs."""
    # -P keeps the folder's own names (workflow/, config/) from hiding modules of the same name
    return [sys.executable, "-P", "-m", "snakemake", *with_profile(arguments)]


@contextmanager
def snakemake() -> Iterator[Start]:
    """Start Snakemake in a session of its own, with nothing to read, and one stream for all that it says.

    Where a process can be forked it imports Snakemake from now on, while the caller looks at what is to be
    run; it ends with this context if it was not started in it.
    """
    if sys.platform != "linux":
        yield _new
        return
    waiting = Waiting()
    try:
        yield waiting.start
    finally:
        waiting.close()


def _new(arguments: Iterable[str], environment: Mapping[str, str], note: Callable[[int], None]) -> Running:
    process = subprocess.Popen(
        command(*arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,
    )
    note(process.pid)
    return process


class Waiting:
    """A process that was forked from this one to be Snakemake, and waits to be told what to make."""

    def __init__(self) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        (told, telling), (reading, writing) = os.pipe(), os.pipe()
        pid = os.fork()
        if pid == 0:
            with Program():
                _wait_and_be_snakemake(told, writing)
        os.close(told)
        os.close(writing)
        self._telling, self._started = os.fdopen(telling, "wb"), False
        self._process = Forked(pid, os.fdopen(reading, "rb"))

    def start(
        self, arguments: Iterable[str], environment: Mapping[str, str], note: Callable[[int], None]
    ) -> Running:
        """Let it begin once it was noted; where it has failed already, what it said tells why."""
        note(self._process.pid)
        self._started = True
        with suppress(BrokenPipeError):
            self._telling.write(json.dumps([with_profile(arguments), dict(environment)]).encode())
            self._telling.close()
        return self._process

    def close(self) -> None:
        """End it where it was not started."""
        if not self._started:
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._telling.close()


def with_profile(arguments: Iterable[str]) -> list[str]:
    """Arguments of Snakemake with the profile of runs before them."""
    return ["--workflow-profile", str(PROFILE), *arguments]


def _wait_and_be_snakemake(told: int, output: int) -> None:
    os.setsid()
    for stream in (1, 2):
        os.dup2(output, stream)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for descriptor in os.listdir("/proc/self/fd"):
        if int(descriptor) > 2 and int(descriptor) != told:
            with suppress(OSError):
                os.close(int(descriptor))
    os.environ.update(JOB_ENVIRONMENT)
    import snakemake.cli  # noqa: F401 while the other process is still looking

    with os.fdopen(told, "rb") as orders:
        text = orders.read()
    if not text:
        sys.exit()
    arguments, environment = json.loads(text)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["snakemake", *arguments]
    sys.exit(0 if be_snakemake(arguments) else 1)


def be_snakemake(arguments: list[str]) -> bool:
    """What Snakemake's own ``main`` does, but for two things that cannot be asked for by an argument.

    There is no limit to how many jobs start within a second: while there is one Snakemake (9.27) looks at all
    waiting jobs once a second *for every job that has ended*: 15 % of a core after 60 jobs. And params are
    compared as the plain values that they are: looking first whether one is a table imports pandas, a fifth
    of the time of a run that has nothing to do.
    """
    from snakemake.cli import args_to_api, parse_args
    from snakemake.exceptions import print_exception
    from snakemake.persistence import PersistenceBase

    try:
        setattr(PersistenceBase, COMPARES, PersistenceBase._serialize_param_builtin)
        parser, asked = parse_args(arguments)
        asked.max_jobs_per_timespan = None
        return bool(args_to_api(asked, parser))
    except Exception as error:
        print_exception(error)
        return False

"""Snakemake as a process of a run: forked where that is safe, so that nothing is imported twice."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Protocol

from alliance_modes.running.program import Program

PROFILE = Path("workflow/profiles/default")
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
    return [sys.executable, "-P", "-m", "snakemake", *_with_profile(arguments)]


def start(arguments: Iterable[str], environment: Mapping[str, str]) -> Running:
    """Start Snakemake in a session of its own, with nothing to read, and one stream for all that it says."""
    if sys.platform == "linux":
        return _forked(_with_profile(arguments), environment)
    return subprocess.Popen(
        command(*arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,
    )


def _with_profile(arguments: Iterable[str]) -> list[str]:
    return ["--workflow-profile", str(PROFILE), *arguments]


def _forked(arguments: list[str], environment: Mapping[str, str]) -> Forked:
    sys.stdout.flush()
    sys.stderr.flush()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        with Program():
            _be_snakemake(arguments, environment, writing)
    os.close(writing)
    return Forked(pid, os.fdopen(reading, "rb"))


def _be_snakemake(arguments: list[str], environment: Mapping[str, str], output: int) -> None:
    os.setsid()
    for stream in (1, 2):
        os.dup2(output, stream)
    # The lock of the run, too, is held by a descriptor, and must not outlive the run.
    for descriptor in os.listdir("/proc/self/fd"):
        if int(descriptor) > 2:
            with suppress(OSError):
                os.close(int(descriptor))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["snakemake", *arguments]
    sys.exit(0 if _snakemake(arguments) else 1)


def _snakemake(arguments: list[str]) -> bool:
    """What Snakemake's own ``main`` does, without a limit to how many jobs start within a second.

    The limit cannot be switched off by an argument, and while there is one Snakemake (9.27) looks at all
    waiting jobs once a second *for every job that has ended*: 15 % of a core after 60 jobs.
    """
    from snakemake.cli import args_to_api, parse_args
    from snakemake.exceptions import print_exception

    try:
        parser, asked = parse_args(arguments)
        asked.max_jobs_per_timespan = None
        return bool(args_to_api(asked, parser))
    except Exception as error:
        print_exception(error)
        return False

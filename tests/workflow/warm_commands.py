"""``alliance-modes`` commands, each in a process of its own forked from one that has imported everything.

As a program it reads requests from standard input, one JSON per line, and answers each with one line:
exit status, seconds, and the largest resident memory of the command or of a program that it started.
Seconds are those of the clock or, where a busy machine made it wait, those of computing; a command that
neither computes nor ends is ended after ``PATIENCE``.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any, NamedTuple

PATIENCE = 300
"""Seconds of the clock after which a command is ended, which no case expects."""


class Done(NamedTuple):
    """What became of a command; ``memory`` in bytes."""

    status: int
    output: str
    seconds: float
    memory: int


class WarmCommands:
    """Runs commands in ``folder`` with the settings of ``environment``; close it after use."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._server = subprocess.Popen(
            [sys.executable, __file__], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __call__(self, folder: Path, said: Path, *arguments: str) -> Done:
        """Run one command; what it says goes to the file ``said`` as well."""
        request = {"folder": str(folder), "said": str(said), "arguments": arguments}
        self._server.stdin.write(json.dumps(request).encode() + b"\n")
        self._server.stdin.flush()
        answer = json.loads(self._server.stdout.readline())
        return Done(output=said.read_text(encoding="utf-8"), **answer)

    def close(self) -> None:
        """End the process from which the commands are forked."""
        self._server.stdin.close()
        self._server.wait()


def _serve() -> None:
    _import_all()
    for line in sys.stdin:
        request = json.loads(line)
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            _command(request)
        _, status, used = os.wait4(child, 0)
        answer = {
            "status": os.waitstatus_to_exitcode(status),
            "seconds": min(time.monotonic() - began, used.ru_utime + used.ru_stime),
            "memory": used.ru_maxrss * 1024,
        }
        print(json.dumps(answer), flush=True)


def _import_all() -> None:
    """What the commands import inside their functions."""
    import jinja2
    import openpyxl
    import pandas
    import pyreadstat

    import alliance_modes.cli
    import alliance_modes.drafting.folder
    import alliance_modes.ingest
    import alliance_modes.reports.check_page.problems
    import alliance_modes.running.checks
    import alliance_modes.running.launch

    modules: tuple[Any, ...] = (alliance_modes, jinja2, openpyxl, pandas, pyreadstat)
    print("imported", len(modules), file=sys.stderr)


def _command(request: dict[str, Any]) -> None:
    from alliance_modes.cli import main

    signal.alarm(PATIENCE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    stream = os.open(request["said"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((stream, 1), (stream, 2), (nothing, 0)):
        os.dup2(source, target)
    status = 1
    try:
        os.chdir(request["folder"])
        main(request["arguments"], prog_name="alliance-modes")
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    _serve()

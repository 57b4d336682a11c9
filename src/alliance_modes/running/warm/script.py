"""What a process that was forked for a script does: become as if it had just been started for it."""

from __future__ import annotations

import atexit
import ctypes
import gc
import os
import runpy
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import NoReturn

from alliance_modes.running.warm.client import STARTED
from alliance_modes.running.warm.request import Request

DIES_WITH_ITS_PARENT = 1
"""``PR_SET_PDEATHSIG`` of Linux."""


def run_script(request: Request, client: socket.socket, parent: int, let_go: Callable[[], None]) -> None:
    """Run the script in this process, which ends with it, or with the process ``parent``.

    ``let_go`` closes what belongs to the parent. This function never returns.
    """
    with _Process():
        _end_with(parent)
        let_go()
        client.sendall(STARTED + b"\n")
        client.close()
        _settle(request)
        runpy.run_path(request.words[1], run_name="__main__")


class _Process:
    """What Python does around a program: it tells of an error, and ends with a status."""

    def __enter__(self) -> None:
        return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> NoReturn:
        if error is not None and not isinstance(error, SystemExit):
            traceback.print_exception(error)
        atexit._run_exitfuncs()
        status = _status(error)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _end_with(parent: int) -> None:
    """Be killed when the process ``parent`` ends, in whatever way; be a group that signals reach whole."""
    ctypes.CDLL(None).prctl(DIES_WITH_ITS_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    os.setpgid(0, 0)


def _settle(request: Request) -> None:
    """Take over what a new process would have been given."""
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    for stream, place in zip(request.streams, (0, 1, 2), strict=True):
        os.dup2(stream, place)
    request.close()
    os.environ.update(request.environment)
    sys.argv = list(request.words[1:])
    sys.path.insert(0, str(Path(request.words[1]).parent))
    gc.enable()


def _status(error: BaseException | None) -> int:
    if isinstance(error, KeyboardInterrupt):
        return 128 + signal.SIGINT
    if not isinstance(error, SystemExit):
        return int(error is not None)
    if error.code is None or isinstance(error.code, int):
        return (error.code or 0) & 0xFF
    print(error.code, file=sys.stderr)
    return 1

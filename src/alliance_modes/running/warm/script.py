"""What a process that was forked for a script does: become as if it had just been started for it."""

from __future__ import annotations

import ctypes
import gc
import os
import runpy
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from alliance_modes.running.program import Program, collect_rarely
from alliance_modes.running.warm.client import STARTED
from alliance_modes.running.warm.request import Request

DIES_WITH_ITS_PARENT = 1
"""``PR_SET_PDEATHSIG`` of Linux."""


def run_script(request: Request, client: socket.socket, parent: int, let_go: Callable[[], None]) -> None:
    """Run the script in this process, which ends with it, or with the process ``parent``.

    ``let_go`` closes what belongs to the parent. This function never returns.
    """
    with Program():
        _end_with(parent)
        let_go()
        client.sendall(STARTED + b"\n")
        client.close()
        _settle(request)
        runpy.run_path(request.words[1], run_name="__main__")


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
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the server may have been started deaf to it
    for stream, place in zip(request.streams, (0, 1, 2), strict=True):
        os.dup2(stream, place)
    request.close()
    os.environ.update(request.environment)
    sys.argv = list(request.words[1:])
    sys.path.insert(0, str(Path(request.words[1]).parent))
    collect_rarely()
    gc.enable()

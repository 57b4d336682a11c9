"""What Python does around a program of a run, for one too that is run in a process that was forked."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
import traceback
from types import TracebackType
from typing import NoReturn

COLLECTED_AFTER = (20_000, 20, 20)


def collect_rarely() -> None:
    """Look for garbage after 20,000 new objects: imports, tables and figures are many and few cycles."""
    gc.set_threshold(*COLLECTED_AFTER)


class Program:
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


def _status(error: BaseException | None) -> int:
    if isinstance(error, KeyboardInterrupt):
        return 128 + signal.SIGINT
    if not isinstance(error, SystemExit):
        return int(error is not None)
    if error.code is None or isinstance(error.code, int):
        return (error.code or 0) & 0xFF
    print(error.code, file=sys.stderr)
    return 1

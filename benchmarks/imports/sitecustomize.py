"""Found by Python as it starts, where this folder is on its path: counts the seconds that imports take.

Each process leaves ``<pid>.json`` in the folder that ``ALLIANCE_MODES_IMPORTS`` names; a process that was
forked from one that had imported before counts from its own beginning.
"""

from __future__ import annotations

import atexit
import builtins
import json
import os
import time
from typing import Any

FOLDER = os.environ.get("ALLIANCE_MODES_IMPORTS")


class _Imports:
    """Processor seconds inside import statements, those inside others counted once."""

    def __init__(self) -> None:
        self.seconds, self._depth, self._import = 0.0, 0, builtins.__import__

    def __call__(self, *given: Any, **named: Any) -> Any:
        if self._depth:
            return self._import(*given, **named)
        self._depth, began = 1, time.process_time()
        try:
            return self._import(*given, **named)
        finally:
            self.seconds += time.process_time() - began
            self._depth = 0

    def start(self) -> None:
        self.seconds, self._depth = 0.0, 0

    def write(self) -> None:
        with open(f"{FOLDER}/{os.getpid()}.json", "w", encoding="utf-8") as stream:
            json.dump(self.seconds, stream)


if FOLDER:
    counted = _Imports()
    builtins.__import__ = counted
    os.register_at_fork(after_in_child=counted.start)
    atexit.register(counted.write)

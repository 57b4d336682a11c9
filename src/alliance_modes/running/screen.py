"""Where a run is followed: in a terminal a block that is drawn again and again, elsewhere plain lines."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from typing import Protocol, TextIO

from alliance_modes.running.progress import Progress

QUIET_SECONDS = 10.0
"""How long plain lines may stay away before the jobs at work are named."""

EVERY_SECONDS = 0.5
"""How often the block is drawn again."""


class Screen(Protocol):
    """Tells lines, and what is at work."""

    def tell(self, line: str) -> None:
        """Put a line that stays."""

    def show(self, progress: Progress) -> None:
        """Show how far the run is; called again and again."""

    def close(self) -> None:
        """Take away what does not stay."""


class PlainLines:
    """Lines for a file, a pipe or a terminal that cannot move its cursor."""

    def __init__(self, tell: Callable[[str], None], now: Callable[[], float] = time.monotonic) -> None:
        self._tell, self._now = tell, now
        self._spoke = now()

    def tell(self, line: str) -> None:
        """Put a line."""
        self._spoke = self._now()
        self._tell(line)

    def show(self, progress: Progress) -> None:
        """Name each job at work once, when nothing was said for a while."""
        if self._now() - self._spoke > QUIET_SECONDS:
            progress.name_silent()

    def close(self) -> None:
        """Nothing is to be taken away."""


class LiveBlock:
    """At the foot of a terminal: steps done of all, what runs and for how long, about how long to go."""

    def __init__(self, stream: TextIO, cores: int, now: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._cores, self._now = stream, cores, now
        self._began, self._drawn, self._shown = now(), float("-inf"), 0

    def tell(self, line: str) -> None:
        """Put a line above the block; the next ``show`` draws the block below it."""
        self.close()
        self._stream.write(f"{line}\n")
        self._stream.flush()

    def show(self, progress: Progress) -> None:
        """Draw the block, unless that was a moment ago."""
        if not progress.total or (self._shown and self._now() - self._drawn < EVERY_SECONDS):
            return
        self.close()
        width = shutil.get_terminal_size().columns - 1
        lines = [line[:width] for line in self._lines(progress)]
        self._stream.write("".join(f"{line}\n" for line in lines))
        self._stream.flush()
        self._shown, self._drawn = len(lines), self._now()

    def close(self) -> None:
        """Wipe the block away."""
        if self._shown:
            self._stream.write(f"\x1b[{self._shown}F\x1b[J")
            self._stream.flush()
            self._shown = 0

    def _lines(self, progress: Progress) -> list[str]:
        left = progress.seconds_left(self._cores)
        head = f"{progress.done} of {progress.total} steps · {clock(self._now() - self._began)}"
        at_work = (
            f"   {clock(self._now() - work.began):>7}  {job}" for job, work in progress.running.items()
        )
        return [head if left is None else f"{head} · about {clock(left)} left", *at_work]


def clock(seconds: float) -> str:
    """Minutes and seconds, with hours where there are any: ``0:07``, ``1:02:00``."""
    minutes, rest = divmod(round(max(seconds, 0.0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def screen(tell: Callable[[str], None], cores: int) -> Screen:
    """The block where standard output is a terminal that can show it; else plain lines."""
    if sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb":
        return LiveBlock(sys.stdout, cores)
    return PlainLines(tell)

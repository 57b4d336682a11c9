"""What jobs on a cluster say, read from the logs that Slurm writes of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from alliance_modes.running.jobs import EVENT_MARK

SUBMITTED = re.compile(r"^Job \d+ has been submitted with SLURM jobid (\d+) \(log: (.+)\)\.$")
"""How the plugin (2.8) says that a job was handed to Slurm, and where its log will be."""

ENDED_WELL = '"event": "end"'


@dataclass
class Followed:
    """The log of one job: how far it was read, and whether the job said that it has come to its end."""

    path: Path
    read: int = 0
    ended: bool = False


class JobLogs:
    """Follows the log of each job that was submitted, and passes on what its script tells of itself."""

    def __init__(self) -> None:
        self._followed: dict[str, Followed] = {}

    def notice(self, line: str) -> None:
        """Follow the log of a job where ``line``, of Snakemake, says that it was submitted."""
        if found := SUBMITTED.match(line.strip()):
            self._followed[found[1]] = Followed(Path(found[2]))

    def news(self) -> Iterator[str]:
        """Lines with events that were written since, job by job in the order in which they were submitted."""
        for log in self._followed.values():
            if not log.ended:
                yield from _new_events(log)

    def clear(self) -> None:
        """Remove the logs of jobs that ended well; of the others they are what tells why."""
        for log in self._followed.values():
            if log.ended:
                log.path.unlink(missing_ok=True)


def _new_events(log: Followed) -> Iterator[str]:
    try:
        with log.path.open("rb") as stream:
            stream.seek(log.read)
            written = stream.read()
    except OSError:
        return  # not begun, or not seen yet on this machine
    whole = written[: written.rfind(b"\n") + 1]
    log.read += len(whole)
    for line in whole.decode(errors="replace").split("\n"):  # splitlines would part a line at its mark
        if EVENT_MARK in line:
            log.ended = log.ended or ENDED_WELL in line
            yield f"{line}\n"

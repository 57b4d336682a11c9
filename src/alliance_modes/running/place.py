"""Where the jobs of a run are at work: this machine, or a cluster (``cluster.place``)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple, Protocol

from alliance_modes.ground.layout import LOGS
from alliance_modes.running.memory import LIMIT, MEASURED, memory_limit
from alliance_modes.running.progress import AtWork
from alliance_modes.running.used import available_cores
from alliance_modes.running.warm.owner import warm_server

WARM_LOG = LOGS / "warm.log"


class Ready(NamedTuple):
    """What Snakemake is started with: arguments, environment, and who is told the rules of the run."""

    arguments: Sequence[str]
    environment: Mapping[str, str]
    started: Callable[[Sequence[str]], None]


class Place(Protocol):
    """How jobs are run and what is known of them."""

    at_once: int
    """Jobs side by side."""

    patience: float
    """Seconds that Snakemake is given to end after an interruption, before it is made to."""

    def at_work(self, environment: Mapping[str, str], likely: bool) -> AbstractContextManager[Ready]:
        """Be ready for jobs; ``likely`` is whether there will be any."""

    def heard(self, line: str) -> Iterator[str]:
        """What else is to be read before a line of Snakemake, which is empty where it said nothing."""

    def ended(self, killed: Mapping[str, AtWork], said_why: Collection[str]) -> list[str]:
        """What a person is told of jobs that ended without a word; ``said_why``: logs of those that told."""


class Here:
    """This machine.

    Parameters
    ----------
    cores : int, optional
        Jobs side by side; default: as many as this machine has cores.
    gigabytes : float, optional
        Memory that they may take together; default: 2 for each core.
    """

    patience = 15.0

    def __init__(self, cores: int | None = None, gigabytes: float | None = None) -> None:
        self.at_once = cores or available_cores()
        self._limit = memory_limit(self.at_once, gigabytes)
        self._arguments = [
            *(["--cores", str(cores)] if cores else []),
            *("--resources", f"mem_mb={self._limit}"),
        ]

    @contextmanager
    def at_work(self, environment: Mapping[str, str], likely: bool) -> Iterator[Ready]:
        """Have a server from which scripts are forked; where jobs are likely it starts to import at once."""
        environment = {**environment, LIMIT: str(self._limit)}
        with warm_server(environment, WARM_LOG) as server:
            if server and likely:
                server.start(tuple(MEASURED))
            seen = server.environment if server else environment
            yield Ready(self._arguments, seen, server.start if server else nothing)

    def heard(self, line: str) -> Iterator[str]:
        """Nothing: jobs write where Snakemake does."""
        return iter(())

    def ended(self, killed: Mapping[str, AtWork], said_why: Collection[str]) -> list[str]:
        """That something else ended them, since nothing is known of why."""
        if not killed:
            return []
        return [
            f"ended from outside before it could say why, perhaps for lack of memory:\n{named(killed)}\n"
            "    -> Run the same command again; where memory is short, with --cores 1."
        ]


def nothing(rules: Sequence[str]) -> None:
    """Scripts that are processes of their own need nothing before they start."""


def named(jobs: Mapping[str, AtWork]) -> str:
    """Jobs with their logs, one a line."""
    return "\n".join(f"    {job} (log: {work.log})" for job, work in jobs.items())

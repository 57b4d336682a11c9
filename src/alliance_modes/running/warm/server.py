"""The process from which scripts are forked: it imports what they import, and does nothing else.

A program, ``python -m alliance_modes.running.warm.server ALIVE SCRIPTS RULE...``, with a listening socket as
its standard input. ``SCRIPTS`` is the folder of scripts, ``ALIVE`` the number of the reading end of a pipe:
when its other end is closed, be it because the run was killed, the server ends, and every script with it.
"""

from __future__ import annotations

import gc
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from alliance_modes.running.code import PACKAGE
from alliance_modes.running.warm.client import ENDED, REFUSED
from alliance_modes.running.warm.imports import bring, imports_of
from alliance_modes.running.warm.request import Request, received
from alliance_modes.running.warm.script import run_script

PATIENCE = 5.0
"""Seconds that a script has to end after it was asked to."""

OF_THE_SHELL = frozenset({"_", "SHLVL", "PWD", "OLDPWD", "PS1", "PS2", "PS4", "OPTIND"})
"""What bash sets or takes away for a command: an activated environment exports the prompt, PS1."""

MAY_DIFFER = OF_THE_SHELL | {"TMPDIR", "TMP", "TEMP", "TEMPDIR", "GOTO_NUM_THREADS"}
"""Variables that Snakemake and its shell set, and that nothing heeds as it is imported."""


STAY_BEHIND = frozenset({"jemalloc_bg_thd"})
"""Threads that may run beside this one as it is forked: jemalloc, in pyarrow, heeds forks."""


@dataclass
class Job:
    """A script at work: who waits for it (None: gone), and when it is killed if it has not ended."""

    client: socket.socket | None
    killed_at: float | None = None


class Server:
    """Forks a process for each script that is asked for.

    Parameters
    ----------
    listening : socket
        Where clients come.
    alive : int
        Descriptor that can be read when the run is over.
    scripts : Path
        Folder of the scripts of rules.
    rules : list of str
        Rules that will be run: what they import is imported ahead of them.
    """

    def __init__(self, listening: socket.socket, alive: int, scripts: Path, rules: list[str]) -> None:
        self._made_of = signature(PACKAGE)
        self._environment = dict(os.environ)
        self._listening, self._alive, self._scripts = listening, alive, scripts
        self._jobs: dict[int, Job] = {}
        self._brought: set[str] = set()
        self._ahead = (one for rule in rules for one in imports_of(rule, scripts))
        self._woken, self._wakes = socket.socketpair()
        for end in (self._woken, self._wakes):
            end.setblocking(False)
        signal.set_wakeup_fd(self._wakes.fileno())
        signal.signal(signal.SIGCHLD, _noticed)
        self._ready = selectors.DefaultSelector()
        for waited in (listening, self._woken, alive):
            self._ready.register(waited, selectors.EVENT_READ)

    def serve(self) -> None:
        """Answer until the run is over, and import while nobody asks."""
        while self._turn():
            pass
        for number in self._jobs:
            self._ask_to_end(number)
        while self._jobs:
            time.sleep(0.02)
            self._reap()
            self._kill_what_is_late()

    def _turn(self) -> bool:
        """Import one module more or wait, then deal with what came. False when the run is over."""
        ahead = next(self._ahead, None)
        if ahead:
            bring(ahead)
        late = any(job.killed_at for job in self._jobs.values())
        for key, _ in self._ready.select(0 if ahead else 0.5 if late else None):
            if key.fileobj == self._alive:
                return False
            if key.fileobj is self._listening:
                self._accept()
            elif key.fileobj is self._woken:
                self._woken.recv(4096)
                self._reap()
            elif key.data in self._jobs:
                self._heed(key.data)
        self._kill_what_is_late()
        return True

    def _accept(self) -> None:
        client, _ = self._listening.accept()
        request = received(client)
        if request:
            unlike = self._unlike(request) or self._start(client, request)
            request.close()
            if not unlike:
                return
            print(f"{request.rule} is a process of its own: {unlike}", flush=True)
        _tell(client, REFUSED)
        client.close()

    def _unlike(self, request: Request) -> str:
        """Why a fork of this process is not what a new one would be; empty where it is."""
        mine, its = self._environment, request.environment
        other = sorted(
            name for name in (mine.keys() | its.keys()) - MAY_DIFFER if mine.get(name) != its.get(name)
        )
        threads = threads_beside() - STAY_BEHIND
        reasons = {
            "it is no script of a rule": not request.rule,
            f"its Python is {request.words[0]}": request.words[0] != sys.executable,
            f"its folder is {request.folder}": request.folder != os.getcwd(),
            f"its environment has other values of {', '.join(other)}": bool(other),
            "the package was changed": signature(PACKAGE) != self._made_of,
            f"threads are at work: {', '.join(sorted(threads))}": bool(threads),
        }
        return "; ".join(reason for reason, holds in reasons.items() if holds)

    def _start(self, client: socket.socket, request: Request) -> str:
        """Fork the process of a script; why it could not be, or nothing."""
        if request.rule not in self._brought:
            for one in imports_of(request.rule, self._scripts):
                bring(one)
            self._brought.add(request.rule)
        gc.freeze()
        server = os.getpid()
        try:
            number = os.fork()
        except OSError as error:
            return str(error)
        if number == 0:
            run_script(request, client, server, self._let_go)
        with suppress(ProcessLookupError, PermissionError):
            os.setpgid(number, number)
        self._jobs[number] = Job(client)
        self._ready.register(client, selectors.EVENT_READ, number)
        return ""

    def _let_go(self) -> None:
        """Close, in the process of a script, what belongs to the server."""
        signal.set_wakeup_fd(-1)
        self._ready.close()
        clients = (job.client for job in self._jobs.values() if job.client)
        for end in (self._listening, self._woken, self._wakes, *clients):
            end.close()
        os.close(self._alive)

    def _heed(self, number: int) -> None:
        """Pass a signal on; a client that is gone takes its script with it."""
        job = self._jobs[number]
        passed = _read(job.client)
        if passed:
            _signal(number, passed[0])
            return
        self._forget(job)
        self._ask_to_end(number)

    def _ask_to_end(self, number: int) -> None:
        self._jobs[number].killed_at = time.monotonic() + PATIENCE
        _signal(number, signal.SIGTERM)

    def _kill_what_is_late(self) -> None:
        for number, job in self._jobs.items():
            if job.killed_at and job.killed_at < time.monotonic():
                _signal(number, signal.SIGKILL)

    def _reap(self) -> None:
        """Tell the clients of scripts that have ended how."""
        for number in list(self._jobs):
            ended, status = os.waitpid(number, os.WNOHANG)
            if ended:
                job = self._jobs.pop(number)
                if job.client:
                    _tell(job.client, ENDED + b"%d" % os.waitstatus_to_exitcode(status))
                self._forget(job)

    def _forget(self, job: Job) -> None:
        if job.client:
            self._ready.unregister(job.client)
            job.client.close()
            job.client = None


def signature(folder: str | Path) -> tuple[tuple[str, int, int, int, int], ...]:
    """What the system says of each file below ``folder``: any write changes the time of its last change.

    Unlike the time of modification, no program sets that one.
    """
    return tuple(_files(str(folder)))


def threads_beside() -> frozenset[str]:
    """Names of the threads of this process that are not its first one; a fork leaves them behind."""
    others = (Path("/proc/self/task") / number / "comm" for number in os.listdir("/proc/self/task"))
    return frozenset(path.read_text().strip() for path in others if path.parent.name != str(os.getpid()))


def _files(folder: str) -> Iterator[tuple[str, int, int, int, int]]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name == "__pycache__":
            continue
        if entry.is_dir():
            yield from _files(entry.path)
        else:
            about = entry.stat()
            yield entry.path, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns


def _tell(client: socket.socket, answer: bytes) -> None:
    with suppress(OSError):
        client.sendall(answer + b"\n")


def _read(client: socket.socket | None) -> bytes:
    with suppress(OSError):
        return client.recv(1) if client else b""
    return b""


def _signal(number: int, which: int) -> None:
    """Send a signal to a script and to what it started."""
    with suppress(ProcessLookupError):
        os.killpg(number, which)


def _noticed(*_: object) -> None:
    """That a script has ended wakes the server, by the descriptor that is set for it."""


def main(alive: str, scripts: str, *rules: str) -> None:
    """Serve on the socket that is standard input, then remove it."""
    gc.disable()
    listening = socket.socket(fileno=os.dup(0))
    address = Path(listening.getsockname())
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    try:
        Server(listening, int(alive), Path(scripts), list(rules)).serve()
    finally:
        address.unlink(missing_ok=True)
        with suppress(OSError):
            address.parent.rmdir()


if __name__ == "__main__":
    main(*sys.argv[1:])

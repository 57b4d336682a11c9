"""The run's side: where the server is asked, when it starts, and that it ends with the run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from alliance_modes.running.warm import client
from alliance_modes.shipped import SCRIPTS

ADDRESS = "ALLIANCE_MODES_WARM"
"""Environment variable: where a run lets its scripts be forked; without it each is a new process."""

PLAIN = "ALLIANCE_MODES_PLAIN"
"""Environment variable: when it is 1, no script of a run is forked."""

SERVER = "alliance_modes.running.warm.server"
PLAIN_PATH = re.compile(r"[\w./+-]+", flags=re.ASCII)
SHORT_PLACE = "/tmp"
"""Where the socket is when the folder for temporary files cannot hold it: its name has 107 bytes at most."""

PATIENCE = 15.0
"""Seconds that the server has to end its scripts and itself."""


class WarmServer:
    """The server of one run; it is started by the first of its jobs, since a run may have none.

    Parameters
    ----------
    folder : Path
        A folder of this user alone, for the socket.
    environment : mapping of str
        What every job sees.
    log : Path
        Where what the server says goes.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], log: Path) -> None:
        self._address = folder / "socket"
        self._listening = _listening(str(self._address))
        self._environment = {**environment, ADDRESS: str(self._address)}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._alive: int | None = None

    @property
    def environment(self) -> Mapping[str, str]:
        """What Snakemake is started with, so that its scripts find the server."""
        return self._environment

    def start(self, rules: Sequence[str], scripts: Path = SCRIPTS) -> None:
        """Start it, to import what the scripts of ``rules``, in the folder ``scripts``, will need."""
        if self._process:
            return
        watched, self._alive = os.pipe()
        self._log.parent.mkdir(exist_ok=True)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", SERVER, str(watched), str(scripts), *rules],
                stdin=self._listening.fileno(),
                stdout=log,
                stderr=log,
                pass_fds=(watched,),
                env=self._environment,
                start_new_session=True,
            )
        os.close(watched)
        self._listening.close()

    def close(self) -> None:
        """End the server and every script that is still at work."""
        self._listening.close()
        if self._alive is not None:
            os.close(self._alive)
            self._alive = None
        if self._process:
            try:
                self._process.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


@contextmanager
def warm_server(environment: Mapping[str, str], log: Path) -> Iterator[WarmServer | None]:
    """A server for the time of a run; None where scripts have to be processes of their own.

    That is where ``ALLIANCE_MODES_PLAIN`` asks for it, where processes cannot be forked safely after
    libraries were imported (not on Linux), where the name of Python needs quotes, and where no folder for
    temporary files can hold a socket.
    """
    if os.environ.get(PLAIN) == "1" or sys.platform != "linux" or not PLAIN_PATH.fullmatch(sys.executable):
        yield None
        return
    made = _in_a_folder(environment, log)
    if made is None:
        yield None
        return
    server, folder = made
    try:
        yield server
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)


def _in_a_folder(environment: Mapping[str, str], log: Path) -> tuple[WarmServer, Path] | None:
    """A server and its folder, where the environment wants temporary files, else in the system's place."""
    for place in (None, SHORT_PLACE):
        try:
            folder = Path(tempfile.mkdtemp(prefix="alliance-modes-", dir=place))
        except OSError:
            continue
        try:
            return WarmServer(folder, environment, log), folder
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
    return None


def _listening(address: str) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(address)
        listening.listen(128)
    except OSError:
        listening.close()
        raise
    return listening


def before_scripts() -> str | None:
    """What Snakemake is to put before each shell command, where a run has a server; its braces doubled.

    A function of the shell that has the name of Python: all else is left as Snakemake has it.
    """
    address = os.environ.get(ADDRESS)
    if not address:
        return None
    python = sys.executable
    asks = f"command {python} -IS {shlex.quote(client.__file__)} {shlex.quote(address)} {python}"
    function = f'function {python} {{ {asks} "$@"; }}; '
    return "set -euo pipefail; " + function.replace("{", "{{").replace("}", "}}")

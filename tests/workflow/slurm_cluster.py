"""A Slurm of one node on this machine for the time of some tests, and projects whose runs use it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from projects import HERE, Project

from alliance_modes.running.cluster.place import PLUGIN
from alliance_modes.shipped import CLUSTER_LOCK

MAKES_IT = HERE.parent / "shared/slurm/one_node_slurm.sh"
NEEDED = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel")
PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"


class NotRunError(Exception):
    """Why there is no cluster on this machine."""


@dataclass(frozen=True)
class OnCluster(Project):
    """A project on a machine of a cluster."""

    cluster: Mapping[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        own = super().environment()
        path = [own["PYTHONPATH"], self.cluster["PLUGIN"]]
        return {**own, **self.cluster, "PYTHONPATH": os.pathsep.join(path)}

    def slurm(self, *words: str) -> str:
        """What a command of Slurm says."""
        done = subprocess.run(
            words, env=self.environment(), capture_output=True, text=True, timeout=60, check=True
        )
        return done.stdout

    def jobs(self, rule: str = "") -> list[str]:
        """Numbers of the jobs that have not ended, of one rule or of all."""
        rows = [line.split() for line in self.slurm("squeue", "-h", "-o", "%i %k").splitlines()]
        return [row[0] for row in rows if f"rule_{rule}" in row[1]]


@contextmanager
def one_node() -> Iterator[dict[str, str]]:
    """The environment in which a cluster answers; it ends with this context.

    Raises
    ------
    NotRunError
        There can be none here.
    """
    if os.getuid() or not MAKES_IT.is_file():
        raise NotRunError(f"a cluster is made by root with {MAKES_IT.name}")
    if missing := [name for name in NEEDED if not shutil.which(name, path=PATH)]:
        raise NotRunError(f"{', '.join(missing)}: not installed (apt install slurm-wlm munge)")
    folder = Path(tempfile.mkdtemp(prefix="one-node-", dir="/tmp"))  # sockets have short names only
    environment = {**os.environ, "PATH": PATH, "PORT": str(_two_free_ports())}
    try:
        plugin = _plugin(folder / "plugin")
        started = _make("start", folder / "slurm", environment)
        if started.returncode:
            raise NotRunError(f"Slurm did not start: {started.stderr[-500:]}")
        yield {
            "SLURM_CONF": str(folder / "slurm/slurm.conf"),
            "PATH": f"{folder / 'slurm/bin'}:{PATH}",
            "PLUGIN": plugin,
        }
    finally:
        _make("stop", folder / "slurm", environment)
        shutil.rmtree(folder, ignore_errors=True)


def _make(what: str, folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["sh", str(MAKES_IT), what, str(folder)], env=environment, capture_output=True, text=True, timeout=120
    )


def _two_free_ports() -> int:
    """A port that is free, as is the next."""
    for _ in range(100):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port
    raise NotRunError("no two ports side by side are free")


def _plugin(folder: Path) -> str:
    """Where the plugin lies: nowhere more where it is installed, else in a folder of its own, by its lock."""
    if find_spec(PLUGIN):
        return ""
    folder.mkdir()
    uv = shutil.which("uv")
    installs = [uv, "pip"] if uv else [sys.executable, "-m", "pip"]
    asked = ["--quiet", "--no-deps", "--require-hashes", "--target", str(folder), "-r", str(CLUSTER_LOCK)]
    done = subprocess.run([*installs, "install", *asked], capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise NotRunError(f"the plugin could not be installed: {done.stderr[-300:]}")
    return str(folder)

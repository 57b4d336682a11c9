"""What the client asks of the server: a program, its folder, its environment and its streams."""

from __future__ import annotations

import os
import re
import socket
from contextlib import suppress
from dataclasses import dataclass

from alliance_modes.running.warm.client import GREETING

SCRIPT = re.compile(r"(?:^|/)\.snakemake/scripts/[^/]+\.(\w+)\.py$")
"""The file that Snakemake writes for a job: what it knows of it, then the script of the rule."""

PATIENCE = 5.0
"""Seconds that a client may take to say what it wants."""


@dataclass(frozen=True)
class Request:
    """One program to be run.

    Parameters
    ----------
    folder : str
        Its working directory.
    words : tuple of str
        Python, then its arguments.
    environment : dict of str
        All variables of the client.
    streams : tuple of int
        Standard input, output and error of the client, open here.
    """

    folder: str
    words: tuple[str, ...]
    environment: dict[str, str]
    streams: tuple[int, ...]

    @property
    def rule(self) -> str:
        """The rule whose script is to be run; empty where the program is anything else."""
        found = SCRIPT.search(self.words[1]) if len(self.words) == 2 else None
        return found[1] if found else ""

    def close(self) -> None:
        """Close the client's streams here; they stay open there."""
        for stream in self.streams:
            os.close(stream)


def received(client: socket.socket) -> Request | None:
    """Greet a client and read what it asks; None where it is gone or says nothing that can be read."""
    client.settimeout(PATIENCE)
    streams: list[int] = []
    with suppress(OSError, ValueError):
        client.sendall(GREETING)
        text, streams, _, _ = socket.recv_fds(client, 65536, 3)
        while b"\n" not in text:
            text += _more(client)
        length, _, text = text.partition(b"\n")
        while len(text) < int(length):
            text += _more(client)
        client.settimeout(None)
        if len(streams) == 3:
            return _request(text, tuple(streams))
    for stream in streams:
        os.close(stream)
    return None


def _more(client: socket.socket) -> bytes:
    text = client.recv(65536)
    if not text:
        raise ConnectionResetError
    return text


def _request(text: bytes, streams: tuple[int, ...]) -> Request:
    folder, count, *rest = (os.fsdecode(part) for part in text.split(b"\0"))
    words, settings = rest[: int(count)], rest[int(count) :]
    environment = {name: value for name, _, value in (setting.partition("=") for setting in settings)}
    return Request(folder, tuple(words), environment, streams)

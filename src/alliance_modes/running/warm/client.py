"""Stands where Python would stand for a script: lets the server run it, or becomes Python.

A program, ``client.py ADDRESS PYTHON ARGUMENT...``, started without the packages of the environment so
that it starts at once. It passes signals on and ends as the script does, which is killed with the server.
Where no server answers, or it will not run this, it becomes ``PYTHON ARGUMENT...``.
"""

from __future__ import annotations

import array
import os
import signal
import socket
import sys

GREETING = b"?"
"""The server asks for the request; until then, another process may run the script."""

STARTED, ENDED, REFUSED = b"s", b"e", b"r"
"""Answers: the script runs (from here on it is run once); it ended, with its exit status (negative: the
signal that ended it); it is not run there."""

PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
PATIENCE = 60.0
"""Seconds that a server may take to greet."""


def main(address: str, python: str, *arguments: str) -> None:
    """Run ``python arguments...`` through the server at ``address``, or as this process."""
    status = through_server(address, [python, *arguments])
    if status is None:
        os.execv(python, [python, *arguments])
    sys.exit(status if status >= 0 else 128 - status)


def through_server(address: str, words: list[str]) -> int | None:
    """Exit status of the script, negative for the signal that ended it; None where the server ran nothing."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.settimeout(PATIENCE)
        try:
            server.connect(address)
            if server.recv(1) != GREETING:
                return None
        except OSError:
            return None
        server.settimeout(None)
        for number in PASSED_ON:
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, lambda received, _: _pass_on(server, received))
        return _run(server, words)


def _run(server: socket.socket, words: list[str]) -> int | None:
    request = b"\0".join(
        [*(os.fsencode(text) for text in (os.getcwd(), str(len(words)), *words)), *_environment()]
    )
    streams = array.array("i", (0, 1, 2))
    try:
        head = b"%d\n" % len(request)
        server.sendmsg([head], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, streams)])
        server.sendall(request)
    except OSError:
        return None
    started = False
    for answer in server.makefile("rb"):
        if answer.startswith(ENDED):
            return int(answer[1:])
        if answer.startswith(REFUSED):
            return None
        started = True
    return -signal.SIGKILL if started else None


def _environment() -> list[bytes]:
    return [name + b"=" + value for name, value in os.environb.items()]


def _pass_on(server: socket.socket, number: int) -> None:
    try:
        server.send(bytes([number]))
    except OSError:
        return


if __name__ == "__main__":
    main(*sys.argv[1:])

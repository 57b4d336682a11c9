"""Whether the packages that are installed are those of the lock, as they were installed.

Results are said to be made with the lock. Of each package its version is compared, and all of its files but
compiled ones with the digests that its ``RECORD`` has of them. Files that look as they did when their digests
were right are not read again.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import os
import re
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path

from alliance_modes.ground.errors import WorkflowError
from alliance_modes.ground.files import read_json, write_json
from alliance_modes.running.study import LOCK_FILE

LOOKED = "alliance-modes-looked.json"
"""In the environment, by package, a digest over what its files looked like when all were as installed."""

LOCKED = re.compile(r"^(?P<name>[A-Za-z0-9][\w.-]*)==(?P<version>[^\s;\\]+)\s*(?:;(?P<marker>[^\\]*))?")
NAMED_FILES = 3


def check_installed(lock: Path = LOCK_FILE, packages: Path | None = None) -> None:
    """Compare what is installed with the lock; nothing where a project has none.

    Parameters
    ----------
    lock : Path
        Requirements with exact versions.
    packages : Path, optional
        The folder of installed packages; default that of the Python at work.

    Raises
    ------
    WorkflowError
        A package is not there, is of another version, or has files that are not as they were installed.
    """
    if not lock.is_file():
        return
    packages = packages or Path(sysconfig.get_path("purelib"))
    problems = list(_problems(lock.read_text(encoding="utf-8"), packages))
    if problems:
        raise WorkflowError(
            f"what is installed in {sys.prefix} is not what {lock} names:\n"
            + "".join(f"    {one}\n" for one in problems)
            + "    -> Make the environment again: remove the folder .venv, then run ./environment.sh."
        )


def locked(text: str) -> dict[str, str]:
    """The versions that a lock names for this machine, by name in lower case with hyphens."""
    from packaging.markers import Marker

    found = {}
    for line in text.splitlines():
        one = LOCKED.match(line)
        if one and (not one["marker"] or Marker(one["marker"].strip()).evaluate()):
            found[_name(one["name"])] = one["version"]
    return found


def _problems(lock: str, packages: Path) -> Iterator[str]:
    there = dict(_installed(packages))
    before = _read_looks(packages / LOOKED)
    looks: dict[str, str] = {}
    for name, version in locked(lock).items():
        if name not in there:
            yield f"{name} {version} is not installed"
            continue
        record = there[name]
        installed = record.name.removesuffix(".dist-info").partition("-")[2]
        if installed != version:
            yield f"{name} {installed} is installed in place of {version}"
            continue
        files = _files(record / "RECORD")
        look = _look(packages, files)
        if before.get(name) != look and (other := _differing(packages, files)):
            more = f" and {len(other) - NAMED_FILES} more" if len(other) > NAMED_FILES else ""
            yield f"{name} {version}: {', '.join(other[:NAMED_FILES])}{more} not as installed"
            continue
        looks[name] = look
    if looks != before and os.access(packages, os.W_OK):
        write_json(looks, packages / LOOKED)


def _installed(packages: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(packages.glob("*.dist-info")):
        yield _name(path.name.partition("-")[0]), path


def _name(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def _files(record: Path) -> dict[str, str]:
    """Files of a package with their digests, as its installer noted them; compiled ones have none."""
    with record.open(encoding="utf-8", newline="") as stream:
        return {row[0]: row[1] for row in csv.reader(stream) if len(row) > 1 and row[1]}


def _look(packages: Path, files: Mapping[str, str]) -> str:
    """A digest over size, times and place on the disk of all files."""
    total, root = hashlib.sha256(), str(packages)
    for name in files:
        try:
            about = os.stat(f"{root}/{name}")
        except OSError:
            total.update(b"gone")
            continue
        total.update(b"%d %d %d %d " % (about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino))
    return total.hexdigest()


def _differing(packages: Path, files: Mapping[str, str]) -> list[str]:
    return [name for name, noted in files.items() if not _is_as_noted(packages / name, noted)]


def _is_as_noted(path: Path, noted: str) -> bool:
    kind, _, digest = noted.partition("=")
    try:
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, kind).digest()
    except OSError:
        return False
    return base64.urlsafe_b64encode(found).rstrip(b"=").decode() == digest


def _read_looks(path: Path) -> dict[str, str]:
    try:
        return dict(read_json(path))
    except (OSError, ValueError, TypeError):
        return {}

"""Whether the packages that are installed are those of the lock, as they were installed.

Results are said to be made with the lock. Of each package its version is compared, and all of its files but
compiled ones with the digests that its ``RECORD`` has of them. Files that look as they did when their digests
were right are not read again. A package that is touched while a run is under way may have made what was made
since: none of that is kept.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import os
import re
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from alliance_modes.ground.errors import WorkflowError
from alliance_modes.ground.files import read_json, write_json, write_text
from alliance_modes.ground.layout import PRIVATE
from alliance_modes.running.held import forget_since, made_since
from alliance_modes.shipped import IS_CLONE, LOCK_FILE

LOOKED = "alliance-modes-looked.json"
"""In the environment, by package, a digest over what its files looked like when all were as installed."""

UNDER_WAY = PRIVATE / "packages"
"""What packages looked like when the run began that is under way, or was killed."""

AGAIN = (
    "remove the folder .venv, then run ./environment.sh."
    if IS_CLONE
    else f"pip install --require-hashes --requirement {LOCK_FILE}"
)
"""How an environment is made: in a clone, and with an installed package."""

LOCKED = re.compile(r"^(?P<name>[A-Za-z0-9][\w.-]*)==(?P<version>[^\s;\\]+)\s*(?:;(?P<marker>[^\\]*))?")
NAMED_FILES = 3


@contextmanager
def packages_stay(
    tell: Callable[[str], None], lock: Path = LOCK_FILE, packages: Path | None = None
) -> Iterator[None]:
    """A run: packages are those of the lock as it begins, and nobody touches them until it has ended.

    Where one was touched, even if it is again what it was, notes of what was made meanwhile are removed, so
    that the next run makes it again; after a run that was killed the next one does so.

    Raises
    ------
    WorkflowError
        As ``check_installed``, and where a package was touched meanwhile.
    """
    look = check_installed(lock, packages)
    if UNDER_WAY.is_file() and UNDER_WAY.read_text(encoding="utf-8") != look:
        forget_since(UNDER_WAY.stat().st_mtime_ns)
        tell("packages were changed since a run was killed: what it made is made again")
    write_text(look, UNDER_WAY)
    began = UNDER_WAY.stat().st_mtime_ns
    try:
        yield
    finally:
        touched = made_since(began) and _look_of_all(lock, packages) != look
        if touched:
            forget_since(began)
        UNDER_WAY.unlink(missing_ok=True)
    if touched:
        raise WorkflowError(
            f"packages in {sys.prefix} were changed while the run was under way\n"
            "    -> Run the same command again: what was made meanwhile is made again."
        )


def check_installed(lock: Path = LOCK_FILE, packages: Path | None = None) -> str:
    """Compare what is installed with the lock; nothing where a project has none.

    Parameters
    ----------
    lock : Path
        Requirements with exact versions.
    packages : Path, optional
        The folder of installed packages; default that of the Python at work.

    Returns
    -------
    str
        A digest over what all their files look like; empty where there is no lock.

    Raises
    ------
    WorkflowError
        A package is not there, is of another version, or has files that are not as they were installed.
    """
    if not lock.is_file():
        return ""
    packages = packages or Path(sysconfig.get_path("purelib"))
    problems = list(_problems(lock.read_text(encoding="utf-8"), packages))
    if problems:
        raise WorkflowError(
            f"what is installed in {sys.prefix} is not what {lock} names:\n"
            + "".join(f"    {one}\n" for one in problems)
            + f"    -> Make the environment again: {AGAIN}"
        )
    return _look_of_all(lock, packages)


def _look_of_all(lock: Path, packages: Path | None) -> str:
    """A digest over what the files of all locked packages look like; empty where there is no lock."""
    if not lock.is_file():
        return ""
    packages = packages or Path(sysconfig.get_path("purelib"))
    there, total = dict(_installed(packages)), hashlib.sha256()
    for name in locked(lock.read_text(encoding="utf-8")):
        record = there.get(name)
        total.update(_look(packages, _files(record / "RECORD")).encode() if record else b"gone")
    return total.hexdigest()


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

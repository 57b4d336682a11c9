"""What goes into a crate as a file, and what it only tells of."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from alliance_modes import shipped
from alliance_modes.cohort import Cohort
from alliance_modes.ground.files import sha256
from alliance_modes.plan.additions import ADDITIONS_FILE
from alliance_modes.release.finished import folders
from alliance_modes.running.code import LISTS, PACKAGE
from alliance_modes.running.held import Ran, jobs_behind
from alliance_modes.running.study import Study

FOLDERS: Mapping[str, Path] = MappingProxyType({"workflow": shipped.WORKFLOW, "src/alliance_modes": PACKAGE})
"""Folders of code that go in whole, by their place in a crate; a run uses them, in a clone or installed."""

FILES = (
    "Snakefile", "environment.sh", "environment.yml", "pyproject.toml", "README.md", "CITATION.cff",
    "LICENSE", "requirements.lock", "requirements-build.lock",
)  # fmt: skip
"""Files that come with the package and go in, where they are there."""

CODE_LIST, DICTIONARY = "code.sha256", "dictionary.csv"
WRITTEN: Mapping[str, str] = MappingProxyType(
    {
        CODE_LIST: "The SHA-256 of every file of the workflow and the package",
        DICTIONARY: "What every column of the tables of results is",
    }
)
"""Files that a crate has beside those of the project, and what they are."""
WORKFLOW = "workflow/Snakefile"
NOT_CODE = ("__pycache__", ".ipynb_checkpoints")


@dataclass(frozen=True)
class Contents:
    """A cohort's release with what made it.

    Parameters
    ----------
    study : Study
        The configuration of the project that is the working directory.
    cohort : Cohort
        What ``cohort.yaml`` says.
    name : str
        The cohort's name in the config.
    key : bytes
        The key of its ids, by which digests of what stays inside are keyed.
    """

    study: Study
    cohort: Cohort
    name: str
    key: bytes

    @cached_property
    def release(self) -> Path:
        """The folder that may leave the building."""
        return folders(self.name)[0]

    @cached_property
    def jobs(self) -> list[Ran]:
        """The scripts behind the release, each after those that it took from."""
        return jobs_behind(str(path) for path in self.release.iterdir())

    @cached_property
    def raw(self) -> tuple[str, ...]:
        """Raw files of the cohort, in the order of ``cohort.yaml``."""
        return tuple(self.study.raw_files(self.name))

    @cached_property
    def held(self) -> dict[str, str]:
        """Where in the crate each file is that it holds, by its path in the project; code left out."""
        found = {str(path): name for name in FILES if (path := shipped.FOLDER / name).is_file()}
        found |= {path: f"config/instruments/{Path(path).name}" for path in self.study.instrument_files()}
        plan, *added = self.study.plan_files(self.name)
        found[plan] = f"config/{Path(plan).name}"
        found |= dict.fromkeys(added, ADDITIONS_FILE)
        return found | {path: self._released(path) for path in map(str, _files(self.release))}

    @cached_property
    def code(self) -> dict[str, str]:
        """SHA-256 of every file of the workflow and the package, by its place in the crate."""
        return {place: sha256(path) for place, path in self.code_files.items()}

    @cached_property
    def code_files(self) -> dict[str, Path]:
        """Every file of the workflow and the package, by its place in the crate."""
        return {
            f"{place}/{path.relative_to(folder).as_posix()}": path
            for place, folder in FOLDERS.items()
            for path in _files(folder)
        }

    def code_list(self) -> str:
        """``code`` as ``sha256sum -c`` reads it."""
        return "".join(f"{digest}  {path}\n" for path, digest in self.code.items())

    def told(self, paths: Iterable[str]) -> list[str]:
        """Of the inputs or outputs of a script those that are data or settings, each once."""
        return [path for path in dict.fromkeys(paths) if not Path(path).is_relative_to(LISTS)]

    def identifier(self, path: str) -> str:
        """What the crate calls a file: its place in it, or a URI of what stays where it is.

        Raw files have a number in place of a name: an office's name for a file can say what the release does
        not.
        """
        if path in self.held:
            return quote(self.held[path])
        within = f"raw/{self.raw.index(path) + 1}" if path in self.raw else path
        if path == self.study.cohort_file(self.name):
            within = Path(path).name
        return f"arcp://name,{self.name}/{quote(within)}"

    def digest(self, path: str) -> tuple[str, str]:
        """How a file is known, and by what: ``sha256`` of what is held and of raw files, else a keyed one.

        Counts that are withheld could be guessed until the SHA-256 of their table fits; with the key of the
        ids in it only who holds that key can tell.
        """
        plain = sha256(path)
        if path in self.held or path in self.raw or path == self.study.cohort_file(self.name):
            return "sha256", plain
        return "hmac-sha256", hmac.digest(self.key, plain.encode(), hashlib.sha256).hex()

    def _released(self, path: str) -> str:
        return Path(path).relative_to(self.release.parent).as_posix()


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not set(path.parts) & set(NOT_CODE) and path.suffix != ".pyc":
            yield path

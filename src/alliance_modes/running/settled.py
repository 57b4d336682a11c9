"""Whether everything is as it was when a run last ended well: Snakemake then need not find nothing to do.

Snakemake plans every job to say so: with 200 cohorts that takes many minutes. Here no job is looked at, only
whether any file of the project is another one than at the end of that run; if any is, Snakemake decides.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from alliance_modes import shipped
from alliance_modes.ground.files import read_json, sha256, write_json
from alliance_modes.ground.layout import LOGS, PRIVATE, REPORTS
from alliance_modes.running.config import Engines
from alliance_modes.running.held import MADE, MARK_OF_FOLDER, Look, noted_files
from alliance_modes.running.manifest import FILE
from alliance_modes.running.study import Study

SETTLED = PRIVATE / "settled.json"
"""The digest of all that ``world`` looks at, at the end of the last run that ended well."""

PACKAGE = Path(__file__).parents[1]
SNAKEMAKE = Path(".snakemake")
PASSED_OVER = (Path(".git"), Path(".venv"), LOGS, Path("site"))
"""Folders that nothing is made from and that hold no result; installed packages are looked at by
``installed``."""

RECORDS = ("metadata", "incomplete")
"""What of Snakemake's own folder decides what it makes again."""

OF_A_RUN = (MADE, PRIVATE / "code")
"""What of the run's own folder does."""

World = Mapping[str, Look]
"""How each file looks: size, time of its content, time of its entry, and number."""


def world() -> dict[str, Look]:
    """All files of the project (the working directory) that a run is made from or makes, and the package's.

    Returns
    -------
    dict
        Look by path. A link is followed to its file, not into a folder: raw files that lie elsewhere are
        told by their digests (``_known``).
    """
    here, found = Path.cwd(), dict[str, Look]()
    code = [place for place in (PACKAGE, shipped.WORKFLOW) if not place.is_relative_to(here)]
    for place in (Path(), *code):
        for path in _files(place):
            try:
                about = os.stat(path)
            except OSError:
                continue
            found[path] = (about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino)
    return found


def is_settled(study: Study) -> bool:
    """Whether the last run ended well, was of these cohorts, and everything is as it left it."""
    if not SETTLED.is_file():
        return False
    try:
        noted = read_json(SETTLED)
    except ValueError:
        return False
    return isinstance(noted, dict) and noted.get("digest") == _digest(study, world())


def forget_settled() -> None:
    """Let Snakemake say whether there is anything to do; a run that begins does."""
    SETTLED.unlink(missing_ok=True)


def keep_settled(study: Study, before: World) -> None:
    """Note how everything is, unless a file was touched since the run began that none of its scripts made.

    Parameters
    ----------
    study : Study
        What was run; its digests of sources are those by which it was planned.
    before : mapping
        ``world`` as the run began.

    Notes
    -----
    A file that a script made counts as made by it where its digest is the one that the script noted.
    The engine lme4 can come and go with R, which is no file of the project: with it nothing is noted.
    """
    after = world()
    if study.config.engines != Engines() or any(_was_touched(before, after)):
        return
    if study.sources_stayed():
        write_json({"digest": _digest(study, after)}, SETTLED)


def _digest(study: Study, looks: World) -> str:
    text = json.dumps([_known(study), sorted(looks.items())], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _known(study: Study) -> dict[str, object]:
    """What of a run is no file of the project: its cohorts, keys of ids, sources by content, and Python."""
    return {
        "cohorts": list(study.cohorts),
        "keys": [study.key_fingerprint(cohort) for cohort in study.cohorts],
        "sources": study.source_digests(),
        "python": [study.environment, sys.version, sys.executable],
    }


def _was_touched(before: World, after: World) -> Iterator[str]:
    """Files that changed and that no script of the run made: what was written while it was under way."""
    noted = noted_files()
    own = (*OF_A_RUN, SNAKEMAKE)
    for path in before.keys() | after.keys():
        if before.get(path) == after.get(path) or any(Path(path).is_relative_to(place) for place in own):
            continue
        if Path(path).name in (FILE, MARK_OF_FOLDER) and Path(path).is_relative_to(REPORTS):
            continue  # which the run and Snakemake write themselves
        if path not in after and path not in noted and Path(path).is_relative_to(REPORTS):
            continue  # no result: the run cleared it away, as what is put into a release
        if path not in after or path not in noted or sha256(path) != noted[path]:
            yield path


def _files(place: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(place):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if _is_looked_at(here / name))
        yield from (str(here / name) for name in files if _is_looked_at(here / name))


def _is_looked_at(path: Path) -> bool:
    if path in PASSED_OVER or path.name == "__pycache__":
        return False
    if path.is_relative_to(SNAKEMAKE):
        return path == SNAKEMAKE or path.relative_to(SNAKEMAKE).parts[0] in RECORDS
    if path.is_relative_to(PRIVATE):
        return path == PRIVATE or any(path.is_relative_to(place) for place in OF_A_RUN)
    return True

"""``alliance-modes crate``: a release that is up to date, with how it was made, in one folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterator
from datetime import date
from pathlib import Path

from alliance_modes.cleaning.identity import identity_key
from alliance_modes.cohort import load_cohort
from alliance_modes.dictionary.contents import TABLES
from alliance_modes.dictionary.every import dictionary_table, reported_tables
from alliance_modes.ground import layout
from alliance_modes.ground.errors import Problem, ReleaseError
from alliance_modes.ground.files import whole_folder, write_text
from alliance_modes.intake.origin import origin_of
from alliance_modes.release.search import identifying
from alliance_modes.running.crate.contents import CODE_LIST, DICTIONARY, FOLDERS, Contents
from alliance_modes.running.crate.entities import described
from alliance_modes.running.handing_over import check_release, refuse_unless_up_to_date
from alliance_modes.running.jobs import OWNER_ALONE
from alliance_modes.running.launch import clear_after_killed_run, only_run_here
from alliance_modes.running.manifest import commit
from alliance_modes.running.study import load_study

METADATA = "ro-crate-metadata.json"
WRITTEN_BY_HAND = (".yaml", ".cff")
"""Endings of files of a crate that people wrote, and that no release was searched for."""


def write_crate(cohort: str, published: date | None, licence: str, tell: Callable[[str], None]) -> Path:
    """Write ``reports/<cohort>/crate/``, whole or not at all.

    Parameters
    ----------
    cohort : str
        A cohort of the config, with a release that is up to date.
    published : date, optional
        The day of publication that it gives; default that of the data lock, so that no clock is in it.
    licence : str
        Address of the licence of the results, or empty.
    tell : function of str
        Where lines for the person go.

    Raises
    ------
    ReleaseError
        There is no release, it is not what was made, is older than what it is made of, or holds what must not
        leave; or what people wrote into the plan does.
    """
    os.umask(OWNER_ALONE)
    study = load_study([cohort])
    (cohort,) = study.cohorts
    for line in check_release(cohort):
        tell(line)
    with only_run_here(Path()):
        clear_after_killed_run(Path(), tell)
        refuse_unless_up_to_date(cohort)
        folder = study.config.folder(cohort)
        declared = load_cohort(folder)
        made_with = origin_of(cohort).get("key", "")
        key = identity_key(declared, folder, study.config.key_file, made_with=made_with)
        contents = Contents(study, declared, cohort, key)
        target = layout.report(cohort, layout.CRATE)
        with whole_folder(target) as place:
            day = published or declared.data_lock
            _write(contents, day.isoformat(), licence, place)
            if found := list(_searched(place, {*FOLDERS, contents.release.name})):
                raise ReleaseError(f"crate of {cohort}", found)
    tell(f"{target}: {len(contents.held)} files, the code, and {len(contents.jobs)} steps that made them")
    return target


def _write(contents: Contents, published: str, licence: str, place: Path) -> None:
    TABLES["dictionary"].write(dictionary_table(reported_tables()), place / DICTIONARY)
    write_text(contents.code_list(), place / CODE_LIST)
    described(contents, place, published, licence, commit()).write(place)
    for name, path in contents.code_files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place / name)
    for path in (place, *place.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _searched(place: Path, but_for: Collection[str]) -> Iterator[Problem]:
    """Ids of people and places of machines in what was not searched as a part of the release."""
    hint = "Take it out of the file that the crate has it from, run again, and make the crate again."
    for path in sorted(place.rglob("*")):
        inside = path.relative_to(place)
        searched = any(inside.is_relative_to(folder) for folder in but_for)
        if path.is_file() and not searched and (path.name == METADATA or path.suffix in WRITTEN_BY_HAND):
            text = path.read_text(encoding="utf-8")
            yield from (Problem(said, hint, file=str(inside)) for said in identifying(text))

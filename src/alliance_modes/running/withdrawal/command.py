"""``alliance-modes withdraw``: from an id that somebody gives to the certificate of a search."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from alliance_modes.cleaning.identity import key_fingerprint
from alliance_modes.cohort import Cohort, load_cohort
from alliance_modes.dictionary.canonical import TABLES
from alliance_modes.dictionary.named import CLIENT_ID, ENROLMENT_ID, PRACTITIONER_ID
from alliance_modes.ground.errors import AllianceModesError, WorkflowError
from alliance_modes.ground.files import parquet_columns, read_parquet, sha256, write_text
from alliance_modes.ground.layout import REPORTS, STUDY_INSTRUMENTS, handed_over, processed
from alliance_modes.ingest.whereabouts import IdRows, Whereabouts, whereabouts
from alliance_modes.ingest.withdrawn import (
    OF_PEOPLE,
    WITHDRAWN_FILE,
    WithdrawnList,
    WithdrawnPerson,
    read_withdrawn,
    write_withdrawn,
)
from alliance_modes.instruments.model import load_instruments
from alliance_modes.intake.origin import origin_of
from alliance_modes.release.ledger import read_ledger
from alliance_modes.release.people import forget, releases_with
from alliance_modes.running.config import choose_cohorts, known_cohorts, load_config
from alliance_modes.running.jobs import OWNER_ALONE, remove
from alliance_modes.running.launch import clear_after_killed_run, only_run_here
from alliance_modes.running.study import load_study
from alliance_modes.running.withdrawal.key import withdrawal_key
from alliance_modes.running.withdrawal.people import Given, person_meant, with_person
from alliance_modes.running.withdrawal.proof import (
    CERTIFICATE,
    ON_REQUEST,
    Left,
    forget_before,
    keep_before,
    left_of,
    results_of,
)
from alliance_modes.running.withdrawal.words import (
    Subject,
    certificate,
    elsewhere_lines,
    file_lines,
    left_lines,
    person_lines,
    raw_lines,
)

Tell = Callable[[str], None]
Make = Callable[[Sequence[str]], None]
"""Makes everything of some cohorts that is not up to date."""


@dataclass(frozen=True)
class Place:
    """A cohort that people are taken out of: its folder and declaration, and the secret of its ids."""

    name: str
    folder: Path
    cohort: Cohort
    key: bytes

    @property
    def listed(self) -> WithdrawnList | None:
        """Who was taken out so far."""
        return read_withdrawn(self.folder)

    @property
    def file(self) -> Path:
        """Its ``withdrawn.yaml``."""
        return self.folder / WITHDRAWN_FILE

    @property
    def where(self) -> Whereabouts:
        """The ids of its raw files, of its results, and of the list."""
        results = (*_ids_of_results(self.name), *_ids_of_list(self.listed))
        return whereabouts(self.folder, self.cohort, self.key, load_instruments(STUDY_INSTRUMENTS), results)


def look(cohort: str, given: Sequence[Given], tell: Tell) -> None:
    """Say of people who would be taken out what holds them, and change nothing.

    Raises
    ------
    IdentityError
        An id stands for nobody of the cohort, or for several.
    """
    place = _place(cohort)
    where, locks = place.where, _locks(cohort)
    people = [_with_releases(place, person_meant(one, where, date.today())) for one in given]
    for person in people:
        for line in person_lines(person, locks):
            tell(line)
    tell("raw files with an id of theirs:")
    for line in file_lines(where.rows_left(people)):
        tell(line)
    tell("nothing was changed")


def withdraw(cohort: str, given: Sequence[Given], today: date, tell: Tell, make: Make) -> Path:
    """Take people out of a cohort, make its results again, and search for what is left of them.

    Parameters
    ----------
    cohort : str
        A cohort of the config or of ``data/raw``.
    given : sequence of Given
        Whom. None: everybody who was taken out before, for a search once more.
    today : date
        The day of the withdrawal.
    tell : function of str
        Where lines for the person go.
    make : function
        Runs cohorts.

    Returns
    -------
    Path
        The certificate.

    Raises
    ------
    IdentityError
        An id stands for nobody of the cohort, or for several; the key is another. Nothing was changed.
    WorkflowError
        Something of them is left: each file is told. Or there is nobody to search for.
    """
    os.umask(OWNER_ALONE)
    place = _place(cohort)
    with only_run_here(Path()):
        clear_after_killed_run(Path(), tell)
        if given:
            _take_out(place, given, today, tell)
        listed = place.listed
        if listed is None or not listed.people:
            raise WorkflowError(
                f"cohort {cohort}: nobody was taken out so far\n    -> Give an id, or type it when asked."
            )
        if origin_of(cohort).get("withdrawn") != sha256(place.file):
            keep_before(cohort)
            _remove_results(cohort, tell)
    try:
        make(_to_run(cohort))
    except AllianceModesError:
        tell(f"they are on the list; mend what is said below, then: alliance-modes withdraw {cohort} --prove")
        raise
    folders = (place.folder, place.folder / place.cohort.data_folder)
    left = left_of(cohort, place.file, folders, listed.ids, known_cohorts(load_config()))
    return _conclude(place, listed, left, tell)


def _take_out(place: Place, given: Sequence[Given], today: date, tell: Tell) -> None:
    where, locks = place.where, _locks(place.name)
    people = [_with_releases(place, person_meant(one, where, today)) for one in given]
    listed = place.listed
    for person in people:
        before = listed.people if listed else ()
        listed, entry = with_person(listed, person, key_fingerprint(place.key))
        if entry in before:
            tell(f"taken out already, on {entry.withdrawn_on.isoformat()}:")
        for line in person_lines(entry, locks):
            tell(line)
    if listed is not None and listed != place.listed:
        tell(f"written into {write_withdrawn(listed, place.folder)}")
    for person in people:
        forget(place.name, person.ids)


def _remove_results(cohort: str, tell: Tell) -> None:
    """Remove all that is made of a cohort, and what other cohorts learn from it."""
    for folder in results_of(cohort):
        if folder.exists():
            remove(folder)
            tell(f"removed, to be made again: {folder}")
    for path in ON_REQUEST:
        if path.exists():
            remove(path)
            tell(f"removed: {path}; where you need it, ask for it again")
    for other in dependants(cohort):
        remove(processed(other, "relations"))


def _to_run(cohort: str) -> tuple[str, ...]:
    """The cohort, with those of the config that it is run beside, and those that learn from it."""
    config = load_config()
    beside = tuple(config.cohorts) if cohort in config.cohorts else (cohort,)
    return tuple(dict.fromkeys([*beside, *dependants(cohort)]))


def dependants(cohort: str) -> list[str]:
    """Other cohorts with results that an analysis makes from this one's."""
    settings = load_study([cohort]).plan.relations.made.values()
    named = {other for one in settings if cohort in one.learns_from for other in _with_results()}
    return sorted(
        other for other in named - {cohort} if any(cohort in one.earlier_than(other) for one in settings)
    )


def _with_results() -> list[str]:
    return [path.parents[1].name for path in processed("*").parent.glob("*/typed/origin.json")]


def _conclude(place: Place, listed: WithdrawnList, left: Left, tell: Tell) -> Path:
    path = REPORTS / place.name / CERTIFICATE
    path.unlink(missing_ok=True)
    raw = place.where.rows_left(listed.people)
    for line in (*raw_lines(raw), *elsewhere_lines(left.elsewhere)):
        tell(line)
    if not left.nothing:
        found = "\n".join(f"  {line}" for line in left_lines(left))
        raise WorkflowError(
            f"cohort {place.name}: something is left of people who were taken out\n{found}\n"
            f"    -> Then search again: alliance-modes withdraw {place.name} --prove."
        )
    subject = Subject(
        place.name, listed, sha256(place.file), raw, tuple(sorted(place.cohort.left_out)), _locks(place.name)
    )
    write_text(certificate(subject, left), path)
    forget_before(place.name)
    searched = sum(left.searched.files.values())
    tell(f"searched for their ids: {searched:,} files of the project, found in none")
    for name, why in left.searched.unread.items():
        tell(f"not searched: {name} ({why})")
    return path


def _with_releases(place: Place, person: WithdrawnPerson) -> WithdrawnPerson:
    held = releases_with(place.name, person.ids)
    return person.model_copy(
        update={
            "in_releases": tuple(sorted(number for number, was in held.items() if was)),
            "perhaps_in_releases": tuple(sorted(number for number, was in held.items() if was is None)),
        }
    )


def _locks(cohort: str) -> dict[int, str]:
    """The data lock of each recorded release."""
    return {release.order: release.data_lock for release in read_ledger(handed_over(cohort))}


def _place(name: str) -> Place:
    config = load_config()
    (name,) = choose_cohorts(config, [name])
    folder = config.folder(name)
    cohort = load_cohort(folder)
    return Place(name, folder, cohort, withdrawal_key(config, name, cohort))


def _ids_of_results(cohort: str) -> list[IdRows]:
    """The ids of the typed tables that are there."""
    found = []
    for table in TABLES:
        path = processed(cohort, "typed", f"{table}.parquet")
        if path.is_file() and path.stat().st_size:
            columns = [name for name in parquet_columns(path) if name in OF_PEOPLE]
            read = read_parquet(path, columns)
            found.append(IdRows(table, str(path), {name: _texts(read[name]) for name in columns}))
    return found


def _texts(ids: pd.Series) -> np.ndarray:
    return ids.astype(object).where(ids.notna(), "").to_numpy(dtype=object)


def _ids_of_list(listed: WithdrawnList | None) -> list[IdRows]:
    """The ids of a list, as if it were tables."""
    people = listed.people if listed else ()
    clients = [(one.client or "", each) for one in people for each in one.enrolments or ("",)]
    practitioners = [one.practitioner for one in people if one.practitioner]
    ids = {
        CLIENT_ID: np.array([one for one, _ in clients], dtype=object),
        ENROLMENT_ID: np.array([one for _, one in clients], dtype=object),
    }
    led = {PRACTITIONER_ID: np.array(practitioners, dtype=object)}
    return [IdRows("enrolments", WITHDRAWN_FILE, ids), IdRows("practitioners", WITHDRAWN_FILE, led)]

"""``withdrawn.yaml``: people who were taken out of a cohort, beside its ``cohort.yaml``.

It holds keyed ids and no name, number or answer of anybody. It is a file of its own, since the raw files
are never written to, and since the next export may bring the same people again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from alliance_modes.cleaning.identity import ID_DIGITS, key_fingerprint
from alliance_modes.dictionary.named import CLIENT_ID, CO_PRACTITIONER_ID, ENROLMENT_ID, PRACTITIONER_ID
from alliance_modes.ground.errors import IdentityError
from alliance_modes.ground.files import write_text
from alliance_modes.ground.yaml_models import Closed, load_model

WITHDRAWN_FILE = "withdrawn.yaml"

OF_PEOPLE = (CLIENT_ID, ENROLMENT_ID, PRACTITIONER_ID, CO_PRACTITIONER_ID)
"""Columns of ids that stand for a person."""

PRACTITIONER_TABLES = ("practitioners", "practitioner_survey")
"""Tables whose rows are a practitioner's own. In all others the id alone is theirs."""

HEADING = """\
# People who were taken out of this cohort: their rows are left out before anything else is read.
# Ids are keyed, as results have them. Written by alliance-modes withdraw; docs/withdrawal.md explains it.
# Whoever removes an entry brings the person back, as long as the raw files have them.
"""

KeyedId = Annotated[str, StringConstraints(pattern=rf"^[0-9a-f]{{{ID_DIGITS}}}$")]


class WithdrawnPerson(Closed):
    """One entry: a client, one or several enrolments, or a practitioner.

    ``client`` takes out every enrolment of that client, those of a later export too; ``enrolments`` are the
    ids by which the rows of other tables are found, whether or not an enrolment's own row is still there.
    ``in_releases`` are the releases that were recorded with the person in the data, ``perhaps_in_releases``
    those of which nobody noted who was in.
    """

    withdrawn_on: date
    client: KeyedId | None = None
    enrolments: tuple[KeyedId, ...] = ()
    practitioner: KeyedId | None = None
    in_releases: tuple[int, ...] = ()
    perhaps_in_releases: tuple[int, ...] = ()

    @model_validator(mode="after")
    def _is_somebody(self) -> WithdrawnPerson:
        if not self.ids:
            raise ValueError("give a client, enrolments, or a practitioner")
        if self.practitioner and (self.client or self.enrolments):
            raise ValueError("a practitioner is an entry of their own")
        return self

    @property
    def ids(self) -> tuple[str, ...]:
        """Every keyed id of the person."""
        return tuple(one for one in (self.client, *self.enrolments, self.practitioner) if one)


class WithdrawnList(Closed):
    """The file: the fingerprint of the key by which its ids were made, and the people."""

    key: Annotated[str, Field(min_length=1)]
    people: tuple[WithdrawnPerson, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """Every keyed id of everybody on it, sorted."""
        return tuple(sorted({one for person in self.people for one in person.ids}))


@dataclass(frozen=True)
class Withdrawn:
    """Whose rows are left out, by keyed id.

    Parameters
    ----------
    key : bytes
        The secret of these ids, which is not that of the tables where nothing is kept.
    clients, enrolments, practitioners : frozenset of str
        Keyed ids.
    """

    key: bytes = b""
    clients: frozenset[str] = frozenset()
    enrolments: frozenset[str] = frozenset()
    practitioners: frozenset[str] = frozenset()

    def leaving(self, table: str, column: str) -> frozenset[str]:
        """Ids whose rows of a table are left out by a column."""
        if column == PRACTITIONER_ID and table in PRACTITIONER_TABLES:
            return self.practitioners
        return {ENROLMENT_ID: self.enrolments, CLIENT_ID: self.clients}.get(column, frozenset())

    def blanked(self, table: str, column: str) -> frozenset[str]:
        """Ids that are left out of a column whose rows stay: a practitioner's, of the records of clients."""
        theirs = column in (PRACTITIONER_ID, CO_PRACTITIONER_ID) and table not in PRACTITIONER_TABLES
        return self.practitioners if theirs else frozenset()

    def with_enrolments(self, enrolments: frozenset[str]) -> Withdrawn:
        """The same people with further enrolments of theirs."""
        return replace(self, enrolments=self.enrolments | enrolments)


NOBODY = Withdrawn()


def withdrawn_file(folder: str | Path) -> Path | None:
    """The list of a cohort's folder, where it has one."""
    path = Path(folder) / WITHDRAWN_FILE
    return path if path.is_file() else None


def read_withdrawn(folder: str | Path) -> WithdrawnList | None:
    """The list of a cohort's folder; None where it has none.

    Raises
    ------
    ConfigurationError
        It cannot be used: every problem with its line.
    """
    path = withdrawn_file(folder)
    return load_model(path, WithdrawnList, subject=str(path)) if path else None


def write_withdrawn(listed: WithdrawnList, folder: str | Path) -> Path:
    """Write the list of a cohort's folder; the same list gives the same bytes."""
    path = Path(folder) / WITHDRAWN_FILE
    lines = [f"key: {json.dumps(listed.key)}", "people:"]
    for person in listed.people:
        said = person.model_dump(mode="json", exclude_defaults=True)
        first, *others = (f"{name}: {json.dumps(value)}" for name, value in said.items())
        lines += [f"- {first}", *(f"  {other}" for other in others)]
    write_text(HEADING + "\n".join(lines) + "\n", path)
    return path


def withdrawn_of(folder: str | Path, key: bytes) -> Withdrawn:
    """Whose rows of a cohort are left out.

    Raises
    ------
    ConfigurationError
        The list cannot be used.
    IdentityError
        Its ids were made with another key, so that it would leave nobody out.
    """
    listed = read_withdrawn(folder)
    if listed is None:
        return NOBODY
    if listed.key != key_fingerprint(key):
        raise IdentityError(other_key(folder, listed.key))
    people = listed.people
    return Withdrawn(
        key,
        frozenset(person.client for person in people if person.client),
        frozenset(one for person in people for one in person.enrolments),
        frozenset(person.practitioner for person in people if person.practitioner),
    )


def other_key(folder: str | Path, made_with: str) -> str:
    """What a person is told whose key is not that of the list."""
    path = Path(folder) / WITHDRAWN_FILE
    return (
        f"{path}: its ids were made with the key {made_with}, which is not the one at hand: nobody on it "
        "would be left out\n"
        "    -> Restore that key from where you keep it, or name it as key_file in config/config.yaml. Where "
        "it is lost for good, move the file away and take these people out anew: alliance-modes withdraw."
    )

"""Who is meant by an id that somebody gives, and the entry of that person in the list."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from alliance_modes.cleaning.identity import ID_DIGITS
from alliance_modes.dictionary.named import CLIENT_ID, ENROLMENT_ID, PRACTITIONER_ID
from alliance_modes.ground.errors import IdentityError
from alliance_modes.ingest.whereabouts import Whereabouts
from alliance_modes.ingest.withdrawn import WithdrawnList, WithdrawnPerson

Kind = Literal["", "client", "enrolment", "practitioner"]
"""What an id is said to be of; blank: a client or an enrolment, whichever the data have."""

KEYED = re.compile(rf"[0-9a-f]{{{ID_DIGITS}}}")

NOT_KEYED = (
    "--id takes an id as results show it: 16 digits from 0 to f\n"
    "    -> A case number stays in the history of a terminal: leave --id out and type it when you are asked, "
    "or give a file (--id-file). Take the line that you typed out of the history."
)


@dataclass(frozen=True)
class Given:
    """An id that somebody gives: as results have it (``keyed``) or as the raw files do, and what it is of."""

    text: str
    keyed: bool = False
    kind: Kind = ""
    place: str = "the id"


def person_meant(given: Given, where: Whereabouts, today: date) -> WithdrawnPerson:
    """The entry of the person whom an id stands for, with all enrolments of theirs.

    Parameters
    ----------
    given : Given
        Of an enrolment without more, the whole person is meant: every enrolment of its client. With ``kind``
        ``enrolment`` that one alone.
    where : Whereabouts
        The ids of the cohort.
    today : date
        The day of the entry.

    Raises
    ------
    IdentityError
        Nobody has the id, or several people do. The message does not repeat it.
    """
    if given.keyed and not KEYED.fullmatch(given.text):
        raise IdentityError(NOT_KEYED)
    if given.kind == "practitioner":
        (found,) = _one(_candidates(given, PRACTITIONER_ID, where), given)
        return WithdrawnPerson(withdrawn_on=today, practitioner=found)
    enrolments = frozenset() if given.kind == "client" else _candidates(given, ENROLMENT_ID, where)
    if given.kind == "enrolment":
        return WithdrawnPerson(withdrawn_on=today, enrolments=tuple(_one(enrolments, given)))
    clients = _candidates(given, CLIENT_ID, where)
    theirs = where.clients_of(enrolments)
    if len(clients | theirs) > 1 or (clients and enrolments and not theirs) or len(enrolments) > 1:
        raise _ambiguous(given)
    if not clients | theirs:
        return WithdrawnPerson(withdrawn_on=today, enrolments=tuple(_one(enrolments, given, where)))
    (client,) = clients | theirs
    every = where.enrolments_of([client]) | enrolments
    return WithdrawnPerson(withdrawn_on=today, client=client, enrolments=tuple(sorted(every)))


def with_person(
    listed: WithdrawnList | None, person: WithdrawnPerson, key: str
) -> tuple[WithdrawnList, WithdrawnPerson]:
    """The list with a person, and their entry as it stands there.

    An entry that has an id of theirs becomes one with the new; its day, the first, stays.
    """
    before = listed.people if listed else ()
    same = [one for one in before if not set(one.ids).isdisjoint(person.ids)]
    others = [one for one in before if one not in same]
    together = [*same, person]
    entry = WithdrawnPerson(
        withdrawn_on=min(one.withdrawn_on for one in together),
        client=next((one.client for one in reversed(together) if one.client), None),
        enrolments=tuple(sorted({each for one in together for each in one.enrolments})),
        practitioner=person.practitioner,
        in_releases=_numbers(one.in_releases for one in together),
        perhaps_in_releases=_numbers(one.perhaps_in_releases for one in together),
    )
    if same:
        place = before.index(same[0])
        others.insert(min(place, len(others)), entry)
        return WithdrawnList(key=key, people=tuple(others)), entry
    return WithdrawnList(key=key, people=(*others, entry)), entry


def _numbers(found: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(sorted({number for one in found for number in one}))


def _candidates(given: Given, column: str, where: Whereabouts) -> frozenset[str]:
    if given.keyed:
        return frozenset([given.text]) & where.known(column)
    return where.keyed(column, given.text)


def _one(found: frozenset[str], given: Given, where: Whereabouts | None = None) -> list[str]:
    if len(found) > 1:
        raise _ambiguous(given)
    if found:
        return list(found)
    if where is not None and _candidates(given, PRACTITIONER_ID, where):
        raise IdentityError(
            f"{given.place}: it is that of a practitioner, and of no client or enrolment\n"
            "    -> Say that a practitioner is to be taken out: --practitioner."
        )
    kind = given.kind or "client or enrolment"
    raise IdentityError(
        f"{given.place}: no {kind} of the cohort has it, neither in the raw files nor in the results\n"
        "    -> Look whether it is mistyped. Somebody who is in no data needs no taking out."
    )


def _ambiguous(given: Given) -> IdentityError:
    return IdentityError(
        f"{given.place}: it stands for several people of the cohort\n"
        "    -> Say what it is: --client or --enrolment. Where that does not part them, give the keyed id "
        "that results show, with --id."
    )

"""What ``alliance-modes withdraw`` says, and the certificate of a search that found nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from alliance_modes import __version__
from alliance_modes.ingest.withdrawn import WithdrawnList, WithdrawnPerson
from alliance_modes.running.withdrawal.proof import Left

MOST_NAMED = 20
CANNOT_TELL = (
    "what is drawn in a picture (it was made again without them)",
    "copies outside the project folder: what was passed on, backups, results kept elsewhere",
)


@dataclass(frozen=True)
class Subject:
    """What a certificate is of: the cohort, the list and its digest, and what raw files still hold."""

    cohort: str
    listed: WithdrawnList
    digest: str
    raw: Mapping[str, int]
    not_read: tuple[str, ...]
    locks: Mapping[int, str]


def person_lines(person: WithdrawnPerson, locks: Mapping[int, str]) -> Iterator[str]:
    """Who is taken out, by keyed id, and which releases held them."""
    if person.practitioner:
        yield (
            f"a practitioner ({person.practitioner}): their rows in the staff list and the survey, and their "
            "id in the records of clients, which stay"
        )
    else:
        who = f"a client ({person.client})" if person.client else "enrolments alone"
        yield f"{who} with {_counted(len(person.enrolments), 'enrolment')}: {', '.join(person.enrolments)}"
    yield from release_lines(person.in_releases, person.perhaps_in_releases, locks)


def release_lines(held: tuple[int, ...], perhaps: tuple[int, ...], locks: Mapping[int, str]) -> Iterator[str]:
    """Of each release what it holds; of none that it is so."""
    for number in held:
        yield (
            f"release {number} (data up to {locks.get(number, '?')}) held them: its counts were made with "
            "this person. What was handed over cannot be called back; the next release is protected "
            "against it"
        )
    for number in perhaps:
        yield (
            f"release {number} (data up to {locks.get(number, '?')}) may have held them: as it was recorded, "
            "nobody noted who was in it"
        )
    if not held and not perhaps:
        yield "no recorded release held them"


def raw_lines(raw: Mapping[str, int]) -> Iterator[str]:
    """Which raw files still hold rows of people who were taken out."""
    if raw:
        yield "raw files still hold rows of people who were taken out; nothing of them is read any more:"
        yield from file_lines(raw)
        yield "  have them deleted where they were exported, and export again: raw files are not changed here"


def file_lines(raw: Mapping[str, int]) -> Iterator[str]:
    """Raw files with the number of rows that hold an id of somebody."""
    yield from (f"  {file}: {_counted(rows, 'row')}" for file, rows in raw.items())


def left_lines(left: Left) -> Iterator[str]:
    """What is still there, and what to do about it."""
    yield from _named("an id of theirs stands in", left.searched.found, "delete it, or make it again")
    yield from _named("not made without them", left.older, "move it elsewhere, or delete it")
    yield from _named("a result from before", left.copies, "delete it")


def certificate(subject: Subject, left: Left) -> str:
    """The text of a certificate, which names nobody: the same search gives the same text."""
    people, searched = subject.listed.people, left.searched
    files = ", ".join(f"{n:,} {suffix}" for suffix, n in sorted(searched.files.items()))
    held = tuple(sorted({number for one in people for number in one.in_releases}))
    perhaps = tuple(sorted({number for one in people for number in one.perhaps_in_releases} - {*held}))
    unread = [f"{name}: {why}" for name, why in sorted(searched.unread.items())]
    unread += [
        f"{name}: a notebook with outputs; whether they are of before cannot be told"
        for name in left.notebooks
    ]
    unread += [f"{name}: a raw file that is not read" for name in subject.not_read]
    return "\n".join(
        [
            f"People taken out of cohort {subject.cohort}",
            "",
            f"Last withdrawal: {max(one.withdrawn_on for one in people).isoformat()}",
            f"Entries in the list: {len(people)}",
            f"SHA-256 of the list: {subject.digest}",
            f"Key of the ids: {subject.listed.key}",
            f"Alliance Modes {__version__}",
            "",
            "All results of the cohort were made again from raw files without the rows of these people.",
            f"Files of the project searched for their keyed ids: {sum(searched.files.values()):,} ({files}).",
            f"Files that hold one: {len(searched.found)}.",
            f"Files that are results from before: {len(left.copies)}.",
            f"Results that no rule made of the data without them: {len(left.older)}.",
            "",
            "Not searched, or not wholly:",
            *(f"- {line}" for line in (*unread, *CANNOT_TELL)),
            "",
            "Raw files:",
            *(f"- {line.strip()}" for line in raw_lines(subject.raw)),
            *([] if subject.raw else ["- none that is read holds a row of theirs"]),
            "",
            "Releases:",
            *(f"- {line}" for line in _of_anybody(held, perhaps, subject.locks)),
            *_same_ids(left),
            "",
        ]
    )


def _of_anybody(held: tuple[int, ...], perhaps: tuple[int, ...], locks: Mapping[int, str]) -> Iterator[str]:
    for number in held:
        yield f"release {number} (data up to {locks.get(number, '?')}) was made with at least one of them"
    for number in perhaps:
        lock = locks.get(number, "?")
        yield f"release {number} (data up to {lock}) may have been: who was in it was not noted"
    if not held and not perhaps:
        yield "no recorded release was made with them"


def _same_ids(left: Left) -> Iterator[str]:
    if left.elsewhere:
        yield ""
        yield from elsewhere_lines(left.elsewhere)


def elsewhere_lines(elsewhere: Mapping[str, int]) -> Iterator[str]:
    """Other cohorts whose results have the same ids."""
    for cohort, files in elsewhere.items():
        yield (
            f"cohort {cohort}: the same ids stand in {_counted(files, 'file')} of its results. Cohorts that "
            "number alike give one id to different people; if it is the same person, take them out there "
            f"too: alliance-modes withdraw {cohort}"
        )


def _named(what: str, names: Sequence[str], hint: str) -> Iterator[str]:
    yield from (f"{what}: {name} ({hint})" for name in names[:MOST_NAMED])
    if len(names) > MOST_NAMED:
        yield f"{what}: {len(names) - MOST_NAMED} more files"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"

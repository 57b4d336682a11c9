"""People who start twice: the id of a person that is taken for that of an enrolment stands more than once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from alliance_modes.dictionary.named import CLIENT_ID, ENROLMENT_ID, GROUP_ID, PROGRAMME_ID, STARTED_ON
from alliance_modes.drafting.decisions import Asked, ColumnDraft, SourceDraft
from alliance_modes.drafting.recognise import RawFile
from alliance_modes.ground.yaml_models import OPEN

TELL_STARTS = (PROGRAMME_ID, STARTED_ON, GROUP_ID)
"""Columns that tell the starts of one person apart, the best first."""

MOST_OFFERED = 6
LINKED = ("sessions", "alliance", "group_climate")


def with_starts_asked(
    sources: Sequence[SourceDraft], files: Mapping[tuple[str, ...], RawFile]
) -> list[SourceDraft]:
    """Sources in which the enrolment's id is put together, where it stands in several rows of enrolments.

    Parameters
    ----------
    sources : sequence of SourceDraft
        All sources, ids linked.
    files : mapping of tuple to RawFile
        The raw files by key.

    Notes
    -----
    Offered are columns that, with the id, stand once in each row. A table that has the same column
    is asked the same; of one that has not, the question says how many of its rows cannot say which
    start they belong to.
    """
    found = list(sources)
    for place, source in enumerate(sources):
        column = source.columns.get(ENROLMENT_ID)
        if source.table != "enrolments" or column is None or column.raw is None or column.asked:
            continue
        file = files[source.key]
        if column.raw not in file.facts or file.facts[column.raw].unique == 1:
            continue
        offered = _offered(source, file, column.raw)
        if not offered:
            continue
        twice = {text for text, times in file.facts[column.raw].counts.items() if times > 1}
        question = _question(file, column.raw, twice, offered, _without(found, files, offered, twice))
        found[place] = _joined(source, column, question)
        for other, entry in enumerate(found):
            key = entry.columns.get(ENROLMENT_ID)
            linked = entry.table in LINKED and key is not None and key.raw is not None and not key.asked
            if linked and key is not None and set(offered) & set(files[entry.key].facts):
                found[other] = _joined(entry, key, question)
    return found


def _offered(source: SourceDraft, file: RawFile, raw: str) -> list[str]:
    mapped = [source.columns[name].raw for name in TELL_STARTS if name in source.columns]
    named = [name for name in mapped if name is not None]
    other = {column.raw for column in source.columns.values()}
    further = [
        name
        for name, facts in file.facts.items()
        if name not in other and facts.kind in ("text", "date") and not facts.personal
    ]
    ids = file.cells(raw)
    fit = []
    for name in (*named, *further):
        pairs = Counter(zip(ids, file.cells(name), strict=True))
        filled = file.facts[name].answered == file.rows
        if filled and max(pairs.values()) == 1 and file.facts[name].unique < 1:
            fit.append(name)
    return fit[:MOST_OFFERED]


def _without(
    sources: Sequence[SourceDraft],
    files: Mapping[tuple[str, ...], RawFile],
    offered: Sequence[str],
    twice: set[str],
) -> list[str]:
    """Files of other tables that have none of the columns, with their rows of these people."""
    said = []
    for source in sources:
        key = source.columns.get(ENROLMENT_ID)
        file = files[source.key]
        if source.table not in LINKED or key is None or key.raw is None or key.raw not in file.facts:
            continue
        rows = sum(times for text, times in file.facts[key.raw].counts.items() if text in twice)
        if rows and not set(offered) & set(file.facts):
            said.append(f"{rows} of {file.rows} rows of {file.name} ({source.table})")
    return said


def _question(file: RawFile, raw: str, twice: set[str], offered: Sequence[str], lost: Sequence[str]) -> Asked:
    more = (
        f" {' and '.join(lost)} are of these people and do not say which start: export them with that column"
        if lost
        else ""
    )
    return Asked(
        f'{file.title}, column "{raw}": {len(twice)} keys repeat, in {file.rows} rows, as of people who '
        f"started more than once. Which column makes them one enrolment each?{more}",
        tuple(offered),
    )


def _joined(source: SourceDraft, column: ColumnDraft, question: Asked) -> SourceDraft:
    why = f"{column.why}; with a second column it is an enrolment's"
    joined = replace(
        column, parts=(str(column.raw), OPEN), asked={("parts",): question}, why=why, sure="guess"
    )
    columns = {**source.columns, ENROLMENT_ID: joined}
    if source.table == "enrolments" and CLIENT_ID not in columns:
        person = ColumnDraft(column.raw, "the id of a person stands in several enrolments", "likely")
        columns = {ENROLMENT_ID: joined, CLIENT_ID: person, **columns}
    return replace(source, columns=columns)

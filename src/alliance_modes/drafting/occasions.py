"""On which occasion a form was filled in: told by cells, by names of columns or of the file, or asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from alliance_modes.dictionary.named import (
    COMPLETED_ON,
    ENROLMENT_ID,
    GROUP_ID,
    PRACTITIONER_ID,
    SESSION_NO,
    WAVE,
)
from alliance_modes.drafting.columns import name_score
from alliance_modes.drafting.decisions import Asked, ColumnDraft, InventoryDraft, Key, Scalar, SourceDraft
from alliance_modes.drafting.facts import Facts
from alliance_modes.drafting.recognise import RawFile
from alliance_modes.ground.yaml_models import OPEN
from alliance_modes.words.occasions import Occasion, occasion_of, occasions_in

OCCASION_COLUMN: Mapping[str, str] = {
    "practitioner_survey": WAVE,
    "sessions": SESSION_NO,
    "alliance": SESSION_NO,
    "group_climate": SESSION_NO,
}
"""The column of each table that tells occasions apart."""

WHOSE = (ENROLMENT_ID, PRACTITIONER_ID, GROUP_ID)
MOST_WORDS = 40
SHOWN_COLUMNS = 12


def occasion_column(
    file: RawFile,
    table: str,
    inventories: Sequence[InventoryDraft],
    columns: Mapping[str, ColumnDraft],
    taken: Iterable[str],
) -> dict[str, ColumnDraft]:
    """Where the occasion of the rows of a source stands, if its column was not found by name and numbers.

    Parameters
    ----------
    file : RawFile
        The raw file.
    table : str
        Its table.
    inventories : sequence of InventoryDraft
        What the source reads; all of one occasion.
    columns : mapping of str to ColumnDraft
        What was found by name.
    taken : iterable of str
        Raw columns that are something else.

    Returns
    -------
    dict
        The session (the wave of the survey): a number that is asked where names of columns or of the
        file say when, a column of words with an open label each where the cells do. Empty where nothing
        says it.
    """
    target = OCCASION_COLUMN.get(table)
    if target is None:
        return {}
    occasion = next((entry.occasion for entry in inventories if entry.occasion), "")
    if occasion:
        return {target: _number(file, target, f'the columns named "{occasion}"', occasion_of(occasion))}
    if target in columns:
        return {}
    worded = _of_words(file, target, {*taken, *(column.raw or "" for column in columns.values())})
    if worded is not None:
        return {target: worded}
    said = occasions_in(file.name.rpartition(".")[0])
    numbered = target == WAVE and any(sign.isdigit() for sign in "".join(said))
    if said and not file.further and not numbered:
        return {target: _number(file, target, f'the file named "{said[-1]}"', occasion_of(said[-1]))}
    return {}


def _kind(target: str) -> str:
    return "wave of the survey" if target == WAVE else "session"


def _number(file: RawFile, target: str, what: str, occasion: Occasion | None) -> ColumnDraft:
    likely = f" Its name says {occasion.session}." if occasion and occasion.session is not None else ""
    asked = Asked(
        f"{file.title}: which {_kind(target)} do {what} hold? {file.rows} rows.{likely} Write its number",
        (str(occasion.session),) if occasion and occasion.session is not None else (),
    )
    return ColumnDraft(None, f"{what}", "guess", constant=OPEN, asked={("constant",): asked})


def _of_words(file: RawFile, target: str, taken: set[str]) -> ColumnDraft | None:
    """A column whose cells are all words for occasions; the one with the best name."""
    fit = [
        (-name_score(raw, target), place, raw)
        for place, (raw, facts) in enumerate(file.facts.items())
        if raw not in taken and _is_worded(facts)
    ]
    if not fit:
        return None
    facts = file.facts[min(fit)[2]]
    labels: dict[str, Scalar] = {}
    asked: dict[Key, Asked] = {}
    for text in sorted(facts.counts, key=lambda text: (-facts.counts[text], text)):
        occasion = occasion_of(text)
        if occasion is not None and occasion.session is not None:
            labels[text] = occasion.session
            continue
        labels[text] = OPEN
        asked["labels", text] = Asked(
            f'{file.title}, column "{facts.name}": which {_kind(target)} is "{text}" ({facts.counts[text]} '
            "rows)? Write its number"
        )
    why = f"all {facts.answered} cells are words for occasions"
    return ColumnDraft(facts.name, why, "likely", labels=labels, asked=asked)


def _is_worded(facts: Facts) -> bool:
    words = 0 < len(facts.counts) <= MOST_WORDS and facts.kind in ("text", "number")
    return words and not facts.numbers and all(occasion_of(text) for text in facts.counts)


def with_repeats_asked(
    sources: Sequence[SourceDraft], files: Mapping[tuple[str, ...], RawFile]
) -> list[SourceDraft]:
    """Sources of which the occasion is asked because the same people stand in them more than once.

    Parameters
    ----------
    sources : sequence of SourceDraft
        All sources, ids linked.
    files : mapping of tuple to RawFile
        The raw files by key.

    Notes
    -----
    Repeats without an occasion would be taken for conflicting records of one form, and all but one
    be left out. Within a file the column is asked that tells them apart, across files the number of
    each.
    """
    return [_asked_if_repeated(source, sources, files) for source in sources]


def _asked_if_repeated(
    source: SourceDraft, sources: Sequence[SourceDraft], files: Mapping[tuple[str, ...], RawFile]
) -> SourceDraft:
    target = OCCASION_COLUMN.get(source.table)
    ids = _ids(source, files)
    if target is None or target in source.columns or not ids:
        return source
    if source.table == "alliance" and COMPLETED_ON in source.columns:
        return source
    file = files[source.key]
    if ids.total() > len(ids):
        return _with(source, target, _which_column(source, file, target, ids))
    also = sum((_ids(other, files) for other in sources if _same_form(source, other)), Counter[str]())
    met = sum(text in also for text in ids)
    if not met:
        return source
    asked = Asked(
        f"{file.title_of_part}: {met} of its {len(ids)} ids stand in another file or sheet of "
        f"{source.table} as well. Which {_kind(target)} is this one? Write its number"
    )
    why = "nothing in the file says when it was filled in"
    return _with(source, target, ColumnDraft(None, why, "guess", constant=OPEN, asked={("constant",): asked}))


def _which_column(source: SourceDraft, file: RawFile, target: str, ids: Counter[str]) -> ColumnDraft:
    repeated = sum(times > 1 for times in ids.values())
    asked = Asked(
        f"{file.title_of_part}: {repeated} of {len(ids)} ids stand more than once in {source.table}, and "
        f"nothing says which {_kind(target)} a row is of. Which column tells them apart? Write its name; if "
        "none does, export the file again with one",
        tuple(source.unused[:SHOWN_COLUMNS]),
    )
    return ColumnDraft(OPEN, "no column of this name was found", "guess", asked={("column",): asked})


def _ids(source: SourceDraft, files: Mapping[tuple[str, ...], RawFile]) -> Counter[str]:
    """Cells of the first id that the source maps."""
    raw = next((source.columns[name].raw for name in WHOSE if name in source.columns), None)
    file = files.get(source.key)
    if raw is None or file is None or raw not in file.facts:
        return Counter()
    return Counter(dict(file.facts[raw].counts))


def _same_form(one: SourceDraft, other: SourceDraft) -> bool:
    forms = [{(entry.instrument, entry.rater) for entry in source.inventories} for source in (one, other)]
    return (
        one is not other and one.table == other.table and (forms[0] == forms[1] or bool(forms[0] & forms[1]))
    )


def _with(source: SourceDraft, target: str, column: ColumnDraft) -> SourceDraft:
    return replace(source, columns={**source.columns, target: column})

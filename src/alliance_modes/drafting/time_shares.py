"""The shares of working time in the modes: by what their questions call them, else by their order."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from alliance_modes.domain import MODES
from alliance_modes.drafting.columns import looked_up
from alliance_modes.drafting.decisions import Asked, ColumnDraft
from alliance_modes.drafting.recognise import RawFile
from alliance_modes.words.vocabulary import plain, vocabulary

SHARES: Mapping[str, str] = {mode: f"time_{mode}" for mode in MODES}
MOST_ROWS = 0.8
"""Share of the rows that sum to 100 from which three columns are shares of one whole."""


def time_shares(
    file: RawFile,
    blocks: Sequence[tuple[str, ...]],
    taken: Collection[str],
    found: Mapping[str, ColumnDraft],
    questions: list[str],
) -> dict[str, ColumnDraft]:
    """Three columns whose rows sum to 100: the shares of working time.

    Parameters
    ----------
    file : RawFile
        The raw file.
    blocks : sequence of tuple of str
        Columns that are numbered from 1.
    taken : collection of str
        Columns that are something else.
    found : mapping of str to ColumnDraft
        Canonical columns that were found by their names.
    questions : list of str
        Questions so far.

    Notes
    -----
    Where the questions of the three (in the code book, in the file itself, or as their headers) name the
    three modes, apart from the words that all three share, each column is the mode that it names, whatever
    its place; three columns in a row are enough then. Else a numbered block is taken in the order of the
    modes, which is asked.
    """
    by_name = {str(found[share].raw): mode for mode, share in SHARES.items() if share in found}
    if len(by_name) == len(SHARES):
        return {}
    others = set(taken) - set(by_name)
    numbered = [block for block in blocks if not others & set(block)]
    for columns in (*numbered, *_triples(file, others)):
        if len(columns) != len(SHARES) or not set(by_name) <= set(columns):
            continue
        named = _named(file, columns) | by_name
        settled = sorted(named.values()) == sorted(SHARES)
        sums = _sums_to_100(file, columns) if settled or columns in numbered else ""
        if not sums:
            continue
        if not settled:
            return _in_order(file, columns, named, sums, questions)
        why = f"its question names the mode; {sums}"
        return {SHARES[named[raw]]: ColumnDraft(raw, why) for raw in columns if raw not in by_name}
    return {}


def _triples(file: RawFile, others: Collection[str]) -> Iterator[tuple[str, ...]]:
    """Three columns in a row that are nothing else."""
    names = [name for name in file.facts if name not in others]
    places = {name: place for place, name in enumerate(file.facts)}
    for first, second in pairwise(pairwise(names)):
        three = (*first, second[1])
        if places[three[2]] - places[three[0]] == len(three) - 1:
            yield three


def _sums_to_100(file: RawFile, columns: tuple[str, ...]) -> str:
    """In how many rows three columns sum to 100, in words; '' where they are no shares of one whole."""
    if any(file.facts[name].kind != "number" for name in columns):
        return ""
    rows = list(zip(*(file.cells(name) for name in columns), strict=True))
    full = [tuple(map(float, row)) for row in rows if all(cell.isdigit() for cell in row)]
    right = sum(abs(sum(row) - 100) < 1 for row in full)
    enough = bool(full) and right >= MOST_ROWS * len(full)
    return f"the three sum to 100 in {right} of {len(full)} rows" if enough else ""


def _named(file: RawFile, columns: tuple[str, ...]) -> dict[str, str]:
    """The one mode that the question of a column names where all three differ; none that is denied."""
    found: dict[str, str] = {}
    for column, words in zip(columns, _apart([file.facts[name].text for name in columns]), strict=True):
        modes = [mode for mode in SHARES if mode in words]
        if len(modes) == 1 and not vocabulary().negations.words.intersection(words):
            found[column] = modes[0]
    return found


def _apart(texts: Sequence[str]) -> list[list[str]]:
    """The words of each text without those with which all begin and those with which all end."""
    split = [plain(text).split() for text in texts]
    for _ in range(2):
        while all(split) and len({words[0] for words in split}) == 1:
            split = [words[1:] for words in split]
        split = [words[::-1] for words in split]
    return split


def _in_order(
    file: RawFile,
    columns: tuple[str, ...],
    named: Mapping[str, str],
    sums: str,
    questions: list[str],
) -> dict[str, ColumnDraft]:
    """Columns that do not all say their mode, the others in the order of the modes, which is asked."""
    once = {raw: mode for raw, mode in named.items() if list(named.values()).count(mode) == 1}
    left = iter([mode for mode in SHARES if mode not in once.values()])
    modes = {SHARES[once[raw] if raw in once else next(left)]: raw for raw in columns}
    shown = ", ".join(f"{raw} = {share}" for share, raw in modes.items())
    question = Asked(
        f"{file.title}: is this the order of the shares of working time? {shown}. The export does "
        "not say it: look it up; correct the columns that are otherwise; then write true",
        ("true",),
    )
    why = f"{sums}; taken in the order of the modes"
    drafts = {share: ColumnDraft(raw, why, "guess") for share, raw in modes.items()}
    first = next(iter(drafts))
    return drafts | {first: looked_up(drafts[first], question, questions)}

"""Which raw column is which canonical one: by name, and by whether its cells can be that."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache

from alliance_modes.dictionary.canonical import dictionary, names_in_exports
from alliance_modes.dictionary.columns import Column
from alliance_modes.dictionary.named import ATTENTION_CHECK, ENROLMENT_ID, PRACTITIONER_ID, SESSION_NO
from alliance_modes.drafting.decisions import LOOKED_UP, Asked, ColumnDraft, put
from alliance_modes.drafting.facts import Facts
from alliance_modes.drafting.numbers import without_spikes
from alliance_modes.drafting.question_texts import is_question, without_number
from alliance_modes.drafting.recognise import RawFile
from alliance_modes.ground.yaml_models import OPEN
from alliance_modes.readers.declaration import PARENT
from alliance_modes.words.spelling import opposite
from alliance_modes.words.survey_tools import cannot_mean
from alliance_modes.words.vocabulary import has_words, plain, vocabulary

EXACT, PART, NEAR, ASKED = 1.0, 0.8, 0.7, 0.5
SHORT_NAME = 4
ASKED_FOR = (ENROLMENT_ID, PRACTITIONER_ID, SESSION_NO)
"""Keys that are looked for in question texts too; every other column needs a name."""

STEP = 0.01
CLOSE = 0.88
ID_LENGTH = 40
LABEL_LENGTH = 160
"""Characters of a name (a programme's, say) that few rows of a file can have, beside shorter ones."""

FEW_VALUES = 12
MOST_BANDS, FEWEST_CELLS = 5, 12
"""Different numbers, none above it, that bands of a score have, and cells from which few numbers tell."""

FIRST_BONUS = 0.005
GROUP = "/"
BY_QUESTION = 0.1
"""How much less the question in a code book counts than the column's own name."""

ABOVE = 0.02
"""How much less a column of the sheet above counts than one of the sheet itself."""


@lru_cache(maxsize=1 << 20)
def name_score(raw: str, canonical: str) -> float:
    """How well a raw name, or what follows its group (``group/question``), fits a canonical column."""
    text = without_number(raw)
    last = raw.rpartition(GROUP)[2]
    names = {plain(last), plain(text)} if GROUP not in raw else {plain(last)}
    named = max(_one_name_score(name, canonical) for name in names)
    if GROUP in raw and plain(raw) in names_in_exports()[canonical]:
        named = max(named, EXACT)
    return named or _said_in_question(text, canonical)


def _said_in_question(text: str, canonical: str) -> float:
    """Whether a question ("Which session was this?") speaks of a key, by one of its whole names."""
    if canonical not in ASKED_FOR or not is_question(text):
        return 0.0
    for place, synonym in enumerate(names_in_exports()[canonical]):
        if len(synonym) > SHORT_NAME and has_words(text, synonym):
            return ASKED - STEP * place
    return 0.0


def _one_name_score(name: str, canonical: str) -> float:
    best = 0.0
    for place, synonym in enumerate(names_in_exports()[canonical]):
        late = STEP * place
        if name == synonym:
            best = max(best, EXACT - late)
        elif len(synonym) > 3 and name.startswith(f"{synonym} "):
            first = any(name.endswith(f" {word}") for word in vocabulary().first_of_several)
            best = max(best, PART - late + (FIRST_BONUS if first else 0))
        elif _close(name, synonym):
            best = max(best, NEAR - late)
    return best


def _close(name: str, synonym: str) -> bool:
    """Whether one is a misspelling of the other, the first or the last letter being right."""
    if name[:1] != synonym[:1] and name[-1:] != synonym[-1:]:
        return False
    if abs(len(name) - len(synonym)) > (1 - CLOSE) * (len(name) + len(synonym)):
        return False
    matcher = difflib.SequenceMatcher(None, name, synonym)
    alike = matcher.quick_ratio() >= CLOSE and matcher.ratio() >= CLOSE
    return alike and not opposite(name, synonym)


def can_be(declared: Column, facts: Facts, canonical: str) -> bool:
    """Whether the cells of a raw column can be values of a canonical one."""
    if facts.personal or (facts.coded is not None and facts.coded.free_text):
        return False
    if facts.kind == "empty":
        return declared.type not in ("category", "identifier")
    if declared.type == "date":
        return facts.kind == "date" or facts.dates.found
    if facts.kind == "date":
        return False
    if declared.type in ("integer", "number"):
        low, high = declared.low, declared.high
        rest = without_spikes(facts) or facts.numbers
        fits = facts.kind == "number" and (declared.type == "number" or facts.whole)
        fits = fits and not _bands(declared, facts)
        return fits and (low is None or low <= rest[0]) and (high is None or rest[-1] <= high)
    if declared.type in ("boolean", "category"):
        few = 1 <= len(facts.counts) <= FEW_VALUES
        return few and (declared.type == "category" or len(facts.counts) <= 4 or canonical == ATTENTION_CHECK)
    longest = max(map(len, facts.counts))
    named = declared.type == "label" and len(facts.counts) <= FEW_VALUES and longest <= LABEL_LENGTH
    return named or longest <= ID_LENGTH


def _bands(declared: Column, facts: Facts) -> bool:
    """Whether a score of up to 100 points has only a few small numbers, as bands (1 low, 2 medium) have."""
    small = facts.whole and len(facts.numbers) <= MOST_BANDS >= max(facts.numbers, default=0)
    return declared.unit == "points" and declared.high == 100 and small and facts.answered >= FEWEST_CELLS


def held(declared: Column, facts: Facts) -> str:
    """What the cells are by which a raw column is taken for a canonical one, in counts."""
    cells = f"{facts.answered} of {facts.rows} cells"
    if facts.kind == "empty":
        return f"all {facts.rows} cells are empty"
    if declared.type in ("integer", "number") and facts.numbers:
        limits = "" if declared.low is None or declared.high is None else f", within {declared.low:g} to "
        limits += f"{declared.high:g}" if limits else ""
        return f"{cells} are {facts.numbers[0]:g} to {facts.numbers[-1]:g}{limits}"
    if declared.type == "date":
        return f"{cells} are dates"
    if declared.type in ("boolean", "category"):
        return f"{cells} hold {len(facts.counts)} different value{'s' * (len(facts.counts) > 1)}"
    return f"{cells} are filled, {len(facts.counts)} different"


def match_columns(
    file: RawFile, table: str, taken: Iterable[str], only: Iterable[str] | None = None
) -> dict[str, ColumnDraft]:
    """Canonical columns of ``table`` that ``file`` seems to hold, required ones first, then the best names.

    Parameters
    ----------
    file : RawFile
        The raw file.
    table : str
        Canonical table.
    taken : iterable of str
        Raw columns that are something else (items).
    only : iterable of str, optional
        Canonical columns to look for; default: all of the table.
    """
    declared = dictionary().table(table).columns
    wanted = (
        list(only) if only is not None else [name for name in declared if name not in ("rater", "instrument")]
    )
    items = set(taken)
    pairs = []
    for order, canonical in enumerate(wanted):
        others = something_else(file, canonical, declared[canonical])
        for raw, facts in file.facts.items():
            if raw in items or raw in others:
                continue
            score = _score(raw, facts, canonical) - (ABOVE if PARENT in raw else 0)
            if PARENT in raw and only is not None:  # what stands above tells nothing of this sheet
                continue
            if score > 0 and can_be(declared[canonical], facts, canonical):
                first = declared[canonical].need == "required"
                pairs.append((not first, -score, order, canonical, raw))
    found: dict[str, ColumnDraft] = {}
    used: set[str] = set()
    for _, score, _, canonical, raw in sorted(pairs):
        if canonical not in found and raw not in used:
            exact = -score > PART + FIRST_BONUS
            named = "its name" if exact else "a name close to it"
            if not name_score(raw.rpartition(PARENT)[2], canonical):
                named = "its question in the code book"
            why = f"{named}; {held(declared[canonical], file.facts[raw])}"
            found[canonical] = ColumnDraft(raw, why, "sure" if exact else "likely")
            used.add(raw)
    for canonical in wanted:
        for raw, facts in file.facts.items() if canonical not in found else ():
            called = plain(raw) in declared[canonical].contrary and raw not in used | items
            if called and can_be(declared[canonical], facts, canonical):
                why = f"its name says the contrary; {held(declared[canonical], facts)}"
                found[canonical] = ColumnDraft(raw, why, "guess", contrary=True)
                used.add(raw)
                break
    return {name: found[name] for name in declared if name in found}


def _score(raw: str, facts: Facts, canonical: str) -> float:
    """How well a raw column fits by its name, or else by the question that its code book has for it."""
    named = name_score(raw.rpartition(PARENT)[2], canonical)
    if named or facts.coded is None or not facts.coded.text:
        return named
    return max(0.0, name_score(facts.coded.text, canonical) - BY_QUESTION)


def own_columns(file: RawFile) -> dict[str, Facts]:
    """Columns of the file or sheet itself, those of a sheet above left out."""
    return {raw: facts for raw, facts in file.facts.items() if not raw.startswith(PARENT)}


def something_else(file: RawFile, canonical: str, declared: Column) -> frozenset[str]:
    """Raw columns that cannot be the column ``canonical``, whatever they are called.

    A survey tool's own columns (``survey_tools.cannot_mean``), and, where an id is looked for, a column
    that joins the answers that have columns of their own (``needs``, ``needs/literacy``).
    """
    identifier = declared.type == "identifier"
    own = cannot_mean(file.facts, canonical, identifier)
    joint = {raw.rpartition(GROUP)[0] for raw in file.facts if GROUP in raw} if identifier else set()
    return own | joint


def looked_up(first: ColumnDraft, question: Asked, questions: list[str]) -> ColumnDraft:
    """The first of several columns whose order is a guess, with the question whether it is right."""
    settings = {**first.settings, LOOKED_UP: OPEN}
    return put(replace(first, settings=settings), {(LOOKED_UP,): question}, questions)


def overlap(one: Facts, other: Facts) -> float:
    """Share of the cells of ``one`` whose value also stands in ``other``."""
    if not one.answered:
        return 0.0
    return sum(times for text, times in one.counts.items() if text in other.counts) / one.answered


def column_by_content(file: RawFile, key: Facts, taken: Iterable[str]) -> str | None:
    """The raw column whose values stand in ``key``, most of them."""
    shares: Mapping[str, float] = {
        raw: overlap(facts, key)
        for raw, facts in file.facts.items()
        if raw not in set(taken) and not facts.personal and len(facts.counts) > 2 and facts.kind != "date"
    }
    best = max(shares, key=lambda raw: shares[raw], default=None)
    return best if best is not None and shares[best] >= 0.5 else None

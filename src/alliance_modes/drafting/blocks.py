"""Blocks of item columns: prefix and 1 … k, and which instrument fits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from alliance_modes.drafting.decisions import Asked, InventoryDraft, Key, Scalar, Sure
from alliance_modes.drafting.directions import Items, answers_of, numbered_words, stated_numbers
from alliance_modes.drafting.facts import Facts
from alliance_modes.drafting.numbers import SPIKES
from alliance_modes.drafting.question_texts import question_blocks
from alliance_modes.drafting.recognise import RawFile
from alliance_modes.drafting.response_words import numbered_codes, word_labels
from alliance_modes.drafting.wide import wide_blocks
from alliance_modes.ground.errors import shown
from alliance_modes.ground.yaml_models import OPEN
from alliance_modes.instruments.model import Instrument
from alliance_modes.words.vocabulary import has_words, plain, vocabulary

NUMBERED = re.compile(r"(?P<prefix>.*?)(?P<number>[0-9]+)(?P<end>\]?)")
MARKED = re.compile(
    r"(?P<prefix>.*?)(?P<number>[0-9]+)[_. -]?(?:r|rev|revd|reversed|rec|recoded|rc|inv|umgepolt)\]?",
    re.IGNORECASE,
)
"""Names of items that say that they were reversed: wai_4R, wai_4_rev."""

FEWEST_ITEMS = 3
MOVED = 50
"""Places by which an instrument whose range has to be moved stands behind those whose range fits."""


@dataclass(frozen=True)
class Block:
    """Columns that hold the items of one form, in order; ``texts`` where only question texts head them.

    ``occasion`` is the word in their names that says when, as "T1"; ``called_reversed`` are the items whose
    names say so.
    """

    prefix: str
    columns: tuple[str, ...]
    texts: bool = False
    occasion: str = ""
    called_reversed: tuple[int, ...] = ()


@dataclass(frozen=True)
class Fit:
    """An instrument that a block can be."""

    instrument: Instrument
    sure: Sure
    why: str
    starts_at: float | None = None


def numbered_blocks(names: tuple[str, ...]) -> list[Block]:
    """Columns called prefix + 1 … k (at least three), each block in the order of its numbers.

    A number that only a name with a mark has (``wai_4R``) is filled in from there.
    """
    found: dict[str, dict[int, str]] = {}
    marked: dict[str, dict[int, str]] = {}
    for name in names:
        for pattern, numbers in ((NUMBERED, found), (MARKED, marked)):
            match = pattern.fullmatch(name)
            if match and match["prefix"]:
                numbers.setdefault(match["prefix"], {}).setdefault(int(match["number"]), name)
    blocks = []
    for prefix, plain_names in found.items():
        called = {
            number: name
            for number, name in marked.get(prefix, {}).items()
            if number not in plain_names and number <= len(plain_names) + len(marked[prefix])
        }
        both = {**plain_names, **called} if len(called) < len(plain_names) else plain_names
        if len(both) >= FEWEST_ITEMS and sorted(both) == list(range(1, len(both) + 1)):
            reversed_items = tuple(sorted(set(called) & set(both) - set(plain_names)))
            columns = tuple(both[number] for number in sorted(both))
            blocks.append(Block(prefix, columns, called_reversed=reversed_items))
    return blocks


def named_blocks(names: tuple[str, ...], known: Mapping[str, Instrument]) -> Iterator[tuple[str, Block]]:
    """Blocks whose lines are named (the four lines of a session rating), with their instrument."""
    for instrument, ends in vocabulary().lines.items():
        if instrument not in known:
            continue
        prefixes = {name[: -len(ends[0])] for name in names if name.lower().endswith(ends[0])}
        for prefix in sorted(prefixes):
            columns = tuple(prefix + end for end in ends)
            if set(columns) <= set(names):
                yield instrument, Block(prefix, columns)


def draft_inventories(
    file: RawFile, known: Mapping[str, Instrument]
) -> tuple[list[InventoryDraft], list[str], list[str]]:
    """The inventories of one file.

    Returns
    -------
    tuple
        Inventories, questions, and the columns of blocks that fit no instrument.
    """
    names = tuple(file.facts)
    drafts: list[InventoryDraft] = []
    questions: list[str] = []
    strangers: list[str] = []
    for instrument, block in named_blocks(names, known):
        if _in_range(block, file.facts, known[instrument]):
            why = "lines named as the instrument's, in its order; the numbers fit its range"
            drafts.append(_draft(block, [Fit(known[instrument], "likely", why)], file, questions))
    wide = [Block(one.prefix, one.columns, occasion=one.occasion) for one in wide_blocks(names)]
    beside = {column for block in wide for column in block.columns}
    for block in (*wide, *numbered_blocks(tuple(name for name in names if name not in beside))):
        if other := other_instrument(block.prefix):
            questions.append(_not_known(file, block, other))
            strangers += block.columns
            continue
        fits = instrument_fits(block, file.facts, known, file_rater(file, block.prefix))
        if fits:
            drafts.append(replace(_draft(block, fits, file, questions), occasion=block.occasion))
        else:
            strangers += block.columns
    taken = {*strangers, *(column for draft in drafts for column in draft.columns)}
    for columns in question_blocks(file.facts, taken):
        block = Block("", columns, texts=True)
        fits = _as_many_points(instrument_fits(block, file.facts, known, None), block, file.facts)
        if fits:
            drafts.append(_draft(block, fits, file, questions))
        else:
            questions.append(_fits_nothing(file, block))
            strangers += columns
    return drafts, questions, strangers


def instrument_fits(
    block: Block, facts: Mapping[str, Facts], known: Mapping[str, Instrument], rater: str | None
) -> list[Fit]:
    """Instruments with as many items whose range holds what was answered, the best first."""
    fits: list[tuple[int, Fit]] = []
    for instrument in known.values():
        if instrument.items != len(block.columns):
            continue
        if rater is not None and rater not in instrument.raters:
            continue
        names = vocabulary().instruments.get(instrument.id, (instrument.id.replace("_", " "),))
        place = next((place for place, name in enumerate(names) if _called(block.prefix, name)), None)
        start = _start(block, facts, instrument)
        if start is None or (place is None and start != instrument.range.low):
            continue
        points = _points(block, facts)
        reach = instrument.range.high - instrument.range.low + 1
        spare = int(reach - points) if points else 0
        if place is None:
            fits.append((100 + spare, Fit(instrument, "guess", "by number of items and range only")))
        else:
            why = f"{instrument.items} items, range {instrument.range}, and a name as this instrument has"
            moved = start != instrument.range.low
            fit = Fit(instrument, "likely", why, start if moved else None)
            fits.append((place + spare + MOVED * moved, fit))
    fits.sort(key=lambda fit: fit[0])
    best = [fit for _, fit in fits]
    return [fit for fit in best if fit.sure == "likely"] or best


def other_instrument(prefix: str) -> str:
    """The questionnaire that a block is named as and that no instrument file describes, or ''."""
    for short, name in vocabulary().other_instruments.items():
        if plain(prefix) == short or has_words(prefix, short):
            return name
    return ""


def _as_many_points(fits: list[Fit], block: Block, facts: Mapping[str, Facts]) -> list[Fit]:
    """Those whose response points are as many as the answers that stand in the block, if there are any."""
    points = _points(block, facts)
    same = [fit for fit in fits if fit.instrument.range.high - fit.instrument.range.low + 1 == points]
    return same or fits


def _not_known(file: RawFile, block: Block, other: str) -> str:
    return (
        f"{file.title}: {block.columns[0]} to {block.columns[-1]} are named as the {other}, which is no "
        "instrument of this project, so they are not read. To use them, describe it in config/instruments/."
    )


def _fits_nothing(file: RawFile, block: Block) -> str:
    count = len(block.columns)
    return (
        f'{file.title}: the {count} questions from "{block.columns[0]}" on share their answers, but no '
        f"instrument has {count} items with such a range, so they are not read. Is it a form of a study's "
        "own (describe it in config/instruments/), or is a question of it exported elsewhere?"
    )


def _called(prefix: str, name: str) -> bool:
    code = prefix.partition("[")[0] or prefix
    return has_words(code, name) or plain(code).startswith(name)


def _points(block: Block, facts: Mapping[str, Facts]) -> int:
    """How many different answers the block has, at most; 0 where there are none."""
    numbers = {number for name in block.columns for number in facts[name].numbers}
    words = {word for name in block.columns for word in facts[name].words}
    return int(max(numbers) - min(numbers)) + 1 if numbers else len(words)


def _start(block: Block, facts: Mapping[str, Facts], instrument: Instrument) -> float | None:
    """The number of the lowest answer: the instrument's, or one beside it where only that fits."""
    low = instrument.range.low
    return next((low + moved for moved in (0, -1, 1) if _in_range(block, facts, instrument, moved)), None)


def _in_range(block: Block, facts: Mapping[str, Facts], instrument: Instrument, moved: float = 0) -> bool:
    here = [facts[name] for name in block.columns if facts[name].kind != "empty"]
    numbers = [number for column in here for number in column.numbers]
    usual = [number for number in numbers if number not in SPIKES]
    inside = [number for number in numbers if usual and min(usual) <= number <= max(usual)]
    numbers = inside or numbers
    if not here or any(column.kind == "date" or column.personal for column in here):
        return False
    low, high = instrument.range.low + moved, instrument.range.high + moved
    if numbers:
        whole = not instrument.range.whole or all(number.is_integer() for number in numbers)
        return whole and low <= min(numbers) and max(numbers) <= high
    words = {word for column in here for word in column.words}
    return instrument.range.whole and len(words) <= high - low + 1


def file_rater(file: RawFile, prefix: str = "") -> str | None:
    """Who rated, by a column of the file, else by the names of the block and of the file."""
    if file.rated is not None:
        return file.rated.rater
    for name in (prefix, file.name.rpartition(".")[0]):
        for rater, words in vocabulary().raters.items():
            if any(has_words(name, word) for word in words):
                return rater
    return None


def _draft(block: Block, fits: list[Fit], file: RawFile, questions: list[str]) -> InventoryDraft:
    """The best of ``fits``; what the export does not say is asked at its own key."""
    instrument, why, sure = fits[0].instrument, fits[0].why, fits[0].sure
    asked: dict[Key, Asked] = {}
    settings: dict[str, Scalar] = {}
    forms = _forms(fits, file_rater(file, block.prefix))
    if sure == "guess":
        asked["instrument",] = _which_instrument(block, fits, file)
    elif forms:
        asked["instrument",] = _which_form(block, forms, file)
        sure = "guess"
    rater = _rater(block, fits, file)
    if forms and fits[0].sure != "guess":
        rater = file_rater(file, block.prefix)
    elif rater is None and any(len(fit.instrument.raters) > 1 for fit in fits):
        asked["rater",] = _which_rater(block, fits, file)
    if block.texts:
        settings["in_item_order"] = OPEN
        asked["in_item_order",] = _which_order(block, file)
    words = list(dict.fromkeys(word for name in block.columns for word in file.facts[name].words))
    stated = stated_numbers([file.facts[name] for name in block.columns], instrument)
    labels, unordered, said = word_labels(words, instrument, stated)
    codes = numbered_codes(words, instrument)
    if not codes and (numbered := numbered_words(words, instrument)):
        labels, unordered, said = numbered, [], ""
    if unordered and codes:
        labels, unordered = codes, []
        settings["labels_rising"] = OPEN
        asked["labels_rising",] = _which_direction(labels, instrument, file)
    for word in unordered:
        asked["labels", word] = _which_number(word, instrument, block, file)
    answers = answers_of(Items(file, block.columns, instrument, block.called_reversed, fits[0].starts_at))
    asked |= answers.asked
    settings |= answers.settings
    questions += [question.text for question in asked.values()]
    if labels and said and not unordered and "labels_rising" not in settings:
        listed = ", ".join(f'"{word}" = {value}' for word, value in labels.items())
        questions.append(
            f"{file.title}: is this the order of the answers of {instrument.id}? {listed} ({said})."
        )
    meant: dict[str, Scalar] = {**answers.labels, **labels, **dict.fromkeys(unordered, OPEN)}
    return InventoryDraft(
        instrument.id,
        OPEN if ("rater",) in asked else rater,
        block.columns,
        why + answers.why,
        sure,
        meant,
        answers.missing,
        settings,
        asked,
    )


def _rater(block: Block, fits: list[Fit], file: RawFile) -> str | None:
    """Who filled it in, where names of block or file say so or all that fits has one rater."""
    meant = fits if fits[0].sure == "guess" else fits[:1]
    possible = {rater for fit in meant for rater in fit.instrument.raters}
    said = file_rater(file, block.prefix)
    if said in fits[0].instrument.raters:
        return said
    return next(iter(possible)) if len(possible) == 1 else None


def _forms(fits: list[Fit], said: str | None) -> list[Fit]:
    """Forms of one inventory that the names do not tell apart, or of which one has an unverified key."""
    best = fits[0].instrument
    same = [
        fit
        for fit in fits
        if fit.instrument.measures == best.measures
        and (fit.instrument.range == best.range or not best.is_verified)
        and said in (None, *fit.instrument.raters)
    ]
    raters = {fit.instrument.raters for fit in same}
    return same if not best.is_verified or (said is None and len(raters) > 1) else []


def _which_form(block: Block, forms: list[Fit], file: RawFile) -> Asked:
    said = [
        f"{fit.instrument.id} ({' or '.join(fit.instrument.raters)}, {fit.instrument.range}"
        f"{'' if fit.instrument.is_verified else ', its key not verified'})"
        for fit in forms
    ]
    return Asked(
        f"{file.title}: which form are {_shown(block)}? By number of items and answers they can be "
        f"{' or '.join(said)}",
        tuple(fit.instrument.id for fit in forms),
    )


def _which_instrument(block: Block, fits: list[Fit], file: RawFile) -> Asked:
    return Asked(
        f"{file.title}: which instrument are {_shown(block)}? They are told only by their number and their "
        "answers. If it is none, remove the inventory (an alliance source with it)",
        tuple(fit.instrument.id for fit in fits),
    )


def _which_rater(block: Block, fits: list[Fit], file: RawFile) -> Asked:
    raters = dict.fromkeys(rater for fit in fits for rater in fit.instrument.raters)
    return Asked(f"{file.title}: who filled in {_shown(block)}?", tuple(raters))


def _which_order(block: Block, file: RawFile) -> Asked:
    return Asked(
        f"{file.title}: are {_shown(block)} listed under items in the order of the instrument's items (1 to "
        f"{len(block.columns)})? The file has them in this order and only their texts say which they are. If "
        "not, list them in item order, then write true",
        ("true",),
    )


def _which_direction(labels: Mapping[str, int], instrument: Instrument, file: RawFile) -> Asked:
    order = " < ".join(labels)
    return Asked(
        f"{file.title}: do these answer codes of {instrument.id} rise in this order: {order}? The export "
        "does not say it; look it up in the survey. true: the first is the lowest answer; false: the highest",
        ("true", "false"),
    )


def _which_number(word: str, instrument: Instrument, block: Block, file: RawFile) -> Asked:
    times = sum(file.facts[name].counts.get(word, 0) for name in block.columns)
    return Asked(
        f'{file.title}: which number ({instrument.range}) of {instrument.id} does "{word}" ({times} cells) '
        "stand for?",
        tuple(str(number) for number in instrument.range.numbers()),
    )


def _shown(block: Block) -> str:
    first, last = (shown(name) for name in (block.columns[0], block.columns[-1]))
    return f"the {len(block.columns)} columns {first} to {last}"

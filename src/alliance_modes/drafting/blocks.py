"""Blocks of item columns: prefix and 1 … k, and which instrument fits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from alliance_modes.drafting.decisions import Asked, InventoryDraft, Key, Scalar, Sure
from alliance_modes.drafting.facts import Facts
from alliance_modes.drafting.recognise import RawFile
from alliance_modes.drafting.response_words import word_labels
from alliance_modes.ground.yaml_models import OPEN
from alliance_modes.instruments.model import Instrument
from alliance_modes.words.vocabulary import has_words, plain, vocabulary

NUMBERED = re.compile(r"(?P<prefix>.*?)(?P<number>[0-9]+)(?P<end>\]?)")
FEWEST_ITEMS = 3


@dataclass(frozen=True)
class Block:
    """Columns that hold the items of one form, in order."""

    prefix: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Fit:
    """An instrument that a block can be."""

    instrument: Instrument
    sure: Sure
    why: str


def numbered_blocks(names: tuple[str, ...]) -> list[Block]:
    """Columns called prefix + 1 … k (at least three), each block in the order of its numbers."""
    found: dict[str, dict[int, str]] = {}
    for name in names:
        match = NUMBERED.fullmatch(name)
        if match and match["prefix"]:
            found.setdefault(match["prefix"], {}).setdefault(int(match["number"]), name)
    return [
        Block(prefix, tuple(numbers[number] for number in sorted(numbers)))
        for prefix, numbers in found.items()
        if len(numbers) >= FEWEST_ITEMS and sorted(numbers) == list(range(1, len(numbers) + 1))
    ]


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
            drafts.append(_draft(block, Fit(known[instrument], "likely", why), file, questions))
    for block in numbered_blocks(names):
        fits = instrument_fits(block, file.facts, known, file_rater(file, block.prefix))
        if not fits:
            strangers += block.columns
            continue
        drafts.append(_draft(block, fits[0], file, questions))
        if fits[0].sure == "guess":
            named = ", ".join(fit.instrument.id for fit in fits)
            questions.append(
                f"{file.title}: are {block.columns[0]} to {block.columns[-1]} really "
                f"{fits[0].instrument.id}? By number of items and range they can be: {named}. If they are "
                "none, remove the inventory."
            )
    return drafts, questions, strangers


def instrument_fits(
    block: Block, facts: Mapping[str, Facts], known: Mapping[str, Instrument], rater: str | None
) -> list[Fit]:
    """Instruments with as many items whose range holds what was answered, the best first."""
    fits: list[tuple[int, Fit]] = []
    for instrument in known.values():
        if instrument.items != len(block.columns) or not _in_range(block, facts, instrument):
            continue
        if rater is not None and rater not in instrument.raters:
            continue
        names = vocabulary().instruments.get(instrument.id, (instrument.id.replace("_", " "),))
        place = next((place for place, name in enumerate(names) if _called(block.prefix, name)), None)
        points = _points(block, facts)
        reach = instrument.range.high - instrument.range.low + 1
        spare = int(reach - points) if points else 0
        if place is None:
            fits.append((100 + spare, Fit(instrument, "guess", "by number of items and range only")))
        else:
            why = f"{instrument.items} items, range {instrument.range}, and a name as this instrument has"
            fits.append((place + spare, Fit(instrument, "likely", why)))
    fits.sort(key=lambda fit: fit[0])
    best = [fit for _, fit in fits]
    return [fit for fit in best if fit.sure == "likely"] or best


def _called(prefix: str, name: str) -> bool:
    return has_words(prefix, name) or plain(prefix).startswith(name)


def _points(block: Block, facts: Mapping[str, Facts]) -> int:
    """How many different answers the block has, at most; 0 where there are none."""
    numbers = {number for name in block.columns for number in facts[name].numbers}
    words = {word for name in block.columns for word in facts[name].words}
    return int(max(numbers) - min(numbers)) + 1 if numbers else len(words)


def _in_range(block: Block, facts: Mapping[str, Facts], instrument: Instrument) -> bool:
    here = [facts[name] for name in block.columns if facts[name].kind != "empty"]
    numbers = [number for column in here for number in column.numbers]
    if not here or any(column.kind == "date" or column.personal for column in here):
        return False
    low, high = instrument.range.low, instrument.range.high
    if numbers:
        whole = not instrument.range.whole or all(number.is_integer() for number in numbers)
        return whole and low <= min(numbers) and max(numbers) <= high
    words = {word for column in here for word in column.words}
    return instrument.range.whole and len(words) <= high - low + 1


def file_rater(file: RawFile, prefix: str = "") -> str | None:
    """Who rated, by the names of the block and of the file."""
    for name in (prefix, file.name.rpartition(".")[0]):
        for rater, words in vocabulary().raters.items():
            if any(has_words(name, word) for word in words):
                return rater
    return None


def _draft(block: Block, fit: Fit, file: RawFile, questions: list[str]) -> InventoryDraft:
    instrument, why, sure = fit.instrument, fit.why, fit.sure
    rater = file_rater(file, block.prefix)
    if rater not in instrument.raters:
        rater = instrument.raters[0]
        if len(instrument.raters) > 1:
            questions.append(f"{file.title}: who filled in {instrument.id}? The draft says {rater}.")
            why, sure = f"{why}; the rater is assumed", "guess"
    words = list(dict.fromkeys(word for name in block.columns for word in file.facts[name].words))
    stated = {code: label for name in block.columns for code, label in file.facts[name].value_labels.items()}
    labels, unordered, said = word_labels(words, instrument, stated)
    asked: dict[Key, Asked] = {}
    if unordered:
        choices = [str(number) for number in instrument.range.numbers()]
        for word in unordered:
            times = sum(file.facts[name].counts.get(word, 0) for name in block.columns)
            asked["labels", word] = Asked(
                f'{file.title}: which number ({instrument.range}) of {instrument.id} does "{word}" '
                f"({times} cells) stand for?",
                tuple(choices),
            )
            questions.append(asked["labels", word].text)
    elif labels and said:
        shown = ", ".join(f'"{word}" = {value}' for word, value in labels.items())
        questions.append(
            f"{file.title}: is this the order of the answers of {instrument.id}? {shown} ({said})."
        )
    meant: dict[str, Scalar] = {**labels, **dict.fromkeys(unordered, OPEN)}
    return InventoryDraft(instrument.id, rater, block.columns, why, sure, meant, asked=asked)

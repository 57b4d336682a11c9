"""Blocks of item columns: prefix and 1 … k, and which instrument fits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from alliance_modes.drafting.block_questions import (
    columns_shown,
    fits_nothing,
    not_known,
    which_direction,
    which_form,
    which_instrument,
    which_number,
    which_order,
    which_range,
    which_rater,
    which_scale,
    which_steps,
    why_no_number,
)
from alliance_modes.drafting.decisions import Asked, InventoryDraft, Key, Scalar
from alliance_modes.drafting.directions import Items, answers_of
from alliance_modes.drafting.fits import (
    Block,
    Fit,
    as_many_points,
    called,
    in_range,
    instrument_fits,
    rivals,
    steps,
)
from alliance_modes.drafting.item_words import beside_all_numbers, numbered_words, stated_numbers
from alliance_modes.drafting.question_texts import question_blocks
from alliance_modes.drafting.recognise import RawFile
from alliance_modes.drafting.response_words import numbered_codes, word_labels
from alliance_modes.drafting.wide import wide_blocks
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
        if in_range(block, file.facts, known[instrument]):
            why = "lines named as the instrument's, in its order; the numbers fit its range"
            drafts.append(_draft(block, [Fit(known[instrument], "likely", why)], file, known, questions))
    wide = [Block(one.prefix, one.columns, occasion=one.occasion) for one in wide_blocks(names)]
    beside = {column for block in wide for column in block.columns}
    for block in (*wide, *numbered_blocks(tuple(name for name in names if name not in beside))):
        if other := other_instrument(block.prefix):
            questions.append(not_known(file, block, other))
            strangers += block.columns
            continue
        rater = file_rater(file, block.prefix)
        fits = instrument_fits(block, file.facts, known, rater)
        named = [] if fits or not _numbers_only(block, file) else called(block, known, rater)
        if fits or named:
            drafted = (
                _draft(block, fits, file, known, questions)
                if fits
                else _misfit(block, named, file, questions)
            )
            drafts.append(replace(drafted, occasion=block.occasion))
        else:
            strangers += block.columns
    taken = {*strangers, *(column for draft in drafts for column in draft.columns)}
    for columns in question_blocks(file.facts, taken):
        block = Block("", columns, texts=True)
        fits = as_many_points(instrument_fits(block, file.facts, known, None), block, file.facts)
        if fits:
            drafts.append(_draft(block, fits, file, known, questions))
        else:
            questions.append(fits_nothing(file, block))
            strangers += columns
    return drafts, questions, strangers


def _numbers_only(block: Block, file: RawFile) -> bool:
    kinds = {file.facts[name].kind for name in block.columns}
    return "number" in kinds and kinds <= {"number", "empty"}


def incomplete_blocks(
    file: RawFile, known: Mapping[str, Instrument]
) -> Iterator[tuple[str, list[str], set[int]]]:
    """Numbered columns named as an instrument's that are not its number of items, and what that is."""
    found: dict[str, list[str]] = {}
    for name in (*file.facts, *file.repeated):
        match = NUMBERED.fullmatch(name)
        if match and match["prefix"]:
            found.setdefault(match["prefix"], []).append(name)
    for prefix, columns in found.items():
        items = {
            instrument.items
            for instrument in known.values()
            for name in vocabulary().instruments.get(instrument.id, ())
            if has_words(prefix, name)
        }
        answered = any(file.facts[name].answered for name in columns if name in file.facts)
        if items and answered and len(columns) >= FEWEST_ITEMS and not other_instrument(prefix):
            yield prefix, columns, items


def other_instrument(prefix: str) -> str:
    """The questionnaire that a block is named as and that no instrument file describes, or ''."""
    for short, name in vocabulary().other_instruments.items():
        if plain(prefix) == short or has_words(prefix, short):
            return name
    return ""


def file_rater(file: RawFile, prefix: str = "") -> str | None:
    """Who rated, by a column of the file, else by the names of the block, of the sheet and of the file."""
    if file.rated is not None:
        return file.rated.rater
    for name in (prefix, file.settings.get("sheet", ""), file.name.rpartition(".")[0]):
        for rater, words in vocabulary().raters.items():
            if any(has_words(name, word) for word in words):
                return rater
    return None


def _draft(
    block: Block,
    fits: list[Fit],
    file: RawFile,
    known: Mapping[str, Instrument],
    questions: list[str],
) -> InventoryDraft:
    """The best of ``fits``; what the export does not say is asked at its own key."""
    instrument = fits[0].instrument
    asked: dict[Key, Asked] = {}
    settings: dict[str, Scalar] = {}
    rater, starts = _whose_form(block, fits, file, known, asked)
    if block.texts:
        settings["in_item_order"] = OPEN
        asked["in_item_order",] = which_order(block, file)
    answers = answers_of(
        Items(file, block.columns, instrument, block.called_reversed, fits[0].starts_at, starts)
    )
    labels, unordered, said = _words(block, fits[0], starts, answers.falling, file)
    if unordered and (codes := numbered_codes(unordered, instrument)):
        labels, unordered = codes, []
        settings["labels_rising"] = OPEN
        asked["labels_rising",] = which_direction(labels, instrument, file)
    beside = beside_all_numbers(unordered, instrument, [file.facts[name] for name in block.columns])
    numbered = [word for word in unordered if word not in beside]
    asked |= {("labels", word): which_number(word, instrument, block, file) for word in numbered}
    asked |= {("missing", word): why_no_number(word, instrument, block, file) for word in beside}
    asked |= answers.asked
    settings |= answers.settings
    questions += [question.text for question in asked.values()]
    if labels and said and not unordered and "labels_rising" not in settings:
        listed = ", ".join(f'"{word}" = {value}' for word, value in labels.items())
        questions.append(
            f"{file.title}: is this the order of the answers of {instrument.id}? {listed} ({said})."
        )
    meant: dict[str, Scalar] = {**answers.labels, **labels, **dict.fromkeys(numbered, OPEN)}
    missing = {**answers.missing, **dict.fromkeys(beside, OPEN)}
    sure = "guess" if ("instrument",) in asked else fits[0].sure
    return InventoryDraft(
        instrument.id, rater, block.columns, fits[0].why + answers.why, sure, meant, missing,
        settings, asked,
    )  # fmt: skip


def _whose_form(
    block: Block,
    fits: list[Fit],
    file: RawFile,
    known: Mapping[str, Instrument],
    asked: dict[Key, Asked],
) -> tuple[str | None, tuple[float, ...]]:
    """Who filled in a block, and from which numbers it may count; which form it is goes to ``asked``."""
    said = file_rater(file, block.prefix)
    forms = _forms(fits, said)
    others = rivals(block, file.facts, fits, called(block, known, said), file.name.rpartition(".")[0])
    rater, starts = _rater(block, fits, file), fits[0].starts
    if fits[0].sure == "guess":
        asked["instrument",] = which_instrument(block, fits, file)
    elif others:
        asked["instrument",] = which_range(block, [fits[0], *forms, *others], file)
        starts = _starts_of([fits[0], *others])
    elif forms:
        asked["instrument",] = which_form(block, forms, file)
    if forms and fits[0].sure != "guess":
        rater = said
    elif rater is None and any(len(fit.instrument.raters) > 1 for fit in fits):
        asked["rater",] = which_rater(block, fits, file)
        rater = OPEN
    return rater, starts


def _words(
    block: Block, fit: Fit, starts: tuple[float, ...], falling: bool, file: RawFile
) -> tuple[dict[str, int], list[str], str]:
    """Numbers of the answers in words, words without one, and what has to be confirmed ('' = nothing)."""
    words = list(dict.fromkeys(word for name in block.columns for word in file.facts[name].words))
    stated = stated_numbers([file.facts[name] for name in block.columns], fit.instrument)
    numbered = {} if starts else numbered_words(words, fit.instrument, falling, fit.starts_at)
    if numbered and not numbered_codes(words, fit.instrument):
        return numbered, [], ""
    return word_labels(words, fit.instrument, stated)


def _starts_of(fits: list[Fit]) -> tuple[float, ...]:
    """Numbers from which the answers count by one fit or another; none where all say the same."""
    said = [fit.instrument.range.low if fit.starts_at is None else fit.starts_at for fit in fits]
    return tuple(dict.fromkeys(said)) if len(set(said)) > 1 else ()


def _misfit(block: Block, named: list[Instrument], file: RawFile, questions: list[str]) -> InventoryDraft:
    """A block that is named as an instrument whose range does not hold its numbers: asked, never left out."""
    asked: dict[Key, Asked] = {("instrument",): which_scale(block, named, file)}
    labels: dict[str, Scalar] = {}
    settings: dict[str, Scalar] = {}
    instrument = next((one for one in named if steps(block, file.facts, one)), named[0])
    numbers = steps(block, file.facts, instrument)
    if numbers:
        labels = {
            f"{number:g}": answer for number, answer in zip(numbers, instrument.range.numbers(), strict=True)
        }
        settings["labels_rising"] = OPEN
        asked["labels_rising",] = which_steps(block, numbers, instrument, file)
    rater = file_rater(file, block.prefix)
    if rater is None and len({rater for one in named for rater in one.raters}) > 1:
        asked["rater",] = which_rater(block, [Fit(one, "guess", "") for one in named], file)
    questions += [question.text for question in asked.values()]
    why = f"{columns_shown(block)} are named so, but their numbers are not in its range"
    rater = OPEN if ("rater",) in asked else rater or instrument.raters[0]
    return InventoryDraft(instrument.id, rater, block.columns, why, "guess", labels, {}, settings, asked)


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

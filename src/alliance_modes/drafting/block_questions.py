"""Questions about a block of items: which form it is, who filled it in, in which order and range."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from alliance_modes.drafting.decisions import Asked
from alliance_modes.drafting.fits import Block, Fit, answered
from alliance_modes.drafting.numbers import REASONS
from alliance_modes.drafting.recognise import RawFile
from alliance_modes.ground.errors import shown
from alliance_modes.instruments.model import Instrument


def not_known(file: RawFile, block: Block, other: str) -> str:
    """A block named as a questionnaire that is no instrument of the project: not read."""
    return (
        f"{file.title}: {block.columns[0]} to {block.columns[-1]} are named as the {other}, which is no "
        "instrument of this project, so they are not read. To use them, describe it in config/instruments/."
    )


def fits_nothing(file: RawFile, block: Block) -> str:
    """Questions that share their answers and are no instrument: not read."""
    count = len(block.columns)
    return (
        f'{file.title}: the {count} questions from "{block.columns[0]}" on share their answers, but no '
        f"instrument has {count} items with such a range, so they are not read. Is it a form of a study's "
        "own (describe it in config/instruments/), or is a question of it exported elsewhere?"
    )


def which_form(block: Block, forms: list[Fit], file: RawFile) -> Asked:
    """Which of the forms of one inventory a block is."""
    said = [
        f"{fit.instrument.id} ({' or '.join(fit.instrument.raters)}, {fit.instrument.range}"
        f"{'' if fit.instrument.is_verified else ', its key not verified'})"
        for fit in forms
    ]
    return Asked(
        f"{file.title}: which form are {columns_shown(block)}? By number of items and answers they can be "
        f"{' or '.join(said)}",
        tuple(fit.instrument.id for fit in forms),
    )


def which_instrument(block: Block, fits: list[Fit], file: RawFile) -> Asked:
    """Which instrument a block without a telling name is."""
    return Asked(
        f"{file.title}: which instrument are {columns_shown(block)}? They are told only by their number and "
        "their answers. If it is none, remove the inventory (an alliance source with it)",
        tuple(fit.instrument.id for fit in fits),
    )


def which_rater(block: Block, fits: list[Fit], file: RawFile) -> Asked:
    """Who filled in a block."""
    raters = dict.fromkeys(rater for fit in fits for rater in fit.instrument.raters)
    return Asked(f"{file.title}: who filled in {columns_shown(block)}?", tuple(raters))


def which_order(block: Block, file: RawFile) -> Asked:
    """Whether columns headed by question texts are in the order of the items."""
    return Asked(
        f"{file.title}: are {columns_shown(block)} listed under items in the order of the instrument's items "
        f"(1 to {len(block.columns)})? The file has them in this order, and only their texts say which is "
        "which. If not, list them in item order, then write true",
        ("true",),
    )


def which_direction(labels: Mapping[str, int], instrument: Instrument, file: RawFile) -> Asked:
    """Whether answer codes rise in their order."""
    order = " < ".join(labels)
    return Asked(
        f"{file.title}: do these answer codes of {instrument.id} rise in this order: {order}? The export "
        "does not say it; look it up in the survey. true: the first is the lowest answer; false: the highest",
        ("true", "false"),
    )


def which_number(word: str, instrument: Instrument, block: Block, file: RawFile) -> Asked:
    """Which number a word stands for."""
    times = sum(file.facts[name].counts.get(word, 0) for name in block.columns)
    return Asked(
        f'{file.title}: which number ({instrument.range}) of {instrument.id} does "{word}" ({times} cells) '
        "stand for? If it is no answer, write it under missing of the inventory, with the reason",
        tuple(str(number) for number in instrument.range.numbers()),
    )


def why_no_number(word: str, instrument: Instrument, block: Block, file: RawFile) -> Asked:
    """Why a word stands where an answer is a number."""
    times = sum(file.facts[name].counts.get(word, 0) for name in block.columns)
    return Asked(
        f'{file.title}: why is there no answer where an item of {instrument.id} is "{shown(word)}" ({times} '
        f"cells)? All answers of {instrument.range} stand there as numbers. If the word is one of them, "
        "write its number under labels instead",
        REASONS,
    )


def columns_shown(block: Block) -> str:
    """A block in words: how many columns, from which to which."""
    first, last = (shown(name) for name in (block.columns[0], block.columns[-1]))
    return f"the {len(block.columns)} columns {first} to {last}"


def which_range(block: Block, fits: list[Fit], file: RawFile) -> Asked:
    """Which of several instruments, of whose answers some never occur or which count otherwise."""
    said = []
    for fit in fits:
        low, high = fit.instrument.range.low, fit.instrument.range.high
        start = low if fit.starts_at is None else fit.starts_at
        moved = f", counted from {start:g}" if start != low else ""
        said.append(f"{fit.instrument.id} ({low:g} to {high:g}{moved})")
    return Asked(
        f"{file.title}: which instrument are {columns_shown(block)}? Their answers are "
        f"{answered(block, file.facts)}: {' or '.join(dict.fromkeys(said))}. Nothing in the file says which "
        "answers there were to choose from",
        tuple(dict.fromkeys(fit.instrument.id for fit in fits)),
    )


def which_scale(block: Block, named: Sequence[Instrument], file: RawFile) -> Asked:
    """Which instrument, where none has a range that holds the answers."""
    ranges = " or ".join(f"{one.id} ({one.range})" for one in named)
    return Asked(
        f"{file.title}: which instrument are {columns_shown(block)}, and on which scale? They are named as "
        f"{ranges}, but their numbers are {answered(block, file.facts)}. Export the answers as they were "
        "given, or say under labels which number stands for which answer; if it is none, remove the "
        "inventory (an alliance source with it)",
        tuple(one.id for one in named),
    )


def which_steps(block: Block, numbers: Sequence[float], instrument: Instrument, file: RawFile) -> Asked:
    """Whether numbers at equal steps stand for the answers of an instrument, and which way they run."""
    listed = ", ".join(f"{number:g}" for number in numbers)
    return Asked(
        f"{file.title}: do {listed} in {columns_shown(block)} stand for {instrument.range} of "
        f"{instrument.id}? The export does not say it. true: the first is the lowest answer; false: the "
        "highest",
        ("true", "false"),
    )


def incomplete(file: RawFile, prefix: str, columns: Sequence[str], items: set[int]) -> Asked:
    """Columns named as an instrument's, and fewer or more than its items: not read."""
    numbers = sorted({int(re.sub(r"\D", "", name[len(prefix) :])) for name in columns})
    gaps = sorted(set(range(1, max(numbers) + 1)) - set(numbers))
    said = f", without {', '.join(map(str, gaps))}" if gaps else ""
    said += "".join(f", {shown(name)} twice" for name in columns if name in file.repeated)
    if not said and len(numbers) in items:
        return Asked(
            f"{file.title}: {shown(columns[0])} to {shown(columns[-1])} are named as an instrument, but no "
            "form of it fits this rater and these answers, so they are not read. Describe them under tables, "
            "or write here why they are left out"
        )
    return Asked(
        f'{file.title}: {len(columns)} columns called "{shown(prefix)}" and a number (up to {max(numbers)}'
        f"{said}) are named as an instrument of {' or '.join(map(str, sorted(items)))} items, so they are "
        "not read. Export every item once, an empty column for one that was not asked; or write here why "
        "they are left out"
    )


def not_recognised(file: RawFile) -> Asked:
    """A file, or a part of one, in which no table was recognised."""
    return Asked(
        f"{file.title}: which table is this? Nothing in it could be recognised, so the draft leaves it out. "
        f"Its columns: {', '.join(shown(name) for name in list(file.facts)[:12])}. Describe it under tables, "
        "or write here why it is left out"
    )

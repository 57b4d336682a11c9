"""Which instruments a block of item columns can be: by its name, how many items, and which numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from alliance_modes.drafting.decisions import Sure
from alliance_modes.drafting.facts import Facts
from alliance_modes.drafting.item_words import labelled_numbers
from alliance_modes.drafting.numbers import SPIKES
from alliance_modes.instruments.model import Instrument
from alliance_modes.words.vocabulary import has_words, plain, vocabulary

MOVED = 50
"""Places by which an instrument whose range has to be moved stands behind those whose range fits."""

FEW_ITEMS = 0.25
"""Share of the items up to which those that reach beyond a range do not speak against it."""

FIRST_ANSWERS = (0.0, 1.0)
"""Numbers from which forms usually count."""


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
    """An instrument that a block can be.

    Parameters
    ----------
    instrument : Instrument
        Which.
    sure, why
        How sure, and by what.
    starts_at : float, optional
        The number of the lowest answer, where that is not the instrument's.
    starts : tuple of float
        Numbers of the lowest answer that the answers leave open, the likeliest first; none where labels or
        the answers themselves reach from the lowest to the highest.
    full : bool
        Whether the numbers reach from the lowest to the highest answer.
    place : int
        Place of the name among those of the instrument; many where the block has none of them.
    """

    instrument: Instrument
    sure: Sure
    why: str
    starts_at: float | None = None
    starts: tuple[float, ...] = ()
    full: bool = True
    place: int = 100


def instrument_fits(
    block: Block, facts: Mapping[str, Facts], known: Mapping[str, Instrument], rater: str | None
) -> list[Fit]:
    """Instruments with as many items whose range holds what was answered, the best first.

    Notes
    -----
    What was answered are the numbers of the cells and those that the file labels. A block without a telling
    name is taken for an instrument that counts from another number only where all answers occur.
    """
    fits: list[tuple[int, Fit]] = []
    for instrument in known.values():
        if instrument.items != len(block.columns) or (rater is not None and rater not in instrument.raters):
            continue
        place = _place(block, instrument)
        start = _start(block, facts, instrument)
        if start is None:
            continue
        points = _points(block, facts)
        spare = int(_reach(instrument) - points) if points else 0
        moved = start != instrument.range.low
        if place is None and moved and spare:
            continue
        starts = _starts(block, facts, instrument, start) if spare or moved else ()
        if place is None:
            fit = Fit(instrument, "guess", "by number of items and range only")
        else:
            why = f"{instrument.items} items, range {instrument.range}, and a name as this instrument has"
            fit = Fit(instrument, "likely", why, place=place)
        fit = replace(fit, starts_at=start if moved else None, starts=starts, full=not spare)
        fits.append((fit.place + spare + MOVED * moved, fit))
    fits.sort(key=lambda fit: fit[0])
    best = [fit for _, fit in fits]
    return [fit for fit in best if fit.sure == "likely"] or best


def rivals(
    block: Block,
    facts: Mapping[str, Facts],
    fits: Sequence[Fit],
    named: Sequence[Instrument],
    file_name: str,
) -> list[Fit]:
    """Other instruments of the same name that the answers speak for as well.

    Parameters
    ----------
    block, facts
        The columns.
    fits : sequence of Fit
        From ``instrument_fits``.
    named : sequence of Instrument
        From ``called``.
    file_name : str
        Where it names one instrument by a name of its own, that is the one.

    Returns
    -------
    list of Fit
        Where some answers of the best fit never occur, those of which all do, wherever they begin; and those
        that but a few items reach beyond, of which all others have every answer.
    """
    if not fits or fits[0].sure == "guess":
        return []
    said = [fit for fit in fits if _own_names(fit.instrument, file_name)]
    if said:
        return [] if fits[0] in said else said
    marked = set(block.called_reversed)
    if marked and marked <= set(fits[0].instrument.reversed):  # as its key has them
        return []
    found = [fit for fit in fits[1:] if fit.full and fit.place <= fits[0].place and not fits[0].full]
    known = {fit.instrument.id for fit in (fits[0], *found)}
    numbers = _numbers([facts[name] for name in block.columns])
    for other in named:
        place = _place(block, other)
        if other.id in known or place is None or place > fits[0].place or not numbers:
            continue
        reach = numbers[-1] - numbers[0] + 1
        if not fits[0].full and reach == _reach(other) and other.range.whole:
            found.append(Fit(other, "guess", "", numbers[0], place=place))
        elif reach > _reach(other) and _but_for_few(block, facts, other):
            found.append(Fit(other, "guess", "", place=place))
    return found


def _own_names(instrument: Instrument, text: str) -> bool:
    """Whether a text has a name that is of this instrument and no other."""
    own = vocabulary().instruments.get(instrument.id, ())
    others = {
        name for other, names in vocabulary().instruments.items() if other != instrument.id for name in names
    }
    return any(has_words(text, name) for name in own if name not in others)


def _but_for_few(block: Block, facts: Mapping[str, Facts], instrument: Instrument) -> bool:
    """Whether few items reach beyond a range, and the others together from its lowest to its highest."""
    low, high = instrument.range.low, instrument.range.high
    columns = [_numbers([facts[name]]) for name in block.columns]
    inside = [numbers for numbers in columns if numbers and low <= numbers[0] and numbers[-1] <= high]
    few = len(inside) < len(columns) <= len(inside) + max(1, FEW_ITEMS * len(columns))
    return few and {low, high} <= {number for numbers in inside for number in numbers}


def called(block: Block, known: Mapping[str, Instrument], rater: str | None) -> list[Instrument]:
    """Instruments with as many items that the block is named as, whatever its answers are."""
    return [
        instrument
        for instrument in known.values()
        if instrument.items == len(block.columns)
        and (rater is None or rater in instrument.raters)
        and _place(block, instrument) is not None
    ]


def steps(block: Block, facts: Mapping[str, Facts], instrument: Instrument) -> tuple[float, ...]:
    """Numbers at equal steps (10, 20 … 50), as many as the instrument has answers; else none."""
    numbers = _numbers([facts[name] for name in block.columns])
    even = len({round(after - before, 9) for before, after in pairwise(numbers)}) == 1
    words = any(facts[name].words for name in block.columns)
    return tuple(numbers) if even and not words and len(numbers) == _reach(instrument) else ()


def as_many_points(fits: list[Fit], block: Block, facts: Mapping[str, Facts]) -> list[Fit]:
    """Those whose response points are as many as the answers that stand in the block, if there are any."""
    points = _points(block, facts)
    same = [fit for fit in fits if _reach(fit.instrument) == points]
    return same or fits


def in_range(block: Block, facts: Mapping[str, Facts], instrument: Instrument, moved: float = 0) -> bool:
    """Whether the answers of a block can be those of an instrument, whose range may be moved."""
    here = [facts[name] for name in block.columns if facts[name].kind != "empty"]
    if not here or any(column.kind == "date" or column.personal for column in here):
        return False
    numbers = _numbers(here)
    low, high = instrument.range.low + moved, instrument.range.high + moved
    if numbers:
        whole = not instrument.range.whole or all(number.is_integer() for number in numbers)
        return whole and low <= numbers[0] and numbers[-1] <= high
    words = {word for column in here for word in column.words}
    return instrument.range.whole and len(words) <= high - low + 1


def answered(block: Block, facts: Mapping[str, Facts]) -> str:
    """The numbers of a block, from the lowest to the highest."""
    numbers = _numbers([facts[name] for name in block.columns])
    return f"{numbers[0]:g} to {numbers[-1]:g}" if numbers else "words"


def _place(block: Block, instrument: Instrument) -> int | None:
    """Place of the name of the block among those of the instrument."""
    names = vocabulary().instruments.get(instrument.id, (instrument.id.replace("_", " "),))
    code = block.prefix.partition("[")[0] or block.prefix
    return next(
        (place for place, name in enumerate(names) if has_words(code, name) or plain(code).startswith(name)),
        None,
    )


def _reach(instrument: Instrument) -> float:
    return instrument.range.high - instrument.range.low + 1


def _numbers(columns: Sequence[Facts]) -> list[float]:
    """The numbers of cells and labels in order, without those that look like a code for no answer."""
    numbers = {number for column in columns for number in (*column.numbers, *labelled_numbers(column))}
    usual = [number for number in numbers if number not in SPIKES]
    inside = [number for number in numbers if usual and min(usual) <= number <= max(usual)]
    return sorted(inside or numbers)


def _points(block: Block, facts: Mapping[str, Facts]) -> int:
    """How many different answers the block has, at most; 0 where there are none."""
    numbers = _numbers([facts[name] for name in block.columns])
    words = {word for name in block.columns for word in facts[name].words}
    return int(numbers[-1] - numbers[0]) + 1 if numbers else len(words)


def _start(block: Block, facts: Mapping[str, Facts], instrument: Instrument) -> float | None:
    """The number of the lowest answer: the instrument's, or one beside it where only that fits."""
    low = instrument.range.low
    return next((low + moved for moved in (0, -1, 1) if in_range(block, facts, instrument, moved)), None)


def _starts(
    block: Block, facts: Mapping[str, Facts], instrument: Instrument, start: float
) -> tuple[float, ...]:
    """The numbers of the lowest answer that can be meant, ``start`` first; none where only that can."""
    low = instrument.range.low
    numbers = _numbers([facts[name] for name in block.columns])
    labelled = [number for name in block.columns for number in labelled_numbers(facts[name])]
    if not numbers or not instrument.range.whole:
        return ()
    if labelled and (min(labelled), max(labelled)) == (start, start + _reach(instrument) - 1):
        return ()
    beside = [
        other
        for other in FIRST_ANSWERS
        if other != start and abs(other - low) <= 1 and in_range(block, facts, instrument, other - low)
    ]
    if start != low and low not in beside:
        beside.append(low)
    return (start, *beside) if beside else ()

"""Which way the answers of a block run, from where they count, and which of them are none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from alliance_modes.cohort import REAL_VALUE
from alliance_modes.drafting.decisions import Asked, Key, Scalar
from alliance_modes.drafting.facts import Facts, number_of
from alliance_modes.drafting.item_words import (
    is_answer,
    item_direction,
    items_with_two_directions,
    words_of,
)
from alliance_modes.drafting.numbers import REASONS, SPIKES, standing_out
from alliance_modes.drafting.recognise import RawFile
from alliance_modes.ground.errors import shown
from alliance_modes.ground.yaml_models import OPEN
from alliance_modes.instruments.direction import AGAINST, against_others, with_others
from alliance_modes.instruments.model import Instrument

WITH = 0.2
"""Correlation that each of these has once it is turned; else the answers are no scale."""

SCALE = 0.3
"""Median correlation of the items with the others from which one that no key reverses is taken for turned."""


@dataclass(frozen=True)
class Answers:
    """What a draft says of the answers of one block, beside words that stand for numbers."""

    labels: Mapping[str, Scalar] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Scalar] = field(default_factory=dict)
    asked: Mapping[Key, Asked] = field(default_factory=dict)
    why: str = ""
    falling: bool = False


@dataclass(frozen=True)
class Items:
    """The item columns of one block: in item order, some of them perhaps called reversed (``wai_4R``).

    ``starts_at`` is the number of their lowest answer where it is not the instrument's; ``starts`` are the
    numbers that it may be, where the file leaves that open.
    """

    file: RawFile
    columns: Sequence[str]
    instrument: Instrument
    called_reversed: Sequence[int] = ()
    starts_at: float | None = None
    starts: Sequence[float] = ()

    @property
    def facts(self) -> list[Facts]:
        """What is known of each column."""
        return [self.file.facts[name] for name in self.columns]


def answers_of(items: Items) -> Answers:
    """Direction, start and codes of the answers, from labels, names and how the items go together.

    Notes
    -----
    Words of a known order decide, as value labels of file or code book or behind the numbers of the
    cells, each column for itself: where most items run from the highest answer to the lowest and every
    item has words, all numbers are turned by labels; where single items do, they are
    ``already_reversed``, which is asked where other items have no such words. Words of no known order are
    asked. An item that runs against the others after that (r with the mean of the other items of its
    scale below -0.3, by more than chance) is asked, and so is one that is called reversed.
    """
    asked: dict[Key, Asked] = {}
    settings: dict[str, Scalar] = {}
    missing = _codes(items, asked)
    two = items_with_two_directions(items.facts, items.instrument)
    if two:
        return _contradicted(items, two, missing, asked)
    directions = [item_direction(facts, items.instrument) for facts in items.facts]
    missing |= _words_beside(items, directions, asked)
    stated = [direction for direction in directions if direction is not None]
    falling = sum(stated) < 0 and all(stated) and len(stated) == _answered(items)
    falling = falling and not items.starts
    labels = _numbers_as(items, turned=True) if falling else {}
    other = 1 if falling else -1
    turned = [item for item, direction in enumerate(directions, 1) if direction == other]
    why = _by_labels(items, turned, falling)
    against = _against(items, turned)
    unsaid = _answered(items) - sum(1 for direction in stated if direction)
    if turned and unsaid:
        settings["already_reversed"] = OPEN
        asked["already_reversed",] = _which_fall(items, turned, unsaid)
    elif against or items.called_reversed:
        settings["already_reversed"] = OPEN
        asked["already_reversed",] = _which_reversed(items, turned, against)
    elif turned:
        settings["already_reversed"] = _said(turned)
    if 0 in stated and not turned and not falling and not any(stated):
        labels = _numbers_as(items, turned=False)
        settings["labels_rising"] = OPEN
        asked["labels_rising",] = _which_way(items)
    if items.starts:
        settings["starts_at"] = OPEN
        asked["starts_at",] = _which_start(items)
    elif items.starts_at is not None and not labels:
        settings["starts_at"] = items.starts_at
    return Answers(labels, missing, settings, asked, why, falling)


def _contradicted(
    items: Items, two: Sequence[int], missing: Mapping[str, str], asked: dict[Key, Asked]
) -> Answers:
    """What is asked where file and code book label the answers in two directions."""
    said = (
        f"{items.file.title}: file and code book label the answers of {items.instrument.id} in two "
        f"directions (items {_said(two)}). "
    )
    why = "; file and code book do not label the answers alike"
    settings: dict[str, Scalar] = {}
    if items.starts:
        settings["starts_at"] = OPEN
        asked["starts_at",] = _which_start(items)
    if len(two) < _answered(items) or items.starts:
        settings["already_reversed"] = OPEN
        asked["already_reversed",] = Asked(
            f"{said}Which items does the file hold reversed already?", (_said(two), "none")
        )
        return Answers({}, missing, settings, asked, why)
    asked["labels_rising",] = Asked(
        f"{said}Does the highest number stand for the highest answer? true: yes; false: the lowest does",
        ("true", "false"),
    )
    labels = _numbers_as(items, turned=False)
    return Answers(labels, missing, {**settings, "labels_rising": OPEN}, asked, why)


def _numbers_as(items: Items, turned: bool) -> dict[str, Scalar]:
    """Each number that an answer can be in the file, and the one of the instrument that it stands for."""
    low, high = items.instrument.range.low, items.instrument.range.high
    moved = 0.0 if items.starts_at is None else items.starts_at - low
    return {
        f"{number + moved:g}": int(low + high - number) if turned else number
        for number in items.instrument.range.numbers()
    }


def _answered(items: Items) -> int:
    """How many of the items have an answer."""
    return sum(1 for facts in items.facts if facts.answered)


def _codes(items: Items, asked: dict[Key, Asked]) -> dict[str, str]:
    """Codes that the file labels as no answer, and numbers outside the range that look like codes."""
    missing: dict[str, str] = {}
    for facts in items.facts:
        missing |= facts.labelled_missing
    cells: dict[str, tuple[float, int]] = {}
    for facts in items.facts:
        for text, times in facts.counts.items():
            if (number := number_of(text)) is not None:
                cells[text] = number, cells.get(text, (number, 0))[1] + times
    alone = standing_out(cells)
    counts = {
        text: times
        for text, (number, times) in cells.items()
        if number in SPIKES and text not in missing and (text in alone or not _inside(number, items))
    }
    answered = sum(facts.answered for facts in items.facts)
    strange: dict[str, int] = {}
    for facts in items.facts:
        for text, times in facts.counts.items():
            if number_of(text) is not None and facts.strange(text) and text not in counts:
                strange[text] = strange.get(text, 0) + times
    for text, times in sorted(strange.items()):
        missing[text] = OPEN
        asked["missing", text] = Asked(
            f"{items.file.title}: why is there no answer where an item of {items.instrument.id} is {text} "
            f"({times} of {answered} cells)? The code book does not know this answer",
            (*REASONS, REAL_VALUE),
        )
    for text, times in sorted(counts.items()):
        missing[text] = OPEN
        asked["missing", text] = Asked(
            f"{items.file.title}: why is there no answer where an item of {items.instrument.id} is {text} "
            f"({times} of {answered} cells)? The instrument has {items.instrument.range}",
            (*REASONS, REAL_VALUE),
        )
    return missing


def _words_beside(items: Items, directions: Sequence[int | None], asked: dict[Key, Asked]) -> dict[str, str]:
    """Answers that only some items have a word for, and one that no order of answers knows: asked."""
    found: dict[str, str] = {}
    known = any(directions)
    for facts, direction in zip(items.facts, directions, strict=True):
        words = words_of(facts)
        if direction == 0 and not known and len(words) > 2:  # of an order of their own, asked as a whole
            continue
        for number, word in words.items():
            text = f"{number:g}"
            if text not in facts.counts or is_answer(word, items.instrument) or text in found:
                continue
            found[text] = OPEN
            asked["missing", text] = Asked(
                f"{items.file.title}: is {text} in {shown(facts.name)} ({facts.counts[text]} of "
                f"{facts.answered} cells) an answer of {items.instrument.id}? Its word there is "
                f'"{shown(word)}". If it is none, empty these cells in the file, as in other items it may be',
                (REAL_VALUE,),
            )
    return found


def _inside(number: float | None, items: Items) -> bool:
    low, high = items.instrument.range.low, items.instrument.range.high
    moved = 0.0 if items.starts_at is None else items.starts_at - low
    return number is not None and low + moved <= number <= high + moved


def _which_start(items: Items) -> Asked:
    numbers = [n for facts in items.facts for n in facts.numbers if n not in SPIKES or _inside(n, items)]
    reach = items.instrument.range
    moves = [
        f"with {start:g} each is moved by {reach.low - start:+g}"
        for start in items.starts
        if start != reach.low
    ]
    return Asked(
        f"{items.file.title}: from which number do the answers to {items.columns[0]} to {items.columns[-1]} "
        f"count? They are {min(numbers):g} to {max(numbers):g}, and {items.instrument.id} has {reach}: "
        f"{', '.join(moves)}; with {reach.low:g} none is, and what is outside is refused",
        tuple(f"{start:g}" for start in items.starts),
    )


def _by_labels(items: Items, turned: Sequence[int], falling: bool) -> str:
    parts = []
    booked = any(facts.coded is not None and facts.coded.labels for facts in items.facts)
    whose = "the code book's labels" if booked else "the file's own labels"
    if falling:
        parts.append(f"{whose} run from the highest answer to the lowest: turned by labels")
    if turned:
        parts.append(f"{whose} run the other way for items {_said(turned)}")
    return "".join(f"; {part}" for part in parts)


def _which_fall(items: Items, turned: Sequence[int], unsaid: int) -> Asked:
    listed = ", ".join(items.columns[item - 1] for item in turned)
    every = [item for item, facts in enumerate(items.facts, 1) if facts.answered]
    rising = len(every) - unsaid - len(turned)
    beside = f", those of {rising} the other way" if rising else ""
    return Asked(
        f"{items.file.title}: which items of {items.instrument.id} does the file hold reversed? The words of "
        f"{listed} run from the highest answer to the lowest{beside}, and {unsaid} of {len(every)} items "
        "have no words that say it. The items named are turned back",
        tuple(dict.fromkeys((_said(turned), *(() if rising else (_said(every),))))),
    )


def _which_way(items: Items) -> Asked:
    facts = next(facts for facts in items.facts if item_direction(facts, items.instrument) == 0)
    pairs = [*facts.value_labels.items()] or [(word, "") for word in facts.words]
    shown_pairs = ", ".join(
        f"{code} = {shown(text, 40)}" if text else shown(code, 40) for code, text in pairs
    )
    return Asked(
        f"{items.file.title}: does the highest number stand for the most of what {items.instrument.id} asks "
        f"({items.instrument.range})? The words beside the numbers are of no order that is known: "
        f"{shown_pairs}. true: yes; false: the lowest does",
        ("true", "false"),
    )


def _which_reversed(items: Items, turned: Sequence[int], against: Mapping[int, float]) -> Asked:
    called = list(items.called_reversed)
    proposed = sorted(set(turned) ^ set(against)) or called
    evidence = [f"{items.columns[item - 1]} is called so" for item in called]
    evidence += [
        f"item {item} runs against the others, keyed as the instrument is (r = {r:.2f})"
        for item, r in against.items()
    ]
    if called and not set(called) & set(against):
        evidence.append("with the key as it is no item runs against the others")
        proposed = called
    choices = dict.fromkeys((_said(proposed), *([_said(called)] if called else []), _said(turned)))
    return Asked(
        f"{items.file.title}: which items of {items.instrument.id} does the file hold reversed already? "
        f"{'; '.join(evidence)}. They are turned back, so that scoring reverses nothing twice",
        tuple(choices),
    )


def _said(items: Iterable[int]) -> str:
    return " and ".join(map(str, sorted(items))) or "none"


def _against(items: Items, turned: Sequence[int]) -> dict[int, float]:
    """Items whose keyed answers go against the mean of the others of their scale, with the correlation."""
    instrument = items.instrument
    if any(facts.words or not facts.numbers for facts in items.facts):
        return {}
    values = np.column_stack([_values(items, name) for name in items.columns])
    low, high = instrument.range.low, instrument.range.high
    flip = [item - 1 for item in sorted(set(turned) ^ set(instrument.reversed))]
    values[:, flip] = low + high - values[:, flip]
    found = against_others(values, instrument)
    flip = [item - 1 for item in found]
    values[:, flip] = low + high - values[:, flip]
    after = with_others(values, instrument)
    settled = all(r > AGAINST for r, _ in after.values()) and all(after[item][0] >= WITH for item in found)
    if not set(found) <= {*instrument.reversed, *turned, *items.called_reversed}:
        settled = settled and float(np.median([r for r, _ in after.values()])) >= SCALE
    return found if settled else {}


def _values(items: Items, name: str) -> np.ndarray:
    moved = 0.0 if items.starts_at is None else items.instrument.range.low - items.starts_at
    numbers = [number_of(text) for text in items.file.cells(name)]
    return np.array([n + moved if n is not None and _inside(n, items) else np.nan for n in numbers])

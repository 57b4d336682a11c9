"""Careless responding: which inventories are flagged by which index, and which the plan leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from alliance_modes.cleaning import careless
from alliance_modes.cleaning.inventories import INVENTORY_TABLES, item_columns
from alliance_modes.cleaning.ledger import Ledger
from alliance_modes.dictionary.canonical import SOURCE_COLUMNS
from alliance_modes.dictionary.named import ATTENTION_CHECK, DURATION_SECONDS
from alliance_modes.instruments.administrations import administrations
from alliance_modes.instruments.responses import keyed_values

if TYPE_CHECKING:
    import pandas as pd

    from alliance_modes.ground.compact_table import CompactTable
    from alliance_modes.instruments.model import Instrument
    from alliance_modes.plan.plan import CleaningRules

MEANINGS: Mapping[str, str] = {
    "failed_attention_check": "the attention check was failed",
    "longstring": "nearly all answers in a row are the same (longest run)",
    "irv": "the answers hardly vary (SD of the record's answers)",
    "even_odd": "the two halves of the subscales do not agree (corrected correlation)",
    "completion_time": "filled in faster than it can be read (seconds)",
    "mahalanobis": "a pattern of answers far from all others (p of the distance)",
}

CARELESS_FLAGS: tuple[str, ...] = tuple(MEANINGS)


def screen_careless(ledger: Ledger, rules: CleaningRules, instruments: Mapping[str, Instrument]) -> None:
    """Flag careless records, and leave out those whose flag is in ``rules.exclude_flags``.

    Indices of one record come first. The Mahalanobis distance, which depends on all records, is
    taken over the records left after that; where the plan excludes by it, it is taken again until
    it flags no record, so that cleaning a clean table changes nothing.
    """
    for name in INVENTORY_TABLES:
        found = _flag_attention(ledger, name) | _flag_records(ledger, name, rules, instruments)
        _exclude_flagged(ledger, name, rules, found)
        removes = "mahalanobis" in rules.exclude_flags
        flagged = _flag_distances(ledger, name, rules, instruments, first=True)
        while removes and flagged.any():
            _exclude_flagged(ledger, name, rules, {"mahalanobis": flagged})
            flagged = _flag_distances(ledger, name, rules, instruments, first=False)


def _flag_attention(ledger: Ledger, name: str) -> dict[str, np.ndarray]:
    table = ledger[name]
    if not len(table):
        return {}
    if ATTENTION_CHECK not in table or not table.given(ATTENTION_CHECK).any():
        ledger.not_checked(name, "failed_attention_check", "not recorded: attention check")
        return {}
    passed = table[ATTENTION_CHECK]
    failed = careless.attention_failed(passed.to_numpy(dtype="float64", na_value=np.nan))
    check, answered = "failed_attention_check", passed.notna().to_numpy()
    ledger.check_and_flag(name, check, answered, failed, MEANINGS[check], kind="careless")
    return {check: failed}


def _flag_records(
    ledger: Ledger, name: str, rules: CleaningRules, instruments: Mapping[str, Instrument]
) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    for form in _forms(ledger, name, instruments):
        if form.instrument.items < careless.FEWEST_ITEMS:
            ledger.not_checked(name, "careless", f"fewer than {careless.FEWEST_ITEMS} items", **form.where())
            continue
        for flag, values, hit in (
            *_same_answers(ledger, form, rules),
            *_halves(ledger, form, rules),
            *_time(ledger, form, rules),
        ):
            everywhere = _flag(ledger, form, flag, values, hit)
            found[flag] = found.get(flag, False) | everywhere
    return found


@dataclass(frozen=True)
class _Form:
    """Administrations of one instrument by one rater: places in the table, and answers."""

    table: str
    instrument: Instrument
    rater: str
    places: np.ndarray
    answers: np.ndarray
    seconds: np.ndarray

    def where(self) -> dict[str, str]:
        return {"instrument": self.instrument.id, "rater": self.rater}

    def enough(self) -> np.ndarray:
        """Records with enough answers for an index."""
        return (~np.isnan(self.answers)).sum(axis=1) >= careless.FEWEST_ITEMS


Index = Iterator[tuple[str, np.ndarray, np.ndarray]]
"""Flag, value per record (NaN where not computed), and whether the record is flagged."""


def _forms(ledger: Ledger, name: str, instruments: Mapping[str, Instrument]) -> Iterator[_Form]:
    table = ledger[name]
    for instrument, rater, prefix, places in _places(name, table, instruments):
        yield _Form(
            table=name,
            instrument=instrument,
            rater=rater,
            places=places,
            answers=table.numbers(instrument.item_columns(prefix), places),
            seconds=table.numbers([DURATION_SECONDS], places)[:, 0],
        )


def _places(
    name: str, table: CompactTable, instruments: Mapping[str, Instrument]
) -> list[tuple[Instrument, str, str, np.ndarray]]:
    """Of each block of administrations its instrument, rater, prefix of items, and places in the table."""
    marked = _marked(name, table)
    return [
        (block.instrument, block.rater, block.prefix, marked.index.get_indexer(block.rows.index))
        for block in administrations({name: marked}, instruments)
    ]


def _marked(name: str, table: CompactTable) -> pd.DataFrame:
    """What tells forms apart, and a mark for each answer: which forms there are takes no more."""
    held = table.frame([column for column in (*SOURCE_COLUMNS, "rater", "instrument") if column in table])
    items = [column for block in item_columns(name, table).values() for column in block]
    marks = {
        item: np.where(given, 1, np.nan).astype("float16")
        for item in items
        if (given := table.given(item)).any()
    }
    return held.assign(**marks)


def _same_answers(ledger: Ledger, form: _Form, rules: CleaningRules) -> Index:
    if form.instrument.id in rules.longstring_exempt:
        for flag in ("longstring", "irv"):
            detail = "exempt by the plan: identical answers are legitimate here"
            ledger.not_checked(form.table, flag, detail, **form.where())
        return
    run = np.where(form.enough(), careless.longstring(form.answers), np.nan)
    given = (~np.isnan(form.answers)).sum(axis=1)
    yield "longstring", run, run >= rules.longstring_share * given - 1e-9
    spread = np.where(form.enough(), careless.response_variability(form.answers), np.nan)
    width = form.instrument.range.high - form.instrument.range.low
    yield "irv", spread, spread < rules.irv_below * width


def _halves(ledger: Ledger, form: _Form, rules: CleaningRules) -> Index:
    subscales = tuple(items for items in form.instrument.subscales.values() if len(items) > 1)
    if len(subscales) < rules.even_odd_subscales:
        detail = f"{len(subscales)} subscales; with fewer than {rules.even_odd_subscales} it is mostly noise"
        ledger.not_checked(form.table, "even_odd", detail, **form.where())
        return
    r = careless.even_odd_consistency(keyed_values(form.answers, form.instrument), subscales)
    r = np.where(form.enough(), r, np.nan)
    yield "even_odd", r, r < rules.even_odd_below


def _time(ledger: Ledger, form: _Form, rules: CleaningRules) -> Index:
    if np.isnan(form.seconds).all():
        ledger.not_checked(form.table, "completion_time", "not recorded: completion time", **form.where())
        return
    fast = careless.completion_too_fast(form.seconds, form.instrument.items, rules.seconds_per_item)
    yield "completion_time", form.seconds, fast


def _flag_distances(
    ledger: Ledger, name: str, rules: CleaningRules, instruments: Mapping[str, Instrument], first: bool
) -> np.ndarray:
    flagged = np.zeros(len(ledger[name]), dtype=bool)
    for form in _forms(ledger, name, instruments):
        if form.instrument.items < careless.FEWEST_ITEMS:
            continue
        p = careless.mahalanobis_p(form.answers)
        if p is not None and (first or (p < rules.mahalanobis_p).any()):
            flagged |= _flag(ledger, form, "mahalanobis", p, p < rules.mahalanobis_p)
        elif p is None and first:
            complete = int((~np.isnan(form.answers).any(axis=1)).sum())
            needed = careless.RECORDS_PER_ITEM * form.instrument.items
            detail = (
                f"{complete} complete records (more than {needed} needed), or an item that others determine"
            )
            ledger.not_checked(name, "mahalanobis", detail, **form.where())
    return flagged


def _flag(ledger: Ledger, form: _Form, flag: str, values: np.ndarray, hit: np.ndarray) -> np.ndarray:
    """Note the check and the records that it flags; the flagged rows of the whole table."""
    ledger.check(form.table, flag, int(np.isfinite(values).sum()), int(hit.sum()), **form.where())
    length = len(ledger[form.table])
    everywhere, shown = np.zeros(length, dtype=bool), np.full(length, np.nan)
    everywhere[form.places] = hit
    shown[form.places] = values
    ledger.flag(form.table, everywhere, flag, MEANINGS[flag], shown, kind="careless")
    return everywhere


def _exclude_flagged(ledger: Ledger, name: str, rules: CleaningRules, found: dict[str, np.ndarray]) -> None:
    gone = np.zeros(len(ledger[name]), dtype=bool)
    for flag in CARELESS_FLAGS:
        if flag not in rules.exclude_flags or flag not in found:
            continue
        remaining = ~gone
        ledger.exclude(name, (found[flag] & remaining)[remaining], f"{flag.replace('_', ' ')} (plan)")
        gone |= found[flag]

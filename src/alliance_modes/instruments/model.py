"""One instrument as a frozen, closed model that refuses a contradictory file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field, model_validator

from alliance_modes.dictionary.analysis import every_derived_column
from alliance_modes.domain import Rater
from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.ground.yaml_models import Closed, load_model

SHIPPED = Path(__file__).parent

ItemNumber = Annotated[int, Field(ge=1)]
Items = Annotated[tuple[ItemNumber, ...], Field(min_length=1)]
ScaleName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
ScaleKind = Literal["subscale", "facet", "total"]
Text = Annotated[str, Field(min_length=1, pattern=r"\S")]

UNVERIFIED = "Not verified"
"""How ``verified`` begins where nothing has confirmed the key: such a form is never taken without asking."""

TAKEN = ("item",)
"""Ids whose item columns would be those of the alliance table."""

ENDINGS = ("_item_mean", "_items_valid", "_prorated", "_mean", "_valid")
"""What is put behind a scale's name for the columns that belong to its score."""


class Range(Closed):
    """The declared response range, from which reverse scoring is computed."""

    low: float
    high: float
    whole: bool = True

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}"

    def numbers(self) -> range:
        """The whole numbers of the range."""
        return range(math.ceil(self.low), math.floor(self.high) + 1)


class Scoring(Closed):
    """How items become a score.

    ``sum``: mean of the valid items x number of items. ``mean``: mean of the valid items.
    ``min_valid``: share of a subscale's items that must be valid (1 = all of them).
    ``min_valid_form``: share of all items that must be valid for the form to be scored at all.
    """

    method: Literal["sum", "mean"]
    min_valid: Annotated[float, Field(gt=0, le=1)] = 0.5
    min_valid_form: Annotated[float, Field(ge=0, le=1)] = 0.0

    def items_needed(self, items: int) -> int:
        """Valid items that a subscale of ``items`` items needs to be scored (at least one)."""
        return max(1, _share_of(self.min_valid, items))

    def items_needed_on_form(self, items: int) -> int:
        """Valid items that a form of ``items`` items needs to be scored at all."""
        return _share_of(self.min_valid_form, items)


def _few(items: Iterable[int]) -> str:
    return ", ".join(str(item) for item in sorted(items))


def _share_of(share: float, items: int) -> int:
    return math.ceil(share * items - 1e-9)


class Instrument(Closed):
    """Items, range, key, subscales, scoring and provenance of one instrument version.

    ``subscales`` share no item but those in ``shared``, and hold every item but those in
    ``unscored``, so that neither a slip of the pen nor a forgotten item goes unnoticed. ``facets`` cut
    the same items another way (the modes survey: mode x component). ``total`` names the score over
    all subscales, if there is one. ``measures`` is the same text for versions that can be mistaken
    for one another.
    """

    id: ScaleName
    title: Text
    measures: Text
    raters: Annotated[tuple[Rater, ...], Field(min_length=1)]
    items: Annotated[int, Field(ge=1, le=500)]
    range: Range
    reversed: tuple[ItemNumber, ...] = ()
    subscales: Annotated[dict[ScaleName, Items], Field(min_length=1)]
    shared: tuple[ItemNumber, ...] = ()
    unscored: tuple[ItemNumber, ...] = ()
    facets: dict[ScaleName, Items] = Field(default_factory=dict)
    total: ScaleName | None = None
    scoring: Scoring
    wording: dict[ItemNumber, str] = Field(default_factory=dict)
    responses: dict[str, dict[int, str]] = Field(default_factory=dict)
    source: Text
    rights: Text
    verified: Text

    @model_validator(mode="after")
    def _consistent(self) -> Instrument:
        messages = [*self._item_messages(), *self._name_messages(), *self._range_messages()]
        if messages:
            raise ValueError("; ".join(messages))
        return self

    def _item_messages(self) -> Iterator[str]:
        numbers = set(range(1, self.items + 1))
        single = {"reversed": self.reversed, "shared": self.shared, "unscored": self.unscored}
        lists = {**self.subscales, **self.facets, **single, "wording": tuple(self.wording)}
        for name, items in lists.items():
            strangers = sorted(set(items) - numbers)
            if strangers:
                yield f"{name} names items {strangers}, but the instrument has items 1 to {self.items}"
            if len(set(items)) < len(items):
                yield f"{name} names an item twice"
        if self.wording and set(self.wording) < numbers:
            yield f"wording is there for some items only; items {_few(numbers - set(self.wording))} have none"
        yield from self._membership_messages(numbers)

    def _membership_messages(self, numbers: set[int]) -> Iterator[str]:
        homes: dict[int, list[str]] = {}
        for name, items in self.subscales.items():
            for item in dict.fromkeys(items):
                homes.setdefault(item, []).append(name)
        for item, names in sorted(homes.items()):
            if len(names) > 1 and item not in self.shared:
                yield (
                    f"item {item} stands on two subscales, {' and '.join(names)}; "
                    "where that is meant, name it in shared"
                )
        alone = {item for item in self.shared if len(homes.get(item, [])) < 2} & numbers
        if alone:
            yield f"shared names items {_few(alone)}, which do not stand on two subscales"
        if self.shared and self.total:
            yield f'the total "{self.total}" would count shared items twice; leave the total out'
        forgotten = numbers - set(homes) - set(self.unscored)
        if forgotten:
            yield f"items {_few(forgotten)} are on no subscale; where that is meant, name them in unscored"
        contradicted = set(self.unscored) & set(homes)
        if contradicted:
            yield f"items {_few(contradicted)} are unscored, but stand on a subscale"
        idle = set(self.unscored) & set(self.reversed)
        if idle:
            yield f"items {_few(idle)} are reversed, but unscored"

    def _name_messages(self) -> Iterator[str]:
        names = [*self.subscales, *self.facets, *([self.total] if self.total else [])]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f'"{name}" names two scores; give each its own name'
        for name in names:
            if any(name == other + ending for other in names for ending in ENDINGS):
                yield f'"{name}" is the name of a column that belongs to another score; give it another name'
        if self.id in TAKEN:
            yield f'the id "{self.id}" is taken by the columns of the alliance table'
        if len(set(self.raters)) < len(self.raters):
            yield "raters names one twice"

    def _range_messages(self) -> Iterator[str]:
        low, high = self.range.low, self.range.high
        if low >= high:
            yield "range.low must be below range.high"
        if self.range.whole and (low != round(low) or high != round(high)):
            yield "range has whole: true, but its limits are not whole numbers"
        expected = list(self.range.numbers())
        for language, labels in self.responses.items():
            if sorted(labels) != expected:
                yield f"responses.{language} must label every value {low:g} to {high:g}, and no other"
            elif len({text.strip() for text in labels.values()}) < len(labels):
                yield f"responses.{language} gives two values one label"

    @property
    def is_verified(self) -> bool:
        """Whether the file says by what its key was confirmed."""
        return not self.verified.startswith(UNVERIFIED)

    def item_columns(self, prefix: str | None = None) -> tuple[str, ...]:
        """Canonical item column names: ``<prefix>_1`` to ``<prefix>_<items>``, prefix = the id."""
        return tuple(f"{prefix or self.id}_{item}" for item in range(1, self.items + 1))

    def scales(self) -> Mapping[str, tuple[int, ...]]:
        """Items of every score: subscales, then facets, then the total."""
        scales = {**self.subscales, **self.facets}
        if self.total:
            scales[self.total] = tuple(sorted(item for items in self.subscales.values() for item in items))
        return MappingProxyType(scales)

    def score_column(self, scale: str) -> str:
        """Column of the analysis tables that holds the score of ``scale``."""
        return score_column(self.id, scale)

    def score_range(self, scale: str) -> tuple[float, float]:
        """Lowest and highest possible score of ``scale``, in the instrument's own metric."""
        times = len(self.scales()[scale]) if self.scoring.method == "sum" else 1
        return self.range.low * times, self.range.high * times

    def kind(self, scale: str) -> ScaleKind:
        """Whether ``scale`` is a subscale, a facet or the total."""
        if scale == self.total:
            return "total"
        return "subscale" if scale in self.subscales else "facet"


def score_column(instrument: str, scale: str) -> str:
    """Column of the analysis tables that holds a score: ``<instrument>_<scale>``.

    The instrument is not said twice: ``srs_total`` of ``srs`` is ``srs_total``.
    """
    twice = scale == instrument or scale.startswith(f"{instrument}_")
    return scale if twice else f"{instrument}_{scale}"


@cache
def load_instruments(study_folder: Path | None = None) -> Mapping[str, Instrument]:
    """Every shipped instrument, and those of ``study_folder`` (``config/instruments/``), by id.

    Raises
    ------
    ConfigurationError
        A file is not a valid instrument, its name is not its id, an id is defined twice, or scores
        would stand in columns of the analysis tables that hold something else.
    """
    files = sorted(SHIPPED.glob("*.yaml"))
    if study_folder is not None:
        files += sorted(Path(study_folder).glob("*.yaml"))
    instruments: dict[str, Instrument] = {}
    for file in files:
        subject = f"instrument {file.name}"
        instrument = load_model(file, Instrument, subject=subject)
        if instrument.id != file.stem or instrument.id in instruments:
            twice = instrument.id in instruments
            reason = "is defined twice" if twice else f"must be the file's name ({file.stem})"
            message = f'id "{instrument.id}" {reason}'
            hint = "Rename the file or change its id."
            raise ConfigurationError(subject, [Problem(message, hint, file=file.name)])
        taken = sorted(_columns_taken(instrument, instruments)) if file.parent != SHIPPED else []
        if taken:
            message = f"its scores would be the columns {', '.join(taken)}, which hold something else"
            hint = "Rename the scale, or the instrument: a score's column is <instrument>_<scale>."
            raise ConfigurationError(subject, [Problem(message, hint, file=file.name)])
        instruments[instrument.id] = instrument
    return MappingProxyType(instruments)


def _columns_taken(instrument: Instrument, others: Mapping[str, Instrument]) -> set[str]:
    """Score columns of a study's own instrument that the analysis tables have for something else."""
    scores = {other.score_column(scale) for other in others.values() for scale in other.scales()}
    own = {instrument.score_column(scale) for scale in instrument.scales()}
    return own & (scores | every_derived_column())


def versions_that_fit(
    instrument: Instrument, values: Iterable[float], items: int | None = None
) -> tuple[Instrument, ...]:
    """Shipped versions of the same inventory whose range holds ``values``, e.g. 7 on a WAI-SR.

    Parameters
    ----------
    instrument : Instrument
        The instrument that the responses were declared to come from.
    values : iterable of float
        Responses that its range may not hold.
    items : int, optional
        Number of items that hold responses; default: that of ``instrument``.

    Returns
    -------
    tuple of Instrument
        Those with exactly ``items`` items; where there are none, those with more.
    """
    values, items = tuple(values), items or instrument.items
    others = [
        other
        for other in load_instruments().values()
        if other.id != instrument.id
        and other.measures == instrument.measures
        and all(other.range.low <= value <= other.range.high for value in values)
    ]
    exact = tuple(other for other in others if other.items == items)
    return exact or tuple(other for other in others if other.items > items)


def same_length_versions(instrument: Instrument, turned: Iterable[int], rater: str) -> tuple[str, ...]:
    """Ids of other shipped versions with as many items, of which exactly ``turned`` are reversed.

    Only versions that ``rater`` fills in.
    """
    turned = set(turned)
    return tuple(
        other.id
        for other in load_instruments().values()
        if other.id != instrument.id
        and other.measures == instrument.measures
        and other.items == instrument.items
        and rater in other.raters
        and set(other.reversed) == turned
    )

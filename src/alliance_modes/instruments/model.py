"""One instrument as a frozen, closed model that refuses a contradictory file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field, model_validator

from alliance_modes.configuration import Closed, load_model
from alliance_modes.errors import ConfigurationError, Problem

SHIPPED = Path(__file__).parent

Level = Annotated[int, Field(ge=1)]


class Range(Closed):
    """The declared response range, from which reverse scoring is computed."""

    low: float
    high: float
    whole: bool = True


class Scoring(Closed):
    """How items become a score.

    ``sum``: mean of the valid items x number of items. ``mean``: mean of the valid items.
    ``min_valid``: share of a subscale's items that must be valid (1 = all of them).
    """

    method: Literal["sum", "mean"]
    min_valid: Annotated[float, Field(gt=0, le=1)] = 0.5
    min_valid_form: Annotated[float, Field(ge=0, le=1)] = 0.0


class Instrument(Closed):
    """Items, range, key, subscales, scoring and provenance of one instrument version.

    ``subscales`` share no item. ``facets`` cut the same items another way (the modes survey:
    mode x component). ``total`` names a score over all items, if there is one.
    """

    id: str
    title: str
    measures: str
    raters: tuple[Literal["client", "practitioner", "observer"], ...]
    items: Annotated[int, Field(ge=1, le=500)]
    range: Range
    reversed: tuple[Level, ...] = ()
    subscales: dict[str, tuple[Level, ...]]
    facets: dict[str, tuple[Level, ...]] = Field(default_factory=dict)
    total: str | None = None
    scoring: Scoring
    wording: dict[Level, str] = Field(default_factory=dict)
    responses: dict[str, dict[int, str]] = Field(default_factory=dict)
    source: str
    rights: str
    verified: str

    @model_validator(mode="after")
    def _consistent(self) -> Instrument:
        messages = []
        numbers = set(range(1, self.items + 1))
        seen: dict[int, str] = {}
        for name, items in self.subscales.items():
            for item in items:
                if item in seen:
                    messages.append(f"item {item} stands on two subscales, {seen[item]} and {name}")
                seen[item] = name
        groups = {**self.subscales, **self.facets, "reversed": self.reversed, "wording": tuple(self.wording)}
        for name, items in groups.items():
            strangers = sorted(set(items) - numbers)
            if strangers:
                messages.append(f"{name} names items {strangers}, but the instrument has items 1 to {self.items}")
        if self.range.low >= self.range.high:
            messages.append("range.low must be below range.high")
        for language, labels in self.responses.items():
            expected = list(range(int(self.range.low), int(self.range.high) + 1))
            if sorted(labels) != expected:
                messages.append(f"responses.{language} must label every value {expected[0]} to {expected[-1]}")
        if messages:
            raise ValueError("; ".join(messages))
        return self

    def item_columns(self, prefix: str | None = None) -> tuple[str, ...]:
        """Canonical item column names: ``<prefix>_1`` to ``<prefix>_<items>``, prefix = the id."""
        return tuple(f"{prefix or self.id}_{item}" for item in range(1, self.items + 1))

    def scales(self) -> Mapping[str, tuple[int, ...]]:
        """Items of every score: subscales, then facets, then the total."""
        scales = {**self.subscales, **self.facets}
        if self.total:
            scales[self.total] = tuple(sorted(item for items in self.subscales.values() for item in items))
        return MappingProxyType(scales)


@cache
def load_instruments(study_folder: Path | None = None) -> Mapping[str, Instrument]:
    """Every shipped instrument, and those of ``study_folder`` (``config/instruments/``), by id.

    Raises
    ------
    ConfigurationError
        A file is not a valid instrument, its name is not its id, or an id is defined twice.
    """
    files = sorted(SHIPPED.glob("*.yaml"))
    if study_folder is not None:
        files += sorted(Path(study_folder).glob("*.yaml"))
    instruments: dict[str, Instrument] = {}
    for file in files:
        instrument = load_model(file, Instrument, subject=f"instrument {file.name}")
        if instrument.id != file.stem or instrument.id in instruments:
            reason = "is defined twice" if instrument.id in instruments else f"must be the file's name ({file.stem})"
            raise ConfigurationError(f"instrument {file.name}", [Problem(f'id "{instrument.id}" {reason}', "Rename the file or change its id.", file=file.name)])
        instruments[instrument.id] = instrument
    return MappingProxyType(instruments)

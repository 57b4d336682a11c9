"""Which forms there are and what is asked in each, read from ``forms.yaml``."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from alliance_modes.domain import Rater
from alliance_modes.ground.yaml_models import Closed, load_model
from alliance_modes.words.pseudonyms import Kind


class FormLayout(Closed):
    """One form; its keys are explained at the top of ``forms.yaml``."""

    table: str
    consent: Literal["own", "other"]
    rater: Rater | None = None
    record: bool = False
    before: dict[str, tuple[str, ...]]
    after: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    def columns(self) -> tuple[str, ...]:
        """Every canonical column that is asked."""
        return tuple(name for part in (self.before, self.after) for names in part.values() for name in names)


class AskedAs(Closed):
    """What one column is asked as."""

    pseudonym: Kind | None = None
    code: bool = False
    choices: str = ""
    seen: bool = False
    today: bool = False
    required: bool = False
    only_if: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class Layout(Closed):
    """All forms, and what is said of columns."""

    forms: dict[str, FormLayout]
    adds_up_to: dict[str, float]
    columns: dict[str, AskedAs]

    def records(self) -> tuple[str, ...]:
        """Forms of every study."""
        return tuple(name for name, form in self.forms.items() if form.record)


@cache
def layout() -> Layout:
    """The layout, read once."""
    return load_model(Path(__file__).with_name("forms.yaml"), Layout)


def asked_as(column: str) -> AskedAs:
    """What ``column`` is asked as."""
    return layout().columns.get(column, AskedAs())

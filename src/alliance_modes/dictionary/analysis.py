"""Columns of the analysis tables that a plan may name, and who tells what stands in each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from alliance_modes.domain import Source
from alliance_modes.ground.yaml_models import Closed, load_model

Told = Mapping[str, Source | None]
"""Who tells each column; None where the column does not say."""


class Tellers(Closed):
    """Columns by who tells them."""

    records: tuple[str, ...] = ()
    client: tuple[str, ...] = ()
    practitioner: tuple[str, ...] = ()
    observer: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def told(self) -> dict[str, Source | None]:
        """Each column with who tells it."""
        found: dict[str, Source | None] = dict.fromkeys(self.records, "records")
        found |= dict.fromkeys(self.client, "client")
        found |= dict.fromkeys(self.practitioner, "practitioner")
        found |= dict.fromkeys(self.observer, "observer")
        return found | dict.fromkeys(self.unknown, None)


class AnalysisDictionary(Closed):
    """``analysis.yaml``: the columns that each analysis table has of its own."""

    practitioner: Tellers
    enrolment: Tellers
    enrolment_alone: Tellers
    session: Tellers
    alliance: Tellers


@cache
def derived_columns() -> Mapping[str, Told]:
    """The columns that ``derive`` makes in every cohort, by analysis table that a model can name."""
    every = load_model(Path(__file__).with_name("analysis.yaml"), AnalysisDictionary)
    carried = every.practitioner.told() | every.enrolment.told()
    return MappingProxyType(
        {
            "enrolment": carried | every.enrolment_alone.told(),
            "session": carried | every.session.told(),
            "alliance": carried | every.alliance.told(),
        }
    )

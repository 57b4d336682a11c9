"""The figures of how well the instruments measured."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from alliance_modes.dictionary.canonical import TABLES
from alliance_modes.dictionary.named import ENROLMENT_ID, SESSION_NO
from alliance_modes.figures.declared import Declared

if TYPE_CHECKING:
    import pandas as pd

    from alliance_modes.figures.picture import Picture
    from alliance_modes.instruments.model import Instrument
    from alliance_modes.scoring.stored import Scores

Measured = Mapping[str, "pd.DataFrame"]
"""The tables of ``measurement_tables`` by name."""


_DRAWN = ("rater", "instrument", "scale", "kind", "score")
READ: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {**dict.fromkeys(TABLES, _DRAWN), "alliance": (*_DRAWN, ENROLMENT_ID, SESSION_NO, "item_mean")}
)
"""By clean table, the columns of its scores that are looked at."""


def _reliability_intervals(measured: Measured) -> Picture:
    from alliance_modes.figures.reliability_intervals import reliability_intervals

    return reliability_intervals(measured["reliability"])


def _item_responses(measured: Measured) -> Picture:
    from alliance_modes.figures.item_responses import item_responses

    return item_responses(measured["item_responses"])


def _rater_agreement(
    measured: Measured,
    scores: Scores,
    enrolments: pd.DataFrame,
    instruments: Mapping[str, Instrument],
) -> Picture:
    from alliance_modes.figures.rater_agreement import rater_agreement
    from alliance_modes.measurement.agreement.pairs import rater_pairs

    return rater_agreement(measured["agreement_raters"], rater_pairs(scores, enrolments, instruments))


def _score_distributions(scores: Scores, instruments: Mapping[str, Instrument]) -> Picture:
    from alliance_modes.figures.score_distributions import score_distributions

    return score_distributions(scores, instruments)


FIGURES = (
    Declared(
        "reliability_intervals",
        "reliability",
        ("measured",),
        _reliability_intervals,
        "reliability_intervals",
    ),
    Declared("item_responses", "item responses", ("measured",), _item_responses, "item_responses"),
    Declared(
        "rater_agreement",
        "client and practitioner",
        ("measured", "scores", "enrolments", "instruments"),
        _rater_agreement,
        "rater_agreement",
        of_people=True,
    ),
    Declared(
        "score_distributions",
        "distribution of scores",
        ("scores", "instruments"),
        _score_distributions,
        "score_distributions",
        section="measurement",
    ),
)
"""Made by ``figures_measurement`` from the tables of measurement, the scores and the clean enrolments."""

"""What is known from elsewhere: the published figures that a report sets beside its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SECONDARY = "secondary source; check before quoting"

Ends = Literal["left early", "never started", "started, then left early"]
Of = Literal["of those who started", "of all enrolled"]


@dataclass(frozen=True)
class Known:
    """One published figure: what it is about, its value, and where it stands."""

    topic: str
    fact: str
    value: str
    source: str


@dataclass(frozen=True)
class PublishedRate:
    """A published rate of an end, with its denominator, to be set beside that of a cohort.

    ``per_hundred`` is in people of a hundred; ``where`` says whose they are, after "in".
    """

    ends: Ends
    of: Of
    per_hundred: float
    where: str
    source: str


RATES = (
    PublishedRate(
        "left early",
        "of those who started",
        27.1,
        "114 studies of programmes for people who have offended (41,438 people)",
        "Olver, Stockdale & Wormith 2011",
    ),
    PublishedRate(
        "left early",
        "of those who started",
        37.8,
        "programmes about violence in the family",
        "Olver, Stockdale & Wormith 2011",
    ),
    PublishedRate(
        "never started",
        "of all enrolled",
        41.6,
        "a community programme in England and Wales",
        SECONDARY,
    ),
    PublishedRate(
        "started, then left early",
        "of all enrolled",
        15.4,
        "a community programme in England and Wales",
        SECONDARY,
    ),
)
"""Rates that a cohort has too. Reviews of attrition count those who leave and those who are removed."""

_OLVER, _DOMESTIC, _NEVER, _NOT_COMPLETED = RATES
KNOWN = (
    Known(
        "completion",
        "Attrition from offender treatment, all programmes",
        f"{_OLVER.per_hundred} % (114 studies, N = 41,438)",
        _OLVER.source,
    ),
    Known(
        "completion",
        "Attrition from domestic-violence programmes",
        f"{_DOMESTIC.per_hundred} %",
        _DOMESTIC.source,
    ),
    Known(
        "completion",
        "Community cognitive-skills programme, England & Wales",
        f"{_NEVER.per_hundred} % never started, a further {_NOT_COMPLETED.per_hundred} % did not complete",
        _NEVER.source,
    ),
    Known(
        "alliance",
        "Alliance and outcome, adult psychotherapy",
        "r = .278 [.256, .299] (295 studies)",
        "Flückiger et al. 2018",
    ),
    Known(
        "alliance",
        "Alliance and drop-out / misconduct / recidivism, forensic settings",
        "d = .390 / .374 / .196 (21 studies)",
        "meta-analysis, doi 10.1177/0306624X261448931",
    ),
    Known(
        "alliance",
        "Practitioners' share of the variance of outcome",
        "about 5–7 %",
        "Wampold & Brown 2005; Schiefele et al. 2017 (48,648 patients, 1,800 therapists)",
    ),
)


def known_about(topic: str) -> tuple[Known, ...]:
    """The published figures on ``topic`` (``completion`` or ``alliance``)."""
    return tuple(known for known in KNOWN if known.topic == topic)

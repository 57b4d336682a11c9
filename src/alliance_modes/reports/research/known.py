"""What is known from elsewhere: the published figures that a report sets beside its own."""

from __future__ import annotations

from typing import NamedTuple

SECONDARY = "secondary source; check before quoting"


class Known(NamedTuple):
    """One published figure: what it is about, its value, and where it stands."""

    topic: str
    fact: str
    value: str
    source: str


KNOWN = (
    Known(
        "completion",
        "Attrition from offender treatment, all programmes",
        "27.1 % (114 studies, N = 41,438)",
        "Olver, Stockdale & Wormith 2011",
    ),
    Known(
        "completion",
        "Attrition from domestic-violence programmes",
        "37.8 %",
        "Olver, Stockdale & Wormith 2011",
    ),
    Known(
        "completion",
        "Community cognitive-skills programme, England & Wales",
        "41.6 % never started, a further 15.4 % did not complete",
        SECONDARY,
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

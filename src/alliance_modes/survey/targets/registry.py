"""Every survey tool that a survey can be written for; a new one is added here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from alliance_modes.survey.target import Target
from alliance_modes.survey.targets import limesurvey, qualtrics, redcap, xlsform
from alliance_modes.survey.targets.paper import target as paper

EVERY = (
    xlsform.KOBO,
    xlsform.ODK,
    redcap.REDCAP,
    limesurvey.TARGET,
    qualtrics.TARGET,
    paper.PAPER,
    paper.LARGE_PRINT,
)
TARGETS: Mapping[str, Target] = MappingProxyType({one.name: one for one in EVERY})

"""The computations that a study can name; nothing else is ever run for one."""

from __future__ import annotations

from collections.abc import Mapping

from alliance_modes.published.computed.computation import Computation
from alliance_modes.published.computed.odds_ratios import KEYS as OF_ODDS_RATIOS
from alliance_modes.published.computed.odds_ratios import odds_ratios_pooled
from alliance_modes.published.computed.programmes import KEYS as OF_PROGRAMMES
from alliance_modes.published.computed.programmes import scores_by_programme
from alliance_modes.published.computed.rearrest import KEYS as OF_REARREST
from alliance_modes.published.computed.rearrest import PACKAGE, rearrest

COMPUTATIONS: Mapping[str, Computation] = {
    "scores_by_programme": Computation("cohort", OF_PROGRAMMES, scores_by_programme),
    "odds_ratios_pooled": Computation("data", OF_ODDS_RATIOS, odds_ratios_pooled),
    "rearrest": Computation("package", OF_REARREST, rearrest, package=PACKAGE),
}

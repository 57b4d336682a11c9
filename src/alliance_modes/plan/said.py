"""Places in a plan, and the values there, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alliance_modes.plan.changes import Path
from alliance_modes.plan.terms import PRODUCT, Predictor
from alliance_modes.words.names import listed, uncapital

PARTS = {
    "models": "model",
    "predictors": "predictor",
    "outcomes": "outcome",
    "relations": "relational analysis",
}
"""Keys below which parts have names of their own."""

KEYS = {
    "m": "completed data sets at most (m)",
    "enough": "when no more data sets are made (enough)",
    "tipping": "shifts of the tipping point",
    "p_ratio": "p-ratio of sums",
    "base": "rounded to the nearest (base)",
    "threshold": "smallest count that is shown (threshold)",
    "random": "random intercepts",
    "tested": "what is tested",
    "where": "rows that are the population (where)",
    "formula": "predictors in the formula",
    "rater": "who tells it (rater)",
    "draws": "draws at most",
    "losses": "losses without agreement",
    "two_level": "factors at two levels",
    "disclosure": "what a release withholds",
}
"""Keys that say more in other words than with spaces for underscores."""


def path_said(path: Path) -> str:
    """Where an entry of a plan stands: ``model completion, outcome completed: claim``."""
    named: list[str] = []
    rest = list(path)
    while len(rest) > 1 and rest[0] in PARTS:
        named.append(f"{PARTS[rest[0]]} {rest[1]}")
        rest = rest[2:]
    if not named and len(rest) > 1:
        named.append(_key(rest.pop(0)))
    told = ", ".join(map(_key, rest))
    return ": ".join(part for part in (", ".join(named), told) if part)


def value_said(value: Any) -> str:
    """A value of a plan as a reader sees it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value == "":
        return "not set"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return "; ".join(f"{_key(str(key))}: {value_said(one)}" for key, one in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(value_said, value)) or "none"
    return str(value)


def _key(name: str) -> str:
    return KEYS.get(name, name.replace("_", " "))


def terms_said(names: Iterable[str], predictors: Mapping[str, Predictor]) -> str:
    """Predictors and products of two by their labels."""
    products = [
        " by ".join(uncapital(predictors[part].label) for part in name.split(PRODUCT)) for name in names
    ]
    return listed(products)

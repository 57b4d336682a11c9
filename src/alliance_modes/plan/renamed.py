"""Parts of a plan that have another name and are otherwise the same, so that nothing of them deviates."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from alliance_modes.plan.changes import Path, changes

Names = Mapping[str, str]
"""The registered name of each part that has another one in the plan in use."""

OF_PREDICTORS = ("formula", "tested", "slopes", "curves", "expected_by", "moderators")
OF_MODELS = ("models", "model", "alliance")
OF_OUTCOMES = ("outcome", "outcomes", "mediator", "rating")
"""Keys below which predictors, models and outcomes are named."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Renamed:
    """A plan with the registered names of its parts; ``names`` are their paths, each with its other name."""

    plan: Mapping[str, Any]
    names: tuple[tuple[Path, str], ...]


def renamed(registered: Mapping[str, Any], used: Mapping[str, Any], wording: Collection[str]) -> Renamed:
    """The plan in use, with names taken back that alone were changed.

    Parameters
    ----------
    registered, used : mapping
        Plans as plain values.
    wording : collection of str
        Keys that may differ too.
    """
    predictors = _others(registered.get("predictors", {}), used.get("predictors", {}), wording)
    plan = _named(used, OF_PREDICTORS, predictors) | {
        "predictors": _with_keys(used.get("predictors", {}), predictors)
    }
    outcomes = dict(_outcomes(registered.get("models", {}), plan.get("models", {}), wording))
    known = {other: name for of in outcomes.values() for other, name in of.items()}
    models_of = {
        name: _with_outcomes(one, outcomes.get(name, {})) for name, one in plan.get("models", {}).items()
    }
    models = _others(registered.get("models", {}), models_of, wording)
    rest = {name: _referred(one, models, known) for name, one in plan.items() if name not in PARTS}
    names: list[tuple[Path, str]] = [(("predictors", name), other) for other, name in predictors.items()]
    names += [(("models", name), other) for other, name in models.items()]
    names += [
        (("models", models.get(model, model), "outcomes", name), other)
        for model, of in outcomes.items()
        for other, name in of.items()
    ]
    whole = {"predictors": plan["predictors"], "models": _with_keys(models_of, models)}
    return Renamed({name: whole[name] if name in PARTS else rest[name] for name in plan}, tuple(names))


PARTS = ("predictors", "models")


def _others(before: Mapping, after: Mapping, wording: Collection[str]) -> Names:
    """Names that are new and stand for the same as one that is gone."""
    found: dict[str, str] = {}
    for name in (one for one in before if one not in after):
        for other in (one for one in after if one not in before and one not in found):
            if not list(changes(_bare(before[name], wording), _bare(after[other], wording), (name,))):
                found[other] = name
                break
    return found


def _bare(value: Any, wording: Collection[str]) -> Any:
    """A value without its wording."""
    if isinstance(value, Mapping):
        return {key: _bare(one, wording) for key, one in value.items() if key not in wording}
    return [_bare(one, wording) for one in value] if isinstance(value, list | tuple) else value


def _outcomes(before: Mapping, after: Mapping, wording: Collection[str]) -> Iterator[tuple[str, Names]]:
    """By model the outcomes that have another name, in models that kept theirs."""
    for model in before.keys() & after.keys():
        both = [
            {
                one["name"]: {key: value for key, value in one.items() if key != "name"}
                for one in of["outcomes"]
            }
            for of in (before[model], after[model])
        ]
        found = _others(both[0], both[1], wording)
        if found:
            yield model, found


def _with_keys(parts: Mapping, names: Names) -> dict:
    return {names.get(name, name): one for name, one in parts.items()}


def _with_outcomes(model: Mapping, names: Names) -> Mapping:
    of = [{**one, "name": names.get(one["name"], one["name"])} for one in model["outcomes"]]
    return {**model, "outcomes": of}


def _named(value: Any, keys: Collection[str], names: Names, below: bool = False) -> Any:
    """A value with every name in texts below ``keys`` replaced, keys of mappings there included."""
    if isinstance(value, Mapping):
        return {key: _named(one, keys, names, below or key in keys) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_named(one, keys, names, below) for one in value]
    if below and isinstance(value, str):
        return _NAME.sub(lambda found: names.get(found[0], found[0]), value)
    return value


def _referred(value: Any, models: Names, outcomes: Names, key: str = "") -> Any:
    """A section of a plan with the registered names of the models and outcomes that it names."""
    if isinstance(value, Mapping):
        return {name: _referred(one, models, outcomes, name) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_referred(one, models, outcomes, key) for one in value]
    if not isinstance(value, str):
        return value
    if key in OF_MODELS:
        return models.get(value, value)
    if key in OF_OUTCOMES:
        model, dot, outcome = value.rpartition(".")
        return f"{models.get(model, model)}{dot}{outcomes.get(outcome, outcome)}"
    return value

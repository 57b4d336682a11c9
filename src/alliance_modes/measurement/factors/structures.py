"""Which factor structures are compared for which instrument, and as models of means and covariances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from alliance_modes.instruments.model import Instrument
from alliance_modes.measurement.factors.likelihood.moments import MATRICES, MeanCovarianceModel, build_model

BOND = "bond"
GOAL_AND_TASK = "goal_and_task"
ALLIANCE = frozenset({"goal", "task", BOND})
INVARIANCE_LEVELS = ("configural", "metric", "scalar")


@dataclass(frozen=True)
class FactorStructure:
    """Which items belong to which factors.

    ``factors`` holds the item numbers of each; factors named in ``apart`` are uncorrelated with
    every other. ``within`` names the structure, with more parameters, that this one is a
    restriction of; blank where it is the least restricted.
    """

    name: str
    factors: Mapping[str, tuple[int, ...]]
    within: str = ""
    apart: tuple[str, ...] = ()

    @property
    def items(self) -> tuple[int, ...]:
        """Every item of the structure, in order of number."""
        return tuple(sorted({item for members in self.factors.values() for item in members}))

    def loads(self) -> np.ndarray:
        """Items x factors: whether the item loads on the factor."""
        return np.array([[item in members for members in self.factors.values()] for item in self.items])

    def related(self) -> np.ndarray:
        """Factors x factors: whether the two may correlate."""
        free = np.array([name not in self.apart for name in self.factors])
        return np.outer(free, free)

    def why_not(self) -> str:
        """Why the structure cannot be tested on any data; blank where it can."""
        lonely = [name for name, members in self.factors.items() if len(members) < 2]
        if lonely:
            return f"the factor {lonely[0]} has a single item"
        if factor_model(self).df < 1:
            return "with so few items the structure fits any answers, so it cannot be tested"
        alone = [name for name in self.apart if len(self.factors[name]) < 3]
        if alone:
            return f"the factor {alone[0]} has two items and no correlation with others"
        return ""


def structures_of(instrument: Instrument) -> tuple[FactorStructure, ...]:
    """The competing structures of one instrument, the most restricted first.

    Parameters
    ----------
    instrument : Instrument

    Returns
    -------
    tuple of FactorStructure
        ``one``: one factor under the items of all subscales. With goal, task and bond as
        subscales also ``two``: goal and task together, and bond. ``subscales``: one correlated
        factor per subscale. With facets ``<subscale>_<component>`` for every subscale (the modes
        survey) also ``facets``: to the subscales one factor per component that all of them have is
        added, uncorrelated with all others: what goal items, say, share beyond their mode.
    """
    subscales = {name: tuple(items) for name, items in instrument.subscales.items()}
    everything = tuple(sorted(item for items in subscales.values() for item in items))
    if len(subscales) == 1:
        return (FactorStructure("one", {next(iter(subscales)): everything}),)
    components = _components(instrument)
    found = [FactorStructure("one", {"general": everything}, within="subscales")]
    if set(subscales) == ALLIANCE:
        found[0] = FactorStructure("one", {"general": everything}, within="two")
        both = tuple(sorted(subscales["goal"] + subscales["task"]))
        found.append(FactorStructure("two", {GOAL_AND_TASK: both, BOND: subscales[BOND]}, within="subscales"))
    found.append(FactorStructure("subscales", subscales, within="facets" if components else ""))
    if components:
        found.append(FactorStructure("facets", {**subscales, **components}, apart=tuple(components)))
    return tuple(found)


def _components(instrument: Instrument) -> dict[str, tuple[int, ...]]:
    """Items of each component that every subscale has; a technique of one mode alone is none."""
    members: dict[str, list[int]] = {}
    counts: dict[str, int] = {}
    for subscale in instrument.subscales:
        for facet, items in instrument.facets.items():
            if facet.startswith(f"{subscale}_"):
                component = facet.removeprefix(f"{subscale}_")
                members.setdefault(component, []).extend(items)
                counts[component] = counts.get(component, 0) + 1
    shared = [name for name, count in counts.items() if count == len(instrument.subscales)]
    return {name: tuple(sorted(members[name])) for name in shared}


def factor_model(structure: FactorStructure) -> MeanCovarianceModel:
    """The structure in one group: factors of variance 1, means of the items free."""
    return build_model([_matrices(structure, "", "configural", frozenset(), frozenset())])


def independence_model(items: int, groups: int = 1) -> MeanCovarianceModel:
    """Unrelated items with their own means and variances: the baseline of CFI and TLI."""
    made = []
    for group in range(groups):
        residual = _diagonal([f"residual {item} {group}" for item in range(items)])
        made.append(
            {
                "loadings": np.zeros((items, 0), dtype=object),
                "factor_cov": np.zeros((0, 0), dtype=object),
                "residual_cov": residual,
                "intercepts": np.array([f"intercept {item} {group}" for item in range(items)], dtype=object),
                "factor_means": np.zeros(0, dtype=object),
            }
        )
    return build_model(made)


def grouped_model(
    structure: FactorStructure,
    groups: Sequence[str],
    level: str,
    free_loadings: frozenset[int] = frozenset(),
    free_intercepts: frozenset[int] = frozenset(),
) -> MeanCovarianceModel:
    """The structure in several independent groups, with what ``level`` holds equal.

    Parameters
    ----------
    structure : FactorStructure
    groups : sequence of str
        Their names; the first has factor variances 1 and factor means 0.
    level : {"configural", "metric", "scalar"}
        Nothing equal; loadings equal (factor variances of the other groups free); intercepts
        equal as well (factor means of the other groups free).
    free_loadings, free_intercepts : set of item numbers
        Items left out of the equality.
    """
    return build_model(
        [
            _matrices(structure, "" if place == 0 else name, level, free_loadings, free_intercepts)
            for place, name in enumerate(groups)
        ]
    )


def paired_model(
    structure: FactorStructure,
    raters: tuple[str, str],
    level: str,
    free_loadings: frozenset[int] = frozenset(),
    free_intercepts: frozenset[int] = frozenset(),
) -> MeanCovarianceModel:
    """The structure for two raters of the same person at once, in one group of pairs.

    The items of the first rater come first. All factors correlate, the residuals of an item
    correlate across raters, and ``level`` holds equal what ``grouped_model`` does.
    """
    own = [
        _matrices(structure, "" if place == 0 else name, level, free_loadings, free_intercepts)
        for place, name in enumerate(raters)
    ]
    size, factors = own[0]["loadings"].shape
    joined = {
        name: np.concatenate([own[0][name], own[1][name]])
        if own[0][name].ndim == 1
        else _blocks(own[0][name], own[1][name])
        for name in MATRICES
    }
    for item in range(size):
        label = f"residual {structure.items[item]} across raters"
        joined["residual_cov"][item, size + item] = joined["residual_cov"][size + item, item] = label
    for one, first in enumerate(structure.factors):
        for other, second in enumerate(structure.factors):
            label = f"covariance of {first} with the other rater's {second}"
            joined["factor_cov"][one, factors + other] = joined["factor_cov"][factors + other, one] = label
    return build_model([joined])


def _matrices(
    structure: FactorStructure,
    group: str,
    level: str,
    free_loadings: frozenset[int],
    free_intercepts: frozenset[int],
) -> dict[str, np.ndarray]:
    """Labelled matrices of one group; the first group is named by a blank."""
    mark = f" in {group}" if group else ""
    first, names, items = not group, list(structure.factors), structure.items
    loads = structure.loads()
    loadings = np.zeros(loads.shape, dtype=object)
    for row, column in zip(*np.nonzero(loads), strict=True):
        own = "" if level != "configural" and items[row] not in free_loadings else mark
        loadings[row, column] = f"loading {items[row]} on {names[column]}{own}"
    cov = np.zeros((len(names), len(names)), dtype=object)
    related = structure.related()
    for one in range(len(names)):
        cov[one, one] = 1.0 if first or level == "configural" else f"variance of {names[one]}{mark}"
        for other in range(one):
            if related[one, other]:
                cov[one, other] = cov[other, one] = f"covariance of {names[other]} and {names[one]}{mark}"
    same = level == "scalar"
    return {
        "loadings": loadings,
        "factor_cov": cov,
        "residual_cov": _diagonal([f"residual {item}{mark}" for item in items]),
        "intercepts": np.array(
            [f"intercept {item}{'' if same and item not in free_intercepts else mark}" for item in items],
            dtype=object,
        ),
        "factor_means": np.array(
            [0.0 if first or not same else f"mean of {name}{mark}" for name in names], dtype=object
        ),
    }


def _diagonal(labels: Sequence[str]) -> np.ndarray:
    matrix = np.zeros((len(labels), len(labels)), dtype=object)
    matrix[np.diag_indices(len(labels))] = labels
    return matrix


def _blocks(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    joined = np.zeros((one.shape[0] + other.shape[0], one.shape[1] + other.shape[1]), dtype=object)
    joined[: one.shape[0], : one.shape[1]] = one
    joined[one.shape[0] :, one.shape[1] :] = other
    return joined

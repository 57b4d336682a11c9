"""Factor models of two levels: what clients of one practitioner differ in, and what practitioners do."""

from __future__ import annotations

import numpy as np

from alliance_modes.measurement.factors.likelihood.incomplete import saturated_model
from alliance_modes.measurement.factors.likelihood.moments import MeanCovarianceModel, Part
from alliance_modes.measurement.factors.structures import FactorStructure, factor_model, independence_model
from alliance_modes.plan.plan import Between


def structure_between(structure: FactorStructure, between: Between) -> FactorStructure | None:
    """The factors between practitioners; None where every covariance is free."""
    if between == "saturated":
        return None
    if between == "one" and len(structure.factors) > 1:
        return FactorStructure("one", {"general": structure.items})
    return structure


def two_level_model(structure: FactorStructure, between: Between) -> MeanCovarianceModel:
    """A structure among clients of one practitioner, and what stands beside it among practitioners.

    Parameters
    ----------
    structure : FactorStructure
        Within practitioners.
    between : {"saturated", "alike", "one", "subscales"}
        Every covariance free; the same factors with the same loadings and nothing else (items differ
        between practitioners only by the factors); one factor; the same factors with loadings of their own.
    """
    within = factor_model(structure)
    if between == "alike":
        return _alike(within)
    beside = structure_between(structure, between)
    return two_levels(within, factor_model(beside) if beside else saturated_model(len(structure.items)))


def unrestricted(items: int) -> MeanCovarianceModel:
    """Every mean, and every covariance of both levels, free."""
    return two_levels(saturated_model(items), saturated_model(items))


def unrelated(items: int) -> MeanCovarianceModel:
    """Items that are unrelated on both levels: the baseline of CFI and TLI."""
    return two_levels(independence_model(items), independence_model(items))


def two_levels(within: MeanCovarianceModel, between: MeanCovarianceModel) -> MeanCovarianceModel:
    """Two models of one group each as the levels of one model, whose means are those of ``between``."""
    inner = _without_means(within)
    names = _names_within(within, inner)
    outer = {
        name: Part(part.fixed, np.where(part.place >= 0, part.place + len(names), -1))
        for name, part in between.groups[0].items()
    }
    return MeanCovarianceModel((inner, outer), (*names, *(f"between {name}" for name in between.names)))


def degrees_of_freedom(model: MeanCovarianceModel) -> int:
    """Covariances of both levels and means, less free parameters."""
    return model.items * (model.items + 2) - len(model.names)


def _alike(within: MeanCovarianceModel) -> MeanCovarianceModel:
    """Loadings as within, no residuals, every covariance of factors free."""
    inner = _without_means(within)
    names = _names_within(within, inner)
    items, factors = inner["loadings"].place.shape
    place = np.empty((factors, factors), dtype=int)
    for one, other in zip(*np.tril_indices(factors), strict=True):
        place[one, other] = place[other, one] = len(names)
        names.append(f"between covariance of factors {other + 1} and {one + 1}")
    outer = {
        "loadings": inner["loadings"],
        "factor_cov": Part(np.zeros(place.shape), place),
        "residual_cov": Part(np.zeros((items, items)), np.full((items, items), -1)),
        "intercepts": Part(np.zeros(items), len(names) + np.arange(items)),
        "factor_means": inner["factor_means"],
    }
    names += [f"between intercept {item + 1}" for item in range(items)]
    return MeanCovarianceModel((inner, outer), tuple(names))


def _without_means(model: MeanCovarianceModel) -> dict[str, Part]:
    """The parts of a model of one group with means of zero; intercepts are its last parameters."""
    zero = Part(np.zeros(model.items), np.full(model.items, -1))
    return {**model.groups[0], "intercepts": zero}


def _names_within(model: MeanCovarianceModel, inner: dict[str, Part]) -> list[str]:
    used = 1 + max(int(part.place.max(initial=-1)) for part in inner.values())
    return [f"within {name}" for name in model.names[:used]]

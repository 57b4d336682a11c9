"""The random effects that are fitted: the planned ones, or the planned ones without their slopes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from alliance_modes.models.design import Design
from alliance_modes.models.engine import EngineFit, Grouping, fit_mixed
from alliance_modes.plan_terms import PlannedModel

QUADRATURE_NODES = 11


@dataclass(frozen=True)
class Structure:
    """The fit that is reported, and the one with the planned random effects where it was reduced."""

    fit: EngineFit
    groupings: tuple[Grouping, ...]
    planned: EngineFit | None = None


def quadrature_nodes(groupings: tuple[Grouping, ...], family: str) -> int:
    """Nodes of adaptive quadrature: 1 (Laplace) unless a generalised model has a single grouping."""
    return QUADRATURE_NODES if len(groupings) == 1 and family != "linear" else 1


def fit_structure(design: Design, model: PlannedModel) -> Structure:
    """Fit the planned random effects; without slopes where it is they that make the fit singular.

    Parameters
    ----------
    design : Design
        Rows, columns and groupings of one outcome.
    model : PlannedModel
        Says the family.

    Raises
    ------
    EngineError
        The engine broke off.

    Notes
    -----
    A grouping whose own variance is at zero stays: leaving it out would change no estimate.
    Generalised models with one grouping are fitted by adaptive quadrature, others by Laplace.
    """
    nodes = quadrature_nodes(design.groupings, model.family)

    def fit(groupings: tuple[Grouping, ...]) -> EngineFit:
        return fit_mixed(design.frame, design.response, design.fixed, groupings, model.family, nagq=nodes)

    planned = fit(design.groupings)
    if not _slopes_at_fault(planned, design):
        return Structure(planned, design.groupings)
    reduced = tuple(replace(grouping, slopes=()) for grouping in design.groupings)
    return Structure(fit(reduced), reduced, planned)


def _slopes_at_fault(planned: EngineFit, design: Design) -> bool:
    if not any(grouping.slopes for grouping in design.groupings):
        return False
    if not planned.converged:
        return True
    sloped = [group for group in planned.covariances if len(group.terms) > 1]
    if any(any(group.pinned) for group in sloped):
        return True
    return planned.singular and not planned.pinned()

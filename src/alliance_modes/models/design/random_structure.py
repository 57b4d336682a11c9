"""The random effects that are fitted: the planned ones, or the planned ones without some slopes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from alliance_modes.models.design.design import Design
from alliance_modes.models.engine.distributions import Distribution
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.glmm import fit_mixed
from alliance_modes.models.engine.prepared import Grouping

QUADRATURE_NODES = 11


@dataclass(frozen=True)
class Structure:
    """The fit that is reported, and the one with the planned random effects where it was reduced.

    ``left_out`` are the slopes that were: grouping and column. ``nodes`` are the quadrature nodes that the
    plan asks for, None where it leaves them to ``quadrature_nodes``. ``others`` are the fits on the way from
    the planned one to that which is reported.
    """

    fit: EngineFit
    groupings: tuple[Grouping, ...]
    planned: EngineFit | None = None
    left_out: tuple[tuple[str, str], ...] = ()
    nodes: int | None = None
    others: tuple[tuple[tuple[Grouping, ...], EngineFit], ...] = ()

    def tried(self, groupings: tuple[Grouping, ...]) -> EngineFit | None:
        """The fit of these random effects, where the way to the reported one led through it."""
        return next((fit for of, fit in self.others if of == groupings), None)


def quadrature_nodes(groupings: tuple[Grouping, ...], distribution: Distribution) -> int:
    """Nodes of adaptive quadrature: 1 (Laplace) unless a generalised model has a single grouping."""
    return QUADRATURE_NODES if len(groupings) == 1 and not distribution.normal else 1


def fit_structure(
    design: Design,
    distribution: Distribution,
    start: EngineFit | None = None,
    nodes: int | None = None,
    *,
    quick: bool = False,
    known: Structure | None = None,
) -> Structure:
    """Fit the planned random effects; without the slopes that make the fit singular.

    Parameters
    ----------
    design : Design
        Rows, columns and groupings of one outcome.
    distribution : Distribution
        Of the outcome.
    start : EngineFit, optional
        A fit of the same random effects to similar rows, from which the search starts.
    nodes : int, optional
        Quadrature nodes that the plan asks for, at each level where groupings nest.
    quick : bool
        SEs that take the variances as known.
    known : Structure, optional
        Of the same rows and columns with more slopes: what was fitted on the way to it is not fitted again.

    Raises
    ------
    EngineError
        The engine broke off.

    Notes
    -----
    Slopes are left out one at a time until the fit is no longer singular through them: first one whose
    variance is at zero, else (a correlation at -1 or 1, no convergence) the last that the plan lists.
    A grouping whose own variance is at zero stays: leaving it out would change no estimate.
    Generalised models with one grouping are fitted by adaptive quadrature, others by Laplace unless the plan
    asks for more nodes and their groupings nest. Where sessions
    are counted together (above 200,000) Laplace's SEs take the variances as known: at 60,000
    enrolments they were larger by 0.1 to 1.2 % than those of the joint Hessian, which took four times as
    long as the fit.
    """
    used = nodes or quadrature_nodes(design.groupings, distribution)

    def fit(groupings: tuple[Grouping, ...], begin: EngineFit | None = None) -> EngineFit:
        before = None if known is None else known.tried(groupings)
        return before or fit_mixed(
            *(design.frame, design.response, design.fixed, groupings, distribution),
            offset=design.offset,
            nagq=used,
            start=begin,
            quick=design.together or quick,
        )

    groupings, left_out, others = design.groupings, [], []
    planned = found = fit(groupings, start)
    while _slopes_at_fault(found, groupings):
        name, slope = _slope_to_leave_out(found, groupings)
        left_out.append((name, slope))
        groupings = tuple(
            replace(one, slopes=tuple(each for each in one.slopes if each != slope))
            if one.name == name
            else one
            for one in groupings
        )
        found = fit(groupings)
        others.append((groupings, found))
    if not left_out:
        return Structure(found, groupings, nodes=nodes)
    return Structure(found, groupings, planned, tuple(left_out), nodes, tuple(others))


def _slopes_at_fault(fit: EngineFit, groupings: Sequence[Grouping]) -> bool:
    if not any(grouping.slopes for grouping in groupings):
        return False
    if not fit.converged:
        return True
    sloped = [group for group in fit.covariances if len(group.terms) > 1]
    if any(any(group.pinned) or group.dependent for group in sloped):
        return True
    return fit.singular and not fit.pinned()


def _slope_to_leave_out(fit: EngineFit, groupings: Sequence[Grouping]) -> tuple[str, str]:
    sloped = [(grouping.name, slope) for grouping in groupings for slope in grouping.slopes]
    at_zero = {
        (group.grouping, term)
        for group in fit.covariances
        for term, held in zip(group.terms, group.pinned, strict=True)
        if held
    }
    return next((one for one in reversed(sloped) if one in at_zero), sloped[-1])

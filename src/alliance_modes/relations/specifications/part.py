"""The specifications of one rule on careless answers, each distinct one fitted once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from alliance_modes.dictionary.named import PRACTITIONER_ID
from alliance_modes.models.design.build import build_design
from alliance_modes.models.design.design import Design, Refusal
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.inference.estimated import Estimated, Refused
from alliance_modes.models.outcome import estimate_design
from alliance_modes.models.refitting.deletion import deletions
from alliance_modes.plan.parts import RelationTask
from alliance_modes.plan.relations.specifications import PLANNED, Specifications
from alliance_modes.plan.terms import PRACTITIONER
from alliance_modes.relations.fitted import Asked
from alliance_modes.relations.specifications.data import Tables, TablesOf
from alliance_modes.relations.specifications.listed import Specification, listed, outcomes_of
from alliance_modes.relations.specifications.outlying import outlying
from alliance_modes.relations.specifications.permuted import permuted
from alliance_modes.relations.specifications.result import Fitted, SpecificationsPart, TermEstimate
from alliance_modes.relations.specifications.varied import Varied, varied

ANSWERED = ("ok", "singular")

Told = Mapping[str, object]
"""Of a ``Fitted``, the values of some fields by name."""


def specifications_part(task: RelationTask, careless: str, tables_of: TablesOf) -> SpecificationsPart:
    """Fit every specification of the outcomes that has this rule on careless answers.

    Parameters
    ----------
    task : RelationTask
    careless : str
        An option of the choice.
    tables_of : callable
        From the options of a specification to its analysis tables.

    Returns
    -------
    SpecificationsPart
        In the order of outcomes and of their specifications.

    Notes
    -----
    What two specifications share is made once: tables by ``tables_of``, and fits by their content (rows,
    columns, groupings). A linear fit starts from the variances of the one before it with the same random
    effects. Of the planned specification and of those that depart from it in one choice, the estimates
    without each practitioner are kept (deletion formula), for the comparison of the two.
    """
    fits: list[Fitted] = []
    for one in outcomes_of(task):
        fits += _of_outcome(one, task, careless, tables_of)
    return SpecificationsPart(careless=careless, fits=tuple(fits))


def _of_outcome(one: Asked, task: RelationTask, careless: str, tables_of: TablesOf) -> Iterator[Fitted]:
    fitting = _Fitting(one, task)
    draws = range(task.settings(Specifications).null_draws)
    for specification in listed(one, task):
        if specification.options.get("careless", PLANNED) != careless:
            continue
        tables = tables_of(specification.options)
        if tables is None:
            continue
        found, known = fitting.of(specification, tables), len(fitting.known)
        if found.status in ANSWERED and draws and known > fitting.before:
            null = tuple(fitting.shuffled(specification, tables, draw) for draw in draws)
            found = found.model_copy(update={"null": null})
        yield found


@dataclass
class _Fitting:
    """What the fits of an outcome come to, by content, and the last linear fit per random structure.

    ``before`` is how many there were when the last specification was asked for.
    """

    one: Asked
    task: RelationTask
    known: dict[str, Told] = field(default_factory=dict)
    before: int = 0
    starts: dict[tuple[Grouping, ...], EngineFit] = field(default_factory=dict)

    def of(self, specification: Specification, tables: Tables) -> Fitted:
        """One specification on its tables."""
        asked = varied(self.one, specification.options, self.task, tables)
        said = Fitted(
            part=self.one.part,
            number=specification.number,
            options=dict(specification.options),
            status="not_run",
        )
        self.before = len(self.known)
        design = _design(asked)
        if isinstance(design, Refusal):
            return said.model_copy(update={"status": design.status, "reason": design.reason})
        key, near = content(design, asked), len(specification.otherwise) < 2
        if key not in self.known:
            self.known[key] = self._told(design, asked, near)
        told: Told = {"content": key, **self.known[key]}
        if not near:
            told = {name: value for name, value in told.items() if name != "without"}
        elif "practitioners" in specification.otherwise and "n" in told:
            told = {**told, **_left_out(asked, self.task, tables[self.one.table])}
        return said.model_copy(update=told)

    def _told(self, design: Design, asked: Varied, near: bool) -> Told:
        """What is said of one content; the fit itself, which holds every row, is let go."""
        found = self._estimate(design, asked)
        if isinstance(found, Refused):
            return {"status": found.refusal.status, "reason": found.refusal.reason}
        told: dict[str, object] = {
            "status": found.status,
            "n": design.observations,
            "clusters": dict(design.clusters),
            "terms": _rows(found, asked, asked.focal),
            "curvature": _rows(found, asked, asked.squares),
        }
        if near and PRACTITIONER in found.design.clusters:
            columns = [asked.predictors[name].column for name in asked.focal]
            told["without"] = _without(found, [found.inference.place(column) for column in columns])
        return told

    def shuffled(
        self, specification: Specification, tables: Tables, draw: int
    ) -> tuple[tuple[float, float] | None, ...]:
        """Estimate and p of each term where mode scores are permuted; None where they have none."""
        asked = varied(
            self.one, specification.options, self.task, permuted(self.one, self.task, tables, draw)
        )
        design = _design(asked)
        found = None if isinstance(design, Refusal) else self._estimate(design, asked)
        if not isinstance(found, Estimated):
            return (None,) * len(asked.focal)
        return tuple((row.estimate, row.p) for row in _rows(found, asked, asked.focal))

    def _estimate(self, design: Design, asked: Varied) -> Estimated | Refused:
        found = estimate_design(design, asked.model, self.starts.get(design.groupings))
        if isinstance(found, Estimated):
            fit = found.structure.fit
            if fit.distribution.normal and not fit.singular and found.structure.planned is None:
                self.starts[design.groupings] = fit
        return found


def _design(asked: Varied) -> Design | Refusal:
    design = build_design(asked.table, asked.model, asked.outcome, asked.predictors)
    return design if isinstance(design, Refusal) else family_of(asked.model.family).prepare(design)


def content(design: Design, asked: Varied) -> str:
    """A name of what is fitted: the same rows, columns, groupings and terms have the same."""
    told = hashlib.sha256()
    of_model = (asked.model.family, asked.model.quadrature_nodes, design.response, design.fixed)
    told.update(repr((of_model, design.groupings, design.few, asked.focal, len(design.frame))).encode())
    entered = [*design.fixed, *[name for name in ("outcome", "trials") if name in design.frame]]
    for name in entered:
        told.update(np.ascontiguousarray(design.frame[name].to_numpy(dtype=float)).tobytes())
    for name in dict.fromkeys(column for one in design.groupings for column in one.columns):
        told.update(pd.util.hash_array(design.frame[name].astype("str").to_numpy(dtype=object)).tobytes())
    return told.hexdigest()[:16]


def _rows(found: Estimated, asked: Varied, names: tuple[str, ...]) -> tuple[TermEstimate, ...]:
    inference = found.inference
    low, high = inference.interval()
    rows = []
    for name in names:
        place = inference.place(asked.predictors[name].column)
        df = float(inference.df[place])
        rows.append(
            TermEstimate(
                term=asked.predictors[name].term or name,
                estimate=float(inference.beta[place]),
                se=float(inference.se[place]),
                df=df if np.isfinite(df) else None,
                p=float(inference.p[place]),
                ci_low=float(low[place]),
                ci_high=float(high[place]),
            )
        )
    return tuple(rows)


def _left_out(asked: Varied, task: RelationTask, table: pd.DataFrame) -> dict[str, object]:
    """Who was left out for being far from all others; ``table`` has every practitioner."""
    gone = outlying(table, asked.outcome, [task.predictors[name].column for name in asked.focal])
    return {"outlying": len(gone.left_out), "outlying_p": gone.p}


def _without(found: Estimated, places: list[int]) -> Mapping[str, tuple[float | None, ...]]:
    """The estimates without each practitioner, variances held."""
    of_row, levels = pd.factorize(found.design.frame[PRACTITIONER_ID].astype("str"))
    beta = deletions(found.design, found.structure, of_row, len(levels)).beta[:, places]
    return {
        str(level): tuple(float(value) if np.isfinite(value) else None for value in values)
        for level, values in sorted(zip(levels, beta, strict=True), key=lambda pair: str(pair[0]))
    }

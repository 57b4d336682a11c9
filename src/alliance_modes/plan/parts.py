"""Parts of a plan, each whole: what one rule is given, and nothing besides.

A ``Plan`` that holds some sections of another one has defaults for the rest, which nobody asked for. A part
has none: what is missing from it is an error. ``CleaningRules``, ``Exposure`` and ``TwoLevel`` are parts
as they stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from alliance_modes.domain import Rater, Source
from alliance_modes.ground.errors import ModelError
from alliance_modes.ground.yaml_models import Closed
from alliance_modes.plan.plan import (
    Bootstrap,
    CleaningRules,
    Exposure,
    Imputation,
    Multiplicity,
    Plan,
    PlanName,
)
from alliance_modes.plan.relations.relations import Relations
from alliance_modes.plan.relations.settings import RelationSettings
from alliance_modes.plan.relations.specifications import Specifications
from alliance_modes.plan.terms import (
    PRACTITIONER,
    Estimand,
    FamilyName,
    Outcome,
    PlannedModel,
    Predictor,
    Section,
    TableName,
)

Settings = TypeVar("Settings", bound=RelationSettings)


class ModelTask(Closed):
    """One model of a plan, by ``name``, with all that decides its numbers and nothing that words them."""

    name: PlanName
    seed: int
    draws: int
    predictors: dict[PlanName, Predictor]
    model: PlannedModel


class BootstrapTask(ModelTask):
    """One model, and how its primary tests are checked."""

    bootstrap: Bootstrap


class ImputationTask(Closed):
    """One model or more, without wording, and how missing predictors and outcomes are filled in."""

    seed: int
    imputation: Imputation
    predictors: dict[PlanName, Predictor]
    models: dict[PlanName, PlannedModel]


class SupervisionTask(Closed):
    """What supervision sheets need: one model of one outcome without the modes, and when peers are shown."""

    clients_at_least: int
    peers_at_least: int
    predictors: dict[PlanName, Predictor]
    model: PlannedModel


class RelationTask(Closed):
    """One relational analysis, by ``name``: its settings, and the models that it starts from, unworded."""

    name: PlanName
    seed: int
    draws: int
    predictors: dict[PlanName, Predictor]
    models: dict[PlanName, PlannedModel]
    relations: Relations

    def settings(self, kind: type[Settings]) -> Settings:
        """The settings of the analysis.

        Raises
        ------
        ModelError
            They are not of this kind.
        """
        found = getattr(self.relations, self.name)
        if not isinstance(found, kind):
            raise ModelError(f"the settings of {self.name} are no {kind.__name__}")
        return found


class SpecificationsTask(RelationTask):
    """The specification curve, and the plan's own rules of cleaning and of mode use that it departs from."""

    cleaning: CleaningRules
    exposure: Exposure


class EstimatesPart(Closed):
    """What the tables of estimates need: the models, what they name, and which of them are checked."""

    predictors: dict[PlanName, Predictor]
    models: dict[PlanName, PlannedModel]
    multiplicity: Multiplicity
    bootstrap: Bootstrap


class DrawnOutcome(Closed):
    """One outcome as figures show it: by ``estimand``, told by ``rated_by``."""

    name: str
    label: str
    head: str
    column: str
    trials: str | None
    at_least: float | None
    where: dict[str, str | bool]
    rated_by: Source
    estimand: str

    def same_as(self, other: DrawnOutcome) -> bool:
        """Whether it is the same outcome, of another model: of one column and the same rows, called alike."""
        mine, others = ((one.label, one.column, one.trials, one.where, one.rated_by) for one in (self, other))
        return mine == others


class DrawnModel(Closed):
    """One model as figures show it; ``modes`` and ``curves`` hold the mode that a term stands for.

    ``modes`` are those tested between practitioners, ``curves`` those over which a chance is drawn,
    ``covariates`` what stands beside them, ``claims`` the families in which their tests are adjusted.
    """

    table: TableName
    family: FamilyName
    section: Section
    outcomes: tuple[DrawnOutcome, ...]
    modes: dict[str, str]
    curves: dict[str, str]
    covariates: tuple[str, ...]
    claims: tuple[str, ...]

    def outcome(self, name: str) -> DrawnOutcome:
        """The outcome of this name; ``KeyError`` where the model has none."""
        return {outcome.name: outcome for outcome in self.outcomes}[name]


class DrawnRelations(Closed):
    """What figures of relational analyses say of them.

    ``raters`` are the two of the response surface, first the one whose rating is judged; ``mediator`` is what
    the rating is called that paths lead through, as it was at session ``landmark``; ``falls_of`` are rater,
    instrument and scale of the rating whose falls are counted.
    """

    raters: tuple[Rater, Rater]
    mediator: str
    landmark: int
    falls_of: tuple[Rater, PlanName, PlanName]


class FiguresPart(Closed):
    """What the figures of effects need of every model: nothing that only a table or a sentence says.

    ``specified`` are the outcomes that have a specification curve, as ``model.outcome``; ``relations_made``
    names the relational analyses that the plan makes.
    """

    models: dict[PlanName, DrawnModel]
    specified: tuple[str, ...]
    relations_made: tuple[str, ...]
    related: DrawnRelations


def model_task(plan: Plan, name: str) -> ModelTask:
    """The task of fitting one model; it has names in place of labels and titles, so that no wording counts.

    Raises
    ------
    ModelError
        The plan has no such model.
    """
    return ModelTask(
        name=name,
        seed=plan.seed,
        draws=plan.draws,
        predictors=_unworded_predictors(plan),
        model=_unworded(_planned(plan, name), name),
    )


def bootstrap_task(plan: Plan, name: str) -> BootstrapTask:
    """The task of checking the primary tests of one model; raises as ``model_task``."""
    return BootstrapTask(**dict(model_task(plan, name)), bootstrap=plan.bootstrap)


def imputation_task(plan: Plan, *names: str) -> ImputationTask:
    """The task of filling in what is missing in some models of the plan; without ``names`` in each."""
    return ImputationTask(
        seed=plan.seed,
        imputation=plan.imputation,
        predictors=_unworded_predictors(plan),
        models={name: _unworded(_planned(plan, name), name) for name in names or plan.models},
    )


def supervision_task(plan: Plan) -> SupervisionTask:
    """The task of the sheets of a plan: split predictors enter as one column, as a client brings them.

    Raises
    ------
    ModelError
        The plan has no such model.
    """
    asked = plan.supervision
    model = _planned(plan, asked.model)
    of_sheets = tuple(one for one in model.outcomes if one.name == asked.outcome)
    predictors, compared = comparable(
        model.model_copy(update={"outcomes": of_sheets}), plan.predictors, asked.expected_by
    )
    return SupervisionTask(
        clients_at_least=asked.clients_at_least,
        peers_at_least=asked.peers_at_least,
        predictors=predictors,
        model=compared,
    )


def comparable(
    model: PlannedModel, predictors: Mapping[str, Predictor], expected_by: tuple[str, ...] = ()
) -> tuple[dict[str, Predictor], PlannedModel]:
    """A model by which clients of all practitioners are made comparable, and its predictors.

    ``expected_by`` are the predictors; without any, those that the model does not test. Split ones enter as
    one column, as a client brings them.
    """
    names = expected_by or model.covariates
    kept = {
        grouping: tuple(name for name in slopes if name in names)
        for grouping, slopes in model.slopes.items()
        if grouping != PRACTITIONER
    }
    changed = {"formula": " + ".join(names), "tested": (), "curves": (), "slopes": kept}
    return {name: predictors[name].pooled() for name in names}, model.model_copy(update=changed)


def relation_task(plan: Plan, name: str) -> RelationTask:
    """The task of one relational analysis; of the settings of all others it has the defaults.

    Raises
    ------
    ModelError
        The plan makes no such analysis.
    """
    if name not in plan.relations.made:
        raise ModelError(f"the plan makes no analysis {name}; it makes {', '.join(plan.relations.made)}")
    settings = plan.relations.made[name]
    return RelationTask(
        name=name,
        seed=plan.seed,
        draws=plan.draws,
        predictors=_unworded_predictors(plan),
        models={one: _unworded(plan.models[one], one) for one in settings.looked_at if one in plan.models},
        relations=Relations.model_validate({name: settings}),
    )


def cohorts_task(plan: Plan) -> RelationTask:
    """The task over all cohorts of a run: every model with an outcome of the claims that the plan names."""
    settings = plan.relations.cohorts
    asked = {name: model.outcomes_with(*settings.claims) for name, model in plan.models.items()}
    models = {
        name: plan.models[name].model_copy(update={"outcomes": one}) for name, one in asked.items() if one
    }
    return RelationTask(
        name="cohorts",
        seed=plan.seed,
        draws=plan.draws,
        predictors=_unworded_predictors(plan),
        models={name: _unworded(model, name) for name, model in models.items()},
        relations=Relations(cohorts=settings),
    )


def specifications_task(plan: Plan) -> SpecificationsTask:
    """The task of the specification curve; raises as ``relation_task``."""
    task = relation_task(plan, "specifications")
    return SpecificationsTask(**dict(task), cleaning=plan.cleaning, exposure=plan.exposure)


def _unworded(model: PlannedModel, name: str) -> PlannedModel:
    outcomes = tuple(one.model_copy(update={"label": one.name}) for one in model.outcomes)
    said_nothing = Estimand(**dict.fromkeys(Estimand.model_fields, ""))
    return model.model_copy(
        update={"hypothesis": "", "title": name, "estimand": said_nothing, "outcomes": outcomes}
    )


def _unworded_predictors(plan: Plan) -> dict[str, Predictor]:
    return {
        name: one.model_copy(update={"label": name, "reason": ""}) for name, one in plan.predictors.items()
    }


def estimates_part(plan: Plan) -> EstimatesPart:
    """What ``collect`` needs of a plan."""
    return EstimatesPart(
        predictors=plan.predictors,
        models=plan.models,
        multiplicity=plan.multiplicity,
        bootstrap=plan.bootstrap,
    )


def figures_part(plan: Plan) -> FiguresPart:
    """What ``figures_effects`` needs of a plan, of which ``load_plan`` knows who rates every outcome."""
    curve = plan.relations.made.get("specifications")
    outcomes = curve.outcomes if isinstance(curve, Specifications) else ()
    known = {f"{name}.{one.name}" for name, model in plan.models.items() for one in model.outcomes}
    return FiguresPart(
        models={name: _drawn(model, plan.predictors) for name, model in plan.models.items()},
        specified=tuple(one for one in outcomes if one in known),
        relations_made=tuple(plan.relations.made),
        related=_drawn_relations(plan),
    )


def _drawn_relations(plan: Plan) -> DrawnRelations:
    dyad, mediation, rupture = plan.relations.dyad, plan.relations.mediation, plan.relations.rupture
    of_alliance = plan.models[mediation.alliance].outcomes if mediation.alliance in plan.models else ()
    labels = {one.name: one.told for one in of_alliance}
    return DrawnRelations(
        raters=(dyad.truth, dyad.judge),
        mediator=labels.get(mediation.mediator, mediation.mediator),
        landmark=mediation.landmark,
        falls_of=(rupture.rater, rupture.instrument, rupture.scale),
    )


def _drawn(model: PlannedModel, predictors: Mapping[str, Predictor]) -> DrawnModel:
    return DrawnModel(
        table=model.table,
        family=model.family,
        section=model.stands_in,
        outcomes=tuple(_drawn_outcome(one, model) for one in model.outcomes),
        modes={term: mode for mode, term in model.mode_terms(predictors).items()},
        curves={term: mode for mode, term in model.mode_terms(predictors, model.curves).items()},
        covariates=model.covariates,
        claims=tuple(dict.fromkeys(model.claim_of(one) for one in model.outcomes)),
    )


def _drawn_outcome(outcome: Outcome, model: PlannedModel) -> DrawnOutcome:
    return DrawnOutcome(
        name=outcome.name,
        label=outcome.told,
        head=outcome.head,
        column=outcome.column,
        trials=outcome.trials,
        at_least=outcome.at_least,
        where=outcome.where,
        rated_by=outcome.rated_by,
        estimand=model.estimand_shown(outcome),
    )


def _planned(plan: Plan, name: str) -> PlannedModel:
    if name not in plan.models:
        raise ModelError(f"the plan has no model {name}; it has {', '.join(plan.models)}")
    return plan.models[name]

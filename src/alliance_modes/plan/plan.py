"""``config/plan.yaml``: every choice of the analysis, declared before the data are seen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from alliance_modes.disclosure.rules import Disclosure
from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.ground.yaml_models import Closed, Located, load_model, read_yaml
from alliance_modes.instruments.model import Instrument, load_instruments
from alliance_modes.plan.check import disagreements, with_raters
from alliance_modes.plan.columns import plan_columns
from alliance_modes.plan.default import default_models, default_predictors
from alliance_modes.plan.relations.relations import Relations
from alliance_modes.plan.supervision import Supervision
from alliance_modes.plan.terms import NAME, CarelessFlag, Claim, PlannedModel, Predictor

Share = Annotated[float, Field(ge=0, le=1)]
PlanName = Annotated[str, StringConstraints(pattern=NAME.pattern)]


class CleaningRules(Closed):
    """What cleaning excludes beyond records that cannot be used at all.

    ``exclude_flags`` names the flags whose records are left out; every other flag is only listed.
    ``longstring_share``: flagged when a run of identical answers is this share of the answers.
    ``irv_below``: flagged when the SD of a record's answers is below this share of the width of
    the response range. ``longstring_exempt``: instruments on which identical answers are
    legitimate, so that neither is used. ``even_odd_below`` is the correlation, used on instruments
    with at least ``even_odd_subscales`` subscales.
    """

    exclude_flags: tuple[CarelessFlag, ...] = ("failed_attention_check",)
    longstring_share: Share = 1.0
    longstring_exempt: tuple[str, ...] = ("wai_sr",)
    irv_below: Share = 0.05
    even_odd_below: Annotated[float, Field(ge=-1, le=1)] = 0.3
    even_odd_subscales: Annotated[int, Field(ge=3)] = 5
    seconds_per_item: Annotated[float, Field(ge=0)] = 1.0
    mahalanobis_p: Share = 0.001


class Losses(Closed):
    """How much of what is read may be lost on the way without anybody's agreement.

    Shares of a table's rows (``rows``), of a column's cells (``cells``), of ids that meet none of another
    table (``links``), of practitioners surveyed only after their first enrolment had started (``surveys``),
    above which ``check`` and ``run`` refuse until the data are put right or ``accepted`` of ``cohort.yaml``
    agrees. Nothing may be lost whole without agreement, however small.
    """

    rows: Share = 0.02
    cells: Share = 0.02
    links: Share = 0.05
    surveys: Share = 0.1


class Exposure(Closed):
    """Whose mode use, measured when, is the exposure.

    ``before_start`` averages the survey waves completed before the practitioner's first enrolment
    started, so that exposure precedes outcome; ``all`` averages every wave.
    """

    practitioner: Literal["lead"] = "lead"
    waves: Literal["before_start", "all"] = "before_start"

    @property
    def told(self) -> str:
        """When mode use was measured, for a reader."""
        if self.waves == "all":
            return "the mean over every wave of the survey, those after the first enrolment started included"
        return "surveyed before their first enrolment started"


class Multiplicity(Closed):
    """What a planned test counts for that could not be computed: no data, no convergence, too few people.

    ``counted``: the family is corrected for as many tests as were planned, so that what one cohort lacks
    makes no other claim of it easier. ``left_out``: for as many as were computed.
    """

    not_computed: Literal["counted", "left_out"] = "counted"


class Bootstrap(Closed):
    """A check on the primary tests: the likelihood-ratio test with its null distribution simulated.

    ``draws`` is the largest number of draws (0: no check; 199 decide at .05, 999 are for the final
    analysis), ``stop_after`` ends a test once so many draws have reached what was observed, or so few that
    the others would hardly bring p above .05 (none of the first 72 of 199); with 0 all draws are made.
    ``models`` are those checked, and ``single_terms`` adds each tested predictor to the joint tests.
    Nothing is drawn with more practitioners than ``most_practitioners``: what the check looks for, a null
    distribution that is not the chi-squared one of many practitioners, is then no longer there.
    """

    draws: Annotated[int, Field(ge=0, le=99_999)] = 199
    stop_after: Annotated[int, Field(ge=0)] = 20
    models: tuple[PlanName, ...] = ("completion",)
    single_terms: bool = False
    most_practitioners: Annotated[int, Field(ge=25)] = 300


class Influence(Closed):
    """Leaving out each practitioner and each site in turn: ``models`` whose primary outcomes are refitted so.

    Drop-out is not among them by default: its many rows take as long as all the others together.
    """

    models: tuple[PlanName, ...] = ("alliance", "attendance", "completion")


Between = Literal["saturated", "alike", "one", "subscales"]


class TwoLevel(Closed):
    """Factors among clients of one practitioner, and among practitioners, at once.

    Within practitioners there is one factor per subscale. ``between`` lists what is fitted beside it: every
    covariance free (``saturated``: a test of what is within), the same factors with the same loadings and
    nothing else (``alike``), one factor (``one``), a factor per subscale with loadings of its own
    (``subscales``); nothing listed: nothing is fitted. Fitted from so many ``practitioners`` on (so many for
    each item: ``practitioners_per_item``) with ``clients`` complete inventories each on average;
    ``subscales`` from ``practitioners_for_subscales`` on.
    """

    between: tuple[Between, ...] = ("saturated", "alike", "one", "subscales")
    practitioners: Annotated[int, Field(ge=20)] = 40
    practitioners_per_item: Annotated[float, Field(ge=1)] = 2.0
    practitioners_for_subscales: Annotated[int, Field(ge=20)] = 100
    clients: Annotated[float, Field(ge=2)] = 5.0


class Imputation(Closed):
    """Missing covariates by chained equations, for a second look at outcomes of these models and claims.

    At most ``m`` completed data sets, each after ``iterations`` rounds of the chain; a value is taken from
    one of the ``donors`` nearest observed cases. No more are made once every pooled standard error would
    come out again to within ``enough`` of itself (its coefficient of variation); null: always ``m``. No
    claim among ``claims``: nothing is imputed. ``tipping``: by how much the log-odds of outcomes that
    nobody saw (administrative ends) may differ from what the model expects of them; none and all having
    the outcome are always added.
    """

    m: Annotated[int, Field(ge=2, le=200)] = 20
    enough: Annotated[float, Field(ge=0.005, le=0.5)] | None = 0.05
    iterations: Annotated[int, Field(ge=1, le=100)] = 5
    donors: Annotated[int, Field(ge=1, le=50)] = 5
    models: tuple[PlanName, ...] = ("alliance", "attendance", "completion")
    claims: tuple[Claim, ...] = ("primary",)
    tipping: tuple[float, ...] = (-2.0, -1.0, 0.0, 1.0, 2.0)


class Plan(Closed):
    """The analysis plan: a new cohort is run under the same file."""

    seed: int = Field(default=20250101, description="every random draw of a run starts from this number")
    draws: Annotated[int, Field(ge=200, le=100_000)] = Field(
        default=2000, description="draws behind each simulation interval"
    )
    losses: Losses = Losses()
    cleaning: CleaningRules = CleaningRules()
    exposure: Exposure = Exposure()
    multiplicity: Multiplicity = Multiplicity()
    bootstrap: Bootstrap = Bootstrap()
    influence: Influence = Influence()
    two_level: TwoLevel = TwoLevel()
    imputation: Imputation = Imputation()
    disclosure: Disclosure = Disclosure()
    supervision: Supervision = Supervision()
    relations: Relations = Relations()
    predictors: dict[PlanName, Predictor] = Field(
        default_factory=default_predictors,
        description="what a formula can name: a column of the analysis tables, its label and its unit",
    )
    models: dict[PlanName, PlannedModel] = Field(
        default_factory=default_models,
        description="the models, in the order they are reported; each is fitted once per outcome",
    )


def load_plan(path: str | Path, instruments: Mapping[str, Instrument] | None = None) -> Plan:
    """Read the plan.

    Parameters
    ----------
    path : path
        The YAML file.
    instruments : mapping of str to Instrument, optional
        Those whose scores it may name; default: those that are shipped.

    Returns
    -------
    Plan
        With the rater of every outcome said, where the file leaves it to the outcome's column.

    Raises
    ------
    ConfigurationError
        Every problem of the file at once, each with its line: first those of single keys (unknown,
        missing, refused), and where there are none, those between keys (a formula that names an
        unknown predictor, a column that no analysis table has, an outcome of which nobody says who
        rates it).
    """
    columns = plan_columns(load_instruments() if instruments is None else instruments)
    plan = load_model(path, Plan, subject=str(path))
    located = read_yaml(path)
    problems = [
        Problem(
            f"{'.'.join(map(str, found.location))}: {found.message}",
            found.hint,
            file=Path(path).name,
            line=located.line(found.location),
        )
        for found in (
            *disagreements(plan.predictors, plan.models, columns),
            *plan.supervision.disagreements(plan.predictors, plan.models),
        )
    ]
    problems += _unknown_models(plan, path, located)
    if problems:
        raise ConfigurationError(str(path), problems)
    return plan.model_copy(update={"models": with_raters(plan.models, columns)})


def _unknown_models(plan: Plan, path: str | Path, located: Located) -> list[Problem]:
    """Models that a check names and the plan does not have; its default names may be absent."""
    return [
        Problem(
            f"{check}.models: unknown model {name}",
            f"The models of this plan are {', '.join(plan.models)}.",
            file=Path(path).name,
            line=located.line((check, "models")),
        )
        for check, named in (("bootstrap", plan.bootstrap), ("influence", plan.influence))
        if "models" in named.model_fields_set
        for name in named.models
        if name not in plan.models
    ]

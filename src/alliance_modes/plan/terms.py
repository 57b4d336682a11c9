"""The parts of a plan that say what is modelled: predictors, outcomes and models."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from alliance_modes.domain import MODES, RATERS, Source
from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.ground.yaml_models import Closed
from alliance_modes.plan.families import FAMILIES, RATIO, known_family

Claim = Literal["primary", "secondary", "exploratory"]
FamilyName = Annotated[str, AfterValidator(known_family)]
GroupingName = Literal["practitioner", "group", "site", "enrolment"]
TableName = Literal["alliance", "session", "enrolment"]
Section = Literal["alliance", "engagement", "completion", "moderation"]
CarelessFlag = Literal[
    "failed_attention_check", "longstring", "irv", "even_odd", "completion_time", "mahalanobis"
]

SECTIONS: dict[TableName, Section] = {
    "alliance": "alliance",
    "session": "engagement",
    "enrolment": "completion",
}
"""Where the results of a model stand that says nothing about it, by its analysis table."""

NAME = re.compile(r"^[a-z][a-z0-9_]*$")
MODE_COLUMN = re.compile(
    rf"(?:use_|modes_of_practice_)?(?P<mode>{'|'.join(MODES)})(?:_z)?(?:_between|_within)?"
)
"""Columns of the analysis tables that hold the use of one mode."""

PRACTITIONER = "practitioner"
PRODUCT = ":"


FOR_READERS: Any = {"section": True, "outcomes": {"__all__": {"shown", "at_a_glance", "heading"}}}
"""Keys of a model that say where and how its results are shown, and change none of them."""


class Predictor(Closed):
    """One predictor that a formula can name."""

    label: str = Field(description="what a reader is shown")
    column: str = Field(description="column of the analysis table")
    unit: str = Field(description="what one unit is; every effect is per this unit")
    reason: str = Field(
        default="", description="why it is in the models; a protocol says it, and no number depends on it"
    )
    level: Literal["between", "within", ""] = Field(
        default="", description="between or within practitioners, where the column is one of the two"
    )
    split: bool = Field(
        default=False,
        description="enter <column>_between (practitioner's mean) and <column>_within (deviation from it)",
    )
    term: str | None = Field(
        default=None, description="its name among the estimates, where that differs from the key"
    )
    reference: str | None = Field(
        default=None, description="for a column of categories: the one that the others are compared with"
    )
    raw_column: str | None = Field(
        default=None, description="the same quantity in the units it was measured in, for curves"
    )
    smooth: int | None = Field(
        default=None,
        ge=1,
        le=8,
        description="enter as a natural cubic spline with this many columns in place of a straight line",
    )

    when_present: bool = Field(
        default=False,
        description="true: where a cohort has no value of it, or one for everybody, models are fitted "
        "without it (and without its products), and called reduced; false: they are not run. What a model "
        "tests is never left out",
    )
    pooled_below: int | None = Field(
        default=None,
        ge=1,
        description="of a split predictor: with fewer practitioners than this in a fit it enters as one "
        "column, <column>, so that less is estimated from few of them; what a model tests, or multiplies, "
        "stays split",
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Predictor:
        if self.split and (self.level or self.reference is not None):
            raise ValueError("a split predictor has both levels: give neither level nor reference")
        if self.smooth is not None and (self.split or self.reference is not None):
            raise ValueError("a smooth predictor is one column of numbers: give neither split nor reference")
        if self.pooled_below is not None and not self.split:
            raise ValueError(
                "only a split predictor has two columns to pool: give split too, or no pooled_below"
            )
        return self

    def columns(self) -> tuple[str, ...]:
        """The columns of the analysis table that it enters by."""
        if self.split:
            return (f"{self.column}_between", f"{self.column}_within")
        return (self.column,)

    def pooled(self) -> Predictor:
        """The same predictor as one column."""
        return self.model_copy(update={"split": False, "pooled_below": None})

    @property
    def mode(self) -> str | None:
        """The mode of practice whose use it is, as its column tells; None for every other predictor."""
        found = MODE_COLUMN.fullmatch(self.column)
        return found["mode"] if found else None

    @property
    def varying_column(self) -> str:
        """The column that enters products and random slopes: of a split predictor, the within part."""
        return f"{self.column}_within" if self.split else self.column


class Outcome(Closed):
    """One outcome of a model: a column, and the rows that it is about."""

    name: str = Field(description="its name in every table")
    label: str = Field(description="what a reader is shown")
    column: str = Field(description="column of the analysis table")
    trials: str | None = Field(
        default=None,
        description="for counts out of so many: the column that says out of how many; rows of 0 are outside "
        "the population",
    )
    exposure: str | None = Field(
        default=None,
        description="for counts without an upper limit: the column of the time or the occasions that they "
        "were counted over; effects are then of the rate, and rows of 0 are outside the population",
    )
    at_least: float | None = Field(
        default=None,
        description="for ordered levels: percentage points are of the chance of this level or above, and the "
        "log-odds and odds ratios are the same at every other",
    )
    where: dict[str, str | bool] = Field(
        default_factory=dict, description="only rows with these values are the population"
    )
    population_has_outcome: bool = Field(
        default=False,
        description="true: a row without the outcome is outside the population (an administrative end, say); "
        "false: its outcome is missing, and counted as such",
    )
    claim: Claim | None = Field(default=None, description="where it differs from the model's")
    rater: Source | None = Field(
        default=None,
        description="client, practitioner or observer, or records; it alone decides whether the rater of the "
        "modes rated the outcome too. Left out where `where` says it, or where the column does",
    )
    shown: str | None = Field(
        default=None,
        description="the number that sentences and tables give first, of those that the family has: "
        "standardised or coefficient (linear), percentage_points, ratio or coefficient (logistic), say; "
        "default: the first of them",
    )
    at_a_glance: bool = Field(default=False, description="true: a column of the table at a glance")
    heading: str | None = Field(
        default=None, description="a shorter label, for the head of a column; default: the label"
    )

    @property
    def told_by(self) -> Source | None:
        """Who tells it, as far as the outcome says it itself: by ``rater``, or by ``where``."""
        where = self.where.get("rater")
        return self.rater or next((rater for rater in RATERS if rater == where), None)

    @property
    def rated_by(self) -> Source:
        """Who tells it. The plan that ``load_plan`` returns says it of every outcome.

        Raises
        ------
        ConfigurationError
            Nobody said it: nothing that follows from it is guessed.
        """
        if self.told_by is None:
            hint = "Say it by rater: client, practitioner, observer or records."
            raise ConfigurationError("the plan", [Problem(f"who rates the outcome {self.name}?", hint)])
        return self.told_by

    @property
    def told(self) -> str:
        """The label; of ordered levels with the level from which on its chance is told."""
        return self._from_level(self.label)

    @property
    def head(self) -> str:
        """What stands over its column."""
        return self._from_level(self.heading or self.label)

    def _from_level(self, text: str) -> str:
        return text if self.at_least is None else f"{text} ({self.at_least:g} or above)"


class Estimand(Closed):
    """What the numbers of a model are about, stated before any is seen."""

    population: str = Field(description="whom it is about")
    exposure: str = Field(description="what is compared")
    outcome: str = Field(description="what is compared on")
    level: str = Field(description="differences between practitioners, within them, or both apart")
    time_zero: str = Field(description="when follow-up begins")
    intercurrent_events: str = Field(description="how drop-out, removal and administrative ends count")
    summary: str = Field(description="the number that answers the question")


class PlannedModel(Closed):
    """One model: the same formula for each of its outcomes."""

    hypothesis: str = Field(description="the hypotheses it is about (H1 to H8)")
    title: str = Field(description="what a reader is shown")
    table: TableName = Field(description="the analysis table, which says what one row is")
    family: FamilyName = Field(
        description="the kind of outcome, which decides the link and how the model is fitted; docs/models.md "
        "says how (linear, logistic and others)"
    )
    claim: Claim = Field(
        description="primary (p adjusted by Holm), secondary (Benjamini-Hochberg) or exploratory (not)"
    )
    estimand: Estimand
    outcomes: tuple[Outcome, ...] = Field(min_length=1)
    formula: str = Field(
        description="names of predictors, and of products of two (engagement:mandated), joined by +; of a "
        "split predictor its within part is multiplied"
    )
    tested: tuple[str, ...] = Field(
        default=(),
        description="what is tested jointly first, and singly only after that; products by their second part",
    )
    random: tuple[GroupingName, ...] = Field(min_length=1, description="groupings with a random intercept")
    slopes: dict[GroupingName, tuple[str, ...]] = Field(
        default_factory=dict,
        description="predictors whose effect varies over a grouping (of a split predictor, that of its "
        "within part); left out from the last where they cannot be fitted",
    )
    quadrature_nodes: int | None = Field(
        default=None,
        ge=1,
        le=25,
        description="for 0/1 outcomes, counts and hazards: 1 (Laplace's approximation), or 5 to 25 nodes of "
        "adaptive quadrature at each level, where groupings nest (groups in practitioners in sites) and no "
        "slope varies; where they cross, Laplace is used and the check `quadrature` fails. Default: 11 with "
        "one grouping, else 1",
    )
    curves: tuple[str, ...] = Field(
        default=(), description="predictors over which the predicted probability is drawn"
    )
    reduced_keeps_claim: bool = Field(
        default=False,
        description="true: its claim stays what it is where predictors that are `when_present` are lacking; "
        "false: it is exploratory then, as another model was planned",
    )
    landmark: int = Field(
        default=6,
        ge=1,
        description="for a tested 0/1 predictor that changes from session to session: 1 from after this "
        "session on, against 0 throughout, among those still enrolled after it",
    )

    section: Section | None = Field(
        default=None,
        description="where in the report its results stand: alliance, engagement, completion or moderation; "
        "default: moderation where products alone are tested, completion for the hazard of an end, else "
        "by the table",
    )

    @field_validator("quadrature_nodes")
    @classmethod
    def _enough_nodes(cls, nodes: int | None) -> int | None:
        if nodes in (2, 3, 4):
            raise ValueError("2 to 4 nodes are too coarse to be better than 1: write 1, or 5 to 25")
        return nodes

    @field_validator("formula")
    @classmethod
    def _is_sum_of_names(cls, formula: str) -> str:
        names = [PRODUCT.join(part.strip() for part in term.split(PRODUCT)) for term in formula.split("+")]
        for name in names:
            if len(name.split(PRODUCT)) > 2 or not all(map(NAME.match, name.split(PRODUCT))):
                raise ValueError(
                    f'"{name}" is not the name of a predictor, or of a product of two; '
                    "write names joined by +"
                )
        sorted_names = [PRODUCT.join(sorted(name.split(PRODUCT))) for name in names]
        twice = sorted({name for name in sorted_names if sorted_names.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} stands twice in the formula")
        return " + ".join(names)

    @property
    def terms(self) -> tuple[str, ...]:
        """Everything that stands in the formula, in its order."""
        return tuple(self.formula.split(" + "))

    @property
    def predictors(self) -> tuple[str, ...]:
        """Names of the predictors that stand alone, in the order of the formula."""
        return tuple(term for term in self.terms if PRODUCT not in term)

    @property
    def tested_predictors(self) -> set[str]:
        """Names of the predictors that are tested, alone or in a product."""
        return {part for term in self.tested for part in term.split(PRODUCT)}

    def pooled(self, predictors: Mapping[str, Predictor], practitioners: int) -> tuple[str, ...]:
        """Covariates that so few practitioners do not split, of those that stand in no product."""
        kept = self.tested_predictors | {name for pair in self.products for name in pair}
        below = {name: predictors[name].pooled_below or 0 for name in self.predictors if name not in kept}
        return tuple(name for name, enough in below.items() if practitioners < enough)

    @property
    def products(self) -> tuple[tuple[str, str], ...]:
        """The two names of each product, in the order of the formula."""
        pairs = [term.split(PRODUCT) for term in self.terms if PRODUCT in term]
        return tuple((first, second) for first, second in pairs)

    def without(self, names: Collection[str], groupings: Collection[str] = ()) -> PlannedModel:
        """The model without some predictors, with their products, slopes and curves, and some groupings."""
        kept = [term for term in self.terms if not set(term.split(PRODUCT)) & set(names)]
        slopes = {
            grouping: tuple(name for name in of if name not in names)
            for grouping, of in self.slopes.items()
            if grouping not in groupings
        }
        random = tuple(name for name in self.random if name not in groupings)
        curves = tuple(name for name in self.curves if name not in names)
        changed = {"formula": " + ".join(kept), "slopes": slopes, "curves": curves, "random": random}
        return self.model_copy(update=changed)

    @property
    def link(self) -> str:
        """The link that the family has."""
        return FAMILIES[self.family].link

    def claim_of(self, outcome: Outcome) -> Claim:
        """The family of hypotheses that ``outcome`` is tested in."""
        return outcome.claim or self.claim

    def outcome(self, name: str) -> Outcome:
        """The outcome of this name; ``KeyError`` where the model has none."""
        return {outcome.name: outcome for outcome in self.outcomes}[name]

    def outcomes_with(self, *claims: Claim) -> tuple[Outcome, ...]:
        """The outcomes that are tested in one of these families of hypotheses, in the plan's order."""
        return tuple(outcome for outcome in self.outcomes if self.claim_of(outcome) in claims)

    def joint_tests(self, predictors: Mapping[str, Predictor]) -> int:
        """How many tests each outcome brings to a family: one per level, one per second part of products."""
        found = set()
        for name in self.tested:
            parts = name.split(PRODUCT)
            if len(parts) > 1:
                found.add((parts[1], "product"))
                continue
            one = predictors[name]
            found |= {("", level) for level in (("between", "within") if one.split else (one.level,))}
        return len(found)

    @property
    def stands_in(self) -> Section:
        """The section of the report that its results stand in."""
        if self.section is not None:
            return self.section
        if self.tested and all(PRODUCT in name for name in self.tested):
            return "moderation"
        return "completion" if FAMILIES[self.family].hazard else SECTIONS[self.table]

    def shown(self, outcome: Outcome) -> str:
        """How the outcome is shown: as it says, else the first number that the family has."""
        return outcome.shown or FAMILIES[self.family].shown[0]

    def estimand_shown(self, outcome: Outcome) -> str:
        """The estimand of ``estimates.csv`` by which the outcome is shown."""
        shown = self.shown(outcome)
        return FAMILIES[self.family].ratio if shown == RATIO else shown

    @property
    def covariates(self) -> tuple[str, ...]:
        """Predictors that stand beside what is tested, and are not tested themselves."""
        return tuple(name for name in self.predictors if name not in self.tested)

    def mode_terms(
        self, predictors: Mapping[str, Predictor], among: Iterable[str] | None = None
    ) -> dict[str, str]:
        """Each mode whose use by the practitioner is tested, and its term among the estimates.

        None where the model is not about how practitioners work; products, and use in a session against
        the practitioner's own mean, are other questions. ``among``: those of these predictors, the curves
        say, in place of the tested ones.
        """
        asked = self.tested if among is None else among
        named = ((name, predictors[name]) for name in asked if name in predictors)
        return {
            one.mode: one.term or name
            for name, one in named
            if one.mode is not None and one.level != "within"
        }

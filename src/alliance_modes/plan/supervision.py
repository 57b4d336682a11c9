"""The part of a plan that asks for supervision sheets, and what it must agree with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from alliance_modes.ground.yaml_models import Closed
from alliance_modes.plan.check import Disagreement
from alliance_modes.plan.families import FAMILIES
from alliance_modes.plan.terms import NAME, PRACTITIONER, PlannedModel, Predictor

OVER_SESSIONS = ("alliance", "session")
"""Analysis tables with more than one row per client."""


class Supervision(Closed):
    """A sheet for each practitioner and their supervisor, made only where sheets is true.

    It shows the ratings of own clients by the outcome of the model, beside what is expected of such clients
    from other practitioners. expected_by lists the predictors by which clients are made comparable, and the
    course over sessions; where it is empty those that the model does not test. The modes stay out, since
    they are what may differ. No practitioner is set
    beside others with fewer rated clients than clients_at_least, or with fewer peers who have a rated
    client than peers_at_least.
    """

    sheets: bool = False
    model: Annotated[str, Field(pattern=NAME.pattern)] = "alliance"
    outcome: Annotated[str, Field(pattern=NAME.pattern)] = "client_total"
    expected_by: tuple[str, ...] = ()
    clients_at_least: Annotated[int, Field(ge=5)] = 10
    peers_at_least: Annotated[int, Field(ge=5)] = 10

    def disagreements(
        self, predictors: Mapping[str, Predictor], models: Mapping[str, PlannedModel]
    ) -> Iterator[Disagreement]:
        """What is asked for and the rest of the plan does not have; nothing where no sheet is asked for."""
        if not self.sheets:
            return
        for name in self.expected_by:
            if name not in predictors:
                hint = f"The predictors of this plan are {', '.join(predictors)}."
                yield Disagreement(("supervision", "expected_by"), f"unknown predictor {name}", hint)
        model = models.get(self.model)
        if model is None:
            hint = f"The models of this plan are {', '.join(models)}."
            yield Disagreement(("supervision", "model"), f"unknown model {self.model}", hint)
            return
        fits = (
            FAMILIES[model.family].link == "identity"
            and model.table in OVER_SESSIONS
            and PRACTITIONER in model.random
        )
        if not fits:
            message = f"the model {self.model} has no ratings over sessions, by practitioner"
            hint = "Name a linear model of the table alliance or session, with practitioner in random."
            yield Disagreement(("supervision", "model"), message, hint)
        outcomes = [one.name for one in model.outcomes]
        if self.outcome not in outcomes:
            hint = f"The outcomes of this model are {', '.join(outcomes)}."
            yield Disagreement(("supervision", "outcome"), f"unknown outcome {self.outcome}", hint)

"""What the report says about outcomes that nobody saw: where a finding on completion would change."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from alliance_modes.plan.plan import Plan
from alliance_modes.plan.terms import Outcome
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.questions import mode_names
from alliance_modes.reports.research.reasons import plain_reason
from alliance_modes.words.names import capital, mode_name
from alliance_modes.words.rounding import number, percent, whole

COMPLETED = "completed"
"""The column of completion in the enrolment table: of it, what nobody saw is an administrative end."""


@dataclass(frozen=True)
class Filled:
    """What is filled in, and what is said of people whose outcome was filled in."""

    unseen: str
    doing: str
    do: str


COMPLETING = Filled("administrative ends", "completing", "complete")
HAVING = Filled("unseen outcomes", "having it", "have it")


def tipping_sentences(inputs: ReportInputs) -> list[str]:
    """One sentence per outcome and mode, or why there is none."""
    names = mode_names(inputs.plan)
    said = []
    for (model, outcome), rows in inputs.tipping.groupby(["model", "outcome"], sort=False):
        found = _outcome(inputs.plan, str(model), str(outcome))
        label = str(outcome) if found is None else found.label
        words = COMPLETING if found is not None and found.column == COMPLETED else HAVING
        failed = rows[rows["status"] != "ok"]
        if len(failed) == len(rows):
            why = plain_reason(str(failed["reason"].iloc[0]), inputs.plan)
            said.append(f"{label}, {words.unseen} filled in: not done, because {why}.")
            continue
        unseen = whole(rows["unseen"].dropna().iloc[0])
        for term, here in rows[rows["status"] == "ok"].groupby("term", sort=False):
            mode = names.get((str(model), str(term)))
            if mode is not None:
                said.append(
                    f"{label} and the {mode_name(mode)}, {unseen} {words.unseen} filled in: "
                    f"{_change(here, words)}"
                )
        if len(failed):
            said.append(f"{label}: {whole(len(failed))} ways of filling in could not be fitted.")
    return [capital(text) for text in said]


def _outcome(plan: Plan, model: str, name: str) -> Outcome | None:
    planned = plan.models.get(model)
    return next((one for one in planned.outcomes if one.name == name), None) if planned is not None else None


def _change(rows: pd.DataFrame, words: Filled) -> str:
    changed = rows[rows["changed"].astype(bool)]
    if changed.empty:
        low, high = rows["estimate"].min(), rows["estimate"].max()
        return (
            f"the finding stays as it is from none of them {words.doing} to all "
            f"(log-odds {number(low)} to {number(high)}; {number(rows['primary'].iloc[0])} without them)."
        )
    nearest = changed.loc[changed["delta"].abs().idxmin()]
    where = (
        f"when {'all' if nearest['delta'] > 0 else 'none'} of them {words.do}"
        if math.isinf(nearest["delta"])
        else f"when their log-odds differ by {number(nearest['delta'])} from what the model expects "
        f"({percent(nearest['share'])} of them {words.do})"
    )
    return (
        f"the finding changes {where}, log-odds {number(nearest['estimate'])} in place of "
        f"{number(nearest['primary'])}."
    )

"""The page over all cohorts of a run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from alliance_modes.cohort import Cohort
from alliance_modes.plan.plan import Plan
from alliance_modes.reports.over_cohorts.words import cohorts_said, parts
from alliance_modes.reports.page.documents import documents
from alliance_modes.words.display import escaped, markdown

HERE = Path(__file__).parent
TITLE = "Effects over cohorts"
KIND = "Relational analyses: internal"


def cohorts_page(effects: pd.DataFrame, plan: Plan, cohorts: Iterable[Cohort]) -> bytes:
    """The page as one HTML file.

    Parameters
    ----------
    effects : DataFrame
        ``effects.csv`` of all cohorts.
    plan : Plan
        With what a reader is shown.
    cohorts : iterable of Cohort
        Those of the run: where one is a demonstration the page says so.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(HERE), undefined=StrictUndefined, trim_blocks=True, autoescape=False
    )
    environment.filters["md"] = escaped
    environment.filters["table"] = markdown
    simulated = [one.title for one in cohorts if one.demonstration]
    source = environment.get_template("page.md.j2").render(
        simulated=simulated, said=cohorts_said(effects), parts=parts(effects, plan)
    )
    return documents(source, TITLE, KIND, {}, ("html",), contents=False)["html"]

"""The page over all cohorts of a run."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from alliance_modes.cohort import Cohort
from alliance_modes.figures.cohorts_compared import cohorts_compared
from alliance_modes.figures.picture import OK, png_of
from alliance_modes.plan.plan import Plan
from alliance_modes.reports.over_cohorts.words import cohorts_said, parts
from alliance_modes.reports.page.documents import documents
from alliance_modes.reports.page.render import environment

TITLE = "Effects over cohorts"
FIGURE = "cohorts_compared"
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
    simulated = [one.title for one in cohorts if one.demonstration]
    picture = cohorts_compared(effects, plan)
    template = environment().get_template("over_cohorts/page.md.j2")
    said, pictures = cohorts_said(effects), {FIGURE: picture}
    source = template.render(simulated=simulated, said=said, parts=parts(effects, plan), pictures=pictures)
    drawn = {FIGURE: png_of(picture)} if picture.status == OK else {}
    return documents(source, TITLE, KIND, drawn, ("html",), contents=False)["html"]

"""What the report says about imputed predictors: modes over completed data sets beside complete cases."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from alliance_modes.domain import MODES
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.measures import coefficient_unit, units_of
from alliance_modes.reports.questions import label_of, labels_of, mode_names
from alliance_modes.reports.research.reasons import plain_reason
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, listed
from alliance_modes.words.rounding import MISSING, interval, number, percent, whole

HOW = (
    "Complete cases; then pooled over completed data sets [95 % interval], per standard deviation of mode use"
)
NOTE = "Values are taken to be missing at random given covariates, modes and outcomes."


@dataclass(frozen=True)
class ImputationTold:
    """A sentence on what imputing changes, the table, and why an outcome was not imputed."""

    said: str
    table: DisplayTable | None
    not_done: tuple[str, ...]


def imputation_told(inputs: ReportInputs) -> ImputationTold:
    """Modes between practitioners, complete cases beside imputed, for each outcome of the plan."""
    labels, names = labels_of(inputs.models), mode_names(inputs.plan)
    done = inputs.imputed[inputs.imputed["status"] == "ok"]
    rest = inputs.imputed[inputs.imputed["status"] != "ok"].drop_duplicates(["model", "outcome", "reason"])
    reasons: dict[str, list[str]] = {}
    for row in rest.itertuples(index=False):
        reasons.setdefault(plain_reason(str(row.reason), inputs.plan), []).append(label_of(row, labels))
    not_done = tuple(f"Not imputed: {listed(names)}, because {why}." for why, names in reasons.items())
    keys = zip(done["model"], done["term"], strict=True)
    done = done.assign(mode=pd.Series([names.get(key) for key in keys], index=done.index, dtype="str"))
    modes = done[done["mode"].notna() & ~(done["level"] == "within")]
    if modes.empty:
        return ImputationTold("", None, not_done)
    lines, units = [], dict[str, list[str]]()
    for _, here in modes.groupby(["model", "outcome"], sort=False):
        cells = here.set_index("mode")
        counts = f"{whole(here['n_complete'].iloc[0])}; {whole(here['n'].iloc[0])}"
        label = capital(label_of(here.iloc[0], labels))
        unit = coefficient_unit(inputs.plan.models[str(here["model"].iloc[0])].family)
        units.setdefault(unit, []).append(label)
        lines.append((label, counts, *(_cell(cells, mode) for mode in MODES)))
    table = display_table(
        "Modes in complete cases, and with missing predictors imputed",
        ("Outcome", "n", *(capital(mode) for mode in MODES)),
        "lr" + "r" * len(MODES),
        lines,
        f"{HOW}, in {units_of(units)}. {NOTE}",
    )
    return ImputationTold(_sentence(modes), table, not_done)


def _sentence(modes: pd.DataFrame) -> str:
    moved = ((modes["estimate"] - modes["complete_cases"]).abs() / modes["complete_cases_se"]).max()
    crossing = (modes["ci_low"] > 0) | (modes["ci_high"] < 0)
    return (
        "Records without a covariate or without the practitioner's survey were completed "
        f"{whole(modes['m'].max())} times over by chained equations, and the primary outcomes analysed "
        f"again: no mode's estimate moves by more than {number(moved)} of its standard error, "
        f"{whole(crossing.sum())} of {whole(len(modes))} intervals lie on one side of none, and at most "
        f"{percent(modes['fmi'].max())} of the information on a mode is missing."
    )


def _cell(cells: pd.DataFrame, mode: str) -> str:
    if mode not in cells.index:
        return MISSING
    row = cells.loc[mode]
    pooled = f"{number(row['estimate'])} {interval(row['ci_low'], row['ci_high'])}"
    return f"{number(row['complete_cases'])}; {pooled}"

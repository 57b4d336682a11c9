"""What the report says about outcomes that nobody saw: where a finding on completion would change."""

from __future__ import annotations

import math

import pandas as pd

from alliance_modes.domain import MODES
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.words.names import capital
from alliance_modes.words.rounding import number, percent, whole


def tipping_sentences(inputs: ReportInputs) -> list[str]:
    """One sentence per outcome and mode, or why there is none."""
    labels = {fit.outcome: fit.label for model in inputs.models.values() for fit in model.fits}
    said = []
    for outcome, rows in inputs.tipping.groupby("outcome", sort=False):
        label = labels.get(outcome, str(outcome))
        failed = rows[rows["status"] != "ok"]
        if len(failed) == len(rows):
            said.append(
                f"{label}, administrative ends filled in: not done, because {failed['reason'].iloc[0]}."
            )
            continue
        unseen = whole(rows["unseen"].dropna().iloc[0])
        modes = rows[(rows["status"] == "ok") & rows["term"].isin(MODES)]
        for mode, here in modes.groupby("term", sort=False):
            said.append(
                f"{label} and the {mode} mode, {unseen} administrative ends filled in: {_change(here)}"
            )
        if len(failed):
            said.append(f"{label}: {whole(len(failed))} ways of filling in could not be fitted.")
    return [capital(text) for text in said]


def _change(rows: pd.DataFrame) -> str:
    changed = rows[rows["changed"].astype(bool)]
    if changed.empty:
        low, high = rows["estimate"].min(), rows["estimate"].max()
        return (
            "the finding stays as it is from none of them completing to all "
            f"(log-odds {number(low)} to {number(high)}; {number(rows['primary'].iloc[0])} without them)."
        )
    nearest = changed.loc[changed["delta"].abs().idxmin()]
    where = (
        f"when {'all' if nearest['delta'] > 0 else 'none'} of them complete"
        if math.isinf(nearest["delta"])
        else f"when their log-odds differ by {number(nearest['delta'])} from what the model expects "
        f"({percent(nearest['share'])} of them complete)"
    )
    return (
        f"the finding changes {where}, log-odds {number(nearest['estimate'])} in place of "
        f"{number(nearest['primary'])}."
    )

"""What the checks beside the estimates say, in sentences."""

from __future__ import annotations

import pandas as pd

from alliance_modes.plan.plan import Plan
from alliance_modes.reports.questions import Labels, label_of, term_words
from alliance_modes.words.names import capital, sentence, with_shared_endings
from alliance_modes.words.rounding import number, whole


def bootstrap_sentences(table: pd.DataFrame, labels: Labels) -> list[str]:
    """How many primary tests the simulation agrees with, each that it does not, and what was not checked."""
    if not len(table) or (table["result"] == "not_checked").all():
        return []
    made = table[table["result"] != "not_checked"]
    sentences = [_agreement(made)]
    sentences += [
        f"{capital(label_of(row, labels))}, {row.term}: p = {number(row.rule_p, 3)} by the "
        f"rule that is reported, {number(row.bootstrap_p, 3)} by simulation. The two disagree at .05: take "
        "neither as settled."
        for row in made[made["result"] == "fail"].itertuples()
    ]
    reasons: dict[str, list[str]] = {}
    for row in table[table["result"] == "not_checked"].itertuples():
        reasons.setdefault(row.detail, []).append(label_of(row, labels))
    sentences += [
        sentence(f"Not checked ({with_shared_endings(list(dict.fromkeys(names)))}): {reason}")
        for reason, names in reasons.items()
    ]
    return sentences


def influence_sentences(table: pd.DataFrame, labels: Labels, plan: Plan) -> list[str]:
    """Per primary outcome: how far the modes move without one practitioner or site, and what then changes."""
    sentences = []
    for _, rows in table.groupby(["model", "outcome"], sort=False) if len(table) else ():
        looked = rows[rows["result"] != "not_checked"]
        parts = [_moved(unit, part, plan) for unit, part in looked.groupby("unit", sort=False)]
        parts += [
            f"{row.unit}s were not left out ({row.reason})"
            for row in rows[rows["result"] == "not_checked"].itertuples()
        ]
        sentences.append(sentence(f"{capital(label_of(rows.iloc[0], labels))}: {'; '.join(parts)}"))
    return sentences


def _moved(unit: str, rows: pd.DataFrame, plan: Plan) -> str:
    moved = rows.dropna(subset="largest_change_in_se")
    worst = moved.loc[moved["largest_change_in_se"].abs().idxmax()]
    text = (
        f"without one {unit} ({worst['without']}) the estimate for the {term_words(plan, worst['term'])} "
        f"moves by {number(abs(worst['largest_change_in_se']), 1)} of its standard errors, the most of "
        f"{whole(worst['units'])}"
    )
    crossing = rows[rows["claim_changes"] > 0]
    if not len(crossing):
        return f"{text}, and no p crosses .05"
    named = ", ".join(dict.fromkeys(term_words(plan, row.term) for row in crossing.itertuples()))
    return f"{text}; p crosses .05 for {named} without {whole(int(crossing['claim_changes'].max()))} of them"


def _agreement(made: pd.DataFrame) -> str:
    """How many were set beside each other, over how many draws, and how many agree."""
    agreed, total = int((made["result"] == "pass").sum()), len(made)
    fewest, most = int(made["draws"].min()), int(made["draws"].max())
    draws = whole(most) if fewest == most else f"{whole(fewest)} to {whole(most)}"
    failures = int(made["failures"].sum())
    failed = f"; {whole(failures)} refits failed" if failures else ""
    tests = "one primary test" if total == 1 else f"{whole(total)} primary tests"
    both = (
        ("The two agree" if agreed else "The two do not agree")
        if total == 1
        else f"In {whole(agreed)} the two agree"
    )
    return (
        f"A likelihood-ratio test with its null distribution simulated stands beside {tests} "
        f"({draws} draws{failed}). {both} on whether p lies below .05."
    )

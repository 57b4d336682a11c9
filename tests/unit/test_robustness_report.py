"""Sentences about the checks that stand beside the estimates."""

from __future__ import annotations

import pandas as pd

from alliance_modes.models.checks.check_table import checks_table, with_checks_of_table
from alliance_modes.models.result import Diagnostic, FitResult, ModelResult
from alliance_modes.plan.plan import Plan
from alliance_modes.reports.research.models_and_checks.robustness import (
    bootstrap_sentences,
    influence_sentences,
)

LABELS = {
    ("ends", "completed"): "Programme completion",
    ("ends", "client_goal"): "Goal agreement, client-rated",
}


def _row(outcome: str, result: str, **more: object) -> dict:
    return {
        "model": "ends", "outcome": outcome, "term": "modes (joint)",
        "rule_p": 0.03, "bootstrap_p": 0.08, "draws": 199,
        "failures": 0, "result": result, "detail": "", **more,
    }  # fmt: skip


def test_one_sentence_when_all_agree_and_one_more_for_each_that_does_not() -> None:
    agree = pd.DataFrame([_row("completed", "pass")])
    assert bootstrap_sentences(agree, LABELS) == [
        "A likelihood-ratio test with its null distribution simulated stands beside one primary test "
        "(199 draws). The two agree on whether p lies below .05."
    ]
    both = pd.DataFrame([_row("client_goal", "pass", draws=80, failures=2), _row("completed", "fail")])
    first, second = bootstrap_sentences(both, LABELS)
    assert "2 primary tests (80 to 199 draws; 2 refits failed). In 1 the two agree" in first
    assert second.startswith(
        "Programme completion, modes (joint): p = 0.030 by the rule that is reported, 0.080"
    )
    assert second.endswith("The two disagree at .05: take neither as settled.")


def test_what_was_not_checked_says_why_and_nothing_made_says_nothing() -> None:
    skipped = _row("client_goal", "not_checked", detail="20 practitioners", bootstrap_p=None)
    said = bootstrap_sentences(pd.DataFrame([_row("completed", "pass"), skipped]), LABELS)
    assert said[-1] == "Not checked (goal agreement, client-rated): 20 practitioners."
    assert bootstrap_sentences(pd.DataFrame([skipped]), LABELS) == []
    assert bootstrap_sentences(pd.DataFrame(), LABELS) == []
    assert influence_sentences(pd.DataFrame(), LABELS, Plan()) == []


def test_checks_survive_their_table() -> None:
    checks = (
        Diagnostic(check="convergence", result="pass"),
        Diagnostic(check="x", result="fail", detail="why"),
    )
    fit = FitResult(
        outcome="o", label="O", family="linear", formula="", engine="", status="ok", diagnostics=checks
    )
    result = ModelResult(model="m", hypothesis="H", title="T", status="ok", fits=(fit,))
    assert with_checks_of_table(result, checks_table([result])) == result

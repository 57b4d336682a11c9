"""R's lme4 as a second engine: what it answers, and what is said where it does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from simulated_tables import Truth, analysis_tables

from alliance_modes.models.collect import collect
from alliance_modes.models.engine.distributions import NORMAL
from alliance_modes.models.engine.glmm import fit_prepared
from alliance_modes.models.engine.prepared import Grouping, Prepared, prepare
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.refitting.through_lme4 import lme4_model
from alliance_modes.models.result import FitResult, ModelResult, Refit, RefitTerm
from alliance_modes.models.second_engines.agreement import EngineResult, agreement_table, with_engines
from alliance_modes.models.second_engines.lme4 import ask_lme4
from alliance_modes.models.second_engines.rscript import RSCRIPT, Lme4, find_lme4
from alliance_modes.models.second_engines.statsmodels import agrees
from alliance_modes.plan.parts import estimates_part, model_task
from alliance_modes.plan.plan import Plan
from alliance_modes.reports.research.models_and_checks.engines import engines

pytestmark = pytest.mark.slow

GROUPINGS = (Grouping("practitioner", ("practitioner_id",)), Grouping("site", ("site_id",)))
ANSWER = """kind,name,value
info,converged,yes
info,singular,no
info,loglik,-12.5
info,rows,{rows}
info,cpu_seconds,0.5
beta,(Intercept),1.5
beta,x,0.25
se,(Intercept),0.5
se,x,0.125
variance,level_practitioner:(Intercept),0.75
warning,,Model failed to converge
"""


def rows() -> pd.DataFrame:
    """40 practitioners of 8 sites, 12 rows each, and one outcome of every family."""
    draw = np.random.default_rng(11)
    practitioner = np.repeat(np.arange(40), 12)
    eta = draw.normal(0, 0.6, 40)[practitioner] + draw.normal(0, 0.5, 8)[practitioner % 8]
    x = draw.normal(size=len(practitioner))
    eta = eta + 0.4 * x
    return pd.DataFrame(
        {
            "practitioner_id": [f"p{one:02d}" for one in practitioner],
            "site_id": [f"s{one}" for one in practitioner % 8],
            "row": [f"{one:03d}" for one in range(len(x))],
            "x": x,
            "linear": eta + draw.normal(0, 1, len(x)),
            "logistic": (draw.random(len(x)) < expit(eta)).astype(float),
            "cloglog": (draw.random(len(x)) < -np.expm1(-np.exp(eta - 1))).astype(float),
            "counts": draw.binomial(10, expit(eta + draw.normal(0, 0.7, len(x)))).astype(float),
            "trials": 10.0,
        }
    )


def asked(
    response: str | tuple[str, str] = "linear", groupings: tuple[Grouping, ...] = GROUPINGS
) -> Prepared:
    return prepare(rows(), response, ("x",), groupings)


def stub(folder: Path, text: str) -> Lme4:
    """A program in R's place: a shell script whose last argument is the folder of the question."""
    program = folder / "Rscript"
    program.write_text(f'#!/bin/sh\nfor folder in "$@"; do :; done\n{text}\n', encoding="utf-8")
    program.chmod(0o755)
    return Lme4(str(program), "0.0 (R 0.0)")


@pytest.mark.parametrize(
    ("family", "response", "groupings", "nodes", "tolerance"),
    [
        ("linear", "linear", GROUPINGS, 1, 0.01),
        ("logistic", "logistic", GROUPINGS, 1, 0.02),
        # by quadrature: Laplace's approximation is another one in the two engines for this link
        ("cloglog", "cloglog", GROUPINGS[:1], 11, 0.02),
        ("binomial_counts", ("counts", "trials"), (*GROUPINGS, Grouping("row", ("row",))), 1, 0.02),
    ],
)
def test_lme4_and_glmm_agree(family, response, groupings, nodes, tolerance, lme4):
    question = asked(response, groupings)
    ours = fit_prepared(question, family_of(family).distribution, nagq=nodes)
    theirs = ask_lme4(question, family_of(family).distribution, lme4, nodes=nodes, seconds=300.0)
    assert ours.nagq == nodes
    assert theirs.status in ("ok", "singular"), theirs.reason
    beta, se = (np.array([found[name] for name in ours.names]) for found in (theirs.beta, theirs.se))
    assert np.max(np.abs(beta - ours.beta) / ours.se) < tolerance
    assert np.max(np.abs(se / ours.se - 1)) < tolerance
    assert -0.001 < ours.loglik - theirs.loglik < 0.01
    (variance,) = (group.covariance[0, 0] for group in ours.covariances if group.grouping == "practitioner")
    assert theirs.variances["practitioner:(Intercept)"] == pytest.approx(variance, rel=0.02)


def test_a_model_of_the_plan_goes_through_lme4(lme4):
    plan, tables = Plan(), analysis_tables(Truth(groups=60, enrolments=300, sessions=4), seed=3)
    (refit,) = lme4_model(model_task(plan, "completion"), tables, lme4, 300.0).refits.values()
    assert refit.status in ("ok", "singular"), refit.reason
    assert agrees(refit), refit
    assert {term.term for term in refit.terms} >= {"educative", "engagement", "therapeutic"}


def test_what_r_refuses_comes_back_in_its_own_words(lme4):
    question = asked("linear")
    broken = replace(question, formula="linear ~ 1 + nowhere + (1 | level_site)")
    answer = ask_lme4(broken, NORMAL, lme4, seconds=300.0)
    assert answer.status == "not_converged" and "nowhere" in answer.reason


def test_the_answer_is_read_and_the_folder_is_gone(tmp_path):
    kept = tmp_path / "kept"
    answer = ANSWER.format(rows=480)
    text = f'cp -r "$folder" {kept}; echo "$folder" > {tmp_path}/where\n'
    text += f'cat > "$folder/answer.csv" <<X\n{answer}X'
    found = ask_lme4(asked(), NORMAL, stub(tmp_path, text))
    assert found.status == "ok" and found.beta == {"(Intercept)": 1.5, "x": 0.25}
    assert found.se["x"] == 0.125 and found.loglik == -12.5 and found.rows == 480
    assert found.variances == {"practitioner:(Intercept)": 0.75}
    assert found.warnings == ("Model failed to converge",)
    assert not Path((tmp_path / "where").read_text().strip()).exists()
    sent = pd.read_csv(kept / "rows.csv")
    assert len(sent) == 480 and sent["level_practitioner"].nunique() == 40
    assert "p00" not in (kept / "rows.csv").read_text()
    assert np.array_equal(sent["linear"], rows()["linear"])


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("echo 'Error: no memory' >&2; exit 2", "not_converged", "status 2: Error: no memory"),
        ("exit 0", "not_converged", "no message"),
        ("sleep 30 & wait", "not_converged", "no answer within 0.5 s"),
        (
            'echo "kind,name,value\ninfo,error,singular V" > "$folder/answer.csv"',
            "not_converged",
            "singular V",
        ),
        (f'cat > "$folder/answer.csv" <<X\n{ANSWER.format(rows=7)}X', "not_estimated", "used 7 of 480 rows"),
    ],
)
def test_what_goes_wrong_is_a_status_with_its_reason(tmp_path, text, status, said):
    seconds = 0.5 if "sleep" in text else 60.0
    answer = ask_lme4(asked(), NORMAL, stub(tmp_path, text), seconds=seconds)
    assert answer.status == status and said in answer.reason and not answer.beta


def test_without_r_or_its_package_nothing_is_run_and_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv(RSCRIPT, str(tmp_path / "none"))
    assert "Rscript is not installed" in find_lme4().reason
    monkeypatch.setenv(RSCRIPT, stub(tmp_path, "exit 3").program)
    assert find_lme4().reason == "R has no package lme4"
    monkeypatch.setenv(RSCRIPT, stub(tmp_path, "printf '1.1.99 (R 9.9)'").program)
    assert find_lme4().version == "1.1.99 (R 9.9)" and find_lme4().is_there
    absent = Lme4(reason="Rscript is not installed")
    refits = lme4_model(model_task(Plan(), "completion"), {}, absent, 60.0).refits
    assert [(one.status, one.reason) for one in refits.values()] == [("not_run", "Rscript is not installed")]
    alone = ask_lme4(asked(groupings=()), NORMAL, Lme4("Rscript", "0"))
    assert alone.status == "not_run" and "no random effects" in alone.reason


def refit_with(**changed: object) -> Refit:
    term = RefitTerm(
        term="engagement", level="between", estimate=0.2, se=0.101, reference_estimate=0.2, reference_se=0.1
    )
    values: dict[str, Any] = {
        "engine": "lme4 1.1", "model": "the same model", "status": "ok", "largest_difference_in_se": 0.01,
        "tolerance": 0.02, "loglik": -100.0, "reference_loglik": -99.5, "terms": (term,), **changed,
    }  # fmt: skip
    return Refit(**values)


def result_with(*refits: Refit) -> ModelResult:
    fit = FitResult(
        outcome="completed", label="Completion", family="logistic", formula="", engine="glmm", status="ok",
        refits=refits,
    )  # fmt: skip
    return ModelResult(model="completion", hypothesis="H3", title="", status="ok", fits=(fit,))


def test_a_better_fit_of_the_other_engine_is_no_agreement():
    better = refit_with(loglik=-99.4)
    refits = (refit_with(), better, refit_with(largest_difference_in_se=0.03))
    table = agreement_table([result_with(*refits)])
    assert table["status"].tolist() == ["agrees", "differs", "differs"]
    assert table["loglik_difference"].tolist() == pytest.approx([0.5, -0.1, 0.5])
    assert table["se_ratio"].iloc[0] == pytest.approx(1.01)


def test_an_engine_that_was_not_run_never_agrees():
    made = EngineResult(model="completion", refits={"completed": refit_with()})
    assert with_engines(result_with(), made).fits[0].refits == (refit_with(),)
    table = collect([result_with()], estimates_part(Plan()), engines=()).agreement
    assert table[["engine", "status"]].to_numpy().tolist() == [["lme4", "not_run"]]
    assert "not asked for" in table["reason"].iloc[0]


def test_the_report_counts_what_agrees_and_says_what_was_not_run(tmp_path):
    labels = {("completion", "completed"): "Programme completion"}
    apart = {("completion", "completed"): "Programme completion (Mode use and completion)"}
    said = engines(
        agreement_table([result_with(refit_with(), refit_with(engine="other", loglik=0.0))]), labels, apart
    )
    assert {row[0] for row in said["table"].rows} == set(apart.values())
    assert [row[-1] for row in said["table"].rows] == ["agrees", "differs"]
    assert said["sentences"][0].startswith("1 of 2 refits agree")
    path = tmp_path / "agreement.csv"
    collect([result_with()], estimates_part(Plan()), engines=()).agreement.to_csv(path, index=False)
    absent = engines(pd.read_csv(path), labels, labels)
    assert absent["table"] is None
    (sentence,) = absent["sentences"]
    assert sentence.startswith("R's lme4 not run: not asked for (engines in config/config.yaml")

"""All models of a cohort into four tidy tables, with p adjusted over each family of hypotheses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from alliance_modes.dictionary.models import TABLES
from alliance_modes.models.checked import all_bootstraps, with_checks
from alliance_modes.models.checks.check_table import checks_table
from alliance_modes.models.checks.sensitivity import sensitivity_table
from alliance_modes.models.design.design import PRACTITIONER
from alliance_modes.models.inference.estimate_rows import joint_term
from alliance_modes.models.inference.inference import may_claim
from alliance_modes.models.multiplicity import adjusted, after_joint_test
from alliance_modes.models.refitting.bootstrap_check import BootstrapResult, bootstrap_table
from alliance_modes.models.refitting.influence_result import (
    InfluenceResult,
    InfluenceRow,
    influence_table,
)
from alliance_modes.models.result import Estimate, FitResult, ModelResult
from alliance_modes.models.second_engines.agreement import EngineResult, agreement_table, with_engines
from alliance_modes.plan.parts import EstimatesPart
from alliance_modes.plan.terms import PRODUCT, PlannedModel

DESCRIPTIVE, COVARIATE = "descriptive", "covariate"

JointKey = tuple[str, str, str, str]
"""Model, outcome, level and name of a joint test."""


@dataclass(frozen=True)
class Collected:
    """The tables of every model: estimates, variance components, fits, second engine, checks, bounds."""

    estimates: pd.DataFrame
    variances: pd.DataFrame
    fits: pd.DataFrame
    agreement: pd.DataFrame
    checks: pd.DataFrame
    bootstrap: pd.DataFrame
    sensitivity: pd.DataFrame
    influence: pd.DataFrame
    shrunken: pd.DataFrame


def collect(
    results: Iterable[ModelResult],
    plan: EstimatesPart,
    bootstraps: Iterable[BootstrapResult] = (),
    influences: Iterable[InfluenceResult] = (),
    engines: Iterable[EngineResult] | None = None,
) -> Collected:
    """Gather results into tables, rows in the order of the plan.

    Parameters
    ----------
    results : iterable of ModelResult
        In any order; models that the plan does not name come last, by name.
    plan : EstimatesPart
        Names the families of hypotheses.
    bootstraps, influences : iterables of BootstrapResult and InfluenceResult
        Of the models that have one, in any order.
    engines : iterable of EngineResult, optional
        lme4's refits; with it, ``agreement`` has rows for lme4, ``not_run`` where it has none.

    Returns
    -------
    Collected
        ``estimates`` has one row per estimate, or one row per outcome that has none.

    Notes
    -----
    ``family`` is the outcome's claim (``primary``, ``secondary``, ``exploratory``) for tested
    predictors, ``descriptive`` below 25 practitioners, and ``covariate`` for other terms.
    ``p_adjusted``: of a joint test, Holm over the tests of the primary family and Benjamini-Hochberg
    over those of the secondary, as many as the plan's ``multiplicity`` counts; of a single tested
    predictor, the larger of its joint test's adjusted p and its p by closed testing. Where a model tests
    one coefficient alone, its own test is the one of the family. Missing where nothing is adjusted.
    """
    fitted = sorted(
        (_in_words(result, plan.models) for result in results),
        key=lambda result: (_place(result.model, plan), result.model),
    )
    drawn = all_bootstraps(fitted, plan, {one.model: one for one in bootstraps})
    by_model = {one.model: one for one in drawn}
    left_out = {one.model: one for one in influences}
    ordered = [
        with_checks(result, by_model.get(result.model), left_out.get(result.model)) for result in fitted
    ]
    joint = _adjusted_joint(ordered, plan)
    pairs = [(result, fit) for result in ordered for fit in result.fits]
    rows = [row for result, fit in pairs for row in _estimates(result, fit, plan, joint)]
    estimates = TABLES["estimates"].from_rows(rows)
    variances = [row for result, fit in pairs for row in _variances(result, fit)]
    fits = [_fit(result, fit, plan) for result, fit in pairs]
    return Collected(
        estimates=estimates,
        variances=TABLES["variances"].from_rows(variances),
        fits=TABLES["fits"].from_rows(fits),
        agreement=agreement_table(ordered if engines is None else _with_lme4(ordered, engines)),
        checks=checks_table(ordered),
        bootstrap=bootstrap_table(drawn),
        sensitivity=sensitivity_table(estimates, ordered),
        influence=influence_table(
            (left_out[one.model] for one in fitted if one.model in left_out), _without_one(ordered, plan)
        ),
        shrunken=TABLES["shrunken"].from_rows([row for result, fit in pairs for row in _units(result, fit)]),
    )


def _units(result: ModelResult, fit: FitResult) -> list[dict[str, object]]:
    return [
        {"model": result.model, "outcome": fit.outcome, **dict(one), "adjusted": one.adjusted}
        for one in fit.units
    ]


def _in_words(result: ModelResult, models: Mapping[str, PlannedModel]) -> ModelResult:
    return result.in_words(models[result.model]) if result.model in models else result


def _with_lme4(results: Iterable[ModelResult], engines: Iterable[EngineResult]) -> list[ModelResult]:
    made = {one.model: one for one in engines}
    return [with_engines(result, made.get(result.model)) for result in results]


def _place(name: str, plan: EstimatesPart) -> int:
    names = list(plan.models)
    return names.index(name) if name in names else len(names)


def claim_of(result: ModelResult, fit: FitResult, models: Mapping[str, PlannedModel]) -> str:
    """The family of hypotheses of one fit: ``descriptive`` where practitioners are too few.

    ``exploratory`` where it lacks a planned predictor, unless the plan says that it keeps its claim.
    """
    planned = models.get(result.model)
    outcome = next((one for one in planned.outcomes if one.name == fit.outcome), None) if planned else None
    claim: str = "exploratory"
    if planned is not None and outcome is not None and (planned.reduced_keeps_claim or not fit.reduced):
        claim = planned.claim_of(outcome)
    too_few = PRACTITIONER in fit.clusters and not may_claim(fit.clusters[PRACTITIONER])
    return DESCRIPTIVE if too_few else claim


@dataclass(frozen=True)
class HypothesisFamily:
    """One family of hypotheses: p of the tests that were made, and which outcomes lack how many of theirs."""

    tests: Mapping[JointKey, float]
    lacking: Mapping[tuple[str, str], int]

    @property
    def planned(self) -> int:
        """How many tests the plan has in this family."""
        return len(self.tests) + sum(self.lacking.values())


def hypothesis_families(results: Iterable[ModelResult], plan: EstimatesPart) -> dict[str, HypothesisFamily]:
    """The families of hypotheses of a plan by claim, ``descriptive`` fits apart, and what became of them.

    A planned test is lacking where its model did not run, or where too few practitioners make it descriptive.
    """
    made: dict[str, dict[JointKey, float]] = {}
    for result in results:
        for fit in result.fits:
            claim = claim_of(result, fit, plan.models)
            for (level, term), p in _tests(fit, _tested_terms(result, plan)).items():
                made.setdefault(claim, {})[(result.model, fit.outcome, level, term)] = p
    lacking: dict[str, dict[tuple[str, str], int]] = {}
    for name, planned in plan.models.items():
        for outcome in planned.outcomes:
            claim = planned.claim_of(outcome)
            here = sum(key[:2] == (name, outcome.name) for key in made.get(claim, {}))
            absent = planned.joint_tests(plan.predictors) - here
            if absent > 0:
                lacking.setdefault(claim, {})[(name, outcome.name)] = absent
    return {
        claim: HypothesisFamily(made.get(claim, {}), lacking.get(claim, {}))
        for claim in dict.fromkeys((*made, *lacking))
    }


def _adjusted_joint(results: list[ModelResult], plan: EstimatesPart) -> dict[JointKey, float | None]:
    counted = plan.multiplicity.not_computed == "counted"
    return {
        key: p
        for claim, family in hypothesis_families(results, plan).items()
        for key, p in adjusted(family.tests, claim, family.planned if counted else 0).items()
    }


def _without_one(
    results: list[ModelResult], plan: EstimatesPart
) -> Callable[[InfluenceResult, InfluenceRow], float | None]:
    """The largest adjusted p of a claim with one practitioner or site left out, as ``p_adjusted`` is made.

    The other tests of its family are taken as they are with all rows.
    """
    families, counted = hypothesis_families(results, plan), plan.multiplicity.not_computed == "counted"
    claims = {key: claim for claim, family in families.items() for key in family.tests}

    def largest(result: InfluenceResult, row: InfluenceRow) -> float | None:
        test = row.term if row.term.endswith("(joint)") else joint_term(row.term.partition(": ")[0])
        key = (result.model, row.outcome, row.level, test)
        if key not in claims or row.p_highest is None:
            return None
        family, place = families[claims[key]], (row.outcome, row.unit, row.level, test)
        joint = (one for one in result.rows if (one.outcome, one.unit, one.level, one.term) == place)
        p = next((one.p_highest for one in joint if one.p_highest is not None), row.p_highest)
        found = adjusted({**family.tests, key: p}, claims[key], family.planned if counted else 0)[key]
        return None if found is None else after_joint_test(row.p_highest, found)

    return largest


def _tests(fit: FitResult, tested: set[tuple[str, str]]) -> dict[tuple[str, str], float]:
    """p of each test by level and name: the joint ones, or that of the only coefficient there is to test."""
    joint: dict[tuple[str, str], float | None] = {
        (row.level, row.term): row.p for row in fit.estimates if row.estimand == "joint_test"
    }
    single: dict[tuple[str, str], list[float | None]] = {}
    for row in fit.estimates:
        term = row.term.partition(": ")[0]
        if row.estimand == "coefficient" and (term, row.level) in tested:
            single.setdefault((row.level, joint_term(term)), []).append(row.p)
    alone = {key: ps[0] for key, ps in single.items() if len(ps) == 1 and key not in joint}
    return {key: p for key, p in {**joint, **alone}.items() if p is not None}


def _estimates(
    result: ModelResult, fit: FitResult, plan: EstimatesPart, joint: Mapping[JointKey, float | None]
) -> Iterable[dict]:
    claim = claim_of(result, fit, plan.models)
    shared = {
        "model": result.model,
        "outcome": fit.outcome,
        "n": fit.n,
        "clusters": _clusters(fit),
        "engine": fit.engine,
    }
    if not fit.estimates:
        yield {**shared, "term": "", "level": "", "estimand": "", "family": claim, "status": fit.status}
    tested = _tested_terms(result, plan)
    for row in fit.estimates:
        is_tested = row.estimand == "joint_test" or (row.term.partition(": ")[0], row.level) in tested
        test = row.term if row.estimand == "joint_test" else joint_term(row.term.partition(": ")[0])
        of_joint = joint.get((result.model, fit.outcome, row.level, test)) if is_tested else None
        yield {
            **shared,
            **row.model_dump(exclude={"unit"}),
            "p_adjusted": _p_adjusted(row, of_joint),
            "family": claim if is_tested else COVARIATE,
        }


def _p_adjusted(row: Estimate, joint: float | None) -> float | None:
    if joint is None or row.p is None:
        return None
    if row.estimand == "joint_test":
        return joint
    return after_joint_test(row.p if row.p_closed is None else row.p_closed, joint)


def _tested_terms(result: ModelResult, plan: EstimatesPart) -> set[tuple[str, str]]:
    planned = plan.models.get(result.model)
    if planned is None:
        return set()
    found = set()
    for name in planned.tested:
        if PRODUCT in name:
            found |= {(name, level) for level in ("between", "within", "")}
            continue
        predictor = plan.predictors[name]
        levels = ("between", "within") if predictor.split else (predictor.level,)
        found |= {(predictor.term or name, level) for level in levels}
    return found


def _variances(result: ModelResult, fit: FitResult) -> Iterable[dict]:
    for row in fit.variances:
        yield {"model": result.model, "outcome": fit.outcome, **row.model_dump()}


def _fit(result: ModelResult, fit: FitResult, plan: EstimatesPart) -> dict:
    named = ("outcome", "label", "formula", "engine", "criterion", "status", "reason", "n", "rows_missing")
    shares = ("loglik", "r2_marginal", "r2_conditional", "icc_adjusted", "icc_unadjusted")
    return {
        "model": result.model,
        "hypothesis": result.hypothesis,
        "title": result.title,
        "distribution": fit.family,
        "family": claim_of(result, fit, plan.models),
        "clusters": _clusters(fit),
        "reduced": "; ".join(fit.reduced),
        "pooled": "; ".join(fit.pooled),
        "checks_failed": "; ".join(one.check for one in fit.diagnostics if one.result == "fail"),
        "checks_not_made": "; ".join(one.check for one in fit.diagnostics if one.result == "not_checked"),
        **{name: getattr(fit, name) for name in (*named, *shares)},
    }


def _clusters(fit: FitResult) -> str:
    return "; ".join(f"{name}={count}" for name, count in fit.clusters.items())

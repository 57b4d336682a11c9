"""Small deterministic tables in the shape that docs/pipeline.md promises, for figures and reports."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alliance_modes.models.result import (
    Curve,
    CurvePoint,
    Diagnostic,
    Estimand,
    Estimate,
    FitResult,
    ModelResult,
    Refit,
    Variance,
)
from alliance_modes.plan.plan import Plan

MODES = ("educative", "engagement", "therapeutic")
COMPONENTS = ("goal", "task", "bond")
SESSIONS = 24


def practitioners(count: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"practitioner_id": [f"p{i:02d}" for i in range(count)]})
    table["site_id"] = [f"site {1 + i % 4}" for i in range(count)]
    table["role"] = np.where(np.arange(count) % 3 == 0, "psychologist", "programme officer")
    table["experience_years"] = np.round(rng.gamma(3, 2, count), 1)
    table["qualification"] = np.where(np.arange(count) % 2 == 0, "degree", "diploma")
    table["supervision_hours_month"] = np.round(rng.gamma(4, 0.5, count), 1)
    table["surveys"] = pd.array([2] * count, dtype="Int64")
    for mode, level in zip(MODES, (3.6, 3.4, 2.5), strict=True):
        for component, shift in zip(COMPONENTS, (0.1, 0.2, -0.3), strict=True):
            table[f"{mode}_{component}"] = np.clip(np.round(level + shift + rng.normal(0, 0.6, count)), 1, 5)
        table[mode] = np.clip(np.round((level + rng.normal(0, 0.5, count)) * 6) / 6, 1, 5)
        table[f"{mode}_z"] = (table[mode] - table[mode].mean()) / table[mode].std()
    table["balance"] = 0.97
    table["flexibility"] = 0.4
    table["stance"] = 3.0
    table["role_induction"] = 3.5
    table["enrolments"] = pd.array([15] * count, dtype="Int64")
    return table


def enrolments(lead: pd.DataFrame, per_practitioner: int = 15) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    table = lead.loc[lead.index.repeat(per_practitioner), ["practitioner_id", "site_id", *MODES]].reset_index(
        drop=True
    )
    n = len(table)
    table.insert(0, "enrolment_id", [f"e{i:04d}" for i in range(n)])
    table["programme_id"] = np.where(np.arange(n) % 2 == 0, "Thinking Skills", "Building Choices")
    table["setting"] = np.where(np.arange(n) % 3 == 0, "custody", "community")
    table["age_years"] = np.round(rng.normal(34, 9, n)).clip(18, 70)
    table["mandated"] = pd.array(rng.random(n) < 0.7, dtype="boolean")
    chance = rng.random(n) + 0.08 * (table["engagement"] - 3.4)
    table["status"] = np.select(
        [chance < 0.05, chance < 0.27, chance < 0.33, chance < 0.4],
        ["not_started", "dropped_out", "removed", "administrative"],
        "completed",
    )
    table["end_kind"] = table["status"].astype("str")
    early = table["status"].isin(["dropped_out", "removed", "administrative"])
    last = np.where(early, rng.integers(1, SESSIONS, n), SESSIONS)
    table["last_session"] = pd.array(np.where(table["status"] == "not_started", 0, last), dtype="Int64")
    table["sessions_planned"] = pd.array([SESSIONS] * n, dtype="Int64")
    table["sessions_offered"] = table["last_session"]
    table["sessions_attended"] = pd.array((table["last_session"].astype(float) * 0.85).round(), dtype="Int64")
    later = (table["sessions_offered"] - 1).clip(lower=0)
    table["sessions_offered_after_first"] = later
    table["sessions_attended_after_first"] = (later * 0.85).round().astype("Int64")
    table["denominator"] = pd.array(table["status"] != "not_started", dtype="boolean")
    done = table["status"].map({"completed": 1, "dropped_out": 0, "removed": 0})
    table["completed"] = done.astype("Int64")
    return table


def alliance(starts: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    parts = []
    for rater, base in (("client", 3.4), ("practitioner", 3.2)):
        for session in (3, 12, 24):
            here = starts[starts["denominator"] & (starts["last_session"] >= session)]
            part = here[["enrolment_id", "practitioner_id", "programme_id", *MODES]].copy()
            part["session_no"] = pd.array([session] * len(part), dtype="Int64")
            part["rater"], part["instrument"] = rater, "wai_sr"
            for component, shift in zip(COMPONENTS, (0.0, -0.1, 0.3), strict=True):
                part[component] = np.clip(base + shift + session / 60 + rng.normal(0, 0.7, len(part)), 1, 5)
            part["total"] = part[list(COMPONENTS)].mean(axis=1)
            part["careless"] = pd.array([False] * len(part), dtype="boolean")
            parts.append(part)
    return pd.concat(parts, ignore_index=True)


def sessions(starts: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    here = starts[starts["denominator"]]
    table = here.loc[here.index.repeat(here["last_session"].astype(int))].reset_index(drop=True)
    table["session_no"] = table.groupby("enrolment_id").cumcount() + 1
    n = len(table)
    table["attended"] = pd.array(rng.random(n) < 0.85, dtype="boolean")
    table["session_engagement"] = np.where(table["attended"], np.clip(rng.normal(3.3, 0.8, n), 1, 5), np.nan)
    table["rupture"] = np.where(rng.random(n) < 0.04, "withdrawal", "none")
    return table


def flow(starts: pd.DataFrame) -> pd.DataFrame:
    counts = starts["status"].value_counts()
    started = len(starts) - counts["not_started"]
    rows = [
        ("enrolments_read", None, "", "enrolment records read", len(starts) + 12),
        ("excluded_duplicate", "enrolments_read", "cleaning", "excluded: duplicate record", 12),
        ("enrolments_kept", "enrolments_read", "cleaning", "enrolments", len(starts)),
        ("not_started", "enrolments_kept", "start", "did not start", counts["not_started"]),
        ("started", "enrolments_kept", "start", "started", started),
        ("planned_end_after_lock", "started", "follow-up", "planned end after data lock", 0),
        ("denominator", "started", "follow-up", "started, planned end by data lock", started),
        *[
            (status, "denominator", "ending", label, counts[status])
            for status, label in (
                ("completed", "completed"),
                ("dropped_out", "dropped out"),
                ("removed", "removed by the programme"),
                ("administrative", "administrative end"),
            )
        ],
        ("with_exposure", "denominator", "exposure", "with mode use of the practitioner", started - 60),
        (
            "without_exposure",
            "denominator",
            "exposure",
            "without mode use of the practitioner (60 surveyed only after their first enrolment had started)",
            60,
        ),
    ]
    return pd.DataFrame(rows, columns=["step", "parent", "split", "label", "n"])


def _effects(scale: float, points: bool = False, clear: bool = False) -> tuple[Estimate, ...]:
    found = []
    for place, mode in enumerate(MODES):
        value = (0.05, 0.22 if clear else 0.08, -0.02)[place]
        sizes: tuple[tuple[Estimand, float | None], ...] = (("standardised", 1.0), ("coefficient", scale))
        if points:
            sizes = (("coefficient", 1.0), ("odds_ratio", None), ("percentage_points", 40.0))
        for estimand, size in sizes:
            centre = float(np.exp(value)) if size is None else value * size
            half = 0.15 * (size or 1.0)
            p = None if estimand == "percentage_points" else 0.004 if clear and place == 1 else 0.4
            found.append(
                Estimate(
                    term=mode,
                    level="between",
                    estimand=estimand,
                    unit="per SD between practitioners",
                    estimate=centre,
                    se=half / 2,
                    df=31.0,
                    statistic=centre / half * 2,
                    p=p,
                    ci_low=centre - half,
                    ci_high=centre + half,
                )
            )
    return tuple(found)


def _by_moderator(fit: FitResult) -> FitResult:
    """The same fit with the products of each mode and the two moderators in place of the modes."""
    rows = [
        row.model_copy(update={"term": f"{row.term}:{moderator}", "level": "within"})
        for moderator in ("mandated", "risk_score")
        for row in fit.estimates
    ]
    return fit.model_copy(update={"estimates": tuple(rows), "curves": ()})


def models(count: int = 40, clear: bool = False) -> dict[str, ModelResult]:
    clusters = {"practitioner": count, "group": 90, "site": 4}
    checks = (
        Diagnostic(check="convergence", result="pass"),
        Diagnostic(check="separation", result="not_checked"),
    )
    variances = (
        Variance(source="null", grouping="practitioner", term="(Intercept)", variance=0.05, share=0.06),
        Variance(source="null", grouping="group", term="(Intercept)", variance=0.02, share=0.02),
    )

    labels = {one.name: one.label for model in Plan().models.values() for one in model.outcomes}

    def linear(outcome: str) -> FitResult:
        return FitResult(
            outcome=outcome,
            label=labels[outcome],
            family="linear",
            formula="y ~ modes",
            engine="glmm 0.6.2",
            status="ok",
            n=1200,
            clusters=clusters,
            estimates=_effects(0.3),
            variances=variances,
            diagnostics=checks,
            refits=(Refit(engine="statsmodels", status="ok", largest_difference_in_se=0.0004),),
        )

    curves = tuple(
        Curve(
            term=mode,
            label=mode,
            points=tuple(
                CurvePoint(x=x, estimate=0.6 + 0.04 * x, ci_low=0.5 + 0.04 * x, ci_high=0.69 + 0.04 * x)
                for x in np.linspace(2.0, 4.5, 11)
            ),
        )
        for mode in MODES
    )
    completion = FitResult(
        outcome="completed",
        label=labels["completed"],
        family="logistic",
        formula="completed ~ modes",
        engine="glmm 0.6.2",
        status="ok",
        n=530,
        clusters=clusters,
        curves=curves,
        estimates=_effects(1.0, points=True, clear=clear),
        variances=variances,
        diagnostics=checks,
    )
    attendance = completion.model_copy(
        update={
            "outcome": "attendance",
            "label": labels["attendance"],
            "family": "binomial_counts",
            "formula": "attended of offered ~ modes",
            "estimates": _effects(1.0, points=True),
        }
    )
    dropout = completion.model_copy(
        update={
            "outcome": "dropped_out",
            "label": "Drop-out",
            "family": "cloglog",
            "formula": "ended_dropped_out ~ modes",
            "estimates": _effects(-1.0, points=True),
            "curves": (),
        }
    )
    outcomes = [
        f"{rater}_{scale}" for rater in ("client", "practitioner") for scale in (*COMPONENTS, "total")
    ]

    def moderated(name: str, fit: FitResult) -> ModelResult:
        return ModelResult(
            model=name, hypothesis="H6", title=f"{name}", status="ok", fits=(_by_moderator(fit),)
        )

    return {
        "alliance": ModelResult(
            model="alliance",
            hypothesis="H1",
            title="Mode use and alliance",
            status="ok",
            fits=tuple(linear(outcome) for outcome in outcomes),
        ),
        "engagement": ModelResult(
            model="engagement",
            hypothesis="H2",
            title="Mode use and engagement",
            status="ok",
            fits=(linear("session_engagement"),),
        ),
        "engagement_moderation": moderated("engagement_moderation", linear("session_engagement")),
        "attendance": ModelResult(
            model="attendance",
            hypothesis="H2",
            title="Mode use and attendance",
            status="ok",
            fits=(attendance,),
        ),
        "completion": ModelResult(
            model="completion",
            hypothesis="H3",
            title="Mode use and completion",
            status="ok",
            fits=(completion,),
        ),
        "completion_moderation": moderated("completion_moderation", completion),
        "dropout": ModelResult(
            model="dropout",
            hypothesis="H8",
            title="Unrepaired ruptures and drop-out",
            status="not_run",
            reason="no values of unrepaired_before in this cohort",
        ),
        "dropout_modes": ModelResult(
            model="dropout_modes",
            hypothesis="H3",
            title="Mode use and drop-out over sessions",
            status="ok",
            fits=(dropout,),
        ),
    }


def estimates(results: dict[str, ModelResult], joint_p: float = 0.31) -> pd.DataFrame:
    rows = []
    for result in results.values():
        for fit in result.fits:
            for each in fit.estimates:
                row = each.model_dump(exclude={"unit"})
                rows.append(
                    {
                        "model": result.model,
                        "outcome": fit.outcome,
                        **row,
                        "p_adjusted": each.p,
                        "family": "primary",
                        "n": fit.n,
                        "clusters": "; ".join(f"{name}={count}" for name, count in fit.clusters.items()),
                        "engine": fit.engine,
                    }
                )
            moderated = result.model.endswith("_moderation")
            joint = (
                ("modes:mandated (joint)", "modes:risk_score (joint)") if moderated else ("modes (joint)",)
            )
            rows += [
                {
                    "model": result.model,
                    "outcome": fit.outcome,
                    "term": term,
                    "level": "within" if moderated else "between",
                    "estimand": "joint_test",
                    "statistic": 1.2,
                    "df": 31.0,
                    "p": joint_p / 3,
                    "p_adjusted": joint_p,
                    "family": "primary",
                    "n": fit.n,
                    "status": "ok",
                }
                for term in joint
            ]
    return pd.DataFrame(rows)

"""Report inputs in the shape of two cohorts: a whole demonstration cohort, and a study with ratings only."""

from __future__ import annotations

import io
from functools import cache

import contract_tables as tables
import numpy as np
import pandas as pd
from contract_figures import cohort_pictures, effects_pictures
from test_reliability import inventory

from alliance_modes.cohort import Cohort
from alliance_modes.dictionary.canonical import TABLES
from alliance_modes.dictionary.imputation import TABLES as IMPUTATION
from alliance_modes.figures.picture import Picture
from alliance_modes.instruments.model import load_instruments
from alliance_modes.measurement.tables import measurement_tables
from alliance_modes.models.result import FitResult, ModelResult
from alliance_modes.plan.plan import Plan
from alliance_modes.reports import DrawnPicture, Provenance, ReportInputs
from alliance_modes.scoring.scores import score_cohort

PLAN = Plan()


def cohort(name: str = "demo_2024", **changes) -> Cohort:
    source = {"files": "enrolments.csv", "format": "csv", "columns": {"enrolment_id": "id"}}
    inventory = {
        "files": "alliance.csv",
        "format": "csv",
        "columns": {"enrolment_id": "id"},
        "inventories": [{"instrument": "wai_sr", "rater": "client", "items": "w_{item}"}],
    }
    return Cohort.model_validate(
        {
            "cohort": name,
            "title": "Demonstration cohort 2024",
            "data_lock": "2025-06-30",
            "demonstration": True,
            "tables": {"enrolments": source, "alliance": inventory},
        }
        | changes
    )


def drawn(picture: Picture) -> DrawnPicture:
    stream = io.BytesIO()
    picture.figure.savefig(stream, format="png", dpi=60)
    return DrawnPicture(png=stream.getvalue(), **picture.words() | {"numbers": picture.numbers})


def reliability(instruments: tuple[str, ...] = ("wai_sr", "modes_of_practice")) -> pd.DataFrame:
    rows = []
    for instrument in instruments:
        rater = "client" if instrument == "wai_sr" else "practitioner"
        for scale, alpha in (("goal", 0.85), ("task", 0.88), ("bond", 0.62)):
            rows.append((rater, instrument, scale, 4, 157, alpha, alpha - 0.04, alpha + 0.03, "ok", np.nan))
    columns = ["rater", "instrument", "scale", "items", "n", "alpha", "ci_low", "ci_high", "status", "reason"]
    found = pd.DataFrame(rows, columns=columns)
    omega = {"omega": found["alpha"] + 0.01, "omega_low": found["ci_low"], "omega_high": found["ci_high"]}
    ordered = {f"omega_ordinal{end}": found["alpha"] + 0.02 for end in ("", "_low", "_high")}
    found = found.assign(omega_ordinal_status="ok", omega_ordinal_reason=np.nan, **ordered)
    return found.assign(**omega, omega_status="ok", omega_reason=np.nan)


@cache
def measurement(raters: tuple[str, ...] = ("client", "practitioner")) -> dict[str, pd.DataFrame]:
    """Tables of measurement of 60 dyads rated at sessions 3 and 12, by one or both of them."""
    forms = {"client": "wai_sr", "practitioner": "wai_s"}
    parts = [
        inventory(seed, 60, forms[rater]).assign(rater=rater, session_no=session)
        for seed, (rater, session) in enumerate((rater, session) for rater in raters for session in (3, 12))
    ]
    names = [f"e{number}" for number in range(60)]
    enrolments = pd.DataFrame({"enrolment_id": names})
    if "practitioner" in raters:
        enrolments["practitioner_id"] = [f"p{number % 12}" for number in range(60)]
        enrolments["site_id"] = [f"s{number % 3}" for number in range(60)]
    clean = {"alliance": pd.concat(parts, ignore_index=True), "enrolments": enrolments}
    instruments = load_instruments()
    return measurement_tables(clean, score_cohort(clean, instruments), instruments)


def items() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "rater": ["client"],
            "instrument": ["wai_sr"],
            "scale": ["bond"],
            "item": [3],
            "item_rest": [-0.44],
            "flag": ["likely keying error"],
        }
    )


def key_audit(wrong: bool = False) -> pd.DataFrame:
    """Four items of one inventory held against their key; the third runs against it where ``wrong``."""
    items = pd.DataFrame({"item": [1, 2, 3, 4]}).assign(
        rater="client", instrument="wai_sr", source_file=np.nan, reference="bond", reversed=False, n=157,
        loading=0.7, item_rest=0.6, item_rest_fitted=0.6, ci_low=0.4, ci_high=0.75,
        item_rest_alternative=0.62, alpha=0.81, alpha_alternative=0.81, verdict="as_declared",
        version=np.nan, reason=np.nan,
    )  # fmt: skip
    if wrong:
        items.loc[2, ["item_rest", "item_rest_fitted", "ci_low", "ci_high"]] = [-0.44, -0.58, -0.73, -0.38]
        items.loc[2, "verdict"] = "fits_reversed"
        items = items.assign(alpha=0.32)
    return items


def scoring() -> pd.DataFrame:
    """Scores made of one inventory: of 400 totals 30 rest on incomplete answers, 4 could not be made."""
    rows = [
        ("alliance", "client", "wai_sr", "goal", "subscale", 4, 400, 398, 10, 2),
        ("alliance", "client", "wai_sr", "total", "total", 12, 400, 396, 30, 4),
        (
            "practitioner_survey",
            "practitioner",
            "modes_of_practice",
            "educative_goal",
            "facet",
            1,
            40,
            39,
            0,
            1,
        ),
    ]
    columns = ["table", "rater", "instrument", "scale", "kind", "items", "administrations", "scored"]
    return pd.DataFrame(rows, columns=[*columns, "prorated", "not_scored"])


def account() -> pd.DataFrame:
    rows = [
        ("enrolments", "read", np.nan, 612),
        ("enrolments", "excluded", "duplicate_record", 12),
        ("enrolments", "kept", np.nan, 600),
        ("sessions", "read", np.nan, 0),
        ("sessions", "kept", np.nan, 0),
    ]
    return pd.DataFrame(rows, columns=["table", "step", "reason", "rows"])


def checks() -> pd.DataFrame:
    rows = [
        ("alliance", "longstring", "wai_s", "client", "fail", 1200, 7, ""),
        ("alliance", "mahalanobis", "wai_s", "client", "not_checked", np.nan, np.nan, "41 complete records"),
        ("enrolments", "two_client_ids", "", "", "fail", 600, 4, ""),
    ]
    columns = ["table", "check", "instrument", "rater", "result", "records", "found", "detail"]
    return pd.DataFrame(rows, columns=columns)


def missing_map() -> pd.DataFrame:
    rows = [
        ("table", "alliance", "wai_sr", "client", "", "", "", "cells", 1200, 60),
        ("table", "alliance", "wai_sr", "client", "", "", "refused", "cells", 1200, 45),
        ("table", "alliance", "wai_sr", "client", "", "", "no reason recorded", "cells", 1200, 15),
        ("item", "alliance", "wai_sr", "client", "item_3", "", "", "records", 100, 33),
        ("item", "alliance", "wai_sr", "client", "item_3", "", "refused", "records", 100, 33),
        ("planned", "alliance", "wai_sr", "client", "", "3", "", "forms", 140, 28),
        ("planned", "alliance", "wai_sr", "client", "", "12", "", "forms", 60, 30),
        ("pattern", "alliance", "wai_sr", "client", "", "complete", "", "forms", 100, 61),
        ("practitioner", "alliance", "wai_sr", "client", "", "p1", "", "cells", 800, 16),
        ("practitioner", "alliance", "wai_sr", "client", "", "p2", "", "cells", 400, 44),
    ]
    columns = ["view", "table", "instrument", "rater", "variable", "level", "reason", "unit", "of", "count"]
    found = pd.DataFrame(rows, columns=columns)
    return found.assign(share=found["count"] / found["of"], not_applicable=0, result="counted", detail="")


def provenance() -> Provenance:
    return Provenance(
        files=(("cohort.yaml", "a" * 64), ("enrolments.csv", "b" * 64)),
        plan_file="plan.yaml",
        plan_sha256="c0ffee" + "0" * 58,
        versions=(("Python", "3.11.7"), ("alliance-modes", "0.1.0"), ("glmm", "0.6.2")),
        key="0a1b2c3d",
    )


def inputs(practitioners: int = 40, clear: bool = False, joint_p: float = 0.31) -> ReportInputs:
    lead = tables.practitioners(practitioners)
    starts = tables.enrolments(lead)
    analysis = {
        "practitioner": lead,
        "enrolment": starts,
        "session": tables.sessions(starts),
        "alliance": tables.alliance(starts),
    }
    results = tables.models(practitioners, clear)
    estimates = tables.estimates(results, joint_p)
    flow = tables.flow(starts)
    pictures = {
        **cohort_pictures(analysis, flow, missing_map()),
        **effects_pictures(analysis, results, estimates),
    }
    declared = {name: {"declared": name != "group_climate", "sources": []} for name in TABLES}
    return ReportInputs(
        cohort=cohort(),
        plan=PLAN,
        analysis=analysis,
        flow=flow,
        account=account(),
        checks=checks(),
        missing_map=missing_map(),
        reliability=reliability(),
        items=items(),
        measurement=measurement(),
        key_audit=key_audit(),
        scoring=scoring(),
        instruments=load_instruments(),
        estimates=estimates,
        imputed=IMPUTATION["imputed"].empty(),
        tipping=IMPUTATION["tipping"].empty(),
        models=results,
        pictures={name: drawn(picture) for name, picture in pictures.items()},
        sources=declared,
        provenance=provenance(),
    )


def study_tables() -> dict[str, pd.DataFrame]:
    """Client ratings at one time point in two arms: no practitioners, no sessions, no ends."""
    rng = np.random.default_rng(9)
    n = 157
    alliance = pd.DataFrame(
        {"enrolment_id": [f"s{i}" for i in range(n)], "rater": "client", "instrument": "wai_sr"}
    )
    alliance["programme_id"] = np.where(np.arange(n) < 78, "no_system", "framework")
    alliance["session_no"] = pd.array([pd.NA] * n, dtype="Int64")
    alliance["practitioner_id"] = pd.array([pd.NA] * n, dtype="str")
    for part in ("goal", "task", "bond"):
        alliance[part] = np.clip(rng.normal(2.5, 0.85, n), 1, 5)
    alliance["total"] = alliance[["goal", "task", "bond"]].mean(axis=1)
    alliance["careless"] = pd.array([False] * n, dtype="boolean")
    starts = tables.enrolments(tables.practitioners(2)).iloc[:0]
    starts = pd.concat([starts, alliance[["enrolment_id", "programme_id"]]], ignore_index=True)
    starts["denominator"] = pd.array([False] * n, dtype="boolean")
    return {
        "practitioner": tables.practitioners(1).iloc[:0],
        "enrolment": starts,
        "session": tables.sessions(tables.enrolments(tables.practitioners(2))).iloc[:0],
        "alliance": alliance,
    }


def study_models() -> dict[str, ModelResult]:
    reason = "no values of educative_z, engagement_z, site_id in this cohort"
    return {
        name: ModelResult(
            model=name,
            hypothesis=model.hypothesis,
            title=model.title,
            status="not_run",
            reason=reason,
            fits=tuple(
                FitResult(
                    outcome=outcome.name,
                    label=outcome.label,
                    family="linear",
                    formula="",
                    engine="",
                    status="not_run",
                    reason=reason,
                )
                for outcome in PLAN.models[name].outcomes
            ),
        )
        for name, model in tables.models().items()
    }


def study_inputs() -> ReportInputs:
    """What such a study gives the report."""
    analysis, results = study_tables(), study_models()
    estimates = pd.DataFrame(
        [
            {"model": name, "outcome": fit.outcome, "status": "not_run"}
            for name, model in results.items()
            for fit in model.fits
        ],
        columns=tables.estimates(tables.models()).columns,
    )
    n = len(analysis["alliance"])
    flow = pd.DataFrame(
        {
            "step": ["enrolled", "kept"],
            "parent": [None, "enrolled"],
            "split": ["", "cleaning"],
            "label": ["enrolments read", "enrolments"],
            "n": [n, n],
        }
    )
    pictures = {
        **cohort_pictures(analysis, flow, missing_map()),
        **effects_pictures(analysis, results, estimates),
    }
    declared = {name: {"declared": name in ("enrolments", "alliance")} for name in TABLES}
    return ReportInputs(
        cohort=cohort("study", title="Two arms", demonstration=False),
        plan=PLAN,
        analysis=analysis,
        flow=flow,
        account=account(),
        checks=checks(),
        missing_map=missing_map(),
        reliability=reliability(("wai_sr",)),
        items=items().iloc[:0],
        measurement=measurement(("client",)),
        key_audit=key_audit().iloc[:0],
        scoring=scoring().iloc[:0],
        estimates=estimates,
        imputed=IMPUTATION["imputed"].empty(),
        tipping=IMPUTATION["tipping"].empty(),
        models=results,
        pictures={name: drawn(picture) for name, picture in pictures.items()},
        sources=declared,
        provenance=provenance(),
    )

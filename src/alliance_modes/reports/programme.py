"""The programme report: for a person who runs or evaluates programmes, not for a statistician."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alliance_modes.reports.additions import additions_told
from alliance_modes.reports.dropout import dropout_section
from alliance_modes.reports.engines import engines
from alliance_modes.reports.findings import findings
from alliance_modes.reports.imputed import imputation_told
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.known import known_about
from alliance_modes.reports.measurement_error import correction_told
from alliance_modes.reports.reasons import plain_reasons
from alliance_modes.reports.render import html_page, render_markdown
from alliance_modes.reports.robustness import robustness
from alliance_modes.reports.sensitivity import sensitivity_sentences
from alliance_modes.reports.structure import structure
from alliance_modes.reports.tipping import tipping_sentences
from alliance_modes.tables import (
    account,
    effects,
    fits,
    key_audit,
    measurement,
    measurement_quality,
    missing,
    moderation,
    outcomes,
    people,
    ratings,
    scoring,
)
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import MODE_AIMS, TABLE_NAMES, instrument_name, listed, mode_name
from alliance_modes.words.rounding import number, percent, whole

EDITION = "internal"
SHORT = 12
AT_A_GLANCE = ("completed", "attendance", "client_total", "session_engagement")
PER_SD = (
    "Per standard deviation of mode use between practitioners; the three modes and the covariates of the "
    "plan stand in one model. [95 % intervals] are for one estimate at a time. The joint p is of the "
    "three modes "
    "together, adjusted within its family (Holm in the primary, Benjamini–Hochberg in the secondary)."
)


def programme_report(inputs: ReportInputs) -> str:
    """The programme report of one cohort, internal edition.

    Parameters
    ----------
    inputs : ReportInputs
        From ``read_inputs``.

    Returns
    -------
    str
        One HTML document with its style and figures inside. It holds no clock: the same inputs
        give the same text.
    """
    source = render_markdown("programme.md.j2", _context(inputs))
    return html_page(
        source,
        title=inputs.cohort.title,
        pictures={name: picture.png for name, picture in inputs.pictures.items()},
    )


def _context(inputs: ReportInputs) -> dict[str, Any]:
    analysis, models = inputs.analysis, tuple(inputs.models.values())
    failed, passed, failures, unchecked = fits.failed_checks(models)
    return {
        "cohort": inputs.cohort,
        "additions": additions_told(inputs),
        "edition": EDITION,
        "found": findings(inputs),
        "dropout": dropout_section(inputs),
        "glance": _glance(inputs),
        "pictures": inputs.pictures,
        "tables": _tables(inputs),
        "modes": [(mode_name(mode), aim) for mode, aim in MODE_AIMS.items()],
        "known_completion": known_about("completion"),
        "known_alliance": known_about("alliance"),
        "reliability": measurement.reliability_sentences(inputs.reliability),
        "quality": measurement_quality.quality(inputs.measurement),
        "key_findings": key_audit.key_findings(inputs.key_audit),
        "key_sentences": key_audit.key_audit_sentences(inputs.key_audit),
        "correction": correction_told(inputs),
        "scored": scoring.scoring_sentence(inputs.scoring),
        "imputation": imputation_told(inputs),
        "tipping": tipping_sentences(inputs),
        "structure": structure(inputs.structure),
        "not_run": fits.not_run([plain_reasons(model, inputs.plan) for model in models]),
        "absent": _absent(inputs.sources),
        "agreement": fits.agreement_sentences(models),
        "engines": engines(inputs.agreement, _labels(inputs)),
        "failed": failed,
        "passed": passed,
        "failures": failures,
        "unchecked": unchecked,
        "robustness": robustness(inputs.bootstrap, inputs.influence, _labels(inputs)),
        "shares": _practitioner_shares(inputs),
        "made_of": _made_of(inputs),
        "provenance": inputs.provenance,
        "counts": _counts(inputs),
        "estimands": _estimands(inputs),
        "sensitivity": sensitivity_sentences(inputs.estimates, models, _labels(inputs)),
        "moderation": {
            "table": moderation.moderation_table(models, inputs.estimates, inputs.plan),
            "sentences": moderation.moderation_sentences(models, inputs.estimates, inputs.plan),
        },
        "has_alliance": len(analysis["alliance"]) > 0,
        "has_survey": "educative" in analysis["practitioner"]
        and analysis["practitioner"]["educative"].notna().any(),
        "has_sessions": len(analysis["session"]) > 0,
        "seed": inputs.plan.seed,
    }


def _labels(inputs: ReportInputs) -> Mapping[str, str]:
    return {fit.outcome: fit.label for model in inputs.models.values() for fit in model.fits}


def _tables(inputs: ReportInputs) -> dict[str, DisplayTable | None]:
    analysis, labels = inputs.analysis, _labels(inputs)

    def effect(model: str, estimand: str, caption: str, note: str) -> DisplayTable | None:
        return effects.effects_table(inputs.estimates, model, estimand, labels, caption, note)

    return {
        "practitioners": people.practitioners_table(analysis["practitioner"]),
        "modes": people.modes_table(analysis["practitioner"]),
        "clients": people.clients_table(analysis["enrolment"]),
        "course": ratings.alliance_course_table(analysis["alliance"]),
        "arms": ratings.alliance_by_programme_table(analysis["alliance"]),
        "engagement": ratings.engagement_table(analysis["session"]),
        "ends": outcomes.ends_table(analysis["enrolment"]),
        "completion": outcomes.completion_table(analysis["enrolment"]),
        "effect_alliance": effect(
            "alliance", "standardised", "Modes and the alliance, in standard deviations", PER_SD
        ),
        "effect_engagement": effect(
            "engagement", "standardised", "Modes and engagement in sessions, in standard deviations", PER_SD
        ),
        "effect_attendance": effect(
            "attendance",
            "percentage_points",
            "Modes and attendance after the first session, in percentage points",
            PER_SD,
        ),
        "effect_attendance_odds": effect(
            "attendance", "odds_ratio", "The same as odds ratios", "An odds ratio of 1 is no association."
        ),
        "effect_completion": effect(
            "completion", "percentage_points", "Modes and completion, in percentage points", PER_SD
        ),
        "effect_odds": effect(
            "completion", "odds_ratio", "The same as odds ratios", "An odds ratio of 1 is no association."
        ),
        "reliability": measurement.reliability_table(inputs.reliability),
        "flagged": measurement.flagged_items_table(inputs.items),
        "key_audit": key_audit.key_audit_table(inputs.key_audit),
        "scoring": scoring.scoring_table(inputs.scoring),
        "account": account.account_table(inputs.account),
        "missing": missing.missing_table(inputs.missing_map),
        "screening": missing.screening_table(inputs.checks),
        "fits": fits.fits_table(inputs.models.values()),
    }


def _glance(inputs: ReportInputs) -> DisplayTable | None:
    """Modes down; completion, attendance, client-rated alliance and engagement across."""
    rows = effects.mode_estimates(inputs.estimates)
    wanted = (
        ("completion", "completed", "percentage_points", "Completion (percentage points)"),
        ("attendance", "attendance", "percentage_points", "Attendance (percentage points)"),
        ("alliance", "client_total", "standardised", "Alliance overall, client-rated (SD)"),
        ("engagement", "session_engagement", "standardised", "Engagement, practitioner-rated (SD)"),
    )
    columns = []
    for model, outcome, estimand, heading in wanted:
        here = rows[(rows["model"] == model) & (rows["outcome"] == outcome) & (rows["estimand"] == estimand)]
        if len(here):
            decimals = 1 if estimand == "percentage_points" else 2
            cells = here.drop_duplicates("mode").set_index("mode")
            columns.append((heading, [effects.cell(cells, mode, decimals) for mode in MODE_AIMS]))
    if not columns:
        return None
    lines = [
        (mode.capitalize(), *(cells[place] for _, cells in columns)) for place, mode in enumerate(MODE_AIMS)
    ]
    return display_table(
        "Difference that goes with one standard deviation more of a mode [95 % interval]",
        ("", *(heading for heading, _ in columns)),
        "l" + "r" * len(columns),
        lines,
        "An interval that includes 0 is compatible with no association.",
    )


def _absent(sources: Mapping[str, Any]) -> list[str]:
    return [
        TABLE_NAMES.get(name, name) for name, source in sources.items() if not source.get("declared", False)
    ]


def _practitioner_shares(inputs: ReportInputs) -> list[str]:
    """One share per outcome: without predictors, every model of an outcome is the same."""
    said: dict[str, str] = {}
    for model in inputs.models.values():
        for fit in model.fits:
            share = fits.practitioner_share(fit) if fit.status in fits.RAN else None
            if share is not None and fit.outcome in AT_A_GLANCE:
                said.setdefault(fit.outcome, f"{fit.label[0].lower()}{fit.label[1:]} {percent(share)}")
    return list(said.values())


def _made_of(inputs: ReportInputs) -> str:
    found = inputs.provenance
    raw = [name for name, _ in found.files if name != "cohort.yaml"]
    software = dict(found.versions)
    return (
        f"{whole(len(raw))} raw file{'s' if len(raw) != 1 else ''} and cohort.yaml (SHA-256 of each in the "
        f"last section); analysis plan {found.plan_file}, SHA-256 {found.plan_sha256[:SHORT]}…; "
        "Alliance Modes "
        f"{software.get('alliance-modes', '')}, Python {software.get('Python', '')}, "
        f"glmm {software.get('glmm', '')}."
    )


def _counts(inputs: ReportInputs) -> dict[str, str]:
    analysis = inputs.analysis
    alliance, sessions = analysis["alliance"], analysis["session"]
    counted = outcomes.counted_enrolments(analysis["enrolment"])
    offered = sessions["attended"].dropna().astype(float) if "attended" in sessions else sessions.iloc[:0]
    return {
        "practitioners": whole(len(analysis["practitioner"])),
        "enrolments": whole(len(analysis["enrolment"])),
        "counted": whole(len(counted)),
        "inventories": whole(len(alliance)),
        "sessions": whole(len(sessions)),
        "attended": percent(offered.mean()) if len(offered) else "",
        "engagement": number(sessions["session_engagement"].mean())
        if "session_engagement" in sessions
        else "",
        "instruments": listed(
            [instrument_name(name) for name in sorted(alliance["instrument"].dropna().unique())]
        ),
        "careless": whole(alliance["careless"].fillna(False).astype(bool).sum())
        if "careless" in alliance
        else "0",
    }


def _estimands(inputs: ReportInputs) -> list[tuple[str, Any]]:
    return [(model.title, model.estimand) for model in inputs.plan.models.values()]

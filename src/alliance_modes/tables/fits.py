"""Which models ran, which did not and why, and how two engines agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from alliance_modes.models.families.registry import family_of
from alliance_modes.models.result import FitResult, ModelResult, Variance
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, sentence, uncapital, with_shared_endings
from alliance_modes.words.rounding import number, percent, percent_interval, whole

RAN = ("ok", "singular")
_GROUPINGS = ("practitioner", "group", "site")
_STATUS = {
    "ok": "estimated",
    "singular": "estimated*",
    "not_converged": "did not converge",
    "not_estimated": "not estimated",
    "not_run": "not run",
}


_REDUCED = " Reduced: without planned predictors of which this cohort has no value, or one for everybody."
_ROUNDED = "Counts are rounded."
_MISSING = "Missing: rows left out for want of a value."
_POOLED = " Pooled: covariates as one column each, as the practitioners are few."


def fits_of(models: Iterable[ModelResult]) -> list[tuple[ModelResult, FitResult]]:
    """Every fit with its model."""
    return [(model, fit) for model in models for fit in model.fits]


def labels_apart(models: Iterable[ModelResult]) -> dict[tuple[str, str], str]:
    """The label of each outcome, by its model and its name; with its model where several have that label."""
    every = fits_of(models)
    times = Counter(fit.label for _, fit in every)
    return {
        (model.model, fit.outcome): f"{fit.label} ({model.title})" if times[fit.label] > 1 else fit.label
        for model, fit in every
    }


def fits_table(models: Sequence[ModelResult], rounded: bool = False) -> DisplayTable | None:
    """Rows, groups, and the share of variance between practitioners, per fit.

    ``rounded`` says that counts are, and leaves out how many rows were left out of each fit.
    """
    rows = []
    labels = labels_apart(models)
    for model, fit in fits_of(models):
        if fit.status in RAN:
            share = practitioner_share(fit)
            rows.append(
                (
                    capital(labels[model.model, fit.outcome]),
                    whole(fit.n),
                    *([] if rounded else [whole(fit.rows_missing)]),
                    *(whole(fit.clusters.get(name)) for name in _GROUPINGS),
                    share_text(share),
                    _status(fit),
                )
            )
    if not rows:
        return None
    reduced = any(fit.reduced for _, fit in fits_of(models))
    pooled = any(fit.pooled for _, fit in fits_of(models))
    missing = () if rounded else ("Missing",)
    return display_table(
        "The models that were estimated",
        ("Outcome", "Rows", *missing, "Leads", "Groups", "Sites", "Between", "Status"),
        f"lr{'r' * len(missing)}rrrrl",
        rows,
        f"{_ROUNDED if rounded else _MISSING} Leads: lead practitioners. Between: their share of the "
        "outcome's variance with its 95 % interval (profile likelihood), in a model without predictors. "
        "* A variance is at zero: that grouping adds nothing."
        f"{_REDUCED if reduced else ''}{_POOLED if pooled else ''}",
    )


def _status(fit: FitResult) -> str:
    """How the fit ended, and how it differs from the plan's formula."""
    others = [word for word, named in (("reduced", fit.reduced), ("pooled", fit.pooled)) if named]
    return ", ".join([_STATUS[fit.status], *others])


def practitioner_share(fit: FitResult) -> Variance | None:
    """The practitioners' component of the model without predictors, where it has a share."""
    return next(
        (
            part
            for part in fit.variances
            if part.source == "null" and part.grouping == "practitioner" and part.share is not None
        ),
        None,
    )


def share_text(part: Variance | None, decimals: int = 1) -> str:
    """A share of variance in per cent with its 95 % interval, where it has one."""
    said = percent(None if part is None else part.share, decimals)
    if part is None or part.share_low is None or part.share_high is None:
        return said
    return f"{said} {percent_interval(part.share_low, part.share_high, decimals)}"


def not_run(models: Iterable[ModelResult]) -> list[str]:
    """One sentence for each model, or each outcome of it, that was not estimated."""
    sentences = []
    for model in models:
        if model.status not in RAN and not any(fit.status in RAN for fit in model.fits):
            reason = model.reason or next(
                (fit.reason for fit in model.fits if fit.reason), "no reason was recorded"
            )
            sentences.append(
                sentence(f"{model.title} ({model.hypothesis}), {_STATUS[model.status]}: {reason}")
            )
            continue
        sentences += [
            sentence(f"{fit.label}, {_STATUS[fit.status]}: {fit.reason or 'no reason was recorded'}")
            for fit in model.fits
            if fit.status not in RAN
        ]
    return list(dict.fromkeys(sentences))


def agreement_sentences(models: Iterable[ModelResult]) -> list[str]:
    """How far a second engine's refit of the same model differs, and why where there is none."""
    refits = [(fit, refit) for _, fit in fits_of(models) for refit in fit.refits]
    done = [
        (refit.largest_difference_in_se, fit, refit)
        for fit, refit in refits
        if refit.same_estimand and refit.largest_difference_in_se is not None
    ]
    sentences = []
    if done:
        largest, fit, refit = max(done, key=lambda one: one[0])
        sentences.append(
            f"{whole(len(done))} linear model{'s were' if len(done) > 1 else ' was'} fitted again with "
            f"{refit.engine} on the grouping that it can carry; the largest difference of any estimate was "
            f"{_share_of_se(largest)} of its standard error ({uncapital(fit.label)})."
        )
    beside: dict[str, list[str]] = {}
    for fit, refit in refits:
        if not refit.same_estimand and refit.status in RAN:
            scale = family_of(fit.family).scale
            beside.setdefault(f"{scale.ratio or scale.unit}s", []).append(fit.label)
    sentences += [
        f"Population-averaged {numbers}, which answer a slightly different question, stand beside "
        f"those of {_outcomes(labels)} in agreement.csv."
        for numbers, labels in beside.items()
    ]
    reasons: dict[str, list[str]] = {}
    for fit, refit in refits:
        if refit.status not in RAN and refit.reason:
            reasons.setdefault(refit.reason, []).append(fit.label)
    sentences += [
        sentence(f"Not fitted again ({_outcomes(labels)}): {reason}") for reason, labels in reasons.items()
    ]
    return sentences or ["No model was fitted with a second engine."]


def _outcomes(labels: Iterable[str]) -> str:
    """Labels of outcomes, one for each fit; of one that several models have it is said how many."""
    counts = Counter(labels)
    times = [f"({count} models)" if count > 1 else "" for count in counts.values()]
    return with_shared_endings(list(counts), times)


def _share_of_se(value: float) -> str:
    return "less than 0.001" if value < 0.001 else number(value, 3)


def failed_checks(models: Iterable[ModelResult]) -> tuple[list[str], int, int, int]:
    """One sentence per check that failed anywhere, and how many passed, failed and were not made."""
    checks = [(fit, check) for _, fit in fits_of(models) if fit.status in RAN for check in fit.diagnostics]
    counts = [
        sum(check.result == result for _, check in checks) for result in ("pass", "fail", "not_checked")
    ]
    failed: dict[str, list[str]] = {}
    for fit, check in checks:
        if check.result == "fail":
            failed.setdefault(check.check, []).append(fit.label)
    sentences = [
        sentence(f"{check.replace('_', ' ')}: {_outcomes(labels)}") for check, labels in failed.items()
    ]
    return sentences, counts[0], counts[1], counts[2]

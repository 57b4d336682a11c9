"""Factor structure and invariance as a reader meets them: tables, and a sentence for each result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from alliance_modes.dictionary.canonical import dictionary
from alliance_modes.domain import ALPHA
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, instrument_name, listed, plain, sentence
from alliance_modes.words.rounding import bounded, interval, is_missing, number, p_value, whole

ALIKE_FACTORS = 0.85
"""Correlation of factors above which their subscales hardly differ."""

WORTHWHILE = 0.01
"""Gain of CFI below which a structure that is better by chi-square is hardly better."""

NO_LOSS = 0.005
"""Loss of CFI that is within the stricter of the two limits."""

CLOSE = {"cfi": 0.95, "rmsea": 0.06, "srmr": 0.08}
ACCEPTABLE = {"cfi": 0.90, "rmsea": 0.08, "srmr": 0.10}

BESIDE = {
    "dwls": "with answers taken as ordered categories",
    "fiml": "with everybody who answered an item",
}
"""Estimators that stand beside maximum likelihood on complete answers."""

STRUCTURES = {
    "one": "one factor",
    "two": "two factors",
    "subscales": "one factor per subscale",
    "facets": "modes and components",
}
PLURAL = ("two", "facets")
OTHER_COMPARISONS = {
    "rater": "between client and practitioner",
    "time": "between a person's first and last inventory",
    "cohort": "between cohorts",
}
STEPS = {"configural": "same structure", "metric": "equal loadings", "scalar": "equal intercepts"}
NOT_ESTIMATED = {
    "not_estimated": "not estimated",
    "not_converged": "no solution was found",
    "heywood": "no proper solution",
    "not_positive_definite": "no proper solution",
}


def structure_table(fits: pd.DataFrame) -> DisplayTable | None:
    """Fit of every structure that could be estimated, side by side, answers taken as continuous."""
    shown = fits[(fits["status"] == "ok") & ~fits["estimator"].isin(list(BESIDE))]
    if shown.empty:
        return None
    rows = []
    for row in shown.itertuples():
        fit = _preferred(row)
        rows.append(
            (
                f"{instrument_name(row.instrument)}, {plain(row.rater)}",
                STRUCTURES[row.structure],
                whole(row.n),
                f"{number(fit['chi2'], 1)} ({whole(row.df)})",
                p_value(fit["p"]),
                bounded(fit["cfi"], 3),
                bounded(fit["tli"], 3),
                f"{bounded(fit['rmsea'], 3)} {interval(fit['low'], fit['high'], 3, limited=True)}",
                bounded(row.srmr, 3),
                bounded(row.highest_r),
            )
        )
    return display_table(
        "Competing factor structures",
        (
            "Instrument, rater",
            "Structure",
            "n",
            "χ² (df)",
            "p",
            "CFI",
            "TLI",
            "RMSEA [90 %]",
            "SRMR",
            "Largest r",
        ),
        "llrrrrrrrr",
        rows,
        "The first inventory of each person, complete answers, taken as continuous; maximum likelihood. χ², "
        "CFI, TLI and RMSEA allow for clients of one practitioner being alike and for answers that are not "
        "normal, where there are 20 clusters or more. Two factors: goal and task together, and bond. Largest "
        "r: between factors.",
    )


def structure_sentences(fits: pd.DataFrame) -> list[str]:
    """What the data favour, per rater and instrument; and what was not estimated, and why."""
    return [
        sentence(f"{instrument_name(instrument)}, {_rated(rater)}: {_told(rows)}")
        for (rater, instrument), rows in fits.groupby(["rater", "instrument"], sort=False, dropna=False)
    ]


def _rated(rater: str) -> str:
    return f"{plain(rater)}-rated" if isinstance(rater, str) and rater else "rater not known"


def _told(every: pd.DataFrame) -> str:
    beside = every["estimator"].isin(list(BESIDE))
    rows, others = every[~beside], every[beside]
    fitted = rows[rows["status"] == "ok"]
    reasons = {
        str(row.reason): f"{STRUCTURES[row.structure]}, {NOT_ESTIMATED[row.status]}"
        for row in rows[rows["status"] != "ok"].itertuples()
    }
    if fitted.empty:
        none = "; ".join(f"not estimated: {reason}" for reason in reasons)
        return ". ".join([none, *_named_beside(others[others["status"] == "ok"])])
    best, steps = _favoured(fitted)
    parts = [f"{_size(best)}. {_fit_words(best)}", *steps]
    if len(rows) > 1 and not is_missing(best.highest_r):
        parts.append(_apart(best.highest_r))
    parts += [f"{capital(what)}: {reason}" for reason, what in reasons.items()]
    parts += _beside(others[others["structure"] == best.structure])
    return ". ".join(parts)


def _beside(others: pd.DataFrame) -> list[str]:
    """How the favoured structure fits by the other estimators."""
    told = []
    for row in others.itertuples():
        how = BESIDE[row.estimator]
        who = f" (n = {whole(row.n)})" if row.estimator == "fiml" else ""
        told.append(
            f"{capital(how)}{who} {_fitted_otherwise(row)}"
            if row.status == "ok"
            else f"Not fitted {how}: {row.reason}"
        )
    return told


def _named_beside(others: pd.DataFrame) -> list[str]:
    """How each structure fits by the other estimators, where complete answers are too few."""
    return [
        f"{capital(STRUCTURES[row['structure']])}: {_beside(others.loc[[place]])[0]}"
        for place, row in others.iterrows()
    ]


def _fitted_otherwise(row: Any) -> str:
    if is_missing(row.chi2_robust):
        return f"its residuals are SRMR {bounded(row.srmr, 3)}; there are too few clusters to test it"
    if is_missing(row.cfi_robust):
        return (
            f"the correlations are not those of any variables, so that its fit is told by SRMR "
            f"{bounded(row.srmr, 3)} alone"
        )
    limits = interval(row.rmsea_robust_low, row.rmsea_robust_high, 3, limited=True)
    indices = f"CFI {bounded(row.cfi_robust, 3)}, RMSEA {bounded(row.rmsea_robust, 3)} {limits}"
    return f"its fit is {indices}, SRMR {bounded(row.srmr, 3)}"


def _size(best: Any) -> str:
    people = f"n = {whole(best.n)}"
    return (
        people if best.clusters == best.n else f"{people} from {whole(best.clusters)} practitioners or groups"
    )


def _favoured(fitted: pd.DataFrame) -> tuple[Any, list[str]]:
    """The structure that the data favour, and one clause for each step towards the larger ones."""
    rows = {row.structure: row for row in fitted.itertuples()}
    best, steps = next(iter(rows.values())), []
    for name, one in rows.items():
        larger = rows.get(str(one.against))
        if larger is None or is_missing(one.chi2_difference):
            continue
        gain = _preferred(larger)["cfi"] - _preferred(one)["cfi"]
        what, than = STRUCTURES[larger.structure], STRUCTURES[name]
        told = f"than {than} ({_test(one)}CFI {_gain(gain)})"
        if one.p_difference >= ALPHA:
            steps.append(f"The data do not speak for {what} rather {told}")
        elif gain < WORTHWHILE:
            steps.append(f"{capital(what)} {_verb(larger.structure)} hardly better {told}")
        else:
            steps.append(f"{capital(what)} {_verb(larger.structure)} better {told}")
            best = larger
    return best, steps


def _verb(name: str) -> str:
    return "fit" if name in PLURAL else "fits"


def _test(row: Any) -> str:
    """The test of a structure against a larger one; where none applies, that there is none."""
    if is_missing(row.p_difference):
        return "no test applies; "
    difference = f"χ² difference {number(row.chi2_difference, 1)}, {whole(row.df_difference)} df"
    return f"{difference}, p {_p(row.p_difference)}; "


def _gain(gain: float) -> str:
    return f"+{bounded(gain, 3)}" if gain >= 0 else bounded(gain, 3)


def _p(value: float) -> str:
    text = p_value(value)
    return text if text.startswith("<") else f"= {text}"


def _fit_words(best: Any) -> str:
    fit = _preferred(best)
    found = {"cfi": fit["cfi"], "rmsea": fit["rmsea"], "srmr": best.srmr}
    indices = (
        f"CFI {bounded(found['cfi'], 3)}, RMSEA {bounded(found['rmsea'], 3)} "
        f"{interval(fit['low'], fit['high'], 3, limited=True)}, SRMR {bounded(found['srmr'], 3)}"
    )
    plural = best.structure in PLURAL
    verdict = "do not fit well" if plural else "does not fit well"
    for limits, words in ((ACCEPTABLE, "acceptably"), (CLOSE, "closely")):
        if found["cfi"] >= limits["cfi"] and all(found[name] <= limits[name] for name in ("rmsea", "srmr")):
            verdict = f"{_verb(best.structure)} {words}"
    return f"{capital(STRUCTURES[best.structure])} {verdict} ({indices})"


def _apart(r: float) -> str:
    if r > ALIKE_FACTORS:
        return f"But factors correlate up to {bounded(r)}, so that their subscales hardly differ"
    return f"Factors correlate up to {bounded(r)}"


def _preferred(row: Any) -> dict[str, float]:
    """The robust statistics where there are any, else the plain ones."""
    if is_missing(row.chi2_robust):
        names = ("chi2", "p", "cfi", "tli", "rmsea", "rmsea_low", "rmsea_high")
    else:
        names = (
            "chi2_robust",
            "p_robust",
            "cfi_robust",
            "tli_robust",
            "rmsea_robust",
            "rmsea_robust_low",
            "rmsea_robust_high",
        )
    short = ("chi2", "p", "cfi", "tli", "rmsea", "low", "high")
    return {key: getattr(row, name) for key, name in zip(short, names, strict=True)}


def invariance_table(steps: pd.DataFrame) -> DisplayTable | None:
    """Every step of every comparison that could be estimated."""
    shown = steps[steps["status"] == "ok"]
    if shown.empty:
        return None
    rows = [
        (
            f"{instrument_name(row.instrument)}, {plain(row.rater)}",
            _between(row.comparison),
            _step_name(row),
            f"{number(row.chi2, 1)} ({whole(row.df)})",
            bounded(row.cfi, 3),
            bounded(row.rmsea, 3),
            bounded(row.srmr, 3),
            bounded(-row.loss_of_cfi, 3),
            bounded(row.rise_of_rmsea, 3),
            plain(row.verdict),
        )
        for row in shown.itertuples()
    ]
    return display_table(
        "Measuring the same in different groups",
        (
            "Instrument, rater",
            "Compared",
            "Step",
            "χ² (df)",
            "CFI",
            "RMSEA",
            "SRMR",
            "ΔCFI",
            "ΔRMSEA",
            "Verdict",
        ),
        "lllrrrrrrl",
        rows,
        "Each step against the one before it. It holds when CFI falls by at most .010 and RMSEA rises by at "
        "most .015 (.005 and .010 with a group under 300). The same structure holds at CFI .90 or more and "
        "RMSEA .08 or less. RMSEA of a scale with few items jumps by chance: where it fails alone, do not "
        "make much of it.",
    )


def _step_name(row: Any) -> str:
    freed = _freed(row)
    return f"{STEPS[row.level]}{f' but of {_items(freed)}' if freed else ''}"


def _freed(row: Any) -> list[str]:
    return [] if _blank(row.freed) else str(row.freed).split("; ")


def _blank(value: object) -> bool:
    """True for None, NaN and blank text."""
    return not isinstance(value, str) or not value.strip()


def _items(freed: list[str]) -> str:
    return f"item{'s' if len(freed) > 1 else ''} {listed(freed)}"


def invariance_sentences(steps: pd.DataFrame) -> list[str]:
    """What comparisons allow, or why they were not made; those of which the same is true together."""
    made: dict[str, list[str]] = {}
    missed: dict[str, list[str]] = {}
    for (comparison, rater, instrument), rows in steps.groupby(
        ["comparison", "rater", "instrument"], sort=False, dropna=False
    ):
        who = f"{instrument_name(instrument)}, {_rated(rater)}, {_between(comparison)}"
        if comparison == "rater":
            who = f"Alliance {_between(comparison)}"
        first = rows.iloc[0]
        if first["status"] != "ok":
            missed.setdefault(str(first["reason"]), []).append(who)
        else:
            allowed = ". ".join(_allowed(list(rows.itertuples())))
            made.setdefault(allowed, []).append(f"{who} ({_sizes(first)})")
    return [
        *(sentence(f"{allowed}: {'; '.join(names)}") for allowed, names in made.items()),
        *(sentence(f"Not tested: {'; '.join(names)} ({reason})") for reason, names in missed.items()),
    ]


def _sizes(first: pd.Series) -> str:
    groups, sizes = str(first["groups"]).split("; "), str(first["sizes"]).split("; ")
    return ", ".join(f"{plain(group)} {whole(int(size))}" for group, size in zip(groups, sizes, strict=True))


def _allowed(rows: list) -> Iterator[str]:
    """The clauses of one comparison, from its steps in order."""
    configural, *later = rows
    metric, scalar = ([row for row in later if row.level == level] for level in ("metric", "scalar"))
    if metric[0].verdict == "fails" and len(scalar) > 1:  # the full scalar model, which has no verdict
        scalar = scalar[1:]
    if configural.verdict == "fails":
        yield "The structure itself does not fit well in the groups, so read this with care"
    if metric[0].status != "ok":
        yield f"Equal loadings could not be tested: {metric[0].reason}"
        return
    if metric[0].verdict == "fails":
        yield _failed("loadings", metric)
    if metric[-1].verdict == "fails":
        yield "Neither associations nor means are comparable"
    elif scalar[0].status != "ok":
        yield f"Equal intercepts could not be tested: {scalar[0].reason}"
    elif scalar[0].verdict == "fails":
        yield _failed("intercepts", scalar)
        yield "Associations can be compared, means only with that in mind"
    elif metric[0].verdict == "holds":
        yield "Loadings and intercepts are alike, so that associations and means can be compared"
    else:
        yield "Intercepts of the other items are alike"


def _failed(what: str, steps: list) -> str:
    """Which items stand out in a step that failed, and whether the others are alike."""
    how = " by RMSEA alone, while CFI hardly falls" if steps[0].loss_of_cfi <= NO_LOSS else ""
    if len(steps) == 1:
        return f"{capital(what)} differ{how}, and no single item explains it"
    named = _items(_freed(steps[-1]))
    others = "the others are alike" if steps[-1].verdict == "holds" else "the others differ as well"
    return f"{capital(what)} differ{how}, most those of {named}; {others}"


def _between(comparison: str) -> str:
    """Between whom a measure was compared: the groups of a column of the enrolments, or others."""
    if comparison in OTHER_COMPARISONS:
        return OTHER_COMPARISONS[comparison]
    return dictionary().enrolments.columns[comparison].compared

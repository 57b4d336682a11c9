"""Everything of a protocol but its models, in sentences and tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from alliance_modes.disclosure.said import rounding_said
from alliance_modes.models.multiplicity import METHODS
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.protocol import Analysed, Protocol
from alliance_modes.plan.terms import Claim, Predictor
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import METHOD_NAMES, capital, listed, plain
from alliance_modes.words.rounding import MISSING, number, percent, whole

SHORT = 12
DESIGN_COLUMNS = (
    ("practitioners", "Practitioners", 0),
    ("clients_per_practitioner", "Clients of each", 0),
    ("effect", "Effect", 2),
    ("detectable", "Could show", 2),
    ("calculated_power", "Power", 2),
    ("claim", "Claim", 2),
)
NO_REASON = "not stated in the plan"


def written_said(protocol: Protocol) -> str:
    """Whether data had been analysed when it was written: which, and by this plan or another."""
    real = protocol.analysed_before
    if not real:
        return "Written before any data: no results of real people were there in this project."
    return f"Written after data of {listed([_analysed(one) for one in real])} were analysed."


def _analysed(one: Analysed) -> str:
    by = {True: "by this plan", False: "by another plan", None: "by a plan that nothing names"}
    return f"{one.cohort} ({by[one.this_plan]})"


def tests_said(protocol: Protocol, plan: Plan) -> Iterator[str]:
    """The families of tests, how each is adjusted, and when no claim is made."""
    tests: Counter[Claim] = Counter()
    labels: dict[Claim, dict[str, None]] = {}
    for model in plan.models.values():
        for outcome in model.outcomes:
            claim = model.claim_of(outcome)
            tests[claim] += model.joint_tests(plan.predictors)
            labels.setdefault(claim, {})[outcome.told] = None
    for family, named in labels.items():
        by = "not adjusted"
        if family in METHODS:
            by = f"adjusted together by the method of {METHOD_NAMES[family]}"
        count = f"{whole(tests[family])} test{'' if tests[family] == 1 else 's'}"
        yield f"{capital(family)}: {listed(list(named))}; {count}, {by}."
    counted = plan.multiplicity.not_computed == "counted"
    yield (
        "A planned test that cannot be computed counts in its family."
        if counted
        else "A planned test that cannot be computed is left out of its family."
    )
    fewest, level = protocol.limits["practitioners_for_a_claim"], protocol.limits["alpha"]
    yield (
        f"Tests are two-sided at {level:g}, intervals are {percent(1 - level, 0)} intervals. With fewer than "
        f"{whole(fewest)} practitioners in a fit no primary claim is made."
    )
    yield (
        "The plan has no rule by which data collection stops early, and does not correct for looks at the "
        "data before the lock that is planned."
    )


def exposure_said(plan: Plan) -> str:
    """Whose mode use, measured when."""
    return f"Exposure is the {plan.exposure.practitioner} practitioner's mode use: {plan.exposure.told}."


def predictors_table(plan: Plan) -> DisplayTable:
    """Every predictor that a model names, how it enters, and why it is there."""
    rows = [
        (one.label, one.unit, _enters(one), _why(name, one, plan))
        for name, one in plan.predictors.items()
        if any(name in model.predictors for model in plan.models.values())
    ]
    headings = ("Predictor", "One unit", "Enters", "Why")
    return display_table("Predictors of the models", headings, "llll", rows)


def _enters(one: Predictor) -> str:
    if one.split:
        pooled = f"; as one column below {one.pooled_below} practitioners" if one.pooled_below else ""
        return f"the practitioner's mean and the deviation from it{pooled}"
    if one.smooth:
        return f"a smooth curve of {one.smooth} columns"
    return f"{one.level} practitioners" if one.level else "as it is"


def _why(name: str, one: Predictor, plan: Plan) -> str:
    if one.reason:
        return one.reason
    tested = any(name in model.tested_predictors for model in plan.models.values())
    return "it is what is tested" if tested else NO_REASON


def missing_said(plan: Plan) -> Iterator[str]:
    """What is left out, what is filled in, and what may be lost without agreement."""
    excluded = [plain(flag) for flag in plan.cleaning.exclude_flags]
    yield (
        f"Records are left out for careless answers where they are flagged as: {listed(excluded)}."
        if excluded
        else "No record is left out for careless answers."
    )
    yield (
        "Models rest on rows that have every value they need, fitted by likelihood: people with fewer forms "
        "stay in."
    )
    imputed = plan.imputation
    if imputed.claims:
        yield (
            f"Missing predictors of {listed(list(imputed.claims))} outcomes of "
            f"{listed(list(imputed.models))} are completed by chained equations, in at most {imputed.m} data "
            "sets, as a second look."
        )
        shifts = ", ".join(f"{one:g}" for one in imputed.tipping)
        yield f"Outcomes that nobody saw are tried at log-odds shifted by {shifts}, and all and none of them."
    losses = plan.losses
    yield (
        f"Not more than {percent(losses.rows, 0)} of rows, {percent(losses.cells, 0)} of cells, "
        f"{percent(losses.links, 0)} of links and {percent(losses.surveys, 0)} of surveys may be lost "
        "without an agreement that the report names."
    )


def sensitivity_said(plan: Plan) -> Iterator[str]:
    """What primary results are held against, and the analyses without a claim."""
    if plan.bootstrap.draws and plan.bootstrap.models:
        yield (
            f"Primary tests of {listed(list(plan.bootstrap.models))} are held against at most "
            f"{whole(plan.bootstrap.draws)} data sets drawn without an association."
        )
    if plan.influence.models:
        yield f"Each practitioner and each site is left out in turn: {listed(list(plan.influence.models))}."
    if plan.two_level.between:
        yield f"Factors at two levels, between practitioners: {listed(list(plan.two_level.between))}."
    made = [plain(name) for name in plan.relations.made]
    made += ["cohorts"] if plan.relations.cohorts.claim != "off" else []
    if made:
        yield f"Exploratory, without a claim: {listed(made)}."
    yield f"Random draws start from seed {plan.seed}; simulation intervals rest on {whole(plan.draws)} draws."


def design_said(protocol: Protocol) -> Iterator[str]:
    """Whether the design analysis was made, and by this plan."""
    if protocol.design is None:
        yield "Not made: run alliance-modes design before the protocol is written."
        return
    by = {
        True: "It was made by the registered plan.",
        False: "It was made by another plan than the registered one.",
        None: "By which plan it was made is not known.",
    }
    yield (
        "Simulated studies, analysed before any data. "
        f"{by[protocol.design.this_plan]} study.csv has SHA-256 {protocol.design.sha256[:SHORT]}…."
    )


def design_table(protocol: Protocol, plan: Plan) -> DisplayTable | None:
    """A row per outcome and size of the design analysis; None where it was not made."""
    if protocol.design is None:
        return None
    labels = {f"{name}.{one.name}": one.head for name, model in plan.models.items() for one in model.outcomes}
    rows = [
        (
            capital(labels.get(str(row["outcome"]), str(row["outcome"]))),
            plain(str(row["estimand"])),
            *(_amount(row.get(column), decimals) for column, _, decimals in DESIGN_COLUMNS),
        )
        for row in protocol.design.rows
    ]
    headings = ("Outcome", "Number", *(told for _, told, _ in DESIGN_COLUMNS))
    note = (
        "Could show: found 8 of 10 times. Power: of the effect. Claim: found after correction for all tests."
    )
    return display_table("What studies would find", headings, "ll" + "r" * len(DESIGN_COLUMNS), rows, note)


def _amount(value: object, decimals: int) -> str:
    return number(float(value), decimals) if isinstance(value, int | float) else MISSING


def instruments_table(protocol: Protocol) -> DisplayTable:
    """Versions and keys of the instruments that could be scored, by item numbers alone."""
    rows = [
        (
            str(one["title"]),
            str(one["items"]),
            f"{one['range']['low']:g} to {one['range']['high']:g}",
            ", ".join(map(str, one["reversed"])) or "none",
            listed([plain(scale) for scale in one["subscales"]]),
            str(one["scoring"]["method"]),
            str(one["sha256"])[:SHORT],
        )
        for one in protocol.instruments.values()
    ]
    headings = ("Instrument", "Items", "Range", "Reversed", "Subscales", "Scored by", "Key")
    return display_table(
        "Instruments and their keys", headings, "lrlllll", rows, "Key: how the SHA-256 of the version begins."
    )


def disclosure_said(plan: Plan) -> Iterator[str]:
    """What a release withholds."""
    rules = plan.disclosure
    yield (
        f"Counts below {rules.threshold} are withheld, with what they could be worked out from; others "
        f"{rounding_said(rules)}."
    )
    yield (
        "A mean of magnitudes is withheld where its two largest contributors hold "
        f"{percent(rules.dominance, 0)} of it, or all others less than {percent(rules.p_ratio, 0)} of the "
        f"largest; a model needs {rules.residual_df} residual degrees of freedom."
    )


def software_said(protocol: Protocol) -> Iterator[str]:
    """Versions, and the commit."""
    versions = protocol.software.versions
    yield f"Software: {', '.join(f'{name} {version}' for name, version in versions.items())}."
    if protocol.software.commit:
        yield f"Commit {protocol.software.commit} of the project."

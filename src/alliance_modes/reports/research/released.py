"""What the release edition of the research report may know: nothing of a row, and no count as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from alliance_modes.disclosure.counts import ShownTable
from alliance_modes.disclosure.rules import Disclosure, rounded, safe_model
from alliance_modes.disclosure.said import rounding_said
from alliance_modes.disclosure.sizes import PEOPLE, Sizes
from alliance_modes.domain import PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.measurement.factors.confirmatory import FEWEST_RESPONDENTS
from alliance_modes.models.result import FitResult, ModelResult
from alliance_modes.plan.terms import PRACTITIONER
from alliance_modes.reports.facts.asked.means import Across, Topic
from alliance_modes.reports.facts.facts import Facts
from alliance_modes.reports.facts.sizes import SIZED, rows_of
from alliance_modes.reports.inputs import RELATION_TABLES, DrawnPicture, ReportInputs
from alliance_modes.tables.fits import RAN
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.rounding import MISSING, interval

WITHHELD = "withheld: it rests on too few rows or practitioners"
STAYS_INSIDE = "the reason holds counts of people and stays inside"
COMPARED = ("agrees", "differs")


@dataclass(frozen=True)
class Known:
    """What the sections of the release edition read.

    ``inputs`` are those of ``safe_inputs``: results of models and of scales alone. Every other count is in
    ``facts``, as the gate shows it.
    """

    inputs: ReportInputs
    facts: Facts
    rules: Disclosure

    @property
    def pictures(self) -> Mapping[str, DrawnPicture]:
        """The figures of the release edition."""
        return self.inputs.pictures


def known(inputs: ReportInputs, facts: Facts, rules: Disclosure, sizes: Sizes) -> Known:
    """What the release edition may know of a cohort; its figures are those of ``facts``."""
    return Known(replace(safe_inputs(inputs, rules, sizes), pictures=facts.pictures), facts, rules)


def as_inside(context: Callable[[ReportInputs], Mapping[str, Any]]) -> Callable[[Known], Mapping[str, Any]]:
    """The context of a section that says the same in both editions, of what may be known."""
    return lambda given: context(given.inputs)


def safe_inputs(inputs: ReportInputs, rules: Disclosure, sizes: Sizes) -> ReportInputs:
    """The inputs without rows of people, and with results that may be shown alone.

    Models that rest on too few rows or practitioners have no number; those of the others, and of scales and
    structures, are told with ``sizes``, from ``sizes_told(inputs, ...)``. Texts that a stage wrote about its
    rows are left out, since they may hold counts.
    """
    models = {
        name: _safe_model(model, rules, sizes, rows_of(inputs, name)) for name, model in inputs.models.items()
    }
    shown = {(name, fit.outcome) for name, model in models.items() for fit in model.fits if fit.status in RAN}
    return replace(
        inputs,
        cohort=inputs.cohort.model_copy(update={"accepted": ()}),
        analysis={name: table.iloc[:0] for name, table in inputs.analysis.items()},
        **{name: getattr(inputs, name).iloc[:0] for name in ("flow", "account", "checks", "missing_map")},
        **{name: getattr(inputs, name).iloc[:0] for name in ("key_audit", "imputed", "tipping")},
        **{name: getattr(inputs, name).iloc[:0] for name in RELATION_TABLES},
        reliability=_safe_scales(inputs.reliability, rules, sizes),
        items=_of_enough(inputs.items, rules),
        scoring=inputs.scoring.filter(["instrument", "rater"]),
        measurement={name: table.iloc[:0] for name, table in inputs.measurement.items()},
        estimates=_told(inputs.estimates, shown).drop(columns=["n", "clusters"], errors="ignore"),
        models=models,
        pictures={},
        sources={name: {"declared": one.get("declared", False)} for name, one in inputs.sources.items()},
        provenance=replace(inputs.provenance, files=(), key=""),
        bootstrap=_told(_checked(inputs.bootstrap, "result", ("pass", "fail")), shown),
        structure={name: _safe_structure(table, rules, sizes) for name, table in inputs.structure.items()},
        influence=_told(inputs.influence, shown),
        agreement=_told(_checked(inputs.agreement, "status", COMPARED), shown),
        added=None,
        registered=inputs.registered and inputs.registered.without_reasons(STAYS_INSIDE),
    )


def _safe_model(model: ModelResult, rules: Disclosure, sizes: Sizes, rows: str) -> ModelResult:
    fits = tuple(_safe_fit(fit, rules, sizes, rows) for fit in model.fits)
    return model.model_copy(update={"fits": fits, "reason": STAYS_INSIDE if model.reason else ""})


def _safe_fit(fit: FitResult, rules: Disclosure, sizes: Sizes, rows: str) -> FitResult:
    """A fit with its counts as they are told; without any number where it may not be shown."""
    if fit.status not in RAN:
        return fit.model_copy(update={"reason": STAYS_INSIDE, "n": 0, "rows_missing": 0, "clusters": {}})
    estimated = sum(one.estimand == "coefficient" for one in fit.estimates)
    if not safe_model(fit.n - estimated, fit.n, fit.clusters.get(PRACTITIONER, fit.n), rules):
        return FitResult(
            outcome=fit.outcome,
            label=fit.label,
            family=fit.family,
            formula=fit.formula,
            engine=fit.engine,
            status="not_run",
            reason=WITHHELD,
        )
    clusters = {name: sizes.of(name, n) if name in PEOPLE else n for name, n in fit.clusters.items()}
    diagnostics = tuple(one.model_copy(update={"detail": ""}) for one in fit.diagnostics)
    refits = tuple(one.model_copy(update={"reason": ""}) for one in fit.refits)
    changed = {"clusters": clusters, "diagnostics": diagnostics, "refits": refits, "reason": ""}
    return fit.model_copy(update={"n": sizes.of(rows, fit.n), "rows_missing": 0, **changed})


def _told(table: pd.DataFrame, shown: set[tuple[str, str]]) -> pd.DataFrame:
    """The rows of models and outcomes that are shown."""
    if not len(table):
        return table
    keys = zip(table["model"], table["outcome"], strict=True)
    return table[[key in shown for key in keys]].reset_index(drop=True)


def _checked(table: pd.DataFrame, column: str, results: Iterable[str]) -> pd.DataFrame:
    return table[table[column].isin(list(results))] if len(table) else table


def _of_enough(table: pd.DataFrame, rules: Disclosure) -> pd.DataFrame:
    return table[table["n"] >= rules.threshold].reset_index(drop=True) if "n" in table else table


def _safe_scales(reliability: pd.DataFrame, rules: Disclosure, sizes: Sizes) -> pd.DataFrame:
    """Scales with an estimate over enough people, of a number of them as it is told."""
    enough = _of_enough(reliability, rules)
    enough = enough[enough["alpha"].notna()].reset_index(drop=True)
    return _sized(enough.assign(omega_reason=pd.NA, omega_ordinal_reason=pd.NA), sizes)


def _safe_structure(table: pd.DataFrame, rules: Disclosure, sizes: Sizes) -> pd.DataFrame:
    """Structures that were estimated, over enough people in every group, of numbers of them as told."""
    if not len(table):
        return table
    enough = _of_enough(table, rules)
    if "status" in enough:
        enough = enough[enough["status"] != "not_estimated"].reset_index(drop=True)
    if "sizes" in enough:
        groups = [[int(size) for size in str(text).split("; ")] for text in enough["sizes"]]
        kept = [min(each) >= rules.threshold for each in groups]
        texts = ["; ".join(str(rounded(size, rules.base)) for size in each) for each in groups]
        enough = enough.assign(sizes=texts)[kept].reset_index(drop=True)
    none = {name: 0 for name in ("incomplete", "unplaced") if name in enough}
    return _sized(enough.assign(**none), sizes)


def _sized(table: pd.DataFrame, sizes: Sizes) -> pd.DataFrame:
    """A table of scales with the numbers of people that it rests on as they are told."""
    changed = {
        name: [sizes.of(units, int(n)) for n in table[name]] for name, units in SIZED.items() if name in table
    }
    return table.assign(**changed)


def numbers_said(given: Known) -> frozenset[int]:
    """Numbers of people that the texts say and that are of no table of counts: all are rounded, or limits."""
    fits = [fit for model in given.inputs.models.values() for fit in model.fits]
    structure = [table["n"] for table in given.inputs.structure.values() if "n" in table]
    practitioners = [
        table[name]
        for table in given.inputs.structure.values()
        for name in ("clusters", "practitioners")
        if name in table
    ]
    scales = [given.inputs.reliability["n"]] if "n" in given.inputs.reliability else []
    units = [one.unit for one in given.inputs.plan.predictors.values()]
    return frozenset(
        {
            *(int(number) for unit in units for number in re.findall(r"\d+", unit)),
            PRACTITIONERS_FOR_A_CLAIM,
            FEWEST_RESPONDENTS,
            *(fit.n for fit in fits),
            *(n for fit in fits for n in fit.clusters.values()),
            *(int(n) for column in (*structure, *practitioners, *scales) for n in column),
            *(given.inputs.registered.numbers if given.inputs.registered else ()),
        }
    )


def rounding_told(rules: Disclosure) -> str:
    """How counts are shown, in a sentence."""
    return (
        f"Counts below {rules.threshold} are withheld, and others where these could be worked out of them; "
        f"those that are shown {rounding_said(rules)}."
    )


def counts_table(shown: ShownTable | None, rules: Disclosure, first: str = "") -> DisplayTable | None:
    """A table of counts as the gate shows them; None where the cohort has none."""
    if shown is None:
        return None
    rows = [(row, *(cell.text for cell in cells)) for row, cells in zip(shown.rows, shown.cells, strict=True)]
    headings = ("n",) if len(shown.columns) == 1 else shown.columns
    return display_table(
        shown.caption, (first, *headings), "l" + "r" * len(headings), rows, rounding_told(rules)
    )


def means_table(
    given: Known, caption: str, topics: Iterable[Topic], across: Iterable[Across], column: str
) -> DisplayTable | None:
    """Means as the gate shows them, a row per group; ``column`` heads what a group is; None without any."""
    wanted, among = set(topics), set(across)
    rows = [
        (one.averaged.about, label, mean.n.text, mean.text, mean.sd_text, _limits(one.limits(label)))
        for one in given.facts.means.values()
        if one.averaged.topic in wanted and one.averaged.across in among
        for label, mean in zip(one.shown.labels, one.shown.means, strict=True)
    ]
    if not rows:
        return None
    headings = ("", column, "n", "Mean", "SD", "95 % interval")
    return display_table(caption, headings, "llrrrr", rows, rounding_told(given.rules))


def _limits(found: tuple[float, float] | None) -> str:
    return MISSING if found is None else interval(*found)


def turned(shown: ShownTable) -> ShownTable:
    """A table of counts with its columns as rows."""
    return replace(shown, rows=shown.columns, columns=shown.rows, cells=tuple(zip(*shown.cells, strict=True)))

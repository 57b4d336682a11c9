"""Everything that a report is made of, read once into one frozen value."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

from alliance_modes.cohort import Cohort, load_cohort
from alliance_modes.dictionary.cleaning import TABLES as CLEANING
from alliance_modes.dictionary.derive import TABLES as DERIVE
from alliance_modes.dictionary.factors import TABLES as FACTORS
from alliance_modes.dictionary.imputation import TABLES as IMPUTATION
from alliance_modes.dictionary.measurement import TABLES as MEASUREMENT
from alliance_modes.dictionary.models import TABLES as MODELS
from alliance_modes.dictionary.named import (
    ATTENDED,
    CLIENT_ID,
    ENROLMENT_ID,
    GROUP_ID,
    PRACTITIONER_ID,
    PROGRAMME_ID,
    SESSION_NO,
    SITE_ID,
)
from alliance_modes.dictionary.relations import TABLES as RELATIONS
from alliance_modes.dictionary.result_table import ResultTable, read_each
from alliance_modes.dictionary.scoring import TABLES as SCORING
from alliance_modes.domain import COMPONENTS
from alliance_modes.ground import layout
from alliance_modes.ground.files import read_json, sha256
from alliance_modes.instruments.model import Instrument, load_instruments
from alliance_modes.intake.origin import FILE as ORIGIN
from alliance_modes.models.checks.check_table import with_checks_of_table
from alliance_modes.models.result import ModelResult, read_result
from alliance_modes.plan.additions import additions_file, cohort_plan
from alliance_modes.plan.plan import Plan, load_plan
from alliance_modes.plan.protocol import load_protocol
from alliance_modes.plan.terms import PlannedModel
from alliance_modes.reports.questions import Question, questions
from alliance_modes.reports.registered import Registered, registered
from alliance_modes.reports.research.reasons import plain_reasons
from alliance_modes.words.display import DisplayTable

UNITS = (ENROLMENT_ID, CLIENT_ID, PRACTITIONER_ID, GROUP_ID, SITE_ID, PROGRAMME_ID, SESSION_NO)
ANALYSIS_TABLES: Mapping[str, tuple[str, ...]] = {
    "practitioner": (),
    "enrolment": (),
    "session": (*UNITS, ATTENDED, "session_engagement"),
    "alliance": (*UNITS, "rater", "instrument", *COMPONENTS, "total", "careless"),
}
"""The analysis tables that reports read, and which columns of those with many rows; none named: all."""

MEASUREMENT_TABLES = (
    "scales",
    "subscale_correlations",
    "icc",
    "reliability_repeated",
    "reliable_change_rates",
    "agreement_raters",
)
STRUCTURE_TABLES = ("factor_fit", "invariance", "two_level_fit", "two_level_estimates")
RELATION_TABLES = ("relations", "relation_checks", "relation_points")
OF_MODELS = ("estimates", "bootstrap", "influence", "agreement")
SOFTWARE = (
    "alliance-modes",
    "pandas",
    "numpy",
    "scipy",
    "glmm",
    "statsmodels",
    "pingouin",
    "semopy",
    "matplotlib",
    "pypandoc_binary",
)


@dataclass(frozen=True)
class DrawnPicture:
    """A figure as it was written: its PNG, its words and its numbers, and the section that it belongs to."""

    png: bytes
    title: str
    caption: str
    alt: str
    status: str
    section: str = ""
    numbers: DisplayTable | None = None


@dataclass(frozen=True)
class Provenance:
    """What made the report: raw files and plan with their SHA-256, software versions, the key of the ids.

    ``key`` is its fingerprint.
    """

    files: tuple[tuple[str, str], ...]
    plan_file: str
    plan_sha256: str
    versions: tuple[tuple[str, str], ...]
    key: str


@dataclass(frozen=True)
class Added:
    """What one cohort adds to the plan.

    ``plan`` holds the additions, ``models`` the added models alone, ``estimates`` their rows of
    ``estimates.csv``, ``sha256`` that of ``plan_additions.yaml``.
    """

    plan: Plan
    models: Mapping[str, ModelResult]
    estimates: pd.DataFrame
    sha256: str


@dataclass(frozen=True)
class ReportInputs:
    """The inputs of the reports of one cohort.

    ``analysis`` holds the four analysis tables, those with many rows without what no report tells of;
    ``models`` every ``ModelResult`` in the plan's order, ``pictures`` every figure by name, ``sources``
    what ``sources.json`` says per table, ``checks`` and ``missing_map`` the tables of these names,
    ``measurement`` the tables of ``MEASUREMENT_TABLES``, ``structure`` those of factor structure,
    ``instruments`` those that can be scored. ``plan``, ``models``, ``estimates``, ``bootstrap`` and
    ``influence`` are of the plan of all cohorts; what this one adds is in ``added``. ``registered`` is the
    protocol with every line that departs from it; None where none was registered.
    """

    cohort: Cohort
    plan: Plan
    analysis: Mapping[str, pd.DataFrame]
    flow: pd.DataFrame
    account: pd.DataFrame
    checks: pd.DataFrame
    missing_map: pd.DataFrame
    reliability: pd.DataFrame
    items: pd.DataFrame
    key_audit: pd.DataFrame
    scoring: pd.DataFrame
    measurement: Mapping[str, pd.DataFrame]
    estimates: pd.DataFrame
    imputed: pd.DataFrame
    tipping: pd.DataFrame
    models: Mapping[str, ModelResult]
    pictures: Mapping[str, DrawnPicture]
    sources: Mapping[str, Any]
    provenance: Provenance
    bootstrap: pd.DataFrame = field(default_factory=pd.DataFrame)
    structure: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    influence: pd.DataFrame = field(default_factory=pd.DataFrame)
    agreement: pd.DataFrame = field(default_factory=pd.DataFrame)
    relations: pd.DataFrame = field(default_factory=RELATIONS["relations"].empty)
    relation_checks: pd.DataFrame = field(default_factory=RELATIONS["relation_checks"].empty)
    relation_points: pd.DataFrame = field(default_factory=RELATIONS["relation_points"].empty)
    added: Added | None = None
    instruments: Mapping[str, Instrument] = field(default_factory=dict)
    registered: Registered | None = None

    @cached_property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """The least and the largest response of each instrument."""
        return {name: (each.range.low, each.range.high) for name, each in self.instruments.items()}

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """The plan of all cohorts as a report reads it, in its order."""
        return questions(self.plan, self.models, self.estimates, self.influence)


def read_inputs(
    cohort_folder: str | Path,
    plan_file: str | Path,
    processed: str | Path | None = None,
    reports: str | Path | None = None,
    protocol: Sequence[str | Path] = (),
) -> ReportInputs:
    """Read what the stages before have written for one cohort.

    Parameters
    ----------
    cohort_folder : path
        Where ``cohort.yaml`` is; the raw files are read for their SHA-256 alone.
    plan_file : path
        The analysis plan, without what the cohort adds to it.
    processed, reports : path
        ``data/processed/<cohort>/`` and ``reports/<cohort>/internal/`` unless given.
    protocol : sequence of path
        The ``protocol.json`` that the project registered, or none.
    """
    instruments = load_instruments(layout.STUDY_INSTRUMENTS)
    cohort, plan = load_cohort(cohort_folder), load_plan(plan_file, instruments)
    here = Path(processed) if processed else layout.processed(cohort.cohort)
    there = Path(reports) if reports else layout.report(cohort.cohort, "internal")
    tables = _read(MEASUREMENT, there / "tables", "reliability", "items", "key_audit")
    tables |= _read(SCORING, there / "tables", "scoring") | _read(
        IMPUTATION, there / "tables", "imputed", "tipping"
    )
    tables |= _read(MODELS, there / "tables", *OF_MODELS)
    tables |= _read(RELATIONS, there / "tables", *RELATION_TABLES)
    whole = cohort_plan(plan, cohort_folder, instruments)
    models = read_models(here / "models", whole.models, MODELS["checks"].read(there / "tables/checks.csv"))
    added = _added(cohort_folder, whole, models, tables["estimates"], plan)
    tables |= {name: _rows_of(tables[name], plan.models) for name in OF_MODELS}
    provenance = read_provenance(read_json(here / "typed" / ORIGIN), plan_file)
    own = {name: result for name, result in models.items() if name in plan.models}
    used = {name: one for name, one in instruments.items() if name in set(tables["scoring"]["instrument"])}
    return ReportInputs(
        cohort=cohort,
        plan=plan,
        analysis={
            name: DERIVE[name].read(here / "analysis" / f"{name}.parquet", only)
            for name, only in ANALYSIS_TABLES.items()
        },
        measurement=_read(MEASUREMENT, there / "tables", *MEASUREMENT_TABLES),
        models=own,
        pictures=read_pictures(there / "figures"),
        sources=read_json(here / "typed" / "sources.json"),
        provenance=provenance,
        structure=_read(FACTORS, there / "tables", *STRUCTURE_TABLES),
        added=added,
        instruments=instruments,
        registered=_registered(protocol, plan, whole, used, provenance, own),
        **_read(DERIVE, here / "analysis", "flow"),
        **_read(CLEANING, here / "clean", "account", "checks", "missing_map"),
        **tables,
    )


def _registered(
    protocol: Sequence[str | Path],
    plan: Plan,
    whole: Plan,
    instruments: Mapping[str, Instrument],
    provenance: Provenance,
    models: Mapping[str, ModelResult],
) -> Registered | None:
    """What was registered, beside what was done; None where nothing was."""
    if not protocol:
        return None
    added = [name for name in whole.models if name not in plan.models]
    told = {name: plain_reasons(model, plan) for name, model in models.items()}
    versions = dict(provenance.versions)
    return registered(load_protocol(Path(protocol[0]).parent), plan, added, instruments, versions, told)


def _read(declared: Mapping[str, ResultTable], folder: Path, *names: str) -> dict[str, pd.DataFrame]:
    return read_each(declared, (folder / f"{name}.csv" for name in names))


def _rows_of(table: pd.DataFrame, models: Iterable[str]) -> pd.DataFrame:
    return table[table["model"].isin(list(models))].reset_index(drop=True)


def _added(
    folder: str | Path, whole: Plan, models: Mapping[str, ModelResult], estimates: pd.DataFrame, plan: Plan
) -> Added | None:
    file = additions_file(folder)
    if file is None:
        return None
    own = {name: result for name, result in models.items() if name not in plan.models}
    return Added(whole, own, _rows_of(estimates, own), sha256(file))


def read_models(
    folder: str | Path, planned: Mapping[str, PlannedModel], checks: pd.DataFrame
) -> dict[str, ModelResult]:
    """``<folder>/<name>.json`` for each model, in that order, in words, with the checks of ``checks.csv``."""
    read = {name: read_result(Path(folder) / f"{name}.json") for name in planned}
    return {name: with_checks_of_table(one.in_words(planned[name]), checks) for name, one in read.items()}


def read_pictures(folder: str | Path) -> dict[str, DrawnPicture]:
    """Every figure of ``folder`` that has both a JSON and a PNG, by name."""
    return {path.stem: _picture(path) for path in sorted(Path(folder).glob("*.json"))}


def _picture(path: Path) -> DrawnPicture:
    words = read_json(path)
    numbers = words.pop("numbers", None)
    table = (
        None if numbers is None else DisplayTable(**{name: _frozen(part) for name, part in numbers.items()})
    )
    return DrawnPicture(png=path.with_suffix(".png").read_bytes(), numbers=table, **words)


def _frozen(part: Any) -> Any:
    return tuple(map(_frozen, part)) if isinstance(part, list) else part


def read_provenance(origin: Mapping[str, Any], plan_file: str | Path) -> Provenance:
    """What ``ingest`` noted of the files that it read and the key of the ids; the plan and the software."""
    return Provenance(
        files=tuple((name, digest) for name, digest in origin["files"]),
        plan_file=Path(plan_file).name,
        plan_sha256=sha256(plan_file),
        versions=(("Python", platform.python_version()), *_versions()),
        key=origin["key"],
    )


def _versions() -> tuple[tuple[str, str], ...]:
    found = []
    for name in SOFTWARE:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            found.append((name, "not installed as a package"))
    return tuple(found)

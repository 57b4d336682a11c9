"""What the rules ask of the configuration: cohorts, their files, and the parts of the plan."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from alliance_modes.cleaning.identity import identity_key, key_fingerprint
from alliance_modes.cohort import COHORT_FILE, Cohort, load_cohort, raw_files
from alliance_modes.ground.errors import ConfigurationError, IdentityError, OtherKeyError, Problem
from alliance_modes.ground.layout import PROCESSED, STUDY_INSTRUMENTS, handed_over
from alliance_modes.ingest.withdrawn import withdrawn_file
from alliance_modes.instruments.model import Instrument, load_instruments
from alliance_modes.intake.agreements import LossRules
from alliance_modes.intake.origin import origin_of
from alliance_modes.models.second_engines.rscript import find_lme4
from alliance_modes.plan.additions import additions_file, cohort_plan
from alliance_modes.plan.parts import (
    FiguresPart,
    ModelTask,
    bootstrap_task,
    cohorts_task,
    estimates_part,
    figures_part,
    imputation_task,
    model_task,
    relation_task,
    specifications_task,
    supervision_task,
)
from alliance_modes.plan.plan import Plan, load_plan
from alliance_modes.plan.protocol import FILE as PROTOCOL
from alliance_modes.plan.terms import FOR_READERS
from alliance_modes.running.code import code_digest
from alliance_modes.running.config import CONFIG_FILE, Config, choose_cohorts, load_config
from alliance_modes.running.inputs import source_digest
from alliance_modes.running.looking import looking
from alliance_modes.shipped import LOCK_FILE


@dataclass(frozen=True)
class Study:
    """The configuration as the rules use it. Values given to rules as params are plain.

    Snakemake leaves a param that is not a plain value out of what it compares, without a word.
    """

    config: Config
    plan: Plan
    cohorts: tuple[str, ...]

    @cached_property
    def environment(self) -> str:
        """SHA-256 over the locked dependencies, and the version of Python: a param of every rule."""
        return f"{source_digest(str(LOCK_FILE))} Python {platform.python_version()}"

    def made_with(self, rule: str) -> str:
        """SHA-256 over the names and contents of all code of ``rule``: a param of the rule.

        It tells what a modification time cannot: code edited while the rule ran, or replaced by
        an older file.
        """
        return code_digest(rule)

    def cohort(self, name: str) -> Cohort | None:
        """The cohort, or None where its ``cohort.yaml`` cannot be used: ``ingest`` says why."""
        if name not in self._read:
            try:
                self._read[name] = load_cohort(self.config.folder(name))
            except ConfigurationError:
                self._read[name] = None
        return self._read[name]

    @cached_property
    def _read(self) -> dict[str, Cohort | None]:
        return {}

    def cohort_file(self, name: str) -> str:
        """Path of the ``cohort.yaml`` of a cohort."""
        return str(self.config.folder(name) / COHORT_FILE)

    def raw_files(self, name: str) -> list[str]:
        """The raw files of a cohort that exist, and the list of people who were taken out of it.

        ``ingest`` says which raw files do not exist.
        """
        cohort = self.cohort(name)
        files = raw_files(self.config.folder(name), cohort) if cohort else ()
        listed = withdrawn_file(self.config.folder(name))
        return [str(file) for file in (*files, *([listed] if listed else [])) if file.is_file()]

    def raw_digest(self, name: str) -> str:
        """SHA-256 over the names and contents of ``cohort.yaml`` and the raw files of a cohort."""
        return self._digest([self.cohort_file(name), *self.raw_files(name)])

    def source_digests(self) -> dict[str, str]:
        """SHA-256 of every file that people wrote and this run reads, as it was when it was first met."""
        return {
            path: digest for name in self.cohorts for path, digest in self.source_digests_of(name).items()
        }

    def sources_stayed(self) -> bool:
        """Whether all of them are still what they were."""
        return all(source_digest(path) == digest for path, digest in self.source_digests().items())

    def source_digests_of(self, name: str) -> dict[str, str]:
        """Those that are read for one cohort."""
        paths = [self.cohort_file(name), *self.raw_files(name), *self.plan_files(name)]
        paths += [*self.instrument_files(), *self.released(name), *self.protocol(name)]
        self._digest(paths)
        return {path: self._digests[path] for path in sorted(paths)}

    def _digest(self, paths: Sequence[str]) -> str:
        """SHA-256 over files, each of which is read once for the whole of a plan."""
        for path in paths:
            if path not in self._digests:
                self._digests[path] = source_digest(path)
        lines = "".join(f"{self._digests[path]}  {path}\n" for path in sorted(paths))
        return hashlib.sha256(lines.encode()).hexdigest()

    @cached_property
    def _digests(self) -> dict[str, str]:
        return {}

    def key_fingerprint(self, name: str) -> str:
        """What tells one key of ids from another; empty where there is none: ``ingest`` says why.

        A key that does not exist yet is made here, so that the param is the same ever after; not where it is
        only looked (``looking``).

        Raises
        ------
        OtherKeyError
            Results of the cohort were made with another key: not to be left to ``ingest``, before which
            Snakemake removes them, and with them what tells so.
        """
        cohort = self.cohort(name)
        if not cohort:
            return ""
        try:
            made_with = origin_of(name).get("key", "")
            return key_fingerprint(
                identity_key(
                    cohort,
                    self.config.folder(name),
                    self.config.key_file,
                    made_with=made_with,
                    make=not looking(),
                )
            )
        except OtherKeyError:
            raise
        except IdentityError:
            return ""

    def data_lock(self, name: str) -> str:
        """Day of data lock (ISO), empty where ``cohort.yaml`` cannot be used."""
        cohort = self.cohort(name)
        return cohort.data_lock.isoformat() if cohort else ""

    @property
    def cleaning(self) -> dict[str, Any]:
        """``CleaningRules`` of the plan as plain values."""
        return self.plan.cleaning.model_dump(mode="json")

    def loss_rules(self, name: str) -> dict[str, Any]:
        """``LossRules`` of a cohort as plain values: the plan's limits and its own agreements."""
        cohort = self.cohort(name)
        accepted = cohort.accepted if cohort else ()
        rules = LossRules(limits=self.plan.losses, accepted=accepted, exposure=self.plan.exposure)
        return rules.model_dump(mode="json")

    @property
    def exposure(self) -> dict[str, Any]:
        """``Exposure`` of the plan as plain values."""
        return self.plan.exposure.model_dump(mode="json")

    @property
    def two_level(self) -> dict[str, Any]:
        """``TwoLevel`` of the plan as plain values."""
        return self.plan.two_level.model_dump(mode="json")

    @property
    def supervised(self) -> tuple[str, ...]:
        """Names of the cohorts with sheets for practitioners: all or none."""
        return self.cohorts if self.plan.supervision.sheets else ()

    @property
    def supervision(self) -> dict[str, Any]:
        """``SupervisionTask`` of the plan as plain values; empty where it asks for no sheets."""
        return supervision_task(self.plan).model_dump(mode="json") if self.supervised else {}

    @property
    def followers(self) -> dict[str, list[str]]:
        """By cohort, the others of this run that learn from it: an analysis of theirs has its tables."""
        found: dict[str, set[str]] = {name: set() for name in self.cohorts}
        for analysis in self.relations:
            for cohort in self.cohorts:
                for other in set(self.earlier(analysis, cohort)) & found.keys():
                    found[other].add(cohort)
        return {name: sorted(others) for name, others in found.items() if others}

    @property
    def relations(self) -> tuple[str, ...]:
        """Names of the relational analyses that the plan makes; none is added by a cohort."""
        return tuple(self.plan.relations.made)

    @property
    def relations_from_tables(self) -> tuple[str, ...]:
        """Of these the ones that are made from the analysis tables alone."""
        return tuple(name for name in self.relations if name != "specifications")

    def relation_task(self, analysis: str) -> dict[str, Any]:
        """``RelationTask`` of one analysis as plain values; see ``model_task``."""
        task = relation_task(self.plan, analysis)
        return task.model_dump(mode="json", exclude={"models": {"__all__": FOR_READERS}})

    def earlier(self, analysis: str, cohort: str) -> list[str]:
        """The earlier cohorts whose analysis tables one analysis of ``cohort`` needs beside its own."""
        return list(self.plan.relations.made[analysis].earlier_than(cohort))

    @property
    def learned_from(self) -> tuple[str, ...]:
        """Cohorts that are not run and whose analysis tables an analysis reads."""
        named = (one for settings in self.plan.relations.made.values() for one in settings.learns_from)
        return tuple(sorted(set(named).difference(self.cohorts)))

    @property
    def over_cohorts(self) -> bool:
        """Whether effects over cohorts are asked for: the plan makes them, and the run has two or more."""
        return len(self.cohorts) > 1 and self.plan.relations.cohorts.claim != "off"

    def cohorts_task(self) -> dict[str, Any]:
        """``RelationTask`` over all cohorts as plain values; see ``model_task``."""
        task = cohorts_task(self.plan)
        return task.model_dump(mode="json", exclude={"models": {"__all__": FOR_READERS}})

    @property
    def specification_parts(self) -> tuple[str, ...]:
        """The rules on careless answers that the specification curve is computed under, side by side."""
        asked = self.plan.relations.specifications
        return asked.parts if "specifications" in self.relations else ()

    @property
    def specifications(self) -> dict[str, Any]:
        """``SpecificationsTask`` of the plan as plain values; empty where it asks for none."""
        if not self.specification_parts:
            return {}
        task = specifications_task(self.plan)
        return task.model_dump(mode="json", exclude={"models": {"__all__": FOR_READERS}})

    def imputation_task(self, model: str) -> dict[str, Any]:
        """``ImputationTask`` of one model as plain values; see ``model_task``."""
        task = imputation_task(self.plan, model)
        return task.model_dump(mode="json", exclude={"models": {"__all__": FOR_READERS}})

    @cached_property
    def figures(self) -> FiguresPart:
        """What figures need of the plan, which also says which there are."""
        return figures_part(self.plan)

    def plan_of(self, cohort: str) -> Plan:
        """The plan with what ``cohort`` adds to it.

        Raises
        ------
        ConfigurationError
            Its ``plan_additions.yaml`` cannot be used.
        """
        if cohort not in self._plans:
            self._plans[cohort] = cohort_plan(self.plan, self.config.folder(cohort), self.instruments)
        return self._plans[cohort]

    @cached_property
    def instruments(self) -> Mapping[str, Instrument]:
        """The shipped instruments and the study's own."""
        return load_instruments(STUDY_INSTRUMENTS)

    @cached_property
    def _plans(self) -> dict[str, Plan]:
        return {}

    def plan_files(self, cohort: str) -> list[str]:
        """The plan, and the additions of ``cohort`` where it has any."""
        added = additions_file(self.config.folder(cohort))
        return [self.config.plan, *([str(added)] if added else [])]

    def plan_digest(self, cohort: str) -> str:
        """SHA-256 over ``plan_files``."""
        return self._digest(self.plan_files(cohort))

    def protocol(self, cohort: str) -> list[str]:
        """The protocol that ``cohort`` is analysed under; none where none was registered."""
        folder = self.config.protocol_of(cohort)
        return [str(folder / PROTOCOL)] if folder else []

    def protocol_digest(self, cohort: str) -> str:
        """SHA-256 over ``protocol``."""
        return self._digest(self.protocol(cohort))

    def released(self, cohort: str) -> list[str]:
        """What was handed over of ``cohort``: the next release is protected with it."""
        return handed_over(cohort)

    def released_digest(self, cohort: str) -> str:
        """SHA-256 over ``released``: one that is gone is noticed too."""
        return self._digest(self.released(cohort))

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models of the plan, which every cohort has."""
        return tuple(self.plan.models)

    def models_of(self, cohort: str) -> tuple[str, ...]:
        """Names of the models of ``cohort``: those of the plan, then those that it adds."""
        return tuple(self.plan_of(cohort).models)

    @property
    def every_model(self) -> tuple[str, ...]:
        """Names of the models of all cohorts that are run."""
        added = (name for cohort in self.cohorts for name in self.models_of(cohort))
        return tuple(dict.fromkeys([*self.models, *added]))

    def results(self, cohort: str) -> list[str]:
        """The results of all models of ``cohort``."""
        return [str(PROCESSED / cohort / "models" / f"{name}.json") for name in self.models_of(cohort)]

    def estimates(self, cohort: str) -> dict[str, Any]:
        """``EstimatesPart`` of the plan of ``cohort`` as plain values."""
        return estimates_part(self.plan_of(cohort)).model_dump(mode="json")

    def model_task(self, cohort: str, model: str) -> dict[str, Any]:
        """``ModelTask`` of one model as plain values: changing another, or adding one, does not re-run it.

        Nor does what is said for readers alone: where and how its results are shown.

        Raises
        ------
        ConfigurationError
            ``cohort`` has no such model.
        """
        return _plain(model_task(self._plan_with(cohort, model), model))

    def model_table(self, cohort: str, model: str) -> str:
        """Path of the analysis table that one model is fitted to; see ``model_task``."""
        return self._analysis(cohort, self._plan_with(cohort, model).models[model].table)

    def imputed_tables(self, cohort: str, model: str) -> list[str]:
        """Paths of the analysis tables from which one model is imputed: enrolments, and its own."""
        tables = dict.fromkeys(["enrolment", self.plan.models[model].table])
        return [self._analysis(cohort, table) for table in tables]

    def _analysis(self, cohort: str, table: str) -> str:
        return str(PROCESSED / cohort / "analysis" / f"{table}.parquet")

    def bootstrap_task(self, cohort: str, model: str) -> dict[str, Any]:
        """``BootstrapTask`` of one model as plain values; see ``model_task``."""
        return _plain(bootstrap_task(self._plan_with(cohort, model), model))

    def _plan_with(self, cohort: str, model: str) -> Plan:
        """The plan of all cohorts where it has the model, else that of ``cohort``."""
        plan = self.plan if model in self.plan.models else self.plan_of(cohort)
        if model not in plan.models:
            raise ConfigurationError(f"cohort {cohort}", [Problem(f"it has no model {model}")])
        return plan

    @property
    def bootstrapped(self) -> tuple[str, ...]:
        """Names of the models whose primary tests are bootstrapped; none is added by a cohort."""
        wanted = self.plan.bootstrap.models if self.plan.bootstrap.draws else ()
        return tuple(name for name in self.models if name in wanted)

    @property
    def left_one_out(self) -> tuple[str, ...]:
        """Names of the models from which practitioners and sites are left out in turn."""
        return tuple(
            name
            for name, model in self.plan.models.items()
            if name in self.plan.influence.models and model.outcomes_with("primary")
        )

    @property
    def imputed(self) -> tuple[str, ...]:
        """Names of the models of which an outcome has a claim that is imputed; none is added by a cohort."""
        claims = self.plan.imputation.claims
        return tuple(name for name, model in self.plan.models.items() if model.outcomes_with(*claims))

    @property
    def through_lme4(self) -> tuple[str, ...]:
        """Names of the models that are fitted with R's lme4 too."""
        return self.models if self.config.engines.lme4 == "auto" else ()

    @cached_property
    def lme4(self) -> str:
        """Version of the lme4 of this machine, or why there is none: another one re-runs its rule."""
        here = find_lme4()
        return here.reason or here.version

    def instrument_files(self) -> list[str]:
        """The study's own instrument files."""
        return sorted(str(file) for file in STUDY_INSTRUMENTS.glob("*.yaml"))


def _plain(task: ModelTask) -> dict[str, Any]:
    return task.model_dump(mode="json", exclude={"model": FOR_READERS})


def load_study(named: str | Sequence[str] | None = None, path: str | Path = CONFIG_FILE) -> Study:
    """Read the configuration and the plan and choose the cohorts.

    Parameters
    ----------
    named : str or sequence of str, optional
        Cohorts to run in place of those of the config; text is split at commas.
    path : path
        The configuration.

    Raises
    ------
    ConfigurationError
        The config, the plan, what a cohort adds to it or a name cannot be used.
    """
    return study_of(load_config(path), named)


def study_of(config: Config, named: str | Sequence[str] | None = None) -> Study:
    """The same of a configuration that was read."""
    plan = load_plan(config.plan, load_instruments(STUDY_INSTRUMENTS))
    study = Study(config, plan, choose_cohorts(config, named))
    for cohort in study.cohorts:
        study.plan_of(cohort)
    _earlier_exist(study)
    return study


def _earlier_exist(study: Study) -> None:
    """Refuse a plan that learns from a cohort which is not there."""
    for analysis, settings in study.plan.relations.made.items():
        named = settings.learns_from
        try:
            choose_cohorts(study.config, named or study.cohorts)
        except ConfigurationError as error:
            where = f"{study.config.plan}: relations: {analysis}: earlier"
            raise ConfigurationError(where, error.problems) from error

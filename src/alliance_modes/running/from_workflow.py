"""What the Snakefile asks: the study as Snakemake knows it, and what is noted as a run starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from alliance_modes.ground.errors import ConfigurationError, Problem, WorkflowError
from alliance_modes.ground.layout import processed
from alliance_modes.ground.yaml_models import model_of
from alliance_modes.running.code import keep_imports
from alliance_modes.running.config import CONFIG_FILE, Config
from alliance_modes.running.inputs import keep_sources
from alliance_modes.running.jobs import keep_planned
from alliance_modes.running.study import Study, load_study, study_of


def note_run(study: Study) -> None:
    """Note for the jobs of a run, and for the next run, by what it is planned."""
    keep_imports()
    keep_sources(study.source_digests())
    keep_planned(study.supervised, study.followers)


def require_own_paths(account: str) -> None:
    """Refuse a module statement that moves the outputs of rules: scripts know where each file lies.

    Parameters
    ----------
    account : str
        Path of the account of cleaning, as its rule has it.

    Raises
    ------
    WorkflowError
        The statement has ``prefix`` or ``replace_prefix``.
    """
    if str(account) != str(processed("{cohort}", "clean", "account.csv")):
        raise WorkflowError(
            f"the module statement moves the files of this workflow (to {account})\n"
            "    -> Take prefix or replace_prefix out of it; to have all files elsewhere,\n"
            "       run Snakemake with --directory FOLDER."
        )


def study_from_workflow(config: Mapping[str, Any], module: bool = False) -> Study:
    """The study as Snakemake knows it.

    Parameters
    ----------
    config : mapping
        By itself: what ``snakemake --config`` says, of which ``cohorts=a,b`` alone is taken. As a module:
        what the module statement says, with the keys of ``config/config.yaml``; nothing means that file.
    module : bool
        Whether another workflow uses this one as a module.

    Raises
    ------
    ConfigurationError
        As ``load_study``, and for keys that are not of this workflow.
    """
    if module:
        return study_of(_config_of_module(config)) if config else load_study()
    unknown = sorted(set(config) - {"cohorts"})
    if unknown:
        hint = f"Only cohorts=a,b can be given on the command line; the rest is in {CONFIG_FILE}."
        raise ConfigurationError("--config", [Problem(f'unknown key "{key}"', hint) for key in unknown])
    return load_study(config.get("cohorts"))


def _config_of_module(config: Mapping[str, Any]) -> Config:
    try:
        return model_of(dict(config), Config, "config: of the module statement")
    except ConfigurationError as error:
        hint = (
            "A workflow that uses this one as a module gives it these keys alone, as of config["
            '"alliance_modes"] where its own file has them below the key alliance_modes.'
        )
        problems = [replace(one, hint=f"{one.hint} {hint}".strip()) for one in error.problems]
        raise ConfigurationError(error.subject, problems) from None

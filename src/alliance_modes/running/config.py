"""``config/config.yaml``: which cohorts are run, under which analysis plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from alliance_modes.cohort import COHORT_FILE, NAME, check_name
from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.ground.layout import RAW
from alliance_modes.ground.yaml_models import Closed, load_model

CONFIG_FILE = Path("config/config.yaml")


def _names_to_folders(value: Any) -> Any:
    """``[a, b]`` and ``{a: , b: /path}`` both become name -> folder or None."""
    if isinstance(value, str):
        value = [value]
    if isinstance(value, list | tuple):
        twice = sorted({str(name) for name in value if value.count(name) > 1})
        if twice:
            raise ValueError(f"the cohort {twice[0]} stands twice")
        if not all(isinstance(name, str) for name in value):
            raise ValueError("a list of cohorts holds names; to give folders write name: /path")
        return dict.fromkeys(value)
    return value


class Engines(Closed):
    """Engines beside glmm and statsmodels. ``lme4``: ``auto`` (every model, where R has it) or ``off``.

    ``seconds`` is the time that R has for one outcome.
    """

    lme4: Literal["auto", "off"] = "off"
    seconds: float = Field(default=120.0, gt=0)


class Config(Closed):
    """What is run.

    ``cohorts`` maps each name to its folder; None is ``data/raw/<name>``. ``protocol`` is the folder of the
    protocol that was registered, of all cohorts or by cohort. ``key_file`` is the
    secret key of the ids of cohorts that are not demonstrations; None is the file in the user's
    own configuration folder.
    """

    cohorts: Annotated[dict[str, str | None], BeforeValidator(_names_to_folders), Field(min_length=1)]
    plan: str
    protocol: str | dict[str, str] | None = None
    key_file: str | None = None
    engines: Engines = Engines()

    @model_validator(mode="after")
    def _names_can_be_used(self) -> Config:
        wrong = [name for name in self.cohorts if not NAME.fullmatch(name)]
        if wrong:
            shown = ", ".join(f'"{name}"' for name in wrong)
            raise ValueError(
                f"{shown} cannot be the name of a cohort: use a letter followed by letters, digits, _ or -"
            )
        folded = [name.casefold() for name in self.cohorts]
        alike = [name for name in self.cohorts if folded.count(name.casefold()) > 1]
        if alike:
            raise ValueError(
                f"{' and '.join(alike)} are one folder where a disk does not tell capitals from small "
                "letters: give one of them another name"
            )
        return self

    def folder(self, cohort: str) -> Path:
        """Folder of ``cohort``: the configured one, else ``data/raw/<cohort>``."""
        configured = self.cohorts.get(cohort)
        return Path(configured).expanduser() if configured else RAW / check_name(cohort)

    def protocol_of(self, cohort: str) -> Path | None:
        """Folder of the protocol that ``cohort`` is analysed under; None where none was registered."""
        named = self.protocol.get(cohort) if isinstance(self.protocol, dict) else self.protocol
        return Path(named).expanduser() if named else None


def load_config(path: str | Path = CONFIG_FILE) -> Config:
    """Read ``config/config.yaml``; every problem of the file is raised at once, with its line."""
    return load_model(path, Config, subject=str(path))


def known_cohorts(config: Config) -> tuple[str, ...]:
    """Every cohort that has its file: those of the config, and those with a folder in ``data/raw``."""
    listed = [name for name in config.cohorts if (config.folder(name) / COHORT_FILE).is_file()]
    found = (file.parent.name for file in sorted(RAW.glob(f"*/{COHORT_FILE}")))
    return tuple(dict.fromkeys([*listed, *(name for name in found if NAME.fullmatch(name))]))


def choose_cohorts(config: Config, named: str | Sequence[str] | Mapping | None = None) -> tuple[str, ...]:
    """Names of the cohorts to run.

    Parameters
    ----------
    config : Config
        The configuration.
    named : str or list of str, optional
        The cohorts asked for (text is split at commas); none means those of the config.

    Raises
    ------
    ConfigurationError
        For every name that no cohort can have, or that no cohort has.
    """
    if not named:
        return tuple(config.cohorts)
    names = named.split(",") if isinstance(named, str) else list(named)
    problems: list[Problem] = []
    for name in names:
        try:
            check_name(name)
        except ConfigurationError as error:
            problems += error.problems
            continue
        if name not in config.cohorts and not config.folder(name).is_dir():
            existing = ", ".join(known_cohorts(config)) or "none yet"
            problems.append(
                Problem(
                    f'there is no cohort "{name}"',
                    f"Cohorts that exist: {existing}. A cohort is a folder data/raw/{name} with a "
                    f"{COHORT_FILE}, or an entry under cohorts in {CONFIG_FILE}.",
                )
            )
    if problems:
        raise ConfigurationError("cohort names", problems)
    return tuple(dict.fromkeys(names))

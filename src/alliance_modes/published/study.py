"""What was published: ``study.yaml``, and whether what its numbers are made from is on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from alliance_modes import __version__
from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.ground.files import sha256
from alliance_modes.ground.yaml_models import Closed, ContradictionError, load_model
from alliance_modes.published.computed.computation import Computation, Source
from alliance_modes.published.computed.registry import COMPUTATIONS

if TYPE_CHECKING:
    import pandas as pd

STUDY_FILE = "study.yaml"


class PublishedStudy(Closed):
    """``study.yaml``: what was published, where, and what is to give its numbers again."""

    title: str
    cohort: str = Field(default="", description="the cohort whose run gives them")
    computation: str = Field(default="", description="the computation that gives those of no table of a run")
    data: str = Field(default="", description="the file that it reads, from the project's folder")
    source: str = ""

    @model_validator(mode="after")
    def _fits_together(self) -> PublishedStudy:
        found = [((key,), said) for key, said, is_wrong in self._contradictions() if is_wrong]
        if found:
            raise ContradictionError(found)
        return self

    def _contradictions(self) -> tuple[tuple[str, str, bool], ...]:
        """Each way in which the keys may not fit together: the key, what is said, and whether it is so."""
        name, needs, others = self.computation, self.needs, ", ".join(COMPUTATIONS)
        elsewhere = f"no computation reads it: {name or 'a cohort'} has its data from elsewhere"
        return (
            ("title", "it is empty: say what was published", not self.title.strip()),
            ("title", "it names neither a cohort nor a computation", not self.cohort and not name),
            (
                "computation",
                f'there is no computation "{name}"; there are {others}',
                bool(name) and not needs,
            ),
            ("computation", f"{name} reads a file: name it by data", needs == "data" and not self.data),
            (
                "computation",
                f"{name} is of a cohort: name it by cohort",
                needs == "cohort" and not self.cohort,
            ),
            ("data", elsewhere, needs != "data" and bool(self.data)),
        )

    @property
    def computed(self) -> Computation | None:
        """The computation, where the study names one."""
        return COMPUTATIONS.get(self.computation)

    @property
    def needs(self) -> str:
        """What the computation is made from; empty where there is none."""
        return self.computed.needs if self.computed else ""

    def lacking(self) -> str:
        """What the computation is made from and this machine does not have, in words; empty where it does."""
        from importlib.metadata import PackageNotFoundError, version

        if self.needs == "data" and not Path(self.data).is_file():
            return f"data not present ({self.data})"
        if self.computed is not None and self.computed.package:
            try:
                version(self.computed.package)
            except PackageNotFoundError:
                return f"the package {self.computed.package} is not installed"
        return ""

    def made_from(self) -> tuple[str, ...]:
        """Sentences on what the computation was made from, for a reader; none where there is none."""
        from importlib.metadata import version

        if self.computed is None:
            return ()
        told = [f"Computation {self.computation} of Alliance Modes {__version__}."]
        if self.data:
            told.append(f"{Path(self.data).name}: SHA-256 {sha256(self.data)}.")
        if self.computed.package:
            told.append(f"Package {self.computed.package} {version(self.computed.package)}.")
        return tuple(told)

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables that the computation gives, by name; none where the study names none.

        Raises
        ------
        ConfigurationError
            What it is made from is not as it should be.
        ModelError
            A model of it cannot be estimated.
        """
        if self.computed is None:
            return {}
        return dict(self.computed.compute(Source(self.cohort, Path(self.data) if self.data else None)))


def published_study(folder: Path, cohort: str | None = None) -> PublishedStudy:
    """Read ``study.yaml`` of a published study; without one the folder's name and ``cohort`` stand for it.

    Raises
    ------
    ConfigurationError
        It cannot be read; or there is none and no cohort is named, or one is and the numbers are of none.
    """
    path = folder / STUDY_FILE
    if path.is_file():
        found = load_model(path, PublishedStudy)
        if cohort is not None and not found.cohort:
            hint = "Leave out --cohort."
            raise ConfigurationError(str(path), [Problem("its numbers are of no cohort", hint)])
        return found if cohort is None else found.model_copy(update={"cohort": cohort})
    if cohort is None:
        hint = "Name the cohort that is to give its numbers: --cohort NAME."
        raise ConfigurationError(str(folder), [Problem(f"there is no {STUDY_FILE}", hint)])
    return PublishedStudy(title=folder.name, cohort=cohort)

"""What the holder of one cohort gives away so that it can be pooled with others: ``shared.json``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, StringConstraints, ValidationError, model_validator

from alliance_modes.cohort import NAME as COHORT_NAME
from alliance_modes.ground.errors import Problem, SharingError
from alliance_modes.ground.files import read_json
from alliance_modes.ground.yaml_models import Closed
from alliance_modes.plan.plan import CleaningRules, Exposure, PlanName
from alliance_modes.plan.terms import PlannedModel, Predictor

FILE = "shared.json"
SEAL = "sha256"
LEAST_EIGENVALUE = 1e-6

CohortName = Annotated[str, StringConstraints(pattern=rf"^{COHORT_NAME.pattern}$")]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(le=1)]
Status = Literal["ok", "singular", "not_converged", "not_estimated", "not_run"]


class SharedTerm(Closed):
    """One coefficient that a model tests.

    ``label`` and ``unit`` say what it is in words. ``estimate`` is on the scale of the linear predictor;
    it and ``se`` are multiples of a step that is a twentieth to a tenth of ``se``. ``df`` are those of the
    release, which are of the fewest people that it may be of.
    """

    term: str
    level: Literal["between", "within", ""]
    label: str
    unit: str
    estimate: float
    se: Positive
    df: Positive

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from the other terms of its model."""
        return self.term, self.level


class SharedFit(Closed):
    """One outcome of one model of the plan.

    ``status`` is that of the fit. ``withheld`` says why its numbers are not given though there are some;
    empty where they are, or where the fit has none. ``reduced`` are covariates of the plan that the cohort
    lacks, ``pooled`` those that few practitioners do not split. ``instruments`` told the outcome, where they
    do.
    Where numbers are given, ``checks_failed`` are those of the fit, ``people`` practitioners, groups and
    enrolments as the release shows them, ``rows`` the rows, and ``correlation`` is that of the estimates of
    ``terms``, in hundredths.
    """

    model: str
    outcome: str
    title: str
    label: str
    claim: str
    status: Status
    withheld: str = ""
    reduced: tuple[str, ...] = ()
    pooled: tuple[str, ...] = ()
    checks_failed: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    rows: int | None = None
    people: dict[str, int] = Field(default_factory=dict)
    terms: tuple[SharedTerm, ...] = ()
    correlation: tuple[tuple[float, ...], ...] = ()

    @model_validator(mode="after")
    def _is_correlation(self) -> SharedFit:
        sizes = {len(self.correlation), *map(len, self.correlation)}
        if sizes != {len(self.terms)}:
            raise ValueError("correlation: not a row and a column for each term")
        if not self.terms:
            return self
        found = np.array(self.correlation)
        if np.any(found != found.T) or np.any(np.diag(found) != 1.0):
            raise ValueError("correlation: not symmetric, or its diagonal is not 1")
        if np.linalg.eigvalsh(found)[0] < LEAST_EIGENVALUE:
            raise ValueError("correlation: no estimates can have this one")
        if len({one.key for one in self.terms}) != len(self.terms):
            raise ValueError("terms: one stands twice")
        return self

    @property
    def covariance(self) -> np.ndarray:
        """Covariance of the estimates, in the order of ``terms``."""
        errors = np.array([one.se for one in self.terms])
        return errors[:, None] * np.array(self.correlation).reshape(len(errors), -1) * errors


class SharedReliability(Closed):
    """Reliability of one scale, in hundredths; None where it was not estimated, or is of too few."""

    rater: str
    instrument: str
    scale: str
    alpha: Share | None
    omega: Share | None


class Asked(Closed):
    """All that decides the numbers of the models, without its words: in a plan, or made of one."""

    models: dict[PlanName, PlannedModel]
    predictors: dict[PlanName, Predictor]
    cleaning: CleaningRules
    exposure: Exposure

    @model_validator(mode="after")
    def _is_whole(self) -> Asked:
        for name, model in self.models.items():
            slopes = {part for names in model.slopes.values() for part in names}
            lacking = sorted({*model.predictors, *model.tested_predictors, *slopes} - set(self.predictors))
            if lacking:
                raise ValueError(f"model {name} names predictors that are not there: {', '.join(lacking)}")
        return self

    def of_model(self, name: str) -> dict[str, Any]:
        """The part that decides the numbers of one model, as plain values."""
        model = self.models[name]
        named = {*model.predictors, *model.tested_predictors}
        named |= {part for names in model.slopes.values() for part in names}
        predictors = {key: one for key, one in self.predictors.items() if key in named}
        part = self.model_copy(update={"models": {name: model}, "predictors": predictors})
        return part.model_dump(mode="json")


class SharedSet(Closed):
    """Everything that one holder gives away of one cohort: no row, no id, no count that its release hides.

    ``software`` has versions by name, ``asked`` all that decides the numbers of the models; ``plan_sha256``
    is of the whole file. ``instruments`` are digests by id of what decides scores, without wording.
    ``protocol`` is the digest of the registered protocol, empty where there is none, ``deviations`` the lines
    in which the plan departs from it. ``mode_sd`` is the SD of practitioners' use of each mode as the release
    shows it (points of 1 to 5). ``release`` is which release of the cohort it belongs to; ``threshold`` the
    smallest count that this shows. ``sha256`` is taken over everything else.
    """

    form: Literal[1] = 1
    cohort: CohortName
    title: str
    data_lock: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    demonstration: bool
    release: int = Field(ge=1)
    threshold: int = Field(ge=3)
    software: dict[str, str]
    plan_sha256: str
    asked: Asked
    instruments: dict[str, str]
    protocol: str = ""
    deviations: tuple[str, ...] = ()
    mode_sd: dict[str, Positive] = Field(default_factory=dict)
    reliability: tuple[SharedReliability, ...] = ()
    fits: tuple[SharedFit, ...] = ()
    sha256: str = ""

    @model_validator(mode="after")
    def _is_of_its_plan(self) -> SharedSet:
        unknown = sorted({one.model for one in self.fits} - set(self.asked.models))
        if unknown:
            raise ValueError(f"fits of models that are not in asked: {', '.join(unknown)}")
        keys = [(one.model, one.outcome) for one in self.fits]
        if len(set(keys)) != len(keys):
            raise ValueError("fits: an outcome stands twice")
        return self

    def sealed(self) -> SharedSet:
        """The same with its digest."""
        return self.model_copy(update={SEAL: _digest(self.model_dump(mode="json"))})

    def fit(self, model: str, outcome: str) -> SharedFit | None:
        """One outcome of one model; None where the cohort has none."""
        return next((one for one in self.fits if (one.model, one.outcome) == (model, outcome)), None)

    def text(self) -> str:
        """The file as it is written."""
        return json.dumps(self.model_dump(mode="json"), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _digest(found: Mapping[str, Any]) -> str:
    rest = {name: value for name, value in found.items() if name != SEAL}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


AGAIN = "Ask its holder for the folder as alliance-modes share wrote it."


def load_shared(folder: str | Path) -> SharedSet:
    """Read what a holder gave away.

    Parameters
    ----------
    folder : path
        The folder that ``alliance-modes share`` wrote, or its ``shared.json``.

    Raises
    ------
    SharingError
        There is none, it is of another form, entries are not those of one, or it was changed since.
    """
    path = Path(folder) / FILE if Path(folder).is_dir() else Path(folder)
    try:
        found = read_json(path)
    except FileNotFoundError:
        raise SharingError(str(folder), [Problem(f"there is no {FILE}", AGAIN)]) from None
    except (OSError, ValueError):
        raise SharingError(str(path), [Problem("the file is not JSON, or cannot be read", AGAIN)]) from None
    form = found.get("form") if isinstance(found, dict) else None
    if form != SharedSet.model_fields["form"].default:
        said = f"it is of form {form!r}, and this version reads form 1"
        hint = "Pool with the version of the package that wrote it, or ask for it again from this one."
        raise SharingError(str(path), [Problem(said, hint)])
    try:
        shared = SharedSet.model_validate(found)
    except ValidationError as error:
        problems = [
            Problem(f"{'.'.join(map(str, one['loc']))}: {one['msg']}", AGAIN) for one in error.errors()
        ]
        raise SharingError(str(path), problems) from None
    if _digest(found) != shared.sha256:
        raise SharingError(
            str(path), [Problem("it is not what was written: its SHA-256 is another one", AGAIN)]
        )
    return shared

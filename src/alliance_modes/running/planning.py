"""A planned study: from the command line to a page, a table and a figure."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alliance_modes import __version__, shipped
from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.ground.files import sha256, write_json
from alliance_modes.ground.layout import RAW, REPORTS, STUDY_INSTRUMENTS
from alliance_modes.running.config import load_config

if TYPE_CHECKING:
    from alliance_modes.power.planned.asked import PlannedStudy
    from alliance_modes.power.planned.found import Found, Planned

FOLDER = REPORTS / "_design"
MADE_BY = "study.json"
"""Plan and truth by their digests, seed and version: what the answers beside it were made by."""

TRUTH = RAW / "demo_2024" / "truth.yaml"
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""One thread of linear algebra for each process: with more they wait for each other."""


@dataclass(frozen=True)
class Asked:
    """What the command line says: percentages as such, and nothing where nothing is said."""

    sites: Sequence[int]
    per_site: Sequence[int]
    clients: Sequence[int]
    points: float | None = None
    ratio: float | None = None
    standardised: float | None = None
    outcomes: Sequence[str] = ()
    completion: float | None = None
    attendance: float | None = None
    between_practitioners: float | None = None
    between_sites: float | None = None
    draws: int = 32
    seed: int = 1
    plan: Path | None = None
    truth: Path | None = None
    folder: Path = FOLDER


def plan_study(asked: Asked, processes: int | None, say: Callable[[str], None]) -> tuple[str, ...]:
    """Answer a planned study and write ``study.html``, ``.docx``, ``.pdf``, ``study.csv`` and the figure.

    Parameters
    ----------
    asked : Asked
    processes : int, optional
        Default: one for each core.
    say : callable
        Told what is being done.

    Returns
    -------
    tuple of str
        What was found, and where it lies.

    Raises
    ------
    ConfigurationError
        Something that is asked for cannot be, or no size can be analysed by the plan.
    """
    for name in THREADS:
        os.environ[name] = "1"
    study = _study(asked)
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.plan.plan import load_plan
    from alliance_modes.power.planned.study import planned
    from alliance_modes.simulate import load_truth

    plan_file = asked.plan or Path(load_config().plan)
    truth_file = asked.truth or (TRUTH if TRUTH.is_file() else shipped.TRUTH)
    plan = load_plan(str(plan_file), load_instruments(STUDY_INSTRUMENTS))
    found = planned(study, plan, load_truth(truth_file), processes or os.cpu_count() or 1, say)
    _refuse_where_nothing(found)
    sources = _sources(asked, plan_file, truth_file)
    _write(found, sources, asked.folder)
    write_json(
        {
            "plan_sha256": sha256(plan_file),
            "truth_sha256": sha256(truth_file),
            "seed": asked.seed,
            "draws": asked.draws,
            "alliance-modes": __version__,
        },
        asked.folder / MADE_BY,
    )
    return (*_lines(found), f"written: {asked.folder / 'study.html'} (and .docx, .pdf, .csv)")


def _study(asked: Asked) -> PlannedStudy:
    from alliance_modes.models.design.design import PRACTITIONER, SITE
    from alliance_modes.power.planned.asked import (
        POINTS,
        RATIO,
        STANDARDISED,
        USUAL_RATIO,
        USUAL_STANDARDISED,
        PlannedStudy,
    )

    if asked.points is not None and asked.ratio is not None:
        message = "an effect in percentage points and one as an odds ratio are given: give one of them"
        raise ConfigurationError("the effect to be found", [Problem(message)])
    effects = {STANDARDISED: USUAL_STANDARDISED if asked.standardised is None else asked.standardised}
    if asked.points is not None:
        effects[POINTS] = asked.points
    else:
        effects[RATIO] = USUAL_RATIO if asked.ratio is None else asked.ratio
    shares = {PRACTITIONER: asked.between_practitioners, SITE: asked.between_sites}
    return PlannedStudy(
        sites=tuple(asked.sites),
        per_site=tuple(asked.per_site),
        clients=tuple(asked.clients),
        effects=tuple(effects.items()),
        outcomes=tuple(asked.outcomes),
        completion=None if asked.completion is None else asked.completion / 100.0,
        attendance=None if asked.attendance is None else asked.attendance / 100.0,
        shares=tuple((name, share) for name, share in shares.items() if share is not None),
        draws=asked.draws,
        seed=asked.seed,
    )


def _refuse_where_nothing(found: Planned) -> None:
    if any(one.rates is not None for one in found.found):
        return
    reasons = dict.fromkeys(_why(one) for one in found.found)
    hint = "Give more practitioners (sites x practitioners at each)."
    raise ConfigurationError("a study of this size", [Problem(reason, hint) for reason in reasons])


def _why(one: Found) -> str:
    return f"the plan's model of {one.assumed.asked.outcome.label} is not fitted: {one.reason}"


def _sources(asked: Asked, plan_file: Path, truth_file: Path) -> tuple[str, ...]:
    named = TRUTH if truth_file == shipped.TRUTH else truth_file
    return (
        f"Plan {plan_file} ({sha256(plan_file)[:12]}), truth {named} ({sha256(truth_file)[:12]}), "
        f"Alliance Modes {__version__}, seed {asked.seed}.",
    )


def _write(found: Planned, sources: tuple[str, ...], folder: Path) -> None:
    from alliance_modes.figures.picture import write_picture
    from alliance_modes.figures.planned_study import planned_study
    from alliance_modes.ground.files import whole_file, write_csv
    from alliance_modes.power.planned.table import table_of
    from alliance_modes.reports.planned.page import FIGURE, planned_documents

    picture = planned_study(found)
    folder.mkdir(parents=True, exist_ok=True)
    for suffix, content in planned_documents(found, picture, sources).items():
        with whole_file(folder / f"study.{suffix}") as path:
            path.write_bytes(content)
    write_picture(picture, folder, FIGURE)
    write_csv(table_of(found), folder / "study.csv")


def _lines(found: Planned) -> tuple[str, ...]:
    from alliance_modes.reports.planned.words import LEAD, headlines

    return (LEAD, *headlines(found))

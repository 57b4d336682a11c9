"""``alliance-modes status``: what would run again and why, and what of the results holds; writes nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from alliance_modes.cohort import COHORT_FILE, load_cohort
from alliance_modes.ground import layout
from alliance_modes.ground.errors import ConfigurationError, OtherKeyError
from alliance_modes.ground.yaml_models import read_yaml
from alliance_modes.running.causes import Known, causes, few, known_of
from alliance_modes.running.foreseen import Foreseen, foreseen
from alliance_modes.running.held import UNFINISHED, differing
from alliance_modes.running.launch import LOG
from alliance_modes.running.looking import only_looking
from alliance_modes.running.processes import find_processes
from alliance_modes.running.remembered import forgotten
from alliance_modes.running.study import Study, load_study

FAILURE = re.compile(r"^(.+ · .+): fail\b")
"""How the log of a run tells of a step that failed."""

OF_ALL = "all cohorts"
MOST_STEPS, MOST_CAUSES = 4, 12

RESULTS: Mapping[str, tuple[str, ...]] = {
    "clean tables": ("ingest", "clean", "missingness"),
    "scores": ("score",),
    "data for other programs": ("export", "dictionary"),
    "analysis tables": ("derive",),
    "measurement": ("measure", "key_audit", "factors", "exposure_reliability", "invariance_cohorts"),
    "models": ("model", "bootstrap", "influence", "lme4", "impute", "imputation", "estimates"),
    "relational analyses": (
        *("relation", "relations", "specification", "specifications"),
        *("over_cohorts", "cohorts_page"),
    ),
    "figures": (
        *("figures_cohort", "figures_effects", "figures_relations"),
        *("figures_measurement", "figures_factors"),
    ),
    "programme report": ("report",),
    "research report": ("research",),
    "reporting checklists": ("checklist",),
    "release": ("release",),
    "supervision sheets": ("supervision",),
}
"""What a person relies on, and the rules that make it."""


@dataclass(frozen=True)
class Cause:
    """One reason, what exactly, and the steps that would run again for it."""

    text: str
    details: tuple[str, ...]
    steps: tuple[str, ...]


@dataclass(frozen=True)
class Status:
    """What is known of one cohort, or of all cohorts together.

    Parameters
    ----------
    cohort : str
    steps, again : int
        How many steps its results take, and how many would run again.
    causes : tuple of Cause
        Why, those that concern most steps first; what follows from another step is not named.
    holds, holds_not : tuple of str
        Results that may be relied on now, and those that may not.
    notes : tuple of str
        What else lies there: a release handed over or not, a run that was cut off.
    refused : str
        Why a run would not begin; empty where it would.
    """

    cohort: str
    steps: int = 0
    again: int = 0
    causes: tuple[Cause, ...] = ()
    holds: tuple[str, ...] = ()
    holds_not: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    refused: str = ""

    @property
    def up_to_date(self) -> bool:
        """Whether a run would have nothing to do."""
        return not self.again and not self.refused


def at_work(root: Path = Path()) -> int | None:
    """The process of a run that is under way in this folder; None where there is none."""
    found = find_processes(root)
    processes = (*found.ours, *found.foreign)
    return processes[0].pid if processes else None


def status(named: Sequence[str]) -> tuple[Status, ...]:
    """The state of some cohorts, those of the config where none is named, and of all together.

    Raises
    ------
    ConfigurationError
        The config, the plan or a name cannot be used.
    WorkflowError
        Snakemake cannot say what it would do.
    """
    with only_looking():
        return _every(load_study(list(named) or None))


def _every(study: Study) -> tuple[Status, ...]:
    refused = {cohort: why for cohort in study.cohorts if (why := _refused(study, cohort))}
    usable = [cohort for cohort in study.cohorts if cohort not in refused]
    jobs = foreseen(usable) if usable else ()
    found = [
        Status(cohort, refused=refused[cohort], notes=tuple(_handed_over(cohort)))
        if cohort in refused
        else _status(study, cohort, [job for job in jobs if job.cohort == cohort])
        for cohort in study.cohorts
    ]
    together = [job for job in jobs if job.cohort == OF_ALL]
    return (*found, *([_status(study, OF_ALL, together)] if together else []))


def _refused(study: Study, cohort: str) -> str:
    """Why a run would not begin with a cohort: open questions of a draft, mistakes, another key."""
    path = study.config.folder(cohort) / COHORT_FILE
    try:
        if asked := len(read_yaml(path).open):
            questions = "question" if asked == 1 else "questions"
            return f"{COHORT_FILE} is a draft with {asked} open {questions}: alliance-modes answer {cohort}"
        load_cohort(study.config.folder(cohort))
        study.key_fingerprint(cohort)
    except ConfigurationError as error:
        first, more = error.problems[0], len(error.problems) - 1
        said = f"{first.message}{f' (and {more} more)' if more else ''}"
        return f"{COHORT_FILE} cannot be used: {said}: alliance-modes check {cohort} lists everything"
    except OtherKeyError as error:
        return str(error).splitlines()[0]
    return ""


def _status(study: Study, cohort: str, jobs: Sequence[Foreseen]) -> Status:
    other = differing(output for job in jobs for output in job.outputs)
    failed = _failed()
    cohorts = study.cohorts if cohort == OF_ALL else (cohort,)
    known = known_of(study, cohorts[0], other, failed)
    needed = [job for job in jobs if job.needed]
    lost = set(forgotten(output for job in jobs for output in job.outputs))
    holds, holds_not = _results(jobs)
    return Status(
        cohort=cohort,
        steps=len(jobs),
        again=sum(job.needed or not lost.isdisjoint(job.outputs) for job in jobs),
        causes=_gathered(needed, known),
        holds=tuple(holds),
        holds_not=tuple(holds_not),
        notes=(*_off_record(lost), *_cut_off(cohort, jobs), *_handed_over(cohort)),
    )


def _off_record(lost: Collection[str]) -> Iterator[str]:
    """That results have no record of how they were made, of which Snakemake alone sees nothing."""
    if lost:
        yield f"how {len(lost):,} results were made is not on record any more: a run makes them again"


def _gathered(needed: Iterable[Foreseen], known: Known) -> tuple[Cause, ...]:
    """Every reason once, those of most steps first."""
    found: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
    for job in needed:
        for why in causes(job, known):
            details, steps = found.setdefault(why.text, ({}, {}))
            details.update({why.detail: None} if why.detail else {})
            steps[job.step] = None
    made = [Cause(text, tuple(details), tuple(steps)) for text, (details, steps) in found.items()]
    return tuple(sorted(made, key=lambda one: -len(one.steps)))


def _results(jobs: Iterable[Foreseen]) -> tuple[list[str], list[str]]:
    """Results that may be relied on, and those that may not: they lie there from before, or not at all."""
    every = list(jobs)
    holds, holds_not = [], []
    for told, rules in RESULTS.items():
        of = [job for job in every if job.rule in rules]
        again = [job.step for job in of if job.needed]
        if of and not again:
            holds.append(told)
        elif of and len(again) < len(of):
            holds.append(f"{told} but {few(again, MOST_STEPS)}")
            holds_not.append(few(again, MOST_STEPS))
        elif of:
            holds_not.append(told)
    return holds, holds_not


def _failed() -> frozenset[str]:
    """Steps that failed in the last ``alliance-modes run`` of this folder."""
    if not LOG.is_file():
        return frozenset()
    lines = LOG.read_text(encoding="utf-8", errors="replace").splitlines()
    return frozenset(found[1] for line in lines if (found := FAILURE.match(line)))


def _cut_off(cohort: str, jobs: Iterable[Foreseen]) -> Iterator[str]:
    places = (layout.processed(cohort), layout.REPORTS / cohort)
    half = any(UNFINISHED.match(path.name) for place in places for path in place.rglob(".*"))
    if half or any(job.unfinished for job in jobs):
        yield f"the last run was cut off: alliance-modes run {cohort} goes on from there"


def _handed_over(cohort: str) -> Iterator[str]:
    """Which releases of a cohort were handed over; nothing where it has none."""
    entries = layout.handed_over(cohort)
    made = layout.report(cohort, layout.RELEASE).is_dir()
    if entries:
        yield f"{len(entries)} release{'s' if len(entries) > 1 else ''} handed over, last {entries[-1]}"
    elif made:
        yield "no release was handed over"


def told(found: Sequence[Status]) -> Iterator[str]:
    """All of it, line by line."""
    for one in found:
        if one.refused:
            yield f"{one.cohort}: cannot be run: {one.refused}"
        elif one.again:
            yield f"{one.cohort}: {one.again} of {one.steps} steps would run again"
        else:
            yield f"{one.cohort}: up to date ({one.steps} steps)"
        for cause in one.causes[:MOST_CAUSES]:
            exactly = f" ({few(cause.details, between='; ')})" if cause.details else ""
            yield f"    because {cause.text}{exactly}: {few(cause.steps, MOST_STEPS)}"
        if len(one.causes) > MOST_CAUSES:
            yield f"    and for {len(one.causes) - MOST_CAUSES} more reasons"
        if one.holds_not and one.holds:
            yield f"    may be relied on now: {'; '.join(one.holds)}"
        if one.holds_not:
            until = f"until alliance-modes run {_named(one)}".rstrip()
            yield f"    not to be relied on {until}: {'; '.join(one.holds_not)}"
        yield from (f"    {note}" for note in one.notes)


def _named(one: Status) -> str:
    return "" if one.cohort == OF_ALL else one.cohort

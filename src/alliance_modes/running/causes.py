"""Why a step would run again, in a person's words."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from alliance_modes.cohort import COHORT_FILE
from alliance_modes.ground.files import read_json
from alliance_modes.ground.layout import RELEASED, STUDY_INSTRUMENTS, report
from alliance_modes.ingest.withdrawn import WITHDRAWN_FILE
from alliance_modes.intake.origin import named_so, origin_of
from alliance_modes.plan.additions import ADDITIONS_FILE
from alliance_modes.plan.changes import ABSENT, Change, changes
from alliance_modes.plan.protocol import FILE as PROTOCOL
from alliance_modes.plan.said import path_said, value_said
from alliance_modes.running.code import LISTS, code_changes
from alliance_modes.running.foreseen import Foreseen
from alliance_modes.running.held import Differing, was_made
from alliance_modes.running.installed import locked
from alliance_modes.running.jobs import FOR_READERS
from alliance_modes.running.manifest import FILE as MANIFEST
from alliance_modes.running.study import Study
from alliance_modes.shipped import LOCK_FILE
from alliance_modes.words.names import listed

NEVER, FAILED, CUT_OFF = "it was never made yet", "it failed last time", "it was cut off while it was at work"
WITHDRAWN = "it was taken away as the last run began, and not made again"
MOST_NAMED = 3
"""Parts of a plan, packages and modules that one reason names."""

RAW, PLANNED, HANDED_OVER, INSTRUMENT = "raw", "plan", "released", "instruments"
REGISTERED = "protocol"
"""Kinds of files that people wrote; a param of this name is a digest over those of its kind."""


class Why(NamedTuple):
    """One reason, and what exactly, where several reasons are of that kind."""

    text: str
    detail: str = ""


@dataclass(frozen=True)
class Known:
    """What is known of a cohort beside what Snakemake says.

    Parameters
    ----------
    plan : str
        Path of the plan.
    sources : tuple of (str, str)
        What of the files that people wrote is not what the results were made from: its kind, and in words.
    packages : tuple of str
        Versions of the lock that are not those that made the results.
    differing : mapping
        By job, the files that are not what was made.
    failed : frozenset of str
        Jobs that failed in the last run, as ``Foreseen.job``.
    """

    plan: str
    sources: tuple[tuple[str, str], ...] = ()
    packages: tuple[str, ...] = ()
    differing: Mapping[str, tuple[Differing, ...]] = field(default_factory=dict)
    failed: frozenset[str] = frozenset()


def known_of(study: Study, cohort: str, differing: Iterable[Differing], failed: frozenset[str]) -> Known:
    """What is known of one cohort: by its manifest, and by what its typed tables were made from."""
    by_job: dict[str, tuple[Differing, ...]] = {}
    for one in differing:
        by_job[one.job] = (*by_job.get(one.job, ()), one)
    path = report(cohort, "internal", MANIFEST)
    manifest = read_json(path) if path.is_file() else {}
    sources = tuple(_sources(study, cohort, manifest.get("inputs", {})))
    before = manifest.get("software", {}).get("packages", {})
    return Known(study.config.plan, sources, tuple(_packages(before)), by_job, failed)


def _sources(study: Study, cohort: str, inputs: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Files that people wrote and that are not those of the last whole run, or not those that were read."""
    now = study.source_digests_of(cohort)
    origin = origin_of(cohort)
    read = {name: digest for name, digest in origin.get("files", ())}
    read |= {WITHDRAWN_FILE: origin["withdrawn"]} if "withdrawn" in origin else {}
    for path in sorted(now.keys() | inputs.keys()):
        name = named_so(read, path) if _is_read(path, study, cohort) else None
        before = read[name] if name else None
        before = before or inputs.get(path)
        kind, said = source_said(path, study.config.plan)
        if path not in now:
            yield kind, f"{said} is not there any more"
        elif before is None and (inputs or (_is_read(path, study, cohort) and read)):
            yield kind, f"{said} is new"
        elif before is not None and before != now[path]:
            changed = "changed" if kind == PLANNED else "is not the one that the results were made from"
            yield kind, f"{said} {changed}"


def _is_read(path: str, study: Study, cohort: str) -> bool:
    return path == study.cohort_file(cohort) or path in study.raw_files(cohort)


def source_said(path: str, plan: str) -> tuple[str, str]:
    """The kind of a file that people wrote, and the file by what it is."""
    name = Path(path).name
    if path == plan or name == ADDITIONS_FILE:
        return PLANNED, path if path == plan else name
    if Path(path).is_relative_to(STUDY_INSTRUMENTS):
        return INSTRUMENT, f"the instrument file {name}"
    if Path(path).is_relative_to(RELEASED):
        return HANDED_OVER, f"the handed-over release {name}"
    if name == WITHDRAWN_FILE:
        return RAW, f"the list of people who were taken out, {name},"
    if name == PROTOCOL:
        return REGISTERED, f"the protocol {path}"
    return RAW, name if name == COHORT_FILE else f"the raw file {name}"


def _packages(before: Mapping[str, str]) -> Iterator[str]:
    now = locked(LOCK_FILE.read_text(encoding="utf-8")) if LOCK_FILE.is_file() else {}
    if before:
        for name in sorted(before.keys() | now.keys()):
            if before.get(name) != now.get(name):
                yield f"{name} {before.get(name, 'none')}, now {now.get(name, 'none')}"


def causes(job: Foreseen, known: Known) -> list[Why]:
    """Why one step would run again, without what follows from another step that does."""
    found = [Why(text) for text in (*_state(job, known), *_changed_results(job, known))]
    found += _params(job, known)
    kinds = {kind for kind, _ in known.sources}
    for path in job.updated:
        kind, said = source_said(path, known.plan)
        if not Path(path).is_relative_to(LISTS) and kind not in kinds:
            found.append(Why(f"{said} changed"))
    if not found and (job.added or job.gone):
        found += [Why("other files go in", f"{path} does now") for path in job.added]
        found += [Why("other files go in", f"{path} did before") for path in job.gone]
    if not found and not job.after:
        found.append(Why("Snakemake does not say why"))
    return list(dict.fromkeys(found))


def _state(job: Foreseen, known: Known) -> Iterator[str]:
    if job.job in known.failed:
        yield f"{FAILED} (see {job.log})"
    elif job.unfinished:
        yield CUT_OFF
    elif job.missing and not was_made(job.made):
        yield NEVER
    elif job.missing:
        gone = job.rule in FOR_READERS and len(job.missing) == len(job.outputs)
        yield WITHDRAWN if gone else f"{few(job.missing)} is not there any more"


def _changed_results(job: Foreseen, known: Known) -> Iterator[str]:
    said = {
        "changed": "was changed since it was made",
        "gone": "was taken away",
        "put there": "was put there",
    }
    for one in known.differing.get(job.made, ()):
        if one.path not in job.missing:
            yield f"{one.path} {said[one.how]}"


def _params(job: Foreseen, known: Known) -> Iterator[Why]:
    for name, now in job.now.items():
        if name == "made_with":
            yield from _code(job.rule)
        elif name == "environment":
            yield from _software(job.before, now, known)
        elif name == "held":
            if not known.differing.get(job.made) and not job.missing:
                yield Why("it was marked to be made again")
        elif name == "data_lock":
            yield Why(f"the data lock is {ast.literal_eval(now) or 'not known'} now")
        elif name == "key":
            yield Why("the key of the ids is another one")
        elif (settings := _literal(now)) is not None:
            yield from _settings(job.before, settings, known.plan)
        elif name in (RAW, PLANNED, HANDED_OVER, REGISTERED):
            said = [text for kind, text in known.sources if kind == name]
            yield from map(Why, said or [f"a file of those under {name} changed"])
        else:
            yield Why(f"the setting {name.replace('_', ' ')} changed")


def _code(rule: str) -> Iterator[Why]:
    for path in code_changes(rule) or [f"that of {rule}"]:
        yield Why("the code was edited", module_said(path))


def module_said(path: str) -> str:
    """``module derive/levels.py`` for a file of the package."""
    below = path.partition("alliance_modes/")[2]
    return f"module {below}" if below.endswith(".py") else path


def _software(before: Iterable[str], now: str, known: Known) -> Iterator[Why]:
    """The lock and Python, of which the param holds both."""
    digest, _, python = ast.literal_eval(now).partition(" Python ")
    earlier = [text for one in before if " Python " in (text := str(ast.literal_eval(one)))]
    for text in earlier[:1]:
        was, _, version = text.partition(" Python ")
        if version != python:
            yield Why(f"Python is {python} now, and was {version}")
        if was == digest:
            return
    yield from (Why("the lock names other versions", one) for one in known.packages or [str(LOCK_FILE)])


def _literal(text: str) -> Mapping[str, Any] | None:
    """Settings as Python writes them; None where a param is anything else."""
    value = ast.literal_eval(text)
    return value if isinstance(value, Mapping) else None


def _settings(before: Iterable[str], now: Mapping[str, Any], plan: str) -> Iterator[Why]:
    """Which parts of the plan are others, by the mapping of the last run that is most like this one."""
    earlier = [one for text in before if (one := _literal(text)) is not None]
    like = max(earlier, key=lambda one: len(one.keys() & now.keys()), default={})
    for found in changes(_placed(like), _placed(now)):
        yield Why(f"{plan} changed", change_said(found) if like else "")


def _placed(task: Mapping[str, Any]) -> Mapping[str, Any]:
    """The model of a task where a plan has it, so that places are told alike."""
    if "model" not in task or "name" not in task:
        return task
    rest = {key: value for key, value in task.items() if key not in ("model", "name")}
    return {**rest, "models": {task["name"]: task["model"]}}


def change_said(change: Change) -> str:
    """One part of the plan that is another one."""
    where = path_said(change.path)
    if change.in_list:
        there = change.before if change.after is ABSENT else change.after
        return f"{where}: {value_said(there)} {'taken out' if change.after is ABSENT else 'put in'}"
    if ABSENT in (change.before, change.after):
        return f"{where}: {'new' if change.before is ABSENT else 'taken out'}"
    return f"{where}: {value_said(change.before)}, now {value_said(change.after)}"


def few(names: Iterable[str], most: int = MOST_NAMED, between: str = ", ") -> str:
    """Some of them by name, the others by their number."""
    every = list(names)
    if len(every) <= most:
        return listed(every) if between == ", " else between.join(every)
    return f"{between.join(every[:most])} and {len(every) - most} more"

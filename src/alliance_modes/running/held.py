"""What scripts make and what a run is made from, held by digest.

Snakemake goes by times and by its own notes: a result that was edited, damaged or emptied is up to date
for it, and a raw file that changes while a run is under way is one that was always so. Each script notes the
digests of all files it made; the next run makes again whatever is not that any more, and whatever Snakemake
itself remembers nothing of. Each run notes the digests of the files that people wrote (``inputs``).
"""

from __future__ import annotations

import os
import re
import stat
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, NamedTuple

from alliance_modes.ground.files import read_json, sha256, write_json, write_text
from alliance_modes.ground.layout import PRIVATE, RELEASE, RELEASE_RECORD, REPORTS, processed
from alliance_modes.running.looking import looking
from alliance_modes.running.remembered import ask_again, forgotten

MADE = PRIVATE / "made"
"""Two files for each job: the digests of what it made, and one that changes where it is to run again."""

SEEN = PRIVATE / "seen.json"
"""What a file looked like (size, times, place on the disk) when its digest was the one noted."""

WHOLE = (RELEASE, RELEASE_RECORD)
"""Folders that hold more than what a rule declares, and that are nothing without it."""

MARK_OF_FOLDER = ".snakemake_timestamp"
"""The file in which Snakemake keeps how old a folder is; where it is gone, it looks at the folder."""

UNFINISHED = re.compile(r"^\..+\.\d+\.part(\..+)?$")
"""Names that ``whole_file`` and ``whole_folder`` of ``ground.files`` give while they write."""

PARTS = ("outputs", "files")
"""What every note has: a list of paths, and digests by path."""

AGAIN = ".again"
OTHER = "to be made again"
"""What makes a param another one where nothing may be written."""
MOST_NAMED = 10
"""Results that are named one by one."""

Look = tuple[int, int, int, int]
"""Size, time of its content, time of its entry, and number of a file."""


_seen_to_differ: set[str] = set()
"""Jobs whose outputs are not what was made, where nothing may be written about it."""


class Ran(NamedTuple):
    """A script that ran: job and rule, inputs and outputs in order, and the digests of what it made."""

    job: str
    rule: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    files: Mapping[str, str]


class Differing(NamedTuple):
    """A file that is not what a script made: its path, how it differs, and the job that makes it again."""

    path: str
    how: str
    job: str


def held(rule: str) -> Callable[[Any], str]:
    """A param of ``rule`` that changes where what it made is not there any more as it was.

    Snakemake runs a job again whose params are not those by which it ran, in a dry run too, whatever the
    times of files are. Where it is only looked (``looking``), nothing is written.
    """

    def of_job(wildcards: Mapping[str, str]) -> str:
        job = job_id(rule, wildcards)
        path = _again(job)
        if looking():
            text = path.read_text(encoding="utf-8") if path.is_file() else ""
            return f"{text}{OTHER}" if job in _seen_to_differ else text
        if not path.is_file():
            write_text(f"{uuid.uuid4()}\n", path)
        return path.read_text(encoding="utf-8")

    return of_job


def keep_made(rule: str, wildcards: Mapping[str, str], inputs: Iterable[str], outputs: Iterable[str]) -> None:
    """Note the digests of all files that a script made, those in its folders included, and from what."""
    declared = [str(output) for output in outputs]
    note = {
        "rule": rule,
        "inputs": [str(path) for path in inputs],
        "outputs": declared,
        "files": {str(path): sha256(path) for path in _files(declared)},
    }
    write_json(note, _note(job_id(rule, wildcards)))


def hold(expected: Iterable[Any], tell: Callable[[str], None], also: Iterable[str] = ()) -> None:
    """Let Snakemake make again whatever is not what was made, and say what that is.

    Parameters
    ----------
    expected : iterable
        Outputs of the rules of this run, in lists or not: of others nothing is said.
    tell : function of str
        Where a line for each goes.
    also : iterable of str
        Other cohorts whose tables this run reads.

    Notes
    -----
    Where it is only looked (``looking``) nothing is written and nothing said.
    """
    outputs = list(_flat(expected))
    found = differing(outputs, also)
    if looking():
        _seen_to_differ.update(one.job for one in found)
        return
    if lost := forgotten(outputs):
        ask_again(lost)
        tell(f"how {len(lost):,} results were made is not on record any more: they are made again")
    again = {one.job for one in found if not _is_pending(one.job)}
    for job in sorted(again | {job for job in _jobs() if not _note(job).is_file()}):
        write_text(f"{uuid.uuid4()}\n", _again(job))
    for one in found[:MOST_NAMED]:
        tell(f"{one.path} is not what was made ({one.how}): made again")
    if len(found) > MOST_NAMED:
        tell(f"and {len(found) - MOST_NAMED} more")


def differing(expected: Iterable[str], also: Iterable[str] = ()) -> list[Differing]:
    """What of some outputs is there and is not what was made.

    Parameters
    ----------
    expected : iterable of str
        Outputs of rules. One that does not exist is left to Snakemake.
    also : iterable of str
        Cohorts of which all outputs are looked at.

    Returns
    -------
    list of Differing
        Files that were changed, taken away from a folder or put into one, and links in the place of files. A
        file that looks as it did when its digest was right is not read.
    """
    wanted, whole, seen = set(expected), set(also), _seen()
    looks: dict[str, Look] = {}
    found: list[Differing] = []
    for job in _jobs():
        note = _read_note(job)
        if note is not None and (_cohort(job) in whole or not wanted.isdisjoint(note["outputs"])):
            there = [one for one in note["outputs"] if os.path.exists(one)]
            found += [Differing(path, how, job) for path, how in _compared(note["files"], there, seen, looks)]
    if looks != seen and not looking():
        write_json(looks, SEEN)
    return found


def was_made(job: str) -> bool:
    """Whether a job ever came to its end here and noted what it made."""
    return _note(job).is_file()


def made_files(cohort: str) -> dict[str, str]:
    """SHA-256 by path of all files that scripts made for a cohort, as they noted them."""
    places = (processed(cohort), REPORTS / cohort)
    return {
        path: digest
        for path, digest in sorted(noted_files().items())
        if any(Path(path).is_relative_to(place) for place in places) and os.path.exists(path)
    }


def jobs_behind(outputs: Iterable[str]) -> list[Ran]:
    """The scripts from whose notes some outputs follow, each after all that it took from.

    Of a file that nobody noted to have made nothing follows: it is one that people wrote.
    """
    made = {output: ran for ran in map(_ran, _jobs()) if ran for output in ran.outputs}
    waiting, needs = [made[one] for one in outputs if one in made], dict[str, set[str]]()
    while waiting:
        ran = waiting.pop()
        if ran.job not in needs:
            before = [made[one] for one in ran.inputs if one in made]
            needs[ran.job] = {one.job for one in before}
            waiting += before
    by_job = {ran.job: ran for ran in made.values()}
    order: list[Ran] = []
    sorter = TopologicalSorter(needs)
    sorter.prepare()
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += [by_job[job] for job in ready]
        sorter.done(*ready)
    return order


def _ran(job: str) -> Ran | None:
    note = _read_note(job)
    if note is None or not all(os.path.exists(one) for one in note["outputs"]):
        return None
    return Ran(
        job, str(note.get("rule", "")), tuple(note.get("inputs", ())), tuple(note["outputs"]), note["files"]
    )


def noted_files() -> dict[str, str]:
    """SHA-256 by path of all files that scripts made here, as they noted them."""
    notes = (note for job in _jobs() if (note := _read_note(job)) is not None)
    return {path: digest for note in notes for path, digest in note["files"].items()}


def forget_since(moment: int) -> None:
    """Let everything be made again that was made since ``moment`` (nanoseconds of the system's clock)."""
    for path in made_since(moment):
        path.unlink()


def made_since(moment: int) -> list[Path]:
    """The notes of scripts that ended since ``moment``."""
    return [path for path in sorted(MADE.glob("*.json")) if path.stat().st_mtime_ns >= moment]


def job_id(rule: str, wildcards: Mapping[str, str]) -> str:
    """How a job is called in ``MADE``."""
    return ".".join([rule, *dict(wildcards.items()).values()])


def _jobs() -> list[str]:
    """Jobs that were planned here."""
    return sorted(path.name.removesuffix(AGAIN) for path in MADE.glob(f"*{AGAIN}"))


def _cohort(job: str) -> str:
    """The cohort of a job, as ``job_id`` names it; the name of the rule where it is of all cohorts."""
    return job.split(".")[1] if "." in job else job


def _again(job: str) -> Path:
    return MADE / f"{job}{AGAIN}"


def _note(job: str) -> Path:
    return MADE / f"{job}.json"


def _is_pending(job: str) -> bool:
    """Whether a job was to run again already and has not done so."""
    return _again(job).stat().st_mtime_ns > _note(job).stat().st_mtime_ns


def _read_note(job: str) -> Any:
    """What a job noted; None where it has not. One that cannot be read, as after a power cut, is none."""
    try:
        note = read_json(_note(job))
    except FileNotFoundError:
        return None
    except ValueError:
        note = None
    if isinstance(note, dict) and all(_is_texts(note.get(part)) for part in PARTS):
        return note
    if not looking():
        _note(job).unlink()
    return None


def _is_texts(found: Any) -> bool:
    """Whether something read is a list of texts, or texts by texts."""
    values = found.values() if isinstance(found, dict) else found if isinstance(found, list) else [None]
    return all(isinstance(one, str) for one in values)


def _compared(
    files: Mapping[str, str], outputs: list[str], seen: Mapping[str, Look], looks: dict[str, Look]
) -> Iterator[tuple[str, str]]:
    """Each file that is not what was noted; ``looks`` gets how those look that are."""
    there = {str(path) for path in _files(outputs)}
    for path, digest in files.items():
        if path not in there:
            if any(Path(path).is_relative_to(output) for output in _places(outputs)):
                yield path, "gone"
            continue
        look = _look(path)
        if seen.get(path) == look or (_is_plain_file(path) and sha256(path) == digest):
            looks[path] = look
        else:
            yield path, "changed"
    yield from ((path, "put there") for path in sorted(there.difference(files)))


def _files(outputs: Iterable[str]) -> Iterator[Path]:
    """Outputs, and all that is in folders that are outputs or hold more than is declared, links included."""
    for place in _places(outputs):
        if place.is_dir() and not place.is_symlink():
            for path in sorted(place.rglob("*")):
                is_mark = path.name == MARK_OF_FOLDER or UNFINISHED.match(path.name)
                if not is_mark and (path.is_symlink() or not path.is_dir()):
                    yield path
        elif os.path.lexists(place):
            yield place


def _places(outputs: Iterable[str]) -> list[Path]:
    paths = [Path(output) for output in outputs]
    return list(dict.fromkeys(one.parent if one.parent.name in WHOLE else one for one in paths))


def _look(path: str) -> Look:
    """What a file looks like; a link by itself, not by what it leads to."""
    about = os.lstat(path)
    return about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino


def _is_plain_file(path: str) -> bool:
    """Whether it is a file: no link, folder or pipe."""
    return stat.S_ISREG(os.lstat(path).st_mode)


def _seen() -> dict[str, Look]:
    try:
        return {path: (one[0], one[1], one[2], one[3]) for path, one in read_json(SEEN).items()}
    except (OSError, ValueError, AttributeError, IndexError, TypeError):
        return {}


def _flat(found: Iterable[Any]) -> Iterator[str]:
    for one in found:
        if isinstance(one, str):
            yield str(one)
        else:
            yield from _flat(one)


def is_run_under_way(root: Path = Path()) -> bool:
    """Whether Snakemake holds this folder, or one that was killed does still."""
    return any((root / ".snakemake/locks").glob("*"))

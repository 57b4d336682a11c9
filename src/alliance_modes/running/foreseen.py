"""What a run would do, job by job with its reasons, as Snakemake finds it. No file of the project is written.

``python -m alliance_modes.running.foreseen`` is Snakemake in a dry run that tells all of this as marked JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from alliance_modes.ground.errors import WorkflowError
from alliance_modes.running.held import job_id
from alliance_modes.running.jobs import EVENT_MARK, GATHERING, JOB_ENVIRONMENT, name_of
from alliance_modes.running.looking import only_looking
from alliance_modes.running.workflow import be_snakemake, with_profile

WRITES_NO_CODE = "PYTHONDONTWRITEBYTECODE"
CACHE = "XDG_CACHE_HOME"
RECORDS = Path(".snakemake/incomplete")
"""A folder that is there where Snakemake ever ran."""

LAST_LINES = 3


@dataclass(frozen=True)
class Foreseen:
    """One job of a run that would begin now.

    Parameters
    ----------
    rule, cohort, step : str
        ``cohort`` and ``step`` as a person is told of it.
    log : str
        Where its script writes what it did.
    outputs, missing : tuple of str
        What it makes, and what of that is not there.
    made : str
        How what it made is noted (``held.job_id``).
    needed, after : bool
        Whether it would run; whether another job makes anew what it reads.
    unfinished : bool
        Whether it was cut off while it was at work.
    updated : tuple of str
        Files that it reads and no job makes, which are not what they were when it ran.
    added, gone : tuple of str
        Files that it would read and did not, and the other way round.
    before : tuple of str
        Params of its last run that are no more, as Python writes them.
    now : mapping of str
        Params by name that were not of its last run.
    """

    rule: str
    cohort: str
    step: str
    log: str
    outputs: tuple[str, ...]
    missing: tuple[str, ...]
    made: str
    needed: bool
    after: bool = False
    unfinished: bool = False
    updated: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    now: Mapping[str, str] = field(default_factory=dict)

    @property
    def job(self) -> str:
        """As progress and logs call it."""
        return f"{self.cohort} · {self.step}"


def foreseen(cohorts: Sequence[str]) -> tuple[Foreseen, ...]:
    """Every job of these cohorts, in the order of the rules.

    Raises
    ------
    WorkflowError
        Snakemake cannot say what it would do; its last lines tell why.
    """
    with only_looking(), TemporaryDirectory() as cache:
        # what libraries keep goes into a folder that is gone afterwards
        kept = dict.fromkeys((CACHE, "MPLCONFIGDIR"), cache)
        done = subprocess.run(
            [sys.executable, "-P", "-m", __name__, "--config", f"cohorts={','.join(cohorts)}"],
            env={**os.environ, **JOB_ENVIRONMENT, **kept, WRITES_NO_CODE: "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    said = done.stdout.split("\n")
    found = [json.loads(line.removeprefix(EVENT_MARK)) for line in said if line.startswith(EVENT_MARK)]
    if done.returncode or not found:
        lines = [line for line in [*said, *done.stderr.splitlines()] if line.strip()]
        told = "\n".join(f"    {line}" for line in lines[-LAST_LINES:])
        raise WorkflowError(f"Snakemake cannot say what it would do; its last lines:\n{told}")
    return tuple(map(_read, found))


def _read(record: Mapping[str, Any]) -> Foreseen:
    given: dict[str, Any] = {
        name: tuple(one) if isinstance(one, list) else one for name, one in record.items()
    }
    return Foreseen(**given)


def main() -> None:
    """Be Snakemake in a dry run, tell of each job what was found, and end there."""
    import snakemake.cli  # noqa: F401 first: its parts import each other
    from snakemake.workflow import Workflow

    build = Workflow._build_dag

    def told(workflow: Any) -> None:
        build(workflow)
        for record in _records(workflow):
            print(EVENT_MARK + json.dumps(record, ensure_ascii=False), flush=True)
        os._exit(0)

    Workflow._build_dag = told
    _write_nothing()
    asked = [*sys.argv[1:], "--dry-run", "--nolock", "--quiet", "rules", "progress"]
    be_snakemake(with_profile(asked))
    sys.exit(1)


def _write_nothing() -> None:
    """Keep Snakemake (9.27) from what it writes in a dry run too.

    These are folders for its records, which go elsewhere where there are none, and what it knows of times of
    files.
    """
    from snakemake.persistence import PersistenceBase
    from snakemake.persistence.file import FilePersistence

    begin, makedirs, project = FilePersistence.__init__, os.makedirs, Path.cwd()
    elsewhere = {} if RECORDS.is_dir() else {"path": Path(os.environ[CACHE], "records")}

    def outside(name: str | os.PathLike[str], *options: Any, **named: Any) -> None:
        if not Path(os.path.abspath(name)).is_relative_to(project):
            makedirs(name, *options, **named)

    os.makedirs = outside  # type: ignore[assignment]
    FilePersistence.__init__ = lambda kept, **named: begin(kept, **named | elsewhere)
    PersistenceBase.save_iocache = lambda _: None


def _records(workflow: Any) -> Iterator[dict[str, Any]]:
    order = {rule.name: place for place, rule in enumerate(workflow.rules)}
    jobs = [job for job in workflow.dag.jobs if job.rule.name not in GATHERING]
    for job in sorted(jobs, key=lambda one: (order[one.rule.name], sorted(map(str, one.output)))):
        cohort, step = name_of(job.rule.name, job.wildcards)
        outputs = [str(path) for path in job.output]
        needed = bool(workflow.dag.needrun(job))
        yield {
            "rule": job.rule.name,
            "cohort": cohort,
            "step": step,
            "log": str(job.log[0]) if job.log else "",
            "outputs": outputs,
            "missing": [path for path in outputs if not os.path.exists(path)],
            "made": job_id(job.rule.name, job.wildcards),
            "needed": needed,
            **(_why(workflow, job) if needed else {}),
        }


def _why(workflow: Any, job: Any) -> dict[str, Any]:
    """Everything that is not as it was when the job ran; Snakemake itself stops at the first of it."""
    why, kept = workflow.dag.reason(job), workflow.persistence
    made = {str(path) for other in workflow.dag.jobs for path in other.output}
    found: dict[str, Any] = {
        "after": bool(why.updated_input_run),
        "unfinished": bool(why.incomplete_output),
        "updated": sorted({str(path) for path in why.updated_input} - made),
    }
    if not kept.has_metadata(job):
        return found
    read, reads = set(kept.input(job.output[0]) or ()), set(kept._input(job))
    changed = kept.params_changed(job)
    new = {name: kept._serialize_param(value) for name, value in job.params.items()}
    return found | {
        "added": sorted(reads - read) if read else [],
        "gone": sorted(read - reads),
        "before": sorted(changed.only_old) if changed else [],
        "now": {name: text for name, text in new.items() if changed and text in changed.only_new},
    }


if __name__ == "__main__":
    main()

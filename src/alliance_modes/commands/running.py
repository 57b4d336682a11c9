"""Make results, see what would be made, and a place to work in."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from alliance_modes import __version__
from alliance_modes.commands.group import examples


@click.command(
    "run",
    epilog=examples(
        "alliance-modes run                     every cohort of config/config.yaml",
        "alliance-modes run north --open        one cohort; its report in the browser",
        "alliance-modes run north --cores 1     one job at a time, where memory is short",
        "alliance-modes run --profile slurm     on a cluster (docs/cluster.md)",
    ),
)
@click.argument("cohorts", nargs=-1)
@click.option(
    "--cores",
    type=click.IntRange(min=1),
    help="Jobs that run side by side (default: one for each core of this machine).",
)
@click.option(
    "--memory",
    metavar="GB",
    type=click.FloatRange(min=0.5),
    help="Memory that jobs side by side may take together (default: 2 GB for each core).",
)
@click.option(
    "--profile",
    metavar="NAME",
    help="Run jobs on a cluster: slurm, or a folder with a profile of your own.",
)
@click.option("--open", "opened", is_flag=True, help="Open the reports when they are made.")
def run_command(
    cohorts: tuple[str, ...], cores: int | None, memory: float | None, profile: str | None, opened: bool
) -> None:
    """Make what is not up to date for COHORTS (default: those in config/config.yaml)."""
    if profile and (cores or memory):
        raise click.UsageError("--cores and --memory are for this machine; a cluster's profile says its own.")
    from alliance_modes.running.program import collect_rarely

    collect_rarely()
    from alliance_modes.running.checks import check_before_run, check_project
    from alliance_modes.running.cluster.place import OnSlurm
    from alliance_modes.running.cluster.profile import cluster_profile
    from alliance_modes.running.launch import run
    from alliance_modes.running.place import Here
    from alliance_modes.running.workflow import snakemake

    check_project(Path())
    place = OnSlurm(cluster_profile(profile), click.echo) if profile else Here(cores, memory)
    with snakemake() as start:
        study = check_before_run(cohorts)
        click.echo(f"Alliance Modes {__version__} · {', '.join(study.cohorts)}")
        reports = run(study, click.echo, start, place)
    for report in reports if opened else ():
        click.launch(report.resolve().as_uri())


@click.command(
    "status",
    epilog=examples(
        "alliance-modes status                  every cohort of config/config.yaml",
        "alliance-modes status north            one cohort",
        "alliance-modes status north --check    for scripts: ends with status 1 unless it is up to date",
    ),
)
@click.argument("cohorts", nargs=-1)
@click.option("--check", is_flag=True, help="End with status 1 where a run would have something to do.")
def status_command(cohorts: tuple[str, ...], check: bool) -> None:
    """Say what would run again and why, and which results of COHORTS may be relied on now.

    Nothing is made, changed or removed. While a run is under way nothing can be said.
    """
    from alliance_modes.running.checks import check_project
    from alliance_modes.running.status import at_work, status, told

    check_project(Path())
    process = at_work()
    if process is not None:
        click.echo(f"a run is under way (process {process}): what holds is known when it has ended")
        sys.exit(1 if check else 0)
    found = status(cohorts)
    for line in told(found):
        click.echo(line)
    if check and not all(one.up_to_date for one in found):
        sys.exit(1)


@click.command(
    "new-study",
    epilog=examples(
        "alliance-modes new-study ~/studies/north    plan, configuration, and a small simulated cohort",
        "cd ~/studies/north && alliance-modes run",
    ),
)
@click.argument("folder", type=click.Path(path_type=Path))
def new_study_command(folder: Path) -> None:
    """Make FOLDER a study: a place to work in, without a clone of the project.

    It uses the workflow of the installed package. Nothing is overwritten.
    """
    from alliance_modes.running.new_study import new_study

    for line in new_study(folder):
        click.echo(line)


def make(cohorts: Sequence[str]) -> None:
    """Make what is not up to date of some cohorts, as ``run`` does."""
    from alliance_modes.running.checks import check_before_run
    from alliance_modes.running.launch import run
    from alliance_modes.running.place import Here
    from alliance_modes.running.workflow import snakemake

    with snakemake() as start:
        run(check_before_run(cohorts), click.echo, start, Here())

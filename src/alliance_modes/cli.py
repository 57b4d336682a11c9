"""``alliance-modes``: the command line. Everything it runs is a target of the workflow."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from alliance_modes import __version__
from alliance_modes.errors import AllianceModesError


class Commands(click.Group):
    """Commands whose errors are one message for a person and exit status 1."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command; show what a person can mend, whole and once."""
        try:
            return super().invoke(context)
        except AllianceModesError as error:
            click.echo(f"alliance-modes: {error}", err=True)
            sys.exit(1)
        except KeyboardInterrupt:
            click.echo("\nstopped; the same command goes on from here", err=True)
            sys.exit(130)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="alliance-modes")
def main() -> None:
    """From questionnaire and programme data to estimates and a report.

    Run the commands in the project's folder, the one that holds the Snakefile.
    """


@main.command("run")
@click.argument("cohorts", nargs=-1)
def run_command(cohorts: tuple[str, ...]) -> None:
    """Make what is not up to date for COHORTS (default: those in config/config.yaml)."""
    from alliance_modes.running.checks import check_before_run, check_project
    from alliance_modes.running.launch import run

    check_project(Path())
    study = check_before_run(cohorts)
    click.echo(f"Alliance Modes {__version__} · {', '.join(study.cohorts)}")
    run(study, click.echo)


@main.command("check")
@click.argument("cohort")
def check_command(cohort: str) -> None:
    """Read the raw files of COHORT and list everything that is wrong; writes nothing."""
    from alliance_modes.running.checks import check_data, check_project

    check_project(Path())
    for line in check_data(cohort):
        click.echo(line)


@main.command("simulate")
@click.argument("truth", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--enrolments", type=click.IntRange(min=1), help="Size, in place of the one in TRUTH.")
def simulate_command(truth: Path, folder: Path, enrolments: int | None) -> None:
    """Write a cohort FOLDER simulated from the parameters in TRUTH (a YAML file).

    The folder's name is the name of the cohort; a folder that holds something is not written to.
    """
    from alliance_modes.running.checks import check_new_folder
    from alliance_modes.simulate import load_truth, write_cohort

    check_new_folder(folder)
    written = load_truth(truth).with_size(enrolments) if enrolments else load_truth(truth)
    write_cohort(written, folder, folder.resolve().name)
    click.echo(
        f"simulated cohort {folder.resolve().name}: {written.sizes.enrolments:,} enrolments in {folder}"
    )


if __name__ == "__main__":
    main()

"""``alliance-modes``: the command line. Everything it runs is a target of the workflow."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from alliance_modes import __version__
from alliance_modes.ground.errors import AllianceModesError


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


@main.command("new-cohort")
@click.argument("name")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--in-place",
    "in_place",
    type=click.Path(path_type=Path),
    help="Folder in which the files stay; they are not copied.",
)
def new_cohort_command(name: str, files: tuple[Path, ...], in_place: Path | None) -> None:
    """Copy raw FILES to data/raw/NAME and draft its cohort.yaml.

    FILES are exports (CSV, Excel, SPSS, Stata, Parquet, REDCap, Qualtrics, LimeSurvey, Kobo) or folders of
    them. The draft says how sure each entry is, and asks what it could not decide. Nothing is
    overwritten.
    """
    from alliance_modes.drafting.folder import new_cohort
    from alliance_modes.running.checks import check_project

    check_project(Path())
    for line in new_cohort(name, files, in_place):
        click.echo(line)


@main.command("check")
@click.argument("cohort")
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where the page goes (default: reports/COHORT/check.html).",
)
def check_command(cohort: str, page: Path | None) -> None:
    """Read the raw files of COHORT and list everything that is wrong, here and as a page."""
    from alliance_modes.running.checks import check_data, check_project

    check_project(Path())
    checked = check_data(cohort, page)
    first, *rest = checked.lines
    click.echo(f"alliance-modes: {first}" if checked.problems else first, err=checked.problems > 0)
    for line in rest:
        click.echo(line, err=checked.problems > 0)
    if checked.problems:
        sys.exit(1)


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

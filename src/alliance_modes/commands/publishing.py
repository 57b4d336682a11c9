"""Published numbers, and two runs beside each other."""

from __future__ import annotations

from pathlib import Path

import click

from alliance_modes.commands.group import examples
from alliance_modes.commands.running import make


@click.command(
    "verify",
    epilog=examples(
        "alliance-modes verify published/demo_2024               does its cohort give these numbers again?",
        "alliance-modes verify published/ours --cohort north     another cohort's numbers",
        "alliance-modes verify                                   every folder of published/",
    ),
)
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path, file_okay=False))
@click.option("--cohort", help="The cohort to run, in place of the one that the study names.")
def verify_command(folders: tuple[Path, ...], cohort: str | None) -> None:
    """Say of each published number whether it comes out again (default: all studies in published/).

    FOLDERS hold expected.csv: quantity, value, digits or tolerance, where. What is not up to date is made
    first. Ends with status 1 where a number differs or cannot be computed. The report is in reports/_verify/.
    """
    from alliance_modes.running.checks import check_project
    from alliance_modes.running.verifying import studies_of, verify_each

    check_project(Path())
    if not verify_each(studies_of(folders), cohort, lambda name: make([name]), click.echo):
        raise SystemExit(1)


@click.command(
    "freeze",
    epilog=examples(
        "alliance-modes freeze demo_2024 published/demo_2024",
        "alliance-modes freeze north published/ours --table estimates --table flow",
    ),
)
@click.argument("cohort")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--table", "tables", multiple=True, help="A table of docs/tables.md (default: those papers print)."
)
def freeze_command(cohort: str, folder: Path, tables: tuple[str, ...]) -> None:
    """Write down the numbers of COHORT's last run in FOLDER, for a publication: verify compares with them."""
    from alliance_modes.running.checks import check_project
    from alliance_modes.running.verifying import freeze

    check_project(Path())
    freeze(cohort, folder, tables, click.echo)


@click.command(
    "diff",
    epilog=examples(
        "alliance-modes diff ~/kept/north-2024-06/internal reports/north/internal",
        "alliance-modes diff before after --to moved.csv",
    ),
)
@click.argument("before", type=click.Path(path_type=Path, file_okay=False))
@click.argument("after", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--to", type=click.Path(path_type=Path, dir_okay=False), help="Every number that moved, as CSV."
)
def diff_command(before: Path, after: Path, to: Path | None) -> None:
    """Say which numbers of two runs of a cohort differ, and what changed: data, plan, code, software.

    BEFORE and AFTER are reports/<cohort>/internal of a run, or copies of it.
    """
    from alliance_modes.running.verifying import compare_runs

    compare_runs(before, after, to, click.echo)

"""One answer of cohorts whose holders may not share a row."""

from __future__ import annotations

from pathlib import Path

import click

from alliance_modes.commands.group import examples


@click.command(
    "share",
    epilog=examples(
        "alliance-modes share north                     reports/north/shared/: read its README.txt first",
        "alliance-modes share north --to ~/for_pooling  in another place",
    ),
)
@click.argument("cohort")
@click.option("--to", type=click.Path(path_type=Path, file_okay=False), help="Where the folder is written.")
def share_command(cohort: str, to: Path | None) -> None:
    """Write what may be given away of COHORT so that it can be pooled with other cohorts.

    Estimates of what the models test, with how they are correlated; no row, no id, no count that the release
    hides. The release has to be up to date, and is recorded as handed over.
    """
    from alliance_modes.running.checks import check_project
    from alliance_modes.running.sharing import share

    check_project(Path())
    share(cohort, to, click.echo)


@click.command(
    "pool",
    epilog=examples(
        "alliance-modes pool from/north from/south from/east    reports/_pooled/",
        "alliance-modes pool from/* --to pooled_2027",
    ),
)
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--to", type=click.Path(path_type=Path, file_okay=False), help="Where results are written.")
def pool_command(folders: tuple[Path, ...], to: Path | None) -> None:
    """Pool what the holders of several cohorts gave away, a folder of each.

    Says where plans, instruments or codings differ, and pools what agrees: the average effect, how much
    effects vary between cohorts, and what each holder changes. Needs no project and no data.
    """
    from alliance_modes.running.pooling import pool_folders

    pool_folders(folders, to, click.echo)

"""Raw files, real or simulated, and the cohort.yaml that says what they are."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from alliance_modes.commands.group import examples


@click.command(
    "new-cohort",
    epilog=examples(
        "alliance-modes new-cohort north ~/exports/2024/               a folder of exports, copied",
        "alliance-modes new-cohort north visits.csv survey.sav --ask   files; then its questions",
        "alliance-modes new-cohort north --in-place ~/exports/2024/    files that stay where they are",
    ),
)
@click.argument("name")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--in-place",
    "in_place",
    type=click.Path(path_type=Path),
    help="Folder in which the files stay; they are not copied.",
)
@click.option("--ask", is_flag=True, help="Ask the open questions one by one, then check.")
def new_cohort_command(name: str, files: tuple[Path, ...], in_place: Path | None, ask: bool) -> None:
    """Copy raw FILES to data/raw/NAME and draft its cohort.yaml.

    FILES are exports (CSV, Excel, SPSS, Stata, Parquet, REDCap, Qualtrics, LimeSurvey, Kobo) or folders of
    them. The draft says how sure each entry is, and asks what it could not decide. Nothing is
    overwritten.
    """
    from alliance_modes.drafting.folder import new_cohort
    from alliance_modes.running.checks import check_project

    check_project(Path())
    drafted = new_cohort(name, files, in_place)
    for line in drafted.files if ask else drafted.lines:
        click.echo(line)
    if ask:
        _ask(name)


@click.command("answer", epilog=examples("alliance-modes answer north"))
@click.argument("cohort")
def answer_command(cohort: str) -> None:
    """Ask what the draft of COHORT leaves open, one by one, write the answers, then check."""
    from alliance_modes.running.checks import check_project

    check_project(Path())
    _ask(cohort)


@click.command(
    "check",
    epilog=examples("alliance-modes check north", "alliance-modes check north --html ~/Desktop/north.html"),
)
@click.argument("cohort")
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where the page goes (default: reports/COHORT/check.html).",
)
def check_command(cohort: str, page: Path | None) -> None:
    """Read the raw files of COHORT and list everything that is wrong, here and as a page."""
    from alliance_modes.running.checks import check_project

    check_project(Path())
    _check(cohort, page)


@click.command(
    "simulate",
    epilog=examples(
        "alliance-modes simulate data/raw/demo_2024/truth.yaml data/raw/trial --enrolments 200",
        "alliance-modes run trial",
    ),
)
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


def _ask(cohort: str) -> None:
    """The conversation, ended by ``check``; stopped before its end, the answers stay."""
    from alliance_modes.cohort import COHORT_FILE
    from alliance_modes.drafting.conversation import converse
    from alliance_modes.drafting.opening import not_right
    from alliance_modes.running.config import choose_cohorts, load_config

    config = load_config()
    (cohort,) = choose_cohorts(config, [cohort])
    path = config.folder(cohort) / COHORT_FILE
    kept = f"\nwhat was answered stands in {path}; go on with: alliance-modes answer {cohort}"
    try:
        given = converse(path, _typed, click.echo)
    except KeyboardInterrupt:
        click.echo(kept, err=True)
        sys.exit(130)
    except EOFError:
        click.echo(f"\nthere are no more answers, but a question{kept}", err=True)
        sys.exit(1)
    click.echo(f"\n{given} answers written into {path}" if given else f"{path} leaves nothing open")
    wrong = not_right(path)
    if wrong:
        click.echo(f"{wrong} guesses are not right: mend them in {path}, then alliance-modes check {cohort}")
    _check(cohort, None)


def _typed(prompt: str) -> str:
    """One line of standard input, shown where nobody types it."""
    typed = input(prompt)
    if not sys.stdin.isatty():
        click.echo(typed)
    return typed


def _check(cohort: str, page: Path | None) -> None:
    from alliance_modes.running.checks import check_data

    checked = check_data(cohort, page)
    first, *rest = checked.lines
    click.echo(f"alliance-modes: {first}" if checked.problems else first, err=checked.problems > 0)
    for line in rest:
        click.echo(line, err=checked.problems > 0)
    if checked.problems:
        sys.exit(1)

"""What leaves the building, and who is taken out."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from alliance_modes.commands.group import examples
from alliance_modes.commands.running import make


@click.command(
    "release",
    epilog=examples(
        "alliance-modes release north            record that reports/north/release/ is handed over",
        "alliance-modes release north --check    look at that folder, and record nothing",
    ),
)
@click.argument("cohort")
@click.option("--check", is_flag=True, help="Look for what must not leave, and record nothing.")
def release_command(cohort: str, check: bool) -> None:
    """Record that the release folder of COHORT is handed over.

    What it publishes is kept in data/released/COHORT/, so that no later release can be set beside it to
    work out what both withhold. A folder that was changed by hand, or is older than what it is made of, is
    refused.
    """
    from alliance_modes.running.checks import check_project
    from alliance_modes.running.handing_over import check_release, hand_over

    check_project(Path())
    if check:
        for line in check_release(cohort):
            click.echo(line)
        return
    entry = hand_over(cohort, click.echo)
    click.echo(f"recorded as handed over: {entry}")
    click.echo("keep that file as long as the data: later releases are protected with it")


@click.command(
    "crate",
    epilog=examples(
        "alliance-modes crate north                          the release of north with how it was made",
        "alliance-modes crate north --licence https://creativecommons.org/licenses/by/4.0/",
    ),
)
@click.argument("cohort")
@click.option(
    "--licence", default="", metavar="ADDRESS", help="Licence of the results (default: none is given)."
)
@click.option(
    "--published",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DAY",
    help="Day of publication that it gives, year-month-day (default: that of the data lock).",
)
def crate_command(cohort: str, licence: str, published: datetime | None) -> None:
    """Pack the release of COHORT with the plan, the code and every step that made it.

    Writes reports/COHORT/crate/, a Workflow Run RO-Crate that archives and other programs can read. Raw
    files and tables with rows of people are not in it: they appear by their digests.
    """
    from alliance_modes.running.checks import check_project
    from alliance_modes.running.crate.write import write_crate

    check_project(Path())
    write_crate(cohort, published.date() if published else None, licence, click.echo)


@click.command(
    "withdraw",
    epilog=examples(
        "alliance-modes withdraw north                        type the number when asked",
        "alliance-modes withdraw north --id-file ~/gone.txt   several, one in each line",
        "alliance-modes withdraw north --check                say what holds the person, change nothing",
        "alliance-modes withdraw north --prove                search again for everybody taken out so far",
    ),
)
@click.argument("cohort")
@click.option("--id", "keyed", multiple=True, metavar="KEYED", help="An id as results have it (16 digits).")
@click.option(
    "--id-file",
    "file",
    type=click.File(encoding="utf-8"),
    help="Numbers as the raw files have them, one in each line (- for standard input).",
)
@click.option("--client", "kind", flag_value="client", help="The number is a client's.")
@click.option("--enrolment", "kind", flag_value="enrolment", help="Take out this one enrolment alone.")
@click.option("--practitioner", "kind", flag_value="practitioner", help="The number is a practitioner's.")
@click.option(
    "--on", type=click.DateTime(["%Y-%m-%d"]), help="Day of the withdrawal, as 2026-11-30 (default: today)."
)
@click.option("--check", is_flag=True, help="Say what holds the person, and change nothing.")
@click.option("--prove", is_flag=True, help="Search again for everybody who was taken out so far.")
def withdraw_command(cohort: str, keyed: tuple[str, ...], file: Any, kind: Any, **given: Any) -> None:
    """Take a person out of COHORT, make all results again, and search for what is left of them.

    The number of a client or an enrolment is typed when asked, and not shown: in the command it would stay in
    the history of the terminal. With a client go all enrolments. The results are removed first. Which
    releases held the person is told. Raw files are not changed: the person's rows are left out of what is
    read, and the command says where they still are.
    """
    from datetime import date

    from alliance_modes.running.checks import check_project
    from alliance_modes.running.withdrawal.command import look, withdraw
    from alliance_modes.running.withdrawal.people import Given

    check_project(Path())
    people = [Given(text, True, kind or "", "--id") for text in keyed]
    people += [Given(text, False, kind or "", place) for place, text in _numbers(file)]
    if not people and not given["prove"]:
        people = [Given(_unseen("Number of the person, as the raw files have it: "), False, kind or "")]
    if given["check"]:
        look(cohort, people, click.echo)
        return
    day = given["on"].date() if given["on"] else date.today()
    path = withdraw(cohort, people, day, click.echo, make)
    click.echo(f"nothing of them is left in the results; certificate: {path}")


def _numbers(file: Any) -> list[tuple[str, str]]:
    """The lines of a file of numbers that hold one, each with its place."""
    lines = enumerate(file or (), 1)
    return [(f"line {number} of {file.name}", line.strip()) for number, line in lines if line.strip()]


def _unseen(prompt: str) -> str:
    """One line that is typed and not shown; where nobody types, a line of standard input."""
    from getpass import getpass

    from alliance_modes.ground.errors import IdentityError

    try:
        return getpass(prompt).strip() if sys.stdin.isatty() else input().strip()
    except EOFError:
        raise IdentityError("no number was given\n    -> Type it when asked, or give --id-file.") from None

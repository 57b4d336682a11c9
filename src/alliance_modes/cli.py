"""``alliance-modes``: the command line. Everything it runs is a target of the workflow."""

from __future__ import annotations

import click

from alliance_modes import __version__
from alliance_modes.commands.before_data import (
    check_dictionary_command,
    design_command,
    protocol_command,
    pseudonyms_command,
    rehearse_command,
    survey_command,
)
from alliance_modes.commands.cohorts import (
    answer_command,
    check_command,
    new_cohort_command,
    simulate_command,
)
from alliance_modes.commands.group import Commands, examples
from alliance_modes.commands.handing_over import crate_command, release_command, withdraw_command
from alliance_modes.commands.pooling import pool_command, share_command
from alliance_modes.commands.publishing import diff_command, freeze_command, verify_command
from alliance_modes.commands.running import new_study_command, run_command, status_command

COMMANDS = (
    run_command,
    status_command,
    new_study_command,
    new_cohort_command,
    answer_command,
    check_command,
    simulate_command,
    release_command,
    share_command,
    pool_command,
    crate_command,
    withdraw_command,
    design_command,
    survey_command,
    check_dictionary_command,
    pseudonyms_command,
    protocol_command,
    rehearse_command,
    verify_command,
    freeze_command,
    diff_command,
)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples(
        "alliance-modes new-cohort north ~/exports/2024/ --ask",
        "alliance-modes check north",
        "alliance-modes run north --open",
    ),
)
@click.version_option(__version__, prog_name="alliance-modes")
def main() -> None:
    """From questionnaire and programme data to estimates and a report.

    Run the commands in the folder of a study or of the project, the one that holds the Snakefile;
    new-study makes one.
    """


for command in COMMANDS:
    main.add_command(command)

if __name__ == "__main__":
    main()

"""What all commands share: one message for a person where something is wrong, and examples."""

from __future__ import annotations

import sys
from typing import Any

import click

from alliance_modes.ground.errors import AllianceModesError
from alliance_modes.ground.machine import machine_problem, not_there


class Commands(click.Group):
    """Commands whose errors are one message for a person and exit status 1."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command; show what a person can mend, whole and once."""
        try:
            return super().invoke(context)
        except AllianceModesError as error:
            click.echo(f"alliance-modes: {error}", err=True)
            sys.exit(1)
        except (OSError, MemoryError) as error:
            told = machine_problem(error) or (not_there(error) if isinstance(error, OSError) else "")
            if not told:
                raise
            click.echo(f"alliance-modes: {told}", err=True)
            sys.exit(1)
        except KeyboardInterrupt:
            click.echo("\nstopped; the same command goes on from here", err=True)
            sys.exit(130)


def examples(*lines: str) -> str:
    """The end of a command's help."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])

"""Which losses are small, agreed to, or have to be put right before anything is analysed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alliance_modes.cohort import Agreement
from alliance_modes.ground.errors import CohortError, Problem, shown
from alliance_modes.ground.yaml_models import Closed
from alliance_modes.intake.loss import LATE, Loss
from alliance_modes.plan.plan import Exposure, Losses

if TYPE_CHECKING:
    import pandas as pd

    from alliance_modes.cleaning.clean import Cleaned

NAMES = {
    "set_missing": "cells",
    "unread": "cells",
    "filled_in_day": "cells",
    "one_day": "cells",
    "long_ago": "cells",
    "before_referral": "cells",
    "unlinked": "ids",
    LATE: "practitioners surveyed",
}
"""What is counted where it is not rows."""

PLANNED = "careless"
"""What the plan itself leaves out is agreed to by the plan, short of everything."""

MEND = {
    "orphan": "Correct the ids so that both files name an enrolment the same way, or add the missing file",
    "repeat": "Say what tells the records apart (session_no, rater, wave), or remove those that do not count",
    "whole_file": "Say what tells this file from the others of its table, or leave it out of cohort.yaml",
    "missing_key": "Fill in the ids or session numbers",
    "unlinked": "Write the ids the same way in both files",
    "unread": "Map the column",
    "set_missing": "Correct the values in the source system, or the declared date formats",
    "filled_in_day": "Declare the day under missing of the column, as the file writes it, with its reason",
    "one_day": "Look whether it is the day of an export or a default, and declare it under missing",
    "long_ago": "Look whether these are other days (births, say) or years of two digits",
    "before_referral": "Correct the days, or the order of day and month under date_formats",
    LATE: "Correct dates that are wrong, and never one that is right",
    "duplicate": "Remove the second copy of the rows",
}
"""What can be done instead of agreeing."""

NEVER_SMALL = ("filled_in_day", "one_day")
"""What needs an agreement however few it is of."""


class LossRules(Closed):
    """What a run may lose: the plan's limits, what the cohort agrees to, and which surveys count."""

    limits: Losses
    accepted: tuple[Agreement, ...] = ()
    exposure: Exposure = Exposure()


@dataclass(frozen=True)
class Judged:
    """The losses of a cohort: those that need no word, those agreed to, and what stands in the way."""

    small: tuple[Loss, ...]
    agreed: tuple[tuple[Loss, Agreement], ...]
    problems: tuple[Problem, ...]


def judge(losses: Sequence[Loss], limits: Losses, accepted: Sequence[Agreement]) -> Judged:
    """Hold every loss against the plan's limits and the cohort's agreements.

    Parameters
    ----------
    losses : sequence of Loss
        From ``losses_of``.
    limits : Losses
        Of the plan: shares above which a loss needs an agreement.
    accepted : sequence of Agreement
        Of ``cohort.yaml``.

    Returns
    -------
    Judged
        A loss of all there is needs an agreement at any limit, one without rows never. An agreement to
        another number than is lost, or to a loss that there is none of, is a problem: what was
        agreed to is not what happens.
    """
    agreements = {_key(agreement): agreement for agreement in accepted}
    small, agreed, problems = [], [], []
    met = set()
    for loss in losses:
        agreement = agreements.get((loss.table, loss.reason, loss.column, loss.file))
        if agreement is not None:
            met.add(_key(agreement))
            if agreement.rows == loss.count:
                agreed.append((loss, agreement))
            else:
                problems.append(_void(loss, agreement))
        elif loss.whole or loss.share > _limit(loss, limits):
            problems.append(_unagreed(loss))
        else:
            small.append(loss)
    problems += _idle(agreement for key, agreement in agreements.items() if key not in met)
    return Judged(tuple(small), tuple(agreed), tuple(problems))


def require_agreement(
    cohort: str,
    tables: Mapping[str, pd.DataFrame],
    cleaned: Cleaned,
    sources: Mapping[str, Any],
    rules: Mapping[str, Any],
) -> None:
    """Stop a run that would lose more than is small or agreed to.

    Parameters
    ----------
    cohort : str
        Its name.
    tables : mapping of DataFrame
        The typed tables of ingest, by canonical name.
    cleaned, sources
        As for ``losses_of``.
    rules : mapping
        ``LossRules`` as plain values.

    Raises
    ------
    CohortError
        Every loss that is neither small nor agreed to, and every agreement that does not hold.
    """
    from alliance_modes.ground.compact_table import compact
    from alliance_modes.intake.losses import losses_of

    said = LossRules.model_validate(rules)
    read = {name: compact(table) for name, table in tables.items()}
    judged = judge(losses_of(read, cleaned, sources, said.exposure), said.limits, said.accepted)
    if judged.problems:
        raise CohortError(f"cohort {cohort}", judged.problems)


def _key(agreement: Agreement) -> tuple[str, str, str, str]:
    return agreement.table, agreement.reason, agreement.column, agreement.file


def _limit(loss: Loss, limits: Losses) -> float:
    if loss.reason == PLANNED:
        return 1.0
    if loss.reason in NEVER_SMALL:
        return 0.0
    if loss.reason in ("unlinked", LATE):
        return limits.links if loss.reason == "unlinked" else limits.surveys
    return limits.cells if loss.reason in NAMES else limits.rows


def counted(loss: Loss) -> str:
    """``32 of 96 rows (33 %)``."""
    thing = NAMES.get(loss.reason, "rows")
    return f"{loss.count:,} of {loss.of:,} {thing} ({loss.share:.0%})"


def agreement_line(loss: Loss) -> str:
    """The line of ``cohort.yaml`` that would agree to a loss."""
    parts = [f"table: {loss.table}", f"reason: {loss.reason}"]
    parts += [f'{name}: "{value}"' for name, value in (("column", loss.column), ("file", loss.file)) if value]
    return f"{{{', '.join([*parts, f'rows: {loss.count}', 'why: …'])}}}"


def _unagreed(loss: Loss) -> Problem:
    mend = MEND.get(loss.reason, "Put the data right")
    mend = f"{loss.offer} {mend}" if loss.offer else mend
    hint = f"{mend}; or, if this is as it should be, agree to it under accepted: {agreement_line(loss)}"
    return Problem(f"{counted(loss)} {loss.said}", hint, file=loss.file, table=loss.table, column=loss.column)


def _void(loss: Loss, agreement: Agreement) -> Problem:
    message = f"{counted(loss)} {loss.said}; agreed to were {agreement.rows:,}, so the agreement is void"
    reason = shown(agreement.why)
    hint = f'Look at what has changed ("{reason}" was the reason), then agree to {loss.count} or mend it.'
    return Problem(message, hint, file=loss.file, table=loss.table, column=loss.column)


def _idle(agreements: Iterator[Agreement]) -> list[Problem]:
    return [
        Problem(
            f"accepted names a loss that there is not: {agreement.table}, {agreement.reason}"
            + (f", {agreement.column}" if agreement.column else ""),
            "Remove it: the report would tell of a loss that did not happen.",
            file="cohort.yaml",
            table=agreement.table,
        )
        for agreement in agreements
    ]

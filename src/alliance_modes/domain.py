"""What the field itself fixes: modes, components, raters, ends, needs, and when a claim is made.

Nothing here is a choice of one study; what a study may choose is in its plan.
"""

from __future__ import annotations

from typing import Literal, get_args

MODES = ("educative", "engagement", "therapeutic")
"""Modes of practice in offending behaviour programmes (Kozar & Day 2017)."""

FREQUENCY = (1.0, 5.0)
"""Least and largest use of a mode: never and always."""

ENGAGEMENT = (1.0, 5.0)
"""Least and largest rating of engagement in a session."""

COMPONENTS = ("goal", "task", "bond")
"""Parts of the working alliance (Bordin 1979)."""

Rater = Literal["client", "practitioner", "observer"]
RATERS: tuple[Rater, ...] = get_args(Rater)
"""Who rates an alliance (Horvath & Greenberg 1989: one form for each)."""

Source = Literal["client", "practitioner", "observer", "records"]
"""Who tells an outcome: somebody who rates it, or what the programme records about everybody alike."""

DROP_OUT = "dropped_out"
EARLY_ENDS = (DROP_OUT, "removed", "administrative")
"""Ends before the last session, as competing events."""

STARTED_ENDS = ("completed", *EARLY_ENDS)
"""Ends of somebody who started and whose end is known."""

NEEDS = ("literacy", "cognitive", "mental_health", "anti_authoritarian", "entitlement", "interpersonal")
"""Responsivity needs; their columns are ``need_<name>``."""

NEED_COLUMNS = tuple(f"need_{need}" for need in NEEDS)

PRACTITIONERS_FOR_A_CLAIM = 25
"""Below these no primary claim is made: tests of practitioner-level effects are too often chance there.

With 15 practitioners Laplace z tests of a logistic model reject 10.8 % of true nulls at 5 %, with 40
still 6.8 %; the rule in use holds 5 % at 40 and 4 to 6 % at 15 (docs/why/few-practitioners.md).
"""

ALPHA = 0.05
"""Two-sided level of every test, and one minus the coverage of every interval."""

LossReason = Literal[
    "missing_key",
    "duplicate",
    "orphan",
    "unanswered",
    "repeat",
    "careless",
    "whole_file",
    "set_missing",
    "unlinked",
    "unread",
    "filled_in_day",
    "one_day",
    "long_ago",
    "before_referral",
    "surveyed_late",
]
"""Why rows, cells or ids are lost between the raw files and the analysis.

``whole_file``: every row of a file is left out, for whatever reasons. ``set_missing``: a value that
cannot be (an end before the start). ``unlinked``: an id that meets none of another table.
``unread``: a column whose name is known and that is not mapped.
Of dates, whose cells are kept: ``filled_in_day``, a day that programs write where they have none;
``one_day``, the same day in most rows; ``long_ago``, 15 years before the others; ``before_referral``.
Of practitioners: ``surveyed_late``, no survey that is known to precede their first enrolment.
The others are those of cleaning.
"""

"""The record of a release for an output checker, in the form that ACRO writes and its viewer opens.

Held to acro 1.0.2 and sacroviewer 0.2.1 (``benchmarks/acro.sh``). Two are written: one in the release folder,
of what anybody may know, and one beside the counts behind it, which stays inside and says of every withheld
cell why. The viewer reads them in the encoding of its machine, so that both are ASCII.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from alliance_modes.disclosure.means import MeanTable
from alliance_modes.disclosure.protect import Reason
from alliance_modes.disclosure.said import rounding_said
from alliance_modes.release.contents import Counts, Document, Numbers, Part, Release, file_name

Record = dict[str, Any]
Said = Callable[[Reason], str]

VERSION = "1.0.2"
"""The version of ACRO whose form the record has."""

CHECK_OF_REASON: Mapping[Reason, str] = MappingProxyType(
    {
        "primary": "MinimumThresholdCheck",
        "zero": "PresenceOfZeroCheck",
        "full": "FullCellCheck",
        "secondary": "PresenceOfLinkedTableCheck",
    }
)
WITHHELD = "Withheld"
"""The one check of the record that leaves: which cells are small and which protect them is not public."""

RISKS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = MappingProxyType(
    {
        "Frequencies": (
            ("ClassDisclosure", "Differencing", "LowCount"),
            ("PresenceOfZeroCheck", "PresenceOfLinkedTableCheck", "MinimumThresholdCheck"),
        ),
        "LinearAggregations": (
            ("Dominance", "Differencing", "LowCount"),
            ("NKCheck", "PPercentCheck", "PresenceOfLinkedTableCheck", "MinimumThresholdCheck"),
        ),
        "CorrelationCoefficients": (("LowDOF",), ("MinimumDoFCheck",)),
        "HazardSurvivalTables": (("ImplicitTables", "LowDOF"), ("StatbarnDataCheck", "MinimumDoFCheck")),
    }
)
"""By class of output, as ACRO has it: what can go wrong, and what is checked."""

OF_NUMBERS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "estimates": ("regression", "CorrelationCoefficients"),
        "survival": ("survival plot", "HazardSurvivalTables"),
    }
)
WHY = (
    "Counts below {threshold}, zero, and all but fewer than {threshold} are withheld, and so are those from "
    "which one of them could be worked out. The others {rounding}."
)


def config(release: Release) -> Record:
    """The limits of a release under the names that ACRO gives them."""
    rules = release.released.rules
    return {
        "safe_threshold": rules.threshold,
        "safe_dof_threshold": rules.residual_df,
        "safe_nk_n": 2,
        "safe_nk_k": rules.dominance,
        "safe_pratio_p": rules.p_ratio,
        "survival_safe_threshold": rules.threshold,
        "safe_round_base": rules.base,
        "zeros_are_disclosive": True,
        "blocked_extensions": [".svg", ".gph"],
        "suppress": True,
    }


def public_record(release: Release, others: Mapping[str, str]) -> Record:
    """The record that lies in the release folder; ``others`` are further files and what they are."""
    outputs = [_public_counts(table, release) for table in release.counts]
    outputs += [_public_means(table, release) for table in release.averaged]
    outputs += [_public_part(part, release) for part in release.parts]
    outputs += [_output(release, name, "custom", "review", "review", what) for name, what in others.items()]
    return _record(outputs)


def inner_record(release: Release) -> Record:
    """The record beside the counts, with the reason for each cell that is withheld."""
    outputs = [_inner_counts(table, release) for table in release.counts]
    outputs += [_inner_means(table, release) for table in release.averaged]
    outputs += [_inner_numbers(part, release) for part in release.parts if isinstance(part, Numbers)]
    return _record(outputs)


def as_json(record: Record) -> bytes:
    """A record as it is written."""
    return (json.dumps(record, indent=1, ensure_ascii=True, allow_nan=False) + "\n").encode("ascii")


def why(release: Release) -> str:
    """Why a count of a release is withheld, in words that are true of every one."""
    rules = release.released.rules
    return WHY.format(threshold=rules.threshold, rounding=rounding_said(rules))


def cells_by(table: Counts, said: Said) -> dict[str, list[list[int]]]:
    """Places (row, column) of the cells that are withheld, by what is said of the reason."""
    found: dict[str, list[list[int]]] = {}
    for row, of_row in enumerate(table.reasons):
        for column, reason in enumerate(of_row):
            if reason:
                found.setdefault(said(reason), []).append([row, column])
    return dict(sorted(found.items()))


def _record(outputs: Iterable[Record]) -> Record:
    tool = {"@type": "SoftwareApplication", "name": "Alliance Modes"}
    return {"version": VERSION, "tool": tool, "results": {one["uid"]: one for one in outputs}}


def _output(
    release: Release, name: str, kind: str, status: str, summary: str, what: str, **more: Any
) -> Record:
    made = {
        "uid": name,
        "status": status,
        "type": kind,
        "properties": {},
        "files": [{"name": name, "sdc": {}}],
        "outcome": {},
        "command": f"alliance-modes run {release.cohort}",
        "summary": summary,
        "timestamp": f"{release.data_lock}T00:00:00",
        "comments": [what],
        "exception": "",
        "fair": {},
    }
    return made | more


def _of_counts(table: Counts, said: Said, mitigation: str, ended: str) -> Record:
    """What is said of a table of counts, once it is known how a reason is told."""
    cells = cells_by(table, said)
    flagged = {check: len(places) for check, places in cells.items()}
    return {
        "properties": {"method": "crosstab", "mitigation": mitigation},
        "files": [{"name": f"{table.shown.name}.csv", "sdc": {"summary": flagged, "cells": cells}}],
        "outcome": {
            column: {
                row: f"{said(reason)}; " if (reason := table.reasons[place][beside]) else "ok"
                for place, row in enumerate(table.counted.rows)
            }
            for beside, column in enumerate(table.counted.columns)
        },
        "fair": _fair("Frequencies", ended, table.counted.population),
    }


def _public_counts(table: Counts, release: Release) -> Record:
    count, total = withheld_cells(table)
    return _output(
        release,
        f"{table.shown.name}.csv",
        "table",
        "pass",
        f"pass; {count} of {total} cells are withheld. {why(release)}",
        table.shown.caption,
        **_of_counts(table, lambda _: WITHHELD, "suppress, round", "pass"),
        exception="Withheld where needed" if count else "",
    )


def _inner_counts(table: Counts, release: Release) -> Record:
    count, total = withheld_cells(table)
    return _output(
        release,
        f"{table.shown.name}.csv",
        "table",
        "fail" if count else "pass",
        f"the counts as they are, which stay inside; {count} of {total} cells are withheld outside",
        f"DO NOT RELEASE. {table.shown.caption}",
        **_of_counts(table, CHECK_OF_REASON.__getitem__, "none", "fail" if count else "pass"),
    )


def withheld_cells(table: Counts) -> tuple[int, int]:
    """How many cells of a table are withheld, and how many it has."""
    reasons = [reason for row in table.reasons for reason in row]
    return sum(reason is not None for reason in reasons), len(reasons)


def _public_means(table: MeanTable, release: Release) -> Record:
    shown = release.released.means[table.name].means
    withheld = [[row, column] for row, one in enumerate(shown) if one.mean is None for column in range(3)]
    sdc = {"summary": {WITHHELD: len(withheld)}, "cells": {WITHHELD: withheld} if withheld else {}}
    rows = len(withheld) // 3
    return _output(
        release,
        f"{table.name}.csv",
        "table",
        "pass",
        f"pass; {rows} of {len(shown)} means are withheld: of few people, or of a sum that few make up",
        table.caption,
        properties={"method": "mean", "mitigation": "suppress, round"},
        files=[{"name": f"{table.name}.csv", "sdc": sdc}],
        fair=_fair("LinearAggregations", "pass", table.population),
    )


def _inner_means(table: MeanTable, release: Release) -> Record:
    return _output(
        release,
        f"{table.name}.csv",
        "table",
        "review",
        "the means as they are and what they are of, which stay inside",
        f"DO NOT RELEASE. {table.caption}",
        properties={"method": "mean", "mitigation": "none"},
        fair=_fair("LinearAggregations", "review", table.population),
    )


def _public_part(part: Part, release: Release) -> Record:
    name = file_name(part)
    if isinstance(part, Numbers):
        rules, (kind, statbarn) = release.released.rules, OF_NUMBERS[part.kind]
        summary = f"MinimumDoFCheck: pass; every row has at least {rules.residual_df} residual df"
        return _output(
            release, name, kind, "pass", summary, part.what, fair=_fair(statbarn, "pass", "unknown")
        )
    return _output(
        release,
        name,
        "custom",
        "review",
        f"review; {SEARCHED if isinstance(part, Document) else DRAWN}",
        f"{part.what}. Counts behind it: {_named(part.tables, release, '')}.",
    )


SEARCHED = (
    "searched for ids, for places of machines and for numbers of people that are not released; none is in it"
)
DRAWN = "a raster picture, drawn of released numbers alone"


def _inner_numbers(part: Numbers, release: Release) -> Record:
    kind, statbarn = OF_NUMBERS[part.kind]
    return _output(
        release,
        file_name(part),
        kind,
        "pass",
        "residual degrees of freedom and units behind each row, which stay inside",
        f"DO NOT RELEASE. {part.what}",
        fair=_fair(statbarn, "pass", "unknown"),
    )


def _fair(statbarn: str, ended: str, dependent: str) -> Record:
    risks, checks = RISKS[statbarn]
    return {
        "context": "https://w3id.org/statbarnsdc#",
        "statbarn": statbarn,
        "risks": list(risks),
        "checks_needed": list(checks),
        "common_mitigations": ["Rounding", "Suppression"],
        "check_status": dict.fromkeys(checks, ended),
        "dependent": dependent,
        "independent": [],
    }


def listed(release: Release, others: Mapping[str, str]) -> list[dict[str, str]]:
    """What each file is, for somebody without the viewer: the rows of ``outputs.csv``."""
    rows = [_listed_counts(table, release) for table in release.counts]
    rows += [
        _row(f"{table.name}.csv", table.caption, [table.name], _withheld_means(table, release), release)
        for table in release.averaged
    ]
    tables = {table.counted.name: table for table in release.counts}
    for part in release.parts:
        behind = [part.name] if isinstance(part, Numbers) else list(part.tables)
        counts = [withheld_cells(tables[name]) for name in behind if name in tables]
        rows.append(_row(file_name(part), part.what, behind, _sum(counts), release))
    return rows + [_row(name, what, [], (0, 0), release) for name, what in others.items()]


def _listed_counts(table: Counts, release: Release) -> dict[str, str]:
    name = table.counted.name
    return _row(f"{name}.csv", table.shown.caption, [name], withheld_cells(table), release)


def _withheld_means(table: MeanTable, release: Release) -> tuple[int, int]:
    shown = release.released.means[table.name].means
    return sum(one.mean is None for one in shown), len(shown)


def _sum(counts: list[tuple[int, int]]) -> tuple[int, int]:
    return sum(count for count, _ in counts), sum(total for _, total in counts)


def _named(tables: Sequence[str], release: Release, folder: str) -> str:
    """The files of the tables behind something, each named unless they are all."""
    if len(tables) > 1 and {*tables} == {*all_tables(release)}:
        return f"every table of {folder or 'the release'}"
    return "; ".join(f"{folder}{name}.csv" for name in tables) or "none"


def all_tables(release: Release) -> list[str]:
    """Names of all tables of counts and means of a release."""
    return [table.name for table in release.counted] + [table.name for table in release.averaged]


def _row(
    file: str, what: str, behind: list[str], withheld: tuple[int, int], release: Release
) -> dict[str, str]:
    count, total = withheld
    return {
        "file": file,
        "what it is": what,
        "behind it (stays inside)": _named(behind, release, "internal/release_record/") if behind else "",
        "withheld": f"{count} of {total}" if total else "",
        "why": why(release) if count else "",
    }

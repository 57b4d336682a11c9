"""The programme reports of the internal edition as documents: of the cohort, its programmes and sites."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from alliance_modes.reports.facts.facts import internal_facts
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.programme.report import made_of, programme_report


def internal_reports(inputs: ReportInputs) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Each document with its path below ``reports/<cohort>/internal/``.

    ``report.html``, ``.docx`` and ``.pdf`` are of the cohort; the same of each programme and site in which
    enough people started are ``parts/programme_<name>`` and ``parts/site_<name>``.
    """
    whole = internal_facts(inputs)
    scopes = (whole.scope, *whole.with_report)
    reports = [programme_report(replace(whole, scope=scope)) for scope in scopes]
    for scope, (_, made) in zip(scopes, made_of(reports), strict=True):
        path = PurePosixPath("report") if scope == whole.scope else PurePosixPath("parts", scope.file)
        for suffix, content in made.items():
            yield path.with_name(f"{path.name}.{suffix}"), content

"""The document of a protocol in three formats."""

from __future__ import annotations

from alliance_modes.plan.plan import Plan
from alliance_modes.plan.protocol import Protocol
from alliance_modes.reports.page.documents import documents
from alliance_modes.reports.page.render import environment
from alliance_modes.reports.protocol.models import LEAD, models_told
from alliance_modes.reports.protocol.words import (
    design_said,
    design_table,
    disclosure_said,
    exposure_said,
    instruments_table,
    missing_said,
    predictors_table,
    sensitivity_said,
    software_said,
    tests_said,
    written_said,
)

KIND = "Protocol, with its analysis plan"


def protocol_documents(protocol: Protocol, plan: Plan) -> dict[str, bytes]:
    """The protocol by format: ``html``, ``docx``, ``pdf``.

    Parameters
    ----------
    protocol : Protocol
        With its digest.
    plan : Plan
        The plan that it holds.
    """
    text = (
        environment()
        .get_template("protocol/page.md.j2")
        .render(
            pictures={},
            protocol=protocol,
            written=written_said(protocol),
            lead=LEAD,
            models=models_told(plan),
            tests=list(tests_said(protocol, plan)),
            exposure=exposure_said(plan),
            predictors=predictors_table(plan),
            missing=list(missing_said(plan)),
            sensitivity=list(sensitivity_said(plan)),
            size=list(design_said(protocol)),
            design=design_table(protocol, plan),
            instruments=instruments_table(protocol),
            disclosure=list(disclosure_said(plan)),
            software=list(software_said(protocol)),
        )
    )
    return documents(text, protocol.title, KIND, {}, foot=f"{protocol.title} · {protocol.sha256[:12]}")

"""Abbreviations that tables use, and what stands below a table that uses one."""

from __future__ import annotations

import re
from collections.abc import Iterable

ABBREVIATIONS = {
    "SD": "standard deviation",
    "SE": "standard error",
    "df": "degrees of freedom",
    "ICC": "intraclass correlation",
    "SEM": "standard error of measurement",
    "SDC": "smallest detectable change",
    "CFI": "comparative fit index",
    "TLI": "Tucker–Lewis index",
    "RMSEA": "root mean square error of approximation",
    "SRMR": "standardised root mean square residual",
}


def explained(texts: Iterable[str], note: str) -> str:
    """What the abbreviations in these texts stand for, but those that the note explains; blank for none."""
    words = {word for text in texts for word in re.findall(r"[A-Za-z]+", text)}
    told = [
        f"{short}: {full}"
        for short, full in ABBREVIATIONS.items()
        if short in words and not re.search(rf"\b{short}:|{full}", note)
    ]
    return f"{'; '.join(told)}." if told else ""

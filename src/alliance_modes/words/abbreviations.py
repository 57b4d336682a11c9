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

WORD = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]+(?![A-Za-z0-9])")


def explained(texts: Iterable[str], note: str) -> str:
    """What the abbreviations in these texts stand for, but those that the note explains; blank for none.

    Letters beside a digit are no word: a digest holds many.
    """
    words = {word for text in texts for word in WORD.findall(text)}
    told = [
        f"{short}: {full}"
        for short, full in ABBREVIATIONS.items()
        if short in words and not re.search(rf"\b{short}:|{full}", note)
    ]
    return f"{'; '.join(told)}." if told else ""

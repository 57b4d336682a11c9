"""The table of the cases in ``docs/new-cohort.md``; ``python tests/field/cases_page.py`` writes it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from field_cases import CASES

PAGE = Path(__file__).resolve().parents[2] / "docs/new-cohort.md"
START, END = "<!-- cases: from tests/field/cases.yaml -->\n", "<!-- end of cases -->\n"
ENDINGS = {
    "right": "read, nothing to answer",
    "asked": "asked; `check` refuses until it is answered",
    "refused": "refused, with what to do",
}


def table() -> str:
    """One row per case, those that are read first."""
    counts = Counter(case.outcome for case in CASES)
    said = ", ".join(f"{counts[outcome]} {outcome}" for outcome in ENDINGS)
    lines = [f"{len(CASES)} cases: {said}.", "", "| what you have | what comes of it |", "|---|---|"]
    for outcome, ending in ENDINGS.items():
        here = [case for case in CASES if case.outcome == outcome]
        lines += [f"| {case.person} | {'**not yet**: ' if case.lacks else ''}{ending} |" for case in here]
    return "\n".join(lines) + "\n"


def page_with(text: str) -> str:
    """The page with the table as it is now."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}{table()}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page_with(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

"""A small cohort as it truly is: the tables that every case of ``tests/field`` is an export of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

ITEMS = tuple(f"wai_{item}" for item in range(1, 13))
FORM_SESSIONS = (2, 5)
SESSIONS = 6
PEOPLE = 36
WORKERS = 6
WORDS = {1: "Seldom", 2: "Sometimes", 3: "Fairly often", 4: "Very often", 5: "Always"}
Numbers = dict[str, object]
OF_SESSIONS = ("sessions", "attended")


@dataclass(frozen=True)
class Truth:
    """Enrolments, client forms (WAI-SR, 1 to 5) and sessions, as the canonical tables have them."""

    enrolments: pd.DataFrame
    forms: pd.DataFrame
    sessions: pd.DataFrame

    @property
    def occasions(self) -> tuple[int, int]:
        """The sessions after which the forms were filled in."""
        first, second = sorted(set(self.forms["session_no"]))
        return int(first), int(second)

    def numbers(self) -> Numbers:
        """What a run of the untouched tables ends with."""
        started = self.enrolments["started_on"]
        return {
            "enrolments": len(self.enrolments),
            "completed": int((self.enrolments["status"] == "completed").sum()),
            "started": (started.min(), started.max(), len(started)),
            "age": round(float(self.enrolments["age_years"].mean()), 6),
            "mandated": int(self.enrolments["mandated"].sum()),
            "forms": len(self.forms),
            "occasions": self.occasions,
            "answer": round(float(self.forms[list(ITEMS)].to_numpy().mean()), 6),
            "sessions": len(self.sessions),
            "attended": int(self.sessions["attended"].sum()),
        }


Make = Callable[[Path, Truth], None]
Differs = Callable[[Truth], object]


@dataclass(frozen=True)
class Case:
    """One way in which an export differs from the tidy tables, and what has to come of it.

    Parameters
    ----------
    name : str
        As ``../shared/field`` calls the same kind of export.
    person : str
        What the person has, in a few words.
    outcome : str
        ``right`` (nothing has to be answered), ``asked`` (``check`` refuses until it is answered), or
        ``refused`` (with what to do instead).
    make : callable
        Writes the export of a truth into a folder.
    says : str
        A pattern that the question or the refusal has to match.
    answers : sequence of (pattern, answer)
        The answer to every open value whose key and question match; the first that does counts.
        ``{first}`` and ``{second}`` stand for the sessions of the two forms.
    then : sequence of (pattern, replacement)
        What the person writes into ``cohort.yaml`` besides, because ``check`` said so.
    differs : mapping of str to callable
        Numbers that are not those of the untouched tables, from the truth.
    without : sequence of str
        Numbers that the export does not hold.
    sessions : bool
        Whether it holds rows of sessions.
    other : sequence of str
        Numbers in which the export that was handed over differs from the tables handed over.
    handed : str
        The outcome of the export that was handed over, where it is another.
    lacks : str
        What has not been built yet.
    """

    name: str
    person: str
    outcome: str
    make: Make
    says: str = ""
    answers: Sequence[tuple[str, str]] = ()
    then: Sequence[tuple[str, str]] = ()
    differs: Mapping[str, Differs] = field(default_factory=dict)
    without: Sequence[str] = ()
    sessions: bool = False
    other: Sequence[str] = ()
    handed: str = ""
    lacks: str = ""

    def expected(self, truth: Truth) -> Numbers:
        """The numbers that a run of this export has to end with."""
        numbers = truth.numbers() | {name: of(truth) for name, of in self.differs.items()}
        without = {*self.without, *(() if self.sessions else OF_SESSIONS)}
        return {name: value for name, value in numbers.items() if name not in without}


def small_truth() -> Truth:
    """The simulated cohort: 36 people, six workers, two forms and six sessions each."""
    draw = np.random.default_rng(20240519)
    enrolments, forms, sessions = [], [], []
    for number in range(1, PEOPLE + 1):
        person = f"N{number:03}"
        start = date(2024, 1, 8) + timedelta(days=int(draw.integers(0, 170)))
        enrolments.append(
            {
                "enrolment_id": person,
                "practitioner_id": f"S{1 + number % WORKERS:02}",
                "group_id": f"G{1 + number % 4:02}",
                "setting": "custody" if draw.random() < 0.4 else "community",
                "started_on": start.isoformat(),
                "ended_on": (start + timedelta(days=int(draw.integers(45, 90)))).isoformat(),
                "sessions_planned": SESSIONS,
                "status": str(draw.choice(["completed", "dropped_out", "removed"], p=[0.6, 0.25, 0.15])),
                "mandated": int(draw.random() < 0.55),
                "age_years": int(draw.integers(21, 60)),
                "risk_score": int(draw.integers(5, 95)),
            }
        )
        leaning = draw.normal(3.6, 0.6)
        for session in FORM_SESSIONS:
            answers = np.clip(np.rint(draw.normal(leaning, 0.9, len(ITEMS))), 1, 5).astype(int)
            forms.append(
                {
                    "enrolment_id": person,
                    "session_no": session,
                    **dict(zip(ITEMS, answers.tolist(), strict=True)),
                }
            )
        for session in range(1, SESSIONS + 1):
            sessions.append(
                {
                    "enrolment_id": person,
                    "session_no": session,
                    "held_on": (start + timedelta(days=7 * (session - 1))).isoformat(),
                    "attended": int(draw.random() < 0.8),
                }
            )
    return Truth(pd.DataFrame(enrolments), pd.DataFrame(forms), pd.DataFrame(sessions))


def handed_truth(folder: Path) -> Truth:
    """The tidy tables from which cases that were handed over were made."""
    read = {
        name: pd.read_csv(folder / f"{name}.csv") for name in ("enrolments", "alliance_client", "sessions")
    }
    return Truth(read["enrolments"], read["alliance_client"], read["sessions"])

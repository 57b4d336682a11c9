"""Three exports of simulated people, as a programme's offices would send them, for docs/tutorial.md.

Run in the project's folder: ``.venv/bin/python docs/tutorial/exports.py exports``
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pyreadstat

from alliance_modes.domain import MODES, NEEDS
from alliance_modes.simulate import load_truth, simulate_tables

TRUTH = Path("data/raw/demo_2024/truth.yaml")
PRACTITIONERS, ENROLMENTS, SEED = 30, 300, 7
DAY = "%d.%m.%Y"
OUTCOMES = {
    "not_started": "never came",
    "completed": "completed",
    "dropped_out": "dropped out",
    "removed": "removed",
    "administrative": "transferred",
    "ongoing": "ongoing",
}
FIRST_NAMES = ("Ari", "Bela", "Chris", "Dana", "Eden", "Finn", "Gale", "Hollis")
LAST_NAMES = ("Ashdown", "Birkett", "Calloway", "Denholm", "Eastlake", "Farrow", "Greaves")


def main(folder: Path) -> None:
    """Write the three files into ``folder``, which is made where it is missing."""
    truth = load_truth(TRUTH).with_size(ENROLMENTS, practitioners=PRACTITIONERS).with_seed(SEED)
    tables = simulate_tables(truth).tables
    folder.mkdir(parents=True, exist_ok=True)
    _enrolments(tables["enrolments"]).to_csv(folder / "enrolments.csv", sep=";", index=False)
    with pd.ExcelWriter(folder / "programme.xlsx") as workbook:
        _survey(tables["practitioner_survey"]).to_excel(workbook, sheet_name="Staff survey", index=False)
        _sessions(tables["sessions"]).to_excel(workbook, sheet_name="Sessions", index=False)
    alliance = tables["alliance"]
    _write_alliance(alliance[alliance["rater"].eq("client")], folder / "alliance_client.sav")


def _enrolments(table: pd.DataFrame) -> pd.DataFrame:
    """One row per enrolment; dates day first, categories in words, and a name that nobody needs."""
    numbers = range(len(table))
    columns = {
        "Case no": table["enrolment_id"],
        "Full name": [f"{FIRST_NAMES[k % 8]} {LAST_NAMES[k % 7]}" for k in numbers],
        "Programme": table["programme_id"],
        "Group": table["group_id"],
        "Site": table["site_id"],
        "Facilitator": table["practitioner_id"],
        "Setting": table["setting"],
        "Referral date": table["referred_on"].dt.strftime(DAY),
        "Start date": table["started_on"].dt.strftime(DAY),
        "End date": table["ended_on"].dt.strftime(DAY),
        "Planned sessions": table["sessions_planned"],
        "Outcome": table["status"].map(OUTCOMES),
        "Mandated": table["mandated"].map({True: "yes", False: "no"}),
        "Age": table["age_years"],
        "Risk score": table["risk_score"],
        "Prior convictions": table["prior_convictions"],
        "Readiness": table["readiness"],
    }
    needs = {
        f"Need {need.replace('_', ' ')}": table[f"need_{need}"].map({True: 1, False: 0}) for need in NEEDS
    }
    return pd.DataFrame({**columns, **needs})


def _survey(table: pd.DataFrame) -> pd.DataFrame:
    """One row per practitioner and wave."""
    columns = {
        "Facilitator": table["practitioner_id"],
        "Wave": table["wave"],
        "Date": table["completed_on"],
        "Time educative": table["time_educative"],
        "Time engagement": table["time_engagement"],
        "Time therapeutic": table["time_therapeutic"],
    }
    items = {f"mop_{item}": table[f"modes_of_practice_{item}"] for item in range(1, 19)}
    return pd.DataFrame({**columns, **items})


def _sessions(table: pd.DataFrame) -> pd.DataFrame:
    """One row per enrolment and session."""
    columns = {
        "Case no": table["enrolment_id"],
        "Session": table["session_no"],
        "Date": table["held_on"],
        "Attended": table["attended"].map({True: "yes", False: "no"}),
        "Rupture": table["rupture"],
        "Repaired": table["rupture_resolved"].map({True: "yes", False: "no"}),
    }
    columns |= {f"Use {mode}": table[f"use_{mode}"] for mode in MODES}
    items = {f"eng{item}": table[f"session_engagement_{item}"] for item in range(1, 6)}
    return pd.DataFrame({**columns, **items})


def _write_alliance(table: pd.DataFrame, path: Path) -> None:
    """One row per inventory; -99 is declared missing in the file, with its reason."""
    columns = {"case": table["enrolment_id"], "session": table["session_no"].astype("float64")}
    items = {f"wai_{item}": table[f"item_{item}"].fillna(-99) for item in range(1, 13)}
    exported = pd.DataFrame({**columns, **items})
    pyreadstat.write_sav(
        exported,
        path,
        missing_ranges={name: [-99] for name in items},
        variable_value_labels={name: {-99: "refused"} for name in items},
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))

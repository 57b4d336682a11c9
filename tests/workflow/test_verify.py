"""Published numbers of a run: the same ones come again, and what was altered since is named."""

from __future__ import annotations

import shutil

from projects import COHORT, HERE

OURS, OTHER = "published/ours", "published/other"
RAW = f"data/raw/{COHORT}/sessions.csv"


def altered_cell(path):
    """The last cell of the first row of numbers: the last scale of how a session was."""
    head, row, rest = path.read_text(encoding="utf-8").split("\n", 2)
    cells, _, last = row.rpartition(",")
    path.write_text(f"{head}\n{cells},{'1.5' if last != '1.5' else '9.5'}\n{rest}", encoding="utf-8")


def test_numbers_come_again_until_a_number_a_cell_or_the_plan_is_altered(finished):
    done = finished.alliance_modes("freeze", COHORT, OURS, "--table", "flow", "--table", "scales")
    assert done.returncode == 0, done.stdout + done.stderr
    said = finished.alliance_modes("verify", OURS)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "published numbers came out again." in said.stdout and "since it was frozen" not in said.stdout

    shutil.copytree(finished.root / OURS, finished.root / OTHER)
    finished.replace(
        f"{OTHER}/expected.csv", "flow.n{step=enrolments_kept},240", "flow.n{step=enrolments_kept},241"
    )
    said = finished.alliance_modes("verify", OTHER)
    assert said.returncode == 1 and "flow.n{step=enrolments_kept}: differs by -1" in said.stdout

    altered_cell(finished.root / RAW)
    finished.replace("config/plan.yaml", "seed: 20250101", "seed: 20250102")
    said = finished.alliance_modes("verify", OURS)
    assert said.returncode == 1, said.stdout + said.stderr
    for named in (
        f"{RAW} is not what the results of {COHORT} were made from",
        "since it was frozen: Data: sessions.csv.",
        "since it was frozen: Plan and settings: config/plan.yaml.",
        "since it was frozen: Seeds: changed.",
        "    scales.mean{rater=client, instrument=srs",
    ):
        assert named in said.stdout
    report = (finished.root / "reports/_verify/ours/reproduction.html").read_text(encoding="utf-8")
    assert "Since it was frozen: Data: sessions.csv." in report


def test_studies_of_the_project_are_reproduced_or_not_run(fresh):
    """The demonstration cohort apart, which takes a whole run: make verify has it."""
    folders = sorted(path.name for path in (HERE / "published").iterdir() if path.name != "demo_2024")
    for name in folders:
        shutil.copytree(HERE / "published" / name, fresh.root / "published" / name)
    shutil.copytree(HERE / "data/raw/meyer_waisr", fresh.root / "data/raw/meyer_waisr")
    said = fresh.alliance_modes("verify")
    assert said.returncode == 0, said.stdout + said.stderr
    told = [line for line in said.stdout.splitlines() if line.split(":")[0] in folders]
    assert len(told) == len(folders)
    assert all("came out again" in line or "not run: " in line for line in told)

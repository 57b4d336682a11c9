"""Ways in which what lies on disk is not what was made, and what must come of each."""

from __future__ import annotations

import os
from dataclasses import dataclass

from damage import (
    INTERNAL,
    NOTES,
    PROCESSED,
    RAW,
    RELEASE,
    Done,
    a_file,
    a_folder,
    a_pipe,
    both_hidden_folders_gone,
    changed_digit,
    cut_short,
    edited_and_restored,
    emptied,
    flipped_byte,
    gone,
    junk_in_notes,
    linked_elsewhere,
    linked_to_other,
    locked_by_killed,
    longer_lock,
    moved_with_a_link,
    named_alike,
    nulls,
    of_another_folder,
    of_the_future,
    older,
    on,
    one_figure,
    other_lock,
    other_note,
    read_only,
    records_cut_short,
    renamed_raw,
    said_twice,
    swapped,
)
from projects import COHORT


@dataclass(frozen=True)
class Break:
    """One of them.

    Parameters
    ----------
    name : str
        What was done.
    do : function of Path
        Does it in the folder of a finished project.
    rules : tuple of str
        Rules that the next run must run again, so that the results are what they were. Empty where nothing
        is wrong with any result: the next run says that all is up to date, or refuses (``says``).
    says : str
        What the next run must say; where ``refused``, in its one message.
    refused : bool
        Whether the next run must make nothing.
    """

    name: str
    do: Done
    rules: tuple[str, ...] = ()
    says: str = ""
    refused: bool = False


NOT_MADE = "is not what was made"
OFF_RECORD = "is not on record any more"

RESULTS = (
    Break(
        "a digit of analysis/flow.csv",
        on(f"{PROCESSED}/analysis/flow.csv", changed_digit),
        ("derive",),
        NOT_MADE,
    ),
    Break(
        "a byte of clean/sessions.parquet, its time kept",
        on(f"{PROCESSED}/clean/sessions.parquet", flipped_byte),
        ("clean",),
        NOT_MADE,
    ),
    Break("report.html emptied", on(f"{INTERNAL}/report.html", emptied), ("report",), NOT_MADE),
    Break(
        "typed/sources.json changed and given time 0",
        on(f"{PROCESSED}/typed/sources.json", older),
        ("ingest",),
        NOT_MADE,
    ),
    Break(
        "a table changed and given a time of the future",
        on(f"{INTERNAL}/tables/checks.csv", of_the_future),
        ("estimates",),
        NOT_MADE,
    ),
    Break(
        "typed/origin.json cut short", on(f"{PROCESSED}/typed/origin.json", cut_short), ("ingest",), NOT_MADE
    ),
    Break(
        "typed/sessions.parquet full of nulls",
        on(f"{PROCESSED}/typed/sessions.parquet", nulls),
        ("ingest",),
        NOT_MADE,
    ),
    Break("a model emptied", on(f"{PROCESSED}/models/alliance.json", emptied), ("model",), NOT_MADE),
    Break(
        "a link to another file in place of a model",
        on(f"{PROCESSED}/models/completion.json", linked_to_other),
        ("model",),
        NOT_MADE,
    ),
    Break(
        "a link to the same bytes in place of a result",
        on(f"{PROCESSED}/bootstrap/completion.json", linked_elsewhere),
        ("bootstrap",),
        NOT_MADE,
    ),
    Break("a folder in place of report.docx", on(f"{INTERNAL}/report.docx", a_folder), ("report",), NOT_MADE),
    Break("a file in place of the folder parts", on(f"{INTERNAL}/parts", a_file), ("report",), NOT_MADE),
    Break(
        "a pipe in place of a figure",
        lambda root: a_pipe(one_figure(root, "png")),
        ("figures_cohort",),
        NOT_MADE,
    ),
    Break(
        "the numbers of a figure edited",
        lambda root: changed_digit(one_figure(root, "json")),
        ("figures_cohort",),
        NOT_MADE,
    ),
    Break("a middle table deleted", on(f"{PROCESSED}/analysis/enrolment.parquet", gone), ("derive",)),
    Break(
        "two tables swapped",
        lambda root: swapped(root, f"{INTERNAL}/tables/estimates.csv", f"{INTERNAL}/tables/fits.csv"),
        ("estimates",),
        NOT_MADE,
    ),
    Break("tables of another stage copied over", of_another_folder, ("clean",), NOT_MADE),
    Break(
        "a file put into the release",
        on(f"{RELEASE}/notes.txt", lambda path: path.write_text("mine")),
        ("release",),
        NOT_MADE,
    ),
    Break(
        "a hidden file put into the release",
        on(f"{RELEASE}/.notes", lambda path: path.write_text("mine")),
        ("release",),
        NOT_MADE,
    ),
    Break(
        "a link to a folder put into the release",
        on(f"{RELEASE}/more", lambda path: path.symlink_to("../internal")),
        ("release",),
        NOT_MADE,
    ),
    Break(
        "a link to nothing put into the release",
        on(f"{RELEASE}/less", lambda path: path.symlink_to("nothing")),
        ("release",),
        NOT_MADE,
    ),
    Break(
        "a line of the certificate", on(f"{RELEASE}/certificate.html", changed_digit), ("release",), NOT_MADE
    ),
    Break(
        "the record inside of a release emptied",
        on(f"{INTERNAL}/release_record/files.csv", emptied),
        ("release",),
        NOT_MADE,
    ),
)
"""Results that are not what was made: named, and made again."""

RECORDS = (
    Break("a note of what was made deleted", on(f"{NOTES}/made/score.{COHORT}.json", gone), ("score",)),
    Break(
        "a note of what was made edited",
        on(f"{NOTES}/made/clean.{COHORT}.json", other_note),
        ("clean",),
        NOT_MADE,
    ),
    Break(
        "a note of what was made replaced by a list",
        on(f"{NOTES}/made/score.{COHORT}.json", lambda path: path.write_text("[]")),
        ("score",),
    ),
    Break(
        "a note of what was made cut short", on(f"{NOTES}/made/derive.{COHORT}.json", cut_short), ("derive",)
    ),
    Break("all notes deleted", on(f"{NOTES}/made", gone), ("ingest", "model", "release")),
    Break("the mark of a job deleted", on(f"{NOTES}/made/measure.{COHORT}.again", gone), ("measure",)),
    Break(".snakemake removed", on(".snakemake", gone), ("ingest", "model", "release"), OFF_RECORD),
    Break(
        "both hidden folders removed", both_hidden_folders_gone, ("ingest", "model", "release"), OFF_RECORD
    ),
    Break("records of Snakemake cut short", records_cut_short, ("clean",), OFF_RECORD),
)
"""Records of what was made that are not there, or not what they were: made again."""

HARMLESS = (
    Break("a result made read-only", on(f"{PROCESSED}/models/alliance.json", read_only)),
    Break("the plan edited and restored", on("config/plan.yaml", edited_and_restored)),
    Break(
        "a module of the package edited and restored",
        on("src/alliance_modes/scoring/__init__.py", edited_and_restored),
    ),
    Break("a list of code edited", on(f"{NOTES}/code/score.sha256", changed_digit)),
    Break("files beside the notes cut short", junk_in_notes),
    Break("the manifest edited", on(f"{INTERNAL}/manifest.json", changed_digit)),
    Break("the manifest emptied", on(f"{INTERNAL}/manifest.json", emptied)),
    Break("results moved to another disk behind a link", moved_with_a_link),
    Break("locks of Snakemake left by a killed run", locked_by_killed),
    Break("a raw file touched", on(f"{RAW}/sessions.csv", os.utime)),
)
"""Nothing is wrong with any result: it stays, and is up to date."""


REFUSED = (
    Break("the lock edited to another version", other_lock, says="is installed in place of 0.", refused=True),
    Break(
        "the lock names what is not installed",
        longer_lock,
        says="no-such-package 1.0 is not installed",
        refused=True,
    ),
    Break(
        "a folder in place of the plan",
        on("config/plan.yaml", a_folder),
        says="Name the YAML file itself",
        refused=True,
    ),
    Break(
        "a pipe in place of the plan", on("config/plan.yaml", a_pipe), says="Name a YAML file", refused=True
    ),
    Break(
        "a pipe in place of cohort.yaml",
        on(f"{RAW}/cohort.yaml", a_pipe),
        says="Name a YAML file",
        refused=True,
    ),
    Break(
        "a folder in place of a raw file",
        on(f"{RAW}/sessions.csv", a_folder),
        says="sessions.csv",
        refused=True,
    ),
    Break(
        "a pipe in place of a raw file", on(f"{RAW}/sessions.csv", a_pipe), says="sessions.csv", refused=True
    ),
    Break("a raw file gone", on(f"{RAW}/sessions.csv", gone), says="sessions.csv", refused=True),
    Break(
        "a raw file with braces in its name",
        lambda root: renamed_raw(root, "ses{1}.csv"),
        says="ses{1}.csv",
        refused=True,
    ),
    Break("two cohorts in one folder", said_twice, says="but is named twin", refused=True),
    Break(
        "two cohorts whose names differ in capitals alone",
        named_alike,
        says="give one of them another name",
        refused=True,
    ),
    Break(
        "a file in place of the notes",
        on(NOTES, a_file),
        says="Something else lies in its place",
        refused=True,
    ),
    Break(
        "a file in place of the results",
        on("data/processed", a_file),
        says="Something else lies in its place",
        refused=True,
    ),
    Break(
        "a file in place of the reports",
        on("reports", a_file),
        says="Something else lies in its place",
        refused=True,
    ),
)
"""Nothing can be made of it: one message, and nothing is made."""


@dataclass(frozen=True)
class Meanwhile:
    """A file that is changed while a run is under way, and afterwards again what it was.

    Parameters
    ----------
    name : str
        Which file.
    path : str
        Its path; a line is added to it.
    removed : str
        A result that is removed before, so that there is something to make.
    rule : str
        The rule whose script has to refuse, and that the next run has to run.
    """

    name: str
    path: str
    removed: str
    rule: str


ORIGIN, ACCOUNT = f"{PROCESSED}/typed/origin.json", f"{PROCESSED}/clean/account.csv"
MEANWHILE = (
    Meanwhile("a raw file", f"{RAW}/sessions.csv", ORIGIN, "ingest"),
    Meanwhile("cohort.yaml", f"{RAW}/cohort.yaml", ORIGIN, "ingest"),
    Meanwhile("a table between", f"{PROCESSED}/typed/sessions.parquet", ACCOUNT, "clean"),
    Meanwhile("a module of the package", "src/alliance_modes/cleaning/clean.py", ACCOUNT, "clean"),
    Meanwhile("a script", "workflow/scripts/clean.py", ACCOUNT, "clean"),
    Meanwhile("the plan", "config/plan.yaml", f"{INTERNAL}/report.docx", "report"),
)
"""Files that decide what a script makes: it refuses, and is run again once they are what they were."""

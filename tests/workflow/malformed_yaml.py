"""Malformed ``cohort.yaml``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from malformed import COHORT, Case, declared

LAUGHS = (
    'a: &a ["ha", "ha"]\n'
    + "".join(
        f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]\n"
        for before, after in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + COHORT
)


def yaml(name: str, text: str | bytes, *says: str) -> Case:
    """A case whose ``cohort.yaml`` is wrong."""
    return Case(name, ("cohort.yaml", *says), cohort=text)


def _endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _folder(path: Path) -> None:
    path.mkdir()


def cases() -> Iterator[Case]:
    """Every malformed ``cohort.yaml``."""
    yield yaml(
        "YAML with a tag", declared("title: ", "title: !!python/object/apply:os.system "), "line 2", "tag"
    )
    yield yaml("YAML with an anchor", declared("title: ", "title: &t "), "line 2", "anchors")
    yield yaml("billion laughs", LAUGHS, "line 1", "anchors")
    yield yaml("duplicate key", COHORT + "title: again\n", "line 18", '"title" stands twice')
    yield yaml(
        "tab in the indentation", declared("  enrolments:", "\tenrolments:"), "line 5", "not valid YAML"
    )
    yield yaml("YAML of 10 MB", COHORT + "# more\n" * 1_500_000, "larger than 1 MB")
    yield yaml(
        "50,000 unknown keys", COHORT + "".join(f"k{row}: 1\n" for row in range(50_000)), "unknown key"
    )
    yield yaml("nested 10,000 deep", COHORT + "x: " + "[" * 10_000 + "]" * 10_000, "nested")
    yield yaml("nested 10,000 deep by indentation", COHORT + "x:\n  " + "- " * 10_000 + "\n", "nested")
    yield yaml("two documents", COHORT + "---\n" + COHORT, "more than one document")
    yield yaml("empty YAML", "", "empty")
    yield yaml("a list in place of keys", "- a\n- b\n", "must hold keys")
    yield yaml("YAML that is not UTF-8", COHORT.encode("utf-16"), "UTF-8")
    yield yaml("YAML with NUL", COHORT.replace("small\n", "sm\0ll\n", 1), "not valid YAML")
    yield yaml("YAML that is binary", bytes(range(256)) * 20, "UTF-8")
    yield yaml("bracket not closed", declared("columns: {enrol", "columns: {{enrol"), "not valid YAML")
    yield yaml(
        "infinite number in YAML", declared("enrolment_id: enrolment\n", "enrolment_id: 1e999\n"), "->"
    )
    yield yaml(
        "a title of 500,000 signs as the date", declared("2024-12-31", "9" * 500_000), "characters more"
    )
    yield yaml(
        "encoding that does not exist",
        declared("format: csv", "format: csv\n    encoding: rot13"),
        "encoding",
    )
    yield yaml(
        "date format without a year",
        declared("    columns:", "    date_formats: '%d.%m.'\n    columns:"),
        "year",
    )
    yield yaml(
        "date format with the year twice",
        declared("    columns:", "    date_formats: '%Y-%m-%d-%Y'\n    columns:"),
        "date",
    )
    yield Case("endless cohort.yaml", ("cohort.yaml", "device"), cohort=_endless, alone=True)
    yield Case("folder as cohort.yaml", ("cohort.yaml", "folder"), cohort=_folder)

"""docs/tutorial.md, followed to the letter: its commands, its edits, and what it says comes of them."""

from __future__ import annotations

import re
import struct

import pytest
from projects import HERE
from tutorial_page import COHORT, PAGE, edit, give, steps, tutorial_project, unsaid

LARGEST_PICTURE = 150_000
STEPS = steps()


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    project = tutorial_project(tmp_path_factory.mktemp("tutorial") / "project")
    said = ""
    for step in STEPS:
        if step.kind == "command":
            done = give(project, step.text)
            said = done.stdout
            refused = "check" in step.text and "1 problem" in said
            assert done.returncode == (1 if refused else 0), said
        elif step.kind == "said":
            assert unsaid(step.text, said) == [], said
        elif step.kind == "edit":
            edit(project, step.text)
    return project


def test_the_page_leads_from_exports_to_a_report(followed):
    report = followed.report(COHORT).read_text(encoding="utf-8")
    text = re.sub(r"<[^>]+>", "", report).replace("\N{NO-BREAK SPACE}", " ")
    quoted = re.findall(r"^ *> (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.M)
    assert len(quoted) > 0
    assert [sentence for sentence in quoted if sentence not in text] == []


def test_nobody_of_the_exports_is_in_what_is_made(followed):
    names = {
        line.split(";")[1]
        for line in (followed.root / "exports/enrolments.csv").read_text(encoding="utf-8").splitlines()[1:]
    }
    assert len(names) > 20
    report = followed.report(COHORT).read_text(encoding="utf-8")
    assert [name for name in sorted(names) if name in report] == []


def test_the_page_has_each_kind_of_step():
    kinds = [step.kind for step in STEPS]
    assert kinds.count("command") >= 5
    assert kinds.count("edit") >= 3
    assert kinds.count("picture") >= 4
    assert unsaid("a\nb\n", "b\na\n") == ["b"]


@pytest.mark.parametrize("name", sorted(step.text for step in STEPS if step.kind == "picture"))
def test_each_picture_is_there_and_small(name):
    picture = (HERE / "docs" / name).read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < LARGEST_PICTURE
    width, height = struct.unpack(">II", picture[16:24])
    assert 300 < width <= 1400 and 200 < height <= 1600

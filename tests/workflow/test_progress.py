"""What the terminal shows is made from Snakemake's output, and what it cannot read changes nothing."""

from __future__ import annotations

import json

import pytest

from alliance_modes.running.jobs import EVENT_MARK
from alliance_modes.running.progress import Progress

TABLE = ["job      count\n", "-----  -------\n", "clean        2\n", "default      1\n", "total        3\n"]


@pytest.fixture
def shown():
    lines: list[str] = []
    return lines, Progress(lines.append)


def _event(event: str, **more: object) -> str:
    record = {"event": event, "cohort": "north", "step": "clean", "log": "x.log", "seconds": 1.25, "text": ""}
    return EVENT_MARK + json.dumps(record | more) + "\n"


def test_one_line_per_job_with_count_seconds_and_what_it_said(shown):
    lines, progress = shown
    for line in TABLE:
        assert progress.read(line) == line
    progress.read(_event("begin"))
    progress.read(_event("say", text="10 rows in, 9 kept"))
    assert lines == []
    assert progress.read(_event("end")) == "north · clean: end\n"
    assert lines == ["    1/2   1.2 s  north · clean: 10 rows in, 9 kept"]


def test_steps_of_a_long_job_are_shown_as_they_come(shown):
    lines, progress = shown
    for number in (1, 2):
        progress.read(_event("say", text=f"part {number}"))
    assert lines == ["        north · clean: part 1"]


def test_a_silent_long_job_is_named(shown):
    lines, progress = shown
    progress.still_running()
    assert lines == []
    progress.read(_event("begin"))
    progress.still_running()
    assert lines == ["        still at work: north · clean"]


@pytest.mark.parametrize("text", ["not json", "{}", '{"event": "explode"}', '["end"]'])
def test_a_line_that_only_looks_like_an_event_is_kept_as_it_is(shown, text):
    lines, progress = shown
    assert progress.read(EVENT_MARK + text) == EVENT_MARK + text
    assert lines == []


def test_nothing_to_do_is_understood(shown):
    _, progress = shown
    progress.read("Nothing to be done (all requested files are present and up to date).\n")
    assert progress.nothing_to_do

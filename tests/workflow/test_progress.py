"""What the terminal shows is made from Snakemake's output, and what it cannot read changes nothing."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

import pytest

from alliance_modes.running.jobs import EVENT_MARK
from alliance_modes.running.launch import failure
from alliance_modes.running.place import Here
from alliance_modes.running.progress import Progress
from alliance_modes.running.screen import LiveBlock, PlainLines, clock
from alliance_modes.running.used import keep_used, last_seconds

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


def test_a_silent_long_job_is_named_once(shown):
    lines, progress = shown
    progress.name_silent()
    assert lines == []
    progress.read(_event("begin"))
    progress.name_silent()
    progress.name_silent()
    assert lines == ["        at work: north · clean"]


@pytest.mark.parametrize("text", ["not json", "{}", '{"event": "explode"}', '["end"]'])
def test_a_line_that_only_looks_like_an_event_is_kept_as_it_is(shown, text):
    lines, progress = shown
    assert progress.read(EVENT_MARK + text) == EVENT_MARK + text
    assert lines == []


def test_nothing_to_do_is_understood(shown):
    _, progress = shown
    progress.read("Nothing to be done (all requested files are present and up to date).\n")
    assert progress.nothing_to_do


SNAKEMAKE_SAYS = [
    "Error in rule clean:\n",
    "    jobid: 3\n",
    "    output: data/processed/north/clean\n",
    "    log: x.log (check log file(s) for error details)\n",
    "\n",
]


def test_a_job_that_was_killed_is_told_at_once_and_is_at_work_no_more(shown):
    lines, progress = shown
    _started(progress, "north · clean", "south · clean")
    progress.read(_event("begin"))
    for line in SNAKEMAKE_SAYS[1:]:
        progress.read(line)
    assert "north · clean" in progress.running
    for line in SNAKEMAKE_SAYS:
        progress.read(line)
    assert not progress.running and set(progress.killed) == {"north · clean"}
    assert progress.waiting == {"south · clean"}
    assert len(lines) == 1 and lines[0].endswith("north · clean: what does not need it goes on")
    assert "ended from outside before it could say why" in failure(progress, Here())


def test_jobs_that_failed_and_jobs_that_were_killed_are_told_together(shown, tmp_path):
    _, progress = shown
    log = tmp_path / "score.log"
    log.write_text("scores were read\nthe key is gone\n")
    progress.read(_event("begin"))
    progress.read(_event("begin", step="score", log=str(log)))
    progress.read(_event("fail", step="score", log=str(log), start=17))
    for line in SNAKEMAKE_SAYS:
        progress.read(line)
    said = failure(progress, Here())
    assert said.startswith("north · score failed\nthe key is gone\n\nended from outside")
    assert "north · clean (log: x.log)" in said and said.endswith("(Snakemake's own: logs/snakemake.log)")


def _started(progress, *jobs: str) -> None:
    progress.read(EVENT_MARK + json.dumps({"event": "start", "rules": ["clean"], "jobs": list(jobs)}) + "\n")


def test_the_rules_that_will_be_run_are_told_once_before_the_first():
    told: list[Sequence[str]] = []
    progress = Progress(print, told.append)
    _started(progress, "north · clean", "south · clean")
    assert told == [["clean"]]
    assert progress.waiting == {"north · clean", "south · clean"}


@pytest.mark.parametrize(
    ("last", "left"),
    [
        ({}, None),
        ({"a · clean": 10.0}, None),
        ({"a · clean": 10.0, "b · clean": 20.0, "c · clean": 60.0, "d · clean": 9.0}, 60.0),
        ({"a · clean": 30.0, "b · clean": 30.0, "c · clean": 30.0, "gone · clean": 999.0}, 45.0),
        ({"a · clean": 30.0, "b · clean": 10.0}, 30.0),
    ],
)
def test_the_rest_is_what_it_took_last_shared_among_cores_and_no_less_than_its_longest(last, left):
    progress = Progress(print, last=last)
    _started(progress, *(["a · clean", "b · clean", "c · clean"]))
    assert progress.seconds_left(2) == left


def test_time_already_spent_is_taken_off_and_never_more_than_was_due():
    now = [0.0]
    progress = Progress(print, last={"north · clean": 30.0}, now=lambda: now[0])
    _started(progress, "north · clean")
    progress.read(_event("begin"))
    now[0] = 20.0
    assert progress.seconds_left(2) == 10.0
    now[0] = 50.0
    assert progress.seconds_left(2) == 0.0
    progress.read(_event("end"))
    assert progress.seconds_left(2) is None


def test_a_terminal_shows_one_block_and_the_lines_above_it(monkeypatch):
    now, stream = [0.0], io.StringIO()
    monkeypatch.setenv("COLUMNS", "40")
    block = LiveBlock(stream, 2, lambda: now[0])
    progress = Progress(block.tell, last={"north · clean": 75.0}, now=lambda: now[0])
    block.show(progress)
    assert stream.getvalue() == ""
    for line in TABLE:
        progress.read(line)
    _started(progress, "north · clean")
    progress.read(_event("begin"))
    now[0] = 5.0
    block.show(progress)
    first = "0 of 2 steps · 0:05 · about 1:10 left\n      0:05  north · clean\n"
    assert stream.getvalue() == first
    block.show(progress)
    assert stream.getvalue() == first
    progress.read(_event("end"))
    block.show(progress)
    block.close()
    wiped = "\x1b[2F\x1b[J"
    assert stream.getvalue() == (
        f"{first}{wiped}    1/2   1.2 s  north · clean\n1 of 2 steps · 0:05\n\x1b[1F\x1b[J"
    )


def test_plain_lines_name_what_is_at_work_once():
    now = [0.0]
    lines: list[str] = []
    plain = PlainLines(lines.append, lambda: now[0])
    progress = Progress(plain.tell)
    progress.read(_event("begin"))
    for now[0] in (5.0, 11.0, 30.0, 60.0):
        plain.show(progress)
    assert lines == ["        at work: north · clean"]


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.4, "0:00"), (59.6, "1:00"), (754, "12:34"), (3600, "1:00:00")]
)
def test_a_clock_of_minutes_and_hours(seconds, shown):
    assert clock(seconds) == shown


def test_seconds_of_jobs_are_kept_beside_those_of_others(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert last_seconds() == {}
    keep_used({})
    assert not (tmp_path / ".alliance_modes").exists()
    keep_used({"a · clean": {"seconds": 1.0, "processor": 0.5}, "b · clean": {"seconds": 2.0}})
    keep_used({"b · clean": {"seconds": 3.0}})
    assert last_seconds() == {"a · clean": 1.0, "b · clean": 3.0}
    for broken in ("no json", "[1]", '{"a": []}'):
        (tmp_path / ".alliance_modes/jobs.json").write_text(broken)
        assert last_seconds() == {}

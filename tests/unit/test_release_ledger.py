"""A finished release: looked at again, handed over, and held against those that come after it."""

from __future__ import annotations

import json
import os

import pytest
from releases import page, release, report

from alliance_modes.disclosure.earlier import from_json
from alliance_modes.ground import layout
from alliance_modes.ground.errors import ReleaseError
from alliance_modes.release.finished import changed, searched_again
from alliance_modes.release.folder import write_release
from alliance_modes.release.ledger import next_order, read_ledger, record_release


@pytest.fixture
def finished(tmp_path):
    return write_release(release(), tmp_path)


def said(problems) -> str:
    return "\n".join(map(str, problems))


def test_a_release_as_it_was_made_is_unchanged_and_clean(finished, tmp_path):
    assert changed("north", tmp_path) == [] and searched_again("north", tmp_path) == []


def test_a_cohort_without_a_release_is_told_so(tmp_path):
    assert "there is no release of north" in said(changed("north", tmp_path))


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("course_by_site.csv", b"a,b\n", "is not what was made"),
        ("results.json", b'{"version": "1.0.2", "results": {}}', "is not what was made"),
        ("checksums/report.html.txt", b"0", "is not what was made"),
        ("more.csv", b"a,b\n", "is no part of the release"),
        ("report.html", None, "is gone"),
    ],
)
def test_whatever_is_changed_by_hand_is_found(name, content, what, finished, tmp_path):
    path = finished.folder / name
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    (problem,) = changed("north", tmp_path)
    assert problem.file == name and what in problem.message
    todo = "Move it elsewhere." if "no part" in what else "delete the folder reports/north/release"
    assert todo in problem.hint


def test_what_a_reviewer_adds_in_the_viewer_is_no_change(finished, tmp_path):
    path = finished.folder / "results.json"
    read = json.loads(path.read_text())
    path.write_text(json.dumps(read | {"reviewer": "A", "reviewer_summary": "fine"}, indent=2))
    assert changed("north", tmp_path) == []


@pytest.mark.parametrize(
    ("sentence", "what"),
    [
        ("At Hill, dropped out: 3.", 'the count of "Hill", "Dropped out"'),
        ("In all 43 people completed there.", "says 43 of people"),
        ("Client 3f9a0c11be22d704.", "an id of somebody"),
    ],
)
def test_what_was_planted_later_is_found_with_the_counts_that_stayed_inside(
    sentence, what, finished, tmp_path
):
    (finished.folder / "report.html").write_bytes(page(sentence))
    assert what in said(searched_again("north", tmp_path))


def test_what_was_allowed_when_it_was_made_is_allowed_again(tmp_path):
    made = release(report("Studies of 41,438 people say so."), said=frozenset({41438}))
    write_release(made, tmp_path)
    assert searched_again("north", tmp_path) == []


def test_a_release_is_recorded_once_and_holds_no_count_that_was_withheld(finished, tmp_path):
    entry = record_release("north", finished.inside, tmp_path)
    assert entry == tmp_path / "data/released/north/001.json"
    assert layout.handed_over("north", tmp_path) == [str(entry)]
    (kept,) = read_ledger([str(entry)])
    assert kept == from_json((finished.inside / "published.json").read_text())
    with pytest.raises(ReleaseError, match="was handed over before"):
        record_release("north", finished.inside, tmp_path)


def test_the_same_numbers_are_no_new_release(finished):
    first = from_json((finished.inside / "published.json").read_text())
    assert next_order(first.model_copy(update={"order": 2}), (first,)) == 1
    assert next_order(first.model_copy(update={"data_lock": "2025-06-30"}), (first,)) == 2
    assert next_order(first, ()) == 1


def test_a_ledger_with_a_gap_is_refused(finished, tmp_path):
    entry = record_release("north", finished.inside, tmp_path)
    entry.rename(entry.with_name("002.json"))
    with pytest.raises(ReleaseError, match="Restore the ledger"):
        read_ledger(layout.handed_over("north", tmp_path))


def test_a_ledger_that_was_edited_is_refused(finished, tmp_path):
    entry = record_release("north", finished.inside, tmp_path)
    entry.write_text(entry.read_text().replace('"order": 1', '"order":  1'))
    with pytest.raises(ReleaseError, match="not what was recorded as handed over"):
        read_ledger(layout.handed_over("north", tmp_path))
    entry.with_suffix(".sha256").unlink()
    assert len(read_ledger(layout.handed_over("north", tmp_path))) == 1


def test_a_link_or_a_pipe_in_a_release_is_no_part_of_it(finished, tmp_path):
    folder = layout.report("north", layout.RELEASE)
    (tmp_path / folder / "more").symlink_to("/etc")
    (tmp_path / folder / "less").symlink_to("nothing")
    os.mkfifo(tmp_path / folder / "pipe")
    said = [str(problem) for problem in changed("north", tmp_path)]
    assert [one.partition(":")[0] for one in said] == ["less", "more", "pipe"]
    assert all("no part of the release" in one for one in said)


def test_a_ledger_that_cannot_be_read_is_refused(tmp_path):
    entry = tmp_path / "data/released/north/001.json"
    entry.parent.mkdir(parents=True)
    entry.write_text("{}")
    with pytest.raises(ReleaseError, match="cannot be read"):
        read_ledger(layout.handed_over("north", tmp_path))

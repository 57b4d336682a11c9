"""The short version of benchmarks/breaks.py: what lies on disk is what was made, after break upon break."""

from __future__ import annotations

import pytest
from broken import HARMLESS, MEANWHILE, RECORDS, REFUSED, RESULTS
from judging import MENDED, UNSEEN, judged, meanwhile, what_is_not_mended
from judging import REFUSED as REFUSED_ONCE
from machine_breaks import NOT_RUN, SURROUNDED

ONE_BY_ONE = ("both hidden folders removed", "a note of what was made replaced by a list")
QUICKLY_REFUSED = ("a file in place of the notes", "two cohorts whose names differ in capitals alone")


def test_every_damaged_result_is_made_again_in_one_run(finished, reference_digests):
    assert what_is_not_mended((*RESULTS, *RECORDS[:4]), finished, reference_digests) == {}


def test_what_harms_no_result_leaves_it_up_to_date(finished, reference_digests):
    for one in HARMLESS[:-1]:
        one.do(finished.root)
    assert judged(HARMLESS[-1], finished, reference_digests) == ("nothing is wrong", "")


@pytest.mark.parametrize("one", [one for one in RECORDS if one.name in ONE_BY_ONE], ids=lambda one: one.name)
def test_without_a_record_of_how_they_were_made_results_are_made_again(finished, reference_digests, one):
    assert judged(one, finished, reference_digests) == (MENDED, "")


@pytest.mark.parametrize(
    "one", [one for one in REFUSED if one.name in QUICKLY_REFUSED], ids=lambda one: one.name
)
def test_what_nothing_can_be_made_of_is_refused(finished, reference_digests, one):
    assert judged(one, finished, reference_digests)[0] != UNSEEN


@pytest.mark.parametrize("name", ["a table between", "a module of the package"])
def test_what_changes_while_a_run_is_under_way_and_back_leaves_nothing(finished, name):
    (changed,) = (one for one in MEANWHILE if one.name == name)
    assert meanwhile(changed, finished) == (MENDED, "")


def test_a_full_disk_is_called_that_and_the_next_run_goes_on(finished, reference_digests):
    (full,) = (one for one in SURROUNDED if one.name.startswith("1 MiB left"))
    verdict, why = full.judge(finished, reference_digests)
    if verdict == NOT_RUN:
        pytest.skip(why)
    assert verdict != UNSEEN, why


@pytest.mark.parametrize("how", ["readable", "closed"])
def test_folders_of_another_account_are_named_before_anything_is_started(finished, reference_digests, how):
    (closed,) = (one for one in SURROUNDED if one.name == f"folders of another account, {how}")
    verdict, why = closed.judge(finished, reference_digests)
    if verdict == NOT_RUN:
        pytest.skip(f"not run: {why}")
    assert verdict == REFUSED_ONCE, why

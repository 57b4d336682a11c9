"""The draft says when practitioners were surveyed, before anything is run."""

from __future__ import annotations

from pathlib import Path

from small_drafts import draft_of

PRACTITIONERS = [f"staff{number:02}" for number in range(12)]


def exports(late: int) -> dict[str, str]:
    """36 enrolments of 12 practitioners, of whom the first ``late`` were surveyed after their first start."""
    rows = [f"K{at:03},{13 + at // 12}.02.2024,completed,{PRACTITIONERS[at % 12]}" for at in range(36)]
    items = ",".join(f"mop_{item}" for item in range(1, 19))
    answers = [",".join(str((at + item) % 5 + 1) for item in range(18)) for at in range(12)]
    survey = [
        f"{name},{at + 15:02}.0{6 if at < late else 1}.2024,1,{answers[at]}"
        for at, name in enumerate(PRACTITIONERS)
    ]
    return {
        "enrolments": "\n".join(["enrolment_id,started_on,status,practitioner_id", *rows]) + "\n",
        "survey": "\n".join([f"practitioner_id,completed_on,wave,{items}", *survey]) + "\n",
    }


def test_the_draft_says_how_many_were_surveyed_in_time_and_asks_where_many_were_not(tmp_path: Path) -> None:
    found = draft_of(tmp_path, **exports(9))
    text = " ".join(found.text.replace("#", " ").split())
    said = "of 12 practitioners who lead an enrolment: 3 surveyed before their first enrolment started (9 "
    said += "enrolments)"
    assert f"surveys, by the files as drafted: {said}, 9 only on that day or later (27 enrolments)" in text
    (question,) = [question for question in found.questions if "survey of practitioners" in question]
    assert said in question and "would keep 9 enrolments" in question
    assert "waves: all takes every survey, and then exposure no longer precedes outcome" in question


def test_surveys_in_time_are_a_comment_and_no_question(tmp_path: Path) -> None:
    found = draft_of(tmp_path, **exports(0))
    text = " ".join(found.text.replace("#", " ").split())
    assert "12 surveyed before their first enrolment started (36" in text
    assert not [question for question in found.questions if "survey of practitioners" in question]

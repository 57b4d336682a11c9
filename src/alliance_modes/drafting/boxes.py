"""The needs of a person as boxes of one question: by their names in the code book, else by their order."""

from __future__ import annotations

from collections.abc import Mapping

from alliance_modes.cohort import LEFT_OUT
from alliance_modes.dictionary.canonical import dictionary
from alliance_modes.drafting.columns import FIRST_BONUS, PART, held, looked_up, name_score
from alliance_modes.drafting.decisions import Asked, ColumnDraft, put
from alliance_modes.drafting.recognise import RawFile
from alliance_modes.ground.errors import shown

CHECKBOX = "___"
BOXES = "/"


def checkbox_columns(file: RawFile, questions: list[str]) -> dict[str, ColumnDraft]:
    """The six needs from the boxes of one question.

    Parameters
    ----------
    file : RawFile
        The raw file.
    questions : list of str
        Questions so far.

    Notes
    -----
    Boxes that the code book calls by the name of a need are that; which of the other boxes of the question
    each further need is, is asked. Without a code book six boxes of a REDCap checkbox ``need…`` are taken in
    the order of the dictionary, which is asked once.
    """
    needs = [name for name in dictionary().enrolments.columns if name.startswith("need_")]
    called = {raw: facts.coded.box for raw, facts in file.facts.items() if facts.coded and facts.coded.box}
    found = _by_name(file, needs, called)
    if found:
        return found | _left(file, needs, called, found, questions)
    boxes = [raw for raw in file.facts if raw.partition(CHECKBOX)[0].startswith("need") and CHECKBOX in raw]
    if len(boxes) != len(needs):
        return {}
    listed = ", ".join(f"{_said(box, called)} = {need}" for box, need in zip(boxes, needs, strict=True))
    question = Asked(
        f"{file.title}: which need is which box? The draft has them in the order of config/README.md, which "
        f"the export does not say: {listed}. Look it up in the code book; correct the columns that are "
        "otherwise; then write true. A box never shown is 0 as well",
        ("true",),
    )
    why = "one of six boxes; taken in the order of the needs: look it up"
    guessed = {need: ColumnDraft(box, why, "guess") for box, need in zip(boxes, needs, strict=True)}
    return guessed | {needs[0]: looked_up(guessed[needs[0]], question, questions)}


def _by_name(file: RawFile, needs: list[str], called: Mapping[str, str]) -> dict[str, ColumnDraft]:
    """Needs that exactly one box is called after, each box one need."""
    found: dict[str, ColumnDraft] = {}
    for need in needs:
        named = [raw for raw, label in called.items() if name_score(label, need) > PART + FIRST_BONUS]
        if len(named) == 1:
            cells = held(dictionary().enrolments.columns[need], file.facts[named[0]])
            found[need] = ColumnDraft(named[0], f"the code book calls this box by its name; {cells}")
    used = [column.raw for column in found.values()]
    return found if len(set(used)) == len(used) else {}


def _left(
    file: RawFile,
    needs: list[str],
    called: Mapping[str, str],
    found: Mapping[str, ColumnDraft],
    questions: list[str],
) -> dict[str, ColumnDraft]:
    """The other needs, each asked where boxes of the same question are left."""
    used = {column.raw for column in found.values()}
    same = {_question(str(raw)) for raw in used}
    left = [raw for raw in called if raw not in used and _question(raw) in same]
    drafts: dict[str, ColumnDraft] = {}
    for need in needs if left else ():
        if need in found:
            continue
        listed = ", ".join(_said(raw, called) for raw in left)
        question = Asked(
            f"{file.title}: which box is {need}? No box is called so in the code book; left are {listed}",
            (LEFT_OUT, *left),
        )
        draft = ColumnDraft(left[0], "one of the boxes that are left", "guess")
        drafts[need] = put(draft, {("column",): question}, questions)
    return drafts


def _question(box: str) -> str:
    """The question that a box belongs to, by its name."""
    for sign in (CHECKBOX, BOXES, "_"):
        if sign in box:
            return box.rpartition(sign)[0]
    return box


def _said(box: str, called: Mapping[str, str]) -> str:
    return f'{box} "{shown(called[box])}"' if box in called else box

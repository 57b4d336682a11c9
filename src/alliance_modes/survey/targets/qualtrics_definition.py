"""Whether a survey definition of Qualtrics agrees with itself, as the ones that Qualtrics exports do.

Qualtrics documents no grammar of the file. What is looked for is what every exported one has: its parts,
questions that stand in one block, choices with their order and numbers, languages, rules that name what is
there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from alliance_modes.ground.errors import Problem

COLUMNS = (
    "StartDate", "EndDate", "Status", "IPAddress", "Progress", "Duration (in seconds)", "Finished",
    "RecordedDate", "ResponseId", "RecipientLastName", "RecipientFirstName", "RecipientEmail",
    "ExternalReference", "LocationLatitude", "LocationLongitude", "DistributionChannel", "UserLanguage",
)  # fmt: skip
"""What Qualtrics itself puts into an export."""

OWN = frozenset(name.lower() for name in COLUMNS)
"""The same in small letters: SPSS takes names that differ in capitals for one."""

ENTRY = ("SurveyID", "SurveyName", "SurveyLanguage", "SurveyStatus", "SurveyActiveResponseSet")
ONCE = ("BL", "FL", "SO", "SCO", "PROJ", "STAT", "QC", "RS")
TYPES = {"MC": "SAVR", "Matrix": "Likert", "TE": "SL", "DB": "TB"}
TAG = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
FORMS = {"Choice": "Choices", "Answer": "Answers"}
READ_AS_ELSE = re.compile(r"<|\$\{|&#?\w+;")
LOCATOR = re.compile(r"q://(QID\d+)/(?:SelectableChoice/(\d+)|ChoiceTextEntryValue)")

HINT = "This is a fault of the project: report it with the instruments and the languages of the survey."
REWORD = "Word the answer without it, in the wording file or in the file of the instrument."

Payload = Mapping[str, Any]


def problems_in(whole: Mapping[str, Any], file: str) -> Iterator[Problem]:
    """What does not agree in a survey definition.

    Parameters
    ----------
    whole : mapping
        The definition.
    file : str
        Name for messages.
    """
    missing = [part for part in ("SurveyEntry", "SurveyElements") if part not in whole]
    if missing:
        yield Problem(f"there is no {' and no '.join(missing)}", HINT, file=file)
        return
    elements: Sequence[Payload] = whole["SurveyElements"]
    counted = Counter(one.get("Element") for one in elements)
    missing = [part for part in ONCE if counted[part] != 1]
    missing += [part for part in ENTRY if not whole["SurveyEntry"].get(part)]
    if missing:
        yield Problem(f"not there, or not once: {', '.join(missing)}", HINT, file=file)
        return
    part = {one["Element"]: one for one in elements}
    questions = [one["Payload"] for one in elements if one["Element"] == "SQ"]
    languages = list(part["SO"]["Payload"].get("AvailableLanguages", {}))
    messages = [
        *_of_ids(elements, questions, part["QC"]),
        *_of_blocks(questions, part["BL"]["Payload"], part["FL"]["Payload"]),
        *_of_logic(questions, part["FL"]["Payload"]),
        *(message for one in questions for message in _of_question(one)),
        *(message for one in questions for message in _of_languages(one, whole["SurveyEntry"], languages)),
    ]
    yield from (Problem(message, HINT, file=file) for message in messages)
    for one in questions:
        yield from (Problem(message, REWORD, file=file) for message in _of_texts(one))


def _of_ids(elements: Sequence[Payload], questions: Sequence[Payload], count: Payload) -> Iterator[str]:
    if count.get("SecondaryAttribute") != str(len(questions)):
        yield f"{count.get('SecondaryAttribute')} questions are counted, and {len(questions)} are there"
    for one in elements:
        if one["Element"] == "SQ" and one.get("PrimaryAttribute") != one["Payload"].get("QuestionID"):
            yield f"the element {one.get('PrimaryAttribute')} holds {one['Payload'].get('QuestionID')}"
    columns = Counter(column for one in questions for column in _columns(one))
    yield from (f"the column {name} stands twice" for name, times in columns.items() if times > 1)
    ids = Counter(one.get("QuestionID") for one in questions)
    yield from (f"the question {name} stands twice" for name, times in ids.items() if times > 1)


def _columns(question: Payload) -> list[str]:
    """Names of the columns of a question, in small letters."""
    tag = str(question.get("DataExportTag", "")).lower()
    if question.get("QuestionType") == "Matrix":
        return [f"{tag}_{row}" for row in question.get("Choices", {})]
    return [tag]


def _of_blocks(questions: Sequence[Payload], blocks: Sequence[Payload], flow: Payload) -> Iterator[str]:
    """Every question stands in one block, and every block once in the flow."""
    placed = Counter(part.get("QuestionID") for block in blocks for part in block["BlockElements"])
    names = {one.get("QuestionID") for one in questions}
    for name in sorted(map(str, names | set(placed))):
        if name not in names or placed[name] != 1:
            yield f"the question {name} does not stand in one block"
    shown = Counter(str(one["ID"]) for one in _parts(flow) if one["Type"] in ("Default", "Standard", "Block"))
    wanted = {str(block["ID"]) for block in blocks if block["Type"] != "Trash"}
    for name in sorted(wanted | set(shown)):
        if name not in wanted or shown[name] != 1:
            yield f"the block {name} does not stand once in the flow"
    ids = Counter(one.get("FlowID") for one in _parts(flow))
    yield from (f"the part {name} of the flow stands twice" for name, times in ids.items() if times > 1)


def _parts(flow: Payload) -> Iterator[Payload]:
    for one in flow.get("Flow", ()):
        yield one
        yield from _parts(one)


def _of_logic(questions: Sequence[Payload], flow: Payload) -> Iterator[str]:
    """Rules name questions and choices that are there."""
    choices = {one.get("QuestionID"): one.get("Choices", {}) for one in questions}
    rules = [one.get("BranchLogic") for one in _parts(flow) if one["Type"] == "Branch"]
    rules += [one.get("DisplayLogic", {}) for one in questions]
    rules += [one.get("Validation", {}) for one in questions]
    for place in (place for rule in rules for place in _places(rule)):
        found = LOCATOR.fullmatch(place)
        if not found or found[1] not in choices or (found[2] and found[2] not in choices[found[1]]):
            yield f"a rule names {place}, which is not there"


def _places(rule: Any) -> Iterator[str]:
    """What the expressions of a rule speak of."""
    if isinstance(rule, Mapping):
        if "ChoiceLocator" in rule:
            yield str(rule["ChoiceLocator"])
        for inner in rule.values():
            yield from _places(inner)


def _of_question(question: Payload) -> Iterator[str]:
    name, kind = question.get("QuestionID"), question.get("QuestionType")
    tag = str(question.get("DataExportTag", ""))
    if TYPES.get(str(kind)) != question.get("Selector"):
        yield f"{name} has the type {kind} and the selector {question.get('Selector')}"
    if not TAG.fullmatch(tag) or tag.lower() in OWN:
        yield f"{name} is called {tag}, which no column of an export can be called"
    if not question.get("QuestionText"):
        yield f"{name} has no text"
    needed = {"MC": ["Choice"], "Matrix": ["Choice", "Answer"]}.get(str(kind), [])
    for part in needed:
        shown = question.get(FORMS[part], {})
        if not shown or sorted(shown) != sorted(question.get(f"{part}Order", ())):
            yield f"{name}: the order of its {FORMS[part].lower()} is not that of those that it has"
    if needed:
        recodes = question.get("RecodeValues", {})
        if sorted(recodes) != sorted(question.get(FORMS[needed[-1]], {})):
            yield f"{name}: not every answer has a number, or a number has no answer"
        if len(set(recodes.values())) < len(recodes) or not all(
            str(code).isdigit() for code in recodes.values()
        ):
            yield f"{name}: two answers have the same number, or one has none"


def _of_languages(question: Payload, entry: Payload, languages: Sequence[str]) -> Iterator[str]:
    """Every language but the first has the text and every choice of a question."""
    name, said = question.get("QuestionID"), question.get("Language") or {}
    if sorted([entry["SurveyLanguage"], *said]) != sorted(languages):
        yield f"{name} is asked in other languages than the survey"
    for code, texts in said.items():
        same = all(sorted(texts.get(part, {})) == sorted(question.get(part, {})) for part in FORMS.values())
        if not texts.get("QuestionText") or not same:
            yield f"{name} is not whole in {code}"


def _of_texts(question: Payload) -> Iterator[str]:
    """Answers that an export would show in other signs."""
    part = "Answers" if question.get("QuestionType") == "Matrix" else "Choices"
    for language in (question, *(question.get("Language") or {}).values()):
        for choice in language.get(part, {}).values():
            found = READ_AS_ELSE.search(choice["Display"])
            if found:
                what = f'the answer "{choice["Display"]}" of {question["DataExportTag"]} holds "{found[0]}"'
                yield f"{what}, which Qualtrics does not show as it is"

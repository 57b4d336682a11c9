"""The fixed parts of a survey definition of Qualtrics, as its own exports have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SCHEMA = "1.1.0"
NEVER = "0000-00-00 00:00:00"


def definition(
    survey_id: str,
    title: str,
    languages: Sequence[str],
    blocks: Sequence[Mapping[str, Any]],
    flow: Sequence[Mapping[str, Any]],
    questions: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """A whole definition: its entry, and one element for each part and each question.

    Parameters
    ----------
    survey_id, title : str
    languages : sequence of str
        Codes as Qualtrics has them, the one of the texts first.
    blocks, flow, questions : sequence of mapping
        Payloads; ``flow`` gets its ids here.
    """
    project = {"ProjectCategory": "CORE", "SchemaVersion": SCHEMA}
    statistics = {"MobileCompatible": True, "ID": "Survey Statistics"}
    elements = [
        _element(survey_id, "BL", "Survey Blocks", payload=[*blocks, _trash()]),
        _element(survey_id, "FL", "Survey Flow", payload=_numbered(flow)),
        _element(survey_id, "SO", "Survey Options", payload=_options(title, languages)),
        _element(survey_id, "SCO", "Scoring", payload=_scoring()),
        _element(survey_id, "PROJ", "CORE", None, SCHEMA, project),
        _element(survey_id, "STAT", "Survey Statistics", payload=statistics),
        _element(survey_id, "QC", "Survey Question Count", str(len(questions))),
        _element(survey_id, "RS", f"RS_{survey_id[3:]}", "Default Response Set"),
        *(
            _element(survey_id, "SQ", one["QuestionID"], one["QuestionDescription"], payload=one)
            for one in questions
        ),
    ]
    return {"SurveyEntry": _entry(survey_id, title, languages[0]), "SurveyElements": elements}


def _element(
    survey_id: str,
    kind: str,
    first: str,
    second: str | None = None,
    third: str | None = None,
    payload: Any = None,
) -> dict[str, Any]:
    return {
        "SurveyID": survey_id,
        "Element": kind,
        "PrimaryAttribute": first,
        "SecondaryAttribute": second,
        "TertiaryAttribute": third,
        "Payload": payload,
    }


def _entry(survey_id: str, title: str, language: str) -> dict[str, Any]:
    return {
        "SurveyID": survey_id,
        "SurveyName": title,
        "SurveyDescription": None,
        "SurveyOwnerID": "",
        "SurveyBrandID": "",
        "DivisionID": None,
        "SurveyLanguage": language,
        "SurveyActiveResponseSet": f"RS_{survey_id[3:]}",
        "SurveyStatus": "Inactive",
        "SurveyStartDate": NEVER,
        "SurveyExpirationDate": NEVER,
        "SurveyCreationDate": NEVER,
        "CreatorID": "",
        "LastModified": NEVER,
        "LastAccessed": NEVER,
        "LastActivated": NEVER,
        "Deleted": None,
    }


def _trash() -> dict[str, Any]:
    return {
        "Type": "Trash",
        "Description": "Trash / Unused Questions",
        "ID": "BL_Trash",
        "BlockElements": [],
    }


def _options(title: str, languages: Sequence[str]) -> dict[str, Any]:
    return {
        "BackButton": "true",
        "SaveAndContinue": "true",
        "SurveyProtection": "PublicSurvey",
        "BallotBoxStuffingPrevention": "false",
        "NoIndex": "Yes",
        "SecureResponseFiles": "true",
        "SurveyExpiration": "None",
        "SurveyTermination": "DefaultMessage",
        "Header": "",
        "Footer": "",
        "ProgressBarDisplay": "None",
        "PartialData": "+1 week",
        "AnonymizeResponse": "Yes",
        "SurveyTitle": title,
        "AvailableLanguages": {code: [] for code in languages},
    }


def _scoring() -> dict[str, Any]:
    return {
        "ScoringCategories": [],
        "ScoringCategoryGroups": [],
        "ScoringSummaryCategory": None,
        "ScoringSummaryAfterQuestions": 0,
        "ScoringSummaryAfterSurvey": 0,
        "DefaultScoringCategory": None,
        "AutoScoringCategory": None,
    }


def _numbered(flow: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The flow with an id at each of its parts, from FL_1 at the root on."""
    last = 1

    def part(one: Mapping[str, Any]) -> dict[str, Any]:
        nonlocal last
        last += 1
        numbered = {**one, "FlowID": f"FL_{last}"}
        if "Flow" in one:
            numbered["Flow"] = [part(inner) for inner in one["Flow"]]
        return numbered

    parts = [part(one) for one in flow]
    return {"Type": "Root", "FlowID": "FL_1", "Flow": parts, "Properties": {"Count": last}}


def question(name: str, tag: str, text: str, shape: Mapping[str, Any]) -> dict[str, Any]:
    """The payload of a question; ``shape`` says its type and the rest."""
    return {
        "QuestionText": text,
        "DefaultChoices": False,
        "DataExportTag": tag,
        "Configuration": {"QuestionDescriptionOption": "SpecifyLabel"},
        "QuestionDescription": tag,
        "GradingData": [],
        "DataVisibility": {"Private": False, "Hidden": False},
        **shape,
        "NextChoiceId": 1 + max(map(int, shape.get("Choices", ())), default=0),
        "NextAnswerId": 1 + max(map(int, shape.get("Answers", ())), default=0),
        "QuestionID": name,
    }


def embedded(values: Mapping[str, str]) -> dict[str, Any]:
    """Values that stand in every response."""
    fields = [
        {
            "Description": name,
            "Type": "Custom",
            "Field": name,
            "VariableType": "String",
            "DataVisibility": [],
            "AnalyzeText": False,
            "Value": value,
        }
        for name, value in values.items()
    ]
    return {"Type": "EmbeddedData", "EmbeddedData": fields}


def chosen(name: str, choice: str) -> dict[str, Any]:
    """That a choice of a question is selected."""
    place = f"q://{name}/SelectableChoice/{choice}"
    return _expression(name, place, "Selected")


def any_of(expressions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """That one of the expressions holds."""
    first, *others = expressions
    listed = {"0": first} | {str(place): {**one, "Conjuction": "Or"} for place, one in enumerate(others, 1)}
    return {"0": {**listed, "Type": "If"}, "Type": "BooleanExpression"}


def _expression(name: str, place: str, operator: str, **more: str) -> dict[str, Any]:
    return {
        "LogicType": "Question",
        "QuestionID": name,
        "QuestionIsInLoop": "no",
        "ChoiceLocator": place,
        "Operator": operator,
        "QuestionIDFromLocator": name,
        "LeftOperand": place,
        **more,
        "Type": "Expression",
        "Description": f"{name} {operator}",
    }


def validation(required: bool, kind: str = "None", **more: Any) -> dict[str, Any]:
    """What Qualtrics asks of an answer before it goes on."""
    force = "ON" if required else "OFF"
    return {"Settings": {"ForceResponse": force, "ForceResponseType": "ON", "Type": kind, **more}}


def number(required: bool, low: float | None, high: float | None, whole: bool) -> dict[str, Any]:
    """That an answer is a number of a range; '' is no limit."""
    ends = {
        "Min": "" if low is None else f"{low:g}",
        "Max": "" if high is None else f"{high:g}",
        "NumDecimals": "0" if whole else "",
    }
    return validation(required, "ContentType", ContentType="ValidNumber", ValidNumber=ends, MinChars="1")


def matching(name: str, required: bool, form: str) -> dict[str, Any]:
    """That an answer is empty or of a form, as a regular expression."""
    place = f"q://{name}/ChoiceTextEntryValue"
    expressions = [_expression(name, place, "MatchesRegex", RightOperand=form)]
    expressions += [] if required else [_expression(name, place, "Empty")]
    message = {"messageID": None, "subMessageID": "VE_ERROR", "libraryID": None, "description": "Error Text"}
    custom = {"Logic": any_of(expressions), "Message": message}
    return validation(required, "CustomValidation", CustomValidation=custom)

"""The default plan as a YAML file that a person can read, and the plan's JSON schema.

``python -m alliance_modes.plan.text`` writes both: ``config/plan.yaml`` and
``workflow/schemas/plan.schema.json``.
"""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from alliance_modes.ground.files import write_text
from alliance_modes.ground.yaml_models import Closed
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.terms import Estimand, Outcome, PlannedModel, Predictor

PLAN_FILE = Path("config/plan.yaml")
SCHEMA_FILE = Path("workflow/schemas/plan.schema.json")
COMMAND = "python -m alliance_modes.plan.text"

WIDTH = 110
LEGENDS: dict[str, tuple[tuple[str, type[Closed]], ...]] = {
    "predictors": (("", Predictor),),
    "models": (("", PlannedModel), ("estimand", Estimand), ("each of outcomes", Outcome)),
}
_HEAD = """\
The analysis plan: every choice of the analysis, made before the data are seen.
A new cohort is run under the same file, and its SHA-256 stands in every report. What one cohort adds
stands in plan_additions.yaml beside its cohort.yaml (config/README.md). To run another plan, copy
this file, change the copy, and name it in config/config.yaml. Unknown keys are refused.
docs/models.md says how each number is computed."""
_PLAIN = re.compile(r"^[A-Za-z][A-Za-z0-9_ ,.;()/'+-]*$")
_WORDS = {"true", "false", "null"}


def default_plan_yaml() -> str:
    """The default plan, commented with the descriptions of its keys."""
    plan = Plan()
    lines = [*_comment(_HEAD, 0, keep=True)]
    for name, field in Plan.model_fields.items():
        lines.append("")
        lines += _comment(field.description or _first_paragraph(type(getattr(plan, name))), 0)
        lines += _legend(name)
        lines += _entry(name, getattr(plan, name), 0)
    return "\n".join(lines) + "\n"


def plan_schema() -> str:
    """The JSON schema of a plan, for editors that check YAML while it is written."""
    return json.dumps(Plan.model_json_schema(), indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the default plan and the schema below the current folder (the project's root)."""
    write_text(default_plan_yaml(), PLAN_FILE)
    write_text(plan_schema(), SCHEMA_FILE)
    print(f"wrote {PLAN_FILE} and {SCHEMA_FILE}")


def _legend(name: str) -> list[str]:
    lines = []
    for head, model in LEGENDS.get(name, ()):
        lines += [f"# {head}:"] if head else []
        for key, field in model.model_fields.items():
            if field.description:
                lines += _comment(f"{key:<12}  {field.description}", 0, hanging=18)
    return lines


def _comment(text: str, indent: int, *, keep: bool = False, hanging: int = 2) -> list[str]:
    lead = " " * indent + "# "
    if keep:
        return [f"{lead}{line}".rstrip() for line in text.splitlines()]
    first = lead + ("" if hanging == 2 else "  ")
    rest = lead + " " * (0 if hanging == 2 else hanging - 3)
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=rest, drop_whitespace=True)


def _first_paragraph(model: type) -> str:
    text = (model.__doc__ or "").replace("``", "")
    return " ".join(text.split())


def _entry(key: str, value: Any, indent: int) -> list[str]:
    lead = f"{' ' * indent}{key}:"
    if isinstance(value, BaseModel):
        return [lead, *_fields(value, indent + 2)]
    if isinstance(value, dict) and value:
        if all(isinstance(item, str | bool | int) for item in value.values()):
            return [f"{lead} {_flow(value)}"]
        return [lead, *(line for name, item in value.items() for line in _entry(name, item, indent + 2))]
    if isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
        return [lead, *(line for item in value for line in _item(item, indent + 2))]
    return [f"{lead} {_flow(value)}"]


def _fields(model: BaseModel, indent: int) -> list[str]:
    defaulted = isinstance(model, Predictor | Outcome | PlannedModel)
    shown = model.model_fields_set if defaulted else set(type(model).model_fields)
    keys = [key for key in type(model).model_fields if key in shown]
    return [line for key in keys for line in _entry(key, getattr(model, key), indent)]


def _item(model: BaseModel, indent: int) -> list[str]:
    first, *rest = _fields(model, indent + 2)
    return [f"{' ' * indent}- {first.strip()}", *rest]


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, str):
        plain = _PLAIN.match(value) and value.lower() not in _WORDS and ", " not in value
        return value if plain and not value.endswith(" ") else json.dumps(value, ensure_ascii=False)
    return repr(value)


if __name__ == "__main__":
    main()

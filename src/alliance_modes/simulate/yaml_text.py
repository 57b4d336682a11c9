"""YAML as a person would write it: block style, each key's meaning as a comment beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel

WIDTH = 110
PLAIN = re.compile(r"^[A-Za-z][A-Za-z0-9_ ()/-]*[A-Za-z0-9_)]$|^[A-Za-z]$")
RESERVED = frozenset(("true", "false", "null", "yes", "no", "on", "off"))


def model_yaml(model: BaseModel, heading: str) -> str:
    """A model as YAML that reads back to the same model.

    Parameters
    ----------
    model : pydantic model
        Of numbers, texts, dates, tuples, mappings and further models. Docstrings of models and
        descriptions of fields become comments.
    heading : str
        Comment lines at the top.
    """
    lines = [f"# {line}" for line in heading.splitlines()]
    return "\n".join([*lines, *_model_lines(model, "")]) + "\n"


def mapping_yaml(value: Mapping[str, Any], heading: str) -> str:
    """Nested mappings and lists as YAML, with comment lines at the top."""
    lines = [f"# {line}" for line in heading.splitlines()]
    return "\n".join([*lines, *_mapping_lines(value, "")]) + "\n"


def _model_lines(model: BaseModel, indent: str) -> Iterator[str]:
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if value is None:
            continue
        comment = field.description or ""
        if isinstance(value, BaseModel) and not _is_flat(value):
            about = comment or _first_sentence(value)
            yield f"{indent}{name}:" + (f"  # {about}" if about else "")
            yield from _model_lines(value, indent + "  ")
            continue
        text = _inline(value)
        line = f"{indent}{name}: {text}"
        if comment and len(line) + len(comment) + 4 > WIDTH:
            yield f"{indent}# {comment}"
            comment = ""
        yield line + (f"  # {comment}" if comment else "")


def _is_flat(model: BaseModel) -> bool:
    """Few numbers that fit on one line, without comments of their own."""
    fields = type(model).model_fields
    simple = all(isinstance(getattr(model, name), int | float) for name in fields)
    return simple and len(fields) <= 4 and not any(field.description for field in fields.values())


def _first_sentence(model: BaseModel) -> str:
    text = " ".join((type(model).__doc__ or "").split())
    return text.split(". ")[0].rstrip(".")


def _mapping_lines(value: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, item in value.items():
        name = _inline(key)
        if isinstance(item, Mapping) and len(f"{indent}{name}: {_inline(item)}") > WIDTH:
            yield f"{indent}{name}:"
            yield from _mapping_lines(item, indent + "  ")
        elif isinstance(item, list) and any(isinstance(entry, Mapping) for entry in item):
            yield f"{indent}{name}:"
            for entry in item:
                first, *rest = _mapping_lines(entry, indent + "    ")
                yield f"{indent}  - {first.strip()}"
                yield from rest
        else:
            yield f"{indent}{name}: {_inline(item)}"


def _inline(value: Any) -> str:
    if isinstance(value, BaseModel):
        return _inline({name: getattr(value, name) for name in type(value).model_fields})
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_inline(key)}: {_inline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_inline(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return (
            value
            if PLAIN.match(value) and value.lower() not in RESERVED
            else json.dumps(value, ensure_ascii=False)
        )
    return repr(value)

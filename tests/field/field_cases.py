"""The sixty cases: what a person has, what has to come of it, and the answers that they give."""

from __future__ import annotations

from pathlib import Path

import field_codes
import field_files
import field_records
import yaml
from field_truth import Case

MAKE = field_records.MAKE | field_codes.MAKE | field_files.MAKE


def _cases() -> tuple[Case, ...]:
    table = yaml.safe_load(Path(__file__).with_name("cases.yaml").read_text(encoding="utf-8"))
    return tuple(
        Case(name=name, make=MAKE[name], differs=field_codes.DIFFERS.get(name, {}), **said)
        for name, said in table.items()
    )


CASES = _cases()

"""The faults that a mutation run tries."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "mutants"))
from mutations import mutants_of

SURVIVORS = Path(__file__).resolve().parents[1] / "mutants/survivors.csv"
SOURCE = '''
"""A module."""
LIMIT = 20
NAMES = ("a", "b")


def share(values, most=1.0):
    """The share above the limit."""
    if not values:
        raise ValueError(f"none of {1 + 1}")
    return min(sum(value > LIMIT for value in values) / len(values), most)
'''


def faults(source: str) -> set[tuple[str, str, str]]:
    return {(mutant.kind, mutant.before, mutant.after) for mutant in mutants_of(source)}


def test_every_kind_of_fault_is_made_and_texts_and_errors_are_left_alone() -> None:
    found = faults(SOURCE)
    assert {
        ("constant", "20", "21"),
        ("constant", "20", "19"),
        ("element", "('a', 'b')", "('b',)"),
        ("constant", "1.0", "1.5"),
        ("sign", "not values", "values"),
        ("removed", "raise ValueError(f'none of {1 + 1}')", "pass"),
        ("comparison", "value > LIMIT", "value >= LIMIT"),
        ("comparison", "value > LIMIT", "value < LIMIT"),
    } <= found
    assert ("operator", "1 + 1", "1 - 1") not in found
    names = {after for kind, _, after in found if kind == "name"}
    assert names == {"max(sum((value > LIMIT for value in values)) / len(values), most)"}


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("a and b", ("and_or", "a and b", "a or b")),
        ("a if b else c", ("condition", "a if b else c", "c if b else a")),
        ("f(x, skipna=True)", ("keyword", "f(x, skipna=True)", "f(x)")),
        ("[x for x in y if x]", ("filter", "for x in y if x", "for x in y")),
        ("x * y", ("operator", "x * y", "x / y")),
        ('("a", HELD_ON)', ("element", "('a', HELD_ON)", "(HELD_ON,)")),
        ("True", ("constant", "True", "False")),
        ("0.0", ("constant", "0.0", "1.0")),
    ],
)
def test_one_fault_by_kind(code: str, fault: tuple[str, str, str]) -> None:
    assert fault in faults(f"x = {code}")


def test_keywords_that_only_guard_or_name_a_type_are_left_alone() -> None:
    kinds = {kind for kind, _, _ in faults("x = f(a, dtype=bool, strict=True, validate='one_to_one')")}
    assert kinds == set()


def test_each_mutant_has_one_fault_a_name_of_its_own_and_can_be_compiled() -> None:
    made = mutants_of(SOURCE)
    assert len({mutant.key for mutant in made}) == len(made)
    whole = ast.unparse(ast.parse(SOURCE))
    for mutant in made:
        compile(mutant.tree, "module", "exec")
        assert ast.unparse(mutant.tree) != whole
    assert ast.unparse(ast.parse(SOURCE)) == whole


def test_a_constant_is_shown_by_the_lines_that_read_it() -> None:
    (limit,) = {mutant.lines for mutant in mutants_of(SOURCE) if mutant.before == "20"}
    assert limit == (11,)

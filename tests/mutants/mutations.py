"""Small faults put into a module, one at a time: its mutants."""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
}
NAMES = {
    "min": "max", "max": "min", "any": "all", "all": "any", "isna": "notna", "notna": "isna",
    "ceil": "floor", "floor": "ceil", "ffill": "bfill", "bfill": "ffill", "cumsum": "cumprod",
    "mean": "median", "median": "mean", "minimum": "maximum", "maximum": "minimum",
    "idxmin": "idxmax", "idxmax": "idxmin", "argmin": "argmax", "argmax": "argmin",
    "sf": "cdf", "cdf": "sf", "log": "log1p", "log1p": "log", "exp": "expm1", "expm1": "exp",
}  # fmt: skip
"""Functions and methods of which one is easily written for the other."""

GUARDS = ("strict", "validate", "dtype")
"""Keywords that only refuse what does not occur, or name a type that the values have already."""

FLOAT_FACTOR = 1.5


@dataclass(frozen=True)
class Mutant:
    """One fault.

    Parameters
    ----------
    function : str
        Qualified name of the outermost function around it; blank in the module's own statements.
    line : int
        Line of the module, from 1.
    lines : tuple of int
        Lines that show the fault when executed: its own and that of its statement, or those that use the
        constant it is in; empty where that is not known.
    kind : str
        What was done: ``comparison``, ``operator``, ``constant`` and so on.
    before, after : str
        The code around the fault, without and with it.
    occurrence : int
        Which of the mutants of that function that read the same, from 0.
    tree : Module
        The module with the fault.
    """

    function: str
    line: int
    lines: tuple[int, ...]
    kind: str
    before: str
    after: str
    occurrence: int
    tree: ast.Module

    @property
    def named(self) -> tuple[str, str, str, str, str]:
        """A name that holds when lines around the fault move."""
        return self.function, self.kind, self.before, self.after, str(self.occurrence)

    @property
    def key(self) -> str:
        """The same as one text."""
        return "|".join(self.named)


def mutants_of(source: str) -> list[Mutant]:
    """Every mutant of a module.

    Notes
    -----
    Texts, annotations, decorators, class bodies outside methods and what an error says are left alone.
    """
    tree = ast.parse(source)
    found, seen = [], Counter[str]()
    for place in _places(tree):
        for kind, new in _faults(place.node, place.statement):
            before, after = _shown(place.node), _shown(new)
            name = f"{place.function}|{kind}|{before}|{after}"
            mutated = _with(tree, place.path, new)
            line = getattr(place.node, "lineno", place.line)
            lines = (place.line, line) if place.function else _uses(tree, place.path)
            found.append(Mutant(place.function, line, lines, kind, before, after, seen[name], mutated))
            seen[name] += 1
    return found


def _uses(tree: ast.Module, path: tuple[tuple[str, int | None], ...]) -> tuple[int, ...]:
    """Lines inside functions that read the constants which a statement of the module assigns."""
    statement = tree.body[path[0][1] or 0]
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    inside = (node for one in tree.body if not isinstance(one, ast.Assign) for node in ast.walk(one))
    return tuple(node.lineno for node in inside if isinstance(node, ast.Name) and node.id in names)


@dataclass(frozen=True)
class _Place:
    node: ast.AST
    path: tuple[tuple[str, int | None], ...]
    function: str
    line: int
    statement: bool


def _places(tree: ast.Module) -> Iterator[_Place]:
    def walk(node: ast.AST, path: tuple, function: str, in_class: str, line: int) -> Iterator[_Place]:
        for field, value in ast.iter_fields(node):
            if _left_alone(node, field):
                continue
            for at, child in enumerate(value) if isinstance(value, list) else ((None, value),):
                if not isinstance(child, ast.AST):
                    continue
                here = (*path, (field, at))
                inner, inner_class = function, in_class
                if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)) and not function:
                    inner = f"{in_class}{child.name}"
                elif isinstance(child, ast.ClassDef) and not function:
                    inner_class = f"{in_class}{child.name}."
                child_line = child.lineno if isinstance(child, ast.stmt) else line
                if inner or not inner_class:
                    yield _Place(child, here, inner, child_line, isinstance(child, ast.stmt))
                yield from walk(child, here, inner, inner_class, child_line)

    yield from walk(tree, (), "", "", 1)


def _left_alone(node: ast.AST, field: str) -> bool:
    if isinstance(node, (ast.JoinedStr, ast.Import, ast.ImportFrom, ast.Raise)):
        return True
    if isinstance(node, ast.keyword) and node.arg in GUARDS:
        return True
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        return True
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
        return True
    return field in {"annotation", "returns", "decorator_list", "ctx", "ops", "op", "bases", "type_comment"}


def _faults(node: ast.AST, statement: bool) -> Iterator[tuple[str, ast.AST]]:
    if statement:
        yield from _of_statement(node)
    elif isinstance(node, ast.Compare):
        yield from _of_comparison(node)
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS and not _is_text(node):
        yield "operator", ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)
    elif isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield "and_or", ast.BoolOp(other, node.values)
    elif isinstance(node, ast.UnaryOp):
        yield "sign", node.operand
    elif isinstance(node, ast.Constant):
        yield from _of_constant(node)
    elif isinstance(node, ast.IfExp):
        yield "condition", ast.IfExp(node.test, node.orelse, node.body)
    elif isinstance(node, ast.Call):
        yield from _of_call(node)
    elif isinstance(node, ast.comprehension):
        for at in range(len(node.ifs)):
            yield "filter", ast.comprehension(node.target, node.iter, _without(node.ifs, at), node.is_async)
    elif isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        yield from _of_listing(node)


def _of_listing(node: ast.Tuple | ast.List | ast.Set) -> Iterator[tuple[str, ast.AST]]:
    """A list of names, less one of them."""
    if len(node.elts) > 1 and all(map(_is_name, node.elts)):
        for at in range(len(node.elts)):
            shorter = copy.copy(node)
            shorter.elts = _without(node.elts, at)
            yield "element", shorter


def _is_name(entry: ast.expr) -> bool:
    """A text, or a constant that holds one (``HELD_ON``)."""
    if isinstance(entry, ast.Name):
        return entry.id.isupper() and isinstance(entry.ctx, ast.Load)
    return isinstance(entry, ast.Constant) and isinstance(entry.value, str)


def _of_statement(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield "return", ast.Return(ast.Constant(None))
    elif isinstance(node, (ast.If, ast.While)) and "TYPE_CHECKING" not in ast.unparse(node.test):
        turned = copy.copy(node)
        turned.test = ast.UnaryOp(ast.Not(), node.test)
        yield "condition", turned
    elif isinstance(node, ast.AugAssign):
        yield "removed", ast.Pass()
        if type(node.op) in OPERATORS:
            yield "operator", ast.AugAssign(node.target, OPERATORS[type(node.op)](), node.value)
    elif (
        isinstance(node, (ast.Raise, ast.Delete))
        or (isinstance(node, ast.Expr) and isinstance(node.value, (ast.Call, ast.Yield, ast.YieldFrom)))
        or (
            isinstance(node, ast.Assign)
            and not any(isinstance(target, (ast.Name, ast.Tuple)) for target in node.targets)
        )
    ):
        yield "removed", ast.Pass()
    elif isinstance(node, ast.Continue):
        yield "loop", ast.Break()
    elif isinstance(node, ast.Break):
        yield "loop", ast.Continue()


def _of_comparison(node: ast.Compare) -> Iterator[tuple[str, ast.AST]]:
    for at, operator in enumerate(node.ops):
        for other in COMPARISONS[type(operator)]:
            ops = [other() if place == at else op for place, op in enumerate(node.ops)]
            yield "comparison", ast.Compare(node.left, ops, node.comparators)


def _of_constant(node: ast.Constant) -> Iterator[tuple[str, ast.AST]]:
    value = node.value
    if isinstance(value, bool):
        yield "constant", ast.Constant(not value)
    elif isinstance(value, int):
        yield "constant", ast.Constant(value + 1)
        if value:
            yield "constant", ast.Constant(value - 1)
    elif isinstance(value, float):
        yield "constant", ast.Constant(value * FLOAT_FACTOR if value else 1.0)


def _of_call(node: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    for at, keyword in enumerate(node.keywords):
        if keyword.arg is not None and keyword.arg not in GUARDS:
            yield "keyword", ast.Call(node.func, node.args, _without(node.keywords, at))
    function = node.func
    if isinstance(function, ast.Attribute) and function.attr in NAMES:
        other = ast.Attribute(function.value, NAMES[function.attr], function.ctx)
        yield "name", ast.Call(other, node.args, node.keywords)
    elif isinstance(function, ast.Name) and function.id in NAMES:
        yield "name", ast.Call(ast.Name(NAMES[function.id], function.ctx), node.args, node.keywords)


def _without(nodes: list, at: int) -> list:
    return [*nodes[:at], *nodes[at + 1 :]]


def _is_text(node: ast.BinOp) -> bool:
    sides = (node.left, node.right)
    return any(
        isinstance(side, ast.JoinedStr) or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for side in sides
    )


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _shown(node: ast.AST) -> str:
    if isinstance(node, (ast.If, ast.While)):
        return f"{type(node).__name__.lower()} {ast.unparse(ast.fix_missing_locations(node.test))}"
    if isinstance(node, ast.comprehension):
        return ast.unparse(ast.fix_missing_locations(node)).strip()
    return " ".join(ast.unparse(ast.fix_missing_locations(node)).split())


def _with(tree: ast.Module, path: tuple[tuple[str, int | None], ...], new: ast.AST) -> ast.Module:
    """The tree with one node in another's place; nodes along the path are copied, the rest is shared."""
    root = copy.copy(tree)
    node: ast.AST = root
    for depth, (field, at) in enumerate(path):
        last = depth == len(path) - 1
        value = getattr(node, field)
        child = new if last else copy.copy(value if at is None else value[at])
        if at is None:
            setattr(node, field, child)
        else:
            setattr(node, field, [*value[:at], child, *value[at + 1 :]])
        node = child
    return ast.fix_missing_locations(root)

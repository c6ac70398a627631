"""Put one small fault at a time into a solution, and find out whether some check fails.

The faults are the usual ones of mutation testing: another operator or comparison, a constant moved,
a keyword argument left out, one function of a pair for the other, a statement dropped. They are
made in the syntax tree, inside the solution's delimiters only: the rest of an answer cell is given
to the learner.
"""

from __future__ import annotations

import ast
import copy
import dataclasses
import time
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from autograder.exceptions import GradingError
from autograder.format.magics import parse_python, translate_magics
from autograder.running.run import Workers, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from concurrent.futures import Executor

    from autograder.format.source import Cell, Exercise

    _NodeChange = tuple[ast.stmt | ast.expr, Callable[[ast.AST], None]]

_MIN_SECONDS = 20.0  # at least: a fault may make a loop endless
_SWAPPED_OPERATOR: Mapping[type[ast.operator], type[ast.operator]] = MappingProxyType(
    {
        ast.Add: ast.Sub,
        ast.Sub: ast.Add,
        ast.Mult: ast.Div,
        ast.Div: ast.Mult,
        ast.MatMult: ast.Mult,
        ast.Pow: ast.Mult,
        ast.FloorDiv: ast.Div,
        ast.Mod: ast.Mult,
    }
)
_SWAPPED_COMPARISON: Mapping[type[ast.cmpop], type[ast.cmpop]] = MappingProxyType(
    {
        ast.Lt: ast.LtE,
        ast.LtE: ast.Lt,
        ast.Gt: ast.GtE,
        ast.GtE: ast.Gt,
        ast.Eq: ast.NotEq,
        ast.NotEq: ast.Eq,
    }
)
_SWAPPED_PAIRS = (
    ("argmax", "argmin"),
    ("max", "min"),
    ("reduce_max", "reduce_min"),
    ("reduce_sum", "reduce_mean"),
    ("sum", "mean"),
    ("maximum", "minimum"),
    ("sigmoid", "softmax"),
    ("exp", "expm1"),
    ("log", "log1p"),
)
_SWAPPED_NAME = MappingProxyType(
    {name: other for a, b in _SWAPPED_PAIRS for name, other in ((a, b), (b, a))}
)


@dataclass(frozen=True)
class Mutant:
    """A solution with one fault in one of its cells.

    Attributes
    ----------
    answer
        The `grade_id` of the cell that it is in.
    line
        Of that cell, 1-based.
    label
        What became of what, as ``a + b -> a - b``; the source's ``equivalent`` names it by this.
    source
        The whole cell with the fault in it.
    """

    answer: str
    line: int
    label: str
    source: str


@dataclass(frozen=True)
class MutantSurvey:
    """What became of an exercise's mutants.

    Attributes
    ----------
    total
        The number of mutants.
    explained
        Survivors that the source calls equivalent, with the reason that it gives.
    survivors
        The others that passed every check.
    """

    slug: str
    total: int
    explained: tuple[tuple[Mutant, str], ...]
    survivors: tuple[Mutant, ...]

    @property
    def caught(self) -> int:
        """The number of mutants that failed some check."""
        return self.total - len(self.explained) - len(self.survivors)


def survey_mutants(exercise: Exercise, workers: Workers, executor: Executor) -> MutantSurvey:
    """Run the checks of ``exercise`` on every mutant of its solution.

    Parameters
    ----------
    exercise
        Whose solution to change.
    workers
        Where checks and answers run.
    executor
        Runs mutants in parallel.

    Raises
    ------
    GradingError
        When the solution itself does not pass.
    WorkerError
        When the workers are gone.
    """
    solution = {str(cell.grade_id): cell.source for cell in exercise.answers}
    began = time.monotonic()
    if not all(result.passed for result in run(exercise, solution, workers)):
        raise GradingError(f"{exercise.path}: its solution does not pass; run `autograder verify`")
    # What takes much longer than the solution is caught; on a crowded machine that is longer.
    seconds = max(_MIN_SECONDS, 10 * (time.monotonic() - began))
    # A mutant of a loop may never end.
    patient = dataclasses.replace(workers, seconds=seconds)
    found = list(make_mutants(exercise))

    def survives(mutant: Mutant) -> bool:
        answers = solution | {mutant.answer: mutant.source}
        return all(result.passed for result in run(exercise, answers, patient))

    alive = [m for m, lives in zip(found, executor.map(survives, found), strict=True) if lives]
    reasons = {
        (str(cell.grade_id), label): reason
        for cell in exercise.answers
        for label, reason in cell.equivalent.items()
    }
    named = [(mutant, reasons.get((mutant.answer, mutant.label), "")) for mutant in alive]
    return MutantSurvey(
        exercise.slug,
        len(found),
        tuple((mutant, reason) for mutant, reason in named if reason),
        tuple(mutant for mutant, reason in named if not reason),
    )


def make_mutants(exercise: Exercise) -> Iterator[Mutant]:
    """Yield every mutant of the exercise's code; a widget's answer is a value and has none."""
    for cell in exercise.answers:
        if cell.widget is None:
            yield from _mutants_of_cell(cell)


def _mutants_of_cell(cell: Cell) -> Iterator[Mutant]:
    tree = parse_python(translate_magics(cell.source))
    # Two changes may give the same code, or the solution itself.
    seen = {ast.unparse(tree)}
    for number, node in enumerate(ast.walk(tree)):
        for part, change in _node_changes(node):
            # The rest of the cell is given to the learner, so nobody gets it wrong.
            if not _in_solution(cell, part.lineno):
                continue
            changed = copy.deepcopy(tree)
            # A copy is walked in the same order, so the number finds the node again.
            twin = list(ast.walk(changed))[number]
            change(twin)
            source = ast.unparse(ast.fix_missing_locations(changed))
            if source not in seen:
                seen.add(source)
                after = _first_line(twin) if part is node else "pass"
                label = f"{_first_line(part)} -> {after}"
                yield Mutant(str(cell.grade_id), part.lineno, label, source)


def _in_solution(cell: Cell, line: int) -> bool:
    row = line - 1
    return not cell.regions or any(region.begin < row < region.end for region in cell.regions)


def _first_line(node: ast.AST) -> str:
    """Return the code of a node without the body of a compound statement."""
    return ast.unparse(node).partition("\n")[0]


def _node_changes(node: ast.AST) -> Iterator[_NodeChange]:
    """Yield the ways to make one node wrong: the node to name, and the change to its copy."""
    if isinstance(node, ast.FunctionDef | ast.For | ast.If | ast.While | ast.With):
        yield from _drop_statements(node.body)
    elif isinstance(node, ast.expr | ast.AugAssign):
        yield from ((node, change) for change in _expression_changes(node))


def _expression_changes(node: ast.expr | ast.AugAssign) -> Iterator[Callable[[ast.AST], None]]:
    if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _SWAPPED_OPERATOR:
        yield _set_field("op", _SWAPPED_OPERATOR[type(node.op)]())
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in _SWAPPED_COMPARISON:
        yield _set_field("ops", [_SWAPPED_COMPARISON[type(node.ops[0])](), *node.ops[1:]])
    elif isinstance(node, ast.BoolOp):
        yield _set_field("op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield _set_field("op", ast.UAdd())
    elif isinstance(node, ast.Constant):
        yield from _other_constants(node.value)
    elif isinstance(node, ast.Attribute) and node.attr in _SWAPPED_NAME:
        yield _set_field("attr", _SWAPPED_NAME[node.attr])
    elif isinstance(node, ast.Call):
        for place in range(len(node.keywords)):
            yield _set_field("keywords", node.keywords[:place] + node.keywords[place + 1 :])


def _set_field(name: str, value: object) -> Callable[[ast.AST], None]:
    return lambda node: setattr(node, name, value)


def _other_constants(value: object) -> Iterator[Callable[[ast.AST], None]]:
    if isinstance(value, bool):  # before int, which True is too
        yield _set_field("value", not value)
    elif isinstance(value, int):
        yield _set_field("value", value + 1)
    elif isinstance(value, float):
        yield _set_field("value", value * 2 if value else 1.0)
    elif isinstance(value, str) and " " not in value:  # prose is for people
        yield _set_field("value", f"{value}_")


def _drop_statements(body: list[ast.stmt]) -> Iterator[_NodeChange]:
    """Yield the removal of each simple statement, docstrings apart; ``pass`` takes its place."""
    for place, statement in enumerate(body):
        simple = isinstance(statement, ast.Assign | ast.AugAssign | ast.Expr | ast.Raise)
        if simple and not isinstance(getattr(statement, "value", None), ast.Constant):
            yield statement, _set_field("body", [*body[:place], ast.Pass(), *body[place + 1 :]])

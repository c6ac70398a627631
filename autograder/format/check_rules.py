"""Refuse checks that reach into the notebook in which they and the answers run.

In the grader answers run in a process of their own. A check of nbgrader's that takes their
namespace apart, or replaces something for them, would give other marks here than there.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from autograder.format.magics import parse_python, translate_magics

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    MakeError = Callable[[int, str, str], Exception]

_AUTOTEST = re.compile(r"^\s*(?:#+|%+|//+)\s*(?:HASHED\s+)?AUTOTEST\b")
_NAMESPACE = frozenset({"globals", "locals", "In", "Out", "_ih", "_oh", "_dh", "_i", "_ii", "_iii"})
_NAMESPACE_WITHOUT_ARGUMENTS = frozenset({"vars", "dir"})
_SHELL = frozenset({"run_line_magic", "run_cell_magic", "system", "getoutput"})  # of magics
_LOOKS_INSIDE = frozenset({"inspect", "dis", "gc", "__main__"})
_INSIDE = frozenset({"__code__", "__globals__", "__closure__", "__wrapped__", "__defaults__"})
_REPLACES = frozenset({"unittest.mock", "mock", "pytest"})
_REPLACERS = frozenset({"patch", "monkeypatch", "MonkeyPatch"})
_REDIRECTS = frozenset({"redirect_stdout", "redirect_stderr"})

_ELSEWHERE = "the answers run in another process"
_CALL_THEM = "call what the answer defines, and compare what it returns"
_NO_REPLACEMENT = (
    "compare what the answer returns, or put the replacement into a locked cell before the answer, "
    "which runs on both sides"
)


def check_autotest(source: str, make_error: MakeError) -> None:
    """Raise for a line from which nbgrader would make tests: the cell tests nothing by itself."""
    for row, line in enumerate(source.split("\n")):
        if _AUTOTEST.match(line):
            remedy = "write the assertions out, or take the cell that nbgrader instantiated"
            raise make_error(row, f"`{line.strip()}` is not supported", remedy)


def check_isolated(source: str, answered: Collection[str], make_error: MakeError) -> None:
    """Raise for the first thing in a check that works in one namespace with the answers only.

    Parameters
    ----------
    source
        The check.
    answered
        The names that answers bind.
    make_error
        Makes the exception to raise, from a 0-based row, a problem and a remedy.
    """
    tree = parse_python(translate_magics(source))
    own = set(top_level_names(tree))
    found = [*_namespace_uses(tree, own), *_deletions(tree, answered), *_replacements(tree)]
    for node, what, remedy in sorted(found, key=lambda one: one[0].lineno):
        problem = f"the check {what}, but {_ELSEWHERE}"
        raise make_error(node.lineno - 1, problem, remedy)


def top_level_names(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a cell binds outside its functions and classes."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
            continue
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                yield part.id
            elif isinstance(part, ast.alias):
                yield (part.asname or part.name).partition(".")[0]


_Use = tuple[ast.expr | ast.stmt, str, str]


def _namespace_uses(tree: ast.Module, own: Collection[str]) -> Iterator[_Use]:
    modules = _imported_modules(tree)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        name = _dotted(node, modules)
        parent = parents.get(node)
        if isinstance(node, ast.Attribute) and node.attr in _INSIDE:
            yield node, f"looks into `{node.attr}`", _CALL_THEM
        elif isinstance(node, ast.Attribute | ast.Name) and _looks_inside(name):
            yield node, f"uses `{name}`", _CALL_THEM
        elif not isinstance(node, ast.Name) or node.id in own or isinstance(node.ctx, ast.Store):
            continue
        elif node.id in _NAMESPACE or _lists_names(node, parent):
            yield node, f"takes the namespace apart (`{node.id}`)", _CALL_THEM
        elif node.id == "get_ipython" and not _is_magic(parent, parents):
            yield node, "takes the shell apart (`get_ipython`)", _CALL_THEM


def _looks_inside(name: str) -> bool:
    module, dot, what = name.partition(".")
    return bool(dot) and module in _LOOKS_INSIDE and not what.startswith("is")


def _lists_names(node: ast.Name, parent: ast.AST | None) -> bool:
    called = isinstance(parent, ast.Call) and parent.func is node
    given = isinstance(parent, ast.Call) and bool(parent.args)
    return node.id in _NAMESPACE_WITHOUT_ARGUMENTS and not (called and given)


def _is_magic(call: ast.AST | None, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether ``get_ipython()`` is what a magic became, such as ``%matplotlib inline``."""
    asked = parents.get(call) if call is not None else None
    return isinstance(asked, ast.Attribute) and asked.attr in _SHELL


def _deletions(tree: ast.Module, answered: Collection[str]) -> Iterator[_Use]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del) and node.id in answered:
            yield node, f"deletes the answer's `{node.id}`", _CALL_THEM


def _replacements(tree: ast.Module) -> Iterator[_Use]:
    """Yield where a check replaces part of a module, which answers use too."""
    modules = _imported_modules(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            name = _replaced(node, modules)
        elif isinstance(node, ast.Call):
            name = _replaced_by_call(node, modules)
        else:
            continue
        if name:
            yield node, f"replaces something for the answers (`{name}`)", _NO_REPLACEMENT


def _replaced(node: ast.Attribute | ast.Subscript, modules: Mapping[str, str]) -> str:
    """Return what of a module is assigned or deleted; "" for what belongs to no module."""
    name = _dotted(node if isinstance(node, ast.Attribute) else node.value, modules)
    settings = ("os.environ", "sys.modules")
    # Items of other things, such as `plt.rcParams`, are the check's own affair.
    return name if isinstance(node, ast.Attribute) or name in settings else ""


def _replaced_by_call(node: ast.Call, modules: Mapping[str, str]) -> str:
    name = _dotted(node.func, modules)
    function = name.rpartition(".")[2]
    plain = node.func.id if isinstance(node.func, ast.Name) else ""
    if plain in ("setattr", "delattr") and node.args and _dotted(node.args[0], modules):
        return f"{plain}({_dotted(node.args[0], modules)}, ...)"
    if any(name.startswith(f"{module}.") for module in _REPLACES):
        return name if _REPLACERS & set(name.split(".")) else ""
    root = _root(node.func)
    if root in _REPLACERS:
        return root
    return name if name.startswith("contextlib.") and function in _REDIRECTS else ""


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _imported_modules(tree: ast.Module) -> dict[str, str]:
    """Return what each imported name stands for; modules that every notebook has included."""
    found = {"np": "numpy", "numpy": "numpy", "plt": "matplotlib.pyplot", "tf": "tensorflow"}
    found |= {"pd": "pandas", "os": "os", "sys": "sys", "builtins": "builtins", "time": "time"}
    found |= {"math": "math", "random": "random"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                found[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def _dotted(node: ast.AST, modules: Mapping[str, str]) -> str:
    """Return the full name of a module's part, ``numpy.linalg.solve``; "" for anything else."""
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value, modules)
        return f"{before}.{node.attr}" if before else ""
    return modules.get(node.id, "") if isinstance(node, ast.Name) else ""

"""Collect the docstrings and names that autodoc puts on a page of the API reference."""

from __future__ import annotations

import ast
import functools
import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LISTED = re.compile(r"^\s*\.\. automodule:: (\S+)", re.MULTILINE)


def documented_text(page: str) -> list[str]:
    """Return the docstrings and names that a page of the API reference shows."""
    return [
        text
        for name in _LISTED.findall(page)
        for path in _files(name)
        for text in _texts_of(path.read_text("utf-8"))
    ]


@functools.cache  # the process of `book watch` reads the same modules at every build
def _texts_of(source: str) -> tuple[str, ...]:
    return tuple(text for node in ast.walk(ast.parse(source)) for text in _shown(node))


def _files(module: str) -> list[Path]:
    """Return the source files of a module; of a package, those of all its modules."""
    spec = find_spec(module)
    path = Path(spec.origin) if spec and spec.origin else None
    if path is None:
        return []
    return sorted(path.parent.glob("*.py")) if path.name == "__init__.py" else [path]


def _shown(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
        yield ast.get_docstring(node) or ""
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        yield node.name
    if isinstance(node, ast.arg):
        yield node.arg
    if isinstance(node, ast.AnnAssign):  # an argument of a dataclass
        yield ast.unparse(node.target)

"""Parse notebook cells whose IPython magics are not Python."""

from __future__ import annotations

import ast
import functools
import itertools
import re
import threading

from IPython.core.inputtransformer2 import TransformerManager

# CPython 3.11 counts the depth of a syntax tree for the whole process: two threads that make trees
# at once get "SystemError: AST constructor recursion depth mismatch" now and then.
_ONE_AT_A_TIME = threading.Lock()

# Magics that only measure or silence the Python below or behind them, which is the answer.
_AROUND_A_CELL = re.compile(r"\s*%%(time|timeit|capture|prun|memit)\b(.*)")
_AROUND_A_STATEMENT = re.compile(r"^(\s*(?:\w+\s*=\s*)?)%(?:time|prun|memit)[ \t]+(?=[^\s-])")
_NAME = re.compile(r"(?<!\S)[^\W\d]\w*(?!\S)")


def parse_python(source: str) -> ast.Module:
    """Return the syntax tree of ``source``, as :func:`ast.parse` does, safely from any thread."""
    with _ONE_AT_A_TIME:
        return ast.parse(source)


@functools.lru_cache(maxsize=4096)  # reader, checks and answers ask for the same cells
def translate_magics(source: str) -> str:
    """Return ``source`` as Python: ``%magic`` and ``!command`` become ``get_ipython()`` calls.

    Of a magic around Python, such as ``%%time``, the Python is left, on the same lines. What cannot
    be turned into Python comes back as it is, for the compiler to complain about.
    """
    try:
        parse_python(source)
    except SyntaxError:
        pass
    else:
        return source
    lines = [_AROUND_A_STATEMENT.sub(r"\1", line) for line in source.split("\n")]
    python = "\n".join(_without_cell_magics(lines))
    try:
        with _ONE_AT_A_TIME:
            return str(TransformerManager().transform_cell(python))
    except SyntaxError:
        return python


def _without_cell_magics(lines: list[str]) -> list[str]:
    """Return ``lines`` with the cell magics above their Python replaced by as many lines."""
    python = []
    for line in itertools.takewhile(_is_above_python, lines):
        magic = _AROUND_A_CELL.fullmatch(line)
        # No empty lines, which IPython removes from the top: the others keep their numbers.
        python.append(_bind_captured(magic[2]) if magic and magic[1] == "capture" else "#")
    return python + lines[len(python) :] if any(map(_AROUND_A_CELL.fullmatch, lines)) else lines


def _is_above_python(line: str) -> bool:
    return not line.strip() or _AROUND_A_CELL.fullmatch(line) is not None


def _bind_captured(options: str) -> str:
    """Return the assignment that ``%%capture name`` makes; a comment where it names nothing."""
    name = _NAME.search(options)
    return f"{name[0]} = get_ipython().captured" if name else "#"

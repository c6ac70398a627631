"""Parse notebook cells whose IPython magics are not Python."""

from __future__ import annotations

import ast
import functools
import threading

from IPython.core.inputtransformer2 import TransformerManager

# CPython 3.11 counts the depth of a syntax tree for the whole process: two threads that make trees
# at once get "SystemError: AST constructor recursion depth mismatch" now and then.
_ONE_AT_A_TIME = threading.Lock()


def parse_python(source: str) -> ast.Module:
    """Return the syntax tree of ``source``, as :func:`ast.parse` does, safely from any thread."""
    with _ONE_AT_A_TIME:
        return ast.parse(source)


@functools.lru_cache(maxsize=4096)  # reader, checks and answers ask for the same cells
def translate_magics(source: str) -> str:
    """Return ``source`` as Python: ``%magic`` and ``!command`` become ``get_ipython()`` calls.

    What cannot be turned into Python comes back as it is, for the compiler to complain about.
    """
    try:
        parse_python(source)
    except SyntaxError:
        pass
    else:
        return source
    try:
        with _ONE_AT_A_TIME:
            return str(TransformerManager().transform_cell(source))
    except SyntaxError:
        return source


class NoShell:
    """Replaces IPython's shell while an answer is graded: line magics do nothing, others raise."""

    def run_line_magic(self, name: str, line: str, *_: object) -> None:
        """Ignore a line magic such as ``%matplotlib inline``."""

    def run_cell_magic(self, name: str, *_: object) -> None:
        """Raise ``RuntimeError`` for a cell magic such as ``%%bash``."""
        raise RuntimeError(f"%%{name} does not run while an answer is graded")

    def system(self, *_: object) -> None:
        """Raise ``RuntimeError`` for a shell command."""
        raise RuntimeError("shell commands do not run while an answer is graded")

    getoutput = system

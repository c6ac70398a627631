"""The Sphinx extension behind the API reference: docstrings in NumPy's style, made into pages."""

from __future__ import annotations

import ast
import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.util.inspect import signature as signature_of
from sphinx.util.inspect import stringify_signature
from traitlets import HasTraits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

_LISTED = re.compile(r"^\s*\.\. automodule:: (\S+)", re.MULTILINE)


def setup(app: Sphinx) -> dict[str, Any]:
    """Switch on what Sphinx brings along for this, and how we want it."""
    app.setup_extension("sphinx.ext.autodoc")
    app.setup_extension("sphinx.ext.napoleon")
    app.connect("autodoc-process-signature", _say_arguments)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def documented(page: str) -> list[str]:
    """Return what a page of the reference shows and does not say itself: docstrings and names."""
    return [
        text
        for name in _LISTED.findall(page)
        for path in _files(name)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for text in _shown(node)
    ]


def _files(module: str) -> list[Path]:
    """Return the file of a module; of a package all, for it shows what it takes from them."""
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


def _say_arguments(
    _app: Sphinx, what: str, _name: str, obj: object, _options: object, signature: str, returns: str
) -> tuple[str, str]:
    """Show the arguments of a widget's own ``__init__``, not those of traitlets' ``__new__``."""
    if what == "class" and isinstance(obj, type) and issubclass(obj, HasTraits):
        own = signature_of(obj.__init__, bound_method=True)
        text = stringify_signature(own, show_return_annotation=False, unqualified_typehints=True)
        return text, returns
    return signature, returns

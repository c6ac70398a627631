"""Make the pages of the API reference from docstrings in NumPy's style."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx.util.inspect import signature as signature_of
from sphinx.util.inspect import stringify_signature
from traitlets import HasTraits

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def register(app: Sphinx) -> None:
    """Load Sphinx's autodoc and napoleon."""
    app.setup_extension("sphinx.ext.autodoc")
    app.setup_extension("sphinx.ext.napoleon")


def show_own_arguments(
    _app: Sphinx, what: str, _name: str, obj: object, _options: object, signature: str, returns: str
) -> tuple[str, str]:
    """Replace the signature of a widget by that of its own ``__init__``."""
    if what == "class" and isinstance(obj, type) and issubclass(obj, HasTraits):
        # Autodoc looks at `__new__` first, where traitlets takes any argument.
        own = signature_of(obj.__init__, bound_method=True)
        text = stringify_signature(own, show_return_annotation=False, unqualified_typehints=True)
        return text, returns
    return signature, returns

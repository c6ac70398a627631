"""Operations for the modules that operations are made of.

Tensors have operators, tapes add slopes, conversion stacks lists of tensors: all of that is done by
modules which import tensors, tapes and conversion. Here those are found when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import _elementwise as ops
    from . import _indexing as indexing
    from . import _linear as linear
    from . import _reductions as reductions
    from . import _shapes as shapes

    __all__ = ["indexing", "linear", "ops", "reductions", "shapes"]
else:
    _MODULES = {
        "ops": "_elementwise",
        "indexing": "_indexing",
        "linear": "_linear",
        "reductions": "_reductions",
        "shapes": "_shapes",
    }

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(name)
        found = import_module(f"{__package__}.{_MODULES[name]}")
        globals()[name] = found  # the next look-up finds it without this function
        return found

"""Write exercises as text, check them while a book is built, release them, and grade answers.

Everything else is built on three functions: :func:`~autograder.format.release.release` makes a
learner's notebook, :func:`~autograder.verification.verify.verify` checks an exercise, and
:func:`~autograder.running.run.run` runs checks on answers, for the build and for the grader.

``autograder`` is a Sphinx extension too: listed under ``extra_extensions`` of any Jupyter Book, it
gives the book the build gate and a page for each exercise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_GATE = "website.gate_extension"  # by name: the engine itself needs nothing of the site


def setup(app: Sphinx) -> dict[str, bool]:
    """Give a Jupyter Book the build gate and the exercises' pages."""
    app.setup_extension(_GATE)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

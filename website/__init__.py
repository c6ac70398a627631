"""The Sphinx extension ``website``: the gate, the pages and the other editions of the book."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect every step of a build: the gate, the pages, and the book's other editions."""
    # Only Sphinx needs all of them; a module of this package is imported without.
    from website.gate_extension import start_gate  # noqa: PLC0415
    from website.pipeline import METADATA, connect, register, steps_of  # noqa: PLC0415

    register(app)
    connect(app, steps_of(start_gate(app)))
    return dict(METADATA)

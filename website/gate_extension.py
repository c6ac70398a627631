"""The Sphinx extension of the gate alone: no page is built unless every exercise holds.

A book that has a look of its own takes this one; ``website`` is the gate and this site's pages.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.sandbox.zygote import Zygote
from website.build.settings import preload_of_book, register_settings

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from website.build.gate import Gate


def start_gate(app: Sphinx) -> Gate:
    """Start the worker that runs cells and checks, and return the gate that uses it.

    What the cells import takes longest, so the worker starts on it before anything else here is
    imported. Where everything is known already it is told to stop, at no cost.
    """
    settings = register_settings(app)
    zygote = Zygote(preload_of_book(Path(app.srcdir), settings))
    zygote.start()
    from website.build.gate import Gate  # noqa: PLC0415 - only now: the worker is on its way

    return Gate(app, zygote, settings)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the gate to the build."""
    gate = start_gate(app)
    from website.pipeline import METADATA, connect, gate_steps  # noqa: PLC0415 - for the same reason

    app.setup_extension("widgets.page")  # for exercises that are answered with our widgets
    connect(app, gate_steps(gate))
    return dict(METADATA)

"""The Sphinx extension of the gate alone: no page is built unless every exercise passes.

It is for a book with a theme of its own; ``website`` is the gate together with this site's pages.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.sandbox.zygote import Zygote
from website.build.gate import Gate
from website.build.settings import preload_of_book, register_settings
from website.pipeline import METADATA, connect, gate_steps

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def start_gate(app: Sphinx) -> Gate:
    """Return the gate, and add the settings with which a resident process lends it a worker."""
    app.add_config_value("gate_worker", None, "")
    app.add_config_value("gate_preview", False, "")  # noqa: FBT003 - Sphinx's signature
    settings = register_settings(app)
    return Gate(app, Zygote(preload_of_book(Path(app.srcdir), settings)), settings)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the gate to the build."""
    gate = start_gate(app)
    app.setup_extension("widgets.page")  # for exercises that are answered with our widgets
    connect(app, gate_steps(gate))
    return dict(METADATA)

"""The Sphinx extension of the gate alone: no page is built unless every exercise holds.

A book that has a look of its own takes this one; ``website`` is the gate and this site's pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograder.sandbox.zygote import Zygote

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from website.build.gate import Gate


def start_gate(app: Sphinx) -> Gate:
    """Start the worker that runs cells and checks, and return the gate that uses it.

    Importing TensorFlow takes longest, so the worker starts on it before anything else here is
    imported. Where everything is known already it is told to stop, at no cost.
    """
    zygote = Zygote()
    zygote.start()
    from website.build.gate import Gate  # noqa: PLC0415 - only now: the worker is on its way

    return Gate(app, zygote)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the gate to the build."""
    gate = start_gate(app)
    from website.pipeline import METADATA, connect, gate_steps  # noqa: PLC0415 - for the same reason

    connect(app, gate_steps(gate))
    return dict(METADATA)

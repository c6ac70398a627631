"""The Sphinx extension: no page is built unless every exercise holds and every cell runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograder.sandbox.zygote import Zygote

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the gate to the build.

    Importing TensorFlow takes longest, so the worker starts on it before anything else here is
    imported. Where everything is known already it is told to stop, at no cost.
    """
    zygote = Zygote()
    zygote.start()
    from website.build.gate import Gate  # noqa: PLC0415 - only now: the worker is on its way

    gate = Gate(app, zygote)
    app.connect("config-inited", gate.choose_cache)
    app.connect("builder-inited", gate.check_all, priority=800)
    app.connect("env-get-outdated", gate.outdated)
    app.connect("source-read", gate.dress_exercise)
    app.connect("html-page-context", gate.hand_out)
    app.connect("build-finished", gate.lay_out)
    app.connect("build-finished", gate.withhold, priority=501)  # the front page is written at 500
    app.connect("build-finished", gate.finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

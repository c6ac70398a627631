"""How the gate ends a build; builds that it ends are in test_book_breaks."""

from __future__ import annotations

import logging
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from sphinx.util import logging as sphinx_logging

from autograder.sandbox.zygote import Zygote
from website.build.gate import Gate, GateFailed
from website.build.settings import BookSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Any]:
    """Stand in for Sphinx, whose warnings go where they went before the test."""
    logger = logging.getLogger(sphinx_logging.NAMESPACE)
    before = [*logger.handlers]
    site = tmp_path / "_build" / "html"
    site.mkdir(parents=True)
    (site / "page.html").touch()
    yield SimpleNamespace(srcdir=tmp_path, outdir=site, builder=SimpleNamespace(format="html"))
    logger.handlers[:] = before


def test_a_build_that_fails_leaves_with_the_summary_and_the_process_as_it_was(app: Any) -> None:  # noqa: ANN401
    gate = Gate(app, Zygote(()), BookSettings())
    hook = sys.excepthook
    with pytest.raises(GateFailed) as failed:
        gate.finish(app, ValueError("no such page"))
    assert isinstance(failed.value, SystemExit)  # which Python prints, and exits with 1
    assert str(failed.value).splitlines() == [
        "",
        "The book was not built: 1 thing to mend.",
        "  ValueError: no such page",
    ]
    assert sys.excepthook is hook
    assert not app.outdir.exists()

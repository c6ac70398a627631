"""The order of a build: handlers are called as the list has them, around those of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sphinx.testing.util import SphinxTestApp

from website.pipeline import OTHERS, connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def app(tmp_path: Path) -> Iterator[SphinxTestApp]:
    (tmp_path / "conf.py").write_text("html_theme = 'basic'\n", "utf-8")
    (tmp_path / "index.rst").write_text("Title\n=====\n", "utf-8")
    started = SphinxTestApp("html", srcdir=tmp_path)
    yield started
    started.cleanup()


def test_handlers_run_in_the_order_of_the_list(app: SphinxTestApp) -> None:
    called: list[str] = []

    def step(name: str) -> Callable[..., None]:
        return lambda *_: called.append(name)

    app.connect("env-updated", step("default"))
    app.connect("env-updated", step("theme"), priority=501)
    before, after = [step("a"), step("b")], [step("c"), step("d"), step("e")]
    connect(app, {"env-updated": [*before, OTHERS, *after]})
    app.emit("env-updated", app.env)
    assert called == ["a", "b", "default", "theme", "c", "d", "e"]


def test_an_event_of_others_alone_connects_nothing(app: SphinxTestApp) -> None:
    connect(app, {"no-such-event": [OTHERS]})

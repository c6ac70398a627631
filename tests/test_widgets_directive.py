"""The directive `widget` in Sphinx: what it refuses, and what other formats and builds show."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from widget_pages import build

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow  # each builds a site of its own


def bad(text: str) -> dict[str, str]:
    """Give the pages of a book whose one page holds ``text``."""
    conf = 'extensions = ["myst_nb", "widgets.page"]\n'
    return {"conf.py": conf, "index.md": f"# Title\n\nText.\n\n{text}\n"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("```{widget} wheel\n```", "no widget 'wheel'; there are heads, layer_builder"),
        ("```{widget} weights\n{nonsense}\n```", "widget: Expecting property name"),
        ("```{widget} weights\n[1]\n```", "a widget's options are a JSON object, not [1]"),
        ('```{widget} weights\n{"w1": 9}\n```', "w1 is a number from -5 to 5, not 9"),
        ('```{widget} weights\n{"w4": 9}\n```', "Weights has no w4; it knows w1"),
    ],
)
def test_a_directive_that_cannot_be_read_is_a_warning(
    tmp_path: Path, text: str, message: str
) -> None:
    done = build(tmp_path, bad(text), "-b", "text")
    assert done.returncode == 0
    assert message in done.stderr
    assert re.search(r"index\.md:5: WARNING: widget", done.stderr)


def test_bad_output_of_a_notebook_is_a_warning(tmp_path: Path) -> None:
    data = {"application/vnd.logits-widget+json": {"widget": "wheel", "state": {}}}
    output = {"output_type": "display_data", "metadata": {}, "data": data}
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": "1", "execution_count": 1}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    cell["outputs"] = [output]
    conf = bad("")["conf.py"] + 'nb_execution_mode = "off"\n'
    done = build(tmp_path, {"conf.py": conf, "index.ipynb": json.dumps(notebook)}, "-b", "text")
    assert "no widget 'wheel'" in done.stderr


@pytest.mark.parametrize(("builder", "file"), [("text", "index.txt"), ("latex", "*.tex")])
def test_other_formats_say_it_in_words(tmp_path: Path, builder: str, file: str) -> None:
    text = "```{widget} layer_builder\n:caption: Why?\n```"
    done = build(tmp_path, bad(text), "-b", builder, "-W")
    assert done.returncode == 0, done.stderr
    (found,) = (tmp_path / "site").glob(file)
    words = " ".join(found.read_text(encoding="utf-8").split())
    assert "A layer of 2 inputs and a bias to 3 outputs" in words
    assert "Why?" in words


def test_a_change_of_the_package_rewrites_pages(tmp_path: Path) -> None:
    pages = bad("```{widget} weights\n```")
    assert build(tmp_path, pages).returncode == 0
    page = tmp_path / "site" / "index.html"
    page.write_text("stale", encoding="utf-8")
    build(tmp_path, pages)
    assert page.read_text(encoding="utf-8") == "stale"
    build(tmp_path, pages, "-D", "widgets_digest=changed")
    assert "llb-widget" in page.read_text(encoding="utf-8")

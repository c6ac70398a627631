"""Render formulas as MathML while the book is built: no script, no download, accessible."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import tostring

from docutils import nodes
from latex2mathml.converter import Converter
from latex2mathml.tokenizer import tokenize
from sphinx.util import logging

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.writers.html5 import HTML5Translator

_log = logging.getLogger(__name__)
_CHARACTER = re.compile(r"&#x[0-9A-Fa-f]+;")  # how the library writes what it has understood
_ESCAPED = re.compile(r"&amp;(#x[0-9A-Fa-f]+;)")


def setup(app: Sphinx) -> dict[str, Any]:
    """Make `mathml` one of Sphinx's renderers, and the one in use."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.connect("config-inited", _choose)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _choose(_app: Sphinx, config: Config) -> None:
    config.html_math_renderer = "mathml"


def _inline(translator: HTML5Translator, node: nodes.Element) -> None:
    translator.body.append(_convert(node, "inline"))
    raise nodes.SkipNode


def _block(translator: HTML5Translator, node: nodes.Element) -> None:
    number = f'<span class="eqno">({node["number"]})</span>' if node.get("number") else ""
    anchor = f' id="{node["ids"][0]}"' if node.get("ids") else ""
    mathml = _convert(node, "block")
    translator.body.append(f'<div class="math-block"{anchor}>{number}{mathml}</div>\n')
    raise nodes.SkipNode


def _convert(node: nodes.Element, display: str) -> str:
    formula = node.astext().strip()
    try:
        return _mathml(formula, display)
    except Exception as error:  # noqa: BLE001 - the library raises many kinds
        _log.warning("formula %r cannot be rendered (%s)", formula, error, location=node)
        return f"<code>{escape(formula)}</code>"


def _mathml(formula: str, display: str) -> str:
    """Convert ``formula``, but refuse what the library would pass on as it stands."""
    tokens = list(tokenize(formula))
    if tokens.count("{") != tokens.count("}"):
        raise ValueError("its braces do not match")
    tree = Converter(display=display).convert_to_element(formula)
    for part in tree.iter():
        left = re.search(r"\\[a-zA-Z]*|[{}&]", _CHARACTER.sub("", part.text or ""))
        if left:
            raise ValueError(f"`{left[0]}` is not understood")
    return _ESCAPED.sub(r"&\1", tostring(tree, encoding="unicode"))

"""Render formulas as MathML while the book is built: no script, no download, accessible.

Few devices have a font that knows how formulas are set, so pages with formulas bring what they need
of one (`vendor/`).
"""

from __future__ import annotations

import re
from html import escape, unescape
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, tostring

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
_PUNCTUATION = re.compile(r"[.,:;?!)]+")
_FONT = "on_demand/vendor/math.css"
_THIN = "0.1667em"  # TeX's thin space
_ROWS = ("math", "mrow", "mtd")
_SIGNS = ("+", "\N{MINUS SIGN}")
_BEFORE_A_SIGN = ("(", "[", "{", "|", ",", "=", "<", ">")
_NO_OPERANDS = ("mo", "mspace", "munder", "munderover")  # they bring space of their own


def register(app: Sphinx) -> None:
    """Register the math renderer ``mathml``."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))


def choose_mathml(_app: Sphinx, config: Config) -> None:
    """Make MathML the renderer in use."""
    config.html_math_renderer = "mathml"


def keep_punctuation(_app: Sphinx, doctree: nodes.document, _name: str) -> None:
    """Move punctuation after a formula into it, so that no line breaks between them."""
    for formula in list(doctree.findall(nodes.math)):
        after = formula.next_node(descend=False, siblings=True)
        found = _PUNCTUATION.match(after.astext()) if isinstance(after, nodes.Text) else None
        if found and after is not None:
            formula["end"] = found[0]
            formula.parent.replace(after, nodes.Text(after.astext()[found.end() :]))


def add_math_font(
    app: Sphinx, _page: str, _template: str, context: dict[str, Any], _: object
) -> None:
    """Load the font of formulas on pages that have one."""
    if "<math " in context.get("body", ""):
        app.add_css_file(_FONT)


def _inline(translator: HTML5Translator, node: nodes.Element) -> None:
    formula = _convert(node, "inline")
    if end := node.get("end"):
        formula = f'<span class="with-end">{formula}{escape(end)}</span>'
    translator.body.append(formula)
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
    """Convert ``formula`` to MathML; refuse commands that the library would copy unchanged."""
    tokens = list(tokenize(formula))
    if tokens.count("{") != tokens.count("}"):
        raise ValueError("its braces do not match")
    tree = Converter(display=display).convert_to_element(formula)
    for part in tree.iter():
        left = re.search(r"\\[a-zA-Z]*|[{}&]", _CHARACTER.sub("", part.text or ""))
        if left:
            raise ValueError(f"`{left[0]}` is not understood")
        # ElementTree writes characters, and would escape the `&` of a reference once more.
        part.text = unescape(part.text or "")
        part.attrib |= {key: unescape(value) for key, value in part.attrib.items()}
    for row in [part for part in tree.iter() if part.tag in _ROWS]:
        _space(row)
    return tostring(tree, encoding="unicode")


def _space(row: Element) -> None:
    """Space a row as TeX does: names such as ln apart, signs close to their numbers."""
    parts: list[Element | None] = [None, *row, None]
    # The neighbours as they were, without the spaces that are put in on the way.
    for before, part, after in zip(parts, list(row), parts[2:], strict=False):
        text = part.text or ""
        if part.tag == "mo" and text in _SIGNS and _leads(before):
            # Browsers put room around a sign that stands between two operands.
            part.set("form", "prefix")
        elif part.tag == "mo" and text == "|":
            part.attrib |= {"lspace": "0", "rspace": "0"}
        elif part.tag in ("mi", "mo") and len(text) > 1 and text.isalpha():
            part.tag = "mi"  # an operator would keep its distance from a parenthesis too
            place = list(row).index(part)
            if _is_operand(after):
                row.insert(place + 1, Element("mspace", width=_THIN))
            if _is_operand(before):
                row.insert(place, Element("mspace", width=_THIN))


def _leads(before: Element | None) -> bool:
    """Return whether a sign after ``before`` belongs to the operand that follows it."""
    return before is None or (before.text or "") in _BEFORE_A_SIGN


def _is_operand(part: Element | None) -> bool:
    return part is not None and part.tag not in _NO_OPERANDS

"""Write HTML and SVG elements as text."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_VOID = frozenset({"circle", "line", "path", "polygon", "rect", "col", "input"})


def tag(name: str, *children: str, **attributes: object) -> str:
    """Write one element; children are markup already, attribute values are escaped.

    ``class_`` and ``for_`` lose their underscore, other underscores become hyphens; an attribute
    that is None is left out; floats are written with at most two decimals.
    """
    given = "".join(
        f' {_attribute(key)}="{escape(_text(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID and not children:
        return f"<{name}{given}/>"
    return f"<{name}{given}>{''.join(children)}</{name}>"


def number(value: float) -> str:
    """Write a coordinate with at most two decimals, without a trailing zero."""
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def picture(
    *children: str, size: tuple[int, int], title: str, class_: str, description: str, moves: bool
) -> str:
    """Write an SVG picture with the name and the description that a screen reader gives.

    ``moves`` tells whether the module rewrites the description when the picture changes.
    """
    part = "description" if moves else None
    names = tag("title", escape(title)) + tag("desc", escape(description), data_part=part)
    box = f"0 0 {size[0]} {size[1]}"
    return tag("svg", names, *children, class_=class_, viewBox=box, role="img")


def text(content: str, x: float, y: float, **attributes: object) -> str:
    """Write an SVG label."""
    return tag("text", escape(content), x=x, y=y, **attributes)


def table(
    caption: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]], **given: object
) -> str:
    """Write a table whose cells are markup; the first cell of a row is the row's heading."""
    heads = "".join(tag("th", cell, scope="col") if cell else tag("td", "") for cell in head)
    body = "".join(
        tag("tr", tag("th", row[0], scope="row"), *(tag("td", cell) for cell in row[1:]))
        for row in rows
    )
    parts = (tag("thead", tag("tr", heads)) if head else "", tag("tbody", body))
    return tag("table", tag("caption", caption), *parts, **given)


def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _text(value: object) -> str:
    return number(value) if isinstance(value, float) else str(value)

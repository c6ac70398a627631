"""Write HTML and SVG elements as text."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_EMPTY_ELEMENTS = frozenset({"circle", "line", "path", "polygon", "rect", "col", "input"})


def element(name: str, *children: str, **attributes: object) -> str:
    """Return one element as text.

    Parameters
    ----------
    name
        Of the element.
    children
        Its content, which is markup already.
    attributes
        Are escaped. ``class_`` and ``for_`` lose their underscore, other underscores become
        hyphens. One that is None is left out; floats get at most two decimals.
    """
    given = "".join(
        f' {_attribute_name(key)}="{escape(_attribute_text(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _EMPTY_ELEMENTS and not children:
        return f"<{name}{given}/>"
    return f"<{name}{given}>{''.join(children)}</{name}>"


def format_coordinate(value: float) -> str:
    """Return a coordinate with at most two decimals and no trailing zero."""
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")  # no -0


def translation(x: float, y: float) -> str:
    """Return the value of an SVG ``transform`` that moves an element to ``(x, y)``."""
    return f"translate({format_coordinate(x)} {format_coordinate(y)})"


def svg_picture(
    *children: str,
    size: tuple[int, int],
    title: str,
    class_: str,
    description: str,
    live_description: bool,
) -> str:
    """Return an SVG picture with the name and the description that a screen reader reads out.

    Parameters
    ----------
    children
        Its content, as markup.
    size
        Width and height, in the units of all coordinates.
    title, description
        What a screen reader reads out.
    class_
        Of the picture.
    live_description
        Whether the script rewrites the description when the picture changes.
    """
    part = "description" if live_description else None
    names = element("title", escape(title)) + element("desc", escape(description), data_part=part)
    # As an image it is read out by its name and description, not part by part.
    box = f"0 0 {size[0]} {size[1]}"
    return element("svg", names, *children, class_=class_, viewBox=box, role="img")


def svg_text(content: str, x: float, y: float, **attributes: object) -> str:
    """Return an SVG label at ``(x, y)``."""
    return element("text", escape(content), x=x, y=y, **attributes)


def html_table(
    caption: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]], **given: object
) -> str:
    """Return a table whose cells are markup; the first cell of a row is its heading."""
    # A heading cell without text would be read out as a heading without a name.
    heads = "".join(
        element("th", cell, scope="col") if cell else element("td", "") for cell in head
    )
    body = "".join(
        element(
            "tr", element("th", row[0], scope="row"), *(element("td", cell) for cell in row[1:])
        )
        for row in rows
    )
    parts = (element("thead", element("tr", heads)) if head else "", element("tbody", body))
    return element("table", element("caption", caption), *parts, **given)


def _attribute_name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _attribute_text(value: object) -> str:
    return format_coordinate(value) if isinstance(value, float) else str(value)

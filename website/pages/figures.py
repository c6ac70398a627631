"""Figures that cells drew, as a page shows them: in the reader's light, loaded when they come near.

Every figure is drawn in the light colours of the book's palette, so its dark form is the same
picture with each colour replaced by its dark one. The theme shows the one that fits.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from autograder.files import replace_text
from widgets.figures import palette

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_IMAGE = re.compile(r'<img (?P<rest>[^>]*)src="(?P<to>[^"]*_images/)(?P<name>[^"/]+\.svg)" ?/>')
_SIZE = re.compile(r'<svg [^>]*?width="([\d.]+)pt" height="([\d.]+)pt"')
_PIXELS = 96 / 72  # in a point


def dress_figures(
    app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: object
) -> None:
    """Give the figures of a page a dark form, and load them when they come near."""
    builder: Any = app.builder
    sources = {name: app.srcdir / source for source, name in builder.images.items()}

    def dressed(match: re.Match[str]) -> str:
        text = sources[match["name"]].read_text("utf-8")
        size = _SIZE.search(text)
        if size is None:  # no figure of a cell
            return match[0]
        replace_text(app.outdir / "_images" / f"dark-{match['name']}", in_the_dark(text))
        width, height = (round(float(points) * _PIXELS) for points in size.groups())
        lazy = f'{match["rest"]}width="{width}" height="{height}" loading="lazy"'
        light, dark = (f"{match['to']}{prefix}{match['name']}" for prefix in ("", "dark-"))
        return (
            f'<img class="figure only-light" src="{light}" {lazy} />'
            f'<img class="figure only-dark" src="{dark}" {lazy} />'
        )

    if "body" in context:
        context["body"] = _IMAGE.sub(dressed, context["body"])


def in_the_dark(svg: str) -> str:
    """Replace each colour of the light palette by the dark one of the same role."""
    dark = palette("dark")
    shades = {light: dark[role] for role, light in palette("light").items()}
    return re.sub("|".join(shades), lambda found: shades[found[0]], svg)

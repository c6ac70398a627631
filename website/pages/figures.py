"""Write figures that cells drew in a light and a dark form, loaded when they come near.

Every figure is drawn in the light colours of the book's palette, so its dark form is the same
picture with each colour replaced by its dark one. The theme shows the one that fits.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.etree.ElementTree import iterparse

from autograder.files import replace_text
from widgets.figures import palette

if TYPE_CHECKING:
    from pathlib import Path

    from docutils import nodes

_PIXELS = 96 / 72  # in a point


def drawn(builder: Any, image: nodes.Element) -> list[dict[str, str]]:  # noqa: ANN401 - untyped
    """Return the attributes of both forms of a figure, and write the dark one to the site.

    Parameters
    ----------
    builder
        Sphinx's, which knows under which name it copies an image.

    Returns
    -------
    list
        Nothing if ``image`` is no figure that a cell drew: those have their size in points.

    """
    name = builder.images.get(image["uri"], "")
    path = builder.srcdir / image["uri"]
    size = _size(path) if name.endswith(".svg") else None
    if size is None:
        return []
    dark = builder.outdir / builder.imagedir / f"dark-{name}"
    replace_text(dark, dark_form(path.read_text("utf-8")))
    width, height = (str(round(points * _PIXELS)) for points in size)
    # The size keeps the room of a figure that is not loaded yet, so that no text moves.
    every = {"width": width, "height": height, "loading": "lazy", "alt": image.get("alt", name)}
    return [
        {
            "class": f"figure only-{light}",
            "src": posixpath.join(builder.imgpath, quote(file)),
            **every,
        }
        for light, file in (("light", name), ("dark", dark.name))
    ]


def _size(path: Path) -> tuple[float, float] | None:
    """Return width and height of a drawing in points, if that is how it gives them."""
    with path.open("rb") as file:
        _, root = next(iterparse(file, ["start"]))  # noqa: S314 - a file of this build
        width, height = (str(root.get(key, "")) for key in ("width", "height"))
    if not (width.endswith("pt") and height.endswith("pt")):
        return None
    return float(width.removesuffix("pt")), float(height.removesuffix("pt"))


def dark_form(svg: str) -> str:
    """Replace each colour of the light palette by the dark one of the same role."""
    dark = palette("dark")
    shades = {light: dark[role] for role, light in palette("light").items()}
    # In one go: else a colour that was put in could be replaced by the next.
    return re.sub("|".join(shades), lambda found: shades[found[0]], svg)

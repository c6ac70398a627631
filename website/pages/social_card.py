"""Draw the picture that previews of links show: the book's title beside a neuron's map."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from widgets.figures import draw_boundary, palette, use_font

if TYPE_CHECKING:
    from sphinx.application import Sphinx

NAME = "_static/card.png"
_BORDER = 5.2  # of the sum of both coordinates
_INCHES, _DOTS = (12.0, 6.3), 100  # 1200 x 630, as link previews show it


def write_card(app: Sphinx, error: Exception | None) -> None:
    """Write the picture that previews of links to the book show."""
    if error is None and app.builder.format == "html":
        (app.outdir / NAME).write_bytes(draw_card(str(app.config.html_title)))


def draw_card(title: str) -> bytes:
    """Return the card as PNG; the same title gives the same bytes."""
    # The font is a default of the whole process, which may draw other figures.
    with mpl.rc_context():
        use_font()
        return _drawn(title)


def _drawn(title: str) -> bytes:
    colour = palette()
    figure = Figure(figsize=_INCHES, dpi=_DOTS, facecolor=colour["paper"])
    figure.text(0.06, 0.6, title.replace(", ", ",\n"), size=46, color=colour["ink"], va="center")
    figure.text(
        0.06, 0.3, "An interactive textbook\nwith TensorFlow", size=24, color=colour["muted"]
    )
    axes = figure.add_axes((0.56, 0.08, 0.38, 0.84))
    x = np.random.default_rng(3).uniform(0.2, 5.0, (60, 2))
    draw_boundary(axes, x, (x.sum(axis=1) > _BORDER).astype(int), w=(1.0, 1.0), b=-_BORDER)
    axes.axis("off")
    made = BytesIO()
    # Without the version of matplotlib, which would change the bytes.
    figure.savefig(made, format="png", metadata={"Software": None})
    return made.getvalue()

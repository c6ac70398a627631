"""The drawings: what each of them shows, read back from matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure

from widgets.figures import book_style, draw_connections, draw_logits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

mpl.use("agg")


def texts(axes: Axes) -> list[str]:
    """Return what is written in a drawing, in the order of drawing."""
    return [text.get_text() for text in axes.texts]


def test_each_connection_shows_its_weight_and_its_relation() -> None:
    axes = draw_connections([2.0, 0.0, -3.0]).axes[0]
    shown = texts(axes)
    assert {"A", "B", "C", "D", "2.0", "0.0", "\u22123.0"} <= set(shown)
    assert [word for word in shown if word.isalpha() and len(word) > 1] == [
        *("direct", "none", "inverse")
    ]


def test_the_look_of_a_connection_tells_sign_and_strength() -> None:
    lines = draw_connections([2.0, 0.0, -3.0]).axes[0].lines
    assert [line.get_linestyle() for line in lines] == ["-", ":", "--"]
    widths = [line.get_linewidth() for line in lines]
    assert widths[1] < widths[0] < widths[2]
    assert len({line.get_color() for line in lines}) == 3


@pytest.mark.parametrize(("w", "b"), [((2.0, 1.0), -3.0), ((1.0, -2.0), 3.0), ((0.0, 1.5), 0.0)])
def test_the_arrow_leaves_the_line_at_a_right_angle(w: tuple[float, float], b: float) -> None:
    axes = Figure().add_subplot()
    draw_logits(axes, w=w, b=b)
    arrow = next(text for text in axes.texts if text.get_text() == "")
    foot, tip = np.array(arrow.get_position()), np.array(arrow.xy)  # type: ignore[attr-defined]
    assert np.dot(w, foot) + b == pytest.approx(0)
    np.testing.assert_allclose(tip - foot, np.array(w) / 2)


def test_without_a_line_in_reach_there_is_no_arrow() -> None:
    axes = Figure().add_subplot()
    draw_logits(axes, w=(1.0, 1.0), b=50.0)
    assert not axes.texts


def test_figures_write_in_the_font_of_the_pages() -> None:
    with mpl.rc_context():
        book_style()
        (first, *_) = mpl.rcParams["font.family"]
        found = font_manager.findfont(first, fallback_to_default=False)
    assert found.endswith("PublicSans-Regular.ttf")

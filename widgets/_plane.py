"""Draw a square plot of two inputs: grid, axes, and points of two classes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

from widgets._html import element, format_coordinate, svg_text

PLANE_SIZE = (366, 352)
PLANE_LEFT, PLANE_TOP, PLANE_SIDE = 36.0, 22.0, 306.0
_ON_THE_LINE = 1e-9  # decimal steps of 0.1 are not exact in binary
_MOST_TICKS = 8


@dataclass(frozen=True)
class PlaneScale:
    """Converts data coordinates to those of the plot; both axes have the same range."""

    low: float
    high: float

    @classmethod
    def around(cls, points: list[list[float]]) -> Self:
        """Return the scale that shows the origin and all points, rows ``[x1, x2, label]``."""
        values = [0.0, *(value for x1, x2, _ in points for value in (x1, x2))]
        low, high = (min(values), max(values)) if points else (-4.0, 4.0)
        # At least half a unit: all values may be the same.
        pad = max(0.2 * (high - low), 0.5)
        return cls(round(low - pad, 1), round(high + pad, 1))

    def x(self, value: float) -> float:
        """Return the horizontal coordinate in the plot of a value of x1."""
        return PLANE_LEFT + (value - self.low) / (self.high - self.low) * PLANE_SIDE

    def y(self, value: float) -> float:
        """Return the vertical coordinate in the plot of a value of x2."""
        return PLANE_TOP + (self.high - value) / (self.high - self.low) * PLANE_SIDE

    def at(self, x: float, y: float) -> str:
        """Return the coordinates in the plot of a point, as ``x,y``."""
        return f"{format_coordinate(self.x(x))},{format_coordinate(self.y(y))}"

    @property
    def ticks(self) -> range:
        """The whole numbers that have a tick on each axis."""
        step = math.ceil((self.high - self.low) / _MOST_TICKS)
        return range(math.ceil(self.low / step) * step, math.floor(self.high) + 1, step)


def is_on_own_side(z: float, label: float) -> bool:
    """Return whether a logit is on its class's side of 0; 0 itself is on neither."""
    return z > _ON_THE_LINE if label else z < -_ON_THE_LINE


def draw_axes(scale: PlaneScale) -> str:
    """Return the grid, the ticks and the names x1 and x2 as SVG."""
    end, foot = PLANE_LEFT + PLANE_SIDE, PLANE_TOP + PLANE_SIDE
    lines = [
        element(
            "line", x1=scale.x(t), x2=scale.x(t), y1=PLANE_TOP, y2=foot, data_zero=_mark_zero(t)
        )
        + element(
            "line", x1=PLANE_LEFT, x2=end, y1=scale.y(t), y2=scale.y(t), data_zero=_mark_zero(t)
        )
        for t in scale.ticks
    ]
    labels = [
        svg_text(f"{t}".replace("-", "\u2212"), scale.x(t), foot + 17)
        + svg_text(
            f"{t}".replace("-", "\u2212"), PLANE_LEFT - 8, scale.y(t) + 4.5, text_anchor="end"
        )
        for t in scale.ticks
    ]
    names = _draw_axis_name("1", end + 5, foot + 4) + _draw_axis_name("2", PLANE_LEFT - 7, 12)
    return element("g", *lines, class_="llb-grid") + element(
        "g", *labels, names, class_="llb-ticks"
    )


def draw_point(label: float, **attributes: object) -> str:
    """Return the mark of a class as SVG, centred on 0: a circle for 1, a square for 0."""
    shape = element("circle", r=5.5) if label else element("rect", x=-5, y=-5, width=10, height=10)
    return element("g", shape, class_=f"llb-point llb-class{label:g}", **attributes)


def draw_legend() -> str:
    """Return the legend: the mark of each class, and what a hollow mark means."""
    marks = [
        element(
            "svg", draw_point(label), viewBox="-8 -8 16 16", class_="llb-key", aria_hidden="true"
        )
        for label in (1, 0)
    ]
    words = ("class 1: z &gt; 0", "class 0: z &lt; 0")
    keys = [element("span", mark, word) for mark, word in zip(marks, words, strict=True)]
    return element("p", *keys, element("span", "hollow: wrong side"), class_="llb-legend")


def name_with_index(name: str) -> str:
    """Return a name such as x1 as SVG, with its digits as an index."""
    index = element("tspan", name[1:], class_="llb-index", dy=4) if name[1:] else ""
    return name[0] + index


def _mark_zero(tick: int) -> str | None:
    return "" if tick == 0 else None


def _draw_axis_name(index: str, x: float, y: float) -> str:
    return element(
        "text", name_with_index(f"x{index}"), x=x, y=y, class_="llb-label", text_anchor="start"
    )

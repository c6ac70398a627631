"""A square plot of two inputs: its scale, its axes, and the marks of two classes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

from widgets._html import number, tag, text

SIZE = (366, 352)
LEFT, TOP, SIDE = 36.0, 22.0, 306.0
_ON_THE_LINE = 1e-9  # decimal steps of 0.1 are not exact in binary
_MOST_TICKS = 8


@dataclass(frozen=True)
class Scale:
    """Data coordinates to those of the plot; both axes share one range."""

    low: float
    high: float

    @classmethod
    def around(cls, points: list[list[float]]) -> Self:
        """Give the range that shows the origin and all points, rows ``[x1, x2, label]``."""
        values = [0.0, *(value for x1, x2, _ in points for value in (x1, x2))]
        low, high = (min(values), max(values)) if points else (-4.0, 4.0)
        pad = max(0.2 * (high - low), 0.5)
        return cls(round(low - pad, 1), round(high + pad, 1))

    def x(self, value: float) -> float:
        """Give the place of x1 from left to right."""
        return LEFT + (value - self.low) / (self.high - self.low) * SIDE

    def y(self, value: float) -> float:
        """Give the place of x2 from top to bottom."""
        return TOP + (self.high - value) / (self.high - self.low) * SIDE

    def at(self, x: float, y: float) -> str:
        """Write the place of a point."""
        return f"{number(self.x(x))},{number(self.y(y))}"

    @property
    def ticks(self) -> range:
        """The whole numbers at which the axes have a tick."""
        step = math.ceil((self.high - self.low) / _MOST_TICKS)
        return range(math.ceil(self.low / step) * step, math.floor(self.high) + 1, step)


def own_side(z: float, label: float) -> bool:
    """Tell whether a logit is on the side of its class; on the line is on neither."""
    return z > _ON_THE_LINE if label else z < -_ON_THE_LINE


def axes(scale: Scale) -> str:
    """Draw the grid, the ticks and the names x1 and x2."""
    end, foot = LEFT + SIDE, TOP + SIDE
    lines = [
        tag("line", x1=scale.x(t), x2=scale.x(t), y1=TOP, y2=foot, data_zero=_flag(t))
        + tag("line", x1=LEFT, x2=end, y1=scale.y(t), y2=scale.y(t), data_zero=_flag(t))
        for t in scale.ticks
    ]
    labels = [
        text(f"{t}".replace("-", "\u2212"), scale.x(t), foot + 17)
        + text(f"{t}".replace("-", "\u2212"), LEFT - 8, scale.y(t) + 4.5, text_anchor="end")
        for t in scale.ticks
    ]
    names = _axis_name("1", end + 5, foot + 4) + _axis_name("2", LEFT - 7, 12)
    return tag("g", *lines, class_="llb-grid") + tag("g", *labels, names, class_="llb-ticks")


def marker(label: float, **attributes: object) -> str:
    """Draw a point: a circle for class 1, a square for class 0, centred on 0."""
    shape = tag("circle", r=5.5) if label else tag("rect", x=-5, y=-5, width=10, height=10)
    return tag("g", shape, class_=f"llb-point llb-class{label:g}", **attributes)


def legend() -> str:
    """Say which mark is which class, and what a hollow one means."""
    marks = [
        tag("svg", marker(label), viewBox="-8 -8 16 16", class_="llb-key", aria_hidden="true")
        for label in (1, 0)
    ]
    words = ("class 1: z &gt; 0", "class 0: z &lt; 0")
    keys = [tag("span", mark, word) for mark, word in zip(marks, words, strict=True)]
    return tag("p", *keys, tag("span", "hollow: wrong side"), class_="llb-legend")


def letter(name: str) -> str:
    """Write a name such as x1 with its index set apart."""
    index = tag("tspan", name[1:], class_="llb-index", dy=4) if name[1:] else ""
    return name[0] + index


def _flag(tick: int) -> str | None:
    return "" if tick == 0 else None


def _axis_name(index: str, x: float, y: float) -> str:
    return tag("text", letter(f"x{index}"), x=x, y=y, class_="llb-label", text_anchor="start")

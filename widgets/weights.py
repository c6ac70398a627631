"""The widget in which readers set two weights and a bias and watch the boundary move."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import traitlets

from widgets._assets import module_text
from widgets._html import element, format_coordinate, html_table, svg_picture, svg_text, translation
from widgets._numbers import decimal, signed
from widgets._plane import (
    PLANE_LEFT,
    PLANE_SIDE,
    PLANE_SIZE,
    PLANE_TOP,
    PlaneScale,
    draw_axes,
    draw_legend,
    draw_point,
    is_on_own_side,
    name_with_index,
)
from widgets._widget import Number, Switch, Widget

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

Point = tuple[float, float, int]

_MISSING_BIAS: tuple[Point, ...] = (
    *((0.5, 1.0, 0), (1.0, 1.0, 0), (1.5, 0.5, 0), (0.5, 2.0, 0), (2.0, 0.5, 0), (1.0, 2.0, 0)),
    *((3.0, 3.0, 1), (4.5, 1.5, 1), (1.5, 4.5, 1), (2.0, 3.5, 1), (3.5, 2.0, 1), (4.0, 4.0, 1)),
)
_DATA_SETS = MappingProxyType(
    {
        "two_groups": (
            *((-2.0, -1.0, 0), (-1.0, -3.0, 0), (1.0, -2.0, 0), (2.5, -2.5, 0)),
            *((1.0, 3.0, 1), (2.0, 1.5, 1), (3.0, 3.0, 1), (-0.5, 2.5, 1)),
        ),
        "missing_bias": _MISSING_BIAS,
        "and": ((0.0, 0.0, 0), (0.0, 1.0, 0), (1.0, 0.0, 0), (1.0, 1.0, 1)),
        "or": ((0.0, 0.0, 0), (0.0, 1.0, 1), (1.0, 0.0, 1), (1.0, 1.0, 1)),
        "xor": ((0.0, 0.0, 0), (0.0, 1.0, 1), (1.0, 0.0, 1), (1.0, 1.0, 0)),
        "none": (),
    }
)


def missing_bias_data() -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return the points of the exercise "the missing bias": x ``(12, 2)`` and y ``(12,)``.

    A line separates the classes, but no line through the origin does: one point of class 1 is a
    multiple of a point of class 0.
    """
    rows = np.array(_MISSING_BIAS)
    return rows[:, :2].astype(np.float32), rows[:, 2].astype(np.int32)


class Points(traitlets.TraitType[list[list[float]], Any]):
    """A trait: rows ``[x1, x2, label]``, the name of a data set, or a pair of arrays (x, y)."""

    def validate(self, _owner: object, value: object) -> list[list[float]]:
        """Return the points as rows.

        Raises
        ------
        TraitError
            Naming what can be given.
        """
        try:
            return [_checked_row(*row) for row in _rows_of_points(value)]
        except (TypeError, ValueError, KeyError) as error:
            names = ", ".join(_DATA_SETS)
            message = f"points are rows (x1, x2, 0 or 1), or one of {names}; not {value!r}"
            raise traitlets.TraitError(message) from error


class Weights(Widget):
    """A neuron with two inputs and a bias: ``z = w1*x1 + w2*x2 + b``.

    Class 1 needs z > 0, class 0 needs z < 0.

    Parameters
    ----------
    w1, w2, b
        Where the sliders start: weights from -5 to 5, the bias from -10 to 10.
    points
        Rows ``(x1, x2, label)``, a pair of arrays ``(x, y)``, or the name of a data set:
        two_groups, missing_bias, and, or, xor, none.
    show_bias
        False leaves the bias out, and with it every boundary that misses the origin.
    name
        The variable that the answer cell binds.
    caption
        A sentence under the figure that asks the reader something.
    """

    widget_type: ClassVar[str] = "weights"
    _esm = module_text(widget_type)
    answer_traits: ClassVar[tuple[str, ...]] = ("w1", "w2", "b")
    options: ClassVar[tuple[str, ...]] = (*Widget.options, "points", "show_bias")

    w1 = Number(1.0, -5, 5)
    w2 = Number(1.0, -5, 5)
    b = Number(0.0, -10, 10)
    points = Points("two_groups").tag(sync=True)
    show_bias = Switch(default=True)

    def __init__(self, **options: object) -> None:
        if not options.get("show_bias", True) and options.get("b"):
            raise ValueError("show_bias=False leaves no bias to set: leave b out, or show it")
        super().__init__(**options)

    @classmethod
    def missing_bias(cls, answer: Mapping[str, Any] | None = None, **options: object) -> Self:
        """Make the widget of the exercise "the missing bias", from its answer if given."""
        start = {"b": 0.0, "w1": 1.0, "w2": 1.0}
        given: dict[str, object] = {"points": "missing_bias", "start": start, **options}
        return cls.from_answer(start if answer is None else answer, **given)

    @classmethod
    def and_gate(cls, answer: Mapping[str, Any] | None = None, **options: object) -> Self:
        """Make the widget of the exercise "AND by hand", from its answer if given."""
        start = {"b": 0.0, "w1": 1.0, "w2": 1.0}
        given: dict[str, object] = {"points": "and", "start": start, **options}
        return cls.from_answer(start if answer is None else answer, **given)

    def _draw_body(self) -> str:
        rows = "4" if self.show_bias else "3"
        side = (
            _draw_network(self),
            element("div", style=f"--rows: {rows}", class_="llb-controls"),
            _worked_values(self),
        )
        count = element("span", _count_text(self), class_="llb-count", data_part="count")
        return element(
            "div",
            element(
                "div", _draw_plot(self), draw_legend() if self.points else "", class_="llb-picture"
            ),
            element("div", *side, class_="llb-side"),
            class_="llb-body",
        ) + element("p", _draw_equation(self), count, class_="llb-reading")

    def describe_state(self) -> str:
        """Return the present state as one sentence."""
        bias = f" {signed(self.b)}" if self.show_bias else ""
        z = f"z = {decimal(self.w1)}·x1 {signed(self.w2)}·x2{bias}"
        note = _no_line_note(self, _clip_plane(self, PlaneScale.around(self.points))[1])
        return ". ".join(part for part in (z, note, _count_text(self)) if part)


def _rows_of_points(value: object) -> Iterable[Point]:
    if isinstance(value, str):
        return _DATA_SETS[value]
    if isinstance(value, tuple) and len(value) == 2:  # noqa: PLR2004  a pair (x, y)
        x, y = (np.asarray(part) for part in value)
        rows = np.column_stack([x.reshape(len(y), 2), y])
    else:
        rows = np.asarray(value).reshape(-1, 3)
    return [tuple(row) for row in rows.tolist()]


def _checked_row(x1: float, x2: float, label: float) -> list[float]:
    row = [float(x1), float(x2), int(label)]
    # The label as it was given: 0.5 must not pass for the 0 that it is cut to.
    if not np.isfinite(row).all() or label not in (0, 1):
        raise ValueError("not a point")
    return row


def _logit_at(widget: Weights, x1: float, x2: float) -> float:
    return widget.w1 * x1 + widget.w2 * x2 + widget.b


def _count_text(widget: Weights) -> str:
    if not widget.points:
        return ""
    right = sum(is_on_own_side(_logit_at(widget, x1, x2), label) for x1, x2, label in widget.points)
    return f"{right} of {len(widget.points)} points on their own side"


def _no_line_note(widget: Weights, ends: list[tuple[float, float]]) -> str:
    """Return why no line is in the picture; empty if there is one."""
    if ends:
        return ""
    if widget.w1 == widget.w2 == 0:
        return f"w1 = w2 = 0: no line, z is {decimal(widget.b)} everywhere"
    return "The line z = 0 is outside this picture"


def _draw_equation(widget: Weights) -> str:
    first, second = (element("i", "x") + element("sub", index) for index in "12")
    bias = element("span", f" {signed(widget.b)}", data_part="eq-b") if widget.show_bias else ""
    terms = (
        element("span", decimal(widget.w1), data_part="eq-w1"),
        f"·{first}",
        element("span", f" {signed(widget.w2)}", data_part="eq-w2"),
        f"·{second}",
        bias,
    )
    return element("span", element("i", "z"), " = ", *terms, class_="llb-equation")


def _worked_values(widget: Weights) -> str:
    """Return a table of two points of each class, with their z."""
    rows = widget.points
    chosen = [[i for i, row in enumerate(rows) if row[2] == label][:2] for label in (0, 1)]
    cells = [
        (
            f"({rows[i][0]:g}, {rows[i][1]:g})".replace("-", "\u2212"),
            str(rows[i][2]),
            element("span", decimal(_logit_at(widget, *rows[i][:2])), data_part=f"z-{i}"),
        )
        for i in (*chosen[0], *chosen[1])
    ]
    head = ("(x1, x2)", "class", "z")
    return html_table("Worked values", head, cells, class_="llb-values llb-worked") if cells else ""


def _draw_plot(widget: Weights) -> str:
    scale = PlaneScale.around(widget.points)
    moving = element("g", _draw_half_plane(widget, scale), data_low=scale.low, data_high=scale.high)
    points = [
        draw_point(
            label,
            transform=translation(scale.x(x1), scale.y(x2)),
            data_point=index,
            data_wrong=None if is_on_own_side(_logit_at(widget, x1, x2), label) else "",
        )
        for index, (x1, x2, label) in enumerate(widget.points)
    ]
    return svg_picture(
        draw_axes(scale),
        moving,
        *points,
        _draw_note(widget, scale),
        size=PLANE_SIZE,
        title="Points of two classes and the line z = 0",
        description=widget.describe_state(),
        live_description=True,
        class_="llb-plot",
    )


def _draw_note(widget: Weights, scale: PlaneScale) -> str:
    note = _no_line_note(widget, _clip_plane(widget, scale)[1])
    x, y = PLANE_LEFT + PLANE_SIDE / 2, PLANE_TOP + PLANE_SIDE - 12
    return svg_text(note, x, y, class_="llb-note", data_part="note")


def _draw_half_plane(widget: Weights, scale: PlaneScale) -> str:
    """Return what moves: the side where ``z > 0``, the line ``z = 0`` and the arrow."""
    corners, ends = _clip_plane(widget, scale)
    shape = " ".join(scale.at(*corner) for corner in corners)
    # Without a line there are no ends, and none of these attributes.
    line = dict(zip(("x1", "y1", "x2", "y2"), _end_places(ends, scale), strict=False))
    shown = None if ends else "none"
    return (
        element("polygon", points=shape, class_="llb-side-positive", data_part="positive")
        + element("line", class_="llb-boundary", data_part="boundary", display=shown, **line)
        + element("line", class_="llb-grip", data_part="grip", display="none")
        + _draw_arrow(widget, ends, scale)
    )


def _end_places(ends: list[tuple[float, float]], scale: PlaneScale) -> list[float]:
    return [value for x, y in ends for value in (scale.x(x), scale.y(y))]


def _clip_plane(
    widget: Weights, scale: PlaneScale
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Return the part of the square where ``z > 0``, and the ends of the line in it.

    By the algorithm of Sutherland and Hodgman.
    """
    low, high = scale.low, scale.high
    square = [(low, low), (high, low), (high, high), (low, high)]
    corners, ends = [], []
    for here, there in zip(square, [*square[1:], square[0]], strict=True):
        z, next_z = _logit_at(widget, *here), _logit_at(widget, *there)
        if z > 0:
            corners.append(here)
        if (z > 0) != (next_z > 0):
            t = z / (z - next_z)
            cut = (here[0] + t * (there[0] - here[0]), here[1] + t * (there[1] - here[1]))
            corners.append(cut)
            ends.append(cut)
    return corners, ends


def _draw_arrow(widget: Weights, ends: list[tuple[float, float]], scale: PlaneScale) -> str:
    """Return the weight vector as an arrow from the middle of the line, longer by 11 for each 1."""
    (x1, y1), (x2, y2) = ends or [(0.0, 0.0)] * 2
    x, y = scale.x((x1 + x2) / 2), scale.y((y1 + y2) / 2)
    length = 14 + 11 * math.hypot(widget.w1, widget.w2)
    # In SVG the vertical axis points down, so angles turn the other way.
    turn = -math.degrees(math.atan2(widget.w2, widget.w1))
    head = f"M{format_coordinate(length)} 0l-9 -4.5v9z"
    return element(
        "g",
        element("line", x1=0, y1=0, x2=length - 8, y2=0),
        element("path", d=head),
        class_="llb-arrow",
        data_part="arrow",
        transform=f"{translation(x, y)} rotate({format_coordinate(turn)})",
        display=None if ends else "none",
    )


def _draw_network(widget: Weights) -> str:
    """Return the neuron with its inputs and connections."""
    places = [("x1", "w1", 24.0), ("x2", "w2", 90.0), ("1", "b", 156.0)]
    if not widget.show_bias:
        places.pop()
    lines = [_draw_connection(key, getattr(widget, key), y) for _, key, y in places]
    sources = [_draw_neuron(name, 30.0, y) for name, _, y in places]
    return svg_picture(
        *lines,
        *sources,
        _draw_neuron("z", 250.0, 90.0),
        size=(280, 180),
        title="Two inputs and a bias, connected to one output",
        description="Thicker is stronger; solid blue is positive, dashed orange is negative.",
        live_description=False,
        class_="llb-network llb-network-small",
    )


def _draw_neuron(name: str, x: float, y: float) -> str:
    label = element("text", name_with_index(name), y=5)
    place = f"translate({x:g} {y:g})"
    return element("g", element("circle", r=17), label, class_="llb-neuron", transform=place)


def _draw_connection(key: str, value: float, y: float) -> str:
    """Return one connection: colour and dashes show the sign, thickness the strength."""
    sign = "zero" if value == 0 else "positive" if value > 0 else "negative"
    width = 1 + 1.1 * abs(value)
    line = element("line", x1=47.0, y1=y, x2=233.0, y2=90.0, stroke_width=width, data_sign=sign)
    # What follows an index would stand as low as it does.
    lowered = -4 if key[1:] else 0
    words = element("tspan", f" = {decimal(value)}", dy=lowered, data_label=key)
    label = element("text", element("tspan", name_with_index(key)), words, x=92, y=_label_height(y))
    return element("g", line, label, class_="llb-connection", data_connection=key)


def _label_height(y: float) -> float:
    """Return the vertical coordinate of a connection's label: above it, or below the lowest."""
    line = y + (90.0 - y) * (92 - 47) / (233 - 47)
    return line + 19 if y > 90.0 else line - 9  # noqa: PLR2004  the height of z

"""The widget in which readers choose head and loss for data that are numbers or labels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from widgets._assets import module_text
from widgets._html import element, format_coordinate, html_table, svg_picture, svg_text, translation
from widgets._numbers import MINUS, decimal, fixed, signed
from widgets._widget import Number, Widget

# Every eleventh patient of scikit-learn's diabetes data: body mass index in standard deviations
# from the mean of all, and the disease's progression in a year, in hundreds.
PATIENTS = (
    *((1.3, 1.51), (0.37, 0.69), (-0.09, 0.68), (-1.06, 0.87), (1.43, 2.59), (-1.04, 1.28)),
    *((-0.38, 1.5), (-0.76, 2.0), (-0.86, 0.42), (-1.35, 0.83), (-0.67, 1.04), (0.37, 1.73)),
    *((-0.45, 1.07), (0.12, 0.6), (0.44, 1.97), (-1.4, 0.59), (0.41, 2.37), (-1.15, 1.43)),
    *((1.14, 1.42), (-0.38, 0.77), (-0.83, 0.78), (-0.65, 1.54), (-0.49, 0.71), (0.71, 1.5)),
    *((0.59, 1.45), (-0.24, 0.94), (-1.15, 0.6), (-0.18, 0.31), (-0.97, 1.14), (0.1, 1.91)),
    *((0.64, 2.44), (1.25, 2.63), (-1.51, 0.77), (-0.52, 0.58), (-0.72, 1.4), (-0.4, 2.19)),
    *((-0.65, 0.43), (1.95, 1.4), (-0.52, 0.84), (-0.7, 0.94), (0.82, 2.2)),
)
_THRESHOLD = 1.5  # label 1 is a progression above it
_LIMIT, _STEPS = 5, 101  # of w and b, and how many values their sliders have
_CHOICES = MappingProxyType(
    {
        "reading": ("number", "label"),
        "head": ("none", "sigmoid"),
        "loss": ("squared error", "cross-entropy"),
    }
)
_SIZE = (366, 342)
_LEFT, _TOP, _WIDTH, _HEIGHT = 36.0, 24.0, 320.0, 268.0
_BOTTOM = _TOP + _HEIGHT
_X_RANGE = (-1.8, 2.2)
_Y_RANGES = ((-0.6, 3.1), (-0.6, 1.6))  # as a number, as a label
_TICKS = ((0, 1, 2, 3), (0, 1))
_CURVE_PIECES = 80  # pieces of which the sigmoid is drawn

Place = tuple[float, float]
Choice = tuple[int, int, int]


class Heads(Widget):
    """Data on 41 patients, read as numbers or as labels, and one neuron with a head and a loss.

    Parameters
    ----------
    reading
        "number" (how far has it progressed?) or "label" (above 150?); an answer writes 0 or 1.
    head
        What the output passes: "none" or "sigmoid".
    loss
        "squared error" or "cross-entropy".
    w, b
        The neuron's weight and bias, from -5 to 5.
    name
        The variable that the answer cell binds.
    caption
        A sentence under the figure that asks the reader something.
    """

    widget_type: ClassVar[str] = "heads"
    _esm = module_text(widget_type)
    answer_traits: ClassVar[tuple[str, ...]] = ("reading", "head", "loss", "w", "b")

    reading = Number(0, 0, 1)
    head = Number(0, 0, 1)
    loss = Number(0, 0, 1)
    w = Number(0.0, -_LIMIT, _LIMIT)
    b = Number(1.0, -_LIMIT, _LIMIT)

    @classmethod
    def _expand_shorthand(cls, options: dict[str, Any]) -> dict[str, Any]:
        return {key: _choice_number(key, value) for key, value in options.items()}

    @property
    def cost(self) -> float | None:
        """The mean loss over the patients; None where it is not defined."""
        costs = _mean_losses(self._choice, np.array([self.w]), np.array([self.b]))
        return None if math.isnan(costs[0]) else float(costs[0])

    @property
    def _choice(self) -> Choice:
        return int(self.reading), int(self.head), int(self.loss)

    def _draw_body(self) -> str:
        side = (
            element("div", style="--rows: 6; --number: 4.25rem", class_="llb-controls"),
            _worked_values(self),
        )
        equation = element(
            "span", _equation_text(self), class_="llb-equation", data_part="equation"
        )
        loss = element("span", _loss_text(self), class_="llb-count", data_part="told")
        return (
            element(
                "div",
                element("div", _draw_plot(self), _draw_legend(), class_="llb-picture"),
                element("div", *side, class_="llb-side"),
                class_="llb-body",
            )
            + element("p", equation, loss, class_="llb-reading")
            + element("p", *_draw_comments(self), class_="llb-moved llb-stack")
        )

    def describe_state(self) -> str:
        """Return the present state as one sentence."""
        return f"{_equation_text(self)}, {_loss_text(self)}. {_COMMENTS[self._choice]}"


@dataclass(frozen=True)
class Fit:
    """The weight and the bias, on the steps of their sliders, with the lowest mean loss."""

    w: float
    b: float
    cost: float


# Some ten thousand positions for 41 patients: one search for each choice and process.
@cache
def best_fit(choice: Choice) -> Fit | None:
    """Search all positions of the sliders for the lowest mean loss of a choice.

    None for cross-entropy on numbers, which falls without end where it is defined at all.
    """
    reading, _, loss = choice
    if loss and not reading:
        return None
    steps = np.linspace(-_LIMIT, _LIMIT, _STEPS)
    w, b = (np.ravel(values) for values in np.meshgrid(steps, steps))
    costs = _mean_losses(choice, w, b)
    found = int(np.nanargmin(costs))
    # Steps of 0.1 are not exact in binary; the slider shows one decimal.
    return Fit(round(float(w[found]), 1), round(float(b[found]), 1), float(costs[found]))


def _choice_number(key: str, value: object) -> object:
    """Return the number of a choice given in words; anything else is left to the trait."""
    if key not in _CHOICES or not isinstance(value, str):
        return value
    if value not in _CHOICES[key]:
        raise ValueError(f"{key} is one of {', '.join(_CHOICES[key])}, not {value!r}")
    return _CHOICES[key].index(value)


def _target_value(y: float, reading: int) -> float:
    return float(y > _THRESHOLD) if reading else y


def _sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


def _neuron_output(widget: Heads, x: float) -> float:
    z = widget.w * x + widget.b
    return _sigmoid(z) if widget.head else z


def _mean_losses(choice: Choice, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the mean loss for each pair of ``w`` and ``b``; nan where a point's is not defined."""
    reading, head, loss = choice
    total = np.zeros(len(w))
    for x, y in PATIENTS:
        total += _point_losses(w * x + b, _target_value(y, reading), head, loss)
    mean: np.ndarray = total / len(PATIENTS)
    return mean


def _point_losses(z: np.ndarray, y: float, head: int, loss: int) -> np.ndarray:
    """Return the loss of one point; with a sigmoid, in the form that never overflows."""
    terms: np.ndarray
    if not loss:
        terms = (y - (1 / (1 + np.exp(-z)) if head else z)) ** 2
    elif head:
        terms = np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))
    else:
        p = np.where((z > 0) & (z < 1), z, np.nan)
        terms = -(y * np.log(p) + (1 - y) * np.log(1 - p))
    return terms


def _count_above_one() -> int:
    return sum(y > 1 for _, y in PATIENTS)


_COMMENTS: MappingProxyType[Choice, str] = MappingProxyType(
    {
        (0, 0, 0): "Regression. The output is a prediction, in the target's own unit.",
        (0, 1, 0): "A sigmoid stays below 1. "
        f"{_count_above_one()} of the {len(PATIENTS)} targets do not.",
        (0, 0, 1): "Cross-entropy asks for probabilities and labels. Here is neither.",
        (0, 1, 1): "Cross-entropy asks for labels. With targets above 1 it falls without end.",
        (1, 0, 0): "A line through labels. Its outputs are not kept between 0 and 1.",
        (1, 0, 1): "Cross-entropy takes a logarithm, and a line leaves 0 to 1.",
        (1, 1, 0): "The curve fits. Far from the label it is flat, and so is this loss.",
        (1, 1, 1): f"Classification. w·x + b is the logit: the log-odds of a target above "
        f"{_THRESHOLD:g}.",
    }
)


def _draw_comments(widget: Heads) -> list[str]:
    """Return the comments on all choices; all but the present one are hidden."""
    return [
        element(
            "span",
            words,
            data_verdict="".join(map(str, choice)),
            data_on="" if choice == widget._choice else None,  # noqa: SLF001  same module
        )
        for choice, words in _COMMENTS.items()
    ]


def _equation_text(widget: Heads) -> str:
    z = f"{decimal(widget.w)}·x {signed(widget.b)}"
    return f"output = sigmoid({z})" if widget.head else f"output = {z}"


def _loss_text(widget: Heads) -> str:
    fit = best_fit(widget._choice)  # noqa: SLF001  same module
    loss = _CHOICES["loss"][int(widget.loss)]
    cost = f"no {loss}" if widget.cost is None else f"{loss} {fixed(widget.cost, 3)}"
    return f"{cost}, no lowest" if fit is None else f"{cost}, lowest {fixed(fit.cost, 3)}"


def _worked_values(widget: Heads) -> str:
    """Return a table of the first five patients, as the present choice reads them."""
    rows = [
        (
            fixed(x, 2),
            element(
                "span", decimal(_target_value(y, int(widget.reading))), data_part=f"target-{i}"
            ),
            element("span", fixed(_neuron_output(widget, x), 2), data_part=f"output-{i}"),
        )
        for i, (x, y) in enumerate(PATIENTS[:5])
    ]
    return html_table(
        "Worked values", ("x", "target", "output"), rows, class_="llb-values llb-worked"
    )


def _draw_legend() -> str:
    shapes = (
        (_draw_marker(1), f"above {_THRESHOLD:g}"),
        (_draw_marker(0), "not above"),
        (element("line", x1=-8, x2=8, y1=0, y2=0, class_="llb-curve"), "yours"),
        (element("line", x1=-8, x2=8, y1=0, y2=0, class_="llb-fit"), "lowest loss"),
    )
    box = {"viewBox": "-8 -8 16 16", "class_": "llb-key", "aria_hidden": "true"}
    keys = [element("span", element("svg", shape, **box), words) for shape, words in shapes]
    return element("p", *keys, class_="llb-legend")


def _draw_marker(label: float, **attributes: object) -> str:
    shape = element("circle", r=4.5) if label else element("rect", x=-4, y=-4, width=8, height=8)
    return element("g", shape, class_=f"llb-point llb-class{label:g}", **attributes)


# ---- The picture.


def _x_place(value: float) -> float:
    low, high = _X_RANGE
    return _LEFT + (value - low) / (high - low) * _WIDTH


def _y_place(value: float, reading: int) -> float:
    low, high = _Y_RANGES[reading]
    return _TOP + (high - value) / (high - low) * _HEIGHT


def _draw_plot(widget: Heads) -> str:
    reading = int(widget.reading)
    # The fits of all choices: the script shows the one that is asked for and searches for none.
    fits = [_draw_fit(choice, choice == widget._choice) for choice in _COMMENTS]  # noqa: SLF001
    curve = element(
        "path",
        d=_curve_path(widget.w, widget.b, reading, int(widget.head)),
        class_="llb-curve",
        data_part="curve",
    )
    return svg_picture(
        *(_draw_axes(sort, shown=sort == reading) for sort in (0, 1)),
        *(_draw_residual(widget, x, y) for x, y in PATIENTS),
        *fits,
        curve,
        *(_draw_point(x, y, reading) for x, y in PATIENTS),
        size=_SIZE,
        title="The patients, the neuron's output, and the output with the lowest loss",
        description=widget.describe_state(),
        live_description=True,
        class_="llb-plot llb-heads-plot",
    )


def _draw_axes(reading: int, *, shown: bool) -> str:
    """Return the axes for one reading as SVG; the x axis is the same for both."""
    low, high = _X_RANGE
    lines = [
        element(
            "line", x1=_x_place(low), x2=_x_place(high), y1=y, y2=y, data_zero=None if tick else ""
        )
        for tick, y in ((tick, _y_place(tick, reading)) for tick in _TICKS[reading])
    ]
    marks = [
        svg_text(f"{tick}", _LEFT - 8, _y_place(tick, reading) + 4.5, text_anchor="end")
        for tick in _TICKS[reading]
    ]
    marks += [
        svg_text(f"{t}".replace("-", MINUS), _x_place(t), _BOTTOM + 17) for t in (-1, 0, 1, 2)
    ]
    words = ("progression / 100", "label: progression above 150")[reading]
    marks.append(svg_text(words, 0.0, 12.0, text_anchor="start"))
    marks.append(svg_text("x: body mass index, standardised", _LEFT + _WIDTH / 2, _BOTTOM + 38))
    return element(
        "g",
        element("g", *lines, class_="llb-grid"),
        element("g", *marks, class_="llb-ticks"),
        data_axes=reading,
        display=None if shown else "none",
    )


def _draw_point(x: float, y: float, reading: int) -> str:
    place = translation(_x_place(x), _y_place(_target_value(y, reading), reading))
    return _draw_marker(_target_value(y, 1), transform=place, data_x=f"{x}", data_y=f"{y}")


def _draw_residual(widget: Heads, x: float, y: float) -> str:
    """Return the line from a target to the output, clipped to the picture."""
    reading = int(widget.reading)
    low, high = _Y_RANGES[reading]
    end = min(max(_neuron_output(widget, x), low), high)
    place, target = _x_place(x), _y_place(_target_value(y, reading), reading)
    return element(
        "line", x1=place, x2=place, y1=target, y2=_y_place(end, reading), class_="llb-stick"
    )


def _draw_fit(choice: Choice, shown: bool) -> str:  # noqa: FBT001  whether it is the present one
    fit = best_fit(choice)
    if fit is None:
        return ""
    return element(
        "path",
        d=_curve_path(fit.w, fit.b, choice[0], choice[1]),
        class_="llb-fit",
        data_fit="".join(map(str, choice)),
        data_cost=repr(fit.cost),
        display=None if shown else "none",
    )


def _curve_path(w: float, b: float, reading: int, head: int) -> str:
    """Return the path of the output over x, clipped to the picture."""
    low, high = _X_RANGE
    # Without a head the output is a straight line.
    pieces = _CURVE_PIECES if head else 1
    places = []
    for step in range(pieces + 1):
        x = low + (high - low) * step / pieces
        z = w * x + b
        places.append((_x_place(x), _y_place(_sigmoid(z) if head else z, reading)))
    path, pen = [], None
    for here, there in pairwise(places):
        piece = _clip_to_plot(here, there)
        if piece is None:
            continue
        path += [] if piece[0] == pen else [f"M{_format_place(piece[0])}"]
        path.append(f"L{_format_place(piece[1])}")
        pen = piece[1]
    return "".join(path) or "M0 0"


def _format_place(place: Place) -> str:
    return f"{format_coordinate(place[0])} {format_coordinate(place[1])}"


def _clip_to_plot(here: Place, there: Place) -> tuple[Place, Place] | None:
    """Return the part of a segment between top and bottom of the picture; None if there is none."""
    (x1, y1), (x2, y2) = here, there
    if y1 == y2:
        return (here, there) if _TOP <= y1 <= _BOTTOM else None
    ends = sorted(((_TOP - y1) / (y2 - y1), (_BOTTOM - y1) / (y2 - y1)))
    start, end = max(0.0, ends[0]), min(1.0, ends[1])
    if start >= end:
        return None
    first = here if start == 0 else (x1 + start * (x2 - x1), y1 + start * (y2 - y1))
    last = there if end == 1 else (x1 + end * (x2 - x1), y1 + end * (y2 - y1))
    return first, last

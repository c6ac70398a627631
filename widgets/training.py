"""The widget that replays a training run: boundary, margins and loss, by epoch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import traitlets

from widgets._assets import module_text
from widgets._html import element, format_coordinate, html_table, svg_picture, svg_text, translation
from widgets._numbers import MINUS, decimal, fixed
from widgets._plane import (
    PLANE_SIZE,
    PlaneScale,
    draw_axes,
    draw_legend,
    draw_point,
    is_on_own_side,
)
from widgets._widget import Number, Widget
from widgets.weights import Points

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    Grid = NDArray[np.float64]

Corner = tuple[float, float, float]  # x1, x2 and the logit there

_MOST_EPOCHS = 500
_WEIGHT_DIGITS = 6  # significant digits of a weight: enough for every number that is shown
_GRID_SQUARES = 36  # squares along each axis, in which the border is found
_ACTIVATIONS: MappingProxyType[str, Callable[[Any], Any]] = MappingProxyType(
    {"relu": lambda sums: np.maximum(sums, 0.0), "tanh": np.tanh}
)
_CHARTS_SIZE = (300, 292)
_AXIS_LEFT, _AXIS_RIGHT = 36.0, 288.0  # where the axes of both charts begin and end
_MARGIN_PANEL = (28.0, 126.0)  # heights of the margins' panel
_LOSS_PANEL = (186.0, 262.0)  # heights of the loss's panel
_GOLDEN_RATIO = 0.6180339887498949  # golden: neighbours in the data lie far apart in the picture
_MAX_TICKS = 6


class Snapshots(traitlets.TraitType[list[Any], Any]):
    """A trait: the values of ``model.get_weights()`` before training and after each epoch."""

    def validate(self, _owner: object, value: object) -> list[Any]:
        """Return the weights as lists of numbers with six significant digits.

        Raises
        ------
        TraitError
            When they are not those of dense layers from 2 inputs to 1 logit.
        """
        try:
            given: Any = value
            epochs = [
                _check_layers([np.asarray(part, dtype=float) for part in each]) for each in given
            ]
        except (TypeError, ValueError) as error:
            wanted = "kernel, bias, ... from 2 inputs to 1 logit, for each epoch"
            raise traitlets.TraitError(f"weights are lists {wanted}: {error}") from error
        if not 1 < len(epochs) <= _MOST_EPOCHS + 1:
            message = f"a run has 1 to {_MOST_EPOCHS} epochs after its start, not {len(epochs) - 1}"
            raise traitlets.TraitError(message)
        return epochs


class Training(Widget):
    """A training run of a classifier with two inputs and one logit, with a slider for the epoch.

    The widget draws what the recorded weights give: where the logit is 0, the margin of each point
    (the logit, with its sign turned for class 0), and the cross-entropy. Its answer is
    ``{"epoch": ...}``.

    Parameters
    ----------
    weights
        One ``model.get_weights()`` before training and one after each epoch: kernel and bias of
        each ``Dense`` layer in turn, from 2 inputs to 1 logit.
    points
        Rows ``(x1, x2, label)``, a pair of arrays ``(x, y)``, or a name that ``Weights`` knows.
    activation
        What stands between the layers, ``"relu"`` or ``"tanh"``; a single layer has none.
    epoch
        The epoch that is shown first.
    name
        The variable that the answer cell binds.
    caption
        A sentence under the figure that asks the reader something.
    """

    widget_type: ClassVar[str] = "training"
    _esm = module_text(widget_type)
    answer_traits: ClassVar[tuple[str, ...]] = ("epoch",)
    options: ClassVar[tuple[str, ...]] = (*Widget.options, "points", "weights", "activation")

    epoch = Number(0, 0, _MOST_EPOCHS)
    points = Points("two_groups").tag(sync=True)
    weights = Snapshots().tag(sync=True)
    activation = traitlets.Enum(tuple(_ACTIVATIONS), "relu").tag(sync=True)

    def __init__(self, **options: object) -> None:
        if "weights" not in options:
            raise TypeError("Training needs weights=[...]: get_weights() of each epoch")
        super().__init__(**options)

    @traitlets.validate("epoch", "points")
    def _fits(self, proposal: Any) -> Any:  # noqa: ANN401  traitlets' Bunch
        if not self.points:
            raise traitlets.TraitError("a run needs points: their margins are what it shows")
        if self.weights and self.epoch > len(self.weights) - 1:
            last = len(self.weights) - 1
            raise traitlets.TraitError(f"epoch is at most {last} in this run, not {self.epoch}")
        return proposal["value"]

    def _draw_body(self) -> str:
        run = _RecordedRun(self)
        side = (
            _draw_charts(run, int(self.epoch)),
            element("div", style="--rows: 2", class_="llb-controls"),
            _worked_values(run),
        )
        reading = element(
            "span", _reading_text(run, int(self.epoch)), class_="llb-equation", data_part="reading"
        )
        count = element(
            "span", _count_text(run, int(self.epoch)), class_="llb-count", data_part="count"
        )
        return element(
            "div",
            element("div", _draw_plot(self, run), draw_legend(), class_="llb-picture"),
            element("div", *side, class_="llb-side"),
            class_="llb-body",
        ) + element("p", reading, count, class_="llb-reading")

    def describe_state(self) -> str:
        """Return the present state as one sentence."""
        run, epoch = _RecordedRun(self), int(self.epoch)
        margins = run.margins[epoch]
        span = f"Margins from {decimal(margins.min())} to {decimal(margins.max())}"
        return f"{_reading_text(run, epoch)}. {_count_text(run, epoch)}. {span}"


class _RecordedRun:
    """Logits, margins and losses, computed from the weights of all epochs."""

    def __init__(self, widget: Training) -> None:
        rows = np.array(widget.points)
        self.x, self.labels = rows[:, :2], rows[:, 2]
        self.layers = [[np.array(part) for part in each] for each in widget.weights]
        self.act = _ACTIVATIONS[widget.activation]

    @property
    def last_epoch(self) -> int:
        """The number of the last epoch."""
        return len(self.layers) - 1

    def logits(self, epoch: int, x: Grid) -> Grid:
        """Return the logits ``(n,)`` of the points ``x``, shape ``(n, 2)``, in one epoch."""
        values, parts = x, self.layers[epoch]
        for kernel, bias in zip(parts[::2], parts[1::2], strict=True):
            sums = values @ kernel + bias
            values = self.act(sums)
        return np.asarray(sums[:, 0])

    @cached_property
    def margins(self) -> Grid:
        """The margin of each point in each epoch, shape ``(epochs + 1, n)``."""
        sides = np.where(self.labels == 1, 1.0, -1.0)
        return np.array(
            [sides * self.logits(epoch, self.x) for epoch in range(self.last_epoch + 1)]
        )

    @cached_property
    def losses(self) -> Grid:
        """The mean cross-entropy, ``ln(1 + exp(-margin))``, shape ``(epochs + 1,)``."""
        return np.asarray(np.logaddexp(0.0, -self.margins).mean(axis=1))

    def count_on_own_side(self, epoch: int) -> int:
        """Return the number of points on their class's side."""
        return sum(is_on_own_side(margin, 1) for margin in self.margins[epoch])


def _check_layers(parts: Sequence[Grid]) -> list[Any]:
    """Return the weights as lists; raise when kernels and biases do not fit each other."""
    kernels, biases = parts[::2], parts[1::2]
    sizes = [2, *(bias.size for bias in biases)]
    # Of each layer the kernel `(in, out)`, then the bias `(out,)`.
    shapes = [shape for size in pairwise(sizes) for shape in (size, size[1:])]
    found = [part.shape for part in parts]
    if len(kernels) != len(biases) or found != shapes or sizes[-1] != 1 or len(sizes) == 1:
        raise ValueError(f"found shapes {found}")
    if not all(np.isfinite(part).all() for part in parts):
        raise ValueError("a weight is not finite")
    return [_shorten_numbers(part.tolist()) for part in parts]


# The page holds the weights of every epoch: each digit counts that often.
def _shorten_numbers(value: Any) -> Any:  # noqa: ANN401  a list of lists of numbers
    if isinstance(value, list):
        return [_shorten_numbers(item) for item in value]
    return float(f"{value:.{_WEIGHT_DIGITS}g}")


# ---- Words


def _reading_text(run: _RecordedRun, epoch: int) -> str:
    return f"Epoch {epoch} of {run.last_epoch}, loss {fixed(run.losses[epoch], 3)}"


def _count_text(run: _RecordedRun, epoch: int) -> str:
    return f"{run.count_on_own_side(epoch)} of {len(run.labels)} points on their own side"


def _worked_values(run: _RecordedRun) -> str:
    """Return a table of five epochs, among them the first and the last."""
    # A set: of a short run some of the five are the same.
    chosen = sorted({round(run.last_epoch * quarter / 4) for quarter in range(5)})
    rows = [
        (
            str(epoch),
            fixed(run.losses[epoch], 3),
            decimal(run.margins[epoch].mean()),
            str(run.count_on_own_side(epoch)),
        )
        for epoch in chosen
    ]
    head = ("epoch", "loss", "mean margin", "right")
    return html_table("Worked values", head, rows, class_="llb-values llb-worked")


# ---- The plane


def _draw_plot(widget: Training, run: _RecordedRun) -> str:
    scale, epoch = PlaneScale.around(widget.points), int(widget.epoch)
    positive, border = _region_paths(run, epoch, scale)
    moving = element(
        "g",
        element("path", d=positive, class_="llb-region", data_part="positive"),
        element("path", d=border, class_="llb-boundary llb-border", data_part="border"),
        data_low=scale.low,
        data_high=scale.high,
    )
    places = [translation(scale.x(x1), scale.y(x2)) for x1, x2 in run.x]
    return svg_picture(
        draw_axes(scale),
        moving,
        *_draw_points(run, epoch, places),
        size=PLANE_SIZE,
        title="Points of two classes and the border where the logit is 0",
        description=widget.describe_state(),
        live_description=True,
        class_="llb-plot",
    )


def _draw_points(run: _RecordedRun, epoch: int, places: Iterable[str]) -> list[str]:
    """Return each point at its place, hollow where its margin is not positive."""
    rows = zip(places, run.labels, run.margins[epoch], strict=True)
    return [
        draw_point(label, transform=place, data_wrong=None if is_on_own_side(margin, 1) else "")
        for place, label, margin in rows
    ]


def _region_paths(run: _RecordedRun, epoch: int, scale: PlaneScale) -> tuple[str, str]:
    """Return the paths of the region ``z > 0`` and of its border, found on a grid of squares."""
    ticks = scale.low + np.arange(_GRID_SQUARES + 1) / _GRID_SQUARES * (scale.high - scale.low)
    x2, x1 = np.meshgrid(ticks, ticks, indexing="ij")
    z = run.logits(epoch, np.stack([x1.ravel(), x2.ravel()], axis=1)).reshape(x1.shape)
    found = [_row_paths(z, ticks, row, scale) for row in range(_GRID_SQUARES)]
    return "".join(shape for shape, _ in found), "".join(border for _, border in found)


def _row_paths(z: Grid, ticks: Grid, row: int, scale: PlaneScale) -> tuple[str, str]:
    """Return the paths in one row of squares; squares wholly in the region are joined."""
    shapes = borders = ""
    column = 0
    while column < _GRID_SQUARES:
        # One path for many squares: most of the region holds no border.
        end = _end_of_positive_squares(z, row, column)
        if end > column:
            left, right, foot, top = ticks[column], ticks[end], ticks[row], ticks[row + 1]
            whole = [(left, foot), (right, foot), (right, top), (left, top)]
            shapes += f"{_path_through(scale, whole)}z"
            column = end
            continue
        for triangle in _halve_square(z, ticks, row, column):
            corners, ends = _cut_triangle(triangle)
            shapes += f"{_path_through(scale, corners)}z" if corners else ""
            borders += _path_through(scale, ends) if len(ends) == 2 else ""  # noqa: PLR2004  a segment
        column += 1
    return shapes, borders


def _end_of_positive_squares(z: Grid, row: int, column: int) -> int:
    """Return the first column from ``column`` on whose square is not wholly in the region."""
    while column < _GRID_SQUARES and (z[row : row + 2, column : column + 2] > 0).all():
        column += 1
    return column


def _halve_square(z: Grid, ticks: Grid, row: int, column: int) -> list[list[Corner]]:
    """Return the two triangles of a square: in a triangle the border is one straight line."""
    a, b, c, d = (
        (float(ticks[column + right]), float(ticks[row + up]), float(z[row + up, column + right]))
        for up, right in ((0, 0), (0, 1), (1, 1), (1, 0))
    )
    return [[a, b, c], [a, c, d]]


def _cut_triangle(
    corners: list[Corner],
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Return the part of a triangle where ``z > 0``, and the ends of the border in it.

    By the algorithm of Sutherland and Hodgman.
    """
    kept, ends = [], []
    for here, there in zip(corners, [*corners[1:], corners[0]], strict=True):
        (x1, x2, z), (next_x1, next_x2, next_z) = here, there
        if z > 0:
            kept.append((x1, x2))
        if (z > 0) != (next_z > 0):
            t = z / (z - next_z)
            at = (x1 + t * (next_x1 - x1), x2 + t * (next_x2 - x2))
            kept.append(at)
            ends.append(at)
    return kept, ends


def _path_through(scale: PlaneScale, corners: list[tuple[float, float]]) -> str:
    return "M" + "L".join(scale.at(*corner) for corner in corners)


# ---- The charts beside it


@dataclass(frozen=True)
class _Axis:
    """Converts numbers to coordinates along one axis."""

    low: float
    high: float
    begin: float
    end: float

    def at(self, value: float) -> float:
        return self.begin + (value - self.low) / (self.high - self.low) * (self.end - self.begin)


def _draw_charts(run: _RecordedRun, epoch: int) -> str:
    return svg_picture(
        _draw_margin_chart(run, epoch),
        _draw_loss_chart(run, epoch),
        size=_CHARTS_SIZE,
        title="The margin of each point, and the loss by epoch",
        description="Above, a mark for each point: the further to the right, the more certain and "
        "correct; left of 0 is the wrong side. Below, the loss in each epoch.",
        live_description=False,
        class_="llb-plot llb-charts",
    )


def _margin_axis(run: _RecordedRun) -> tuple[_Axis, list[float]]:
    # Over all epochs, so that the axis stands still while the epoch changes.
    step = _round_tick_step(run.margins.max() - min(run.margins.min(), 0.0))
    low = np.floor(min(run.margins.min(), 0.0) / step) * step
    high = np.ceil(max(run.margins.max(), 0.0) / step) * step
    ticks = [float(low + step * index) for index in range(round((high - low) / step) + 1)]
    return _Axis(ticks[0], ticks[-1], _AXIS_LEFT, _AXIS_RIGHT), ticks


def _round_tick_step(span: float) -> float:
    """Return the round number that divides ``span`` into at most six steps."""
    rough = 10.0 ** np.floor(np.log10(max(span, 1e-3) / _MAX_TICKS))
    return float(next(rough * f for f in (1, 2, 5, 10, 20) if span <= rough * f * _MAX_TICKS))


def _height_of_mark(index: int) -> float:
    """Return the vertical coordinate of a point's mark, the same in every epoch."""
    top, foot = _MARGIN_PANEL
    return top + 7 + (index * _GOLDEN_RATIO) % 1 * (foot - top - 14)


def _draw_margin_chart(run: _RecordedRun, epoch: int) -> str:
    axis, ticks = _margin_axis(run)
    top, foot = _MARGIN_PANEL
    lines = [
        element("line", x1=axis.at(t), x2=axis.at(t), y1=top, y2=foot, data_zero=None if t else "")
        for t in ticks
    ]
    marks = [svg_text(f"{t:g}".replace("-", MINUS), axis.at(t), foot + 16) for t in ticks]
    name = svg_text("margin of each point", _AXIS_LEFT, top - 10, text_anchor="start")
    places = [
        f"{translation(axis.at(margin), _height_of_mark(index))} scale(0.7)"
        for index, margin in enumerate(run.margins[epoch])
    ]
    dots = element(
        "g",
        *_draw_points(run, epoch, places),
        data_part="margins",
        data_low=axis.low,
        data_high=axis.high,
    )
    return (
        element("g", *lines, class_="llb-grid")
        + element("g", name, *marks, class_="llb-ticks")
        + dots
    )


def _draw_loss_chart(run: _RecordedRun, epoch: int) -> str:
    top, foot = _LOSS_PANEL
    # Of twice the height: this panel is lower and has room for half the steps.
    step = _round_tick_step(float(run.losses.max()) * 2)
    high = float(np.ceil(run.losses.max() / step) * step)
    along, up = _Axis(0, run.last_epoch, _AXIS_LEFT, _AXIS_RIGHT), _Axis(0, high, foot, top)
    levels = [step * index for index in range(round(high / step) + 1)]
    lines = [
        element(
            "line",
            x1=_AXIS_LEFT,
            x2=_AXIS_RIGHT,
            y1=up.at(v),
            y2=up.at(v),
            data_zero=None if v else "",
        )
        for v in levels
    ]
    marks = [svg_text(f"{v:g}", _AXIS_LEFT - 7, up.at(v) + 4, text_anchor="end") for v in levels]
    marks += [svg_text(str(e), along.at(e), foot + 16) for e in (0, run.last_epoch)]
    name = svg_text("loss by epoch", _AXIS_LEFT, top - 10, text_anchor="start")
    curve = "M" + "L".join(
        f"{format_coordinate(along.at(e))},{format_coordinate(up.at(loss))}"
        for e, loss in enumerate(run.losses)
    )
    x, y = along.at(epoch), up.at(run.losses[epoch])
    return (
        element("g", *lines, class_="llb-grid")
        + element("g", name, *marks, class_="llb-ticks")
        + element("path", d=curve, class_="llb-curve")
        + element("line", x1=x, x2=x, y1=top, y2=foot, class_="llb-guide", data_part="now")
        + element("circle", cx=x, cy=y, r=5.5, class_="llb-dot", data_part="dot", data_high=high)
    )

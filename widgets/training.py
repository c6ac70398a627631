"""The widget that plays a recorded training run: boundary, margins and loss, epoch by epoch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import traitlets

from widgets._assets import module_text
from widgets._html import number, picture, table, tag, text
from widgets._numbers import MINUS, decimal, fixed
from widgets._plane import SIZE, Scale, axes, legend, marker, own_side
from widgets._widget import Number, Widget
from widgets.weights import Points

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    Grid = NDArray[np.float64]

Corner = tuple[float, float, float]  # x1, x2 and the logit there

_MOST_EPOCHS = 500
_DIGITS = 6  # significant digits of a weight: enough for every number that is shown
_GRID = 36  # squares along each axis, in which the border is found
_ACTIVATIONS: MappingProxyType[str, Callable[[Any], Any]] = MappingProxyType(
    {"relu": lambda sums: np.maximum(sums, 0.0), "tanh": np.tanh}
)
_CHARTS = (300, 292)
_FROM, _TO = 36.0, 288.0  # where the axes of both charts begin and end
_LANES = (28.0, 126.0)  # heights of the margins' panel
_LOSSES = (186.0, 262.0)  # heights of the loss's panel
_SPREAD = 0.6180339887498949  # golden: neighbours in the data lie far apart in the picture
_TICKS = 6


class Snapshots(traitlets.TraitType[list[Any], Any]):
    """What ``model.get_weights()`` returned before training and after each epoch."""

    def validate(self, _owner: object, value: object) -> list[Any]:
        """Turn arrays into lists of short numbers; TraitError says what is wanted."""
        try:
            epochs = [_chain([np.asarray(part, dtype=float) for part in each]) for each in value]  # type: ignore[attr-defined]
        except (TypeError, ValueError) as error:
            wanted = "kernel, bias, ... from 2 inputs to 1 logit, for each epoch"
            raise traitlets.TraitError(f"weights are lists {wanted}: {error}") from error
        if not 1 < len(epochs) <= _MOST_EPOCHS + 1:
            message = f"a run has 1 to {_MOST_EPOCHS} epochs after its start, not {len(epochs) - 1}"
            raise traitlets.TraitError(message)
        return epochs


class Training(Widget):
    """A run of a classifier with two inputs and one logit, scrubbed by epoch.

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

    kind: ClassVar[str] = "training"
    _esm = module_text(kind)
    moves: ClassVar[tuple[str, ...]] = ("epoch",)
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

    def _body(self) -> str:
        run = _Run(self)
        side = (
            _charts(run, int(self.epoch)),
            tag("div", style="--rows: 2", class_="llb-controls"),
            _worked(run),
        )
        reading = tag(
            "span", _reading(run, int(self.epoch)), class_="llb-equation", data_part="reading"
        )
        count = tag("span", _count(run, int(self.epoch)), class_="llb-count", data_part="count")
        return tag(
            "div",
            tag("div", _plot(self, run), legend(), class_="llb-picture"),
            tag("div", *side, class_="llb-side"),
            class_="llb-body",
        ) + tag("p", reading, count, class_="llb-reading")

    def summary(self) -> str:
        """Say the present state in a sentence."""
        run, epoch = _Run(self), int(self.epoch)
        margins = run.margins[epoch]
        span = f"Margins from {decimal(margins.min())} to {decimal(margins.max())}"
        return f"{_reading(run, epoch)}. {_count(run, epoch)}. {span}"


class _Run:
    """What follows from the weights of all epochs."""

    def __init__(self, widget: Training) -> None:
        rows = np.array(widget.points)
        self.x, self.labels = rows[:, :2], rows[:, 2]
        self.layers = [[np.array(part) for part in each] for each in widget.weights]
        self.act = _ACTIVATIONS[widget.activation]

    @property
    def last(self) -> int:
        """The number of the last epoch."""
        return len(self.layers) - 1

    def logits(self, epoch: int, x: Grid) -> Grid:
        """Compute the logits (n,) of points (n, 2)."""
        values, parts = x, self.layers[epoch]
        for kernel, bias in zip(parts[::2], parts[1::2], strict=True):
            sums = values @ kernel + bias
            values = self.act(sums)
        return np.asarray(sums[:, 0])

    @cached_property
    def margins(self) -> Grid:
        """The margin of each point in each epoch: (epochs + 1, n)."""
        sides = np.where(self.labels == 1, 1.0, -1.0)
        return np.array([sides * self.logits(epoch, self.x) for epoch in range(self.last + 1)])

    @cached_property
    def losses(self) -> Grid:
        """The mean cross-entropy in each epoch, ln(1 + exp(-margin)): (epochs + 1,)."""
        return np.asarray(np.logaddexp(0.0, -self.margins).mean(axis=1))

    def right(self, epoch: int) -> int:
        """Count the points on their own side."""
        return sum(own_side(margin, 1) for margin in self.margins[epoch])


def _chain(parts: Sequence[Grid]) -> list[Any]:
    """Check that kernels and biases fit each other, and shorten their numbers."""
    kernels, biases = parts[::2], parts[1::2]
    sizes = [2, *(bias.size for bias in biases)]
    shapes = [shape for size in pairwise(sizes) for shape in (size, size[1:])]
    found = [part.shape for part in parts]
    if len(kernels) != len(biases) or found != shapes or sizes[-1] != 1 or len(sizes) == 1:
        raise ValueError(f"found shapes {found}")
    if not all(np.isfinite(part).all() for part in parts):
        raise ValueError("a weight is not finite")
    return [_short(part.tolist()) for part in parts]


def _short(value: Any) -> Any:  # noqa: ANN401  a list of lists of numbers
    if isinstance(value, list):
        return [_short(item) for item in value]
    return float(f"{value:.{_DIGITS}g}")


# ---- Words


def _reading(run: _Run, epoch: int) -> str:
    return f"Epoch {epoch} of {run.last}, loss {fixed(run.losses[epoch], 3)}"


def _count(run: _Run, epoch: int) -> str:
    return f"{run.right(epoch)} of {len(run.labels)} points on their own side"


def _worked(run: _Run) -> str:
    """Show five epochs, the first and the last among them."""
    chosen = sorted({round(run.last * quarter / 4) for quarter in range(5)})
    rows = [
        (
            str(epoch),
            fixed(run.losses[epoch], 3),
            decimal(run.margins[epoch].mean()),
            str(run.right(epoch)),
        )
        for epoch in chosen
    ]
    head = ("epoch", "loss", "mean margin", "right")
    return table("Worked values", head, rows, class_="llb-values llb-worked")


# ---- The plane


def _plot(widget: Training, run: _Run) -> str:
    scale, epoch = Scale.around(widget.points), int(widget.epoch)
    positive, border = _regions(run, epoch, scale)
    moving = tag(
        "g",
        tag("path", d=positive, class_="llb-region", data_part="positive"),
        tag("path", d=border, class_="llb-boundary llb-border", data_part="border"),
        data_low=scale.low,
        data_high=scale.high,
    )
    places = [f"translate({number(scale.x(x1))} {number(scale.y(x2))})" for x1, x2 in run.x]
    return picture(
        axes(scale),
        moving,
        *_marks(run, epoch, places),
        size=SIZE,
        title="Points of two classes and the border where the logit is 0",
        description=widget.summary(),
        moves=True,
        class_="llb-plot",
    )


def _marks(run: _Run, epoch: int, places: Iterable[str]) -> list[str]:
    """Draw each point at its place, hollow when its margin is not positive."""
    rows = zip(places, run.labels, run.margins[epoch], strict=True)
    return [
        marker(label, transform=place, data_wrong=None if own_side(margin, 1) else "")
        for place, label, margin in rows
    ]


def _regions(run: _Run, epoch: int, scale: Scale) -> tuple[str, str]:
    """Return the paths of the region where z > 0 and of its border, found in a grid of squares."""
    ticks = scale.low + np.arange(_GRID + 1) / _GRID * (scale.high - scale.low)
    x2, x1 = np.meshgrid(ticks, ticks, indexing="ij")
    z = run.logits(epoch, np.stack([x1.ravel(), x2.ravel()], axis=1)).reshape(x1.shape)
    found = [_row(z, ticks, row, scale) for row in range(_GRID)]
    return "".join(shape for shape, _ in found), "".join(border for _, border in found)


def _row(z: Grid, ticks: Grid, row: int, scale: Scale) -> tuple[str, str]:
    """Draw one row of squares; neighbours that lie in the region whole are drawn as one."""
    shapes = borders = ""
    column = 0
    while column < _GRID:
        end = _inside(z, row, column)
        if end > column:
            left, right, foot, top = ticks[column], ticks[end], ticks[row], ticks[row + 1]
            whole = [(left, foot), (right, foot), (right, top), (left, top)]
            shapes += f"{_open(scale, whole)}z"
            column = end
            continue
        for triangle in _triangles(z, ticks, row, column):
            corners, ends = _cut(triangle)
            shapes += f"{_open(scale, corners)}z" if corners else ""
            borders += _open(scale, ends) if len(ends) == 2 else ""  # noqa: PLR2004  a segment
        column += 1
    return shapes, borders


def _inside(z: Grid, row: int, column: int) -> int:
    """Return the column up to which the squares from ``column`` on lie in the region whole."""
    while column < _GRID and (z[row : row + 2, column : column + 2] > 0).all():
        column += 1
    return column


def _triangles(z: Grid, ticks: Grid, row: int, column: int) -> list[list[Corner]]:
    """Halve a square: in a triangle the border is one straight line."""
    a, b, c, d = (
        (float(ticks[column + right]), float(ticks[row + up]), float(z[row + up, column + right]))
        for up, right in ((0, 0), (0, 1), (1, 1), (1, 0))
    )
    return [[a, b, c], [a, c, d]]


def _cut(
    corners: list[Corner],
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Cut a triangle by z > 0 (Sutherland and Hodgman): its corners, and the ends of the border."""
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


def _open(scale: Scale, corners: list[tuple[float, float]]) -> str:
    return "M" + "L".join(scale.at(*corner) for corner in corners)


# ---- The charts beside it


@dataclass(frozen=True)
class _Axis:
    """Numbers to places along one axis."""

    low: float
    high: float
    begin: float
    end: float

    def at(self, value: float) -> float:
        return self.begin + (value - self.low) / (self.high - self.low) * (self.end - self.begin)


def _charts(run: _Run, epoch: int) -> str:
    return picture(
        _margin_chart(run, epoch),
        _loss_chart(run, epoch),
        size=_CHARTS,
        title="The margin of each point, and the loss by epoch",
        description="Above, a mark for each point: the further to the right, the more certain and "
        "correct; left of 0 is the wrong side. Below, the loss in each epoch.",
        moves=False,
        class_="llb-plot llb-charts",
    )


def _margin_axis(run: _Run) -> tuple[_Axis, list[float]]:
    step = _step(run.margins.max() - min(run.margins.min(), 0.0))
    low = np.floor(min(run.margins.min(), 0.0) / step) * step
    high = np.ceil(max(run.margins.max(), 0.0) / step) * step
    ticks = [float(low + step * index) for index in range(round((high - low) / step) + 1)]
    return _Axis(ticks[0], ticks[-1], _FROM, _TO), ticks


def _step(span: float) -> float:
    """Return a round number of which a handful makes ``span``."""
    rough = 10.0 ** np.floor(np.log10(max(span, 1e-3) / _TICKS))
    return float(next(rough * f for f in (1, 2, 5, 10, 20) if span <= rough * f * _TICKS))


def _lane(index: int) -> float:
    """Where the mark of a point stands from top to bottom: it never leaves its lane."""
    top, foot = _LANES
    return top + 7 + (index * _SPREAD) % 1 * (foot - top - 14)


def _margin_chart(run: _Run, epoch: int) -> str:
    axis, ticks = _margin_axis(run)
    top, foot = _LANES
    lines = [
        tag("line", x1=axis.at(t), x2=axis.at(t), y1=top, y2=foot, data_zero=None if t else "")
        for t in ticks
    ]
    marks = [text(f"{t:g}".replace("-", MINUS), axis.at(t), foot + 16) for t in ticks]
    name = text("margin of each point", _FROM, top - 10, text_anchor="start")
    places = [
        f"translate({number(axis.at(margin))} {number(_lane(index))}) scale(0.7)"
        for index, margin in enumerate(run.margins[epoch])
    ]
    dots = tag(
        "g",
        *_marks(run, epoch, places),
        data_part="margins",
        data_low=axis.low,
        data_high=axis.high,
    )
    return tag("g", *lines, class_="llb-grid") + tag("g", name, *marks, class_="llb-ticks") + dots


def _loss_chart(run: _Run, epoch: int) -> str:
    top, foot = _LOSSES
    step = _step(float(run.losses.max()) * 2)
    high = float(np.ceil(run.losses.max() / step) * step)
    along, up = _Axis(0, run.last, _FROM, _TO), _Axis(0, high, foot, top)
    levels = [step * index for index in range(round(high / step) + 1)]
    lines = [
        tag("line", x1=_FROM, x2=_TO, y1=up.at(v), y2=up.at(v), data_zero=None if v else "")
        for v in levels
    ]
    marks = [text(f"{v:g}", _FROM - 7, up.at(v) + 4, text_anchor="end") for v in levels]
    marks += [text(str(e), along.at(e), foot + 16) for e in (0, run.last)]
    name = text("loss by epoch", _FROM, top - 10, text_anchor="start")
    curve = "M" + "L".join(
        f"{number(along.at(e))},{number(up.at(loss))}" for e, loss in enumerate(run.losses)
    )
    x, y = along.at(epoch), up.at(run.losses[epoch])
    return (
        tag("g", *lines, class_="llb-grid")
        + tag("g", name, *marks, class_="llb-ticks")
        + tag("path", d=curve, class_="llb-curve")
        + tag("line", x1=x, x2=x, y1=top, y2=foot, class_="llb-guide", data_part="now")
        + tag("circle", cx=x, cy=y, r=5.5, class_="llb-dot", data_part="dot", data_high=high)
    )

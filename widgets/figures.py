"""Draw the book's figures with matplotlib: layers, connections and boundaries."""

import json
import math
from collections.abc import Sequence
from importlib.resources import files
from itertools import product
from typing import Any

import matplotlib as mpl
import numpy as np
from cycler import cycler
from IPython.core.getipython import get_ipython
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib_inline.backend_inline import set_matplotlib_formats

Point = tuple[float, float]

_RADIUS = 0.26
_COLUMN_GAP = 3.4
_ROW_GAP = 0.95
_LABEL_ROOM = 0.85  # of the way from the middle to the edge
_FONT_FAMILY = "Public Sans Thin"  # so the files call themselves, which hold the regular weight


def palette(mode: str = "light") -> dict[str, str]:
    """Return the book's colours by role, the same ones that the widgets use.

    Parameters
    ----------
    mode
        ``"light"`` or ``"dark"``.
    """
    text = files("widgets").joinpath("static/palette.json").read_text(encoding="utf-8")
    colours: dict[str, dict[str, str]] = json.loads(text)
    return colours[mode]


def book_style() -> None:
    """Set matplotlib's defaults to the book's look, and the notebook's figures to SVG."""
    colour = palette()
    use_font()
    mpl.rcParams.update(
        {
            "axes.axisbelow": True,
            "axes.edgecolor": colour["zero"],
            "axes.facecolor": colour["paper"],
            "axes.labelcolor": colour["ink"],
            "axes.linewidth": 0.9,
            "axes.prop_cycle": cycler(
                color=[colour[role] for role in ("positive", "negative", "accent", "muted")]
            ),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlelocation": "left",
            "axes.titlesize": 12,
            "figure.facecolor": colour["paper"],
            "font.size": 12,  # still 9 pixels where a phone shows the figure at half its size
            "grid.color": colour["grid"],
            "grid.linewidth": 0.6,
            "legend.frameon": False,
            "svg.hashsalt": "logits",  # the same picture gives the same bytes
            "text.color": colour["ink"],
            "xtick.color": colour["zero"],
            "xtick.labelcolor": colour["muted"],
            "xtick.labelsize": 11,
            "ytick.color": colour["zero"],
            "ytick.labelcolor": colour["muted"],
            "ytick.labelsize": 11,
        },
    )
    if get_ipython() is not None:
        select_formats: Any = set_matplotlib_formats  # the package carries no annotations
        select_formats("svg", metadata={"Date": None})


def use_font() -> None:
    """Have matplotlib write text and formulas in the book's font."""
    for style in ("Regular", "Italic"):
        font_manager.fontManager.addfont(
            str(files("widgets").joinpath(f"static/PublicSans-{style}.ttf"))
        )
    mpl.rcParams.update(
        {
            "font.family": [_FONT_FAMILY, "DejaVu Sans"],  # the second has the signs of formulas
            "mathtext.fontset": "custom",
            "mathtext.rm": _FONT_FAMILY,
            "mathtext.it": f"{_FONT_FAMILY}:italic",
        }
    )


def live_kernel() -> bool:
    """Return whether a person is running this notebook, and not a build.

    Notebook front ends offer to answer ``input()``; programs that run a notebook unattended do not.
    """
    kernel: Any = getattr(get_ipython(), "kernel", None)
    if kernel is None:
        return False
    return bool(kernel.get_parent("shell").get("content", {}).get("allow_stdin"))


def draw_layer(inputs: int, outputs: int, *, bias: bool = False) -> Figure:
    """Draw a fully connected layer: a line from every input to every output, with its weight.

    Parameters
    ----------
    inputs, outputs
        Number of neurons on the left and on the right.
    bias
        Whether the neuron that is always 1 stands below the inputs.
    """
    left = _column_of_centres(0.0, inputs + bias)
    right = _column_of_centres(_COLUMN_GAP, outputs)
    # Not of pyplot, which would show it a second time below the cell that returns it.
    figure = Figure(figsize=(5.4, 0.5 + 0.72 * max(len(left), len(right))), layout="tight")
    axes = figure.add_subplot()
    axes.set_aspect("equal")
    axes.axis("off")
    _draw_lines(axes, left, right, inputs)
    for number, at in enumerate(left, start=1):
        if number > inputs:
            _draw_neuron(axes, at, "$1$", role="accent")
            _write_beside(axes, at, "bias", side=-1)
        else:
            _draw_neuron(axes, at, _neuron_name("x", number, inputs))
            _write_beside(axes, at, f"input {number}", side=-1)
    for number, at in enumerate(right, start=1):
        _draw_neuron(axes, at, _neuron_name("z", number, outputs))
        _write_beside(axes, at, f"output {number}" if outputs > 1 else "output", side=1)
    axes.autoscale_view()
    return figure


def draw_boundary(  # noqa: PLR0913 - a plot of x, y and the layer's two arrays, each by its own name
    axes: Axes,
    x: np.ndarray,
    y: np.ndarray,
    *,
    w: Sequence[float],
    b: float,
    names: Sequence[str] = ("label 0", "label 1"),
) -> None:
    """Plot points of two classes and the line on which one neuron's logit is 0.

    Parameters
    ----------
    axes
        Where to draw; its limits are set to show the points and the origin.
    x, y
        Points, shape (n, 2), and their labels, shape (n,), 0 or 1.
    w, b
        The neuron's two weights and its bias.
    names
        What to call the two classes in the legend.
    """
    colour = palette()
    for label, (name, marker) in enumerate(zip(names, "o^", strict=True)):
        x1, x2 = x[y == label].T
        shade = colour[f"class{label}"]
        axes.scatter(x1, x2, s=22, marker=marker, color=shade, alpha=0.75, label=name)
    x1_limits, x2_limits = ((-0.08 * top, 1.08 * top) for top in x.max(axis=0))
    grid = np.meshgrid(np.linspace(*x1_limits, 200), np.linspace(*x2_limits, 200))
    z = w[0] * grid[0] + w[1] * grid[1] + b
    shades = [colour["class0"], colour["class1"]]
    axes.contourf(*grid, z, levels=[-np.inf, 0, np.inf], colors=shades, alpha=0.12)
    if z.min() < 0 < z.max():
        axes.contour(*grid, z, levels=[0], colors=colour["ink"], linewidths=1.8)
    axes.plot(0, 0, "+", color=colour["ink"], markersize=12, label="origin")


def draw_connections(weights: Sequence[float]) -> Figure:
    """Draw one neuron A and its weighted connections to neurons B, C, D and so on.

    The line tells the weight as in the widgets: blue and solid is positive, orange and dashed is
    negative, grey and dotted is zero; the thicker, the stronger.

    Parameters
    ----------
    weights
        One per connection, at most 25.
    """
    (start,), right = _column_of_centres(0.0, 1), _column_of_centres(_COLUMN_GAP, len(weights))
    figure = Figure(figsize=(5.4, 0.5 + 0.85 * len(weights)), layout="tight")
    axes = figure.add_subplot()
    axes.set_aspect("equal")
    axes.axis("off")
    _draw_neuron(axes, start, "A")
    for letter, weight, end in zip("BCDEFGHIJKLMNOPQRSTUVWXYZ", weights, right, strict=False):
        _draw_connection(axes, start, end, weight)
        _draw_neuron(axes, end, letter)
        _write_beside(axes, end, _name_relation(weight), side=1)
    axes.autoscale_view()
    return figure


def draw_logits(axes: Axes, *, w: Sequence[float], b: float, reach: float = 4.0) -> None:
    """Draw the logit of one neuron over the plane as a map: contour lines, and its weights.

    The thick line is where the logit is 0. The arrow is the weight vector at half its length, drawn
    from the point of that line closest to the origin.

    Parameters
    ----------
    axes
        Where to draw; both axes run from ``-reach`` to ``reach``.
    w, b
        The neuron's two weights and its bias.
    """
    colour = palette()
    grid = np.meshgrid(*[np.linspace(-reach, reach, 200)] * 2)
    z = w[0] * grid[0] + w[1] * grid[1] + b
    shades = [colour["class0"], colour["class1"]]
    axes.contourf(*grid, z, levels=[-np.inf, 0, np.inf], colors=shades, alpha=0.12)
    axes.plot(0, 0, "+", color=colour["ink"], markersize=10)
    axes.set(aspect="equal", xlim=(-reach, reach), ylim=(-reach, reach))
    if not z.min() < 0 < z.max():
        return
    thin = [level for level in (-4, -2, 2, 4) if z.min() < level < z.max()]
    equal = axes.contour(*grid, z, levels=thin, colors=colour["muted"], linewidths=0.8)
    ways = {-4: 1, -2: -1, 2: 1, 4: -1}  # neighbours get their labels at opposite ends
    _write_levels(equal, [_free_label_place(w, b - level, ways[level] * reach) for level in thin])
    axes.contour(*grid, z, levels=[0], colors=colour["ink"], linewidths=1.8)
    foot = _closest_to_origin(w, b)
    tip = (foot[0] + w[0] / 2, foot[1] + w[1] / 2)
    style = {"arrowstyle": "-|>", "color": colour["accent"], "lw": 2.2, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=tip, xytext=foot, arrowprops=style)


def _closest_to_origin(w: Sequence[float], b: float) -> Point:
    """Return the point closest to the origin of the line on which the logit is 0."""
    scale = -b / (w[0] ** 2 + w[1] ** 2)
    return scale * w[0], scale * w[1]


def _free_label_place(w: Sequence[float], b: float, reach: float) -> Point | None:
    """Return a point on the line where the logit is 0, away from arrow and origin.

    The sign of ``reach`` says on which side of the arrow to look first. None if no such point is
    in the plot.
    """
    x1, x2 = _closest_to_origin(w, b)
    away = 0.55 * reach / math.hypot(*w)
    places = [(x1 - side * w[1], x2 + side * w[0]) for side in (away, -away)]
    return next((at for at in places if max(map(abs, at)) < _LABEL_ROOM * abs(reach)), None)


def _write_levels(lines: ContourSet, places: Sequence[Point | None]) -> None:
    """Write the level of each contour line at one of ``places``, with a real minus sign."""
    known = [place for place in places if place]
    if known:
        write: Any = lines.clabel  # its annotations leave out `manual`
        write(fontsize=9, fmt=_format_level, manual=known)


def _format_level(level: float) -> str:
    return f"{level:+.0f}".replace("-", "\u2212")


def _column_of_centres(across: float, count: int) -> list[Point]:
    """Return the centres of ``count`` neurons in a column, centred on 0."""
    return [(across, _ROW_GAP * ((count - 1) / 2 - row)) for row in range(count)]


def _neuron_name(letter: str, number: int, count: int) -> str:
    return f"${letter}_{{{number}}}$" if count > 1 else f"${letter}$"


def _draw_lines(axes: Axes, left: list[Point], right: list[Point], inputs: int) -> None:
    """Connect all neurons, and write the name of each weight near the start of its line."""
    colour = palette()
    pairs = product(enumerate(left, start=1), enumerate(right, start=1))
    for (i, start), (j, end) in pairs:
        is_bias = i > inputs
        shade = colour["accent"] if is_bias else colour["muted"]
        axes.plot(*zip(start, end, strict=True), color=shade, linewidth=1.4, zorder=1)
        name = "b" if is_bias else "w"
        index = ("" if is_bias else str(i)) + (str(j) if len(right) > 1 else "")
        (x_start, y_start), (x_end, y_end) = start, end
        # Near the start: in the middle, where lines cross, names would meet.
        x, y = x_start + 0.23 * (x_end - x_start), y_start + 0.23 * (y_end - y_start)
        box = {"facecolor": colour["paper"], "edgecolor": "none", "pad": 1.0}
        text = f"${name}_{{{index}}}$" if index else f"${name}$"
        axes.text(x, y, text, ha="center", va="center", fontsize=11, bbox=box, zorder=2)


def _draw_connection(axes: Axes, start: Point, end: Point, weight: float) -> None:
    """Draw a line by the sign and size of its weight, and write the weight in the middle."""
    colour = palette()
    role, dash = {1: ("positive", "-"), -1: ("negative", "--"), 0: ("zero", ":")}[_sign_of(weight)]
    across, down = zip(start, end, strict=True)
    width = 1.4 + 1.1 * abs(weight)
    axes.plot(across, down, dash, color=colour[role], linewidth=width, zorder=1)
    box = {"facecolor": colour["paper"], "edgecolor": "none", "pad": 1.5}
    text = f"{weight:.1f}".replace("-", "\u2212")
    middle = (sum(across) / 2, sum(down) / 2)
    axes.text(*middle, text, ha="center", va="center", fontsize=11, bbox=box, zorder=2)


def _sign_of(weight: float) -> int:
    return (weight > 0) - (weight < 0)


def _name_relation(weight: float) -> str:
    """Return the name of the relation between two neurons with this weight between them."""
    return {1: "direct", 0: "none", -1: "inverse"}[_sign_of(weight)]


def _draw_neuron(axes: Axes, at: Point, text: str, role: str = "ink") -> None:
    colour = palette()
    axes.add_patch(
        mpl.patches.Circle(at, _RADIUS, facecolor=colour["paper"], edgecolor=colour[role], lw=1.8)
    ).set_zorder(3)
    axes.text(*at, text, ha="center", va="center", fontsize=12, zorder=4)


def _write_beside(axes: Axes, at: Point, text: str, side: int) -> None:
    """Write ``text`` beside a neuron: on the left if ``side`` is -1, on the right if it is 1."""
    across = at[0] + side * (_RADIUS + 0.12)
    axes.text(across, at[1], text, ha="left" if side > 0 else "right", va="center", fontsize=11)

"""The widget in which readers drag a point along the logit curve."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self

import traitlets

from widgets._assets import module_text
from widgets._html import element, format_coordinate, html_table, svg_picture, svg_text
from widgets._numbers import MINUS, fixed
from widgets._widget import Number, Switch, Widget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LIMIT = 8  # the log-odds go from -8 to 8, which is p from 0.0003 to 0.9997
_SIZE = (366, 384)
_LEFT, _TOP, _SIDE = 40.0, 24.0, 306.0
_RIGHT, _BOTTOM = _LEFT + _SIDE, _TOP + _SIDE
# A little beyond the limits, so that the marks at both ends are whole.
_AXIS_RANGES = MappingProxyType({"p": (-0.06, 1.06), "z": (-8.5, 8.5)})
_TICKS = MappingProxyType({"p": (0, 0.25, 0.5, 0.75, 1), "z": (-8, -6, -4, -2, 0, 2, 4, 6, 8)})
_MIDDLE = MappingProxyType(
    {"p": 0.5, "z": 0}
)  # where the curve crosses itself turned by 180 degrees
_AXIS_NAMES = MappingProxyType({"p": ("probability ", "p"), "z": ("log-odds ", "z")})
_MOST_DECIMALS = 6
_WHOLE_ODDS_FROM = 1000  # from here on odds are written without decimals


def _logit(p: float) -> float:
    """Return ``ln(p / (1 - p))``.

    Near 1/2 it is a difference of ``log1p``, which loses no digits there, as in SciPy.
    """
    if 0.3 <= p <= 0.65:  # noqa: PLR2004  the bounds that SciPy's logit has
        return math.log1p(2 * (p - 0.5)) - math.log1p(-2 * (p - 0.5))
    return math.log(p / (1 - p))


def _sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


_TO_LOG_ODDS: MappingProxyType[str, Callable[[float], float]] = MappingProxyType(
    {"p": _logit, "odds": math.log}
)


class LogitCurve(Widget):
    """The curve ``z = ln(p / (1 - p))``, a point to drag on it, and its mirror image.

    The answer is ``{"z": ...}``: the log-odds, from which probability and odds follow.

    Parameters
    ----------
    p, odds, z
        Where the point starts: give one of them. The log-odds z go from -8 to 8, hence p from
        0.000336 to 0.999664 and the odds from 0.000336 to 2980. Without any, p = 0.7.
    inverse
        True turns the picture: the log-odds on the x axis, and the curve is the sigmoid.
    name
        The variable that the answer cell binds.
    caption
        A sentence under the figure that asks the reader something.
    """

    widget_type: ClassVar[str] = "logit_curve"
    _esm = module_text(widget_type)
    answer_traits: ClassVar[tuple[str, ...]] = ("z",)
    shorthand: ClassVar[tuple[str, ...]] = ("p", "odds")
    options: ClassVar[tuple[str, ...]] = (*Widget.options, "inverse")

    z = Number(_logit(0.7), -_LIMIT, _LIMIT)
    inverse = Switch(default=False)

    @classmethod
    def _expand_shorthand(cls, options: dict[str, Any]) -> dict[str, Any]:
        given = [key for key in ("p", "odds", "z") if key in options]
        if len(given) > 1:
            raise ValueError(f"p, odds and z say the same: give one, not {' and '.join(given)}")
        others = {key: value for key, value in options.items() if key not in _TO_LOG_ODDS}
        return others | dict(
            _as_log_odds(key, options[key]) for key in _TO_LOG_ODDS if key in options
        )

    @classmethod
    def odds_on_the_curve(cls, answer: Mapping[str, Any] | None = None, **options: object) -> Self:
        """Make the widget of the exercise "odds on the curve", from its answer if given."""
        start = {"z": 0.0}
        given: dict[str, object] = {"start": start, **options}
        return cls.from_answer(start if answer is None else answer, **given)

    @property
    def p(self) -> float:
        """The probability of the point."""
        return _sigmoid(self.z)

    @property
    def odds(self) -> float:
        """The odds of the point, ``p / (1 - p)``."""
        return math.exp(self.z)

    def _draw_body(self) -> str:
        side = (
            element("div", style="--rows: 4; --number: 6rem", class_="llb-controls"),
            _pair_table(self),
            _worked_values(),
        )
        equation = element(
            "span", _equation_text(self), class_="llb-equation", data_part="equation"
        )
        odds = element(
            "span", f"odds {_odds_text(self.odds)}", class_="llb-count", data_part="odds"
        )
        return element(
            "div",
            element("div", _draw_plot(self), _draw_legend(), class_="llb-picture"),
            element("div", *side, class_="llb-side"),
            class_="llb-body",
        ) + element("p", equation, odds, class_="llb-reading")

    def describe_state(self) -> str:
        """Return the present state as one sentence."""
        z, mirrored = fixed(self.z, 2), fixed(-self.z, 2)
        p, rest = _written_p_and_rest(self.z)
        point = f"Probability {p}, odds {_odds_text(self.odds)}, log-odds {z}"
        return f"{point}. Mirrored: probability {rest}, log-odds {mirrored}"


@dataclass(frozen=True)
class _CurveScale:
    """Converts probabilities and log-odds to coordinates in the picture."""

    inverse: bool

    @property
    def axes(self) -> tuple[str, str]:
        """The quantities on the x axis and on the y axis."""
        return ("z", "p") if self.inverse else ("p", "z")

    def x(self, value: float) -> float:
        return _LEFT + _fraction_of_axis(self.axes[0], value) * _SIDE

    def y(self, value: float) -> float:
        return _TOP + (1 - _fraction_of_axis(self.axes[1], value)) * _SIDE

    def at(self, z: float) -> tuple[float, float]:
        """Return the coordinates of the point with log-odds ``z``."""
        p = _sigmoid(z)
        return (self.x(z), self.y(p)) if self.inverse else (self.x(p), self.y(z))


def _fraction_of_axis(axis: str, value: float) -> float:
    low, high = _AXIS_RANGES[axis]
    return (value - low) / (high - low)


def _as_log_odds(key: str, value: object) -> tuple[str, float]:
    """Return the trait and value that a probability, or odds, stands for."""
    low, high = (_sigmoid(end) if key == "p" else math.exp(end) for end in (-_LIMIT, _LIMIT))
    if isinstance(value, Real) and low <= float(value) <= high:
        # Rounding may carry an end of the range past the limit.
        return "z", min(max(_TO_LOG_ODDS[key](float(value)), -_LIMIT), _LIMIT)
    message = f"{key} is a number from {low:.6f} to {high:.6f}, not {value!r}"
    raise traitlets.TraitError(message)


def _decimals_of_p(z: float) -> int:
    """Return the fewest decimals of p with which ``ln(p / (1 - p)) = z`` is true as written."""
    for digits in range(2, _MOST_DECIMALS):
        p = float(fixed(_sigmoid(z), digits))
        if 0 < p < 1 and fixed(_logit(p), 2) == fixed(z, 2):
            return digits
    return _MOST_DECIMALS


def _written_p_and_rest(z: float) -> tuple[str, str]:
    """Return p and 1 - p as text."""
    digits = _decimals_of_p(z)
    p = fixed(_sigmoid(z), digits)
    return p, fixed(1 - float(p), digits)


def _written_p(z: float) -> str:
    """Return p with as many decimals as follow from z as written."""
    written = float(fixed(z, 2).replace(MINUS, "-"))
    for digits in range(_decimals_of_p(z), 2, -1):
        p = fixed(_sigmoid(z), digits)
        if fixed(_sigmoid(written), digits) == p:
            return p
    return fixed(_sigmoid(z), 2)


def _equation_text(widget: LogitCurve) -> str:
    z = widget.z
    if widget.inverse:
        return f"1 / (1 + exp({fixed(-z, 2)})) = {_written_p(z)}"
    return f"ln({' / '.join(_written_p_and_rest(z))}) = {fixed(z, 2)}"


def _odds_text(odds: float) -> str:
    """Return odds as a ratio whose smaller side is 1."""
    return f"{_three_digits(odds)} : 1" if odds >= 1 else f"1 : {_three_digits(1 / odds)}"


def _three_digits(value: float) -> str:
    """Return a number of at least 1 with three significant digits; large ones are whole."""
    if value >= _WHOLE_ODDS_FROM:
        return fixed(value, 0)
    written = fixed(value, 2 - int(math.log10(value)))
    return written.rstrip("0").rstrip(".") if "." in written else written


def _pair_table(widget: LogitCurve) -> str:
    """Return a table of the point and its mirror image."""
    p, rest = _written_p_and_rest(widget.z)
    values = {
        "point": (p, _odds_text(widget.odds), fixed(widget.z, 2)),
        "mirrored": (rest, _odds_text(1 / widget.odds), fixed(-widget.z, 2)),
    }
    rows = [
        (name, *(element("span", cell, data_part=f"{name}-{i}") for i, cell in enumerate(cells)))
        for name, cells in values.items()
    ]
    head = ("", element("i", "p"), "odds", element("i", "z"))
    return html_table("The point and its mirror image", head, rows, class_="llb-values llb-pair")


def _worked_values() -> str:
    chosen = (0.01, 0.1, 0.5, 0.9, 0.99)
    rows = [(f"{p:g}", _odds_text(math.exp(_logit(p))), fixed(_logit(p), 2)) for p in chosen]
    return html_table("Worked values", ("p", "odds", "z"), rows, class_="llb-values llb-worked")


def _draw_legend() -> str:
    shapes = (
        (element("circle", r=6, class_="llb-dot"), "the point"),
        (element("circle", r=5.5, class_="llb-image"), "mirrored: 1 \u2212 p, \u2212z"),
        (element("line", x1=0, x2=0, y1=-8, y2=8, class_="llb-asymptote"), "asymptote"),
    )
    box = {"viewBox": "-8 -8 16 16", "class_": "llb-key", "aria_hidden": "true"}
    keys = [element("span", element("svg", shape, **box), words) for shape, words in shapes]
    return element("p", *keys, class_="llb-legend")


def _draw_plot(widget: LogitCurve) -> str:
    scale = _CurveScale(widget.inverse)
    curve = "M" + "L".join(
        _format_place(scale.at(z / 8)) for z in range(-8 * _LIMIT, 8 * _LIMIT + 1)
    )
    sort = "sigmoid" if widget.inverse else "logit"
    return svg_picture(
        _draw_grid(scale),
        _draw_asymptotes(scale),
        element("path", d=curve, class_="llb-curve"),
        _draw_points(widget, scale),
        size=_SIZE,
        title=f"The {sort} curve, a point on it, and the point's mirror image",
        description=widget.describe_state(),
        live_description=True,
        class_="llb-plot",
    )


def _format_place(place: tuple[float, float]) -> str:
    return " ".join(format_coordinate(value) for value in place)


def _draw_points(widget: LogitCurve, scale: _CurveScale) -> str:
    """Return the parts that move: point, mirror image, and the lines to the axes."""
    # The grip, which takes the pointer, is drawn last and so lies on top.
    (x, y), (image_x, image_y) = scale.at(widget.z), scale.at(-widget.z)
    return (
        _draw_line(x, y, image_x, image_y, class_="llb-mirror", data_part="between")
        + _draw_line(x, y, x, _BOTTOM, class_="llb-guide", data_part="down")
        + _draw_line(x, y, _LEFT, y, class_="llb-guide", data_part="across")
        + element("circle", cx=image_x, cy=image_y, r=5.5, class_="llb-image", data_part="image")
        + element("circle", cx=x, cy=y, r=7, class_="llb-dot", data_part="point")
        + element("circle", cx=x, cy=y, r=6, class_="llb-grip", data_part="grip")
    )


def _draw_line(x1: float, y1: float, x2: float, y2: float, **given: object) -> str:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, **given)


def _draw_asymptotes(scale: _CurveScale) -> str:
    ends = (_LEFT, _RIGHT) if scale.inverse else (_TOP, _BOTTOM)
    lines = [
        _draw_line(ends[0], scale.y(p), ends[1], scale.y(p))
        if scale.inverse
        else _draw_line(scale.x(p), ends[0], scale.x(p), ends[1])
        for p in (0, 1)
    ]
    return element("g", *lines, class_="llb-asymptote")


def _draw_grid(scale: _CurveScale) -> str:
    across, up = (_TICKS[axis] for axis in scale.axes)
    middle_x, middle_y = (_MIDDLE[axis] for axis in scale.axes)
    lines = [
        _draw_line(scale.x(t), _TOP, scale.x(t), _BOTTOM, data_zero="" if t == middle_x else None)
        for t in across
    ] + [
        _draw_line(_LEFT, scale.y(t), _RIGHT, scale.y(t), data_zero="" if t == middle_y else None)
        for t in up
    ]
    labels = [svg_text(_tick_text(t), scale.x(t), _BOTTOM + 17) for t in across]
    labels += [svg_text(_tick_text(t), _LEFT - 8, scale.y(t) + 4.5, text_anchor="end") for t in up]
    labels.append(_draw_axis_name(scale.axes[0], (_LEFT + _RIGHT) / 2, _BOTTOM + 38))
    labels.append(_draw_axis_name(scale.axes[1], 0.0, 12.0, text_anchor="start"))
    return element("g", *lines, class_="llb-grid") + element("g", *labels, class_="llb-ticks")


def _tick_text(value: float) -> str:
    return f"{value:g}".replace("-", MINUS)


def _draw_axis_name(axis: str, x: float, y: float, **given: object) -> str:
    word, letter = _AXIS_NAMES[axis]
    return element("text", word, element("tspan", letter, class_="llb-label"), x=x, y=y, **given)

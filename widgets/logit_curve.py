"""The widget in which a reader drags a point along the logit curve."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self

import traitlets

from widgets._assets import module_text
from widgets._html import number, picture, table, tag, text
from widgets._numbers import MINUS, fixed
from widgets._widget import Number, Switch, Widget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LIMIT = 8  # the log-odds go from -8 to 8, which is p from 0.0003 to 0.9997
_SIZE = (366, 384)
_LEFT, _TOP, _SIDE = 40.0, 24.0, 306.0
_END, _FOOT = _LEFT + _SIDE, _TOP + _SIDE
_AXES = MappingProxyType({"p": (-0.06, 1.06), "z": (-8.5, 8.5)})
_TICKS = MappingProxyType({"p": (0, 0.25, 0.5, 0.75, 1), "z": (-8, -6, -4, -2, 0, 2, 4, 6, 8)})
_MIDDLE = MappingProxyType(
    {"p": 0.5, "z": 0}
)  # where the curve crosses itself turned by 180 degrees
_NAMES = MappingProxyType({"p": ("probability ", "p"), "z": ("log-odds ", "z")})
_MOST_DECIMALS = 6
_WHOLE_ODDS = 1000  # from here on odds are written without decimals


def _logit(p: float) -> float:
    """Give ln(p / (1 - p)); near 1/2 as a difference that loses no digits."""
    if 0.3 <= p <= 0.65:  # noqa: PLR2004  the bounds that SciPy's logit has
        return math.log1p(2 * (p - 0.5)) - math.log1p(-2 * (p - 0.5))
    return math.log(p / (1 - p))


def _sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


_FROM: MappingProxyType[str, Callable[[float], float]] = MappingProxyType(
    {"p": _logit, "odds": math.log}
)


class LogitCurve(Widget):
    """The logit curve ``z = ln(p / (1 - p))`` with a point to drag, and the point's mirror image.

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

    kind: ClassVar[str] = "logit_curve"
    _esm = module_text(kind)
    moves: ClassVar[tuple[str, ...]] = ("z",)
    shorthand: ClassVar[tuple[str, ...]] = ("p", "odds")
    options: ClassVar[tuple[str, ...]] = (*Widget.options, "inverse")

    z = Number(_logit(0.7), -_LIMIT, _LIMIT)
    inverse = Switch(default=False)

    @classmethod
    def _spelled_out(cls, options: dict[str, Any]) -> dict[str, Any]:
        given = [key for key in ("p", "odds", "z") if key in options]
        if len(given) > 1:
            raise ValueError(f"p, odds and z say the same: give one, not {' and '.join(given)}")
        others = {key: value for key, value in options.items() if key not in _FROM}
        return others | dict(_meant(key, options[key]) for key in _FROM if key in options)

    @classmethod
    def odds_on_the_curve(cls, answer: Mapping[str, Any] | None = None, **options: object) -> Self:
        """Build the widget of the exercise "odds on the curve", from its answer cell if given."""
        start = {"z": 0.0}
        given: dict[str, object] = {"start": start, **options}
        return cls.from_answer(start if answer is None else answer, **given)

    @property
    def p(self) -> float:
        """The probability."""
        return _sigmoid(self.z)

    @property
    def odds(self) -> float:
        """The odds p / (1 - p)."""
        return math.exp(self.z)

    def _body(self) -> str:
        side = (
            tag("div", style="--rows: 4; --number: 6rem", class_="llb-controls"),
            _pair(self),
            _worked(),
        )
        equation = tag("span", _equation(self), class_="llb-equation", data_part="equation")
        odds = tag("span", f"odds {_ratio(self.odds)}", class_="llb-count", data_part="odds")
        return tag(
            "div",
            tag("div", _plot(self), _legend(), class_="llb-picture"),
            tag("div", *side, class_="llb-side"),
            class_="llb-body",
        ) + tag("p", equation, odds, class_="llb-reading")

    def summary(self) -> str:
        """Say the present state in a sentence."""
        z, mirrored = fixed(self.z, 2), fixed(-self.z, 2)
        p, rest = _shares(self.z)
        point = f"Probability {p}, odds {_ratio(self.odds)}, log-odds {z}"
        return f"{point}. Mirrored: probability {rest}, log-odds {mirrored}"


@dataclass(frozen=True)
class _Scale:
    """Probability and log-odds to places in the picture."""

    inverse: bool

    @property
    def axes(self) -> tuple[str, str]:
        """What is on the x axis and what on the y axis."""
        return ("z", "p") if self.inverse else ("p", "z")

    def x(self, value: float) -> float:
        return _LEFT + _share(self.axes[0], value) * _SIDE

    def y(self, value: float) -> float:
        return _TOP + (1 - _share(self.axes[1], value)) * _SIDE

    def at(self, z: float) -> tuple[float, float]:
        """Where the point with these log-odds stands."""
        p = _sigmoid(z)
        return (self.x(z), self.y(p)) if self.inverse else (self.x(p), self.y(z))


def _share(axis: str, value: float) -> float:
    low, high = _AXES[axis]
    return (value - low) / (high - low)


def _meant(key: str, value: object) -> tuple[str, float]:
    """Turn a probability or odds into log-odds."""
    low, high = (_sigmoid(end) if key == "p" else math.exp(end) for end in (-_LIMIT, _LIMIT))
    if isinstance(value, Real) and low <= float(value) <= high:
        return "z", min(max(_FROM[key](float(value)), -_LIMIT), _LIMIT)
    message = f"{key} is a number from {low:.6f} to {high:.6f}, not {value!r}"
    raise traitlets.TraitError(message)


def _decimals(z: float) -> int:
    """Count the decimals of p, the fewest with which ``ln(p / (1 - p)) = z`` is true as written."""
    for digits in range(2, _MOST_DECIMALS):
        p = float(fixed(_sigmoid(z), digits))
        if 0 < p < 1 and fixed(_logit(p), 2) == fixed(z, 2):
            return digits
    return _MOST_DECIMALS


def _shares(z: float) -> tuple[str, str]:
    """Write p and 1 - p."""
    digits = _decimals(z)
    p = fixed(_sigmoid(z), digits)
    return p, fixed(1 - float(p), digits)


def _sigmoid_written(z: float) -> str:
    """Write p with the most of its decimals that follow from z as written."""
    written = float(fixed(z, 2).replace(MINUS, "-"))
    for digits in range(_decimals(z), 2, -1):
        p = fixed(_sigmoid(z), digits)
        if fixed(_sigmoid(written), digits) == p:
            return p
    return fixed(_sigmoid(z), 2)


def _equation(widget: LogitCurve) -> str:
    z = widget.z
    if widget.inverse:
        return f"1 / (1 + exp({fixed(-z, 2)})) = {_sigmoid_written(z)}"
    return f"ln({' / '.join(_shares(z))}) = {fixed(z, 2)}"


def _ratio(odds: float) -> str:
    """Write odds with the smaller side as 1."""
    return f"{_three_digits(odds)} : 1" if odds >= 1 else f"1 : {_three_digits(1 / odds)}"


def _three_digits(value: float) -> str:
    """Write a number of at least 1 with three significant digits, or all that are whole."""
    if value >= _WHOLE_ODDS:
        return fixed(value, 0)
    written = fixed(value, 2 - int(math.log10(value)))
    return written.rstrip("0").rstrip(".") if "." in written else written


def _pair(widget: LogitCurve) -> str:
    """Show the point and its mirror image as numbers."""
    p, rest = _shares(widget.z)
    values = {
        "point": (p, _ratio(widget.odds), fixed(widget.z, 2)),
        "mirrored": (rest, _ratio(1 / widget.odds), fixed(-widget.z, 2)),
    }
    rows = [
        (name, *(tag("span", cell, data_part=f"{name}-{i}") for i, cell in enumerate(cells)))
        for name, cells in values.items()
    ]
    head = ("", tag("i", "p"), "odds", tag("i", "z"))
    return table("The point and its mirror image", head, rows, class_="llb-values llb-pair")


def _worked() -> str:
    chosen = (0.01, 0.1, 0.5, 0.9, 0.99)
    rows = [(f"{p:g}", _ratio(math.exp(_logit(p))), fixed(_logit(p), 2)) for p in chosen]
    return table("Worked values", ("p", "odds", "z"), rows, class_="llb-values llb-worked")


def _legend() -> str:
    shapes = (
        (tag("circle", r=6, class_="llb-dot"), "the point"),
        (tag("circle", r=5.5, class_="llb-image"), "mirrored: 1 \u2212 p, \u2212z"),
        (tag("line", x1=0, x2=0, y1=-8, y2=8, class_="llb-asymptote"), "asymptote"),
    )
    box = {"viewBox": "-8 -8 16 16", "class_": "llb-key", "aria_hidden": "true"}
    keys = [tag("span", tag("svg", shape, **box), words) for shape, words in shapes]
    return tag("p", *keys, class_="llb-legend")


def _plot(widget: LogitCurve) -> str:
    scale = _Scale(widget.inverse)
    curve = "M" + "L".join(_pair_of(scale.at(z / 8)) for z in range(-8 * _LIMIT, 8 * _LIMIT + 1))
    sort = "sigmoid" if widget.inverse else "logit"
    return picture(
        _grid(scale),
        _asymptotes(scale),
        tag("path", d=curve, class_="llb-curve"),
        _points(widget, scale),
        size=_SIZE,
        title=f"The {sort} curve, a point on it, and the point's mirror image",
        description=widget.summary(),
        moves=True,
        class_="llb-plot",
    )


def _pair_of(place: tuple[float, float]) -> str:
    return " ".join(number(value) for value in place)


def _points(widget: LogitCurve, scale: _Scale) -> str:
    """Draw what moves: the point, its mirror image, and the lines that lead to the axes."""
    (x, y), (image_x, image_y) = scale.at(widget.z), scale.at(-widget.z)
    return (
        _line(x, y, image_x, image_y, class_="llb-mirror", data_part="between")
        + _line(x, y, x, _FOOT, class_="llb-guide", data_part="down")
        + _line(x, y, _LEFT, y, class_="llb-guide", data_part="across")
        + tag("circle", cx=image_x, cy=image_y, r=5.5, class_="llb-image", data_part="image")
        + tag("circle", cx=x, cy=y, r=7, class_="llb-dot", data_part="point")
        + tag("circle", cx=x, cy=y, r=6, class_="llb-grip", data_part="grip")
    )


def _line(x1: float, y1: float, x2: float, y2: float, **given: object) -> str:
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, **given)


def _asymptotes(scale: _Scale) -> str:
    ends = (_LEFT, _END) if scale.inverse else (_TOP, _FOOT)
    lines = [
        _line(ends[0], scale.y(p), ends[1], scale.y(p))
        if scale.inverse
        else _line(scale.x(p), ends[0], scale.x(p), ends[1])
        for p in (0, 1)
    ]
    return tag("g", *lines, class_="llb-asymptote")


def _grid(scale: _Scale) -> str:
    across, up = (_TICKS[axis] for axis in scale.axes)
    middle_x, middle_y = (_MIDDLE[axis] for axis in scale.axes)
    lines = [
        _line(scale.x(t), _TOP, scale.x(t), _FOOT, data_zero="" if t == middle_x else None)
        for t in across
    ] + [
        _line(_LEFT, scale.y(t), _END, scale.y(t), data_zero="" if t == middle_y else None)
        for t in up
    ]
    labels = [text(_tick(t), scale.x(t), _FOOT + 17) for t in across]
    labels += [text(_tick(t), _LEFT - 8, scale.y(t) + 4.5, text_anchor="end") for t in up]
    labels.append(_axis(scale.axes[0], (_LEFT + _END) / 2, _FOOT + 38))
    labels.append(_axis(scale.axes[1], 0.0, 12.0, text_anchor="start"))
    return tag("g", *lines, class_="llb-grid") + tag("g", *labels, class_="llb-ticks")


def _tick(value: float) -> str:
    return f"{value:g}".replace("-", MINUS)


def _axis(axis: str, x: float, y: float, **given: object) -> str:
    word, letter = _NAMES[axis]
    return tag("text", word, tag("tspan", letter, class_="llb-label"), x=x, y=y, **given)

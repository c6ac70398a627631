"""The widget in which a reader moves a logit and sees where a loss computed from p breaks down."""

from __future__ import annotations

import math
from html import escape
from types import MappingProxyType
from typing import ClassVar

from widgets._assets import module_text
from widgets._cross_entropy import FORMS, Step, by_hand, clipped, fused, sigmoid, single
from widgets._html import number, picture, table, tag, text
from widgets._numbers import MINUS, fixed
from widgets._widget import Number, Switch, Widget

_LIMIT = 100
_LEFT, _WIDE, _REACH = 40.0, 318.0, 105.0  # the z axis ends at the limit, and a little later
_SIZE = (366, 400)
_LANE = 15.0  # how far above and below a panel inf and nan are drawn
# The panels: the field of Step, where its top and foot are, its lowest and highest value, its axis.
_PANELS: MappingProxyType[str, tuple[float, float, float, float, tuple[int, ...]]] = (
    MappingProxyType(
        {
            "loss": (44.0, 184.0, -4.0, 104.0, (0, 50, 100)),
            "gradient": (240.0, 340.0, -1.12, 1.12, (-1, 0, 1)),
        }
    )
)
_NAMES = MappingProxyType({"fused": "fused", "clipped": "Keras, from p", "hand": "by hand, from p"})
_RADII = MappingProxyType({"fused": 8.0, "clipped": 5.5, "hand": 3.0})
# Where the forms fall apart: p rounds to 1, the exponential to 0 or to infinity.
_EDGES = (16.6355, 87.336, 87.337, 88.722, 88.723)
_SAMPLES = tuple(
    sorted(
        {quarter / 4 for quarter in range(-80, 81)}
        | {2.5 * step for step in range(-40, 41)}
        | {sign * edge for edge in _EDGES for sign in (-1, 1)}
    )
)
_OFF = 0.01  # from here on a number is said to be off
_MANY = 10  # from here on, that it is not even close
_SCIENTIFIC = (0.001, 1000.0)


class Losses(Widget):
    """One label's cross-entropy and its gradient against the logit, computed in three ways.

    By hand, ``-log(p)``; as Keras computes it from probabilities, which it clips; and fused, from
    the logit. All arithmetic is that of TensorFlow in float32: what overflows and what is rounded
    away shows.

    The answer is ``{"y": 0.0 or 1.0, "z": ...}``.

    Parameters
    ----------
    z
        Where the logit starts, from -100 to 100.
    y
        The label, 0 or 1.
    name
        The variable that the answer cell binds.
    caption
        A sentence under the figure that asks the reader something.
    """

    kind: ClassVar[str] = "losses"
    _esm = module_text(kind)
    moves: ClassVar[tuple[str, ...]] = ("z", "y")

    z = Number(0.0, -_LIMIT, _LIMIT)
    y = Switch(default=False)

    @property
    def steps(self) -> dict[str, Step]:
        """The loss and the gradient of each form: ``hand``, ``clipped`` and ``fused``."""
        return {form: compute(self.z, int(self.y)) for form, compute in FORMS.items()}

    def _body(self) -> str:
        side = (
            tag("div", style="--rows: 3; --number: 5rem", class_="llb-controls"),
            _values(self),
            _worked(),
        )
        equation = tag("span", _equation(self), class_="llb-equation", data_part="equation")
        notes = [
            tag("span", escape(note), data_part=f"note-{form}")
            for form, note in _notes(self).items()
        ]
        return (
            tag(
                "div",
                tag("div", _plot(self), _legend(), class_="llb-picture"),
                tag("div", *side, class_="llb-side"),
                class_="llb-body",
            )
            + tag("p", equation, class_="llb-reading")
            + tag("p", *notes, class_="llb-moved")
        )

    def summary(self) -> str:
        """Say the present state in a sentence."""
        told = [
            f"{_NAMES[form].capitalize()}: loss {_short(step.loss)}, gradient "
            f"{_short(step.gradient)}"
            for form, step in self.steps.items()
        ]
        return f"Logit {fixed(self.z, 2)}, label {self.y:d}. {'. '.join(told)}"


def _short(value: float) -> str:
    """Write a number with four significant digits, or as a power of ten; also inf and nan."""
    if not math.isfinite(value):
        return str(value).replace("-", MINUS)
    low, high = _SCIENTIFIC
    if value and not low <= abs(value) < high:
        mantissa, power = f"{value:.11e}".split("e")
        return f"{fixed(float(mantissa), 2)}e{int(power)}".replace("-", MINUS)
    whole = math.floor(math.log10(abs(value))) if value else 3
    return fixed(value, 3 - whole)


def _equation(widget: Losses) -> str:
    p, y = _short(sigmoid(widget.z)), int(widget.y)
    gradient = _short(fused(widget.z, y).gradient)
    return f"p {MINUS} y = {p} {MINUS} {y} = {gradient}"


# ---- What goes wrong, in words.


def _notes(widget: Losses) -> dict[str, str]:
    z, y = widget.z, int(widget.y)
    return {
        "hand": f"By hand: {_hand_note(z, y)}",
        "clipped": f"Keras: {_clipped_note(z, y)}",
        "fused": "Fused: finite for every logit",
    }


def _hand_note(z: float, y: int) -> str:
    step, exact = by_hand(z, y), fused(z, y)
    overflows = math.isinf(single(math.exp(-single(z))))
    lost = f"exp({fixed(-z, 1)}) is inf" if overflows else "p is rounded to 0"
    if math.isinf(step.loss):
        return f"{lost if y else 'p is rounded to 1'}, and {MINUS}log(0) is inf"
    if math.isnan(step.gradient):
        return f"{lost}, and the gradient inf \u00b7 0 is nan"
    if step.loss == 0 != exact.loss:
        return f"{'p' if y else f'1 {MINUS} p'} is rounded to 1, so the loss is 0"
    return _compared(step, exact)


def _clipped_note(z: float, y: int) -> str:
    step = clipped(z, y)
    if step.gradient:
        return _compared(step, fused(z, y))
    return f"clipped, the loss stops at {_short(step.loss)}, the gradient is 0"


def _compared(step: Step, exact: Step) -> str:
    """Say how far the worse of loss and gradient is off, against the fused form."""
    offs = {
        "loss": _off(step.loss, exact.loss),
        "gradient": _off(step.gradient, exact.gradient),
    }
    worse = "gradient" if offs["gradient"] > offs["loss"] else "loss"
    if offs[worse] < _OFF:
        return "agrees with the fused form"
    far = f"{fixed(100 * offs[worse], 0)}%" if offs[worse] < _MANY else "more than 1000%"
    return f"rounding, the {worse} is off by {far}"


def _off(value: float, exact: float) -> float:
    if value == exact:
        return 0.0
    return abs(value - exact) / abs(exact) if exact else math.inf


# ---- The picture.


def _values(widget: Losses) -> str:
    rows = [
        (
            _NAMES[form],
            *(
                tag("span", _short(getattr(step, field)), data_part=f"{form}-{field}")
                for field in _PANELS
            ),
        )
        for form, step in widget.steps.items()
    ]
    return table("In float32", ("", "loss", "gradient"), rows, class_="llb-values llb-forms")


def _worked() -> str:
    rows = [
        (f"{z:g}", *(_short(compute(float(z), 0).loss) for compute in FORMS.values()))
        for z in (1, 10, 16, 20, 90)
    ]
    head = (tag("i", "z"), "by hand", "Keras", "fused")
    return table("Worked values: the loss for label 0", head, rows, class_="llb-values llb-worked")


def _legend() -> str:
    box = {"viewBox": "-8 -8 16 16", "class_": "llb-key", "aria_hidden": "true"}
    keys = [
        tag("span", tag("svg", tag("path", d="M-8 0L8 0", class_=f"llb-form-{form}"), **box), words)
        for form, words in _NAMES.items()
    ]
    return tag("p", *keys, class_="llb-legend")


def _x(z: float) -> float:
    return _LEFT + _WIDE * (z + _REACH) / (2 * _REACH)


def _y(field: str, value: float) -> float:
    """Where a value stands in its panel: inf in a lane above, nan in one below."""
    top, foot, low, high, _ = _PANELS[field]
    if math.isnan(value):
        return foot + _LANE
    if math.isinf(value):
        return top - _LANE
    return foot - (foot - top) * (value - low) / (high - low)


def _path(field: str, form: str, y: int) -> str:
    """Draw a form; the line is broken where it goes to inf or nan."""
    places, before = [], ""
    for z in _SAMPLES:
        value = getattr(FORMS[form](z, y), field)
        kind = _kind(value)
        places.append(f"{'L' if kind == before else 'M'}{number(_x(z))} {number(_y(field, value))}")
        before = kind
    return "".join(places)


def _kind(value: float) -> str:
    return "finite" if math.isfinite(value) else str(value)


def _plot(widget: Losses) -> str:
    x = _x(widget.z)
    top, foot = _PANELS["loss"][0] - _LANE, _PANELS["gradient"][1] + _LANE
    ends = {"x1": x, "x2": x, "y1": top, "y2": foot}
    return picture(
        *(_panel(field) for field in _PANELS),
        tag("line", **ends, class_="llb-guide", data_part="guide"),
        *(_curves(widget, field) for field in _PANELS),
        tag("line", **ends, class_="llb-grip", data_part="grip"),
        size=_SIZE,
        title="Loss and gradient against the logit, in three forms",
        description=widget.summary(),
        moves=True,
        class_="llb-plot",
    )


def _panel(field: str) -> str:
    top, foot, _, _, ticks = _PANELS[field]
    across = (-_LIMIT, -50, 0, 50, _LIMIT)
    lines = [_line(_x(z), top, _x(z), foot, data_zero=None if z else "") for z in across]
    lines += [
        _line(_LEFT, _y(field, t), _LEFT + _WIDE, _y(field, t), data_zero=None if t else "")
        for t in ticks
    ]
    marks = [(f"{t}".replace("-", MINUS), _y(field, t)) for t in ticks]
    marks += [("inf", top - _LANE)]
    if field == "gradient":
        marks += [("nan", foot + _LANE)]
    labels = [text(mark, _LEFT - 8, y + 4, text_anchor="end") for mark, y in marks]
    labels.append(text(field, 0.0, top - _LANE - 14, text_anchor="start"))
    if field == "gradient":
        letter = tag("tspan", "z", class_="llb-label")
        labels += [text(f"{z}".replace("-", MINUS), _x(z), foot + 32) for z in across]
        labels.append(tag("text", "logit ", letter, x=_x(0), y=foot + 54))
    return tag("g", *lines, class_="llb-grid") + tag("g", *labels, class_="llb-ticks")


def _line(x1: float, y1: float, x2: float, y2: float, **given: object) -> str:
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, **given)


def _curves(widget: Losses, field: str) -> str:
    """Draw the forms above each other, and then the points on them."""
    steps = widget.steps
    curves = [
        tag(
            "path",
            d=_path(field, form, int(widget.y)),
            class_=f"llb-form-{form}",
            data_part=f"{form}-{field}-curve",
        )
        for form in _NAMES
    ]
    points = [
        tag(
            "circle",
            cx=_x(widget.z),
            cy=_y(field, getattr(steps[form], field)),
            r=_RADII[form],
            class_=f"llb-at-{form}",
            data_part=f"{form}-{field}-point",
        )
        for form in _NAMES
    ]
    return "".join(curves + points)

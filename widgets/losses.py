"""The widget in which readers see where a loss that is computed from p breaks down."""

from __future__ import annotations

import math
from html import escape
from types import MappingProxyType
from typing import ClassVar

from widgets._assets import module_text
from widgets._cross_entropy import (
    LOSS_FORMS,
    LossAndGradient,
    by_hand,
    clipped,
    fused,
    round_to_float32,
    sigmoid,
)
from widgets._html import element, format_coordinate, html_table, svg_picture, svg_text
from widgets._numbers import MINUS, fixed
from widgets._widget import Number, Switch, Widget

_LIMIT = 100
_LEFT, _WIDTH, _AXIS_LIMIT = 40.0, 318.0, 105.0  # the z axis ends at the limit, and a little later
_SIZE = (366, 400)
_LANE_OFFSET = 15.0  # how far above and below a panel inf and nan are drawn
# The panels: the field of Step, where its top and foot are, its lowest and highest value, its axis.
_PANELS: MappingProxyType[str, tuple[float, float, float, float, tuple[int, ...]]] = (
    MappingProxyType(
        {
            "loss": (44.0, 184.0, -4.0, 104.0, (0, 50, 100)),
            "gradient": (240.0, 340.0, -1.12, 1.12, (-1, 0, 1)),
        }
    )
)
_FORM_NAMES = MappingProxyType(
    {"fused": "fused", "clipped": "Keras, from p", "hand": "by hand, from p"}
)
# In the order in which they are drawn, each smaller than the last: where forms agree, all show.
_POINT_RADII = MappingProxyType({"fused": 8.0, "clipped": 5.5, "hand": 3.0})
# Where the forms fall apart: p rounds to 1, the exponential to 0 or to infinity.
_BREAKING_LOGITS = (16.6355, 87.336, 87.337, 88.722, 88.723)
_SAMPLES = tuple(
    sorted(
        {quarter / 4 for quarter in range(-80, 81)}
        | {2.5 * step for step in range(-40, 41)}
        | {sign * edge for edge in _BREAKING_LOGITS for sign in (-1, 1)}
    )
)
_DEVIATION_SHOWN_FROM = 0.01  # from here on a number is said to be off
_DEVIATION_NUMBERED_TO = 10  # from here on, that it is not even close
_PLAIN_RANGE = (0.001, 1000.0)


class Losses(Widget):
    """The cross-entropy of one label and its gradient, as a function of the logit, in three forms.

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

    widget_type: ClassVar[str] = "losses"
    _esm = module_text(widget_type)
    answer_traits: ClassVar[tuple[str, ...]] = ("z", "y")

    z = Number(0.0, -_LIMIT, _LIMIT)
    y = Switch(default=False)

    @property
    def steps(self) -> dict[str, LossAndGradient]:
        """Loss and gradient by form: ``hand``, ``clipped`` and ``fused``."""
        return {form: compute(self.z, int(self.y)) for form, compute in LOSS_FORMS.items()}

    def _draw_body(self) -> str:
        side = (
            element("div", style="--rows: 3; --number: 5rem", class_="llb-controls"),
            _values_table(self),
            _worked_values(),
        )
        equation = element(
            "span", _equation_text(self), class_="llb-equation", data_part="equation"
        )
        notes = [
            element("span", escape(note), data_part=f"note-{form}")
            for form, note in _notes_by_form(self).items()
        ]
        return (
            element(
                "div",
                element("div", _draw_plot(self), _draw_legend(), class_="llb-picture"),
                element("div", *side, class_="llb-side"),
                class_="llb-body",
            )
            + element("p", equation, class_="llb-reading")
            + element("p", *notes, class_="llb-moved")
        )

    def describe_state(self) -> str:
        """Return the present state as one sentence."""
        parts = [
            f"{_FORM_NAMES[form].capitalize()}: loss {_format_value(step.loss)}, gradient "
            f"{_format_value(step.gradient)}"
            for form, step in self.steps.items()
        ]
        return f"Logit {fixed(self.z, 2)}, label {self.y:d}. {'. '.join(parts)}"


def _format_value(value: float) -> str:
    """Return a number with four significant digits, or with a power of ten; or inf, or nan."""
    if not math.isfinite(value):
        return str(value).replace("-", MINUS)
    low, high = _PLAIN_RANGE
    if value and not low <= abs(value) < high:
        # Twelve digits, as many as `fixed` looks at.
        mantissa, power = f"{value:.11e}".split("e")
        return f"{fixed(float(mantissa), 2)}e{int(power)}".replace("-", MINUS)
    whole = math.floor(math.log10(abs(value))) if value else 3
    return fixed(value, 3 - whole)


def _equation_text(widget: Losses) -> str:
    p, y = _format_value(sigmoid(widget.z)), int(widget.y)
    gradient = _format_value(fused(widget.z, y).gradient)
    return f"p {MINUS} y = {p} {MINUS} {y} = {gradient}"


# ---- What goes wrong, in words.


def _notes_by_form(widget: Losses) -> dict[str, str]:
    z, y = widget.z, int(widget.y)
    return {
        "hand": f"By hand: {_hand_note(z, y)}",
        "clipped": f"Keras: {_clipped_note(z, y)}",
        "fused": "Fused: finite for every logit",
    }


def _hand_note(z: float, y: int) -> str:
    step, exact = by_hand(z, y), fused(z, y)
    overflows = math.isinf(round_to_float32(math.exp(-round_to_float32(z))))
    lost = f"exp({fixed(-z, 1)}) is inf" if overflows else "p is rounded to 0"
    # From the worst to the mildest: the first that holds is what a reader is told.
    if math.isinf(step.loss):
        return f"{lost if y else 'p is rounded to 1'}, and {MINUS}log(0) is inf"
    if math.isnan(step.gradient):
        return f"{lost}, and the gradient inf \u00b7 0 is nan"
    if step.loss == 0 != exact.loss:
        return f"{'p' if y else f'1 {MINUS} p'} is rounded to 1, so the loss is 0"
    return _deviation_text(step, exact)


def _clipped_note(z: float, y: int) -> str:
    step = clipped(z, y)
    if step.gradient:
        return _deviation_text(step, fused(z, y))
    return f"clipped, the loss stops at {_format_value(step.loss)}, the gradient is 0"


def _deviation_text(step: LossAndGradient, exact: LossAndGradient) -> str:
    """Return how far loss or gradient, whichever is worse, is off the fused form."""
    offs = {
        "loss": _relative_deviation(step.loss, exact.loss),
        "gradient": _relative_deviation(step.gradient, exact.gradient),
    }
    worse = "gradient" if offs["gradient"] > offs["loss"] else "loss"
    if offs[worse] < _DEVIATION_SHOWN_FROM:
        return "agrees with the fused form"
    far = (
        f"{fixed(100 * offs[worse], 0)}%"
        if offs[worse] < _DEVIATION_NUMBERED_TO
        else "more than 1000%"
    )
    return f"rounding, the {worse} is off by {far}"


def _relative_deviation(value: float, exact: float) -> float:
    if value == exact:
        return 0.0
    return abs(value - exact) / abs(exact) if exact else math.inf


# ---- The picture.


def _values_table(widget: Losses) -> str:
    rows = [
        (
            _FORM_NAMES[form],
            *(
                element("span", _format_value(getattr(step, field)), data_part=f"{form}-{field}")
                for field in _PANELS
            ),
        )
        for form, step in widget.steps.items()
    ]
    return html_table("In float32", ("", "loss", "gradient"), rows, class_="llb-values llb-forms")


def _worked_values() -> str:
    rows = [
        (f"{z:g}", *(_format_value(compute(float(z), 0).loss) for compute in LOSS_FORMS.values()))
        for z in (1, 10, 16, 20, 90)
    ]
    head = (element("i", "z"), "by hand", "Keras", "fused")
    return html_table(
        "Worked values: the loss for label 0", head, rows, class_="llb-values llb-worked"
    )


def _draw_legend() -> str:
    box = {"viewBox": "-8 -8 16 16", "class_": "llb-key", "aria_hidden": "true"}
    keys = [
        element(
            "span",
            element("svg", element("path", d="M-8 0L8 0", class_=f"llb-form-{form}"), **box),
            words,
        )
        for form, words in _FORM_NAMES.items()
    ]
    return element("p", *keys, class_="llb-legend")


def _x_place(z: float) -> float:
    return _LEFT + _WIDTH * (z + _AXIS_LIMIT) / (2 * _AXIS_LIMIT)


def _y_place(field: str, value: float) -> float:
    """Return the vertical coordinate of a value; inf has a lane above the panel, nan one below."""
    top, foot, low, high, _ = _PANELS[field]
    if math.isnan(value):
        return foot + _LANE_OFFSET
    if math.isinf(value):
        return top - _LANE_OFFSET
    return foot - (foot - top) * (value - low) / (high - low)


def _form_path(field: str, form: str, y: int) -> str:
    """Return the path of a form, interrupted where it becomes inf or nan."""
    places, before = [], ""
    for z in _SAMPLES:
        value = getattr(LOSS_FORMS[form](z, y), field)
        finiteness = _finiteness(value)
        places.append(
            ("L" if finiteness == before else "M")
            + f"{format_coordinate(_x_place(z))} {format_coordinate(_y_place(field, value))}"
        )
        before = finiteness
    return "".join(places)


def _finiteness(value: float) -> str:
    return "finite" if math.isfinite(value) else str(value)


def _draw_plot(widget: Losses) -> str:
    x = _x_place(widget.z)
    top, foot = _PANELS["loss"][0] - _LANE_OFFSET, _PANELS["gradient"][1] + _LANE_OFFSET
    ends = {"x1": x, "x2": x, "y1": top, "y2": foot}
    return svg_picture(
        *(_draw_panel(field) for field in _PANELS),
        element("line", **ends, class_="llb-guide", data_part="guide"),
        *(_draw_curves(widget, field) for field in _PANELS),
        element("line", **ends, class_="llb-grip", data_part="grip"),
        size=_SIZE,
        title="Loss and gradient against the logit, in three forms",
        description=widget.describe_state(),
        live_description=True,
        class_="llb-plot",
    )


def _draw_panel(field: str) -> str:
    top, foot, _, _, ticks = _PANELS[field]
    across = (-_LIMIT, -50, 0, 50, _LIMIT)
    lines = [
        _draw_line(_x_place(z), top, _x_place(z), foot, data_zero=None if z else "") for z in across
    ]
    lines += [
        _draw_line(
            _LEFT,
            _y_place(field, t),
            _LEFT + _WIDTH,
            _y_place(field, t),
            data_zero=None if t else "",
        )
        for t in ticks
    ]
    marks = [(f"{t}".replace("-", MINUS), _y_place(field, t)) for t in ticks]
    marks += [("inf", top - _LANE_OFFSET)]
    if field == "gradient":
        marks += [("nan", foot + _LANE_OFFSET)]
    labels = [svg_text(mark, _LEFT - 8, y + 4, text_anchor="end") for mark, y in marks]
    labels.append(svg_text(field, 0.0, top - _LANE_OFFSET - 14, text_anchor="start"))
    if field == "gradient":
        letter = element("tspan", "z", class_="llb-label")
        labels += [svg_text(f"{z}".replace("-", MINUS), _x_place(z), foot + 32) for z in across]
        labels.append(element("text", "logit ", letter, x=_x_place(0), y=foot + 54))
    return element("g", *lines, class_="llb-grid") + element("g", *labels, class_="llb-ticks")


def _draw_line(x1: float, y1: float, x2: float, y2: float, **given: object) -> str:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, **given)


def _draw_curves(widget: Losses, field: str) -> str:
    """Return the curves of all forms, and above them the points on them."""
    steps = widget.steps
    curves = [
        element(
            "path",
            d=_form_path(field, form, int(widget.y)),
            class_=f"llb-form-{form}",
            data_part=f"{form}-{field}-curve",
        )
        for form in _FORM_NAMES
    ]
    points = [
        element(
            "circle",
            cx=_x_place(widget.z),
            cy=_y_place(field, getattr(steps[form], field)),
            r=_POINT_RADII[form],
            class_=f"llb-at-{form}",
            data_part=f"{form}-{field}-point",
        )
        for form in _FORM_NAMES
    ]
    return "".join(curves + points)

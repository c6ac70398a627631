"""The widget in which readers move logits and watch their softmax change."""

from __future__ import annotations

import math
from collections.abc import Iterable
from html import escape
from types import MappingProxyType
from typing import Any, ClassVar

import traitlets

from widgets._assets import module_text
from widgets._html import element, html_table, svg_picture, svg_text
from widgets._numbers import MINUS, decimal, fixed
from widgets._widget import Number, Widget

_LOGIT_KEYS = ("z1", "z2", "z3", "z4", "z5", "z6")
_EXAMPLE = (("cat", 2.5), ("dog", 1.0), ("bird", -1.2))
_LIMIT = 5
_MIN_LOGITS, _MAX_LABEL = 2, 10  # logits; characters of a label
_LEFT, _WIDE, _END, _ROW, _HEAD, _FOOT = 104.0, 208.0, 372.0, 26.0, 30.0, 30.0
# What a panel shows: its words, where 0 stands, how long 1 is, and the numbers on its axis.
_PANELS: MappingProxyType[str, tuple[str, str, float, float, tuple[float, ...]]] = MappingProxyType(
    {
        "z": ("logits ", "z + c", _LEFT + _WIDE / 2, _WIDE / (4 * _LIMIT), (-10, -5, 0, 5, 10)),
        "p": ("probabilities ", "p", _LEFT, _WIDE, (0, 0.5, 1)),
    }
)
_ROUNDED_FROM = 0.0005  # a probability below this, or this close to 1, is not rounded to 0 or 1


class SoftmaxBars(Widget):
    """Two to six logits, and the probabilities ``softmax((z + c) / T)``, as bars.

    The answer is ``{"shift": c, "temperature": T, "z1": ..., "z2": ..., ...}``: the logits before
    the shift.

    Parameters
    ----------
    z
        Where the logits start, each from -5 to 5; an answer gives them as z1, z2, and so on.
    labels
        A name of at most 10 characters for each logit.
    shift
        The number c that is added to every logit, from -5 to 5.
    temperature
        What the logits are divided by, from 0.1 to 10.
    name
        The variable that the answer cell binds.
    caption
        A sentence under the figure that asks the reader something.
    """

    widget_type: ClassVar[str] = "softmax_bars"
    _esm = module_text(widget_type)
    answer_traits: ClassVar[tuple[str, ...]] = ("shift", "temperature", *_LOGIT_KEYS)
    shorthand: ClassVar[tuple[str, ...]] = ("z",)
    options: ClassVar[tuple[str, ...]] = (*Widget.options, "labels")

    z1 = Number(_EXAMPLE[0][1], -_LIMIT, _LIMIT)
    z2 = Number(_EXAMPLE[1][1], -_LIMIT, _LIMIT)
    z3 = Number(0.0, -_LIMIT, _LIMIT, optional=True)
    z4 = Number(0.0, -_LIMIT, _LIMIT, optional=True)
    z5 = Number(0.0, -_LIMIT, _LIMIT, optional=True)
    z6 = Number(0.0, -_LIMIT, _LIMIT, optional=True)
    shift = Number(0.0, -_LIMIT, _LIMIT)
    temperature = Number(1.0, 0.1, 10)
    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)

    @classmethod
    def _expand_shorthand(cls, options: dict[str, Any]) -> dict[str, Any]:
        z = _logits_of_options(options)
        labels = options.get("labels")
        if labels is None:
            labels = [f"class {index}" for index in range(1, len(z) + 1)]
            # The names of the example belong to its logits alone.
            labels = [label for label, _ in _EXAMPLE] if _gives_no_logits(options) else labels
        _check_logits_and_labels(z, labels)
        others = {key: value for key, value in options.items() if key not in ("z", *_LOGIT_KEYS)}
        return others | dict(zip(_LOGIT_KEYS, z, strict=False)) | {"labels": list(labels)}

    @property
    def logits(self) -> list[float]:
        """The logits, with the shift added."""
        return [getattr(self, key) + self.shift for key in self._answer_keys if key in _LOGIT_KEYS]

    @property
    def probabilities(self) -> list[float]:
        """The softmax of the logits at this temperature."""
        return _softmax(self.logits, self.temperature)

    def _draw_body(self) -> str:
        rows = len(self.labels) + 3
        formula = element("span", _formula_text(self), class_="llb-equation", data_part="formula")
        largest = element(
            "span", escape(_argmax_text(self)), class_="llb-count", data_part="largest"
        )
        notes = [
            element("span", note, data_part=part)
            for part, note in (("shifted", _shift_text(self)), ("warmed", _temperature_text(self)))
        ]
        side = (
            element("div", style=f"--rows: {rows}; --number: 4.25rem", class_="llb-controls"),
            _worked_values(self),
        )
        return (
            element(
                "div",
                element("div", _draw_plot(self), class_="llb-picture"),
                element("div", *side, class_="llb-side"),
                class_="llb-body",
            )
            + element("p", formula, largest, class_="llb-reading")
            + element("p", *notes, class_="llb-moved")
        )

    def describe_state(self) -> str:
        """Return the present state as one sentence."""
        parts = [
            f"{label} {decimal(z)}, probability {_probability_text(p)}"
            for label, z, p in zip(self.labels, self.logits, self.probabilities, strict=True)
        ]
        return ". ".join(
            (f"Logits: {'; '.join(parts)}", _shift_text(self), _temperature_text(self))
        )


def _softmax(z: list[float], temperature: float) -> list[float]:
    """Return the softmax of ``z``, computed after subtracting the largest logit."""
    powers = _exponentials(z, temperature)
    return [power / sum(powers) for power in powers]


def _exponentials(z: list[float], temperature: float) -> list[float]:
    return [math.exp((value - max(z)) / temperature) for value in z]


def _gives_no_logits(options: dict[str, Any]) -> bool:
    return not {"z", *_LOGIT_KEYS} & set(options)


def _logits_of_options(options: dict[str, Any]) -> list[Any]:
    """Return the logits, given as ``z`` or as z1, z2 and so on."""
    keys = [key for key in _LOGIT_KEYS if options.get(key) is not None]
    if keys and "z" in options:
        raise ValueError("z holds all logits: give z, or z1, z2 and so on, not both")
    # A gap would shift the labels of the logits behind it.
    if keys != list(_LOGIT_KEYS[: len(keys)]):
        raise ValueError(f"logits are numbered without a gap, z1, z2 and on, not {', '.join(keys)}")
    if keys:
        return [options[key] for key in keys]
    z = options.get("z", [z for _, z in _EXAMPLE])
    if isinstance(z, Iterable):
        return list(z)
    raise TypeError(f"z is a list of logits, not {z!r}")


def _check_logits_and_labels(z: list[Any], labels: list[str]) -> None:
    if not _MIN_LOGITS <= len(z) <= len(_LOGIT_KEYS):
        raise ValueError(f"there are {_MIN_LOGITS} to {len(_LOGIT_KEYS)} logits, not {len(z)}")
    if None in z:
        raise TypeError(f"a logit is a number: {z!r}")
    if len(labels) != len(z):
        raise ValueError(f"{len(z)} logits need {len(z)} labels, not {len(labels)}")
    for label in labels:
        if not 0 < len(label) <= _MAX_LABEL:
            raise ValueError(f"a label has 1 to {_MAX_LABEL} characters, not {label!r}")


def _probability_text(p: float) -> str:
    """Return a probability with three decimals, but never as 0 or 1."""
    # A softmax gives neither, and readers are not to think that it does.
    if p < _ROUNDED_FROM:
        return "< 0.001"
    return fixed(p, 3) if p < 1 - _ROUNDED_FROM else "> 0.999"


def _largest_logits(widget: SoftmaxBars) -> list[int]:
    z = widget.logits
    return [index for index, value in enumerate(z) if value == max(z)]


def _formula_text(widget: SoftmaxBars) -> str:
    shift = widget.shift
    sign = MINUS if shift < 0 else "+"
    return f"softmax((z {sign} {decimal(abs(shift))}) / {decimal(widget.temperature)})"


def _argmax_text(widget: SoftmaxBars) -> str:
    leading = _largest_logits(widget)
    chance = _probability_text(widget.probabilities[leading[0]])
    p = f"p {chance}" if chance.startswith(">") else f"p = {chance}"
    if len(leading) > 1:
        return f"{len(leading)} tie, {p} each"
    return f"argmax: {widget.labels[leading[0]]}, {p}"


def _shift_text(widget: SoftmaxBars) -> str:
    moved = "all logits move, no probability does" if widget.shift else "nothing moves"
    return f"Shift by {decimal(widget.shift)}: {moved}"


def _temperature_text(widget: SoftmaxBars) -> str:
    """Return what the temperature does to the probabilities."""
    if widget.temperature == 1:
        moved = "nothing moves"
    elif len(_largest_logits(widget)) == len(widget.labels):
        moved = "nothing moves, all logits are equal"
    else:
        way = "sharpen" if widget.temperature < 1 else "even out"
        moved = f"no logit moves, the probabilities {way}"
    return f"Temperature {decimal(widget.temperature)}: {moved}"


def _worked_values(widget: SoftmaxBars) -> str:
    z, chances = widget.logits, widget.probabilities
    powers = _exponentials(z, widget.temperature)
    rows = [
        (
            escape(label),
            element("span", decimal(z[i]), data_part=f"worked-z{i + 1}"),
            element("span", escape(_exponential_text(powers[i])), data_part=f"worked-e{i + 1}"),
            element("span", escape(_probability_text(chances[i])), data_part=f"worked-p{i + 1}"),
        )
        for i, label in enumerate(widget.labels)
    ]
    caption = f"Worked values: e = exp((z + c {MINUS} max) / T), p = e / sum of e"
    return html_table(caption, ("", "z + c", "e", "p"), rows, class_="llb-values llb-worked")


def _exponential_text(value: float) -> str:
    # The largest logit gives exactly 1, which a probability never is.
    return "1.000" if value == 1 else _probability_text(value)


def _draw_plot(widget: SoftmaxBars) -> str:
    """Return the panels of logits and probabilities, each with a row for each class."""
    height = _HEAD + len(widget.labels) * _ROW + _FOOT
    chances = _draw_panel(widget, "p")
    return svg_picture(
        _draw_panel(widget, "z"),
        element("g", chances, transform=f"translate(0 {height:g})"),
        size=(int(_END), int(2 * height)),
        title="Logits and their probabilities as bars",
        description=widget.describe_state(),
        live_description=True,
        class_="llb-plot llb-bars",
    )


def _draw_panel(widget: SoftmaxBars, sort: str) -> str:
    """Return the panel of the logits (``z``) or of the probabilities (``p``)."""
    words, letters, zero, unit, ticks = _PANELS[sort]
    foot = _HEAD + len(widget.labels) * _ROW
    places = [(tick, zero + tick * unit) for tick in ticks]
    lines = [
        element("line", x1=x, x2=x, y1=_HEAD, y2=foot, data_zero=None if tick else "")
        for tick, x in places
    ]
    marks = [svg_text(f"{tick:g}".replace("-", MINUS), x, foot + 16) for tick, x in places]
    letter = element("tspan", letters, class_="llb-label")
    head = element("text", words, letter, x=_LEFT, y=_HEAD - 10, text_anchor="start")
    rows = [_draw_row(widget, sort, index) for index in range(len(widget.labels))]
    return (
        element("g", *lines, class_="llb-grid")
        + element("g", head, *marks, class_="llb-ticks")
        + "".join(rows)
    )


def _draw_row(widget: SoftmaxBars, sort: str, index: int) -> str:
    """Return the label, the bar and the number of one class."""
    value = (widget.logits if sort == "z" else widget.probabilities)[index]
    _, _, zero, unit, _ = _PANELS[sort]
    middle = _HEAD + (index + 0.5) * _ROW
    length = abs(value) * unit
    sign = "positive" if value >= 0 else "negative"
    return element(
        "g",
        svg_text(widget.labels[index], _LEFT - 18, 4.5, text_anchor="end"),
        element("path", d=f"M{_LEFT - 13:g} -4.5l8 4.5l-8 4.5z", class_="llb-leader"),
        element(
            "rect",
            x=zero - (length if value < 0 else 0.0),
            y=-8.5,
            width=length,
            height=17,
            data_sign=sign if sort == "z" else None,
        ),
        svg_text(
            decimal(value) if sort == "z" else _probability_text(value),
            _END,
            4.5,
            text_anchor="end",
        ),
        class_="llb-bar",
        transform=f"translate(0 {middle:g})",
        data_bar=f"{sort}{index + 1}",
        data_leads="" if index in _largest_logits(widget) else None,
    )

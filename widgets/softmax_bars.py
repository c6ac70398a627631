"""The widget in which a reader moves logits and watches what their softmax does."""

from __future__ import annotations

import math
from collections.abc import Iterable
from html import escape
from types import MappingProxyType
from typing import Any, ClassVar

import traitlets

from widgets._assets import module_text
from widgets._html import picture, table, tag, text
from widgets._numbers import MINUS, decimal, fixed
from widgets._widget import Number, Widget

_KEYS = ("z1", "z2", "z3", "z4", "z5", "z6")
_EXAMPLE = (("cat", 2.5), ("dog", 1.0), ("bird", -1.2))
_LIMIT = 5
_FEWEST, _LONGEST = 2, 10  # logits; characters of a label
_LEFT, _WIDE, _END, _ROW, _HEAD, _FOOT = 104.0, 208.0, 372.0, 26.0, 30.0, 30.0
# What a panel shows: its words, where 0 stands, how long 1 is, and the numbers on its axis.
_PANELS: MappingProxyType[str, tuple[str, str, float, float, tuple[float, ...]]] = MappingProxyType(
    {
        "z": ("logits ", "z + c", _LEFT + _WIDE / 2, _WIDE / (4 * _LIMIT), (-10, -5, 0, 5, 10)),
        "p": ("probabilities ", "p", _LEFT, _WIDE, (0, 0.5, 1)),
    }
)
_NEVER = 0.0005  # a probability below this, or this close to 1, is not rounded to 0 or 1


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

    kind: ClassVar[str] = "softmax_bars"
    _esm = module_text(kind)
    moves: ClassVar[tuple[str, ...]] = ("shift", "temperature", *_KEYS)
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
    def _spelled_out(cls, options: dict[str, Any]) -> dict[str, Any]:
        z = _given(options)
        labels = options.get("labels")
        if labels is None:
            labels = [f"class {index}" for index in range(1, len(z) + 1)]
            labels = [label for label, _ in _EXAMPLE] if _is_example(options) else labels
        _check(z, labels)
        others = {key: value for key, value in options.items() if key not in ("z", *_KEYS)}
        return others | dict(zip(_KEYS, z, strict=False)) | {"labels": list(labels)}

    @property
    def logits(self) -> list[float]:
        """The logits, shift included."""
        return [getattr(self, key) + self.shift for key in self._used if key in _KEYS]

    @property
    def probabilities(self) -> list[float]:
        """What the softmax makes of the logits at this temperature."""
        return _softmax(self.logits, self.temperature)

    def _body(self) -> str:
        rows = len(self.labels) + 3
        formula = tag("span", _formula(self), class_="llb-equation", data_part="formula")
        largest = tag("span", escape(_largest(self)), class_="llb-count", data_part="largest")
        notes = [
            tag("span", note, data_part=part)
            for part, note in (("shifted", _shifted(self)), ("warmed", _warmed(self)))
        ]
        side = (
            tag("div", style=f"--rows: {rows}; --number: 4.25rem", class_="llb-controls"),
            _worked(self),
        )
        return (
            tag(
                "div",
                tag("div", _plot(self), class_="llb-picture"),
                tag("div", *side, class_="llb-side"),
                class_="llb-body",
            )
            + tag("p", formula, largest, class_="llb-reading")
            + tag("p", *notes, class_="llb-moved")
        )

    def summary(self) -> str:
        """Say the present state in a sentence."""
        told = [
            f"{label} {decimal(z)}, probability {_chance(p)}"
            for label, z, p in zip(self.labels, self.logits, self.probabilities, strict=True)
        ]
        return ". ".join((f"Logits: {'; '.join(told)}", _shifted(self), _warmed(self)))


def _softmax(z: list[float], temperature: float) -> list[float]:
    """Divide the exponentials by their sum; the largest logit is subtracted first."""
    powers = _powers(z, temperature)
    return [power / sum(powers) for power in powers]


def _powers(z: list[float], temperature: float) -> list[float]:
    return [math.exp((value - max(z)) / temperature) for value in z]


def _is_example(options: dict[str, Any]) -> bool:
    return not {"z", *_KEYS} & set(options)


def _given(options: dict[str, Any]) -> list[Any]:
    """Collect the logits, however they were given."""
    keys = [key for key in _KEYS if options.get(key) is not None]
    if keys and "z" in options:
        raise ValueError("z holds all logits: give z, or z1, z2 and so on, not both")
    if keys != list(_KEYS[: len(keys)]):
        raise ValueError(f"logits are numbered without a gap, z1, z2 and on, not {', '.join(keys)}")
    if keys:
        return [options[key] for key in keys]
    z = options.get("z", [z for _, z in _EXAMPLE])
    if isinstance(z, Iterable):
        return list(z)
    raise TypeError(f"z is a list of logits, not {z!r}")


def _check(z: list[Any], labels: list[str]) -> None:
    if not _FEWEST <= len(z) <= len(_KEYS):
        raise ValueError(f"there are {_FEWEST} to {len(_KEYS)} logits, not {len(z)}")
    if None in z:
        raise TypeError(f"a logit is a number: {z!r}")
    if len(labels) != len(z):
        raise ValueError(f"{len(z)} logits need {len(z)} labels, not {len(labels)}")
    for label in labels:
        if not 0 < len(label) <= _LONGEST:
            raise ValueError(f"a label has 1 to {_LONGEST} characters, not {label!r}")


def _chance(p: float) -> str:
    """Write a probability with three decimals; none is 0 or 1."""
    if p < _NEVER:
        return "< 0.001"
    return fixed(p, 3) if p < 1 - _NEVER else "> 0.999"


def _leading(widget: SoftmaxBars) -> list[int]:
    z = widget.logits
    return [index for index, value in enumerate(z) if value == max(z)]


def _formula(widget: SoftmaxBars) -> str:
    shift = widget.shift
    sign = MINUS if shift < 0 else "+"
    return f"softmax((z {sign} {decimal(abs(shift))}) / {decimal(widget.temperature)})"


def _largest(widget: SoftmaxBars) -> str:
    leading = _leading(widget)
    chance = _chance(widget.probabilities[leading[0]])
    p = f"p {chance}" if chance.startswith(">") else f"p = {chance}"
    if len(leading) > 1:
        return f"{len(leading)} tie, {p} each"
    return f"argmax: {widget.labels[leading[0]]}, {p}"


def _shifted(widget: SoftmaxBars) -> str:
    moved = "all logits move, no probability does" if widget.shift else "nothing moves"
    return f"Shift by {decimal(widget.shift)}: {moved}"


def _warmed(widget: SoftmaxBars) -> str:
    """Say what the temperature does; nothing when all logits are equal."""
    if widget.temperature == 1:
        moved = "nothing moves"
    elif len(_leading(widget)) == len(widget.labels):
        moved = "nothing moves, all logits are equal"
    else:
        way = "sharpen" if widget.temperature < 1 else "even out"
        moved = f"no logit moves, the probabilities {way}"
    return f"Temperature {decimal(widget.temperature)}: {moved}"


def _worked(widget: SoftmaxBars) -> str:
    z, chances = widget.logits, widget.probabilities
    powers = _powers(z, widget.temperature)
    rows = [
        (
            escape(label),
            tag("span", decimal(z[i]), data_part=f"worked-z{i + 1}"),
            tag("span", escape(_power(powers[i])), data_part=f"worked-e{i + 1}"),
            tag("span", escape(_chance(chances[i])), data_part=f"worked-p{i + 1}"),
        )
        for i, label in enumerate(widget.labels)
    ]
    caption = f"Worked values: e = exp((z + c {MINUS} max) / T), p = e / sum of e"
    return table(caption, ("", "z + c", "e", "p"), rows, class_="llb-values llb-worked")


def _power(value: float) -> str:
    return "1.000" if value == 1 else _chance(value)


def _plot(widget: SoftmaxBars) -> str:
    """Draw two panels, one below the other, with a row for each class in both."""
    height = _HEAD + len(widget.labels) * _ROW + _FOOT
    chances = _panel(widget, "p")
    return picture(
        _panel(widget, "z"),
        tag("g", chances, transform=f"translate(0 {height:g})"),
        size=(int(_END), int(2 * height)),
        title="Logits and their probabilities as bars",
        description=widget.summary(),
        moves=True,
        class_="llb-plot llb-bars",
    )


def _panel(widget: SoftmaxBars, sort: str) -> str:
    """Draw the panel of the logits (z) or of the probabilities (p)."""
    words, letters, zero, unit, ticks = _PANELS[sort]
    foot = _HEAD + len(widget.labels) * _ROW
    places = [(tick, zero + tick * unit) for tick in ticks]
    lines = [
        tag("line", x1=x, x2=x, y1=_HEAD, y2=foot, data_zero=None if tick else "")
        for tick, x in places
    ]
    marks = [text(f"{tick:g}".replace("-", MINUS), x, foot + 16) for tick, x in places]
    letter = tag("tspan", letters, class_="llb-label")
    head = tag("text", words, letter, x=_LEFT, y=_HEAD - 10, text_anchor="start")
    rows = [_row(widget, sort, index) for index in range(len(widget.labels))]
    return (
        tag("g", *lines, class_="llb-grid")
        + tag("g", head, *marks, class_="llb-ticks")
        + "".join(rows)
    )


def _row(widget: SoftmaxBars, sort: str, index: int) -> str:
    """Draw the label, the bar and the number of one class."""
    value = (widget.logits if sort == "z" else widget.probabilities)[index]
    _, _, zero, unit, _ = _PANELS[sort]
    middle = _HEAD + (index + 0.5) * _ROW
    length = abs(value) * unit
    sign = "positive" if value >= 0 else "negative"
    return tag(
        "g",
        text(widget.labels[index], _LEFT - 18, 4.5, text_anchor="end"),
        tag("path", d=f"M{_LEFT - 13:g} -4.5l8 4.5l-8 4.5z", class_="llb-leader"),
        tag(
            "rect",
            x=zero - (length if value < 0 else 0.0),
            y=-8.5,
            width=length,
            height=17,
            data_sign=sign if sort == "z" else None,
        ),
        text(decimal(value) if sort == "z" else _chance(value), _END, 4.5, text_anchor="end"),
        class_="llb-bar",
        transform=f"translate(0 {middle:g})",
        data_bar=f"{sort}{index + 1}",
        data_leads="" if index in _leading(widget) else None,
    )

"""The widget in which a reader builds a fully connected layer and counts its parameters."""

from __future__ import annotations

from typing import ClassVar

from widgets._assets import module_text
from widgets._html import picture, table, tag, text
from widgets._widget import Number, Switch, Widget

_MOST = 6
_SIZE = (360, 340)
_LEFT, _RIGHT, _MIDDLE, _RADIUS = 76.0, 284.0, 186.0, 16.0
_SPAN, _STEP = 270.0, 100.0  # the room from the first neuron to the last, and the most between two


class LayerBuilder(Widget):
    """A fully connected layer: neurons, connections, shapes and the parameter count.

    Parameters
    ----------
    inputs, outputs
        How many neurons on each side, 1 to 6.
    bias
        Whether there is a neuron that is always 1.
    caption
        A sentence under the figure that asks the reader something.
    """

    kind: ClassVar[str] = "layer_builder"
    _esm = module_text(kind)
    moves: ClassVar[tuple[str, ...]] = ("inputs", "outputs", "bias")

    inputs = Number(2, 1, _MOST)
    outputs = Number(3, 1, _MOST)
    bias = Switch(default=True)

    def _body(self) -> str:
        side = tag("div", style="--rows: 4", class_="llb-controls") + _shapes(self)
        count = tag("span", _count(self), class_="llb-equation", data_part="count")
        hint = tag("span", _connections(self), class_="llb-count", data_part="hint")
        return tag(
            "div",
            tag("div", _network(self), class_="llb-picture"),
            tag("div", side, class_="llb-side"),
            class_="llb-body",
        ) + tag("p", count, hint, class_="llb-reading")

    def summary(self) -> str:
        """Say the present state in a sentence."""
        bias = "and a bias" if self.bias else "without a bias"
        inputs, outputs = _many(self.inputs, "input"), _many(self.outputs, "output")
        return f"A layer of {inputs} {bias} to {outputs}: {_count(self)}"


def _count(layer: LayerBuilder) -> str:
    inputs, outputs = int(layer.inputs), int(layer.outputs)
    left, total = (f"({inputs} + 1)", inputs + 1) if layer.bias else (f"{inputs}", inputs)
    return f"{left} \u00d7 {outputs} = {_many(total * outputs, 'parameter')}"


def _connections(layer: LayerBuilder) -> str:
    return f"Each output: {_many(layer.inputs, 'weight')}{' + 1 bias' if layer.bias else ''}"


def _many(count: float, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def _shapes(layer: LayerBuilder) -> str:
    sizes = (
        ("inputs", f"(None, {layer.inputs})"),
        ("kernel", f"({layer.inputs}, {layer.outputs})"),
        ("bias", f"({layer.outputs},)" if layer.bias else "none"),
        ("logits", f"(None, {layer.outputs})"),
    )
    rows = [(name, tag("code", shape, data_part=f"shape-{name}")) for name, shape in sizes]
    return table("Shapes", (), rows, class_="llb-values")


def _network(layer: LayerBuilder) -> str:
    """Draw all neurons that there can be; those that are not in use are hidden."""
    columns = (
        _column("x", _LEFT, int(layer.inputs), int(layer.inputs) + layer.bias)
        + _bias(layer)
        + _column("z", _RIGHT, int(layer.outputs), int(layer.outputs))
    )
    top = min(_height(0, int(layer.inputs) + layer.bias), _height(0, int(layer.outputs))) - 32
    heads = (text("inputs", _LEFT, 0.0), text("logits", _RIGHT, 0.0))
    return picture(
        tag("g", _lines(layer), class_="llb-lines"),
        columns,
        tag("g", *heads, class_="llb-heads", transform=f"translate(0 {top:g})", data_part="heads"),
        size=_SIZE,
        title="A fully connected layer",
        description=layer.summary(),
        moves=True,
        class_="llb-network",
    )


def _height(index: int, count: int) -> float:
    """Where neuron ``index`` of ``count`` stands: few of them stand further apart."""
    step = min(_STEP, _SPAN / max(count - 1, 1))
    return _MIDDLE + (index - (count - 1) / 2) * step


def _column(letter: str, x: float, used: int, count: int) -> str:
    return "".join(
        _neuron(f"{letter}{index + 1}", x, _height(min(index, used), count), index < used)
        for index in range(_MOST)
    )


def _bias(layer: LayerBuilder) -> str:
    count = int(layer.inputs) + 1
    return _neuron("1", _LEFT, _height(count - 1, count), layer.bias)


def _neuron(name: str, x: float, y: float, shown: bool) -> str:  # noqa: FBT001
    """Draw a neuron at (x, y); its name's letter and index are set apart."""
    index = tag("tspan", name[1:], class_="llb-index", dy=4) if name[1:] else ""
    label = tag("text", f"{name[0]}{index}", y=5)
    return tag(
        "g",
        tag("circle", r=_RADIUS),
        label,
        class_="llb-neuron",
        data_neuron=name,
        transform=f"translate({x:g} {y:g})",
        display=None if shown else "none",
    )


def _lines(layer: LayerBuilder) -> str:
    inputs, outputs = int(layer.inputs), int(layer.outputs)
    count = inputs + layer.bias
    sources = [(f"x{i + 1}", i, i < inputs) for i in range(_MOST)]
    sources.append(("1", inputs, layer.bias))
    return "".join(
        tag(
            "line",
            x1=_LEFT + _RADIUS,
            y1=_height(i, count),
            x2=_RIGHT - _RADIUS,
            y2=_height(j, outputs),
            data_from=name,
            data_to=f"z{j + 1}",
            display=None if shown and j < outputs else "none",
        )
        for name, i, shown in sources
        for j in range(_MOST)
    )

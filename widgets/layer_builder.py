"""The widget in which readers build a fully connected layer and count its parameters."""

from __future__ import annotations

from typing import ClassVar

from widgets._assets import module_text
from widgets._html import element, html_table, svg_picture, svg_text
from widgets._widget import Number, Switch, Widget

_MAX_NEURONS = 6
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

    widget_type: ClassVar[str] = "layer_builder"
    _esm = module_text(widget_type)
    answer_traits: ClassVar[tuple[str, ...]] = ("inputs", "outputs", "bias")

    inputs = Number(2, 1, _MAX_NEURONS)
    outputs = Number(3, 1, _MAX_NEURONS)
    bias = Switch(default=True)

    def _draw_body(self) -> str:
        side = element("div", style="--rows: 4", class_="llb-controls") + _shapes_table(self)
        count = element("span", _count_text(self), class_="llb-equation", data_part="count")
        hint = element("span", _connections_text(self), class_="llb-count", data_part="hint")
        return element(
            "div",
            element("div", _draw_network(self), class_="llb-picture"),
            element("div", side, class_="llb-side"),
            class_="llb-body",
        ) + element("p", count, hint, class_="llb-reading")

    def describe_state(self) -> str:
        """Return the present state as one sentence."""
        bias = "and a bias" if self.bias else "without a bias"
        inputs, outputs = _with_plural(self.inputs, "input"), _with_plural(self.outputs, "output")
        return f"A layer of {inputs} {bias} to {outputs}: {_count_text(self)}"


def _count_text(layer: LayerBuilder) -> str:
    inputs, outputs = int(layer.inputs), int(layer.outputs)
    left, total = (f"({inputs} + 1)", inputs + 1) if layer.bias else (f"{inputs}", inputs)
    return f"{left} \u00d7 {outputs} = {_with_plural(total * outputs, 'parameter')}"


def _connections_text(layer: LayerBuilder) -> str:
    return f"Each output: {_with_plural(layer.inputs, 'weight')}{' + 1 bias' if layer.bias else ''}"


def _with_plural(count: float, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def _shapes_table(layer: LayerBuilder) -> str:
    sizes = (
        ("inputs", f"(None, {layer.inputs})"),
        ("kernel", f"({layer.inputs}, {layer.outputs})"),
        ("bias", f"({layer.outputs},)" if layer.bias else "none"),
        ("logits", f"(None, {layer.outputs})"),
    )
    rows = [(name, element("code", shape, data_part=f"shape-{name}")) for name, shape in sizes]
    return html_table("Shapes", (), rows, class_="llb-values")


def _draw_network(layer: LayerBuilder) -> str:
    """Return the network as SVG; neurons that are not in use are drawn hidden."""
    columns = (
        _draw_column("x", _LEFT, int(layer.inputs), int(layer.inputs) + layer.bias)
        + _draw_bias(layer)
        + _draw_column("z", _RIGHT, int(layer.outputs), int(layer.outputs))
    )
    top = (
        min(
            _neuron_height(0, int(layer.inputs) + layer.bias), _neuron_height(0, int(layer.outputs))
        )
        - 32
    )
    # Both at one height, above the taller column.
    heads = (svg_text("inputs", _LEFT, 0.0), svg_text("logits", _RIGHT, 0.0))
    return svg_picture(
        element("g", _draw_lines(layer), class_="llb-lines"),
        columns,
        element(
            "g", *heads, class_="llb-heads", transform=f"translate(0 {top:g})", data_part="heads"
        ),
        size=_SIZE,
        title="A fully connected layer",
        description=layer.describe_state(),
        live_description=True,
        class_="llb-network",
    )


def _neuron_height(index: int, count: int) -> float:
    """Return the vertical coordinate of neuron ``index``; few neurons are further apart."""
    step = min(_STEP, _SPAN / max(count - 1, 1))
    return _MIDDLE + (index - (count - 1) / 2) * step


def _draw_column(letter: str, x: float, used: int, count: int) -> str:
    return "".join(
        _draw_neuron(
            f"{letter}{index + 1}", x, _neuron_height(min(index, used), count), index < used
        )
        for index in range(_MAX_NEURONS)
    )


def _draw_bias(layer: LayerBuilder) -> str:
    count = int(layer.inputs) + 1
    return _draw_neuron("1", _LEFT, _neuron_height(count - 1, count), layer.bias)


def _draw_neuron(name: str, x: float, y: float, shown: bool) -> str:  # noqa: FBT001
    """Return a neuron as SVG, with its name: a letter and an index."""
    index = element("tspan", name[1:], class_="llb-index", dy=4) if name[1:] else ""
    label = element("text", f"{name[0]}{index}", y=5)
    return element(
        "g",
        element("circle", r=_RADIUS),
        label,
        class_="llb-neuron",
        data_neuron=name,
        transform=f"translate({x:g} {y:g})",
        display=None if shown else "none",
    )


def _draw_lines(layer: LayerBuilder) -> str:
    inputs, outputs = int(layer.inputs), int(layer.outputs)
    count = inputs + layer.bias
    # All that there can be: the script shows and hides them, and draws none.
    sources = [(f"x{i + 1}", i, i < inputs) for i in range(_MAX_NEURONS)]
    sources.append(("1", inputs, layer.bias))
    return "".join(
        element(
            "line",
            x1=_LEFT + _RADIUS,
            y1=_neuron_height(i, count),
            x2=_RIGHT - _RADIUS,
            y2=_neuron_height(j, outputs),
            data_from=name,
            data_to=f"z{j + 1}",
            display=None if shown and j < outputs else "none",
        )
        for name, i, shown in sources
        for j in range(_MAX_NEURONS)
    )

"""The table that ``model.summary()`` writes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ._functional import Functional, Sequential
from ._layer import Layer
from ._symbolic import Function

if TYPE_CHECKING:
    from ._model import Model
    from ._symbolic import KerasTensor, Operation
    from ._variable import Variable

_SIMPLE = (31, 22, 13)
_CONNECTED = (19, 17, 10, 17)


def summary_of(model: Model) -> str:
    """Return the table of the layers of a model."""
    connected = isinstance(model, Functional) and not _is_row(model)
    widths = _CONNECTED if connected else _SIMPLE
    head = ["Layer (type)", "Output Shape", "Param #", *(["Connected to"] if connected else [])]
    shown = (
        model._untracked_operations
        if isinstance(model, Functional)
        else model._untracked_graph._untracked_operations[1:]
        if isinstance(model, Sequential) and model._untracked_graph is not None
        else model.layers
    )
    rows = [_row(model, each, connected) for each in shown]
    return "\n".join([f'Model: "{model.name}"', *_table(head, rows, widths), *_totals(model)])


def _is_row(model: Functional) -> bool:
    """Return whether each node of a graph has at most one input and one reader."""
    readers: dict[int, int] = {}
    for node in model._order:
        if len(node.inputs) > 1:
            return False
        for each in node.inputs:
            readers[id(each)] = readers.get(id(each), 0) + 1
    return all(n == 1 for n in readers.values())


def _row(model: Model, layer: Operation, connected: bool) -> list[str]:
    kind = layer.kind if isinstance(layer, Function) else type(layer).__name__
    found = [f"{layer.name} ({kind})", _shape(model, layer), _params(layer)]
    if connected:
        found.append(_sources(model, layer))
    return found


def _params(layer: Operation) -> str:
    if not isinstance(layer, Layer):
        return "0"
    return f"{layer.count_params():,}" if layer.built else "0 (unbuilt)"


def _shape(model: Model, layer: Operation) -> str:
    graph = model._untracked_graph if isinstance(model, Sequential) else model
    nodes = graph._order if isinstance(graph, Functional) else layer._nodes
    for node in nodes:
        if node.operation is layer and node.outputs:
            shapes = [str(out.shape) for out in node.outputs]
            return shapes[0] if len(shapes) == 1 else f"[{', '.join(shapes)}]"
    built_for = vars(layer).get("_built_for")
    if built_for is None or not all(n is None or isinstance(n, int) for n in built_for):
        return "?"
    return str(layer.compute_output_shape(built_for))  # type: ignore[attr-defined]


def _sources(model: Model, layer: Operation) -> str:
    nodes = [node for node in model._order if node.operation is layer]  # type: ignore[attr-defined]
    found = [_source(each) for node in nodes for each in node.inputs]
    return ",\n".join(found) if found else "-"


def _source(tensor: KerasTensor) -> str:
    node = tensor._node
    place = next(k for k, out in enumerate(node.outputs) if out is tensor)  # type: ignore[union-attr]
    return f"{node.operation.name}[{node.index}][{place}]"  # type: ignore[union-attr]


def _table(head: list[str], rows: list[list[str]], widths: tuple[int, ...]) -> list[str]:
    out = [_rule("┏━┳┓", widths), *_cells(head, "┃", widths), _rule("┡━╇┩", widths)]
    for k, row in enumerate(rows):
        if k:
            out.append(_rule("├─┼┤", widths))
        out += _cells(row, "│", widths)
    return [*out, _rule("└─┴┘", widths)]


def _rule(marks: str, widths: tuple[int, ...]) -> str:
    left, fill, middle, right = list(marks)
    return left + middle.join(fill * (width + 2) for width in widths) + right


def _cells(row: list[str], bar: str, widths: tuple[int, ...]) -> list[str]:
    """Return the lines of a row; text that is too long goes on in the next line."""
    columns = [_wrapped(text, width) for text, width in zip(row, widths, strict=True)]
    lines = []
    for k in range(max(len(column) for column in columns)):
        parts = []
        for place, (column, width) in enumerate(zip(columns, widths, strict=True)):
            text = column[k] if k < len(column) else ""
            parts.append(f" {text:>{width}} " if place == 2 else f" {text:<{width}} ")
        lines.append(bar + bar.join(parts) + bar)
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    lines = []
    for part in text.split("\n"):
        line = ""
        for word in part.split(" "):
            grown = f"{line} {word}" if line else word
            if len(grown) <= width:
                line = grown
                continue
            if line:
                lines.append(line)
            while len(word) > width:
                lines.append(word[:width])
                word = word[width:]  # noqa: PLW2901 - the rest of the word
            line = word
        lines.append(line)
    return lines


def _totals(model: Model) -> list[str]:
    trained, fixed = (
        _numbers(variables) for variables in (model.trainable_weights, model.non_trainable_weights)
    )
    counts = [("Total", trained[0] + fixed[0], trained[1] + fixed[1])]
    counts += [("Trainable", *trained), ("Non-trainable", *fixed)]
    optimizer = model.optimizer
    extra = None
    if optimizer is not None and optimizer.built:
        extra = _numbers(optimizer.variables)
        counts[0] = ("Total", counts[0][1] + extra[0], counts[0][2] + extra[1])
    lines = [f" {name} params: {n:,} ({_size(size)})" for name, n, size in counts]
    return [*lines, *([f" Optimizer params: {extra[0]:,} ({_size(extra[1])})"] if extra else [])]


def _numbers(variables: list[Variable]) -> tuple[int, int]:
    count = sum(v._array.size for v in variables)
    return count, sum(v._array.nbytes for v in variables)


_UNITS = ("B", "KB", "MB", "GB", "TB")


def _size(count: float) -> str:
    if not count:
        return "0.00 B"
    power = min(int(math.log(count, 1024)), len(_UNITS) - 1)
    return f"{count / 1024**power:.2f} {_UNITS[power]}"

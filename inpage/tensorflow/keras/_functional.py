"""Models that are graphs of layers, and models that are rows of layers."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING

from .. import _shapes as shapes
from .._absent import NotInThisPage
from .._convert import convert
from .._tape import flatten, map_nest
from .._tensor import Valued
from ._core_layers import InputLayer
from ._layer import Layer, scope, scopes
from ._model import Model
from ._naming import auto_name
from ._serial import Config, serialize
from ._symbolic import Function, KerasTensor, Node, Operation

if TYPE_CHECKING:
    from collections.abc import Sequence


def _check_symbols(what: str, nest: object) -> None:
    for each in flatten(nest):
        if not isinstance(each, KerasTensor):
            raise ValueError(
                f"All `{what}` values must be KerasTensors. Received: {what}={nest} including "
                f"invalid value {each} of type {type(each)}"
            )


class Functional(Model):
    """A graph of layers from inputs to outputs."""

    __module__ = "keras.src.models.functional"

    def __init__(
        self,
        inputs: object = None,
        outputs: object = None,
        name: str | None = None,
        **kwargs: object,
    ) -> None:
        trainable = kwargs.pop("trainable", True)
        super().__init__(name=name, **kwargs)
        _check_symbols("inputs", inputs)
        _check_symbols("outputs", outputs)
        self._inputs_nest, self._outputs_nest = inputs, outputs
        self._order = _nodes_between(flatten(inputs), flatten(outputs))  # type: ignore[arg-type]
        self._untracked_operations = _by_depth(self.inputs, self.outputs)
        self._untracked_layers = [
            each for each in self._untracked_operations if isinstance(each, Layer)
        ]
        self._tracked["_graph"] = self._untracked_layers
        self.trainable = bool(trainable)
        self.built = True

    @property
    def layers(self) -> list[Layer]:
        """The layers of the model, inputs first."""
        return list(self._untracked_layers)

    @property
    def inputs(self) -> list[KerasTensor]:
        """The symbolic inputs."""
        return flatten(self._inputs_nest)  # type: ignore[return-value]

    @property
    def outputs(self) -> list[KerasTensor]:
        """The symbolic outputs."""
        return flatten(self._outputs_nest)  # type: ignore[return-value]

    @property
    def input(self) -> object:
        """The symbolic inputs as they were given."""
        return self._inputs_nest

    @property
    def output(self) -> object:
        """The symbolic outputs as they were given."""
        return self._outputs_nest

    @property
    def input_shape(self) -> object:
        """The shapes of the inputs."""
        return map_nest(lambda tensor: tensor.shape, self._inputs_nest)

    @property
    def output_shape(self) -> object:
        """The shapes of the outputs."""
        return map_nest(lambda tensor: tensor.shape, self._outputs_nest)

    def call(  # type: ignore[override]
        self, inputs: object, training: bool | None = None, mask: object = None
    ) -> object:
        """Return the outputs."""
        values = _given(self.inputs, self._inputs_nest, inputs)
        for node in self._order:
            if all(id(out) in values for out in node.outputs):
                continue
            arguments = map_nest(partial(_valued, values), node.arguments)
            named = map_nest(partial(_valued, values), node.named)
            found = node.operation._run(arguments, named)
            for out, value in zip(node.outputs, flatten(found), strict=True):
                values[id(out)] = value
        return map_nest(lambda out: values[id(out)], self._outputs_nest)

    def get_config(self) -> Config:
        """Return the arguments that make an equal model."""
        return {
            "name": self.name,
            "trainable": self._trainable,
            "layers": [self._written(layer) for layer in self.layers],
            "input_layers": _places(self._inputs_nest),
            "output_layers": _places(self._outputs_nest),
        }

    def _written(self, layer: Layer) -> Config:
        own = [node for node in self._order if node.operation is layer]
        return {
            **serialize(layer),  # type: ignore[dict-item]
            "name": layer.name,
            "inbound_nodes": [_written_node(node) for node in own if node.inputs],
        }


def _valued(values: dict[int, object], each: object) -> object:
    return values[id(each)] if isinstance(each, KerasTensor) else each


def _given(symbols: Sequence[KerasTensor], nest: object, inputs: object) -> dict[int, object]:
    """Return the values of the inputs by their symbols."""
    if isinstance(nest, dict) and isinstance(inputs, dict):
        found = [inputs[key] for key in sorted(nest)]
    elif isinstance(inputs, dict):
        found = [inputs[symbol.name] for symbol in symbols]
    else:
        found = flatten(inputs)
    if len(found) != len(symbols):
        raise ValueError(
            f"The model expects {len(symbols)} input(s), but it received {len(found)} instead."
        )
    return {
        id(symbol): _ranked(value, symbol) for symbol, value in zip(symbols, found, strict=True)
    }


def _ranked(value: object, symbol: KerasTensor) -> object:
    """Return a value with a last axis of size 1 more or less where that makes it fit."""
    if isinstance(value, KerasTensor):
        return value
    if not isinstance(value, Valued):
        value = convert(value)
    sizes, wanted = tuple(value.shape), symbol.shape  # type: ignore[attr-defined]
    if len(sizes) == len(wanted):
        return value
    if len(sizes) == len(wanted) + 1 and sizes[-1] == 1:
        return shapes.squeeze(value, -1)
    if len(sizes) == len(wanted) - 1 and wanted[-1] == 1:
        return shapes.expand_dims(value, -1)
    raise ValueError(
        f"Invalid input shape for input {value}. Expected shape {wanted}, but input has "
        f"incompatible shape {sizes}"
    )


def _nodes_between(inputs: list[KerasTensor], outputs: list[KerasTensor]) -> list[Node]:
    """Return the nodes on the way from inputs to outputs, each after those that it needs."""
    order: list[Node] = []
    seen: set[int] = set()
    ends = {id(tensor) for tensor in inputs}

    def visit(tensor: KerasTensor) -> None:
        node = tensor._node
        if node is None or (isinstance(node.operation, InputLayer) and id(tensor) not in ends):
            raise ValueError("Output with path `` is not connected to `inputs`")
        if id(node) in seen:
            return
        seen.add(id(node))
        if id(tensor) not in ends:
            for each in node.inputs:
                visit(each)
        order.append(node)

    for tensor in [*inputs, *outputs]:
        visit(tensor)
    return order


def _by_depth(inputs: list[KerasTensor], outputs: list[KerasTensor]) -> list[Operation]:
    """Return the operations of a graph in the order of Keras: those farthest from outputs first."""
    nodes: list[Node] = []
    first_seen: dict[int, int] = {}
    operations: dict[int, Operation] = {}
    ends = {id(tensor) for tensor in inputs}

    def visit(tensor: KerasTensor) -> None:
        node: Node = tensor._node  # type: ignore[assignment]
        if node in nodes:
            return
        first_seen.setdefault(id(node.operation), len(first_seen))
        operations[id(node.operation)] = node.operation
        for each in node.inputs if id(tensor) not in ends else ():
            visit(each)
        nodes.append(node)

    for tensor in [*outputs, *inputs]:
        visit(tensor)
    depths: dict[int, int] = {}
    far: dict[int, int] = {}
    for node in reversed(nodes):
        own = max(depths.get(id(node), 0), far.get(id(node.operation), 0))
        depths[id(node)] = far[id(node.operation)] = own
        for each in node.inputs:
            parent = id(each._node)
            depths[parent] = max(own + 1, depths.get(parent, 0))
    order = sorted(operations, key=lambda key: (-far[key], first_seen[key]))
    return [operations[key] for key in order]


def _places(nest: object) -> object:
    """Return which output of which layer each symbolic tensor is."""
    return map_nest(_place, nest)


def _place(tensor: KerasTensor) -> list[object]:
    node = tensor._node
    if node is None or isinstance(node.operation, Function):
        raise NotInThisPage("Writing down a model with operators between its layers")
    place = next(k for k, out in enumerate(node.outputs) if out is tensor)
    return [node.operation.name, node.index, place]


def _written_node(node: Node) -> Config:
    def written(each: object) -> object:
        if not isinstance(each, KerasTensor):
            return each
        config = {"shape": list(each.shape), "dtype": each.dtype, "keras_history": _place(each)}
        return {"class_name": "__keras_tensor__", "config": config}

    return {
        "args": [map_nest(written, one) for one in node.arguments],
        "kwargs": {key: map_nest(written, value) for key, value in node.named.items()},
    }


class Sequential(Model):
    """A row of layers, each of which takes the output of the one before."""

    __module__ = "keras.src.models.sequential"

    def __init__(
        self,
        layers: Sequence[object] | None = None,
        trainable: bool = True,
        name: str | None = None,
    ) -> None:
        super().__init__(trainable=trainable, name=name)
        self._untracked_graph: Functional | None = None
        self._row: list[Layer] = []
        for layer in layers or ():
            self._append(layer)
        self._connect()

    def add(self, layer: object, rebuild: bool = True) -> None:
        """Add a layer at the end."""
        self._append(layer)
        if rebuild:
            self._connect()

    def _append(self, layer: object) -> None:
        if isinstance(layer, KerasTensor) and layer._node is not None:
            layer = layer._node.operation
        if not isinstance(layer, Layer):
            raise ValueError(
                "Only instances of `keras.Layer` can be added to a Sequential model. Received: "
                f"{layer} (of type {type(layer)})"
            )
        if any(layer.name == other.name for other in self._row):
            raise ValueError(
                "All layers added to a Sequential model should have unique names. Name "
                f"'{layer.name}' is already the name of a layer in this model. Update the `name` "
                "argument to pass a unique name."
            )
        if isinstance(layer, InputLayer) and self._row and isinstance(self._row[0], InputLayer):
            raise ValueError(
                f"Sequential model '{self.name}' has already been configured to use input shape "
                f"{self._row[0].batch_shape}. You cannot add a different Input layer to it."
            )
        if not self._row and layer._given_shape is not None and not isinstance(layer, InputLayer):
            self._row = [InputLayer(layer._given_shape)]
        place = 0 if isinstance(layer, InputLayer) else len(self._row)
        self._row = [*self._row[:place], layer, *self._row[place:]]

    def pop(self, rebuild: bool = True) -> Layer:
        """Take the last layer away and return it."""
        *rest, last = self._row
        self._row = rest
        self._untracked_graph, self.built = None, False
        if rebuild:
            self._connect()
        return last

    @property
    def layers(self) -> list[Layer]:
        """The layers of the model."""
        return [layer for layer in self._row if not isinstance(layer, InputLayer)]

    def _connect(self) -> None:
        """Make the graph if the shape of the input is known."""
        first = self._row[0] if self._row else None
        if isinstance(first, InputLayer) and len(self._row) > 1:
            with scope(self.name):
                self._graph_from(first.output)
        elif (isinstance(first, Functional) and len(self._row) > 1) or (
            isinstance(first, Sequential) and first._untracked_graph is not None
        ):
            with scope(self.name):
                self._graph_from(InputLayer(batch_shape=first.input_shape).output)

    def _graph_from(self, start: object) -> None:
        tensor = start
        for layer in self.layers:
            tensor = layer(tensor)
        first_time = self._untracked_graph is None
        self._untracked_graph = Functional(start, tensor, name=self.name)
        if first_time:
            auto_name("functional")
        self.built = True

    def build(self, input_shape: object = None) -> None:
        """Make the weights for inputs of a shape."""
        if input_shape is None or self._untracked_graph is not None:
            return
        if not self._row:
            raise ValueError(
                f"Sequential model {self.name} cannot be built because it has no layers. Call "
                "`model.add(layer)`."
            )
        shape: tuple[int | None, ...] = tuple(input_shape)  # type: ignore[arg-type]
        start = InputLayer(batch_shape=(None, *shape[1:]) if shape else shape)
        outside = scopes()[-1:] != [self.name]
        with scope(self.name) if outside else nullcontext():
            self._graph_from(start.output)

    def _graph(self, what: str) -> Functional:
        if self._untracked_graph is None:
            raise AttributeError(
                f"The layer {self.name} has never been called and thus has no defined {what}."
            )
        return self._untracked_graph

    @property
    def input(self) -> object:
        """The symbolic input."""
        return self._graph("input").input

    @property
    def output(self) -> object:
        """The symbolic output."""
        return self._graph("output").output

    @property
    def inputs(self) -> list[KerasTensor]:
        """The symbolic inputs."""
        return self._graph("inputs").inputs

    @property
    def outputs(self) -> list[KerasTensor]:
        """The symbolic outputs."""
        return self._graph("outputs").outputs

    @property
    def input_shape(self) -> object:
        """The shape of the input."""
        return self._graph("input shape").input_shape

    @property
    def output_shape(self) -> object:
        """The shape of the output."""
        return self._graph("output shape").output_shape

    def call(  # type: ignore[override]
        self, inputs: object, training: bool | None = None, mask: object = None
    ) -> object:
        """Return the output of the last layer."""
        if self._untracked_graph is not None:
            return self._untracked_graph.call(inputs, training, mask)
        for layer in self.layers:
            inputs = layer(inputs)
        return inputs

    @classmethod
    def from_config(cls, config: Config, custom_objects: object = None) -> Sequential:
        """Return the model that a configuration describes."""
        from ._saving import made_of

        return made_of({"class_name": "Sequential", "config": config}, custom_objects or {})  # type: ignore[arg-type, return-value]

    def get_config(self) -> Config:
        """Return the arguments that make an equal model."""
        config = {
            **super().get_config(),
            "layers": [serialize(layer) for layer in self._row],
        }
        if self._untracked_graph is not None:
            config["build_input_shape"] = self.input_shape
        return config

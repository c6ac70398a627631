"""Take Keras objects apart into configuration and weights, and rebuild them on the other side.

What crosses is data: the side that rebuilds looks every class up in its own Keras, and takes only
Keras's own. So a class that the learner replaced in Keras changes nothing beside the checks. An
object with a part of anybody else's making (a subclass, a lambda) is not taken apart.
"""

from __future__ import annotations

import json
import random
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# They run or read what their configuration names: code, a saved program, a file.
_UNSAFE: Final = frozenset(
    {
        *("Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"),
        *("StringLookup", "IntegerLookup", "TextVectorization", "Hashing", "HashedCrossing"),
        *("Pipeline", "FeatureSpace", "DeserializableBatchNormalization"),
    }
)
# Written by Keras for what is no object of a class: tensors in a graph, constants, tuples.
_PLAIN_NODES: Final = frozenset(
    {"__keras_tensor__", "__tensor__", "__numpy__", "__tuple__", "__ellipsis__"}
)
_COUNTED_NAME: Final = re.compile(r"([a-z0-9_]+?)(?:_([0-9]{1,4}))?")
_MAX_CONFIG: Final = 2**20  # characters
_MAX_SIZE: Final = 2**24  # the largest number in a configuration: units, or a size of the input


@dataclass(frozen=True)
class Parts:
    """What a Keras object is made of.

    Attributes
    ----------
    config
        JSON: classes, settings, how the parts are connected, and what ``compile`` was given.
    weights
        The values of its variables, in Keras's order.
    """

    config: str
    weights: Sequence[Any]


class Shared:
    """The Keras objects of which each side has a twin, by a number that both know.

    Numbers from 0 are given by the side of the answers, those below 0 by the side of the checks.
    """

    def __init__(self) -> None:
        self._objects: dict[int, object] = {}
        self._numbers: dict[int, int] = {}

    def __getitem__(self, number: int) -> object:
        """Return the object of this side; raise ``KeyError`` where there is none."""
        return self._objects[number]

    def __contains__(self, number: int) -> bool:
        return number in self._objects

    def number_of(self, value: object) -> int | None:
        """Return the number of an object of this side; None where it is not shared."""
        return self._numbers.get(id(value))

    def add(self, number: int, value: object) -> None:
        """Share an object; it is kept for as long as this table."""
        self._objects[number] = value
        self._numbers[id(value)] = number

    def add_new(self, value: object) -> int:
        """Share an object of the checks and return its number."""
        number = -1 - len(self._objects)
        self.add(number, value)
        return number


def is_keras_object(value: object) -> bool:
    """Whether ``value`` is a layer, model, loss, metric or initializer, of Keras or derived."""
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(value, _classes(keras))


def take_apart(value: Any, *, compiled: bool = True) -> Parts | None:  # noqa: ANN401 - as above
    """Return the parts of an object that is made of Keras's own classes; None for any other.

    Parameters
    ----------
    compiled
        False leaves out what ``compile`` was given.
    """
    if not type(value).__module__.startswith("keras."):
        return None
    try:
        config = sys.modules["keras"].saving.serialize_keras_object(value)
        if not compiled:
            config.pop("compile_config", None)
        text = json.dumps(config)
        _check_config(json.loads(text))
        weights = [np.asarray(variable) for variable in variables_of(value)]
    except Exception:  # noqa: BLE001 - a part that Keras cannot write down may raise anything
        return None
    return Parts(text, weights) if len(text) <= _MAX_CONFIG else None


def rebuild(parts: Parts) -> Any:  # noqa: ANN401 - a Keras object
    """Return a new object of these parts, made by the Keras of this process.

    Raises
    ------
    ValueError
        If the parts are not those of an object of Keras's own classes.
    """
    if len(parts.config) > _MAX_CONFIG:
        raise ValueError("a configuration of that length is of no object")
    config = json.loads(parts.config)
    _check_config(config)
    # Initializers draw from it what is overwritten below; a check's own numbers stay the same.
    state = random.getstate()
    try:
        made = _make(config)
        assign_weights(made, parts.weights)
    except Exception as error:
        raise ValueError("Keras makes nothing of this configuration") from error
    finally:
        random.setstate(state)
    return made


def update(value: Any, parts: Parts) -> None:  # noqa: ANN401 - a Keras object
    """Make an object what its twin on the other side has become.

    Raises
    ------
    ValueError
        If the parts are not those of an object of Keras's own classes.
    """
    settings = json.loads(parts.config)
    compiled = settings.pop("compile_config", None)
    now = take_apart(value, compiled=False)
    if now is None or now.config != json.dumps(settings):
        made = rebuild(parts)
        # The object itself has to change: the code on this side holds it.
        object.__setattr__(value, "__class__", type(made))
        object.__setattr__(value, "__dict__", vars(made))
        return
    assign_weights(value, parts.weights)
    if compiled and json.dumps(compiled) != json.dumps(_own_compile_config(value)):
        value.compile(**_load(compiled))


def _own_compile_config(value: Any) -> object:  # noqa: ANN401 - a model
    return dict(value.get_compile_config() or {})


def _make(config: dict[str, Any]) -> Any:  # noqa: ANN401 - a Keras object
    """Make an object of its configuration; its optimizer has not begun."""
    # Keras would make the optimizer's variables too: half a second, for what no check looks at.
    compiled = config.pop("compile_config", None)
    made = _load(config)
    if compiled:
        made.compile(**_load(compiled))
    for node in _nodes(config):
        if isinstance(node, dict):
            _count_name(node.get("name"))
    return made


def _load(config: object) -> Any:  # noqa: ANN401 - what Keras makes of it
    return _keras().saving.deserialize_keras_object(config, safe_mode=True)


def _count_name(name: object) -> None:
    """Have Keras call the next layer differently, as if it had given this name itself."""
    found = _COUNTED_NAME.fullmatch(name) if isinstance(name, str) else None
    if found:
        while _keras().backend.get_uid(found[1]) <= int(found[2] or 0):
            pass


def variables_of(value: Any) -> list[Any]:  # noqa: ANN401 - a Keras object
    """Return the variables whose values are part of an object, in Keras's order."""
    name = "variables" if isinstance(value, _keras().metrics.Metric) else "weights"
    return list(getattr(value, name, ()))


def assign_weights(value: Any, weights: Sequence[Any]) -> None:  # noqa: ANN401 - a Keras object
    """Set the variables of an object.

    Raises
    ------
    ValueError
        If there are more or fewer, or one has another shape.
    """
    variables = variables_of(value)
    # Before the first is set: half an object would be neither the one nor the other.
    if [tuple(v.shape) for v in variables] != [np.shape(weight) for weight in weights]:
        raise ValueError("the weights are of another object")
    for variable, weight in zip(variables, weights, strict=True):
        variable.assign(weight)


def _keras() -> Any:  # noqa: ANN401 - a module
    return sys.modules.get("keras") or __import__("keras")


def _classes(keras: Any) -> tuple[type, ...]:  # noqa: ANN401 - a module
    return (
        *(keras.layers.Layer, keras.losses.Loss, keras.metrics.Metric),
        *(keras.initializers.Initializer, keras.regularizers.Regularizer),
        *(keras.constraints.Constraint,),
    )


def _parts_of_any_class(keras: Any) -> tuple[type, ...]:  # noqa: ANN401 - a module
    return (
        *_classes(keras),
        *(keras.Operation, keras.optimizers.Optimizer, keras.dtype_policies.DTypePolicy),
        keras.optimizers.schedules.LearningRateSchedule,
    )


def _check_config(config: object) -> None:
    """Raise ``ValueError`` unless each class that a configuration names is one of Keras's own."""
    keras = _keras()
    allowed = _parts_of_any_class(keras)
    for node in _nodes(config):
        # A layer allocates what its configuration says, and that may be forged.
        if isinstance(node, int | float) and not -_MAX_SIZE <= node <= _MAX_SIZE:
            raise ValueError(f"no layer has a setting of {node}")
        if not isinstance(node, dict) or "class_name" not in node:
            continue
        name, module = node["class_name"], node.get("module")
        if name in _PLAIN_NODES and module is None:
            continue
        found = getattr(_module(module), str(name), None)
        known = isinstance(found, type) and issubclass(found, allowed)
        if not known or name in _UNSAFE or node.get("registered_name") not in (None, name):
            raise ValueError(f"{name} is no class of Keras that can be made of data")


def _module(name: object) -> object:
    """Return a module of Keras, by name; None for any other."""
    is_keras = isinstance(name, str) and (name == "keras" or name.startswith("keras."))
    return sys.modules.get(str(name)) if is_keras else None


def _nodes(tree: object) -> Iterator[object]:
    yield tree
    parts = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    for part in parts:
        yield from _nodes(part)

"""Layers: what has weights and can be called (``tf.keras.layers.Layer``)."""

from __future__ import annotations

import inspect
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from .. import _elementwise as ops
from .._absent import NotInThisPage, missing_attribute, refuse
from .._convert import convert
from .._tape import flatten, map_nest
from .._tensor import Array, EagerTensor, Valued
from . import constraints, initializers, regularizers
from ._naming import auto_name, dtype_name, snake_case
from ._serial import Config, Configurable
from ._symbolic import KerasTensor, Operation, Spec, connect, has_symbols, infer
from ._trouble import explained
from ._variable import Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_training: list[bool | None] = []
_scopes: list[str] = []  # the names of the layers that are called or built, from outside to inside
_any_rows: list[bool] = []


@contextmanager
def _inside(training: bool | None) -> Iterator[None]:
    """Let the layers that are called inside know whether this is training."""
    _training.append(training)
    try:
        yield
    finally:
        _training.pop()


@contextmanager
def scope(name: str) -> Iterator[None]:
    """Let the weights that are made inside be called by the name of a layer too."""
    _scopes.append(name)
    try:
        yield
    finally:
        _scopes.pop()


def scopes() -> list[str]:
    """Return the names of the layers that are called or built, from outside to inside."""
    return list(_scopes)


@contextmanager
def any_rows() -> Iterator[None]:
    """Let the layers that are built inside be built for any number of rows."""
    _any_rows.append(True)
    try:
        yield
    finally:
        _any_rows.pop()


class InputSpec:
    """What a layer expects of its input.

    Parameters
    ----------
    ndim, min_ndim
        The number of axes, or the least number.
    axes
        Sizes of some axes.
    """

    def __init__(
        self,
        dtype: object = None,
        shape: object = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: dict[int, int | None] | None = None,
    ) -> None:
        refuse("InputSpec", dtype=(dtype, None), shape=(shape, None), max_ndim=(max_ndim, None))
        self.ndim, self.min_ndim, self.axes = ndim, min_ndim, axes or {}

    def check(self, layer: str, shape: tuple[int | None, ...]) -> None:
        """Raise ValueError unless an input of a shape is what the layer expects."""
        who = f"Input 0 with name 'None' of layer '{layer}' is incompatible with the layer: "
        if self.ndim is not None and len(shape) != self.ndim:
            said = (
                f"expected ndim={self.ndim}, found ndim={len(shape)}. Full shape received: {shape}"
            )
            raise ValueError(who + said)
        if self.min_ndim is not None and len(shape) < self.min_ndim:
            said = f"expected min_ndim={self.min_ndim}, found ndim={len(shape)}. Full shape received: {shape}"
            raise ValueError(who + said)
        for axis, size in self.axes.items():
            if size is not None and shape[axis] not in (size, None):
                said = f"expected axis {axis} of input shape to have value {size}, but received input with shape {shape}"
                raise ValueError(who + said)


class Layer(Operation, Configurable):
    """A function of tensors with weights.

    Parameters
    ----------
    activity_regularizer
        A price on the output.
    trainable
        Whether training changes the weights.
    dtype
        The type of the weights and of floating inputs.
    name
        A name; Keras gives one by itself.
    """

    __module__ = "keras.src.layers.layer"
    _absent_kind: ClassVar[str] = "tf.keras.layers.Layer"
    built: bool
    input_spec: InputSpec | None
    _tracked: dict[str, object]
    _own: list[Variable]
    _seed_states: list[Variable]
    _added_losses: list[EagerTensor]
    _given_shape: tuple[int | None, ...] | None
    _made_with: Config

    def __init__(
        self,
        *,
        activity_regularizer: object = None,
        trainable: bool = True,
        dtype: object = None,
        autocast: bool = True,
        name: str | None = None,
        **kwargs: object,
    ) -> None:
        self._prepare()
        self._name = auto_name(snake_case(type(self).__name__)) if name is None else str(name)
        given = kwargs.pop("input_shape", None)
        size = kwargs.pop("input_dim", None)
        given = (size,) if size is not None else given
        if kwargs:
            raise ValueError(
                f"Unrecognized keyword arguments passed to {type(self).__name__}: {kwargs}"
            )
        refuse(type(self).__name__, activity_regularizer=(activity_regularizer, None))
        self._given_shape = None if given is None else tuple(given)  # type: ignore[arg-type]
        self._trainable = trainable
        self._autocast = autocast
        self._compute_type = _policy(dtype)

    def __new__(cls, *args: object, **kwargs: object) -> Self:
        """Return a layer that knows what it was made with, which is how a reader's own is written."""
        made = object.__new__(cls)
        names = list(inspect.signature(cls.__init__).parameters)[1:]
        object.__setattr__(
            made,
            "_made_with",
            {**kwargs, **dict(zip(names, args, strict=False))} if args else kwargs,
        )
        return made

    def _prepare(self) -> None:
        """Make the records of weights and layers, which attributes go into."""
        if "_tracked" not in self.__dict__:
            object.__setattr__(self, "_tracked", {})
            object.__setattr__(self, "_own", [])
            object.__setattr__(self, "_nodes", [])
            object.__setattr__(self, "_added_losses", [])
            object.__setattr__(self, "_seed_states", [])
            object.__setattr__(self, "built", False)
            object.__setattr__(self, "input_spec", None)

    def __setattr__(self, name: str, value: object) -> None:
        self._prepare()
        if isinstance(value, Variable):
            if all(value is not each for each in self._own):
                self._own.append(value)
        elif not name.startswith("_untracked") and _holds_layers(value):
            self._tracked[name] = value
        object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> object:
        if name.startswith("__") or name in ("_tracked", "_name"):
            raise AttributeError(name)
        own = getattr(type(self), name, None)
        if isinstance(own, property):  # it raised AttributeError: let it say so again
            return own.__get__(self)
        text = f"'{type(self).__name__}' object has no attribute '{name}'"
        raise missing_attribute(self._absent_kind, name, text)

    # --- what it is ---------------------------------------------------------------------------

    @property
    def name(self) -> str:  # type: ignore[override]
        """The name."""
        return self._name

    @property
    def path(self) -> str:
        """The name, by which its weights are called."""
        return self._name

    @property
    def dtype(self) -> str:
        """The name of the type of the weights."""
        return self._compute_type

    compute_dtype = variable_dtype = input_dtype = dtype

    @property
    def trainable(self) -> bool:
        """Whether training changes the weights."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for variable in self._own:
            if not getattr(variable, "_always_fixed", False):
                variable.trainable = bool(value)
        for layer in self._sublayers():
            layer.trainable = value

    def _sublayers(self) -> list[Layer]:
        found: dict[int, Layer] = {}
        for value in self._tracked.values():
            for each in flatten(value):
                if isinstance(each, Layer):
                    found.setdefault(id(each), each)
        return list(found.values())

    # --- weights ------------------------------------------------------------------------------

    def add_weight(
        self,
        shape: object = None,
        initializer: object = None,
        dtype: object = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: object = None,
        constraint: object = None,
        aggregation: str = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Variable:
        """Return a new weight, which belongs to the layer."""
        self._prepare()
        default = (
            "glorot_uniform" if dtype_name(dtype or self.dtype).startswith("float") else "zeros"
        )
        maker = initializers.get(default if initializer is None else initializer)
        own = name or "variable"
        inside = _scopes if _scopes[-1:] == [self.name] else [*_scopes, self.name]
        variable = Variable(
            maker,
            tuple(shape) if shape is not None else (),  # type: ignore[arg-type]
            dtype or self.dtype,
            trainable,
            name=own,
            path="/".join([*inside, own]),
            regularizer=regularizers.get(regularizer),
            constraint=constraints.get(constraint),
        )
        variable._always_fixed = not trainable
        self._own.append(variable)
        return variable

    @property
    def weights(self) -> list[Variable]:
        """The weights: its own, then those of its layers; those that training changes first."""
        own = (
            [v for v in self._own if not v._always_fixed] if self._all_marked() else list(self._own)
        )
        own += [v for v in self._own if not any(v is each for each in own)]
        return _once(own + [v for layer in self._sublayers() for v in layer.weights])

    def _all_marked(self) -> bool:
        for variable in self._own:
            if "_always_fixed" not in vars(variable):
                variable._always_fixed = not variable.trainable
        return True

    @property
    def variables(self) -> list[Variable]:
        """The weights and the states of random numbers."""
        inner = [v for layer in self._sublayers() for v in layer.variables]
        own = [v for v in self.weights if any(v is each for each in self._own)]
        return _once(own + self._seed_states + inner)

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that training changes."""
        return [v for v in self.weights if v.trainable] if self._trainable else []

    trainable_variables = trainable_weights

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that training does not change."""
        kept = {id(v) for v in self.trainable_weights}
        return [v for v in self.weights if id(v) not in kept]

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """The variables that training does not change."""
        kept = {id(v) for v in self.trainable_weights}
        return [v for v in self.variables if id(v) not in kept]

    def get_weights(self) -> list[Array]:
        """Return the values of the weights."""
        return [np.array(v._array) for v in self.weights]

    def set_weights(self, weights: list[object]) -> None:
        """Replace the values of the weights."""
        own = self.weights
        if len(own) != len(weights):
            raise ValueError(
                f"You called `set_weights(weights)` on layer '{self.name}' with a weight list of "
                f"length {len(weights)}, but the layer was expecting {len(own)} weights."
            )
        for variable, value in zip(own, weights, strict=True):
            shape = np.shape(value)  # type: ignore[call-overload]
            if tuple(variable.shape) != shape:
                raise ValueError(
                    f"Layer {self.name} weight shape {tuple(variable.shape)} is not compatible "
                    f"with provided weight shape {shape}."
                )
            variable.assign(value)

    def count_params(self) -> int:
        """Return how many numbers the weights hold."""
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on layer '{self.name}', but the layer isn't "
                "built. You can build it manually via: `layer.build(input_shape)`."
            )
        return sum(v._array.size for v in self.weights)

    # --- losses -------------------------------------------------------------------------------

    def add_loss(self, loss: object) -> None:
        """Add a price that training pays besides the loss of the model."""
        self._added_losses.extend(convert(each) for each in flatten(loss))

    @property
    def losses(self) -> list[EagerTensor]:
        """The prices that layers added, and those of the weights."""
        found = list(self._added_losses)
        for layer in self._sublayers():
            found += layer._all_added()
        for v in self.trainable_weights:
            if v.regularizer is not None:
                found.append(v.regularizer(v))  # type: ignore[operator]
        return found

    def _all_added(self) -> list[EagerTensor]:
        return [
            *self._added_losses,
            *(x for layer in self._sublayers() for x in layer._all_added()),
        ]

    def _forget_losses(self) -> None:
        self._added_losses.clear()
        for layer in self._sublayers():
            layer._forget_losses()

    # --- calling ------------------------------------------------------------------------------

    def build(self, input_shape: object = None) -> None:
        """Make the weights for inputs of a shape."""
        self.built = True

    def call(self, *args: object, **kwargs: object) -> object:
        """Return the output."""
        raise NotImplementedError(
            f"Layer {type(self).__name__} does not have a `call` method implemented."
        )

    def compute_output_shape(self, *args: object, **kwargs: object) -> object:
        """Return the shape of the output for inputs of a shape."""
        shapes = args or tuple(kwargs.values())
        symbols = [map_shape(lambda shape: KerasTensor(shape, self.dtype), one) for one in shapes]
        return map_nest(lambda spec: spec.shape, self._specs(tuple(symbols), {}))

    def _specs(self, arguments: tuple[object, ...], named: dict[str, object]) -> object:
        """Return the shapes and types of the outputs for symbolic inputs."""
        states = [(v, v._array) for v in (*self.variables,)]
        found = infer(self._called, arguments, named)
        for variable, array in states:
            variable._array = array
        self._forget_losses()
        return found

    def __call__(self, *args: object, **kwargs: object) -> object:
        self._prepare()
        if "_name" not in self.__dict__:
            raise RuntimeError(
                f"In layer {type(self).__name__}, you forgot to call `super().__init__()` as the "
                "first statement in the `__init__()` method. Go add it!"
            )
        arguments = tuple(map_nest(self._converted, one) for one in args)
        named = {key: map_nest(self._converted, one) for key, one in kwargs.items()}
        self._check(arguments, named)
        if not _training:
            self._forget_losses()
        if not self.built:
            with scope(self.name):
                self._build(arguments, named)
        if has_symbols(arguments) or has_symbols(named):
            return self._symbolic_call(arguments, named)
        return self._called(*arguments, **named)

    def _symbolic_call(self, arguments: tuple[object, ...], named: dict[str, object]) -> object:
        training = named.get("training")
        with explained(self, self.call, arguments, named):
            found = self._specs(arguments, self._with_training(named, training))
        return connect(self, arguments, named, found)

    def _converted(self, value: object) -> object:
        """Return an array as a tensor, floating numbers in the type of the layer."""
        if isinstance(value, (np.ndarray, np.generic)) or (
            hasattr(value, "__array__") and not isinstance(value, (Valued, KerasTensor))
        ):
            value = convert(value)
        if isinstance(value, Valued) and self._autocast and value._dtype.is_floating:
            return ops.cast(value, self.dtype) if value._dtype.name != self.dtype else value
        return value

    def _check(self, arguments: tuple[object, ...], named: dict[str, object]) -> None:
        for each in flatten(arguments):
            if each is not None and not isinstance(each, (Valued, KerasTensor)):
                raise ValueError(
                    "Only input tensors may be passed as positional arguments. The following "
                    "argument value should be passed as a keyword argument: "
                    f"{each} (of type {type(each)})"
                )
        spec = self.input_spec
        first = arguments[0] if arguments else next(iter(named.values()), None)
        if isinstance(spec, InputSpec) and isinstance(first, (Valued, KerasTensor)):
            spec.check(self.name, _shape_of(first))

    def _build(self, arguments: tuple[object, ...], named: dict[str, object]) -> None:
        shapes = [map_nest(_shape_of, one) for one in arguments if _tensors(one)]
        shapes += [map_nest(_shape_of, one) for one in named.values() if _tensors(one)]
        self._remember_shape(shapes)
        expected = [
            p for p in inspect.signature(self.build).parameters.values() if p.default is p.empty
        ]
        if len(expected) > 1 or len(shapes) <= 1:
            self.build(*shapes[: max(len(expected), 1)])
        else:
            self.build(shapes[0])
        self.built = True

    def _remember_shape(self, shapes: list[object]) -> None:
        """Keep the shape that the layer is built for, by which a summary knows its output."""
        if type(self)._keras_module and len(shapes) == 1 and isinstance(shapes[0], tuple):
            shape = (None, *shapes[0][1:]) if _any_rows else shapes[0]
            object.__setattr__(self, "_built_for", shape)

    @classmethod
    def _takes(cls, name: str) -> bool:
        parameters = inspect.signature(cls.call).parameters.values()
        return any(p.name == name for p in parameters)

    def _with_training(self, named: dict[str, object], training: object) -> dict[str, object]:
        """Return the named arguments with ``training`` in them if the layer asks for it."""
        if not self._takes("training"):
            return {key: value for key, value in named.items() if key != "training"}
        if training is None and _training:
            training = _training[-1]
        if training is None and "training" not in named:
            return named
        return {**named, "training": training}

    def _called(self, *arguments: object, **named: object) -> object:
        training = named.get("training")
        if training is None and _training:
            training = _training[-1]
        given = self._with_training(named, training)
        with (
            _inside(training),  # type: ignore[arg-type]
            scope(self.name),
            explained(self, self.call, arguments, given),
        ):
            return self.call(*arguments, **given)

    def _run(self, arguments: tuple[object, ...], named: dict[str, object]) -> object:
        return self(*arguments, **named)

    # --- its place in a graph -------------------------------------------------------------------

    def _end(self, what: str) -> object:
        if not self._nodes:
            raise AttributeError(
                f"The layer {self.name} has never been called and thus has no defined {what}."
            )
        node = self._nodes[0]
        found = node.outputs if what == "output" else node.inputs
        return found[0] if len(found) == 1 else found

    @property
    def output(self) -> object:
        """The symbolic tensors that the layer returned first."""
        return self._end("output")

    @property
    def input(self) -> object:
        """The symbolic tensors that the layer was called with first."""
        return self._end("input")

    # --- writing down -----------------------------------------------------------------------------

    def get_config(self) -> Config:
        """Return the arguments that make an equal layer."""
        policy = {
            "module": "keras",
            "class_name": "DTypePolicy",
            "config": {"name": self.dtype},
            "registered_name": None,
        }
        own = {"trainable": self._trainable, "dtype": policy}
        if type(self).get_config is not Layer.get_config or type(self)._keras_module:
            return {"name": self.name, **own}
        return {**self._arguments(), **own}

    def _arguments(self) -> Config:
        """Return what a reader's own layer was made with, which is how Keras writes it down."""
        maker = type(self).__init__
        if maker is Layer.__init__:
            return {"name": self.name, "activity_regularizer": None, "trainable": True,
                    "dtype": None, "autocast": self._autocast}  # fmt: skip
        given = self._made_with
        kinds = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
        named = [p for p in inspect.signature(maker).parameters.values() if p.kind not in kinds][1:]
        found = {p.name: given.get(p.name, p.default) for p in named}
        found |= {"dtype": None} if "dtype" in given else {}  # it has its place before the others
        if not all(_is_plain(value) for value in found.values()):
            raise NotImplementedError(
                f"\nObject {type(self).__name__} was created by passing\nnon-serializable argument "
                "values in `__init__()`,\nand therefore the object must override `get_config()` in\n"
                "order to be serializable. Please implement `get_config()`."
            )
        return found

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self._name}, built={self.built}>"

    __str__ = __repr__


def _policy(dtype: object) -> str:
    if isinstance(dtype, dict):
        dtype = dtype["config"]["name"]
    if isinstance(dtype, str) and dtype.startswith("mixed"):
        raise NotInThisPage(f"dtype={dtype!r} of layers")
    return dtype_name(dtype)


def _is_plain(value: object) -> bool:
    if isinstance(value, (list, tuple)):
        return all(_is_plain(each) for each in value)
    return value is None or isinstance(value, (bool, int, float, str))


def _holds_layers(value: object) -> bool:
    if isinstance(value, Layer):
        return True
    if isinstance(value, (list, tuple, dict)):
        return not value or any(isinstance(each, Layer) for each in flatten(value))
    return False


def _once(variables: list[Variable]) -> list[Variable]:
    return list({id(v): v for v in variables}.values())


def _tensors(nest: object) -> bool:
    leaves = flatten(nest)
    return bool(leaves) and all(isinstance(each, (Valued, KerasTensor)) for each in leaves)


def _shape_of(tensor: object) -> tuple[int | None, ...]:
    return tuple(tensor.shape)  # type: ignore[attr-defined]


def map_shape(function: Callable[[tuple[int | None, ...]], object], nest: object) -> object:
    """Apply a function to the shapes in lists, tuples and dictionaries of shapes."""
    if isinstance(nest, (list, tuple)) and all(
        n is None or isinstance(n, (int, np.integer)) for n in nest
    ):
        return function(tuple(nest))
    if isinstance(nest, (list, tuple)):
        return [map_shape(function, each) for each in nest]
    if isinstance(nest, dict):
        return {key: map_shape(function, each) for key, each in nest.items()}
    return function(tuple(nest))  # type: ignore[arg-type]


__all__ = ["InputSpec", "Layer", "Spec"]

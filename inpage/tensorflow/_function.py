"""``tf.function``, ``tf.print`` and other things around operations."""

from __future__ import annotations

import functools
import pprint
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from ._absent import NotInThisPage, refuse
from ._convert import convert, to_array
from ._shape import TensorShape
from ._tape import map_nest
from ._tensor import Valued
from ._tracing import Sink, changed_by, traced, tracing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Function:
    """A Python function that TensorFlow would compile; here it runs line by line at every call.

    Its results are the same, and Python's ``print`` in it writes once for each signature, as when
    TensorFlow traces it. A change of something outside of it is refused at the second call.

    Parameters
    ----------
    python_function
        The function.
    bound
        The object that it is a method of, if it is one.
    """

    __module__ = "tensorflow.python.eager.polymorphic_function.polymorphic_function"

    def __init__(self, python_function: Callable[..., object], bound: object = None) -> None:
        functools.update_wrapper(self, python_function)
        self.python_function = python_function
        self._bound = bound
        self._traced: set[object] = set()

    def __call__(self, *args: object, **kwargs: object) -> object:
        given = [map_nest(_argument, each) for each in args]
        named = {key: map_nest(_argument, value) for key, value in kwargs.items()}
        lead = [] if self._bound is None else [self._bound]
        signature = _signature((lead, given, named))
        again = signature in self._traced
        if again:
            self._refuse_changes()
        with traced(again=again):
            found = self.python_function(*lead, *given, **named)
        self._traced.add(signature)
        return map_nest(_returned, found)

    def _refuse_changes(self) -> None:
        """Raise `NotInThisPage` where Python would change something that TensorFlow does not."""
        changed = changed_by(self.python_function)
        if changed is not None:
            raise NotInThisPage(
                f"Calling a tf.function again that changes `{changed}`, as TensorFlow would not,"
            )

    def __get__(self, instance: object, owner: type | None = None) -> Function:
        if instance is None:
            return self
        found = Function(self.python_function, instance)
        found._traced = self._traced
        return found

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotInThisPage(f"{name} of a tf.function")


def _signature(given: object) -> object:
    """Return what TensorFlow compiles once for: types and shapes of tensors, and other values."""
    if isinstance(given, (list, tuple)):
        return type(given), tuple(_signature(each) for each in given)
    if isinstance(given, dict):
        return dict, tuple((key, _signature(given[key])) for key in sorted(given))
    if isinstance(given, Valued) and not hasattr(given, "_read"):
        return given._array.shape, given._dtype.name
    if given is None or isinstance(given, (bool, int, float, str, bytes)):
        return type(given), given
    return id(given)


def _argument(value: object) -> object:
    return convert(value) if isinstance(value, (np.ndarray, np.generic)) else value


def _returned(value: object) -> object:
    if isinstance(value, (bool, int, float, np.ndarray, np.generic, str, bytes, TensorShape)):
        return convert(value)
    return convert(value) if hasattr(value, "_read") else value


def function(
    func: Callable[..., object] | None = None,
    input_signature: object = None,
    autograph: bool = True,
    jit_compile: bool | None = None,
    reduce_retracing: bool = False,
    experimental_implements: object = None,
    experimental_autograph_options: object = None,
    experimental_attributes: object = None,
    experimental_relax_shapes: bool | None = None,
    experimental_compile: bool | None = None,
    experimental_follow_type_hints: bool | None = None,
) -> Function | Callable[[Callable[..., object]], Function]:
    """Return a function that TensorFlow would compile, or what makes one of a function."""
    refuse(
        "tf.function",
        input_signature=(input_signature, None),
        experimental_implements=(experimental_implements, None),
        experimental_attributes=(experimental_attributes, None),
    )
    return Function if func is None else Function(func)


def print_tensors(
    *inputs: object,
    output_stream: object = None,
    end: str = "\n",
    sep: str = " ",
    summarize: int = 3,
    name: str | None = None,
) -> None:
    """Write tensors and texts, by default to the stream of errors (``tf.print``)."""
    out = sys.stderr if output_stream is None else output_stream
    if isinstance(out, Sink):
        out = out.stream
    if not hasattr(out, "write"):
        raise NotInThisPage(f"output_stream={output_stream!r} of tf.print")
    out.write(sep.join(_shown(each, summarize) for each in inputs) + end)  # type: ignore[union-attr]


def _shown(value: object, summarize: int) -> str:
    """Return the text that TensorFlow's printing kernel writes."""
    if isinstance(value, Valued):
        array = value._array
        return _rows(array, summarize) if array.ndim else _cell(array[()])
    if isinstance(value, (list, tuple, dict)):
        return pprint.pformat(map_nest(lambda each: _inner(each, summarize), value))
    return value if isinstance(value, str) else repr(value)


class _Text(str):
    """A text that is shown without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _inner(value: object, summarize: int) -> object:
    return _Text(_shown(value, summarize)) if isinstance(value, Valued) else value


def _number(item: object) -> str:
    if isinstance(item, (bool, np.bool)):
        return "1" if item else "0"
    if isinstance(item, np.floating):
        few, many = (15, 17) if item.dtype == np.float64 else (6, 9)
        text = f"{float(item):.{few}g}"
        with np.errstate(all="ignore"):
            same = item.dtype.type(text) == item or np.isnan(item)
            if item.dtype == np.float16:
                same = np.float32(text) == np.float32(item)
        return text if same else f"{float(item):.{many}g}"
    return str(item)


def _rows(array: np.ndarray, summarize: int, depth: int = 1) -> str:
    n = len(array)
    cut = n > 2 * summarize >= 0
    picked = [*range(summarize), *range(n - summarize, n)] if cut else list(range(n))
    deeper = array.ndim > 1
    parts = [_rows(array[i], summarize, depth + 1) if deeper else _cell(array[i]) for i in picked]
    if cut:
        parts.insert(summarize, "...")
    between = "\n" * (array.ndim - 1) + " " * depth if deeper else " "
    return "[" + between.join(parts) + "]"


def _cell(item: object) -> str:
    return f'"{item.decode()}"' if isinstance(item, bytes) else _number(item)


def executing_eagerly() -> bool:
    """Return whether the code is not in a function that TensorFlow would compile."""
    return not tracing()


def get_static_value(tensor: object, partial: bool = False) -> object:
    """Return the value of a tensor."""
    return tensor.numpy() if isinstance(tensor, Valued) else None


def cond(
    pred: object,
    true_fn: Callable[[], object] | None = None,
    false_fn: Callable[[], object] | None = None,
    name: str | None = None,
) -> object:
    """Return what one of two functions returns."""
    for what, fn in (("true_fn", true_fn), ("false_fn", false_fn)):
        if not callable(fn):
            raise TypeError(f"'{what}' must be callable.")
    chosen = true_fn if bool(convert(pred)) else false_fn
    return chosen()  # type: ignore[misc]


def while_loop(
    cond: Callable[..., object],
    body: Callable[..., object],
    loop_vars: object,
    shape_invariants: object = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    maximum_iterations: object = None,
    name: str | None = None,
) -> object:
    """Apply `body` to the loop's variables as long as `cond` holds."""
    values = list(loop_vars) if isinstance(loop_vars, (list, tuple)) else [loop_vars]
    left = -1 if maximum_iterations is None else int(to_array(maximum_iterations))
    while left != 0 and bool(cond(*values)):
        found = body(*values)
        values = list(found) if isinstance(found, (list, tuple)) else [found]
        left -= 1
    return (
        tuple(values)
        if isinstance(loop_vars, tuple)
        else values
        if isinstance(loop_vars, list)
        else values[0]
    )


@contextmanager
def name_scope(name: str) -> Iterator[str]:
    """Give operations inside a name, which nothing shows here."""
    yield f"{name}/"


@contextmanager
def device(device_name: object) -> Iterator[None]:
    """Run on a device: here there is one."""
    yield


@contextmanager
def control_dependencies(control_inputs: object) -> Iterator[None]:
    """Run what is inside afterwards, as Python does anyway."""
    yield


@contextmanager
def init_scope() -> Iterator[None]:
    """Run what is inside at once, as everything is here."""
    yield


def group(*inputs: object, **kwargs: object) -> None:
    """Do nothing: the operations were done when they were called."""

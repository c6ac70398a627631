"""What Keras adds to the message of an error in the ``call`` of a layer."""

from __future__ import annotations

import inspect
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .._absent import NotInThisPage
from .._tape import map_nest
from .._tensor import Valued
from ..errors import OpError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def explained(
    layer: object,
    call: Callable[..., object],
    arguments: tuple[object, ...],
    named: dict[str, object],
) -> Iterator[None]:
    """Raise an error inside again, with the layer and the arguments in its message."""
    try:
        yield
    except Exception as error:
        if getattr(error, "_keras_call_info_injected", False) or isinstance(error, NotInThisPage):
            raise
        raise _with_arguments(error, layer, call, arguments, named) from error


def _with_arguments(
    error: Exception,
    layer: object,
    call: Callable[..., object],
    arguments: tuple[object, ...],
    named: dict[str, object],
) -> Exception:
    who = f"{type(layer).__name__}.call()"
    said = error.message if isinstance(error, OpError) else error.args[0] if error.args else ""
    listed = "\n".join(f"  • {name}={value}" for name, value in _received(call, arguments, named))
    message = (
        f"Exception encountered when calling {who}.\n\n\x1b[1m{said}\x1b[0m\n\n"
        f"Arguments received by {who}:\n{listed}"
    )
    if isinstance(error, OpError):
        made: Exception = type(error)(error.node_def, error.op, message)
    else:
        try:
            made = type(error)(message)
        except TypeError:
            made = RuntimeError(message)
    made._keras_call_info_injected = True  # type: ignore[attr-defined]
    return made


def _received(
    call: Callable[..., object], arguments: tuple[object, ...], named: dict[str, object]
) -> list[tuple[str, object]]:
    signature = inspect.signature(call)
    try:
        bound = signature.bind(*arguments, **named).arguments
    except TypeError:
        return []
    return [
        (name, map_nest(_shown, bound[name]) if name in bound else parameter.default)
        for name, parameter in signature.parameters.items()
    ]


def _shown(value: object) -> object:
    if isinstance(value, Valued):
        return f"tf.Tensor(shape={value.shape}, dtype={value._dtype.name})"  # type: ignore[attr-defined]
    return value

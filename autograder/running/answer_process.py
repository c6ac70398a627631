"""Run a learner's answers in a process of their own, and reply to the checks' requests with data.

The process holds the learner's code, which may have changed anything in this module. So replies are
only values for the check runner to compare; nothing that they claim is believed.
"""

from __future__ import annotations

import importlib
import itertools
import linecache
import random
import socket
import sys
import traceback
import types
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from collections import UserString, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

from autograder.exceptions import CodecError
from autograder.format.magics import translate_magics
from autograder.running.codec import Decoder, Encoder, Packet, receive_packet, send_packet
from autograder.running.host import imitate_host
from autograder.running.keras_objects import (
    Parts,
    Shared,
    is_keras_object,
    rebuild,
    take_apart,
    update,
)
from autograder.running.shell import (
    NoShell,
    display,
    imitate_shell,
    open_event_loop,
    run_to_end,
)
from autograder.sandbox.confine import confine_process
from autograder.sandbox.output import discard_output

if TYPE_CHECKING:
    from collections.abc import Sequence

# Each subclass becomes the first of these that it is derived from.
_PLAIN_TYPES: tuple[tuple[Any, Callable[[Any], object]], ...] = (
    *((kind, kind) for kind in (tuple, list, dict, bool, int, float, complex)),
    (str, str.__str__),
    *((kind, kind) for kind in (bytes, bytearray, set, frozenset, deque, Fraction, Decimal)),
    *((Mapping, dict), (AbstractSet, set), (UserString, str), (memoryview, bytes)),
)
ANSWER_FILE = "<answer {}>"
SET_UP_FILE = "<set-up>"


def serve_confined(payload: Mapping[str, object], fds: Sequence[int]) -> None:
    """Confine this process, then reply to the check runner's requests on the socket ``fds[0]``.

    Parameters
    ----------
    payload, fds
        ``payload`` and ``fds[1]`` come from :class:`autograder.sandbox.isolation.Watch`.
    """
    open_event_loop()
    confine_process(payload, fds[1])
    imitate_host()
    serve_trusted({}, fds[:1])


def serve_trusted(_payload: Mapping[str, object], fds: Sequence[int]) -> None:
    """Reply to requests on the socket ``fds[0]``, unconfined, until the other side closes it.

    For answers of the author's, which need no sandbox.
    """
    discard_output()
    with socket.socket(fileno=fds[0]) as channel:
        learner = _AnswerNamespace()
        while True:
            try:
                request = receive_packet(channel)
            except EOFError:
                return
            try:
                send_packet(channel, learner.reply(request))
            except CodecError as error:
                send_packet(channel, Packet(_describe_exception(error)))


def seed_everything(seed: int) -> None:
    """Seed the random generators of Python, and of NumPy and TensorFlow where they are loaded."""
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed)
    if "tensorflow" in sys.modules:
        sys.modules["tensorflow"].keras.utils.set_random_seed(seed)


def run_cell(source: str, name: str, names: dict[str, Any]) -> None:
    """Run a notebook cell in a namespace.

    Parameters
    ----------
    source
        The code of the cell; magics do nothing or raise, and it may ``await``.
    name
        The file name that its tracebacks show, by which lines of answers and checks are found.
    names
        The namespace; the cell's own names are added.
    """
    names.setdefault("get_ipython", partial(NoShell, names))
    names.setdefault("display", display)
    python = translate_magics(source)
    name = _remember_source(python, name)
    code = compile(python, name, "exec", PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    run_to_end(eval(code, names))  # noqa: S307 - running cells is the point


def _remember_source(python: str, name: str) -> str:
    """Put code where AutoGraph and ``inspect`` look for it; return the name that it has there."""
    # Set-up cells are called alike, and each is to be found.
    number = sum(known.startswith(name.removesuffix(">")) for known in linecache.cache)
    name = f"{name.removesuffix('>')} {number + 1}>" if name in linecache.cache else name
    linecache.cache[name] = (len(python), None, python.splitlines(keepends=True), name)
    return name


def failing_answer_line(error: BaseException) -> int | None:
    """Return the last line of an answer in the traceback of ``error``; None if there is none."""
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith("<answer ")
    ]
    if isinstance(error, SyntaxError) and (error.filename or "").startswith("<answer "):
        lines.append(error.lineno)
    return lines[-1] if lines else None


class _AnswerNamespace:
    """The names that the answers bound, and the objects for which the checks hold handles."""

    def __init__(self) -> None:
        # What answers define is found under the name that it has in a notebook.
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        self._names: dict[str, Any] = vars(module)
        imitate_shell(self._names)
        self._objects: list[object] = []
        self._numbers: dict[int, int] = {}
        self._shared = Shared()
        self._passed: list[object] = []
        self._raised: dict[int, BaseException] = {}
        self._requests: dict[str, Callable[..., object]] = {
            "set up": lambda source: run_cell(source, SET_UP_FILE, self._names),
            "answer": self._run_answer,
            "name": self._names.__getitem__,
            "names": lambda: list(self._names),
            "seed": seed_everything,
            "call": lambda function, args, kwargs: function(*args, **kwargs),
            "attribute": getattr,
            "item": lambda value, key: value[key],
            "iterate": lambda value: (item for item in value),
            "draw": self._draw,
            "length": len,
            "data": _as_plain_data,
            "import": _import_by_name,
        }

    def reply(self, request: Packet) -> Packet:
        """Do what ``request`` asks and return the value, or what was raised."""
        try:
            self._passed.clear()
            asked = Decoder(request.buffers, self).decode(request.body["args"])
            value = self._requests[request.body["do"]](*asked)
            encoder = Encoder(self)
            passed = [encoder.encode(each) for each in self._passed]
            return Packet({"passed": passed, "value": encoder.encode(value)}, encoder.buffers)
        except BaseException as error:  # noqa: BLE001 - whatever a learner raises is an answer
            return Packet(_describe_exception(error))

    def encode_handle(self, value: object) -> dict[str, Any]:
        if is_keras_object(value):
            return self._encode_keras(value)
        return {"t": "handle", "n": self._number_of(value), "type": type(value).__name__}

    def _encode_keras(self, value: object) -> dict[str, Any]:
        """Return the node of a Keras object: its parts, or a handle where it has parts of its own.

        Of an object of which the checks have a twin they get to know what has become of it.
        """
        shared = self._shared.number_of(value)
        number = self._number_of(value) if shared is None else shared
        node = {"t": "keras", "n": number, "type": type(value).__name__}
        parts = take_apart(value)
        if parts is None and shared is not None:
            parts = take_apart(value, compiled=False) or Parts("", [])
        if parts is None:
            return node | {"t": "handle"}
        self._shared.add(number, value)
        return node | {"config": parts.config, "weights": parts.weights}

    def decode_keras(self, node: dict[str, Any], weights: Sequence[Any], _path: str) -> object:
        number, parts = node["n"], Parts(node["config"], weights)
        if number in self._shared:
            update(self._shared[number], parts)
        else:
            self._shared.add(number, rebuild(parts))
        self._passed.append(self._shared[number])
        return self._shared[number]

    def _number_of(self, value: object) -> int:
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = len(self._objects)
            # Kept for good: an `id` may be given again once its object is gone.
            self._objects.append(value)
        return number

    def encode_iterator(self, value: object) -> dict[str, Any]:
        return self.encode_handle(value) | {"t": "iterator"}

    def decode_iterator(self, node: dict[str, Any], path: str) -> object:
        return self.decode_handle(node, path)

    def decode_handle(self, node: dict[str, Any], _path: str) -> object:
        return self._objects[node["n"]]

    def _draw(self, iterator: Iterator[object], count: int) -> list[object]:
        """Return the next items; what is raised behind them is raised by the next request."""
        items: list[object] = []
        if id(iterator) in self._raised:
            raise self._raised.pop(id(iterator))
        try:
            items.extend(itertools.islice(iterator, count))
        except BaseException as error:
            if not items:
                raise
            self._raised[id(iterator)] = error
        return items

    def _run_answer(self, source: str, grade_id: str) -> None:
        run_cell(source, ANSWER_FILE.format(grade_id), self._names)


def _as_plain_data(value: Any) -> object:  # noqa: ANN401 - any object
    """Return the plain value of a subclass, a named tuple, a variable or an array-like."""
    tf = sys.modules.get("tensorflow")
    if tf is not None and isinstance(value, tf.Variable | tf.keras.Variable):
        return tf.convert_to_tensor(value)
    for kind, plain in _PLAIN_TYPES:
        if isinstance(value, kind):
            return plain(value)
    if hasattr(value, "toarray"):  # a sparse matrix
        value = value.toarray()
    if isinstance(value, Iterable) and not hasattr(value, "__array__"):
        return (item for item in value) if isinstance(value, Iterator) else [*value]
    array = importlib.import_module("numpy").array(value)
    return array.tolist() if array.dtype.kind == "T" else array  # texts of any length


def _import_by_name(module: str, qualified_name: str) -> object:
    value: object = importlib.import_module(module)
    for part in qualified_name.split("."):
        value = getattr(value, part)
    return value


def _describe_exception(error: BaseException) -> dict[str, Any]:
    """Return the names of an exception's classes and the learner's line, never its message."""
    names = [base.__name__ for base in type(error).__mro__]
    limit = error.limit if isinstance(error, CodecError) else ""
    return {"raised": names, "line": failing_answer_line(error), "limit": limit}

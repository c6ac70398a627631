"""Stand in, beside the checks, for what the learner's process holds.

A :class:`LearnerSession` sends requests to that process and decodes the replies: data, or a
:class:`Handle` for an object that is no data.
"""

from __future__ import annotations

import builtins
import functools
import sys
from collections import deque
from collections.abc import Iterator, Mapping, ValuesView
from collections.abc import Set as AbstractSet
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from autograder.exceptions import CodecError
from autograder.running.codec import (
    LIMITS,
    MAX_NODES,
    Decoder,
    Encoder,
    Packet,
    receive_packet,
    send_packet,
)
from autograder.running.keras_objects import (
    Parts,
    Shared,
    is_keras_object,
    rebuild,
    take_apart,
    update,
)
from autograder.running.transcript import Opaque, summarise_reply

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Collection, Sequence

_ORIGIN_STEPS = MappingProxyType(
    {"call": "()", "attribute": ".", "item": "[]", "length": "#", "iterate": "", "draw": ""}
)
_DRAWN_AT_FIRST, _DRAWN_AT_MOST = 16, 1024  # items of an iterator, in one request
# What to give instead of an object, by its type. A name of the learner's own is never shown.
_REMEDIES = MappingProxyType(
    {
        "function": "a function: call it, and give what it returns",
        "method": "a method: call it, and give what it returns",
        "builtin_function_or_method": "a function: call it, and give what it returns",
        "type": "a class: give an object of it, or its values",
        "module": "a module: give a value",
        "coroutine": "a coroutine: `await` it, and give what it returns",
        "async_generator": "an asynchronous generator: give `[item async for item in ...]`",
        "PosixPath": "a path: give `str(path)`",
        "RaggedTensor": "a ragged tensor: give its `to_list()`",
        "SparseTensor": "a sparse tensor: give `tf.sparse.to_dense(...)`",
        "KerasTensor": "a symbolic tensor, which has no values yet: call the model on data",
        "SymbolicTensor": "a symbolic tensor, which has no values yet: call the model on data",
        "Sequential": "a model: give what it computes",
        "Functional": "a model: give what it computes",
        "Dense": "a layer: give what it computes",
        "History": "a training history: give its `history`, or the numbers asked for",
        "Dataset": "a dataset: give `list(dataset.as_numpy_iterator())`",
    }
)


_PASSED = "<passed>"  # the place of an object that a request passed
_OWN_LAYERS = "a model into which your code has put a layer of a class of its own: leave its layers"


class LearnerRaised(Exception):  # noqa: N818 - it reports what the learner's code did
    """The learner's code raised.

    The class of each instance is also derived from the built-in classes of what was raised, so that
    a check can catch it as such.
    """

    exception_name = ""
    line: int | None = None
    limit = ""


class NotData(TypeError):  # noqa: N818 - it says what the learner gave
    """The learner gave an object where the solution gives data; ``remedy`` says what to give."""

    def __init__(self, remedy: str = "") -> None:
        super().__init__(remedy)
        self.remedy = remedy


class LearnerLost(BaseException):
    """The learner's process has ended, or sends what is no reply.

    Not derived from ``Exception``, so that no check catches it by mistake.
    """


class LearnerSession:
    """Sends requests to the learner's process, and records the replies to the present check.

    Parameters
    ----------
    channel
        The socket to the learner's process.
    lines
        The number of lines of the longest answer.
    """

    def __init__(self, channel: socket.socket, lines: int = 0) -> None:
        self._channel = channel
        self._lines = lines
        self._handles: dict[int, Handle] = {}
        self._iterators: dict[int, LearnerIterator] = {}
        self._shared = Shared()
        self._passed: set[int] = set()
        self._unknown = ""
        self._origin = ""
        self.object_origins: Collection[str] | None = None
        self.transcript: list[object] = []
        self.origins: set[str] = set()

    def begin_check(self, object_origins: Collection[str] | None) -> None:
        """Clear the record for the next check.

        Parameters
        ----------
        object_origins
            Where handles may come from in this check; None: anywhere.
        """
        self.object_origins = object_origins
        self.transcript.clear()
        self.origins.clear()

    def request(self, do: str, *args: object) -> Any:  # noqa: ANN401 - any data at all
        """Have the learner's process do ``do`` and return its reply, or raise what it raised."""
        self._origin = _describe_origin(do, args)
        self._passed.clear()
        self._unknown = ""
        encoder = Encoder(self)
        packet = Packet({"do": do, "args": encoder.encode(list(args))}, encoder.buffers)
        reply, value = self._send_and_receive(packet)
        if "raised" in reply.body:
            error = _exception_from_reply(reply.body, self._lines)
            self.transcript.append(["raised", error.exception_name])
            raise error
        # Raised here and not while decoding, which takes each error for a forged packet.
        if self._unknown:
            raise NotData(self._unknown)
        self.transcript.append(summarise_reply(value))
        return value

    def _send_and_receive(self, packet: Packet) -> tuple[Packet, object]:
        """Send a packet and decode the reply; a value too large to send raises in the check."""
        try:
            send_packet(self._channel, packet)
        except OSError as error:
            raise LearnerLost from error
        try:
            reply = receive_packet(self._channel)
            if "raised" in reply.body:
                return reply, None
            decoder = Decoder(reply.buffers, self)
            # What the learner's code made of the Keras objects that it was given.
            for node in reply.body.get("passed", []):
                changed = decoder.decode(node, path=_PASSED)
                self.transcript.append(["passed", summarise_reply(changed)])
            return reply, decoder.decode(reply.body.get("value"))
        except (EOFError, OSError, CodecError) as error:
            raise LearnerLost from error

    def import_on_learner_side(self, constructor: Callable[..., Any]) -> Callable[..., Any]:
        """Return a handle for an importable function or class in the learner's process."""
        made: Callable[..., Any] = self.request(
            "import", constructor.__module__, constructor.__qualname__
        )
        return made

    def encode_handle(self, value: object) -> dict[str, Any]:
        """Return the node of a handle that is passed back; raise for any other object."""
        if is_keras_object(value):
            return self._encode_keras(value)
        if not isinstance(value, Handle | LearnerIterator):
            raise TypeError(
                f"a check passed a {type(value).__name__}, which is not data; make it with "
                "on_learner_side(...)"
            )
        return {"t": "handle", "n": value._number}  # noqa: SLF001 - a handle has no public names

    def _encode_keras(self, value: object) -> dict[str, Any]:
        parts = take_apart(value) or take_apart(value, compiled=False)
        if parts is None:
            raise TypeError(
                f"a check passed a {type(value).__name__} with a part of its own making; make it "
                "with on_learner_side(...)"
            )
        number = self._shared.number_of(value)
        number = self._shared.add_new(value) if number is None else number
        self._passed.add(number)
        return {"t": "keras", "n": number, "config": parts.config, "weights": parts.weights}

    def decode_keras(self, node: dict[str, Any], weights: Sequence[Any], path: str) -> object:
        """Return the twin of a Keras object, rebuilt here, or a handle where that cannot be."""
        number, parts = int(node["n"]), Parts(str(node["config"]), weights)
        if path == _PASSED:
            return self._update_passed(number, parts)
        origin = self._origin + path
        known = number in self._shared
        allowed = self.object_origins is None or origin in self.object_origins
        # One of the checks' own objects (below 0) is no answer unless it was given to be changed.
        if not allowed or (number < 0 and number not in self._passed):
            return self.decode_handle(node, path)
        try:
            if known:
                update(self._shared[number], parts)
            else:
                self._shared.add(number, rebuild(parts))
                self._send_calls_with_handles()
        except ValueError:
            return self.decode_handle(node, path)
        self.origins.add(origin)
        return self._shared[number]

    def _send_calls_with_handles(self) -> None:
        """Have layers that are called with a handle, such as a symbolic input, called over there.

        This process is the checks' own, and ends with them.
        """
        layer: Any = sys.modules["keras"].layers.Layer
        call_here = layer.__call__
        if getattr(call_here, "session", None) is self:
            return

        @functools.wraps(call_here)
        def call(layer: object, *args: object, **kwargs: object) -> object:
            if any(map(_holds_handle, (*args, *kwargs.values()))):
                return self.request("call", layer, list(args), kwargs)
            return call_here(layer, *args, **kwargs)

        call.session = self  # type: ignore[attr-defined]
        layer.__call__ = call

    def _update_passed(self, number: int, parts: Parts) -> object:
        """Make an object that was passed what the learner's code has made of it."""
        # Only what this request lent may come back changed.
        if number not in self._passed:
            raise ValueError(number)
        if parts.config:
            update(self._shared[number], parts)
        else:
            self._unknown = _OWN_LAYERS
        return self._shared[number]

    def decode_handle(self, node: dict[str, Any], path: str) -> object:
        """Return the handle for an object, or its data where the solution gives data."""
        number, origin = int(node["n"]), self._origin + path
        if self.object_origins is None or origin in self.object_origins:
            self.origins.add(origin)
            return self._handles.setdefault(number, Handle(self, number, origin))
        return self._as_data(Handle(self, number, None, _remedy(node.get("type"))))

    def encode_iterator(self, value: object) -> dict[str, Any] | None:
        """Return None: what a check passes is drawn at once, since nobody asks for more later."""

    def decode_iterator(self, node: dict[str, Any], path: str) -> object:
        """Return an iterator that draws its items from the learner's process."""
        number = int(node["n"])
        made = LearnerIterator(self, number, self._origin + path)
        # One for each, with what it has drawn: the next check goes on where this one stopped.
        return self._iterators.setdefault(number, made)

    def _as_data(self, handle: Handle) -> object:
        """Return an object as data; a handle with which nothing can be done if it cannot be."""
        encoder = Encoder(self)
        packet = Packet({"do": "data", "args": encoder.encode([handle])}, encoder.buffers)
        # Let handles in the reply decode, to see below whether there are any.
        object_origins, self.object_origins = self.object_origins, None
        try:
            reply, value = self._send_and_receive(packet)
        finally:
            self.object_origins = object_origins
        return handle if "raised" in reply.body or _holds_handle(value) else value


def _describe_origin(do: str, args: Sequence[object]) -> str:
    """Return the expression by which a check got a reply, to compare it with another run's."""
    if do == "name":
        return str(args[0])
    if do == "import":
        return ".".join(map(str, args))
    first = args[0] if args else None
    before = first._origin if isinstance(first, Handle | LearnerIterator) else ""  # noqa: SLF001 - ours
    return f"{before}{_ORIGIN_STEPS.get(do, do)}" + (str(args[1]) if do == "attribute" else "")


def _holds_handle(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_handle, [*value.keys(), *value.values()]))
    if isinstance(value, np.ndarray):
        return value.dtype.hasobject and any(map(_holds_handle, value.ravel()))
    if isinstance(value, list | tuple | AbstractSet | ValuesView | deque):
        return any(map(_holds_handle, value))
    return isinstance(value, Handle)


def _remedy(type_name: object) -> str:
    name = type_name if isinstance(type_name, str) else ""
    return _REMEDIES.get("Dataset" if name.endswith("Dataset") else name, "")


class Handle(Opaque):
    """Stands for an object in the learner's process. What it says of itself is a claim, no proof.

    Where the solution gives data, a handle has no origin, and whatever is done with it raises:
    checks rely on what arrays, tensors and lists cannot do, such as contradict themselves.
    """

    __slots__ = ("_number", "_origin", "_remedy", "_session")

    def __init__(
        self, session: LearnerSession, number: int, origin: str | None, remedy: str = ""
    ) -> None:
        self._session = session
        self._number = number
        self._origin = origin
        self._remedy = remedy

    def _request(self, do: str, *args: object) -> Any:  # noqa: ANN401 - any data at all
        if self._origin is None:
            raise NotData(self._remedy)
        return self._session.request(do, self, *args)

    def __call__(self, *args: object, **kwargs: object) -> object:
        """Call the object in the learner's process, with copies of the arguments."""
        return self._request("call", list(args), kwargs)

    def __getattr__(self, name: str) -> object:
        """Return an attribute of the object: data, or another handle."""
        # NumPy, copy and pickle look for such names, and would be answered from over there.
        if name.startswith("__"):
            raise AttributeError(name)
        return self._request("attribute", name)

    def __getitem__(self, key: object) -> object:
        """Return an item of the object: data, or another handle."""
        return self._request("item", key)

    def __iter__(self) -> Iterator[object]:
        """Return an iterator over the object that draws from the learner's process."""
        iterator: Iterator[object] = self._request("iterate")
        return iter(iterator)

    def __len__(self) -> int:
        """Return the length that the object gives."""
        return int(self._request("length"))

    def __bool__(self) -> bool:
        """Raise ``TypeError``: that an object exists proves nothing."""
        raise TypeError("a check asked whether an object is true; ask for data and compare that")


class LearnerIterator(Opaque):
    """Draws the items of an iterator in the learner's process, some at a time."""

    __slots__ = ("_drawn", "_items", "_number", "_origin", "_session", "_total")

    def __init__(self, session: LearnerSession, number: int, origin: str) -> None:
        self._session = session
        self._number = number
        self._origin = origin
        self._items: deque[object] = deque()
        self._drawn = _DRAWN_AT_FIRST
        self._total: int | None = 0

    def __iter__(self) -> LearnerIterator:
        return self

    def __next__(self) -> object:
        if not self._items and self._total is not None:
            self._draw()
        if not self._items:
            raise StopIteration
        return self._items.popleft()

    def _draw(self) -> None:
        items = self._session.request("draw", self, self._drawn)
        if type(items) is not list:
            raise LearnerLost
        if not items and self._total:
            self._session.transcript.pop()  # that there is no more, which is nothing empty
        self._items.extend(items)
        self._total = None if len(items) < self._drawn else (self._total or 0) + len(items)
        if self._total is not None and self._total > MAX_NODES:
            raise LearnerRaised
        self._drawn = min(2 * self._drawn, _DRAWN_AT_MOST)


def _exception_from_reply(body: Mapping[str, Any], lines: int) -> LearnerRaised:
    """Return an exception that a check can catch as what the learner's code raised.

    Its line is a claim like everything else: a number beyond the answer's lines could be a message.
    """
    # A forged reply may hold anything in any of these places.
    names = body["raised"] if isinstance(body["raised"], list) else []
    error = _make_catchable(names)
    error.exception_name = public_exception_name(names)
    line = body.get("line")
    error.line = line if type(line) is int and 1 <= line <= lines else None
    limit = body.get("limit")
    error.limit = limit if isinstance(limit, str) and limit in LIMITS else ""
    return error


def _make_catchable(names: Sequence[object]) -> LearnerRaised:
    """Return an exception derived from as many of the built-in classes ``names`` as can be."""
    found = [getattr(builtins, name, None) for name in names if isinstance(name, str)]
    bases = [b for b in found if isinstance(b, type) and issubclass(b, Exception)]
    # Some built-in classes cannot be bases together: fewer of them, the nearest first.
    for count in range(len(bases), 0, -1):
        with suppress(TypeError):
            made: type[LearnerRaised] = type("LearnerRaised", (LearnerRaised, *bases[:count]), {})
            return made.__new__(made)
    return LearnerRaised()


def public_exception_name(names: Sequence[object]) -> str:
    """Return the first of ``names`` that is an exception of Python's or TensorFlow's own.

    Learners choose the names of their own classes, and could write into one what they saw.
    """
    tf = sys.modules.get("tensorflow")
    known = [vars(builtins), vars(tf.errors) if tf else {}]
    found = (name for name in names if isinstance(name, str) and any(name in k for k in known))
    return next(found, "an exception")

"""Stand-ins: how a check reaches what the learner's process holds.

A :class:`Session` sends requests to that process and decodes the replies. What comes back is data,
or a :class:`Handle` for an object that is none.
"""

from __future__ import annotations

import builtins
import sys
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from autograder.exceptions import CodecError
from autograder.running.codec import Decoder, Encoder, Packet, receive, send
from autograder.running.transcript import Opaque, summary

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Collection, Mapping, Sequence

_STEPS = MappingProxyType({"call": "()", "attribute": ".", "item": "[]", "length": "#"})


class LearnerRaised(Exception):  # noqa: N818 - it reports what the learner's code did
    """The learner's code raised; made beside a built-in base so that checks may catch that."""

    kind = ""
    line: int | None = None


class NotData(TypeError):  # noqa: N818 - it says what the learner gave
    """The learner gave an object where the exercise's solution gives data."""


class LearnerLost(BaseException):
    """The learner's process is gone, or no longer speaks the protocol; not for a check to catch."""


class Session:
    """Asks the learner's process, and keeps what it replied during the present check.

    Parameters
    ----------
    channel
        The socket to the learner's process.
    lines
        How many lines the longest answer has.

    """

    def __init__(self, channel: socket.socket, lines: int = 0) -> None:
        self._channel = channel
        self._lines = lines
        self._handles: dict[int, Handle] = {}
        self._origin = ""
        self.usable: Collection[str] | None = None
        self.transcript: list[object] = []
        self.origins: set[str] = set()

    def begin(self, usable: Collection[str] | None) -> None:
        """Begin a check, in which handles of these origins only may be used; None: of any."""
        self.usable = usable
        self.transcript.clear()
        self.origins.clear()

    def ask(self, do: str, *args: object) -> Any:  # noqa: ANN401 - any data at all
        """Have the learner's side do ``do``; raises what the learner's code raised."""
        self._origin = _origin(do, args)
        encoder = Encoder(self)
        packet = Packet({"do": do, "args": encoder.encode(list(args))}, encoder.buffers)
        reply, value = self._exchange(packet)
        if "raised" in reply.body:
            error = _as_exception(reply.body, self._lines)
            self.transcript.append(["raised", error.kind])
            raise error
        self.transcript.append(summary(value))
        return value

    def _exchange(self, packet: Packet) -> tuple[Packet, object]:
        """Send what the check asks, and read the reply; a value too large is the check's error."""
        try:
            send(self._channel, packet)
        except OSError as error:
            raise LearnerLost from error
        try:
            reply = receive(self._channel)
            if "raised" in reply.body:
                return reply, None
            return reply, Decoder(reply.buffers, self).decode(reply.body.get("value"))
        except (EOFError, OSError, CodecError) as error:
            raise LearnerLost from error

    def import_(self, constructor: Callable[..., Any]) -> Callable[..., Any]:
        """Return the learner's side of an importable function or class."""
        made: Callable[..., Any] = self.ask(
            "import", constructor.__module__, constructor.__qualname__
        )
        return made

    def give(self, value: object) -> dict[str, Any]:
        """Pass a handle back; anything else that is not data is a mistake of the check."""
        if type(value) is not Handle:
            raise TypeError(
                f"a check passed a {type(value).__name__}, which is not data; make it with "
                "on_learner_side(...)"
            )
        return {"t": "handle", "n": value._number}  # noqa: SLF001 - a handle has no public names

    def take(self, node: dict[str, Any], path: str) -> object:
        """Return the one handle that stands for this object, or the data that it amounts to."""
        number, origin = int(node["n"]), self._origin + path
        if self.usable is None or origin in self.usable:
            self.origins.add(origin)
            return self._handles.setdefault(number, Handle(self, number, origin))
        return self._as_data(Handle(self, number, None))

    def _as_data(self, handle: Handle) -> object:
        """Ask for the data that an object amounts to; where it is none, it is of no use."""
        encoder = Encoder(self)
        packet = Packet({"do": "data", "args": encoder.encode([handle])}, encoder.buffers)
        usable, self.usable = self.usable, None
        try:
            reply, value = self._exchange(packet)
        finally:
            self.usable = usable
        return handle if "raised" in reply.body or _holds_handle(value) else value


def _origin(do: str, args: Sequence[object]) -> str:
    """Say how a check came by a reply, so that it can be compared with how another run did."""
    if do == "name":
        return str(args[0])
    if do == "import":
        return ".".join(map(str, args))
    first = args[0] if args else None
    before = first._origin if isinstance(first, Handle) else ""  # noqa: SLF001 - ours
    return f"{before}{_STEPS.get(do, do)}" + (str(args[1]) if do == "attribute" else "")


def _holds_handle(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_handle, [*value.keys(), *value.values()]))
    if isinstance(value, list | tuple):
        return any(map(_holds_handle, value))
    return isinstance(value, Handle)


class Handle(Opaque):
    """Stands for something on the learner's side. What it says of itself is a claim, no proof.

    Where the exercise's solution gives data, a handle has no origin and nothing can be done with
    it: checks rely on what arrays, tensors and lists cannot do, such as contradict themselves.
    """

    __slots__ = ("_number", "_origin", "_session")

    def __init__(self, session: Session, number: int, origin: str | None) -> None:
        self._session = session
        self._number = number
        self._origin = origin

    def _ask(self, do: str, *args: object) -> Any:  # noqa: ANN401 - any data at all
        if self._origin is None:
            raise NotData
        return self._session.ask(do, self, *args)

    def __call__(self, *args: object, **kwargs: object) -> object:
        """Call it over there, with copies of the arguments."""
        return self._ask("call", list(args), kwargs)

    def __getattr__(self, name: str) -> object:
        """Fetch an attribute from over there: data, or another handle."""
        if name.startswith("__"):
            raise AttributeError(name)
        return self._ask("attribute", name)

    def __getitem__(self, key: object) -> object:
        """Fetch an item from over there."""
        return self._ask("item", key)

    def __len__(self) -> int:
        """Ask for the length over there."""
        return int(self._ask("length"))

    def __bool__(self) -> bool:
        """Refuse: an object is not evidence."""
        raise TypeError("a check asked whether an object is true; ask for data and compare that")


def _as_exception(body: Mapping[str, Any], lines: int) -> LearnerRaised:
    """Make an exception that a check can catch by the built-in base of what the learner raised.

    The line is a claim as all the rest: a number beyond the answer's own would be a message.
    """
    names = body["raised"] if isinstance(body["raised"], list) else []
    error = _catchable(names)
    error.kind = public_name(names)
    line = body.get("line")
    error.line = line if type(line) is int and 1 <= line <= lines else None
    return error


def _catchable(names: Sequence[object]) -> LearnerRaised:
    """Make an exception with as many of the built-in bases called ``names`` as Python allows."""
    found = [getattr(builtins, name, None) for name in names if isinstance(name, str)]
    bases = [b for b in found if isinstance(b, type) and issubclass(b, Exception)]
    for count in range(len(bases), 0, -1):
        with suppress(TypeError):
            kind: type[LearnerRaised] = type("LearnerRaised", (LearnerRaised, *bases[:count]), {})
            return kind.__new__(kind)
    return LearnerRaised()


def public_name(names: Sequence[object]) -> str:
    """Return the first of a class's names that everybody knows.

    A learner chooses the name of a class of their own, and could write into it what they saw.
    """
    tf = sys.modules.get("tensorflow")
    known = [vars(builtins), vars(tf.errors) if tf else {}]
    found = (name for name in names if isinstance(name, str) and any(name in k for k in known))
    return next(found, "an exception")

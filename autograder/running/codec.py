"""Encode values as data, to send them between the learner's process and the check runner.

JSON holds the structure and raw bytes the numbers; nothing is pickled, since loading a pickle runs
code. What is not plain data (a Keras layer, a model, a function) stays in its process and is sent
as the number of a handle.
"""

from __future__ import annotations

import importlib
import json
import re
import struct
import sys
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from autograder.exceptions import CodecError

if TYPE_CHECKING:
    import socket

MAX_DEPTH = 32  # well below where Python's own recursion limit would end the check runner
MAX_NODES = 100_000
MAX_BYTES = 64 * 2**20
_MAX_HEADER = 16 * 2**20
_NUMERIC_KINDS = "biufc"
_NUMERIC_DTYPE = re.compile(r"^[<>|=]?[biufc][0-9]{1,2}$")
_TENSORFLOW_TYPES = MappingProxyType({"tfdtype": "as_dtype", "tensorshape": "TensorShape"})
_SIZES_PREFIX = struct.Struct("!II")
_MAX_BUFFERS = 4096  # each costs memory of its own, however short


class HandleCodec(Protocol):
    """Encodes an object that is not data as a handle, and returns the object of a handle."""

    def encode_handle(self, value: object) -> dict[str, Any]:
        """Return a node that describes ``value`` as a handle."""
        ...

    def decode_handle(self, node: dict[str, Any], path: str) -> object:
        """Return what the handle ``node`` stands for; ``path`` is its place in the whole value."""
        ...


@dataclass
class Packet:
    """One message: a JSON value, and the raw buffers to which it refers by number."""

    body: dict[str, Any]
    buffers: list[bytes] = field(default_factory=list)


def send_packet(channel: socket.socket, packet: Packet) -> None:
    """Send one packet.

    Raises
    ------
    CodecError
        When the packet exceeds the limits; nothing was sent.
    OSError
        When the connection is broken.
    """
    header = json.dumps({"body": packet.body, "sizes": [len(b) for b in packet.buffers]}).encode()
    total = sum(len(buffer) for buffer in packet.buffers)
    if len(header) > _MAX_HEADER or total > MAX_BYTES:
        raise CodecError(f"the value takes more than {MAX_BYTES >> 20} MiB to send")
    channel.sendall(_SIZES_PREFIX.pack(len(header), total) + header + b"".join(packet.buffers))


def receive_packet(channel: socket.socket) -> Packet:
    """Receive one packet, and check its sizes before anything is allocated for it.

    Raises
    ------
    CodecError
        For anything that is not a packet of ours.
    EOFError
        When the other side has closed the channel.
    """
    header_size, total = _SIZES_PREFIX.unpack(_receive_exactly(channel, _SIZES_PREFIX.size))
    if header_size > _MAX_HEADER or total > MAX_BYTES:
        raise CodecError("the packet is larger than a value may be")
    header, raw = _receive_exactly(channel, header_size), _receive_exactly(channel, total)
    try:
        message = json.loads(header)
        body, sizes = message["body"], message["sizes"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CodecError("the packet is not readable") from error
    if not isinstance(body, dict) or not _are_sizes(sizes) or sum(sizes) != total:
        raise CodecError("the packet does not add up")
    return Packet(body, _split_buffers(raw, sizes))


def _are_sizes(sizes: object) -> bool:
    if not isinstance(sizes, list) or len(sizes) > _MAX_BUFFERS:
        return False
    return all(type(size) is int and size >= 0 for size in sizes)


def _split_buffers(raw: bytes, sizes: list[int]) -> list[bytes]:
    buffers, start = [], 0
    for size in sizes:
        buffers.append(raw[start : start + size])
        start += size
    return buffers


def _receive_exactly(channel: socket.socket, size: int) -> bytes:
    parts, left = [], size
    while left:
        part = channel.recv(min(left, 2**20))  # never allocate what is only announced
        if not part:
            raise EOFError
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


class Encoder:
    """Encodes values as JSON nodes, and collects their bytes in ``buffers``."""

    def __init__(self, handles: HandleCodec) -> None:
        self.buffers: list[bytes] = []
        self._handles = handles
        self._nodes = 0
        self._size = 0

    def encode(self, value: Any, depth: int = 0) -> dict[str, Any]:  # noqa: ANN401 - any data
        """Return the node of ``value``.

        Raises
        ------
        CodecError
            When the value is nested too deep, too long or too large.
        """
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise CodecError(f"the value is nested more than {MAX_DEPTH} deep or too long")
        # Exact types: a subclass may override anything that is read below.
        value_type = type(value)
        if value is None or value_type in (bool, str):
            return {"t": "plain", "v": value}
        # Hexadecimal: Python limits the digits of a decimal int to 4,300.
        if value_type is int:
            return {"t": "int", "v": hex(value)}
        # Exact, inf and nan included, which JSON has not.
        if value_type is float:
            return {"t": "float", "v": value.hex()}
        if value_type in (list, tuple):
            nodes = [self.encode(item, depth + 1) for item in value]
            return {"t": value_type.__name__, "v": nodes}
        if value_type is dict:
            pairs = [
                [self.encode(key, depth + 1), self.encode(item, depth + 1)]
                for key, item in value.items()
            ]
            return {"t": "dict", "v": pairs}
        return self._encode_array(value, depth)

    def _encode_array(self, value: object, depth: int) -> dict[str, Any]:
        if type(value) is bytes:
            return {"t": "bytes", "b": self._add_buffer(value)}
        if type(value) is np.ndarray and _is_numeric(value.dtype):
            return self._encode_buffer("array", value)
        if isinstance(value, np.generic) and type(value) is value.dtype.type:
            return (
                self._encode_buffer("scalar", value)
                if _is_numeric(value.dtype)
                else self._encode_handle(value)
            )
        if type(value) is slice:
            parts = [self.encode(p, depth + 1) for p in (value.start, value.stop, value.step)]
            return {"t": "slice", "v": parts}
        if isinstance(value, np.dtype) and _is_numeric(value):
            return {"t": "dtype", "v": value.str}
        return self._encode_tensor(value) or self._encode_handle(value)

    def _encode_tensor(self, value: object) -> dict[str, Any] | None:
        """Return the node of a value of TensorFlow's own data types; None for any other."""
        tf = sys.modules.get("tensorflow")
        if tf is None:
            return None
        if isinstance(value, tf.dtypes.DType):
            return {"t": "tfdtype", "v": value.name}
        if isinstance(value, tf.TensorShape) and value.rank is not None:
            return {"t": "tensorshape", "v": value.as_list()}
        if not isinstance(value, tf.Tensor) or type(value).__name__ != "EagerTensor":
            return None
        # Not `value.numpy()`: an instance can carry a method of its own.
        array = np.asarray(type(value).numpy(value))
        return self._encode_buffer("tensor", array) if _is_numeric(array.dtype) else None

    def _encode_handle(self, value: object) -> dict[str, Any]:
        return self._handles.encode_handle(value)

    def _encode_buffer(self, name: str, array: np.ndarray[Any, Any] | np.generic) -> dict[str, Any]:
        data = np.ascontiguousarray(array).tobytes()
        return {
            "t": name,
            "dtype": array.dtype.str,
            "shape": list(array.shape),
            "b": self._add_buffer(data),
        }

    def _add_buffer(self, data: bytes) -> int:
        self._size += len(data)
        if self._size > MAX_BYTES:
            raise CodecError(f"the value holds more than {MAX_BYTES >> 20} MiB")
        if len(self.buffers) >= _MAX_BUFFERS:
            raise CodecError(f"the value holds more than {_MAX_BUFFERS} arrays, tensors or bytes")
        self.buffers.append(data)
        return len(self.buffers) - 1


class Decoder:
    """Decodes nodes that may be forged: every field is checked before it is used."""

    def __init__(self, buffers: list[bytes], handles: HandleCodec) -> None:
        self._buffers = buffers
        self._handles = handles
        self._nodes = 0

    def decode(self, node: object, depth: int = 0, path: str = "") -> Any:  # noqa: ANN401 - any
        """Return the value of ``node``.

        Raises
        ------
        CodecError
            For a node that no encoder writes, or one beyond the limits.
        """
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES or not isinstance(node, dict):
            raise CodecError("the value is nested too deep, or is no value at all")
        try:
            return self._decode(node, depth, path)
        except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
            raise CodecError("the value is not readable") from error

    def _decode(self, node: dict[str, Any], depth: int, path: str) -> object:
        """Decode a node. Items of a tuple have a path each, those of a list or dict share one."""
        name, value = node["t"], node.get("v")
        if name in ("array", "scalar", "tensor"):
            return self._decode_array(node)
        down, many = depth + 1, f"{path}*"
        if name == "list":
            return [self.decode(item, down, many) for item in _checked_list(value)]
        if name in ("tuple", "slice"):
            items = [
                self.decode(v, down, f"{path}/{n}") for n, v in enumerate(_checked_list(value))
            ]
            return slice(*items) if name == "slice" else tuple(items)
        if name == "dict":
            pairs = _checked_list(value)
            return {self.decode(k, down, many): self.decode(v, down, many) for k, v in pairs}
        if name == "handle":
            return self._handles.decode_handle(node, path)
        return self._decode_leaf(name, value, node)

    def _decode_leaf(self, name: str, value: Any, node: dict[str, Any]) -> object:  # noqa: ANN401
        if name == "plain" and (value is None or type(value) in (bool, str)):
            return value
        if name == "int":
            return int(value, 16)
        if name == "float":
            return float.fromhex(value)
        if name == "bytes":
            return self._buffers[_checked_index(node["b"])]
        return self._decode_type(name, value)

    def _decode_type(self, name: str, value: Any) -> object:  # noqa: ANN401
        if name == "dtype":
            return _checked_dtype(value)
        maker = _TENSORFLOW_TYPES[name]  # before the import, which takes seconds
        return getattr(_tensorflow(), maker)(value)

    def _decode_array(self, node: dict[str, Any]) -> object:
        dtype = _checked_dtype(node["dtype"])
        shape = tuple(_checked_index(size) for size in _checked_list(node["shape"]))
        array = np.frombuffer(self._buffers[_checked_index(node["b"])], dtype).reshape(shape).copy()
        if dtype.kind == "b":  # any other byte than 0 and 1 would be a truth of its own
            np.not_equal(array.view(np.uint8), 0, out=array)
        if node["t"] == "tensor":
            return _tensorflow().constant(array)
        return array[()] if node["t"] == "scalar" else array


def _tensorflow() -> Any:  # noqa: ANN401 - a module
    """Return TensorFlow: the other side has used it, and this one may not have imported it yet."""
    try:
        return importlib.import_module("tensorflow")
    except ImportError as error:
        raise CodecError("the value needs TensorFlow, which is not installed here") from error


def _is_numeric(dtype: np.dtype[Any]) -> bool:
    return dtype.kind in _NUMERIC_KINDS


def _checked_dtype(value: object) -> np.dtype[Any]:
    if not isinstance(value, str) or not _NUMERIC_DTYPE.match(value):
        raise ValueError(value)
    return np.dtype(value)


def _checked_list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _checked_index(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError
    return value

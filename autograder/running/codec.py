"""Encode values as data, to send them between the learner's process and the check runner.

JSON holds the structure and raw bytes the numbers; nothing is pickled, since loading a pickle runs
code. What is not plain data (a Keras layer, a model, a function) stays in its process and is sent
as the number of a handle.
"""

from __future__ import annotations

import importlib
import itertools
import json
import math
import re
import struct
import sys
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from autograder.exceptions import CodecError
from autograder.running.value_types import TYPES_BY_NAME, VALUE_TYPES, is_plain_iterator

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

MAX_DEPTH = 32  # well below where Python's own recursion limit would end the check runner
MAX_NODES = 1_000_000
MAX_BYTES = 256 * 2**20  # in the check runner twice where it becomes a tensor
MAX_BUFFERS = 40_960  # each costs memory of its own, however short
MAX_HEADER = 16 * 2**20  # JSON, which takes many times its size once it is read
LIMITS: Final = MappingProxyType(
    {
        "depth": f"is nested more than {MAX_DEPTH} deep",
        "nodes": f"has more than {MAX_NODES:,} parts",
        "buffers": f"holds more than {MAX_BUFFERS:,} arrays, tensors, bytes or long lists",
        "bytes": f"takes more than {MAX_BYTES >> 20} MiB",
        "header": f"has a structure that takes more than {MAX_HEADER >> 20} MiB to write down",
    }
)
_NUMERIC_KINDS = "biufcmM"
_NUMERIC_DTYPE = re.compile(r"[<>|=]?(?:[biufc][0-9]{1,2}|[mM]8(?:\[[0-9]{0,9}[A-Za-z]{1,2}\])?)")
_TEXT_DTYPE = re.compile(r"[<>|=]?[US][0-9]{1,9}")
_SHORT_DTYPES = ("bfloat16", "float8_e4m3fn", "float8_e5m2")  # of ml_dtypes, by their names
_TENSORFLOW_TYPES = MappingProxyType({"tfdtype": "as_dtype", "tensorshape": "TensorShape"})
_SIZES_PREFIX = struct.Struct("!II")
_PACKED_FROM = 16  # items; a shorter list is written item by item
_MAX_JSON_INT = 2**63
_PACKED_TYPES: Final = MappingProxyType({float: "<f8", int: "<i8", bool: "|b1"})

Buffer = bytes | bytearray | memoryview


def _beyond(limit: str) -> CodecError:
    return CodecError(f"the value {LIMITS[limit]}", limit)


class HandleCodec(Protocol):
    """Encodes an object that is not data as a handle, and returns the object of a handle."""

    def encode_handle(self, value: object) -> dict[str, Any]:
        """Return a node that describes ``value`` as a handle."""
        ...

    def decode_handle(self, node: dict[str, Any], path: str) -> object:
        """Return what the handle ``node`` stands for; ``path`` is its place in the whole value."""
        ...

    def decode_keras(self, node: dict[str, Any], weights: Sequence[object], path: str) -> object:
        """Return the Keras object that ``node`` describes, with these weights."""
        ...

    def encode_iterator(self, value: object) -> dict[str, Any] | None:
        """Return a node from which items are drawn later; None to draw all of them now."""
        ...

    def decode_iterator(self, node: dict[str, Any], path: str) -> object:
        """Return an iterator that draws its items from the other side."""
        ...


@dataclass
class Packet:
    """One message: a JSON value, and the raw buffers to which it refers by number."""

    body: dict[str, Any]
    buffers: list[Buffer] = field(default_factory=list)


def send_packet(channel: socket.socket, packet: Packet) -> None:
    """Send one packet.

    Raises
    ------
    CodecError
        When the packet exceeds the limits; nothing was sent.
    OSError
        When the connection is broken.
    """
    sizes = [len(buffer) for buffer in packet.buffers]
    header = json.dumps({"body": packet.body, "sizes": sizes}, separators=(",", ":")).encode()
    if len(header) > MAX_HEADER:
        raise _beyond("header")
    if sum(sizes) > MAX_BYTES:
        raise _beyond("bytes")
    channel.sendall(_SIZES_PREFIX.pack(len(header), sum(sizes)) + header)
    for buffer in packet.buffers:
        channel.sendall(buffer)


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
    if header_size > MAX_HEADER or total > MAX_BYTES:
        raise CodecError("the packet is larger than a value may be")
    header = _receive_exactly(channel, header_size)
    try:
        message = json.loads(bytes(header))
        body, sizes = message["body"], message["sizes"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CodecError("the packet is not readable") from error
    if not isinstance(body, dict) or not _are_sizes(sizes) or sum(sizes) != total:
        raise CodecError("the packet does not add up")
    return Packet(body, [_receive_exactly(channel, size) for size in sizes])


def _are_sizes(sizes: object) -> bool:
    if not isinstance(sizes, list) or len(sizes) > MAX_BUFFERS:
        return False
    return all(type(size) is int and size >= 0 for size in sizes)


def _receive_exactly(channel: socket.socket, size: int) -> memoryview:
    # The system gives memory to what is written there, not to what is only announced.
    buffer = np.empty(size, np.uint8).data
    received = 0
    while received < size:
        count = channel.recv_into(buffer[received:])
        if not count:
            raise EOFError
        received += count
    return buffer


class Encoder:
    """Encodes values as JSON nodes, and collects their bytes in ``buffers``."""

    def __init__(self, handles: HandleCodec) -> None:
        self.buffers: list[Buffer] = []
        self._handles = handles
        self._nodes = 0
        self._size = 0

    def encode(self, value: Any, depth: int = 0) -> Any:  # noqa: ANN401 - any data
        """Return the node of ``value``: a JSON scalar, or a dict that says its type.

        Raises
        ------
        CodecError
            When the value is nested too deep, too long or too large.
        """
        self._nodes += 1
        if depth > MAX_DEPTH:
            raise _beyond("depth")
        if self._nodes > MAX_NODES:
            raise _beyond("nodes")
        # Exact types: a subclass may override anything that is read below.
        value_type = type(value)
        if value is None or value_type in (bool, str):
            return value
        if value_type is int:
            # Hexadecimal: Python limits the digits of a decimal int to 4,300.
            return value if abs(value) < _MAX_JSON_INT else {"t": "int", "v": hex(value)}
        if value_type is float:
            return value if math.isfinite(value) else {"t": "float", "v": value.hex()}
        if value_type in (list, tuple):
            name = value_type.__name__
            return self._encode_packed(value, name) or {"t": name, "v": self._items(value, depth)}
        if value_type is dict:
            return {"t": "dict", "v": [self._items(pair, depth) for pair in value.items()]}
        return self._encode_further(value, depth)

    def _items(self, values: Any, depth: int) -> list[Any]:  # noqa: ANN401 - any data
        return [self.encode(value, depth + 1) for value in values]

    def _encode_packed(self, value: list[Any] | tuple[Any, ...], name: str) -> Any:  # noqa: ANN401
        """Return one node for many numbers, or arrays, of one kind; None for other items."""
        kinds = {*map(type, value)} if len(value) >= _PACKED_FROM else ()
        if len(kinds) != 1:
            return None
        (kind,) = kinds
        of = "plain"
        dtype: np.dtype[Any] | str | None = _PACKED_TYPES.get(kind)
        if dtype is None and (kind is np.ndarray or issubclass(kind, np.generic)):
            of, dtype = "arrays" if kind is np.ndarray else "scalars", _common_dtype(value)
        if dtype is None or (kind is int and max(map(abs, value)) >= _MAX_JSON_INT):
            return None
        self._nodes += len(value)
        if self._nodes > MAX_NODES:
            raise _beyond("nodes")
        return {"k": name, "of": of} | self._encode_buffer("packed", np.array(value, dtype))

    def _encode_further(self, value: Any, depth: int) -> Any:  # noqa: ANN401 - any data
        known = VALUE_TYPES.get(type(value))
        parts = known.take_apart(value) if known else None
        if known and parts is not None:
            # The items themselves, which are no level of their own.
            if type(parts) is list:
                return {"t": known.name, "v": self._items(parts, depth)}
            return {"t": known.name, "v": self.encode(parts, depth + 1)}
        if is_plain_iterator(value):
            node = self._handles.encode_iterator(value)
            most = MAX_NODES - self._nodes + 1
            return node or {"t": "drawn", "v": self._items(itertools.islice(value, most), depth)}
        return self._encode_array(value, depth)

    def _encode_array(self, value: object, depth: int) -> dict[str, Any]:
        if type(value) is bytes:
            return {"t": "bytes", "b": self._add_buffer(value)}
        if type(value) is np.ndarray:
            return self._encode_ndarray(value, "array", depth)
        if isinstance(value, np.generic) and type(value) is value.dtype.type:
            return self._encode_ndarray(np.array(value), "scalar", depth, value)
        if type(value) is slice:
            parts = [self.encode(p, depth + 1) for p in (value.start, value.stop, value.step)]
            return {"t": "slice", "v": parts}
        if isinstance(value, np.dtype) and _crosses(value):
            return {"t": "dtype", "v": _dtype_name(value)}
        return self._encode_tensor(value) or self._encode_handle(value, depth)

    def _encode_ndarray(
        self, array: np.ndarray[Any, Any], name: str, depth: int, value: object = None
    ) -> dict[str, Any]:
        """Return the node of an array, or of the NumPy scalar ``value`` that it was made from."""
        if _crosses(array.dtype):
            return self._encode_buffer(name, array)
        kind, items = array.dtype.kind, array.ravel()
        about = {"t": "elements", "as": name, "dtype": array.dtype.str, "shape": list(array.shape)}
        if kind == "O":
            return about | {"v": self._items(items, depth)}
        if kind in "US":
            texts = items.tolist()
            return about | {"v": [t.decode("latin-1") for t in texts] if kind == "S" else texts}
        return self._encode_handle(array if value is None else value, depth)

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
        if value.dtype == tf.string:
            texts = [text.decode("latin-1") for text in array.ravel().tolist()]
            return {"t": "texts", "shape": list(array.shape), "v": texts}
        return self._encode_buffer("tensor", array) if _crosses(array.dtype) else None

    def _encode_handle(self, value: object, depth: int) -> dict[str, Any]:
        node = self._handles.encode_handle(value)
        # A Keras object's arrays: the handles do not know how arrays are written.
        if "weights" in node:
            node["weights"] = self._items(node["weights"], depth)
        return node

    def _encode_buffer(self, name: str, array: np.ndarray[Any, Any]) -> dict[str, Any]:
        flat = np.ascontiguousarray(array).reshape(-1)
        return {
            "t": name,
            "dtype": _dtype_name(array.dtype),
            "shape": list(array.shape),
            "b": self._add_buffer(flat.view(np.uint8).data if flat.size else b""),
        }

    def _add_buffer(self, data: Buffer) -> int:
        self._size += len(data)
        if self._size > MAX_BYTES:
            raise _beyond("bytes")
        # Each is an object with a cost of its own, so bytes alone are no limit.
        if len(self.buffers) >= MAX_BUFFERS:
            raise _beyond("buffers")
        self.buffers.append(data)
        return len(self.buffers) - 1


class Decoder:
    """Decodes nodes that may be forged: every field is checked before it is used."""

    def __init__(self, buffers: list[Buffer], handles: HandleCodec) -> None:
        self._buffers = buffers
        self._taken: set[int] = set()
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
        # Counted before anything is made of it: a forged value costs no more than an honest one.
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise CodecError("the value is nested too deep, or is no value at all")
        # JSON has just these types, so there is nothing to forge in them.
        if node is None or type(node) in (bool, str, int, float):
            return node
        if not isinstance(node, dict):
            raise CodecError("the value is nested too deep, or is no value at all")
        try:
            return self._decode(node, depth, path)
        except (
            *(KeyError, TypeError, ValueError, IndexError, AttributeError),
            *(ArithmeticError, OSError),
        ) as error:
            raise CodecError("the value is not readable") from error

    def _decode(self, node: dict[str, Any], depth: int, path: str) -> object:
        """Decode a node. Items of a tuple have a path each, those of a list or dict share one."""
        name, value = node["t"], node.get("v")
        if "b" in node and name != "bytes":
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
        return self._decode_further(node, depth, path)

    def _decode_further(self, node: dict[str, Any], depth: int, path: str) -> object:
        name, value, many = node["t"], node.get("v"), f"{path}*"
        if name in ("handle", "iterator", "keras"):
            return self._decode_object(node, depth, path)
        if name == "drawn":
            return iter([self.decode(item, depth + 1, many) for item in _checked_list(value)])
        if name == "elements":
            return self._decode_elements(node, depth, many)
        known = TYPES_BY_NAME.get(name)
        if known and type(value) is list:
            return known.make([self.decode(part, depth + 1, many) for part in value])
        if known:
            return known.make(self.decode(value, depth + 1, path))
        return self._decode_leaf(name, value, node)

    def _decode_object(self, node: dict[str, Any], depth: int, path: str) -> object:
        """Return what stands for an object that the other side holds."""
        if node["t"] == "keras":
            weights = [self.decode(each, depth + 1) for each in _checked_list(node["weights"])]
            return self._handles.decode_keras(node, weights, path)
        if node["t"] == "iterator":
            return self._handles.decode_iterator(node, path)
        return self._handles.decode_handle(node, path)

    def _decode_leaf(self, name: str, value: Any, node: dict[str, Any]) -> object:  # noqa: ANN401
        if name == "plain" and (value is None or type(value) in (bool, str)):
            return value
        if name == "int":
            return int(value, 16)
        if name == "float":
            return float.fromhex(value)
        if name == "bytes":
            return bytes(self._take_buffer(node))
        if name == "texts":
            texts = [text.encode("latin-1") for text in _checked_list(value)]
            return _tensorflow().constant(texts, "string", _checked_shape(node))
        return self._decode_type(name, value)

    def _decode_type(self, name: str, value: Any) -> object:  # noqa: ANN401
        if name == "dtype":
            return _checked_dtype(value)
        maker = _TENSORFLOW_TYPES[name]  # before the import, which takes seconds
        return getattr(_tensorflow(), maker)(value)

    def _take_buffer(self, node: dict[str, Any]) -> Buffer:
        """Return a buffer, which nothing else may name: it becomes the memory of one value."""
        index = _checked_index(node["b"])
        if index in self._taken:
            raise ValueError(index)
        self._taken.add(index)
        # Out of the packet: what becomes a tensor would be in memory twice for as long.
        buffer, self._buffers[index] = self._buffers[index], b""
        return buffer

    def _decode_array(self, node: dict[str, Any]) -> object:
        name, dtype = node["t"], _checked_dtype(node["dtype"])
        if name not in ("array", "scalar", "tensor", "packed"):
            raise ValueError(name)
        array = np.frombuffer(self._take_buffer(node), dtype).reshape(_checked_shape(node))
        # A check may write into what it gets; an empty buffer is `bytes`, which nobody may.
        array = array if array.flags.writeable else array.copy()
        if dtype.kind == "b":  # any other byte than 0 and 1 would be a truth of its own
            np.not_equal(array.view(np.uint8), 0, out=array)
        if name == "tensor":
            return _tensorflow().constant(array)
        if name == "packed":
            self._nodes += len(array)
            if self._nodes > MAX_NODES:
                raise ValueError(self._nodes)
            return _unpack(array, node)
        return array[()] if name == "scalar" else array

    def _decode_elements(self, node: dict[str, Any], depth: int, path: str) -> object:
        """Decode an array of texts or of objects."""
        items, shape = _checked_list(node["v"]), _checked_shape(node)
        if node["dtype"] == "|O":
            array = np.empty(len(items), object)
            for index, item in enumerate(items):
                array[index] = self.decode(item, depth + 1, path)
        else:
            array = _array_of_texts(items, node["dtype"])
        array = array.reshape(shape)
        return array[()] if node["as"] == "scalar" else array


def _unpack(array: np.ndarray[Any, Any], node: dict[str, Any]) -> object:
    """Return the list or tuple that was packed into an array."""
    of = node["of"]
    if of == "plain":
        items = array.reshape(len(array)).tolist()
    else:
        items = [np.array(item) for item in array] if of == "arrays" else list(array)
    return tuple(items) if node["k"] == "tuple" else items


def _array_of_texts(texts: list[Any], name: object) -> np.ndarray[Any, Any]:
    """Return an array of str or, from its latin-1 characters, of bytes."""
    if not isinstance(name, str) or not _TEXT_DTYPE.fullmatch(name):
        raise ValueError(name)
    dtype = np.dtype(name)
    # The length of each is only announced.
    if len(texts) * dtype.itemsize > MAX_BYTES or any(type(text) is not str for text in texts):
        raise ValueError(name)
    return np.array([t.encode("latin-1") for t in texts] if dtype.kind == "S" else texts, dtype)


def _tensorflow() -> Any:  # noqa: ANN401 - a module
    """Return TensorFlow: the other side has used it, and this one may not have imported it yet."""
    try:
        return importlib.import_module("tensorflow")
    except ImportError as error:
        raise CodecError("the value needs TensorFlow, which is not installed here") from error


def _crosses(dtype: np.dtype[Any]) -> bool:
    """Whether arrays of a dtype cross as their bytes."""
    return dtype.kind in _NUMERIC_KINDS or dtype.name in _SHORT_DTYPES


def _common_dtype(arrays: Sequence[Any]) -> np.dtype[Any] | None:
    """Return the dtype of arrays or NumPy scalars that have one, and one shape; None of others."""
    dtype: np.dtype[Any] = arrays[0].dtype
    if not _crosses(dtype) or type(arrays[0]) not in (np.ndarray, dtype.type):
        return None
    alike = all(item.dtype == dtype and item.shape == arrays[0].shape for item in arrays)
    return dtype if alike else None


def _dtype_name(dtype: np.dtype[Any]) -> str:
    return dtype.name if dtype.name in _SHORT_DTYPES else dtype.str


def _checked_dtype(value: object) -> np.dtype[Any]:
    if value in _SHORT_DTYPES:
        short: np.dtype[Any] = np.dtype(getattr(importlib.import_module("ml_dtypes"), str(value)))
        return short
    if not isinstance(value, str) or not _NUMERIC_DTYPE.fullmatch(value):
        raise ValueError(value)
    return np.dtype(value)


def _checked_shape(node: dict[str, Any]) -> tuple[int, ...]:
    return tuple(_checked_index(size) for size in _checked_list(node["shape"]))


def _checked_list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _checked_index(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError
    return value

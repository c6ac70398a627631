"""As much of HDF5 as weights need: groups and arrays, in the format of version 0.

The HDF Group, *HDF5 File Format Specification*, version 1.1 of the format.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from .._absent import NotInThisPage

if TYPE_CHECKING:
    from .._tensor import Array

Tree = dict[str, "Tree | Array"]

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_NOWHERE = 2**64 - 1
_BRANCHES = 16  # half of the most children of a node of a tree
_SPACE, _TYPE, _LAYOUT, _TABLE, _CONTINUED = 0x1, 0x3, 0x8, 0x11, 0x10
_FLOATS = {2: (15, 10, 5, 15), 4: (31, 23, 8, 127), 8: (63, 52, 11, 1023)}


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 8)


class _Writer:
    """Puts blocks one after the other, and remembers where each is."""

    def __init__(self, leaf: int) -> None:
        self.data = bytearray(96)
        self._leaf = leaf

    def put(self, block: bytes) -> int:
        """Return where a block is."""
        place = len(self.data)
        self.data += _padded(block)
        return place

    def header(self, messages: list[tuple[int, bytes]]) -> int:
        """Put the header of a group or an array."""
        body = b"".join(
            struct.pack("<HHB3x", kind, len(_padded(data)), 0) + _padded(data)
            for kind, data in messages
        )
        return self.put(struct.pack("<BxHII4x", 1, len(messages), 1, len(body)) + body)

    def array(self, array: Array) -> int:
        """Put an array."""
        array = np.asarray(array, order="C")
        place = self.put(array.tobytes()) if array.size else _NOWHERE
        space = struct.pack("<BBB5x", 1, array.ndim, 0) + b"".join(
            struct.pack("<Q", n) for n in array.shape
        )
        layout = struct.pack("<BBQQ", 3, 1, place, array.nbytes)
        return self.header([(_SPACE, space), (_TYPE, _type_of(array)), (_LAYOUT, layout)])

    def group(self, tree: Tree) -> tuple[int, int, int]:
        """Put a group; return where it is, its tree and its names."""
        names = b"\0" * 8
        entries, key = b"", 0
        for name in sorted(tree):
            key = len(names)
            names += _padded(name.encode() + b"\0")
            entries += self._entry(key, tree[name])
        segment = self.put(names)
        heap = self.put(b"HEAP" + struct.pack("<B3xQQQ", 0, len(names), 1, segment))
        rows = b"SNOD" + struct.pack("<BxH", 1, len(tree)) + entries
        leaf = self.put(rows.ljust(8 + 2 * self._leaf * 40, b"\0"))
        node = b"TREE" + struct.pack(
            "<BBHQQQQQ", 0, 0, bool(tree), _NOWHERE, _NOWHERE, 0, leaf, key
        )
        size = 24 + (2 * _BRANCHES + 1) * 8 + 2 * _BRANCHES * 8
        root = self.put(node.ljust(size, b"\0"))
        return self.header([(_TABLE, struct.pack("<QQ", root, heap))]), root, heap

    def _entry(self, name: int, child: Tree | Array) -> bytes:
        if isinstance(child, dict):
            place, root, heap = self.group(child)
            return struct.pack("<QQIIQQ", name, place, 1, 0, root, heap)
        return struct.pack("<QQII16x", name, self.array(child), 0, 0)


def _type_of(array: Array) -> bytes:
    size = array.dtype.itemsize
    if array.dtype.kind == "f":
        sign, fraction, width, bias = _FLOATS[size]
        bits = struct.pack("<BBBBI", 0x11, 0x20, sign, 0, size)
        return bits + struct.pack("<HHBBBBI", 0, size * 8, fraction, width, 0, fraction, bias)
    if array.dtype.kind in "iu":
        signed = 0x08 if array.dtype.kind == "i" else 0
        return struct.pack("<BBBBIHH", 0x10, signed, 0, 0, size, 0, size * 8)
    raise NotInThisPage(f"Writing weights of type {array.dtype}")


def _widest(tree: Tree) -> int:
    return max([len(tree), *(_widest(child) for child in tree.values() if isinstance(child, dict))])


def write(tree: Tree) -> bytes:
    """Return a file of groups and arrays."""
    leaf = max(4, -(-_widest(tree) // 2))
    writer = _Writer(leaf)
    place, root, heap = writer.group(tree)
    start = _SIGNATURE + struct.pack("<BBBxBBBxHHI", 0, 0, 0, 0, 8, 8, leaf, _BRANCHES, 0)
    start += struct.pack("<QQQQ", 0, _NOWHERE, len(writer.data), _NOWHERE)
    start += struct.pack("<QQIIQQ", 0, place, 1, 0, root, heap)
    writer.data[:96] = start
    return bytes(writer.data)


class _Reader:
    """Reads what `write` and h5py write without options."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def at(self, layout: str, place: int) -> tuple[int, ...]:
        """Return the numbers at a place."""
        return struct.unpack_from("<" + layout, self._data, place)

    def thing(self, place: int) -> Tree | Array:
        """Return the group or the array whose header is at a place."""
        found: dict[int, int] = {}
        for kind, where in self._messages(place):
            found.setdefault(kind, where)
        if _TABLE in found:
            return self._group(*self.at("QQ", found[_TABLE]))
        if _LAYOUT not in found:
            raise NotInThisPage("This kind of HDF5 file")
        return self._array(found)

    def _messages(self, place: int) -> list[tuple[int, int]]:
        version, _, count, _, size = self.at("BBHII", place)
        if version != 1:
            raise NotInThisPage("This kind of HDF5 file")
        blocks: list[tuple[int, int]] = [(place + 16, size)]
        found: list[tuple[int, int]] = []
        while blocks and len(found) < count:
            where, left = blocks.pop(0)
            end = where + left
            while where < end and len(found) < count:
                kind, length = self.at("HH", where)
                found.append((kind, where + 8))
                if kind == _CONTINUED:
                    blocks.append(self.at("QQ", where + 8))  # type: ignore[arg-type]
                where += 8 + length
        return found

    def _group(self, root: int, heap: int) -> Tree:
        names = self.at("Q", heap + 24)[0]
        found: Tree = {}
        for leaf in self._leaves(root):
            count = self.at("H", leaf + 6)[0]
            for k in range(count):
                name, place = self.at("QQ", leaf + 8 + 40 * k)
                end = self._data.index(b"\0", names + name)
                found[self._data[names + name : end].decode()] = self.thing(place)
        return found

    def _leaves(self, node: int) -> list[int]:
        level, count = self.at("BH", node + 5)
        children = [self.at("Q", node + 32 + 16 * k)[0] for k in range(count)]
        return (
            children if not level else [leaf for child in children for leaf in self._leaves(child)]
        )

    def _array(self, found: dict[int, int]) -> Array:
        space = found[_SPACE]
        version, rank = self.at("BB", space)
        shape = self.at(f"{rank}Q", space + (8 if version == 1 else 4))
        kind = self._type(found[_TYPE])
        version, layout = self.at("BB", found[_LAYOUT])
        if version != 3 or layout != 1:
            raise NotInThisPage("Packed weights")
        place, _ = self.at("QQ", found[_LAYOUT] + 2)
        count = int(np.prod(shape, dtype=int))
        if not count or place == _NOWHERE:
            return np.zeros(shape, kind)
        return np.frombuffer(self._data, kind, count, place).reshape(shape).copy()

    def _type(self, place: int) -> np.dtype[np.generic]:
        first, bits = self.at("BB", place)
        size = self.at("I", place + 4)[0]
        kinds = {0: "i" if bits & 0x08 else "u", 1: "f"}
        if first & 0x0F not in kinds:
            raise NotInThisPage("Weights that are no numbers")
        return np.dtype(f"<{kinds[first & 0x0F]}{size}")


def read(data: bytes) -> Tree:
    """Return the groups and arrays of a file."""
    if data[:8] != _SIGNATURE or data[8] != 0:
        raise NotInThisPage("This kind of HDF5 file")
    return _Reader(data).thing(struct.unpack_from("<Q", data, 64)[0])  # type: ignore[return-value]

"""TensorFlow's random bits: Philox4x32-10, and what kernels make of them.

Salmon and others, *Parallel Random Numbers: As Easy as 1, 2, 3* (2011).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

Bits = npt.NDArray[np.uint32]

_MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_STEPS = 0x9E3779B9, 0xBB67AE85
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_ROUNDS, _WORD, _LONG = 10, 2**32 - 1, 2**64 - 1
_SCRAMBLE = 0x3EC8F720, 0x02461E29


def philox(counter: int, key: tuple[int, int], groups: int, stride: int = 1) -> Bits:
    """Return ``(groups, 4)`` numbers for every `stride`-th 128-bit counter from `counter` on."""
    low = np.uint64(counter & _LONG)
    lower = low + np.arange(groups, dtype=np.uint64) * np.uint64(stride)
    upper = np.uint64(counter >> 64) + (lower < low).astype(np.uint64)
    c = [lower & _LOW, lower >> _HALF, upper & _LOW, upper >> _HALF]
    k0, k1 = key
    for _ in range(_ROUNDS):
        p0, p1 = c[0] * _MULTIPLIERS[0], c[2] * _MULTIPLIERS[1]
        c = [
            (p1 >> _HALF) ^ c[1] ^ np.uint64(k0),
            p1 & _LOW,
            (p0 >> _HALF) ^ c[3] ^ np.uint64(k1),
            p0 & _LOW,
        ]
        k0, k1 = (k0 + _STEPS[0]) & _WORD, (k1 + _STEPS[1]) & _WORD
    return np.stack(c, axis=1).astype(np.uint32)


class Stream:
    """Random numbers, one group of four after the other.

    Parameters
    ----------
    key
        The two words that select the stream.
    counter
        Where it begins.
    """

    def __init__(self, key: tuple[int, int], counter: int) -> None:
        self._key, self._counter = key, counter

    @classmethod
    def stateful(cls, seed: int, seed2: int) -> Stream:
        """Return the stream of a kernel that keeps its state."""
        return cls((seed & _WORD, (seed >> 32) & _WORD), (seed2 & _LONG) << 64)

    @classmethod
    def stateless(cls, seed: Sequence[int]) -> Stream:
        """Return the stream of a stateless operation, whose two seeds are scrambled first."""
        first, second = (int(s) & _LONG for s in seed)
        mixed = [int(word) for word in philox(first | second << 64, _SCRAMBLE, 1)[0]]
        return cls((mixed[0], mixed[1]), (mixed[2] << 64) | (mixed[3] << 96))

    def peek(self, numbers: int) -> Bits:
        """Return groups that hold at least so many numbers, and stay where it is."""
        return philox(self._counter, self._key, -(-numbers // 4))

    def regions(self, groups: int, stride: int, blocks: int) -> Bits:
        """Return the first `blocks` fours of each of so many regions, which begin `stride` apart."""
        found = [philox(self._counter + k, self._key, groups, stride) for k in range(blocks)]
        return np.concatenate(found, axis=1)

    def skip(self, groups: int) -> None:
        """Go on by so many groups."""
        self._counter = (self._counter + groups) % 2**128


def floats(bits: npt.NDArray[np.uint32]) -> npt.NDArray[np.float32]:
    """Return numbers from 0 to 1: 23 bits are the fraction of a number from 1 to 2."""
    words = (bits & np.uint32(0x7FFFFF)) | np.uint32(127 << 23)
    return words.view(np.float32) - np.float32(1)


def halves(bits: npt.NDArray[np.uint32]) -> npt.NDArray[np.float16]:
    """Return float16 numbers from 0 to 1, from 10 bits each."""
    words = (bits.astype(np.uint16) & np.uint16(0x3FF)) | np.uint16(15 << 10)
    return words.view(np.float16) - np.float16(1)


def doubles(bits: npt.NDArray[np.uint32]) -> npt.NDArray[np.float64]:
    """Return float64 numbers from 0 to 1, from two words each."""
    pairs = bits.reshape(-1, 2).astype(np.uint64)
    fraction = ((pairs[:, 0] & np.uint64(0xFFFFF)) << _HALF) | pairs[:, 1]
    return (fraction | np.uint64(1023 << 52)).view(np.float64) - 1.0


def normals(bits: npt.NDArray[np.uint32]) -> npt.NDArray[np.float32]:
    """Return standard normal numbers by the method of Box and Muller, on pairs."""
    u = floats(bits.ravel()).reshape(-1, 2).astype(np.float64)
    logs = np.log(np.maximum(u[:, 0], np.float64(np.float32(1e-7)))).astype(np.float32)
    angle = (2.0 * np.pi * u[:, 1]).astype(np.float32).astype(np.float64)
    radius = np.sqrt(np.float32(-2) * logs)
    waves = np.stack([np.sin(angle), np.cos(angle)], axis=1).astype(np.float32)
    return np.asarray((waves * radius[:, None]).ravel(), np.float32)


def double_normals(bits: npt.NDArray[np.uint32]) -> npt.NDArray[np.float64]:
    """Return float64 standard normal numbers."""
    u = doubles(bits.ravel()).reshape(-1, 2)
    u1 = np.maximum(u[:, 0], 1e-7)
    angle, radius = 2 * np.pi * u[:, 1], np.sqrt(-2 * np.log(u1))
    return np.stack([np.sin(angle) * radius, np.cos(angle) * radius], axis=1).ravel()


def permutation(n: int, stream: Stream) -> list[int]:
    """Return an order of `n` things as TensorFlow's shuffle kernel draws it."""
    order = list(range(n))
    if n < 2:
        return order
    bits = stream.peek(n - 1).ravel()[: n - 1]
    steps = (bits % np.arange(n, 1, -1, dtype=np.uint32)).tolist()
    for i, step in enumerate(steps):
        order[i], order[i + step] = order[i + step], order[i]
    stream.skip(-(-(n - 1) // 4))
    return order

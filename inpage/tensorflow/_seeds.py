"""The global seed, and the streams that stateful operations draw from."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from ._absent import NotInThisPage
from ._philox import Stream
from ._tracing import tracing

_LARGEST = 2**31 - 1
_DEFAULT = 87654321


@dataclass
class _State:
    """What ``tf.random.set_seed`` sets, and the streams that have begun since."""

    seed: int | None = None
    rng: random.Random = field(default_factory=random.Random)
    streams: dict[tuple[object, ...], Stream] = field(default_factory=dict)


_state = _State()


def set_seed(seed: int) -> None:
    """Set the global seed: every stateful operation begins anew."""
    _state.seed = int(seed)
    _state.rng = random.Random(int(seed))  # noqa: S311 - TensorFlow's own choice
    _state.streams.clear()


def global_seed() -> int | None:
    """Return the seed that was set, None if none was."""
    return _state.seed


def operation_seeds(seed: int | None) -> tuple[int, int]:
    """Return the two seeds of an operation, from the global one and its own."""
    if _state.seed is not None:
        own = _state.rng.randint(0, _LARGEST) if seed is None else int(seed)
        pair = _state.seed % _LARGEST, own % _LARGEST
    elif seed is not None:
        pair = _DEFAULT, int(seed) % _LARGEST
    else:
        chance = random.SystemRandom()
        pair = chance.randint(1, _LARGEST), chance.randint(1, _LARGEST)
    return pair if pair != (0, 0) else (0, _LARGEST)


def stream(kernel: tuple[object, ...], seed: int | None) -> Stream:
    """Return the stream of an operation. With the same seeds, a kernel goes on where it was."""
    if seed is None and _state.seed is not None and tracing().unseen:
        raise NotInThisPage("A random operation without a seed in a function that is compiled")
    seeds = operation_seeds(seed)
    return _state.streams.setdefault((*kernel, *seeds), Stream.stateful(*seeds))

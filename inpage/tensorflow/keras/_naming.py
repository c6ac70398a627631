"""Names that Keras gives by itself, and seeds that it draws from Python."""

import random
import re

from .._dtypes import as_dtype

_counts: dict[str, int] = {}


def auto_name(prefix: str) -> str:
    """Return `prefix`, with a number if it was given before."""
    n = _counts.get(prefix, 0)
    _counts[prefix] = n + 1
    return prefix if not n else f"{prefix}_{n}"


def clear_names() -> None:
    """Forget which names were given."""
    _counts.clear()


def snake_case(name: str) -> str:
    """Return the name of a class as Keras writes it: ``InputLayer`` becomes ``input_layer``."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def draw_seed() -> int:
    """Return the seed of what was given none, from Python's own random numbers."""
    return random.randint(1, int(1e9))  # noqa: S311 - Keras's own choice


EPSILON = 1e-7
LARGEST_SEED = 2**31 - 2
FLOAT = "float32"


def dtype_name(dtype: object) -> str:
    """Return the name of a type given as a name, a TensorFlow type or a NumPy type."""
    return FLOAT if dtype is None else as_dtype(getattr(dtype, "name", dtype)).name

"""Errors of kernels, worded as TensorFlow words them."""

from .errors import InvalidArgumentError

# whose messages end with a place for a name
_NAMED = frozenset(
    [
        "AddN",
        "AddV2",
        "BatchMatMulV2",
        "Cumprod",
        "Cumsum",
        "Einsum",
        "FloorDiv",
        "FloorMod",
        "MatMul",
        "Maximum",
        "Minimum",
        "Mul",
        "Pow",
        "RealDiv",
        "Sub",
        "SquaredDifference",
        "StridedSlice",
    ]
)


def failed(op: str, message: str) -> InvalidArgumentError:
    """Return the error of a kernel that refuses its inputs, worded as TensorFlow words it."""
    plain = op.split("_", maxsplit=1)[0]
    end = " name: " if plain in _NAMED else ""
    return InvalidArgumentError(None, None, f"{kernel(op)} {message} [Op:{plain}]{end}")


def kernel(op: str) -> str:
    """Return how TensorFlow names the kernel of an operation at the start of a message.

    `op` may end with what makes it a kernel of its own, such as ``ConcatV2_N_2``.
    """
    device = "/job:localhost/replica:0/task:0/device:CPU:0"
    return f"{{{{function_node __wrapped__{op}_device_{device}}}}}"

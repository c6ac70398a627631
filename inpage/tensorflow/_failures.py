"""Errors of kernels, worded as TensorFlow words them."""

from .errors import InvalidArgumentError


def failed(op: str, message: str) -> InvalidArgumentError:
    """Return the error of a kernel that refuses its inputs, worded as TensorFlow words it."""
    return InvalidArgumentError(None, None, f"{kernel(op)} {message} [Op:{op}] name: ")


def kernel(op: str) -> str:
    """Return how TensorFlow names the kernel of an operation at the start of a message."""
    device = "/job:localhost/replica:0/task:0/device:CPU:0"
    return f"{{{{function_node __wrapped__{op}_device_{device}}}}}"

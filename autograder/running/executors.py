"""Executors for grading in parallel: threads of this machine, or a Dask cluster."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from autograder.exceptions import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

_CONNECT_TIMEOUT = "30s"


@contextmanager
def thread_executor(count: int) -> Iterator[tuple[Executor, int]]:
    """Give an executor of ``count`` threads, and that count.

    Threads are enough: each only waits for processes of its own.
    """
    with ThreadPoolExecutor(count) as executor:
        yield executor, count


@contextmanager
def dask_executor(address: str) -> Iterator[tuple[Executor, int]]:
    """Give an executor on the Dask cluster whose scheduler listens at ``address``, and its width.

    Yields
    ------
    tuple
        The executor, and how many jobs it runs at once.

    Raises
    ------
    UsageError
        When Dask is not installed, the address is none, nobody answers, or no worker has joined.
    """
    try:
        from distributed import Client  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise UsageError("--cluster needs Dask; install it with pip install distributed") from error
    if not address.startswith(("tcp://", "tls://")):
        raise UsageError(f"{address}: is no address of a Dask scheduler; write tcp://HOST:8786")
    try:
        client = Client(address, timeout=_CONNECT_TIMEOUT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{address}: no Dask scheduler answers ({error}); start one with `dask scheduler`"
        ) from error
    with client:
        width = sum(client.nthreads().values())
        if not width:
            raise UsageError(f"{address}: has no workers; start some with `dask worker {address}`")
        yield client.get_executor(), width

"""A Dask cluster on this machine, for tests and benchmarks: a scheduler and worker processes."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from distributed import Client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def dask_cluster(folder: Path, count: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start a scheduler and ``count`` workers; yield its address and the worker processes."""
    scheduler = _start(folder, "scheduler", "--port", "0", "--no-dashboard")
    options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--death-timeout", "120")
    workers = [_start(folder, "worker", *options) for _ in range(count)]
    try:
        with Client(scheduler_file=str(folder / "scheduler.json"), timeout="120s") as client:
            client.wait_for_workers(count, timeout=120)
            address = str(client.scheduler.address)
        yield address, workers
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait()


def _start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a part of the cluster, which finds the others through a file."""
    command = [sys.executable, "-m", "dask", *arguments, "--scheduler-file", "scheduler.json"]
    return subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )

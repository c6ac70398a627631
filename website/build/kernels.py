"""Fork Jupyter kernels from a warm worker instead of starting an interpreter for each."""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

from autograder.exceptions import WorkerDied, WorkerError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jupyter_client.connect import KernelConnectionInfo
    from jupyter_client.kernelspec import KernelSpec

    from autograder.sandbox.zygote import Child, Zygote

_LAUNCHER = "ipykernel_launcher"


def is_warm(spec: KernelSpec) -> bool:
    """Return whether a worker can provide this kernel: IPython's own, run by this interpreter."""
    major, minor = sys.version_info[:2]
    ours = {sys.executable, "python", f"python{major}", f"python{major}.{minor}"}
    return _LAUNCHER in spec.argv and spec.argv[0] in ours


class WarmProvisioner(KernelProvisionerBase):
    """Manages one kernel that is forked from the worker of its `WarmKernelManager`."""

    _child: Child | None = None

    @property
    def has_process(self) -> bool:
        """Whether the kernel was started and not yet cleaned up."""
        return self._child is not None

    async def poll(self) -> int | None:
        """Return None while the kernel runs, then its exit code."""
        if self._child is None:
            return 0
        return _exit_code(self._child, timeout=0)

    async def wait(self) -> int | None:
        """Wait until the kernel has ended, and return its exit code."""
        if self._child is None:
            return 0
        code = await asyncio.to_thread(_exit_code, self._child)
        self._child = None
        return code

    async def send_signal(self, signum: int) -> None:
        """Signal the kernel and the processes that it started."""
        if self._child is not None:
            self._child.signal(signum)

    async def kill(self, restart: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """End the kernel at once, and wait until it is gone: the manager would poll for it."""
        if self._child is not None:
            self._child.kill()
            await asyncio.to_thread(_exit_code, self._child)

    async def terminate(self, restart: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Ask the kernel to end."""
        await self.send_signal(signal.SIGTERM)

    async def cleanup(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002
        """Remove the folder of the kernel's sockets; the worker has reaped the process."""
        if not restart:
            shutil.rmtree(self._manager().folder, ignore_errors=True)

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401
        """Write the connection file and add the kernel's arguments to `kwargs`."""
        manager = self._manager()
        arguments = kwargs.pop("extra_arguments", [])
        manager.write_connection_file()
        self.connection_info = manager.get_connection_info()
        command = manager.format_kernel_cmd(extra_arguments=arguments)
        return await super().pre_launch(cmd=command, **kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:  # noqa: ANN401
        """Fork the kernel; waits until the worker has imported its modules."""
        payload = {
            "arguments": cmd[cmd.index(_LAUNCHER) + 1 :],
            "folder": str(kwargs.get("cwd") or "."),
            "environment": kwargs["env"],
        }
        target = f"{__name__}:{run_kernel.__name__}"
        try:
            self._child = await asyncio.to_thread(self._manager().zygote.fork, target, payload)
        except WorkerError:
            await self.cleanup()  # the manager cleans up only after kernels that started
            raise
        return self.connection_info

    def _manager(self) -> WarmKernelManager:
        if not isinstance(self.parent, WarmKernelManager):
            raise WorkerError(
                "a warm kernel needs a worker to fork from; start it with WarmKernelManager"
            )
        return self.parent


class WarmKernelManager(AsyncKernelManager):
    """Starts kernels as forks of `zygote`, on sockets in a private folder instead of ports."""

    def __init__(self, zygote: Zygote, **kwargs: Any) -> None:  # noqa: ANN401
        self.folder = Path(tempfile.mkdtemp(prefix="kernel-"))
        connection_file = str(self.folder / "kernel.json")
        super().__init__(transport="ipc", connection_file=connection_file, **kwargs)
        self.zygote = zygote
        # Set beforehand: the manager looks for a provisioner by entry point only if it has none.
        self.provisioner = WarmProvisioner(parent=self, kernel_spec=self.kernel_spec)


def _exit_code(child: Child, timeout: float | None = None) -> int | None:
    try:
        return child.wait(timeout)
    except WorkerDied:  # and the kernel with it
        return -signal.SIGKILL


def run_kernel(payload: Mapping[str, Any], _: Sequence[int]) -> None:
    """Run an IPython kernel in the forked process until it is told to shut down."""
    from ipykernel.kernelapp import IPKernelApp  # noqa: PLC0415 - only the worker needs it

    os.chdir(payload["folder"])
    os.environ.update(payload["environment"])
    sys.argv = [_LAUNCHER, *payload["arguments"]]
    app = IPKernelApp.instance(parent_handle=1)  # the worker's death ends us, not a poll of ours
    app.initialize(payload["arguments"])  # type: ignore[no-untyped-call]
    _choose_inline_figures()
    app.start()  # type: ignore[no-untyped-call]
    atexit._run_exitfuncs()  # noqa: SLF001 - a fork leaves by os._exit, which skips them


def _choose_inline_figures() -> None:
    """Select Matplotlib's inline backend, which was imported before the kernel set its variable."""
    if "matplotlib" in sys.modules:
        sys.modules["matplotlib"].rcParams["backend"] = os.environ["MPLBACKEND"]

"""Kernels forked from a worker, as Jupyter's own client drives them."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from jupyter_client.kernelspec import KernelSpec

from autograder.exceptions import PreloadFailed, WorkerDied, WorkerError
from autograder.sandbox.zygote import Zygote
from website.build.kernels import WarmKernelManager, WarmProvisioner, is_warm

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from jupyter_client.asynchronous.client import AsyncKernelClient

# Each test starts kernels of its own.
pytestmark = pytest.mark.slow

PATIENCE = 30


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote(("ipykernel.kernelapp",)) as zygote:
        yield zygote


@asynccontextmanager
async def connected(manager: WarmKernelManager) -> AsyncIterator[AsyncKernelClient]:
    client = manager.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=PATIENCE)
        yield client
    finally:
        client.stop_channels()


def use(zygote: Zygote, work: Callable[[WarmKernelManager], Awaitable[object]]) -> None:
    """Run `work` on a started kernel; whatever happens the kernel ends."""

    async def run() -> None:
        manager = WarmKernelManager(zygote, kernel_name="python3")
        await manager.start_kernel()
        try:
            await work(manager)
        finally:
            await manager.shutdown_kernel(now=True)
        assert not manager.folder.exists()

    asyncio.run(run())


async def value(client: AsyncKernelClient, expression: str) -> str:
    reply = await client.execute_interactive(
        "", user_expressions={"value": expression}, timeout=PATIENCE, output_hook=lambda _: None
    )
    return str(reply["content"]["user_expressions"]["value"]["data"]["text/plain"])


def test_a_kernel_answers_and_ends(zygote: Zygote) -> None:
    async def work(manager: WarmKernelManager) -> None:
        async with connected(manager) as client:
            assert await value(client, "6 * 7") == "42"
            assert await manager.is_alive()
        await manager.shutdown_kernel(now=True)
        assert not await manager.is_alive()
        assert manager.provisioner is not None
        assert await manager.provisioner.poll() == 0
        assert await manager.provisioner.wait() == 0

    use(zygote, work)


def test_the_kernels_environment_and_folder(zygote: Zygote) -> None:
    async def run() -> None:
        manager = WarmKernelManager(zygote, kernel_name="python3")
        await manager.start_kernel(cwd="/", env={"COLOUR": "teal"})
        async with connected(manager) as client:
            found = await value(client, "[__import__('os').getcwd(), __import__('os').environ]")
        await manager.shutdown_kernel(now=True)
        assert found.startswith("['/',")
        assert "'COLOUR': 'teal'" in found

    asyncio.run(run())


def test_an_interrupt_stops_the_cell_and_not_the_kernel(zygote: Zygote) -> None:
    async def work(manager: WarmKernelManager) -> None:
        async with connected(manager) as client:
            endless = "print('in the loop', flush=True)\nwhile True: pass"
            identifier = client.execute(endless, stop_on_error=False)
            while (await client.get_iopub_msg(timeout=PATIENCE))["msg_type"] != "stream":
                pass
            await manager.interrupt_kernel()
            reply = await client.get_shell_msg(timeout=PATIENCE)
            while reply["parent_header"]["msg_id"] != identifier:  # a second greeting's answer
                reply = await client.get_shell_msg(timeout=PATIENCE)
            assert reply["content"]["ename"] == "KeyboardInterrupt"
            assert await value(client, "1") == "1"

    use(zygote, work)


def test_a_restart_forgets(zygote: Zygote) -> None:
    async def work(manager: WarmKernelManager) -> None:
        async with connected(manager) as client:
            assert await value(client, "globals().setdefault('kept', 1)") == "1"
        await manager.restart_kernel(now=True)
        async with connected(manager) as client:
            assert await value(client, "'kept' in globals()") == "False"

    use(zygote, work)


def test_terminate_ends_a_kernel(zygote: Zygote) -> None:
    async def work(manager: WarmKernelManager) -> None:
        assert manager.provisioner is not None
        await manager.provisioner.terminate()
        assert await manager.provisioner.wait() == -signal.SIGTERM
        assert not manager.has_kernel

    use(zygote, work)


def test_a_kernel_dies_with_its_worker() -> None:
    with Zygote(("ipykernel.kernelapp",)) as zygote:

        async def work(manager: WarmKernelManager) -> None:
            async with connected(manager) as client:
                client.execute("import os, signal; os.kill(os.getppid(), signal.SIGKILL)")
                assert manager.provisioner is not None
                assert await manager.provisioner.wait() == -signal.SIGKILL

        use(zygote, work)
        with pytest.raises(WorkerDied):
            zygote.fork("os:abort", {})


def test_a_kernel_that_cannot_start_leaves_nothing() -> None:
    with Zygote(("no_such_module",)) as broken:
        manager = WarmKernelManager(broken, kernel_name="python3")

        async def start() -> None:
            await manager.start_kernel()

        with pytest.raises(PreloadFailed):
            asyncio.run(start())
    assert not manager.folder.exists()


def test_a_provisioner_needs_a_worker() -> None:
    with pytest.raises(WorkerError, match="start it with WarmKernelManager"):
        asyncio.run(WarmProvisioner().pre_launch())


@pytest.mark.parametrize(
    ("argv", "warm"),
    [
        ([sys.executable, "-m", "ipykernel_launcher"], True),
        (["python3", "-m", "ipykernel_launcher"], True),
        (["/usr/bin/python2", "-m", "ipykernel_launcher"], False),
        (["R", "--slave"], False),
    ],
)
def test_which_kernels_a_worker_can_be(argv: list[str], warm: bool) -> None:  # noqa: FBT001
    assert is_warm(KernelSpec(argv=argv)) is warm

"""Execute the book's pages ahead of the build, in parallel, each in a fork of a warm worker.

MyST-NB looks for a page's outputs in a jupyter-cache folder before it starts a kernel. This module
fills that folder with the reader, the keys and the records of MyST-NB, so it finds every page.
"""

from __future__ import annotations

import asyncio
import copy
import json
import math
import os
import re
import shutil
import time
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from myst_nb.core.nb_to_tokens import nb_node_to_dict
from myst_nb.core.read import create_nb_reader
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, CellExecutionError, DeadKernelError

from autograder.format.imports import code_cells_of
from autograder.running.environment import (
    engine_files,
    environment_digest,
    files_below,
    imported_modules,
    module_files,
)
from website.build.kernels import WarmKernelManager, is_warm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from jupyter_cache.cache.main import JupyterCacheBase
    from jupyter_client.manager import KernelManager
    from myst_nb.core.config import NbParserConfig
    from myst_parser.config.main import MdParserConfig
    from nbformat import NotebookNode

    from autograder.sandbox.zygote import Zygote

    Progress = Callable[["Page", int, int], None]

# How IPython heads a frame of a cell in a traceback.
_FRAME = re.compile(r"Cell In\[(?P<count>\d+)\], line (?P<line>\d+)")
_PAGES = frozenset({".md", ".ipynb"})
_RUNS_CELLS = ("cells.py", "kernels.py")  # a change in them may change what a page prints
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_TAIL = 12  # lines of a traceback that a failure keeps
_OUTPUT_PATIENCE = 60  # seconds that a busy machine may need to deliver a cell's output


@dataclass(frozen=True)
class Page:
    """A page that MyST-NB would execute, as it would read it.

    Attributes
    ----------
    timeout
        Seconds that one cell may take.
    """

    path: Path
    notebook: NotebookNode
    timeout: float
    allow_errors: bool = False


@dataclass(frozen=True)
class PageFailure:
    """A cell that stopped a page.

    Attributes
    ----------
    line
        Of the failing statement in the page's file, or of its cell.
    source
        The first line of the cell.
    """

    path: Path
    line: int
    source: str
    name: str
    message: str
    traceback: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.name}: {self.message}; in the cell `{self.source}`"


def read_page(path: Path, md_config: MdParserConfig, nb_config: NbParserConfig) -> Page | None:
    """Read a page as MyST-NB does, or return None if MyST-NB would not look for it in a cache.

    Parameters
    ----------
    md_config, nb_config
        Sphinx keeps them as ``env.myst_config`` and ``env.mystnb_config``.
    """
    text = path.read_text(encoding="utf-8")
    reader = create_nb_reader(str(path), md_config, nb_config, text)
    if reader is None or any(path.match(p) for p in nb_config.execution_excludepatterns):
        return None
    notebook = reader.read(text)
    _apply_aliases(notebook, nb_config)
    config = _with_overrides(nb_config, notebook)
    if config.execution_mode != "cache":
        return None
    execution = notebook.metadata.get("execution", {})
    return Page(
        path,
        notebook,
        execution.get("timeout", config.execution_timeout),
        execution.get("allow_errors", config.execution_allow_errors),
    )


def cells_environment(root: Path, paths: Sequence[Path]) -> str:
    """Return the digest of what the outputs of pages depend on besides their own cells.

    That is the modules that their cells import and nobody has installed, widgets (a page shows them
    by their own files), what lies beside the pages, and what runs cells.

    Parameters
    ----------
    root
        Of the book.
    paths
        Its pages.

    """
    cells = [cell for path in paths for cell in code_cells_of(path)]
    names = imported_modules([*cells, "import widgets"], root=root)
    runs = {f"website: {name}": Path(__file__).with_name(name) for name in _RUNS_CELLS}
    worker = engine_files("sandbox")
    modules = module_files(names, root=root)
    return environment_digest({**worker, **runs, **modules, **helper_files(root, paths)})


def helper_files(root: Path, paths: Iterable[Path]) -> dict[str, Path]:
    """Return what pages may import or read: files beside them, and modules in the book's folder."""
    folders = {path.parent for path in paths} - {root}
    beside = [path for folder in folders for path in files_below(folder)]
    found = [path for path in beside if path.suffix not in _PAGES]
    return {path.relative_to(root).as_posix(): path for path in [*found, *root.glob("*.py")]}


def missing_pages(pages: Iterable[Page], cache_dir: Path) -> list[Page]:
    """Return the pages whose outputs are not in the cache."""
    cache = get_cache(cache_dir)
    return [page for page in pages if not _is_cached(cache, page)]


def execute_pages(
    pages: Sequence[Page],
    zygote: Zygote | Callable[[], Zygote],
    cache_dir: Path,
    *,
    jobs: int | None = None,
    progress: Progress = lambda _page, _done, _total: None,
) -> list[PageFailure]:
    """Execute the pages that are not in the cache, and put them there.

    Parameters
    ----------
    zygote
        The worker to fork kernels from, or a function that returns it, called only if there is
        a page to execute.
    jobs
        Pages executed at once; by default two per processor, for a kernel's start is half waiting.
    progress
        Called after each page with the page, how many are done, and of how many.

    Returns
    -------
    list of PageFailure
        In the order of the pages. Nothing of these is in the cache.
    """
    missing = missing_pages(pages, cache_dir)
    if not missing:
        return []
    # Only now: where every page is cached, no worker has to start.
    worker = zygote() if callable(zygote) else zygote
    cache = get_cache(cache_dir)
    failures: dict[Path, PageFailure] = {}
    with ThreadPoolExecutor(jobs or 2 * (os.cpu_count() or 1)) as pool:
        runs = {pool.submit(_execute, page, worker): page for page in missing}
        for done, run in enumerate(_finished(runs, pool, worker), start=1):
            page, outcome = runs[run], run.result()
            if isinstance(outcome, PageFailure):
                failures[page.path] = outcome
            else:
                _store(cache, page, outcome)
            progress(page, done, len(missing))
    return [failures[page.path] for page in missing if page.path in failures]


def outputs_of(pages: Iterable[Page], cache_dir: Path) -> list[str]:
    """Return the outputs of the cells of executed pages as JSON text, for searching."""
    cache = get_cache(cache_dir)
    executed = [cache.merge_match_into_notebook(page.notebook)[1] for page in pages]
    return [json.dumps([cell.get("outputs", []) for cell in page.cells]) for page in executed]


def prune_caches(parent: Path, keep: Path) -> None:
    """Remove the caches in `parent` except `keep` and the newest of the others."""
    folders = parent.iterdir() if parent.is_dir() else ()
    others = [path for path in folders if path.is_dir() and path.name != keep.name]
    # The newest stays for whoever takes back a change: its outputs are there at once.
    for path in sorted(others, key=lambda path: path.stat().st_mtime)[:-1]:
        shutil.rmtree(path)


class _Client(NotebookClient):
    """Executes one page and remembers which cell it is at."""

    def __init__(self, page: Page, zygote: Zygote) -> None:
        super().__init__(
            # A copy: by the page as it was read, its outputs are stored and found in the cache.
            copy.deepcopy(page.notebook),
            resources={"metadata": {"path": str(page.path.parent)}},
            timeout=math.ceil(page.timeout),  # a whole number, as nbclient asks
            allow_errors=page.allow_errors,
            record_timing=False,  # or no two runs would leave the same record
            store_widget_state=False,  # for which pages would load scripts from other hosts
            shutdown_kernel="immediate",
            iopub_timeout=_OUTPUT_PATIENCE,
            raise_on_iopub_timeout=True,
            on_cell_execute=self._enter,
        )
        self.zygote = zygote
        self.index = 0

    def create_kernel_manager(self) -> KernelManager:
        name = self.nb.metadata.get("kernelspec", {}).get("name", "python3")
        # A kernel of another language or environment is started as usual.
        if not is_warm(KernelSpecManager().get_kernel_spec(name)):
            return super().create_kernel_manager()
        self.kernel_name = name
        self.km = WarmKernelManager(self.zygote, kernel_name=name, config=self.config)
        return self.km

    def _enter(self, cell: NotebookNode, cell_index: int) -> None:  # noqa: ARG002
        self.index = cell_index


@dataclass(frozen=True)
class _Executed:
    notebook: NotebookNode
    seconds: float


def _execute(page: Page, zygote: Zygote) -> _Executed | PageFailure:
    started = time.monotonic()
    client = _Client(page, zygote)
    try:
        notebook = asyncio.run(client.async_execute())
    except (CellControlSignal, DeadKernelError, NoSuchKernel) as error:
        return _failure(page, client.nb.cells[client.index], client.index, error)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = _whole(cell.outputs)
    return _Executed(notebook, time.monotonic() - started)


def _whole(outputs: Iterable[NotebookNode]) -> list[NotebookNode]:
    """Join the parts in which a stream arrived into one output.

    Where it was cut is chance, and MyST-NB, when it merges streams, breaks the line at each cut.
    """
    joined: list[NotebookNode] = []
    streams: dict[str, NotebookNode] = {}
    for output in outputs:
        if output.output_type != "stream":
            streams.clear()
        elif output.name in streams:
            streams[output.name].text += output.text
            continue
        else:
            streams[output.name] = output
        joined.append(output)
    return joined


def _finished(
    runs: Iterable[Future[Any]], pool: ThreadPoolExecutor, zygote: Zygote
) -> Iterator[Future[Any]]:
    """Yield runs as they finish; when interrupted, cancel the others instead of waiting."""
    try:
        yield from as_completed(runs)
    except BaseException:
        # Running cells end with their worker; without it, leaving the pool would wait for them.
        pool.shutdown(wait=False, cancel_futures=True)
        zygote.close()
        raise


def _with_overrides(config: NbParserConfig, notebook: NotebookNode) -> NbParserConfig:
    """Return the configuration as the page's own ``mystnb:`` metadata change it."""
    overrides = nb_node_to_dict(notebook.metadata.get(config.metadata_key, {}))
    # As MyST-NB does, for which this is a setting of the whole book.
    overrides.pop("output_folder", None)
    try:
        return config.copy(**overrides)
    except (TypeError, ValueError):  # MyST-NB warns of it, and goes on without
        return config


def _apply_aliases(notebook: NotebookNode, config: NbParserConfig) -> None:
    """Replace the kernel's name where the book's configuration says so, as MyST-NB does."""
    name = notebook.metadata.get("kernelspec", {}).get("name")
    for pattern, alias in config.kernel_rgx_aliases.items():
        if name is not None and re.fullmatch(pattern, name):
            notebook.metadata["kernelspec"]["name"] = alias
            break


def _is_cached(cache: JupyterCacheBase, page: Page) -> bool:
    try:
        cache.match_cache_notebook(page.notebook)
    except KeyError:
        return False
    return True


def _store(cache: JupyterCacheBase, page: Page, executed: _Executed) -> None:
    cache.cache_notebook_bundle(
        CacheBundleIn(
            executed.notebook, str(page.path), data={"execution_seconds": executed.seconds}
        ),
        check_validity=False,
        overwrite=True,
    )


def _failure(page: Page, cell: NotebookNode, index: int, error: Exception) -> PageFailure:
    name, message = type(error).__name__, str(error).partition("\n")[0]
    if isinstance(error, CellExecutionError):
        name, message = error.ename, error.evalue
    errors = [output for output in cell.get("outputs", []) if output.output_type == "error"]
    traceback = _COLOUR.sub("", "\n".join(errors[-1].traceback)) if errors else ""
    return PageFailure(
        page.path,
        _cell_line(page, index) + _line_in_cell(cell, traceback) - 1,
        cell.source.strip().partition("\n")[0],
        name,
        message,
        "\n".join(traceback.splitlines()[-_TAIL:]),
    )


def _line_in_cell(cell: NotebookNode, traceback: str) -> int:
    """Return the line of the statement that failed, by the outermost frame in this cell."""
    for frame in _FRAME.finditer(traceback):
        if int(frame["count"]) == cell.execution_count:
            return int(frame["line"])
    return 1


def _cell_line(page: Page, index: int) -> int:
    """Return the line of the page's file that holds the first line of the cell's source."""
    source_map = page.notebook.metadata.get("source_map")
    if source_map is None:
        return 1
    lines = page.path.read_text(encoding="utf-8").splitlines()
    source = page.notebook.cells[index].source.splitlines()
    # The map leads to the directive; its options stand between that line and the source. Lines are
    # compared without indentation, which the reader may have removed.
    for start in range(source_map[index], len(lines)):
        if [line.strip() for line in lines[start : start + len(source)]] == [
            line.strip() for line in source
        ]:
            return start + 1
    return int(source_map[index])

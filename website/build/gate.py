"""Check exercises, cells and site while the book is built, and fail the build on any miss.

Before Sphinx reads a page, the exercises are read, released and verified, and the cells of all
pages are executed. When the site stands, it is searched for leaks. A warning fails the build too,
and a build that failed leaves no front page. :mod:`website.gate_extension` connects the steps.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from sphinx.errors import SphinxError
from sphinx.util import logging as sphinx_logging
from sphinx.util.fileutil import copy_asset
from sphinx.util.logging import WarningLogRecordTranslator, WarningSuppressor

from autograder.exceptions import AutograderError
from autograder.files import replace_text
from autograder.format.exercise_set import exercise_slugs, read_exercise_set
from autograder.format.release import write_release
from autograder.running.environment import engine_files, environment_digest, module_files
from autograder.running.run import Workers
from autograder.verification.verify import verification_environment, verify_exercise_set
from website.build.cells import (
    cells_environment,
    execute_pages,
    helper_files,
    outputs_of,
    prune_caches,
    read_page,
)
from website.build.clean_files import CleanFiles
from website.build.docstrings import documented_text
from website.build.exercise_pages import (
    embedded_notebook,
    exercise_page_text,
    page_scripts,
    page_style,
    with_exercise_facts,
)
from website.build.leaks import author_only_lines, find_leaked_words, find_leaks, public_text
from website.build.table_of_contents import find_mismatches, handwritten_pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

    from autograder.format.source import Exercise
    from autograder.sandbox.zygote import Zygote
    from autograder.verification.verify import Miss, Verification
    from website.build.cells import Page, PageFailure
    from website.build.leaks import Leak
    from website.build.settings import BookSettings

TO_MEND = "to_mend.txt"  # beside the site, while a writer watches it
_log = sphinx_logging.getLogger(__name__)


class GateFailed(SystemExit):
    """The book cannot be built as it stands; its text is the list of what to mend.

    Python prints the text of a `SystemExit` last of all and exits with 1. Jupyter Book catches
    every `Exception`, and would end with a traceback that buries the list.
    """


class Gate:
    """The state of one build: exercises, verifications, pages and warnings."""

    def __init__(self, app: Sphinx, zygote: Zygote, settings: BookSettings) -> None:
        self._root = Path(app.srcdir)
        self._site = Path(app.outdir)
        self._state = self._site.parent / ".checked"
        self._zygote = zygote
        self._settings = settings
        self._keeps_worker = False
        self._cells = self._state / "cells"
        self._exercises: tuple[Exercise, ...] = ()
        self._verified: dict[str, Verification] = {}
        self._texts: dict[str, str] = {}
        self._pages: list[Page] = []
        self._preview = False
        self._warnings = _Warnings(app)

    @property
    def _front(self) -> Path:
        return self._site / "index.html"

    @property
    def _withheld(self) -> Path:
        return self._site / "index.html.unchecked"

    @property
    def _again(self) -> Path:
        """The file that lists the pages whose warnings failed the build before."""
        return self._state / "read_again.json"

    def choose_cache(self, _app: Sphinx, config: Config) -> None:
        """Make MyST-NB use the cache of results for the present environment.

        The worker is started at once where there are none, for importing TensorFlow takes longest;
        else when a cell or a check has to run.
        """
        self._preview = bool(config.gate_preview)
        if config.gate_worker is not None:
            self._zygote, self._keeps_worker = config.gate_worker(), True
        # What is wrong with the table of contents is said later, with everything else.
        names = _value_or(lambda: handwritten_pages(self._root, self._settings.release), [])
        digest = cells_environment(self._root, [self._root / name for name in names])
        self._cells = self._state / "cells" / digest
        if not self._cells.is_dir():
            self._zygote.start()
        config.nb_execution_mode = "cache"
        config.nb_execution_cache_path = str(self._cells)
        config.nb_execution_raise_on_error = True

    def check_all(self, app: Sphinx) -> None:
        """Release and verify every exercise and run every cell.

        Raises
        ------
        GateFailed
            Where one fails.

        """
        # That of the build before: a build that is killed leaves no site that looks finished.
        self._front.unlink(missing_ok=True)
        sources, release = self._settings.exercises, self._settings.release
        self._exercises, errors = read_exercise_set(self._root, sources=sources)
        problems = [*map(str, errors)]
        slugs = exercise_slugs(self._root / sources)
        problems += _problems_of(lambda: find_mismatches(self._root, slugs, sources, release))
        write_release(self._exercises, self._root / release, prune=True)
        with ExitStack() as stack:
            if not self._keeps_worker:
                # First on the stack, so closed last: the thread of the pages forks kernels from it.
                stack.callback(self._zygote.close)
            # Beside the checks, which run in this thread: neither needs what the other finds.
            pool = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="pages"))
            cells = pool.submit(_problems_of, lambda: self._run_cells(app))
            problems += _problems_of(self._verify)
            # All problems at once: an author need not build again to see the second.
            problems += cells.result()
        if problems:
            self._fail(problems)
        self._texts = {
            f"{self._settings.release}/{e.slug}": exercise_page_text(e, self._verified[e.slug])
            for e in self._exercises
        }
        prune_caches(self._cells.parent, self._cells)

    def _verify(self) -> list[Miss]:
        names = handwritten_pages(self._root, self._settings.release)
        helpers = helper_files(self._root, [self._root / name for name in names])
        digest = verification_environment(self._exercises, self._root, helpers)
        cache = self._state / "exercises" / digest
        found = verify_exercise_set(
            self._exercises,
            Workers(self._zygote, self._zygote),
            cache,
            progress=lambda e: _log.info("checking exercise %s", e.slug),
        )
        self._verified = {v.slug: v for v in found}
        prune_caches(cache.parent, cache)
        return [miss for v in found for miss in v.misses]

    def _run_cells(self, app: Sphinx) -> list[PageFailure]:
        configs: Any = app.env  # where MyST-NB keeps its configuration
        paths = [
            self._root / name for name in handwritten_pages(self._root, self._settings.release)
        ]
        found = [read_page(path, configs.myst_config, configs.mystnb_config) for path in paths]
        self._pages = [page for page in found if page is not None]
        return execute_pages(
            self._pages,
            self._zygote,
            self._cells,
            progress=lambda page, done, total: _log.info(
                "ran the cells of %s (%d of %d)", page.path.stem, done, total
            ),
        )

    def outdated(
        self,
        _app: Sphinx,
        env: BuildEnvironment,
        _added: set[str],
        _changed: set[str],
        _gone: set[str],
    ) -> set[str]:
        """Return the pages to be read again: all, where the code that makes pages has changed.

        Else those whose text is another one as the gate shows it (what an exercise is worth stands
        in its chapter), and those whose warnings failed the build before.
        """
        # Sphinx compares files, but not the code that makes pages of them, and an exercise changes
        # the text of its chapter without changing its file.
        look, texts = self._look(), {name: self._digest_of(env, name) for name in env.found_docs}
        before: tuple[str | None, dict[str, str]] = getattr(env, "gate_state", (None, {}))
        env.gate_state = (look, texts)  # type: ignore[attr-defined]  # kept with the environment
        if before[0] != look:
            return set(env.found_docs)
        changed = {name for name, text in texts.items() if before[1].get(name) != text}
        return changed | self._warned_before(env)

    def renew_navigation(self, _app: Sphinx, env: BuildEnvironment) -> list[str]:
        """Return all pages, to be written again, where a title or the order of pages has changed.

        Every page shows them beside its text.
        """
        titles = sorted((name, title.astext()) for name, title in env.titles.items())
        shown = repr((titles, sorted(env.toctree_includes.items())))
        before, env.gate_titles = getattr(env, "gate_titles", shown), shown  # type: ignore[attr-defined]
        return sorted(env.found_docs) if before != shown else []

    def _look(self) -> str:
        """Return the digest of the code that makes pages, and of where outputs are."""
        code = engine_files("format") | module_files(["website", "widgets"])
        return environment_digest(code) + self._cells.name

    def _digest_of(self, env: BuildEnvironment, name: str) -> str:
        """Return the digest of a page as the gate shows it."""
        path = Path(env.doc2path(name))
        text = path.read_text("utf-8") if path.is_file() else ""
        return hashlib.sha256(self._dressed(name, text).encode()).hexdigest()

    def _warned_before(self, env: BuildEnvironment) -> set[str]:
        """Return the pages whose warnings failed the build before; all, where that is not known."""
        if not self._again.is_file():
            return set()
        # Sphinx would not read these pages again, so they would not warn, and the build would pass.
        places = json.loads(self._again.read_text("utf-8"))
        found = {env.path2doc(place) for place in places if place}
        return (
            {name for name in found if name}
            if all(places) and found <= env.found_docs
            else set(env.found_docs)
        )

    def dress_exercise(self, _app: Sphinx, docname: str, content: list[str]) -> None:
        """Replace an exercise's text by its page, and add points to a chapter's list of exercises.

        A chapter that lists its exercises says what they are worth.
        """
        content[0] = self._dressed(docname, content[0])

    def _dressed(self, name: str, text: str) -> str:
        text = with_exercise_facts(text, name, self._exercises, self._settings.release)
        return self._texts.get(name, text)

    def hand_out(
        self, app: Sphinx, page: str, _template: str, context: dict[str, Any], _tree: object
    ) -> None:
        """Add the notebook and the scripts that fill it in to an exercise's page."""
        for exercise in self._exercises:
            if page == f"{self._settings.release}/{exercise.slug}":
                style = f"<style>{page_style()}</style>\n"
                context["metatags"] = context.get("metatags", "") + style
                app.add_js_file(
                    None,
                    body=embedded_notebook(exercise),
                    type="application/json",
                    id="exercise-notebook",
                )
                for script in page_scripts():
                    app.add_js_file(None, body=script, type="module")

    def lay_out(self, app: Sphinx, error: Exception | None) -> None:
        """Copy the files that pages load on demand beside them."""
        if error is None and app.builder.format == "html":
            folder = files("website.pages") / "static" / "on_demand"
            copy_asset(str(folder), self._site / "_static/on_demand")

    def withhold(self, _app: Sphinx, _error: Exception | None) -> None:
        """Rename the front page until the site is searched, so that a killed build has none."""
        if self._front.is_file():
            self._front.replace(self._withheld)

    def finish(self, app: Sphinx, error: Exception | None) -> None:
        """Search the site for leaks, count warnings as errors, and remove a failed site.

        Raises
        ------
        GateFailed
            Where there is anything to mend.

        """
        # Whatever ended the build, warnings are listed too: they may be the cause.
        problems = [*self._warnings.found]
        if error is None and app.builder.format == "html":
            problems += _problems_of(self._leaks)
        if error is not None:
            problems.append(f"{type(error).__name__}: {error}")
            if not isinstance(error, SphinxError):
                _log.info("%s", "".join(traceback.format_exception(error)))
        if self._warnings.places:
            replace_text(self._again, json.dumps(sorted(self._warnings.places)))
        elif error is None:
            self._again.unlink(missing_ok=True)
        if problems:
            self._fail(problems)
        elif self._withheld.is_file():
            self._withheld.replace(self._front)

    def _leaks(self) -> list[Leak]:
        texts = [
            (self._root / name).read_text("utf-8")
            for name in handwritten_pages(self._root, self._settings.release)
        ]
        public = [public_text(text) for text in texts]
        public += self._texts.values()
        hidden = author_only_lines(self._exercises, public)
        _log.info("searching the site for %d lines that are for the author alone", len(hidden))
        outputs = outputs_of(self._pages, self._cells)
        index = self._site / "searchindex.js"
        # The API reference shows docstrings, whose words Sphinx indexes as those of its pages.
        shown = [said for text in texts for said in documented_text(text)]
        words = find_leaked_words(index, self._exercises, [*public, *outputs, *shown])
        clean = CleanFiles(self._state / "clean_files.json", hidden)
        return [*find_leaks(self._site, hidden, clean), *words]

    def _fail(self, problems: Sequence[str]) -> NoReturn:
        """Remove the site, and leave with the summary.

        While a writer watches, its pages stay for the next build, without the front page.
        """
        if self._preview:
            replace_text(self._site.parent / TO_MEND, _summary_of(problems))
        else:
            shutil.rmtree(self._site, ignore_errors=True)
        sys.stdout.flush()  # or a pipe would get it after the summary
        raise GateFailed(f"\n{_summary_of(problems)}")


class _Warnings(logging.Handler):
    """Collects every warning that Sphinx shows."""

    def __init__(self, app: Sphinx) -> None:
        super().__init__(logging.WARNING)
        self.found: list[str] = []
        self.places: set[str] = set()
        # Sphinx's own, so that what `suppress_warnings` names fails no build.
        self.addFilter(WarningSuppressor(app))
        self.addFilter(WarningLogRecordTranslator(app))
        logging.getLogger(sphinx_logging.NAMESPACE).addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()  # with its place: the translator has put it in front
        if text not in self.found:  # what Sphinx holds back for a while comes here twice
            self.found.append(text)
            # The page without the line, which the next change in its text may move.
            place = str(getattr(record, "location", None) or "")
            self.places.add(place.rstrip("0123456789").rstrip(":"))


def _value_or(find: Callable[[], list[str]], otherwise: list[str]) -> list[str]:
    """Return what ``find`` finds, or ``otherwise`` where something keeps it from finding."""
    try:
        return find()
    except AutograderError:
        return otherwise


def _problems_of(find: Callable[[], Iterable[object]]) -> list[str]:
    """Return what ``find`` finds, as text; what keeps it from finding anything is a problem too."""
    try:
        return [str(problem) for problem in find()]
    except AutograderError as error:
        return [str(error)]


def _summary_of(problems: Sequence[str]) -> str:
    count = "1 thing" if len(problems) == 1 else f"{len(problems)} things"
    listed = "\n".join(f"  {problem}" for problem in problems)
    return f"The book was not built: {count} to mend.\n{listed}"

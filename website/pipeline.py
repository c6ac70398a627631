"""List the steps of a build of the site in the order in which they run.

Sphinx orders the handlers of an event by a number that each has; here one list gives the order.
``OTHERS`` stands for the handlers of Sphinx, MyST-NB and the theme, which have Sphinx's default.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from website import up_to_date
from website.editions import notebook_downloads, offline_zip, print_edition
from website.pages import (
    api_reference,
    certificate_verifier,
    code_lines,
    edition,
    html_writer,
    live,
    mathml,
    progress,
    redirects,
    repository_links,
    social_card,
    storage,
    style_sheet,
    theme,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sphinx.application import Sphinx

    from website.build.gate import Gate

    Handler = Callable[..., Any]
    Steps = Mapping[str, Sequence[Handler]]

# Sphinx calls handlers by their number; OTHERS have 500, the default, and the theme up to 501.
_BEFORE_OTHERS = 400
_AFTER_OTHERS = 600
_REGISTERED = (
    api_reference,
    certificate_verifier,
    html_writer,
    mathml,
    print_edition,
    progress,
    redirects,
    theme,
)


def OTHERS() -> None:  # noqa: N802 - a mark in a list of handlers
    """Mark where the handlers of Sphinx, MyST-NB and the theme run."""


METADATA: Final = MappingProxyType({"parallel_read_safe": True, "parallel_write_safe": True})


def steps_of(gate: Gate) -> Steps:
    """Return the handlers of every event of a build, each list in the order of its calls."""
    stamp = up_to_date.Stamp()
    return {
        "config-inited": [
            # Before the book is read: what is saved during the build is to make it stale.
            stamp.note_inputs,
            OTHERS,
            gate.choose_cache,
            theme.add_files,
            mathml.choose_mathml,
            edition.show_edition,
            storage.add_storage_script,
            progress.add_progress_files,
            repository_links.configure_buttons,
        ],
        "builder-inited": [
            OTHERS,  # MyST-NB reads its configuration
            code_lines.choose_formatter,
            offline_zip.remove_archives,
            gate.check_all,
        ],
        "env-get-outdated": [OTHERS, gate.outdated],
        "source-read": [OTHERS, gate.dress_exercise],
        "autodoc-process-signature": [OTHERS, api_reference.show_own_arguments],
        "env-updated": [OTHERS, gate.renew_navigation, progress.write_page_list],
        "doctree-resolved": [OTHERS, mathml.keep_punctuation, code_lines.ask_for_lines],
        "html-page-context": [
            progress.add_progress,  # before the theme looks at the sidebar
            print_edition.link_print_edition,  # below what else the sidebar holds
            notebook_downloads.offer_notebook,  # before the theme makes the menu
            OTHERS,
            gate.hand_out,
            theme.add_description,
            mathml.add_math_font,
            certificate_verifier.embed_verifier,
            live.add_run_button,  # the theme has listed its buttons
            notebook_downloads.replace_notebook,  # over what the theme put there
            repository_links.add_repository_links,
            theme.keep_needed_scripts,
        ],
        "build-finished": [
            OTHERS,  # Sphinx copies its files
            # What writes files comes before the search for leaks, which nothing may follow but what
            # packs the result.
            social_card.write_card,
            gate.lay_out,
            gate.withhold,  # Sphinx has written the front page
            print_edition.write_print_edition,  # from the pages, before their style sheet is chosen
            redirects.write_redirects,
            style_sheet.replace_style_sheets,  # when every page stands that may use a rule
            gate.finish,  # the search, and the front page if all is well
            offline_zip.pack_site,
            stamp.write_stamp,  # of all that the steps above have written
        ],
    }


def gate_steps(gate: Gate) -> Steps:
    """Return the steps of the gate alone, for a book that looks as its own theme has it."""
    shared = (OTHERS, storage.add_storage_script)  # which the scripts of exercise pages need
    return {
        event: [step for step in steps if step in shared or getattr(step, "__self__", None) is gate]
        for event, steps in steps_of(gate).items()
    }


def connect(app: Sphinx, steps: Steps) -> None:
    """Connect the handlers so that Sphinx calls those of each event in their order."""
    for event, handlers in steps.items():
        at = handlers.index(OTHERS)
        for priority, handler in enumerate(handlers[:at], start=_BEFORE_OTHERS):
            app.connect(event, handler, priority=priority)
        for priority, handler in enumerate(handlers[at + 1 :], start=_AFTER_OTHERS):
            app.connect(event, handler, priority=priority)


def register(app: Sphinx) -> None:
    """Register what the pages need besides handlers: settings, directives, scripts, styles."""
    app.setup_extension("widgets.page")
    for module in _REGISTERED:
        module.register(app)
